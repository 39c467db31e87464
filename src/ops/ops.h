/* SPDX-License-Identifier: MIT */
/* The operators, with their attributes. Shapes are (n, c, h, w). x is input 0. Each op's file has formulas and sources.
 */
#ifndef SC_OPS_OPS_H
#define SC_OPS_OPS_H

#include "ops/op.h"

/* Convolution (cross-correlation, as in all frameworks). inputs: x (n, ci, h, w), weight (co, ci/groups, kh, kw)
 * [, bias (1, co, 1, 1)]; out (n, co, h', w'), h' = (h + top + bottom - dilation_h (kh - 1) - 1) / stride_h + 1. */
typedef struct sc_conv2d_attrs {
    int stride_h, stride_w, dilation_h, dilation_w, groups; /* 0 stands for 1 */
    sc_padding padding;
    bool relu; /* max(0, .) fused in; its sign is saved for backward as one bit a value */
} sc_conv2d_attrs;
extern const sc_op sc_op_conv2d;

/* x + b, b (1, c, 1, 1). */
extern const sc_op sc_op_bias;
/* Element-wise. leaky_relu: x < 0 ? slope x : x. */
typedef struct sc_leaky_relu_attrs {
    float slope;
} sc_leaky_relu_attrs;
extern const sc_op sc_op_relu, sc_op_leaky_relu, sc_op_sigmoid, sc_op_tanh, sc_op_exp, sc_op_square_root,
    sc_op_reciprocal;

/* Pooling. Windows that overlap the border: max ignores what lies outside; average divides by the whole window
 * (include_padding, PyTorch's default) or by the part inside (Keras' "same"). ceil_mode as in PyTorch. */
typedef struct sc_pool2d_attrs {
    int size_h, size_w, stride_h, stride_w;
    int top, bottom, left, right;
    bool include_padding, ceil_mode;
    float scale; /* multiplies the result; 0 stands for 1 (average pooling in place of max: 2 keeps the energy) */
} sc_pool2d_attrs;
extern const sc_op sc_op_max_pool2d, sc_op_average_pool2d;

/* inputs: x (n, ci, h, w), and, as constants, weight (co, ci, 3, 3)[, bias (1, co, 1, 1)]: conv2d of stride 1, ReLU,
 * and max_pool2d of 2 x 2 pixels at stride 2; what a graph makes of the three. */
typedef struct sc_pooled_conv2d_attrs {
    sc_padding padding;
    float scale; /* as in sc_pool2d_attrs; not below 0 */
} sc_pooled_conv2d_attrs;
extern const sc_op sc_op_pooled_conv2d;

/* inputs: x, mean, variance, gamma, beta (each (1, c, 1, 1)): gamma (x - mean) / sqrt(variance + epsilon) + beta.
 * Differentiable in x, gamma, beta. */
typedef struct sc_norm_attrs {
    float epsilon;
    /* instance_norm only */
    bool relu;  /* max(0, .) fused in; its sign is saved for backward as one bit a value */
    bool batch; /* statistics over all pictures together: batch normalisation while training (Ioffe and Szegedy 2015) */
} sc_norm_attrs;
extern const sc_op sc_op_batch_norm;
/* inputs: x, gamma, beta ((1, c, 1, 1)); statistics over h, w of each (n, c), biased variance. Differentiable in all
 * three. */
extern const sc_op sc_op_instance_norm;

/* Resize to height x width. bilinear: half-pixel centres, or corners aligned; antialias widens the triangle when
 * shrinking; wrap: of a picture that repeats. Input and output may be parts of what is mapped, as tiles are: x holds
 * the rows from in_top and the columns from in_left on of a picture of full_height x full_width, out the part_height x
 * part_width from (out_top, out_left) on of height x width; 0 extents stand for the whole. What x does not hold counts
 * as 0, with no weight made up for, so that results of disjoint parts add up to that of the whole; what x holds beyond
 * the picture is not looked at. With wrap x may begin anywhere: positions are equal modulo the full extents, and of
 * equal ones in x the first counts. */
