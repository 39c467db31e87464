/* SPDX-License-Identifier: MIT */
/* See conv_shape.h. */
#include "device/host/conv_shape.h"

static int conv_shape_one_if_zero(int value)
{
    return value ? value : 1;
}

sc_conv_shape sc_conv_shape_of(const sc_call *call)
{
    const sc_conv2d_attrs *a = call->attrs;
    sc_shape x = call->in[0]->shape, w = call->in[1]->shape, out = call->out->shape;
    return (sc_conv_shape){ .n = x.n,
                            .ci = x.c,
                            .h = x.h,
                            .w = x.w,
                            .co = out.c,
                            .oh = out.h,
                            .ow = out.w,
                            .kh = w.h,
                            .kw = w.w,
                            .stride_h = conv_shape_one_if_zero(a->stride_h),
                            .stride_w = conv_shape_one_if_zero(a->stride_w),
                            .dilation_h = conv_shape_one_if_zero(a->dilation_h),
                            .dilation_w = conv_shape_one_if_zero(a->dilation_w),
                            .groups = conv_shape_one_if_zero(a->groups),
                            .padding = a->padding,
                            .relu = a->relu,
                            .bias = call->input_count > 2 };
}
