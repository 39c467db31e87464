/* SPDX-License-Identifier: MIT */
/* Fuzz target: our own process's half of the Keras reader, as if the child that uses libhdf5 had been taken over and
 * sent whatever it likes. */
#include "fuzz.h"

#include <string.h>

#include "weights/keras.h"

typedef struct stream {
    const uint8_t *at;
    size_t left;
} stream;

static int read_stream(void *context, void *bytes, size_t size, sc_error *err)
{
    stream *s = context;
    if (size > s->left)
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "the records end too early");
    if (size)
        memcpy(bytes, s->at, size);
    s->at += size;
    s->left -= size;
    return SCUMBLE_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sc_error err = { 0 };
    sc_weights *weights = NULL;
    stream s = { .at = data, .left = size };
    int code = sc_keras_receive(&weights, size, read_stream, &s, &err);
    fuzz_finish(weights, code, &err);
    return 0;
}
