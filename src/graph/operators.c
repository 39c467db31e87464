/* SPDX-License-Identifier: MIT */
/* One short call per operator, for readable networks. See graph.h. */
#include "graph/graph.h"

/* One to three inputs, of which the last ones may be missing. */
static sc_value apply(sc_graph *g, const sc_op *op, const void *attrs, sc_value a, sc_value b, sc_value c)
{
    sc_value inputs[3] = { a, b, c };
    int count = c != SC_NO_VALUE ? 3 : b != SC_NO_VALUE ? 2 : 1;
    return sc_graph_op(g, op, attrs, inputs, count);
}

sc_value sc_graph_conv2d(sc_graph *g, sc_value x, sc_value weight, sc_value bias, sc_conv2d_attrs attrs)
{
    return apply(g, &sc_op_conv2d, &attrs, x, weight, bias);
}

sc_value sc_graph_relu(sc_graph *g, sc_value x)
{
    return apply(g, &sc_op_relu, NULL, x, SC_NO_VALUE, SC_NO_VALUE);
}

sc_value sc_graph_max_pool2d(sc_graph *g, sc_value x, sc_pool2d_attrs attrs)
{
    return apply(g, &sc_op_max_pool2d, &attrs, x, SC_NO_VALUE, SC_NO_VALUE);
}

sc_value sc_graph_average_pool2d(sc_graph *g, sc_value x, sc_pool2d_attrs attrs)
{
    return apply(g, &sc_op_average_pool2d, &attrs, x, SC_NO_VALUE, SC_NO_VALUE);
}

sc_value sc_graph_batch_norm(sc_graph *g, sc_value x, sc_value mean, sc_value variance, sc_value gamma, sc_value beta,
                             float epsilon)
{
    sc_norm_attrs attrs = { .epsilon = epsilon };
    sc_value inputs[5] = { x, mean, variance, gamma, beta };
    return sc_graph_op(g, &sc_op_batch_norm, &attrs, inputs, 5);
}

sc_value sc_graph_pad(sc_graph *g, sc_value x, sc_padding padding)
{
    return apply(g, &sc_op_pad, &padding, x, SC_NO_VALUE, SC_NO_VALUE);
}

sc_value sc_graph_resize_bilinear(sc_graph *g, sc_value x, int height, int width, bool antialias)
{
    return sc_graph_resize_part(g, x, (sc_resize_attrs){ .height = height, .width = width, .antialias = antialias });
}

sc_value sc_graph_resize_tile(sc_graph *g, sc_value x, int height, int width, bool antialias)
{
    return sc_graph_resize_part(
        g, x, (sc_resize_attrs){ .height = height, .width = width, .antialias = antialias, .wrap = true });
}

sc_value sc_graph_resize_part(sc_graph *g, sc_value x, sc_resize_attrs attrs)
{
    return apply(g, &sc_op_resize_bilinear, &attrs, x, SC_NO_VALUE, SC_NO_VALUE);
}

sc_value sc_graph_add(sc_graph *g, float alpha, sc_value a, float beta, sc_value b)
{
    sc_add_attrs attrs = { .alpha = alpha, .beta = beta };
    sc_value inputs[2] = { a, b };
    return sc_graph_op(g, &sc_op_add, &attrs, inputs, 2);
}

sc_value sc_graph_multiply(sc_graph *g, sc_value a, sc_value b)
{
    sc_value inputs[2] = { a, b };
    return sc_graph_op(g, &sc_op_multiply, NULL, inputs, 2);
}

sc_value sc_graph_concat(sc_graph *g, const sc_value *parts, int count)
{
    return sc_graph_op(g, &sc_op_concat, NULL, parts, count);
}

sc_value sc_graph_slice(sc_graph *g, sc_value x, sc_slice_attrs attrs)
{
    return apply(g, &sc_op_slice, &attrs, x, SC_NO_VALUE, SC_NO_VALUE);
}

sc_value sc_graph_gram(sc_graph *g, sc_value x)
{
    sc_gram_attrs attrs = { 0 };
    return apply(g, &sc_op_gram, &attrs, x, SC_NO_VALUE, SC_NO_VALUE);
}

sc_value sc_graph_mean(sc_graph *g, sc_value x)
{
    return apply(g, &sc_op_mean, NULL, x, SC_NO_VALUE, SC_NO_VALUE);
}

sc_value sc_graph_mean_square(sc_graph *g, sc_value x, sc_value target)
{
    return apply(g, &sc_op_mean_square, NULL, x, target, SC_NO_VALUE);
}

sc_value sc_graph_huber(sc_graph *g, sc_value x, sc_value target, float delta)
{
    sc_value inputs[2] = { x, target };
    sc_huber_attrs attrs = { delta };
    return sc_graph_op(g, &sc_op_huber, &attrs, inputs, 2);
}

sc_value sc_graph_cosine_distance(sc_graph *g, sc_value x, sc_value target)
{
    sc_value inputs[2] = { x, target };
    return sc_graph_op(g, &sc_op_cosine_distance, NULL, inputs, 2);
}

sc_value sc_graph_channel_mean(sc_graph *g, sc_value x)
{
    return apply(g, &sc_op_channel_mean, &(sc_channel_mean_attrs){ false }, x, SC_NO_VALUE, SC_NO_VALUE);
}

sc_value sc_graph_self_similarity(sc_graph *g, sc_value x)
{
    return apply(g, &sc_op_self_similarity, NULL, x, SC_NO_VALUE, SC_NO_VALUE);
}

sc_value sc_graph_mapped_moment(sc_graph *g, sc_value moment, sc_value mean, sc_value weight, sc_value bias)
{
    sc_value inputs[4] = { moment, mean, weight, bias };
    return sc_graph_op(g, &sc_op_mapped_moment, NULL, inputs, 4);
}

sc_value sc_graph_wasserstein2(sc_graph *g, sc_value moment, sc_value mean, sc_value target_root, sc_value target_mean)
{
    sc_value inputs[4] = { moment, mean, target_root, target_mean };
    return sc_graph_op(g, &sc_op_wasserstein2, NULL, inputs, 4);
}

sc_value sc_graph_quantiles(sc_graph *g, sc_value x, int count)
{
    sc_quantiles_attrs attrs = { count };
    return apply(g, &sc_op_quantiles, &attrs, x, SC_NO_VALUE, SC_NO_VALUE);
}

sc_value sc_graph_total_variation(sc_graph *g, sc_value x, bool circular)
{
    sc_tv_attrs attrs = { .circular = circular };
    return apply(g, &sc_op_total_variation, &attrs, x, SC_NO_VALUE, SC_NO_VALUE);
}

sc_value sc_graph_gather(sc_graph *g, sc_value x, sc_value positions)
{
    sc_value inputs[2] = { x, positions };
    return sc_graph_op(g, &sc_op_gather, NULL, inputs, 2);
}

sc_value sc_graph_sorted_match(sc_graph *g, sc_value x, sc_value target)
{
    sc_value inputs[2] = { x, target };
    return sc_graph_op(g, &sc_op_sorted_match, NULL, inputs, 2);
}

sc_value sc_graph_unit_vectors(sc_graph *g, sc_value x, sc_value mean)
{
    sc_value inputs[2] = { x, mean };
    return sc_graph_op(g, &sc_op_unit_vectors, NULL, inputs, 2);
}

sc_value sc_graph_nearest(sc_graph *g, sc_value queries, sc_value keys, sc_value bias)
{
    sc_value inputs[3] = { queries, keys, bias };
    return sc_graph_op(g, &sc_op_nearest, NULL, inputs, bias == SC_NO_VALUE ? 2 : 3);
}
