/* SPDX-License-Identifier: MIT */
/* For tests and benches that run chosen kernels without a graph: inputs that the choice wants prepared. */
#ifndef SC_TESTS_PREPARE_FIXTURE_H
#define SC_TESTS_PREPARE_FIXTURE_H

#include <stdlib.h>

#include "device/kernels.h"

/* call: with inputs and state. Free with forget_prepared. */
static inline void make_prepared(const sc_choice *choice, sc_call *call)
{
    for (int i = 0; i < choice->preparation_count; i++) {
        call->prepared[i] = sc_aligned_alloc(choice->preparations[i].size_bytes);
        if (!call->prepared[i] || choice->preparations[i].kernel->run(call, 0, 0))
            abort();
    }
}

static inline void forget_prepared(const sc_choice *choice, const sc_call *call)
{
    for (int i = 0; i < choice->preparation_count; i++)
        free(call->prepared[i]);
}

#endif
