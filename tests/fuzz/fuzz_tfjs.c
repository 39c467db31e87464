/* SPDX-License-Identifier: MIT */
/* Fuzz target: sc_tfjs_parse. The input is the model's text, a NUL, and then what every shard holds. It is taken for
 * JavaScript unless it begins with a brace. */
#include "fuzz.h"

#include <string.h>

#include "weights/tfjs.h"

static int open_shard(void *context, const char *name, sc_mapped_file *bytes, sc_error *err)
{
    (void)err;
    if (strchr(name, '/') || strstr(name, "..") || !*name)
        abort();
    *bytes = *(const sc_mapped_file *)context;
    return SCUMBLE_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = size ? memchr(data, 0, size) : NULL;
    size_t length = end ? (size_t)(end - data) : size;
    sc_mapped_file shard = { 0 };
    if (end)
        shard = (sc_mapped_file){ .data = end + 1, .size_bytes = size - length - 1 };
    if (shard.size_bytes == 0)
        shard.data = NULL;
    sc_tfjs_shards shards = { .open = open_shard, .context = &shard };
    sc_error err = { 0 };
    sc_weights *weights = NULL;
    int code = sc_tfjs_parse(&weights, (const char *)data, length, size && data[0] != '{', &shards, &err);
    fuzz_finish(weights, code, &err);
    return 0;
}
