/* SPDX-License-Identifier: MIT */
/* One target per reader, or per use of what was read. Each takes any bytes and must neither crash nor leak; an error
 * must come with a sentence. */
#ifndef SC_TESTS_FUZZ_H
#define SC_TESTS_FUZZ_H

#include <stdio.h>
#include <stdlib.h>

#include "weights/weights.h"

/* What is made once, before the first input; only of targets that have something to make. */
int LLVMFuzzerInitialize(int *argc, char ***argv) __attribute__((weak));
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile uint8_t fuzz_sink;

/* Checks what every reader promises, and frees the set. */
static inline void fuzz_finish(sc_weights *weights, int code, const sc_error *err)
{
    if (code ? weights || err->code != code || !err->text[0] : !weights)
        abort();
    for (int i = 0; weights && i < weights->tensor_count; i++) {
        const sc_weight *tensor = &weights->tensors[i];
        if (sc_weights_find(weights, tensor->name) != tensor)
            abort();
        uint8_t mixed = 0; /* all values must be there */
        for (size_t k = 0; k < tensor->count * sizeof(float); k++)
            mixed ^= ((const uint8_t *)tensor->values)[k];
        fuzz_sink = mixed;
    }
    sc_weights_free(weights);
}

#endif
