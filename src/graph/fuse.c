/* SPDX-License-Identifier: MIT */
/* Fusion, of nodes between which nobody else looks:
 *   relu            becomes part of the convolution or the instance norm before it, which saves a pass over the values
 * forward and another one backward;
 *   max_pool2d      of 2 x 2 pixels, the ReLU and the 3 x 3 convolution before it become one pooled_conv2d where the
 * weights are constants;
 *   resize_nearest  by 2 and the 3 x 3 convolution after it become one resize_conv2d where no gradient is wanted
 * (backward reads the enlarged values). */
#include "graph/internal.h"

/* Input times output channels of a resize_conv2d: its kernels hold 144 transformed weights for each. */
enum { MOST_WEIGHTS = 1 << 15 };

static int count_users(const sc_graph *g, sc_value v)
{
    int users = 0;
    for (int n = 0; n < g->node_count; n++)
        for (int i = 0; i < g->nodes[n].input_count; i++)
            users += g->nodes[n].inputs[i] == v;
    return users;
}

/* The node that makes input 0 of `node`, which alone reads it; NULL when there is none. */
static sc_node *only_producer(sc_graph *g, const sc_node *node)
{
    const sc_value_info *value = &g->values[node->inputs[0]];
    bool alone = value->producer >= 0 && !value->keep && count_users(g, node->inputs[0]) == 1;
    return alone ? &g->nodes[value->producer] : NULL;
}

/* What `node` does is done by `producer` from here on. */
static void take_over(sc_graph *g, sc_node *producer, sc_node *node)
{
    g->values[node->out].producer = g->values[producer->out].producer;
    producer->out = node->out;
    node->fused = true;
}

/* The attribute that gives a node a ReLU of its own; NULL when it can have none. */
static bool *relu_of(sc_node *node)
{
    if (node->op == &sc_op_conv2d)
        return &((sc_conv2d_attrs *)node->attrs)->relu;
    return node->op == &sc_op_instance_norm ? &((sc_norm_attrs *)node->attrs)->relu : NULL;
}

static void fuse_relu(sc_graph *g, sc_node *node)
{
    sc_node *producer = only_producer(g, node);
    bool *relu = producer ? relu_of(producer) : NULL;
    if (!relu)
        return;
    *relu = true;
    take_over(g, producer, node);
}

static bool doubles(const sc_graph *g, const sc_node *node)
{
    if (node->op != &sc_op_resize_nearest)
        return false;
    sc_shape x = g->values[node->inputs[0]].tensor.shape;
    const sc_resize_attrs *a = node->attrs;
    bool is_whole = !a->full_height && !a->full_width && !a->in_top && !a->in_left && !a->part_height &&
                    !a->part_width && !a->out_top && !a->out_left;
    return is_whole && a->height == 2 * x.h && a->width == 2 * x.w;
}

static sc_shape kernel_of(const sc_graph *g, const sc_node *conv)
{
    return g->values[conv->inputs[1]].tensor.shape;
}

/* 3 x 3 and nothing out of the ordinary but its border. */
static bool is_plain_conv(const sc_graph *g, const sc_node *node)
{
    if (node->op != &sc_op_conv2d)
        return false;
    sc_shape w = kernel_of(g, node);
    const sc_conv2d_attrs *a = node->attrs;
    return w.h == 3 && w.w == 3 && a->stride_h <= 1 && a->stride_w <= 1 && a->dilation_h <= 1 && a->dilation_w <= 1 &&
           a->groups <= 1;
}

static bool is_usual_conv(const sc_graph *g, const sc_node *node)
{
    const sc_padding *p = &((const sc_conv2d_attrs *)node->attrs)->padding;
    return is_plain_conv(g, node) && p->top == 1 && p->bottom == 1 && p->left == 1 && p->right == 1 &&
           (int64_t)kernel_of(g, node).n * kernel_of(g, node).c <= MOST_WEIGHTS;
}

static bool halves(const sc_graph *g, const sc_node *node)
{
    const sc_pool2d_attrs *a = node->attrs;
    sc_shape x = g->values[node->inputs[0]].tensor.shape, out = g->values[node->out].tensor.shape;
    return a->size_h == 2 && a->size_w == 2 && a->stride_h == 2 && a->stride_w == 2 && !a->top && !a->bottom &&
           !a->left && !a->right && a->scale >= 0 && out.h == x.h / 2 && out.w == x.w / 2;
}

/* One with a ReLU, of which only the gradient of its input may be wanted. Few input channels, and output channels that
 * fill no group of 16, are left to the convolution's other kernels. */
static bool is_poolable_conv(const sc_graph *g, const sc_node *node)
{
    return is_plain_conv(g, node) && ((const sc_conv2d_attrs *)node->attrs)->relu && !(node->wanted & ~1u) &&
           kernel_of(g, node).n % 16 == 0 && kernel_of(g, node).c > 4;
}

static void fuse_pool(sc_graph *g, sc_node *node)
{
    sc_node *producer = only_producer(g, node);
    if (!producer || !is_poolable_conv(g, producer) || !halves(g, node))
        return;
    const sc_pool2d_attrs *pool = node->attrs;
    sc_padding padding = ((sc_conv2d_attrs *)producer->attrs)->padding;
    *(sc_pooled_conv2d_attrs *)producer->attrs = (sc_pooled_conv2d_attrs){ padding, pool->scale };
    producer->op = &sc_op_pooled_conv2d;
    take_over(g, producer, node);
}

static void fuse_resize(sc_graph *g, sc_node *node)
{
    sc_node *producer = only_producer(g, node);
    if (node->wanted || !producer || !is_usual_conv(g, node) || !doubles(g, producer))
        return;
    sc_conv2d_attrs conv = *(sc_conv2d_attrs *)node->attrs;
    *(sc_resize_conv2d_attrs *)node->attrs = (sc_resize_conv2d_attrs){ conv.padding.mode, conv.relu };
    node->op = &sc_op_resize_conv2d;
    node->inputs[0] = producer->inputs[0];
    producer->fused = true;
}

void sc_graph_fuse(sc_graph *g)
{
    for (int n = 0; n < g->node_count; n++)
        if (g->nodes[n].op == &sc_op_relu)
            fuse_relu(g, &g->nodes[n]);
    for (int n = 0; n < g->node_count; n++)
        if (g->nodes[n].op == &sc_op_max_pool2d)
            fuse_pool(g, &g->nodes[n]);
    for (int n = 0; n < g->node_count; n++)
        if (g->nodes[n].op == &sc_op_conv2d)
            fuse_resize(g, &g->nodes[n]);
}