typedef struct sc_resize_attrs {
    int height, width;
    bool align_corners, antialias, wrap;
    int full_height, full_width, in_top, in_left; /* in_top and in_left within +-2^24 */
    int part_height, part_width, out_top, out_left;
} sc_resize_attrs;
extern const sc_op sc_op_resize_nearest, sc_op_resize_bilinear;

/* inputs: x (n, c, h, w), weight (k, c, 3, 3)[, bias (1, k, 1, 1)] -> (n, k, 2h, 2w): resize_nearest by 2 and a 3 x 3
 * conv2d with a border of one. Forward only: what a graph makes of the two where no gradient is wanted. */
typedef struct sc_resize_conv2d_attrs {
    sc_padding_mode padding;
    bool relu;
} sc_resize_conv2d_attrs;
extern const sc_op sc_op_resize_conv2d;

extern const sc_op sc_op_pad; /* attrs: sc_padding */
/* alpha a + beta b; b has a's shape, or 1 in some extents and is then broadcast. */
typedef struct sc_add_attrs {
    float alpha, beta;
} sc_add_attrs;
extern const sc_op sc_op_add;
extern const sc_op sc_op_multiply; /* a b, b broadcast as in add */
extern const sc_op sc_op_concat;   /* along c: 1..8 inputs of equal n, h, w */
typedef struct sc_slice_attrs {
    int channel, channels, top, height, left, width;
} sc_slice_attrs;
extern const sc_op sc_op_slice; /* channels [channel, channel + channels), rows and columns likewise */
/* Without so many rows and columns at its edges: (n, c, h - top - bottom, w - left - right). */
typedef struct sc_crop_attrs {
    int top, bottom, left, right;
} sc_crop_attrs;
extern const sc_op sc_op_crop;
/* (n, b^2 c, h, w) -> (n, c, b h, b w), b = block: channels become positions of blocks. by_channel: the b^2 values of
 * one result channel are neighbours among x's channels (PyTorch's pixel_shuffle), else those of one position are. */
typedef struct sc_depth_to_space_attrs {
    int block; /* 1..64 */
    bool by_channel;
} sc_depth_to_space_attrs;
extern const sc_op sc_op_depth_to_space;

/* inputs: x (n, c, h, w), weight (k, d, 1, 1)[, bias (1, k, 1, 1)]; out (n, k, 1, 1). d = h w c counts x's values of
 * one picture in their order in memory: rows, then columns, then channels fastest. */
extern const sc_op sc_op_linear;
extern const sc_op sc_op_softmax; /* over c */

/* One picture: x (1, c, h, w) -> (c, c, 1, 1), F F^T / (h w) with F the c x (h w) matrix of features (Gatys et al.
 * 2016, eq. 3, normalised by positions). shift is added to F first (Novak and Nikulin 2016); 0 = the classic. */
typedef struct sc_gram_attrs {
    float shift;
} sc_gram_attrs;
extern const sc_op sc_op_gram;

typedef struct sc_channel_mean_attrs {
    bool sum;
} sc_channel_mean_attrs;               /* sum: not divided by the number of positions */
extern const sc_op sc_op_channel_mean; /* (1, c, h, w) -> (1, c, 1, 1): over positions */
/* x (1, c, h, w) -> (n, n, 1, 1), n = h w: the cosine distances between the features at all positions, each column
 * divided by its sum (Kolkin et al. 2019). Costs 2 n^2 c multiplications and additions forward and as many backward. */
extern const sc_op sc_op_self_similarity;

/* Scalars (1, 1, 1, 1). */
extern const sc_op sc_op_mean;
extern const sc_op sc_op_mean_square; /* mean(x^2), or with a second input t of x's shape mean((x - t)^2) */
/* delta > 0. */
typedef struct sc_huber_attrs {
    float delta;
} sc_huber_attrs;
extern const sc_op sc_op_huber; /* inputs: x, t of its shape: the mean of |d| - delta / 2, or d^2 / (2 delta) where |d|
                                   <= delta; d = x - t (Huber 1964) */
