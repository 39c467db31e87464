/* SPDX-License-Identifier: MIT */
/* What the host does as one:
 *   relu            after a convolution or an instance norm becomes part of it, which saves a pass over the values
 *                   forward and another one backward;
 *   max_pool2d      of 2 x 2 pixels, the ReLU and the 3 x 3 convolution before it become one pooled_conv2d where the
 *                   weights are constants;
 *   resize_nearest  by 2 and the 3 x 3 convolution after it become one resize_conv2d where no gradient is wanted
 *                   (backward reads the enlarged values). */
#include "device/fusions.h"

/* Input times output channels of a resize_conv2d: its kernels hold 144 transformed weights for each. */
enum { MOST_WEIGHTS = 1 << 15 };

static sc_shape kernel_of(const sc_node_info *conv)
{
    return conv->call.in[1]->shape;
}

static bool conv_relu(const sc_node_info *first, const sc_node_info *second, void *attrs)
{
    (void)second;
    sc_conv2d_attrs *own = attrs;
    *own = *(const sc_conv2d_attrs *)first->call.attrs;
    own->relu = true;
    return true;
}

static bool norm_relu(const sc_node_info *first, const sc_node_info *second, void *attrs)
{
    (void)second;
    sc_norm_attrs *own = attrs;
    *own = *(const sc_norm_attrs *)first->call.attrs;
    own->relu = true;
    return true;
}

/* 3 x 3 and nothing out of the ordinary but its border. */
static bool is_plain_conv(const sc_node_info *node)
{
    const sc_conv2d_attrs *a = node->call.attrs;
    sc_shape w = kernel_of(node);
    return w.h == 3 && w.w == 3 && a->stride_h <= 1 && a->stride_w <= 1 && a->dilation_h <= 1 && a->dilation_w <= 1 &&
           a->groups <= 1;
}

/* One with a ReLU, of which only the gradient of its input may be wanted. Few input channels, and output channels that
 * fill no group of 16, are left to the convolution's other kernels. */
static bool is_poolable_conv(const sc_node_info *node)
{
    return is_plain_conv(node) && ((const sc_conv2d_attrs *)node->call.attrs)->relu && !(node->wanted & ~1u) &&
           kernel_of(node).n % 16 == 0 && kernel_of(node).c > 4;
}

static bool halves(const sc_node_info *node)
{
    const sc_pool2d_attrs *a = node->call.attrs;
    sc_shape x = node->call.in[0]->shape, out = node->call.out->shape;
    return a->size_h == 2 && a->size_w == 2 && a->stride_h == 2 && a->stride_w == 2 && !a->top && !a->bottom &&
           !a->left && !a->right && a->scale >= 0 && out.h == x.h / 2 && out.w == x.w / 2;
}

static bool conv_pool(const sc_node_info *conv, const sc_node_info *pool, void *attrs)
{
    if (!is_poolable_conv(conv) || !halves(pool))
        return false;
    *(sc_pooled_conv2d_attrs *)attrs = (sc_pooled_conv2d_attrs){ ((const sc_conv2d_attrs *)conv->call.attrs)->padding,
                                                                 ((const sc_pool2d_attrs *)pool->call.attrs)->scale };
    return true;
}

static bool doubles(const sc_node_info *node)
{
    sc_shape x = node->call.in[0]->shape;
    const sc_resize_attrs *a = node->call.attrs;
    bool is_whole = !a->full_height && !a->full_width && !a->in_top && !a->in_left && !a->part_height &&
                    !a->part_width && !a->out_top && !a->out_left;
    return is_whole && a->height == 2 * x.h && a->width == 2 * x.w;
}

static bool is_usual_conv(const sc_node_info *node)
{
    const sc_padding *p = &((const sc_conv2d_attrs *)node->call.attrs)->padding;
    return is_plain_conv(node) && p->top == 1 && p->bottom == 1 && p->left == 1 && p->right == 1 &&
           (int64_t)kernel_of(node).n * kernel_of(node).c <= MOST_WEIGHTS;
}

static bool fusions_resize_conv(const sc_node_info *resize, const sc_node_info *conv, void *attrs)
{
    const sc_conv2d_attrs *own = conv->call.attrs;
    if (conv->wanted || !is_usual_conv(conv) || !doubles(resize))
        return false;
    *(sc_resize_conv2d_attrs *)attrs = (sc_resize_conv2d_attrs){ own->padding.mode, own->relu };
    return true;
}

const sc_fusion sc_host_fusions[] = {
    { &sc_op_conv2d, &sc_op_relu, &sc_op_conv2d, conv_relu },
    { &sc_op_instance_norm, &sc_op_relu, &sc_op_instance_norm, norm_relu },
    { &sc_op_conv2d, &sc_op_max_pool2d, &sc_op_pooled_conv2d, conv_pool },
    { &sc_op_resize_nearest, &sc_op_conv2d, &sc_op_resize_conv2d, fusions_resize_conv },
    { 0 },
};
