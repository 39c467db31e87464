/* SPDX-License-Identifier: MIT */
/* What the host's convolution kernels share. A convolution node has up to three engines: forward, gradient of
 * the input, gradient of weight and bias. Each is an sc_kernel of its own; conv.c runs the two gradients as one.
 * `saved`: for each output pixel sc_groups(co) words of 16 bits, bit set = the output is above 0 (only with relu); of
 * pooled_conv2d before them two words a group, the low and the high bits of the winners' numbers. */
#ifndef SC_DEVICE_HOST_CONV_H
#define SC_DEVICE_HOST_CONV_H

#include "device/kernels.h"
#include "device/host/isa.h"

/* A convolution's extents, with defaults filled in. */
typedef struct sc_conv_shape {
    int n, ci, h, w, co, oh, ow, kh, kw;
    int stride_h, stride_w, dilation_h, dilation_w, groups;
    sc_padding padding;
    bool relu, bias;
    float pool; /* not 0: what is kept is this times the maximum of 2 x 2 results (pooled_conv2d), of which there are oh
                   x ow, even numbers */
} sc_conv_shape;
sc_conv_shape sc_conv_shape_of(const sc_call *call);

typedef struct sc_onednn_conv sc_onednn_conv;

/* The state of a convolution node. */
typedef struct sc_conv_state {
    const sc_cpu_isa *isa;
    sc_conv_shape shape;
    const sc_kernel *forward, *input, *weights; /* the engines; input and weights may be NULL */
    sc_onednn_conv *onednn;                     /* NULL where no engine is oneDNN's */
} sc_conv_state;

extern const sc_kernel sc_winograd_forward, sc_winograd_input, sc_winograd_weights;
bool sc_winograd_fits(const sc_conv_shape *shape);
/* At most 4 input channels (a net's first layer). */
extern const sc_kernel sc_narrow_forward, sc_narrow_input;
bool sc_narrow_fits(const sc_conv_shape *shape);
/* At most 4 output channels (a net's last layer), stride 1. */
extern const sc_kernel sc_few_forward, sc_few_input, sc_few_weights;
bool sc_few_fits(const sc_conv_shape *shape);
/* 1 x 1, stride 1, no padding: a matrix product. */
extern const sc_kernel sc_pointwise_forward, sc_pointwise_input, sc_pointwise_weights;
bool sc_pointwise_fits(const sc_conv_shape *shape);

/* Units [begin, end) of part `part` when `count` units are cut into `parts`: equal up to one. */
static inline sc_range sc_cut(size_t count, size_t parts, size_t part)
{
    return (sc_range){ count * part / parts, count * (part + 1) / parts };
}
static inline size_t sc_align64(size_t bytes)
{
    return (bytes + 63) & ~(size_t)63;
}
/* to (+)= the sum of `parts` rows of `count` values, `stride` apart, in order. For finish(). */
void sc_combine_partials(const float *partials, size_t stride, size_t parts, size_t count, float *to, bool accumulate);
/* Where position i of a padded row (0 = first inside) of `extent` reads: an inside position, or -1 for 0. */
int sc_pad_source(int i, int extent, int before, int after, sc_padding_mode mode);
/* Row y of a picture (n, h, w, ci) with its padding: padding.left + w + padding.right pixels. */
void sc_pad_line(const sc_conv_shape *shape, const float *picture, int y, float *line);

/* The gradient of a padded picture's outside (for all modes but zero): kept aside while parts write the inside, and
 * added to the inside pixels that it repeats by sc_border_fold. Layout: rows above, rows below (each of the padded
 * width), then for each inside row its pixels left and right. */
size_t sc_border_bytes(const sc_conv_shape *shape);
/* Offset in floats of outside pixel (y, x) of picture n; coordinates of the picture, so negative above and left. */
size_t sc_border_offset(const sc_conv_shape *shape, int n, int y, int x);
/* Row y (outside, too) of the gradient of picture n, in_gradient[0] and the border, which is at the beginning of the
 * scratch memory. `from` holds `columns` pixels from the left padding on, those behind them are zeros; NULL: all are.
 */
void sc_border_store_row(const sc_call *call, const sc_conv_shape *shape, int n, int y, const float *from, int columns);
void sc_border_fold(const sc_conv_shape *shape, const float *border, float *gradient);

#endif
