/* SPDX-License-Identifier: MIT */
/* The plain set of kernels: every operator runs its own, in C. */
#include "device/fusions.h"

static int choose_nothing(const sc_node_info *node, sc_choice *choice, sc_error *err)
{
    (void)node, (void)choice, (void)err;
    return SCUMBLE_OK;
}

static const char *reference_describe(void)
{
    return "plain C";
}

const sc_kernels sc_kernels_reference = {
    .name = "reference", .choose = choose_nothing, .describe = reference_describe, .fusions = sc_host_fusions
};