/* inputs: x, t of its shape, a constant: the mean over positions of 1 - x.t / (|x| |t|), x and t the features there
 * (Kolkin et al. 2022). */
extern const sc_op sc_op_cosine_distance;
/* inputs: second moment G (c, c, 1, 1), mean mu (1, c, 1, 1), and, as constants, the target's root R (k, c, 1, 1), k <=
 * c, and mean mu_s (1, c, 1, 1):
 * (|mu - mu_s|^2 + |R|^2 + tr S - 2 tr (R S R^T)^(1/2)) / c, S = G - mu mu^T. R^T R is the target's covariance
 * (sc_truncated_root, ops/matrix_root.h). Smooth where S has more directions than R has rows: for moments of N
 * positions, k should be at most about N / 2. */
extern const sc_op sc_op_wasserstein2;
/* inputs: second moment G (c, c, 1, 1) and mean mu (1, c, 1, 1) of some x, and, as constants, W (k, c, 1, 1) and b (1,
 * k, 1, 1) -> (k, k, 1, 1): the second moment of W x + b. */
extern const sc_op sc_op_mapped_moment;
/* Total variation: mean of squared horizontal + mean of squared vertical differences; circular: wraps round. */
typedef struct sc_tv_attrs {
    bool circular;
} sc_tv_attrs;
extern const sc_op sc_op_total_variation;

/* x (1, c, h, w), positions (1, 2, 1, n), float pairs (row, column) that may change between runs -> (1, c, 1, n): x at
 * each of them. Fractions are dropped; positions outside of x, or not numbers, read 0 and get no gradient.
 * Differentiable in x; positions may repeat. */
extern const sc_op sc_op_gather;
/* x (1, m, h, w), n = h w values a channel, target (1, m, 1, k), ascending along k -> scalar: the mean over channels
 * and ranks r of (sort(x)_r - target's quantile (r + 1/2) / n)^2, samples standing at (j + 1/2) / k, linear in between.
 * Differentiable in x. */
extern const sc_op sc_op_sorted_match;
/* x (1, c, h, w) -> (1, c, 1, count): the quantile function of each channel's values at (j + 1/2) / count. Not
 * differentiable. */
typedef struct sc_quantiles_attrs {
    int count;
} sc_quantiles_attrs;
extern const sc_op sc_op_quantiles;
/* x (1, c, h, w), mean (1, c, 1, 1) -> (x - mean) / |x - mean| for each position; zero vectors stay zero. Forward only.
 */
extern const sc_op sc_op_unit_vectors;
/* queries (1, c, h, w), keys (1, c, h2, w2)[, bias (1, 1, h2, w2)] -> (1, 2, h, w): the number (y w2 + x, at most 2^24
 * keys) of the key with the largest product with the query (+ its bias), the first of equals, and that score. Forward
 * only. */
extern const sc_op sc_op_nearest;

/* All of them. */
#define SC_OPS(X)      \
    X(conv2d)          \
    X(pooled_conv2d)   \
    X(bias)            \
    X(relu)            \
    X(leaky_relu)      \
    X(sigmoid)         \
    X(tanh)            \
    X(exp)             \
    X(square_root)     \
    X(reciprocal)      \
    X(max_pool2d)      \
    X(average_pool2d)  \
    X(batch_norm)      \
    X(instance_norm)   \
    X(resize_nearest)  \
    X(resize_bilinear) \
    X(resize_conv2d)   \
    X(pad)             \
    X(add)             \
    X(multiply)        \
    X(concat)          \
    X(slice)           \
    X(crop)            \
    X(depth_to_space)  \
    X(linear)          \
    X(softmax)         \
    X(gram)            \
    X(mean)            \
    X(mean_square)     \
    X(total_variation) \
    X(channel_mean)    \
    X(self_similarity) \
    X(huber)           \
    X(cosine_distance) \
    X(wasserstein2)    \
    X(mapped_moment)   \
    X(gather)          \
    X(sorted_match)    \
    X(quantiles)       \
    X(unit_vectors)    \
    X(nearest)

/* The same as a list, ended by NULL. */
extern const sc_op *const sc_ops[];

#endif
