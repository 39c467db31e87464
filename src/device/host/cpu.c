/* SPDX-License-Identifier: MIT */
/* The host's fast set of kernels: for each node the fastest that there are for it and for this processor. */
#include "device/fusions.h"

#include <dnnl_version.h>
#include <string.h>

#include "device/host/choices.h"

static int cpu_choose(const sc_node_info *node, sc_choice *choice, sc_error *err)
{
    static const struct {
        const sc_op *op;
        sc_host_choose *choose;
    } rows[] = {
#define ROW(name) { &sc_op_##name, sc_host_choose_##name },
        SC_HOST_CHOICES(ROW)
#undef ROW
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].op == node->op)
            return rows[i].choose(node, sc_cpu_isa_best(), choice, err);
    return SCUMBLE_OK;
}

#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)
#define ONEDNN ", oneDNN " TEXT(DNNL_VERSION_MAJOR) "." TEXT(DNNL_VERSION_MINOR) "." TEXT(DNNL_VERSION_PATCH)

static const char *cpu_describe(void)
{
    static const char *const texts[] = { "AVX-512" ONEDNN, "AVX2" ONEDNN, "NEON" ONEDNN, "portable vectors" ONEDNN };
    const char *name = sc_cpu_isa_best()->name;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!strncmp(texts[i], name, strlen(name)))
            return texts[i];
    return name;
}

const sc_kernels sc_kernels_host = { "cpu", cpu_choose, cpu_describe, sc_host_fusions };
