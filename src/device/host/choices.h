/* SPDX-License-Identifier: MIT */
/* The operators that the host has fast kernels for. Each has a function, in the file of its kernels, that fills in the
 * choice for a node, with the kernels of an instruction set, or leaves it as it is where the reference has to serve. */
#ifndef SC_DEVICE_HOST_CHOICES_H
#define SC_DEVICE_HOST_CHOICES_H

#include "device/host/isa.h"
#include "device/kernels.h"

#define SC_HOST_CHOICES(X) \
    X(channel_mean)        \
    X(conv2d)              \
    X(gram)                \
    X(instance_norm)       \
    X(leaky_relu)          \
    X(mapped_moment)       \
    X(max_pool2d)          \
    X(nearest)             \
    X(pooled_conv2d)       \
    X(relu)                \
    X(resize_conv2d)       \
    X(resize_nearest)      \
    X(self_similarity)

typedef int sc_host_choose(const sc_node_info *node, const sc_cpu_isa *isa, sc_choice *choice, sc_error *err);
#define DECLARE(name) sc_host_choose sc_host_choose_##name;
SC_HOST_CHOICES(DECLARE)
#undef DECLARE

#endif
