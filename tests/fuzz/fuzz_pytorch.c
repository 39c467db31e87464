/* SPDX-License-Identifier: MIT */
/* Fuzz target: sc_pytorch_parse. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sc_error err = { 0 };
    sc_weights *weights = NULL;
    int code = sc_pytorch_parse(NULL, &weights, data, size, &err);
    fuzz_finish(weights, code, &err);
    return 0;
}
