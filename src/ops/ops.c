/* SPDX-License-Identifier: MIT */
/* The list of all operators. */
#include "ops/ops.h"

const sc_op *const sc_ops[] = {
#define ROW(name) &sc_op_##name,
    SC_OPS(ROW)
#undef ROW
        NULL,
};
