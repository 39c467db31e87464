/* SPDX-License-Identifier: MIT */
/* The reference backend: every operator runs its own plain C kernels. */
#include "device/kernels.h"

static int choose_nothing(const sc_node_info *node, sc_choice *choice, sc_error *err)
{
    (void)node, (void)choice, (void)err;
    return SCUMBLE_OK;
}

static const char *describe(void)
{
    return "plain C";
}

const sc_backend sc_backend_reference = { .name = "reference", .choose = choose_nothing, .describe = describe };
