/* SPDX-License-Identifier: MIT */
/* The host's fast set of kernels: for each node the fastest that there are for it and for this processor. */
#include "device/fusions.h"

#include <dnnl_version.h>
#include <string.h>

#include "device/host/channel_mean.h"
#include "device/host/conv.h"
#include "device/host/gram.h"
#include "device/host/instance_norm.h"
#include "device/host/max_pool.h"
#include "device/host/nearest.h"
#include "device/host/onednn.h"
#include "device/host/relu.h"
#include "device/host/resize_conv.h"
#include "device/host/resize_nearest.h"
#include "device/host/self_similarity.h"

static int choose(const sc_node_info *node, sc_choice *choice, sc_error *err)
{
    if (node->op == &sc_op_conv2d)
        return sc_conv_choose(node, sc_cpu_isa_best(), choice, err);
    if (node->op == &sc_op_pooled_conv2d)
        return sc_pooled_conv_choose(node, sc_cpu_isa_best(), choice, err);
    if (node->op == &sc_op_channel_mean && sc_cpu_channel_mean_fits(&node->call))
        sc_cpu_channel_mean_choose(sc_cpu_isa_best(), choice);
    if (node->op == &sc_op_gram)
        sc_cpu_gram_choose(sc_cpu_isa_best(), choice);
    if (node->op == &sc_op_instance_norm)
        sc_cpu_instance_norm_choose(sc_cpu_isa_best(), choice);
    if (node->op == &sc_op_mapped_moment)
        *choice = (sc_choice){ .state = (void *)&sc_cpu_products };
    if (node->op == &sc_op_max_pool2d && sc_cpu_max_pool_fits(&node->call))
        *choice = (sc_choice){ .forward = &sc_cpu_max_pool_forward,
                               .backward = &sc_cpu_max_pool_backward,
                               .saved_bytes = sc_cpu_max_pool_saved };
    if (node->op == &sc_op_nearest)
        sc_cpu_nearest_choose(sc_cpu_isa_best(), choice);
    if (node->op == &sc_op_relu)
        *choice = (sc_choice){ .forward = &sc_cpu_relu_forward,
                               .backward = &sc_cpu_relu_backward,
                               .saved_bytes = sc_cpu_relu_saved };
    if (node->op == &sc_op_resize_conv2d)
        sc_cpu_resize_conv_choose(sc_cpu_isa_best(), choice);
    if (node->op == &sc_op_leaky_relu)
        *choice = (sc_choice){ .forward = &sc_cpu_leaky_relu_forward,
                               .backward = &sc_cpu_leaky_relu_backward,
                               .saved_bytes = sc_cpu_relu_saved };
    if (node->op == &sc_op_resize_nearest && sc_cpu_resize_nearest_fits(&node->call))
        *choice = (sc_choice){ .forward = &sc_cpu_resize_nearest_forward, .backward = &sc_cpu_resize_nearest_backward };
    if (node->op == &sc_op_self_similarity)
        *choice =
            (sc_choice){ .forward = &sc_cpu_self_similarity_forward, .backward = &sc_cpu_self_similarity_backward };
    return SCUMBLE_OK;
}

#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)
#define ONEDNN ", oneDNN " TEXT(DNNL_VERSION_MAJOR) "." TEXT(DNNL_VERSION_MINOR) "." TEXT(DNNL_VERSION_PATCH)

static const char *describe(void)
{
    static const char *const texts[] = { "AVX-512" ONEDNN, "AVX2" ONEDNN, "NEON" ONEDNN, "portable vectors" ONEDNN };
    const char *name = sc_cpu_isa_best()->name;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!strncmp(texts[i], name, strlen(name)))
            return texts[i];
    return name;
}

const sc_kernels sc_kernels_host = { "cpu", choose, describe, sc_host_fusions };
