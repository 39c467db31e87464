/* SPDX-License-Identifier: MIT */
/* max(0, x) on its own (where it is not part of a convolution), and leaky ReLU, which is r + slope (x - r), r = max(0,
 * x). Parts are fixed pieces of the values, in their order in memory, in words of 16. Saved: a bit a value. */
#include "device/host/choices.h"

#include <string.h>

#include "device/host/isa.h"
#include "device/kernels.h"

enum { CHUNK = 2048 }; /* values at once: a multiple of SC_GROUP */

static size_t host_relu_relu_saved(const sc_call *call, unsigned wanted)
{
    return wanted ? sc_groups(sc_shape_count(call->out->shape)) * sizeof(uint16_t) : 0;
}

static int host_relu_parts(const sc_call *call)
{
    return sc_part_count(sc_groups(sc_shape_count(call->out->shape)), SC_GROUP);
}

/* Values of a part; only the last one may end within a word. */
static sc_range values(const sc_call *call, int part)
{
    size_t count = sc_shape_count(call->out->shape);
    sc_range r = sc_part_range(sc_groups(count), host_relu_parts(call), part);
    r.begin *= SC_GROUP;
    r.end = r.end * SC_GROUP < count ? r.end * SC_GROUP : count;
    return r;
}

/* Calls that see `count` values as pixels of one group, then as one pixel of what is left. */
static void host_relu_activate(const sc_cpu_isa *isa, float *x, size_t count, uint16_t *bits)
{
    size_t whole = count / SC_GROUP, rest = count % SC_GROUP;
    isa->activate(x, whole, SC_GROUP, NULL, true, bits);
    if (rest)
        isa->activate(x + whole * SC_GROUP, 1, rest, NULL, true, bits ? bits + whole : NULL);
}

static void host_relu_mask(const sc_cpu_isa *isa, float *to, const float *from, size_t count, const uint16_t *bits)
{
    size_t whole = count / SC_GROUP, rest = count % SC_GROUP;
    isa->mask(to, from, bits, whole, SC_GROUP);
    if (rest)
        isa->mask(to + whole * SC_GROUP, from + whole * SC_GROUP, bits + whole, 1, rest);
}

static int host_relu_forward_run(const sc_call *call, int part, int thread)
{
    (void)thread;
    const sc_cpu_isa *isa = sc_cpu_isa_best();
    sc_range r = values(call, part);
    for (size_t i = r.begin; i < r.end; i += CHUNK) {
        size_t count = r.end - i < CHUNK ? r.end - i : CHUNK;
        memmove(call->out->data + i, call->in[0]->data + i, count * sizeof(float));
        host_relu_activate(isa, call->out->data + i, count,
                           call->saved ? (uint16_t *)call->saved + i / SC_GROUP : NULL);
    }
    return SCUMBLE_OK;
}

static int host_relu_backward_run(const sc_call *call, int part, int thread)
{
    (void)thread;
    const sc_cpu_isa *isa = sc_cpu_isa_best();
    sc_range r = values(call, part);
    float buffer[CHUNK];
    for (size_t i = r.begin; i < r.end; i += CHUNK) {
        size_t count = r.end - i < CHUNK ? r.end - i : CHUNK;
        float *to = call->in_gradient[0]->data + i;
        host_relu_mask(isa, call->accumulate[0] ? buffer : to, call->out_gradient->data + i, count,
                       (const uint16_t *)call->saved + i / SC_GROUP);
        for (size_t k = 0; call->accumulate[0] && k < count; k++)
            to[k] += buffer[k];
    }
    return SCUMBLE_OK;
}

static float host_relu_slope_of(const sc_call *call)
{
    return ((const sc_leaky_relu_attrs *)call->attrs)->slope;
}

static int leaky_forward_run(const sc_call *call, int part, int thread)
{
    (void)thread;
    const sc_cpu_isa *isa = sc_cpu_isa_best();
    sc_range r = values(call, part);
    float slope = host_relu_slope_of(call), above[CHUNK];
    for (size_t i = r.begin; i < r.end; i += CHUNK) {
        size_t count = r.end - i < CHUNK ? r.end - i : CHUNK;
        const float *x = call->in[0]->data + i;
        float *y = call->out->data + i;
        memcpy(above, x, count * sizeof *above);
        host_relu_activate(isa, above, count, call->saved ? (uint16_t *)call->saved + i / SC_GROUP : NULL);
        for (size_t k = 0; k < count; k++)
            y[k] = above[k] + slope * (x[k] - above[k]);
    }
    return SCUMBLE_OK;
}

static int leaky_backward_run(const sc_call *call, int part, int thread)
{
    (void)thread;
    const sc_cpu_isa *isa = sc_cpu_isa_best();
    sc_range r = values(call, part);
    float slope = host_relu_slope_of(call), above[CHUNK];
    for (size_t i = r.begin; i < r.end; i += CHUNK) {
        size_t count = r.end - i < CHUNK ? r.end - i : CHUNK;
        const float *from = call->out_gradient->data + i;
        float *to = call->in_gradient[0]->data + i;
        host_relu_mask(isa, above, from, count, (const uint16_t *)call->saved + i / SC_GROUP);
        for (size_t k = 0; k < count; k++)
            to[k] = (call->accumulate[0] ? to[k] : 0) + (above[k] + slope * (from[k] - above[k]));
    }
    return SCUMBLE_OK;
}

static const sc_kernel leaky_forward_kernel = { host_relu_parts, leaky_forward_run, NULL, NULL };
static const sc_kernel leaky_backward_kernel = { host_relu_parts, leaky_backward_run, NULL, NULL };
static const sc_kernel relu_forward_kernel = { host_relu_parts, host_relu_forward_run, NULL, NULL };
static const sc_kernel relu_backward_kernel = { host_relu_parts, host_relu_backward_run, NULL, NULL };

int sc_host_choose_relu(const sc_node_info *node, const sc_cpu_isa *isa, sc_choice *choice, sc_error *err)
{
    (void)node, (void)isa, (void)err;
    *choice = (sc_choice){ .forward = &relu_forward_kernel,
                           .backward = &relu_backward_kernel,
                           .saved_bytes = host_relu_relu_saved };
    return SCUMBLE_OK;
}

int sc_host_choose_leaky_relu(const sc_node_info *node, const sc_cpu_isa *isa, sc_choice *choice, sc_error *err)
{
    (void)node, (void)isa, (void)err;
    *choice = (sc_choice){ .forward = &leaky_forward_kernel,
                           .backward = &leaky_backward_kernel,
                           .saved_bytes = host_relu_relu_saved };
    return SCUMBLE_OK;
}
