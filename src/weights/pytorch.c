/* SPDX-License-Identifier: MIT */
/* PyTorch's .pth and .pt files: tells the two containers apart (pytorch_zip.c, pytorch_legacy.c). Both hold a pickle
 * (pickle.c) that describes tensors (pytorch_find.c) as strided views of storages (pytorch_tensors.c). */
#include "weights/pytorch.h"

#include <stdlib.h>
#include <string.h>

int sc_pytorch_parse(const sc_threads *threads, sc_weights **weights, const void *data, size_t size_bytes,
                     sc_error *err)
{
    *weights = NULL;
    if (size_bytes < 4)
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "a PyTorch model has more than %zu bytes", size_bytes);
    sc_pytorch_reader *r = calloc(1, sizeof *r);
    sc_weights *set = NULL;
    if (!r)
        return sc_fail_memory(err, sizeof *r);
    r->threads = threads;
    r->err = err;
    int code = sc_weights_create(&set, err);
    if (!code && !memcmp(data, "PK", 2))
        code = sc_pytorch_read_zip(r, set, data, size_bytes);
    else if (!code)
        code = sc_pytorch_read_legacy(r, set, data, size_bytes);
    for (int i = 0; i < r->tensor_count; i++)
        free(r->tensors[i].name);
    free(r->tensors);
    free(r->storages);
    sc_pickle_free(&r->pickle);
    free(r);
    if (code) {
        sc_weights_free(set);
        return code;
    }
    *weights = set;
    return SCUMBLE_OK;
}
