/* SPDX-License-Identifier: MIT */
/* The list of all operators. */
#include "ops/ops.h"

const sc_op *const sc_ops[] = {
    &sc_op_conv2d, &sc_op_pooled_conv2d, &sc_op_bias, &sc_op_relu, &sc_op_leaky_relu, &sc_op_sigmoid, &sc_op_tanh, &sc_op_exp, &sc_op_square_root, &sc_op_reciprocal, &sc_op_max_pool2d,
    &sc_op_average_pool2d, &sc_op_batch_norm, &sc_op_instance_norm, &sc_op_resize_nearest, &sc_op_resize_bilinear, &sc_op_resize_conv2d, &sc_op_pad,
    &sc_op_add, &sc_op_multiply, &sc_op_concat, &sc_op_slice, &sc_op_crop, &sc_op_depth_to_space, &sc_op_linear, &sc_op_softmax, &sc_op_gram, &sc_op_mean,
    &sc_op_mean_square, &sc_op_total_variation, &sc_op_channel_mean, &sc_op_self_similarity, &sc_op_huber,
    &sc_op_cosine_distance, &sc_op_wasserstein2, &sc_op_mapped_moment, &sc_op_gather, &sc_op_sorted_match, &sc_op_quantiles, &sc_op_unit_vectors, &sc_op_nearest, NULL,
};
