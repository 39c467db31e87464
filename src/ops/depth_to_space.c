/* SPDX-License-Identifier: MIT */
/* Values of channels laid out as positions (Shi et al. 2016, arXiv 1609.05158, eq. 4: "periodic shuffling"): the
 * picture becomes b times as large both ways and has b^2 times fewer channels,
 *   out(c, b y + i, b x + j) = x((b i + j) C + c, y, x), or, by_channel, x(b^2 c + b i + j, y, x), with C channels of
 * the result. After a convolution it is a transposed convolution (nets/onnx/windows.c). Backward lays the positions
 * back. */
#include "ops/helpers.h"

enum { MOST_BLOCK = 64 };

static int depth_to_space_infer(const sc_call *call, sc_shape *out, sc_error *err)
{
    const sc_depth_to_space_attrs *a = call->attrs;
    sc_shape x = call->in[0]->shape;
    int64_t b = a->block;
    if (b < 1 || b > MOST_BLOCK)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "depth_to_space: the block must be 1 to %d positions wide, not %d",
                       (int)MOST_BLOCK, a->block);
    if (x.c % (b * b))
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "depth_to_space: %d channels cannot be laid out in blocks of %d x %d",
                       x.c, a->block, a->block);
    return sc_infer_extents("depth_to_space", x.n, x.c / (b * b), x.h * b, x.w * b, out, err);
}

/* What lies in row i of the blocks of one row of x: columns of the result next to each other in memory, block by block,
 * `count` values each. By channel they are b^2 values apart in x, from the first on. */
typedef struct blocks {
    size_t count, first;
    int block, channels;
    bool by_channel;
} blocks;

static blocks blocks_of(const sc_call *call, int i)
{
    const sc_depth_to_space_attrs *a = call->attrs;
    int channels = call->out->shape.c;
    size_t count = (size_t)a->block * (size_t)channels;
    return (blocks){ count, (size_t)i * (a->by_channel ? (size_t)a->block : count), a->block, channels, a->by_channel };
}

/* Where the result's channel c in column j of a block lies in x. */
static size_t depth_to_space_source(const blocks *k, int j, int c)
{
    return k->first + (size_t)j + (size_t)k->block * (size_t)k->block * (size_t)c;
}

static int depth_to_space_forward(const sc_call *call, int part, int thread)
{
    (void)thread;
    const sc_depth_to_space_attrs *a = call->attrs;
    sc_shape s = call->in[0]->shape;
    sc_range rows = sc_part_range(sc_row_count(call->out->shape), sc_row_parts(call->out->shape), part);
    for (size_t r = rows.begin; r < rows.end;
         r++) { /* heights are multiples of the block: so are the rows of all pictures before */
        blocks k = blocks_of(call, (int)(r % (size_t)a->block));
        const float *from = sc_row(call->in[0], r / (size_t)a->block);
        float *to = sc_row(call->out, r);
        for (int x = 0; x < s.w; x++, from += s.c, to += k.count)
            if (!k.by_channel)
                memcpy(to, from + k.first, k.count * sizeof *to);
            else
                for (int j = 0; j < k.block; j++)
                    for (int c = 0; c < k.channels; c++)
                        to[j * k.channels + c] = from[depth_to_space_source(&k, j, c)];
    }
    return SCUMBLE_OK;
}

static int depth_to_space_backward(const sc_call *call, int part, int thread)
{
    (void)thread;
    const sc_depth_to_space_attrs *a = call->attrs;
    sc_shape s = call->in[0]->shape;
    sc_range rows = sc_part_range(sc_row_count(s), sc_row_parts(s), part);
    for (size_t r = rows.begin; call->in_gradient[0] && r < rows.end; r++)
        for (int i = 0; i < a->block; i++) {
            blocks k = blocks_of(call, i);
            const float *from = sc_row(call->out_gradient, r * (size_t)a->block + (size_t)i);
            float *to = sc_row(call->in_gradient[0], r);
            for (int x = 0; x < s.w; x++, to += s.c, from += k.count)
                if (!k.by_channel)
                    sc_write_values(to + k.first, from, k.count, call->accumulate[0]);
                else
                    for (int j = 0; j < k.block; j++)
                        for (int c = 0; c < k.channels; c++)
                            sc_write(to + depth_to_space_source(&k, j, c), from[j * k.channels + c],
                                     call->accumulate[0]);
        }
    return SCUMBLE_OK;
}

static const sc_field depth_to_space_fields[] = {
    { "block", SC_FIELD_INT, offsetof(sc_depth_to_space_attrs, block), 1 },
    { "by_channel", SC_FIELD_FLAG, offsetof(sc_depth_to_space_attrs, by_channel), 1 },
    { 0 },
};

static sc_reach depth_to_space_reach(const sc_call *call, bool vertical)
{
    (void)vertical;
    return (sc_reach){ .stride = 1, .size = 1, .block = ((const sc_depth_to_space_attrs *)call->attrs)->block };
}

const sc_op sc_op_depth_to_space = {
    .name = "depth_to_space",
    .min_inputs = 1,
    .max_inputs = 1,
    .attrs_bytes = sizeof(sc_depth_to_space_attrs),
    .infer = depth_to_space_infer,
    .forward = { sc_output_row_parts, depth_to_space_forward, NULL, NULL },
    .backward = { sc_input_row_parts, depth_to_space_backward, NULL, NULL },
    .fields = depth_to_space_fields,
    .locality = SC_LOOKS_AROUND,
    .reach = depth_to_space_reach,
};
