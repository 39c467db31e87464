/* SPDX-License-Identifier: MIT */
/* Max pooling of 2 x 2 pixels at stride 2 without padding, for whole groups of channels: what VGG has. Parts are rows
 * of the output. Saved: two words a group of 16 values, the low and the high bits of the winners' numbers. */
#include "device/host/choices.h"

#include <string.h>

#include "device/host/isa.h"
#include "device/kernels.h"

static size_t groups_of(const sc_call *call)
{
    return (size_t)call->in[0]->shape.c / SC_GROUP;
}

static bool max_pool_fits(const sc_call *call)
{
    const sc_pool2d_attrs *a = call->attrs;
    sc_shape x = call->in[0]->shape, out = call->out->shape;
    return a->size_h == 2 && a->size_w == 2 && a->stride_h == 2 && a->stride_w == 2 && !a->top && !a->bottom &&
           !a->left && !a->right && x.c % SC_GROUP == 0 && out.h * 2 <= x.h && out.w * 2 <= x.w;
}

static size_t max_pool_saved(const sc_call *call, unsigned wanted)
{
    return wanted ? sc_shape_count(call->out->shape) / SC_GROUP * 2 * sizeof(uint16_t) : 0;
}

static float max_pool_scale_of(const sc_call *call)
{
    const sc_pool2d_attrs *a = call->attrs;
    return a->scale == 0 ? 1 : a->scale;
}

static int max_pool_parts(const sc_call *call)
{
    sc_shape out = call->out->shape;
    return sc_part_count((size_t)out.n * (size_t)out.h, 4 * (size_t)out.w * (size_t)out.c);
}

static int max_pool_forward_run(const sc_call *call, int part, int thread)
{
    (void)thread;
    sc_shape x = call->in[0]->shape, out = call->out->shape;
    size_t groups = groups_of(call), row = (size_t)x.w * (size_t)x.c, out_row = (size_t)out.w * (size_t)out.c;
    const sc_cpu_isa *isa = sc_cpu_isa_best();
    sc_range rows = sc_part_range((size_t)out.n * (size_t)out.h, max_pool_parts(call), part);
    for (size_t r = rows.begin; r < rows.end; r++) {
        const float *from = call->in[0]->data + (r / (size_t)out.h * (size_t)x.h + r % (size_t)out.h * 2) * row;
        float *to = call->out->data + r * out_row;
        uint16_t *bits = call->saved ? (uint16_t *)call->saved + r * (size_t)out.w * groups * 2 : NULL;
        for (size_t i = 0; i < (size_t)out.w; i++) {
            const float *window = from + i * 2 * (size_t)x.c;
            SC_PREFETCH(window + SC_AHEAD, 2 * x.c, 0);
            SC_PREFETCH(window + row + SC_AHEAD, 2 * x.c, 0);
            isa->max_pool(window, (ptrdiff_t)row, groups, max_pool_scale_of(call), to + i * (size_t)x.c,
                          bits ? bits + i * groups * 2 : NULL);
        }
    }
    return SCUMBLE_OK;
}

static const sc_kernel forward_kernel = { max_pool_parts, max_pool_forward_run, NULL, NULL };

/* Rows and columns that no window covers, when the extents are odd. */
static void clear_rest(const sc_call *call, size_t picture, int y)
{
    sc_shape x = call->in[0]->shape, out = call->out->shape;
    size_t row = (size_t)x.w * (size_t)x.c, covered = 2 * (size_t)out.w * (size_t)x.c;
    float *to = call->in_gradient[0]->data + (picture * (size_t)x.h + (size_t)(2 * y)) * row;
    for (int i = 0; i < 2; i++)
        memset(to + (size_t)i * row + covered, 0, (row - covered) * sizeof(float));
    for (int i = 2; y + 1 == out.h && 2 * y + i < x.h; i++)
        memset(to + (size_t)i * row, 0, row * sizeof(float));
}

static int max_pool_backward_run(const sc_call *call, int part, int thread)
{
    (void)thread;
    sc_shape x = call->in[0]->shape, out = call->out->shape;
    size_t groups = groups_of(call), row = (size_t)x.w * (size_t)x.c, out_row = (size_t)out.w * (size_t)out.c;
    const sc_cpu_isa *isa = sc_cpu_isa_best();
    sc_range rows = sc_part_range((size_t)out.n * (size_t)out.h, max_pool_parts(call), part);
    for (size_t r = rows.begin; r < rows.end; r++) {
        size_t picture = r / (size_t)out.h, y = r % (size_t)out.h;
        float *to = call->in_gradient[0]->data + (picture * (size_t)x.h + y * 2) * row;
        const float *from = call->out_gradient->data + r * out_row;
        const uint16_t *bits = (const uint16_t *)call->saved + r * (size_t)out.w * groups * 2;
        for (size_t i = 0; i < (size_t)out.w; i++) {
            float *window = to + i * 2 * (size_t)x.c;
            SC_PREFETCH(window + SC_AHEAD, 2 * x.c, 1);
            SC_PREFETCH(window + row + SC_AHEAD, 2 * x.c, 1);
            isa->max_pool_gradient(from + i * (size_t)x.c, bits + i * groups * 2, groups, max_pool_scale_of(call),
                                   call->accumulate[0], window, (ptrdiff_t)row);
        }
        if (!call->accumulate[0])
            clear_rest(call, picture, (int)y);
    }
    return SCUMBLE_OK;
}

static const sc_kernel backward_kernel = { max_pool_parts, max_pool_backward_run, NULL, NULL };

int sc_host_choose_max_pool2d(const sc_node_info *node, const sc_cpu_isa *isa, sc_choice *choice, sc_error *err)
{
    (void)isa, (void)err;
    if (max_pool_fits(&node->call))
        *choice =
            (sc_choice){ .forward = &forward_kernel, .backward = &backward_kernel, .saved_bytes = max_pool_saved };
    return SCUMBLE_OK;
}
