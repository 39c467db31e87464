/* SPDX-License-Identifier: MIT */
/* resize_nearest by 2: each pixel four times, and the sum of four gradients. Parts are rows of the small picture. */
#include "device/host/choices.h"

#include <string.h>

static bool resize_nearest_fits(const sc_call *call)
{
    const sc_resize_attrs *a = call->attrs;
    sc_shape x = call->in[0]->shape;
    bool whole = !a->full_height && !a->full_width && !a->in_top && !a->in_left && !a->part_height && !a->part_width &&
                 !a->out_top && !a->out_left;
    return whole && a->height == 2 * x.h && a->width == 2 * x.w;
}

static size_t rows(const sc_call *call)
{
    return (size_t)call->in[0]->shape.n * (size_t)call->in[0]->shape.h;
}

static size_t resize_nearest_row_values(const sc_call *call)
{
    return (size_t)call->in[0]->shape.w * (size_t)call->in[0]->shape.c;
}

static int resize_nearest_parts(const sc_call *call)
{
    return sc_part_count(rows(call), 4 * resize_nearest_row_values(call));
}

static int resize_nearest_forward_run(const sc_call *call, int part, int thread)
{
    (void)thread;
    size_t c = (size_t)call->in[0]->shape.c, values = resize_nearest_row_values(call);
    sc_range own = sc_part_range(rows(call), resize_nearest_parts(call), part);
    for (size_t r = own.begin; r < own.end; r++) {
        const float *from = call->in[0]->data + r * values;
        float *above = call->out->data + 4 * r * values;
        for (size_t x = 0; x < values; x += c) {
            memcpy(above + 2 * x, from + x, c * sizeof *from);
            memcpy(above + 2 * x + c, from + x, c * sizeof *from);
        }
        memcpy(above + 2 * values, above, 2 * values * sizeof *above);
    }
    return SCUMBLE_OK;
}

static int resize_nearest_backward_run(const sc_call *call, int part, int thread)
{
    (void)thread;
    size_t c = (size_t)call->in[0]->shape.c, values = resize_nearest_row_values(call);
    bool accumulate = call->accumulate[0];
    sc_range own = sc_part_range(rows(call), resize_nearest_parts(call), part);
    for (size_t r = own.begin; r < own.end; r++) {
        float *restrict to = call->in_gradient[0]->data + r * values;
        for (size_t x = 0; x < values; x += c) {
            const float *restrict above = call->out_gradient->data + 4 * r * values + 2 * x, *restrict below =
                                                                                                 above + 2 * values;
            for (size_t i = 0; i < c; i++) {
                float sum = (above[i] + above[c + i]) + (below[i] + below[c + i]);
                to[x + i] = accumulate ? to[x + i] + sum : sum;
            }
        }
    }
    return SCUMBLE_OK;
}

static const sc_kernel forward_kernel = { resize_nearest_parts, resize_nearest_forward_run, NULL, NULL };
static const sc_kernel backward_kernel = { resize_nearest_parts, resize_nearest_backward_run, NULL, NULL };

int sc_host_choose_resize_nearest(const sc_node_info *node, const sc_cpu_isa *isa, sc_choice *choice, sc_error *err)
{
    (void)isa, (void)err;
    if (resize_nearest_fits(&node->call))
        *choice = (sc_choice){ .forward = &forward_kernel, .backward = &backward_kernel };
    return SCUMBLE_OK;
}
