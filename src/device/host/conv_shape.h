/* SPDX-License-Identifier: MIT */
/* What the host's convolution kernels share. A convolution node has up to three engines: forward, gradient of
 * the input, gradient of weight and bias. Each is an sc_kernel of its own; conv.c runs the two gradients as one.
 * `saved`: for each output pixel sc_groups(co) words of 16 bits, bit set = the output is above 0 (only with relu); of
 * pooled_conv2d before them two words a group, the low and the high bits of the winners' numbers. */

#ifndef SC_DEVICE_HOST_CONV_SHAPE_H
#define SC_DEVICE_HOST_CONV_SHAPE_H

#include "device/host/isa.h"
#include "device/kernels.h"

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

#endif
