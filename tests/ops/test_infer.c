/* SPDX-License-Identifier: MIT */
/* Shape rules: results of a few known cases, and refusals with a sentence that names the operator. */
#include "op_driver.h"

#include <limits.h>
#include <math.h>
#include <string.h>

typedef struct infer_case {
    const sc_op *op;
    op_attrs attrs;
    int input_count;
    sc_shape in[SC_MAX_INPUTS];
    sc_shape out; /* zeros: must be refused */
} infer_case;

#define X          \
    {              \
        1, 4, 8, 6 \
    }
#define VECTOR     \
    {              \
        1, 4, 1, 1 \
    }
#define MATRIX     \
    {              \
        4, 4, 1, 1 \
    }
/* X to a part of 3 x 9; a result of 0 x 0 stands for a refusal. */
#define PART(h, w, ...)                                                                           \
    {                                                                                             \
        &sc_op_resize_bilinear, { .resize = { .height = 3, .width = 9, __VA_ARGS__ } }, 1, { X }, \
        {                                                                                         \
            (h) ? 1 : 0, 4, h, w                                                                  \
        }                                                                                         \
    }
#define HUGE_SHAPE             \
    {                          \
        1, 4, 1 << 20, 1 << 17 \
    }

static const infer_case cases[] = {
    { &sc_op_conv2d, { .conv2d = { 0 } }, 2, { X, { 5, 4, 3, 3 } }, { 1, 5, 6, 4 } },
    { &sc_op_conv2d,
      { .conv2d = { .stride_h = 2, .stride_w = 3, .padding = { 1, 0, 2, 1, SC_PAD_ZERO } } },
      2,
      { X, { 5, 4, 3, 3 } },
      { 1, 5, 4, 3 } },
    { &sc_op_conv2d, { .conv2d = { .groups = 2 } }, 3, { X, { 6, 2, 1, 1 }, { 1, 6, 1, 1 } }, { 1, 6, 8, 6 } },
    { &sc_op_conv2d, { .conv2d = { 0 } }, 2, { X, { 5, 3, 3, 3 } }, { 0 } },
    { &sc_op_conv2d, { .conv2d = { .groups = 3 } }, 2, { X, { 5, 4, 3, 3 } }, { 0 } },
    { &sc_op_conv2d, { .conv2d = { .groups = 2 } }, 2, { X, { 5, 2, 3, 3 } }, { 0 } },
    { &sc_op_conv2d, { .conv2d = { .groups = -1 } }, 2, { X, { 5, 4, 3, 3 } }, { 0 } },
    { &sc_op_conv2d, { .conv2d = { 0 } }, 2, { X, { 5, 4, 9, 3 } }, { 0 } },
    { &sc_op_conv2d, { .conv2d = { .dilation_w = 3 } }, 2, { X, { 5, 4, 3, 3 } }, { 0 } },
    { &sc_op_conv2d, { .conv2d = { .dilation_w = INT_MAX } }, 2, { X, { 5, 4, 3, 3 } }, { 0 } },
    { &sc_op_conv2d, { .conv2d = { .dilation_h = -1 } }, 2, { X, { 5, 4, 3, 3 } }, { 0 } },
    { &sc_op_conv2d, { .conv2d = { .stride_h = -1 } }, 2, { X, { 5, 4, 3, 3 } }, { 0 } },
    { &sc_op_conv2d, { .conv2d = { 0 } }, 3, { X, { 5, 4, 3, 3 }, { 1, 4, 1, 1 } }, { 0 } },
    { &sc_op_conv2d, { .conv2d = { .padding = { -1, 0, 0, 0, SC_PAD_ZERO } } }, 2, { X, { 5, 4, 3, 3 } }, { 0 } },
    { &sc_op_conv2d,
      { .conv2d = { .padding = { INT_MAX, INT_MAX, 0, 0, SC_PAD_ZERO } } },
      2,
      { X, { 5, 4, 3, 3 } },
      { 0 } },
    { &sc_op_conv2d, { .conv2d = { .padding = { 8, 0, 0, 0, SC_PAD_REFLECT } } }, 2, { X, { 5, 4, 3, 3 } }, { 0 } },
    { &sc_op_conv2d, { .conv2d = { .padding = { 0, 0, 7, 0, SC_PAD_CIRCULAR } } }, 2, { X, { 5, 4, 3, 3 } }, { 0 } },
    { &sc_op_conv2d, { .conv2d = { .padding = { 0, 0, 0, 0, (sc_padding_mode)9 } } }, 2, { X, { 5, 4, 3, 3 } }, { 0 } },
    { &sc_op_conv2d, { .conv2d = { 0 } }, 2, { HUGE_SHAPE, { 16, 4, 1, 1 } }, { 0 } },
    { &sc_op_bias, { .tv = { false } }, 2, { X, VECTOR }, X },
    { &sc_op_bias, { .tv = { false } }, 2, { X, { 1, 3, 1, 1 } }, { 0 } },
    { &sc_op_max_pool2d,
      { .pool2d = { 2, 2, 2, 2, 0, 0, 0, 0, false, false, 0 } },
      1,
      { { 1, 4, 7, 6 } },
      { 1, 4, 3, 3 } },
    { &sc_op_max_pool2d,
      { .pool2d = { 2, 2, 2, 2, 0, 0, 0, 0, false, true, 0 } },
      1,
      { { 1, 4, 7, 6 } },
      { 1, 4, 4, 3 } },
    { &sc_op_average_pool2d, { .pool2d = { 3, 3, 2, 2, 0, 1, 0, 1, false, false, 0 } }, 1, { X }, { 1, 4, 4, 3 } },
    { &sc_op_max_pool2d, { .pool2d = { 0, 2, 2, 2, 0, 0, 0, 0, false, false, 0 } }, 1, { X }, { 0 } },
    { &sc_op_max_pool2d, { .pool2d = { 2, 2, 0, 2, 0, 0, 0, 0, false, false, 0 } }, 1, { X }, { 0 } },
    { &sc_op_max_pool2d, { .pool2d = { 2, 2, 2, 2, 2, 0, 0, 0, false, false, 0 } }, 1, { X }, { 0 } },
    { &sc_op_max_pool2d, { .pool2d = { 2, 2, 2, 2, 0, 0, -1, 0, false, false, 0 } }, 1, { X }, { 0 } },
    { &sc_op_max_pool2d, { .pool2d = { 9, 2, 2, 2, 0, 0, 0, 0, false, false, 0 } }, 1, { X }, { 0 } },
    { &sc_op_max_pool2d, { .pool2d = { 17, 16, 1, 1, 0, 0, 0, 0, false, false, 0 } }, 1, { { 1, 4, 20, 20 } }, { 0 } },
    { &sc_op_average_pool2d, { .pool2d = { INT_MAX, 2, INT_MAX, 2, 0, 0, 0, 0, false, true, 0 } }, 1, { X }, { 0 } },
    { &sc_op_average_pool2d, { .pool2d = { 2, 2, 2, 2, 0, 0, 0, 0, false, false, NAN } }, 1, { X }, { 0 } },
    { &sc_op_leaky_relu, { .leaky_relu = { INFINITY } }, 1, { X }, { 0 } },
    { &sc_op_add, { .add = { NAN, 1 } }, 2, { X, X }, { 0 } },
    { &sc_op_add, { .add = { 1, INFINITY } }, 2, { X, X }, { 0 } },
    { &sc_op_batch_norm, { .norm = { 1e-3f } }, 5, { X, VECTOR, VECTOR, VECTOR, VECTOR }, X },
    { &sc_op_batch_norm, { .norm = { 1e-3f } }, 5, { X, VECTOR, VECTOR, { 4, 1, 1, 1 }, VECTOR }, { 0 } },
    { &sc_op_batch_norm, { .norm = { -1 } }, 5, { X, VECTOR, VECTOR, VECTOR, VECTOR }, { 0 } },
    { &sc_op_batch_norm, { .norm = { NAN } }, 5, { X, VECTOR, VECTOR, VECTOR, VECTOR }, { 0 } },
    { &sc_op_instance_norm, { .norm = { 1e-5f } }, 3, { X, VECTOR, { 1, 5, 1, 1 } }, { 0 } },
    { &sc_op_instance_norm, { .norm = { INFINITY } }, 3, { X, VECTOR, VECTOR }, { 0 } },
    { &sc_op_resize_nearest, { .resize = { 3, 9, false, false } }, 1, { X }, { 1, 4, 3, 9 } },
    { &sc_op_resize_bilinear, { .resize = { 0, 9, false, false } }, 1, { X }, { 0 } },
    { &sc_op_resize_bilinear, { .resize = { 3, 9, true, true } }, 1, { X }, { 0 } },
    { &sc_op_resize_bilinear, { .resize = { INT_MAX, INT_MAX, false, false } }, 1, { X }, { 0 } },
    PART(2, 4, .part_height = 2, .part_width = 4, .out_top = 1, .out_left = 5),
    PART(3, 4, .part_width = 4),
    PART(3, 9, .full_height = 1 << 24, .full_width = 7, .in_top = 1 << 24, .in_left = -(1 << 24)),
    PART(0, 0, .part_height = 4),
    PART(0, 0, .part_height = -1),
    PART(0, 0, .part_width = INT_MIN),
    PART(0, 0, .part_height = 2, .out_top = 2),
    PART(0, 0, .out_left = 1),
    PART(0, 0, .part_width = 9, .out_left = -1),
    PART(0, 0, .part_width = INT_MAX, .out_left = INT_MAX),
    PART(0, 0, .full_height = -8),
    PART(0, 0, .full_width = (1 << 24) + 1),
    PART(0, 0, .in_top = (1 << 24) + 1),
    PART(0, 0, .in_left = INT_MIN),
    { &sc_op_pad, { .pad = { 1, 2, 3, 4, SC_PAD_ZERO } }, 1, { X }, { 1, 4, 11, 13 } },
    { &sc_op_pad, { .pad = { 8, 8, 6, 6, SC_PAD_CIRCULAR } }, 1, { X }, { 1, 4, 24, 18 } },
    { &sc_op_pad, { .pad = { 0, 0, 6, 0, SC_PAD_REFLECT } }, 1, { X }, { 0 } },
    { &sc_op_pad, { .pad = { 0, 0, 0, -1, SC_PAD_REPLICATE } }, 1, { X }, { 0 } },
    { &sc_op_add, { .add = { 1, 1 } }, 2, { X, { 1, 1, 8, 1 } }, X },
    { &sc_op_add, { .add = { 1, 1 } }, 2, { { 1, 1, 8, 1 }, X }, { 0 } },
    { &sc_op_multiply, { .tv = { false } }, 2, { X, { 1, 2, 1, 1 } }, { 0 } },
    { &sc_op_concat, { .tv = { false } }, 3, { X, { 1, 1, 8, 6 }, { 1, 2, 8, 6 } }, { 1, 7, 8, 6 } },
    { &sc_op_concat, { .tv = { false } }, 2, { X, { 1, 4, 8, 7 } }, { 0 } },
    { &sc_op_concat, { .tv = { false } }, 2, { { 1, INT_MAX, 1, 1 }, { 1, INT_MAX, 1, 1 } }, { 0 } },
    { &sc_op_slice, { .slice = { 1, 2, 3, 5, 0, 6 } }, 1, { X }, { 1, 2, 5, 6 } },
    { &sc_op_slice, { .slice = { 1, 4, 0, 8, 0, 6 } }, 1, { X }, { 0 } },
    { &sc_op_slice, { .slice = { 0, 4, -1, 8, 0, 6 } }, 1, { X }, { 0 } },
    { &sc_op_slice, { .slice = { 0, 4, 0, 8, 5, INT_MAX } }, 1, { X }, { 0 } },
    { &sc_op_slice, { .slice = { 0, 0, 0, 8, 0, 6 } }, 1, { X }, { 0 } },
    { &sc_op_depth_to_space, { .depth_to_space = { 2, false } }, 1, { X }, { 1, 1, 16, 12 } },
    { &sc_op_depth_to_space, { .depth_to_space = { 1, true } }, 1, { X }, X },
    { &sc_op_depth_to_space, { .depth_to_space = { 3, false } }, 1, { X }, { 0 } },
    { &sc_op_depth_to_space, { .depth_to_space = { 0, false } }, 1, { X }, { 0 } },
    { &sc_op_depth_to_space, { .depth_to_space = { -2, false } }, 1, { X }, { 0 } },
    { &sc_op_depth_to_space, { .depth_to_space = { 65, false } }, 1, { { 1, 4225, 1, 1 } }, { 0 } },
    { &sc_op_depth_to_space, { .depth_to_space = { 2, false } }, 1, { { 1, 4, 1 << 30, 1 } }, { 0 } },
    { &sc_op_linear, { .tv = { false } }, 3, { { 2, 3, 4, 5 }, { 7, 60, 1, 1 }, { 1, 7, 1, 1 } }, { 2, 7, 1, 1 } },
    { &sc_op_linear, { .tv = { false } }, 2, { { 2, 3, 4, 5 }, { 7, 3, 4, 5 } }, { 0 } },
    { &sc_op_linear, { .tv = { false } }, 3, { { 2, 3, 4, 5 }, { 7, 60, 1, 1 }, { 1, 6, 1, 1 } }, { 0 } },
    { &sc_op_gram, { .gram = { 0 } }, 1, { X }, { 4, 4, 1, 1 } },
    { &sc_op_gram, { .gram = { 0 } }, 1, { { 2, 4, 8, 6 } }, { 0 } },
    { &sc_op_gram, { .gram = { NAN } }, 1, { X }, { 0 } },
    { &sc_op_mean, { .tv = { false } }, 1, { X }, { 1, 1, 1, 1 } },
    { &sc_op_mean_square, { .tv = { false } }, 2, { X, X }, { 1, 1, 1, 1 } },
    { &sc_op_mean_square, { .tv = { false } }, 2, { X, VECTOR }, { 0 } },
    { &sc_op_huber, { .huber = { 1 } }, 2, { X, X }, { 1, 1, 1, 1 } },
    { &sc_op_huber, { .huber = { 1 } }, 2, { X, { 1, 4, 6, 8 } }, { 0 } },
    { &sc_op_huber, { .huber = { 0 } }, 2, { X, X }, { 0 } },
    { &sc_op_huber, { .huber = { NAN } }, 2, { X, X }, { 0 } },
    { &sc_op_cosine_distance, { .tv = { false } }, 2, { X, X }, { 1, 1, 1, 1 } },
    { &sc_op_cosine_distance, { .tv = { false } }, 2, { X, VECTOR }, { 0 } },
    { &sc_op_channel_mean, { .tv = { false } }, 1, { X }, VECTOR },
    { &sc_op_channel_mean, { .tv = { false } }, 1, { { 2, 4, 8, 6 } }, { 0 } },
    { &sc_op_self_similarity, { .tv = { false } }, 1, { X }, { 48, 48, 1, 1 } },
    { &sc_op_self_similarity, { .tv = { false } }, 1, { { 2, 4, 8, 6 } }, { 0 } },
    { &sc_op_self_similarity, { .tv = { false } }, 1, { HUGE_SHAPE }, { 0 } },
    { &sc_op_wasserstein2, { .tv = { false } }, 4, { MATRIX, VECTOR, MATRIX, VECTOR }, { 1, 1, 1, 1 } },
    { &sc_op_wasserstein2, { .tv = { false } }, 4, { MATRIX, VECTOR, { 1, 4, 1, 1 }, VECTOR }, { 1, 1, 1, 1 } },
    { &sc_op_wasserstein2, { .tv = { false } }, 4, { X, VECTOR, MATRIX, VECTOR }, { 0 } },
    { &sc_op_wasserstein2, { .tv = { false } }, 4, { MATRIX, { 4, 1, 1, 1 }, MATRIX, VECTOR }, { 0 } },
    { &sc_op_wasserstein2, { .tv = { false } }, 4, { MATRIX, VECTOR, { 5, 4, 1, 1 }, VECTOR }, { 0 } },
    { &sc_op_wasserstein2, { .tv = { false } }, 4, { MATRIX, VECTOR, { 3, 5, 1, 1 }, VECTOR }, { 0 } },
    { &sc_op_wasserstein2, { .tv = { false } }, 4, { MATRIX, VECTOR, { 3, 4, 1, 2 }, VECTOR }, { 0 } },
    { &sc_op_wasserstein2, { .tv = { false } }, 4, { MATRIX, VECTOR, MATRIX, { 1, 5, 1, 1 } }, { 0 } },
    { &sc_op_mapped_moment,
      { .tv = { false } },
      4,
      { MATRIX, VECTOR, { 3, 4, 1, 1 }, { 1, 3, 1, 1 } },
      { 3, 3, 1, 1 } },
    { &sc_op_mapped_moment, { .tv = { false } }, 4, { X, VECTOR, MATRIX, VECTOR }, { 0 } },
    { &sc_op_mapped_moment, { .tv = { false } }, 4, { MATRIX, { 4, 1, 1, 1 }, MATRIX, VECTOR }, { 0 } },
    { &sc_op_mapped_moment, { .tv = { false } }, 4, { MATRIX, VECTOR, { 3, 5, 1, 1 }, { 1, 3, 1, 1 } }, { 0 } },
    { &sc_op_mapped_moment, { .tv = { false } }, 4, { MATRIX, VECTOR, MATRIX, { 1, 5, 1, 1 } }, { 0 } },
    { &sc_op_total_variation, { .tv = { true } }, 1, { { 1, 3, 1, 1 } }, { 1, 1, 1, 1 } },
    { &sc_op_gather, { .tv = { false } }, 2, { X, { 1, 2, 1, 99 } }, { 1, 4, 1, 99 } },
    { &sc_op_gather, { .tv = { false } }, 2, { X, { 1, 3, 1, 99 } }, { 0 } },
    { &sc_op_gather, { .tv = { false } }, 2, { X, { 1, 2, 99, 1 } }, { 0 } },
    { &sc_op_gather, { .tv = { false } }, 2, { { 2, 4, 8, 6 }, { 1, 2, 1, 99 } }, { 0 } },
    { &sc_op_gather, { .tv = { false } }, 2, { { 1, 4, (1 << 24) + 1, 1 }, { 1, 2, 1, 99 } }, { 0 } },
    { &sc_op_quantiles, { .quantiles = { 9 } }, 1, { X }, { 1, 4, 1, 9 } },
    { &sc_op_quantiles, { .quantiles = { 0 } }, 1, { X }, { 0 } },
    { &sc_op_quantiles, { .quantiles = { 9 } }, 1, { { 2, 4, 8, 6 } }, { 0 } },
    { &sc_op_sorted_match, { .tv = { false } }, 2, { X, { 1, 4, 1, 7 } }, { 1, 1, 1, 1 } },
    { &sc_op_sorted_match, { .tv = { false } }, 2, { X, { 1, 3, 1, 7 } }, { 0 } },
    { &sc_op_sorted_match, { .tv = { false } }, 2, { X, { 1, 4, 7, 1 } }, { 0 } },
    { &sc_op_sorted_match, { .tv = { false } }, 2, { { 2, 4, 8, 6 }, { 1, 4, 1, 7 } }, { 0 } },
    { &sc_op_sorted_match, { .tv = { false } }, 2, { { 1, 4, 1 << 16, 1 << 15 }, { 1, 4, 1, 7 } }, { 0 } },
    { &sc_op_unit_vectors, { .tv = { false } }, 2, { X, VECTOR }, X },
    { &sc_op_unit_vectors, { .tv = { false } }, 2, { X, { 1, 1, 1, 1 } }, { 0 } },
    { &sc_op_unit_vectors, { .tv = { false } }, 2, { { 2, 4, 8, 6 }, VECTOR }, { 0 } },
    { &sc_op_nearest, { .tv = { false } }, 3, { X, { 1, 4, 5, 3 }, { 1, 1, 5, 3 } }, { 1, 2, 8, 6 } },
    { &sc_op_nearest, { .tv = { false } }, 2, { X, { 1, 4, 1 << 12, 1 << 12 } }, { 1, 2, 8, 6 } },
    { &sc_op_nearest, { .tv = { false } }, 2, { X, { 1, 4, 1 << 12, (1 << 12) + 1 } }, { 0 } },
    { &sc_op_nearest, { .tv = { false } }, 2, { X, { 1, 3, 5, 3 } }, { 0 } },
    { &sc_op_nearest, { .tv = { false } }, 2, { X, { 2, 4, 5, 3 } }, { 0 } },
    { &sc_op_nearest, { .tv = { false } }, 3, { X, { 1, 4, 5, 3 }, { 1, 1, 3, 5 } }, { 0 } },
};

static void check(size_t number, const infer_case *k)
{
    sc_tensor bare[SC_MAX_INPUTS];
    sc_call call = { .attrs = &k->attrs, .input_count = k->input_count, .thread_count = 1 };
    for (int i = 0; i < k->input_count; i++) {
        bare[i] = (sc_tensor){ k->in[i], NULL };
        call.in[i] = &bare[i];
    }
    sc_shape out = { 0 };
    sc_error err = { 0 };
    int code = k->op->infer(&call, &out, &err);
    if (k->out.n) {
        if (code || !sc_shape_equal(out, k->out))
            fail_msg("case %zu, %s: %d x %d x %d x %d (%s)", number, k->op->name, out.n, out.c, out.h, out.w, err.text);
        return;
    }
    if (code >= 0)
        fail_msg("case %zu, %s: not refused", number, k->op->name);
    assert_int_equal(code, err.code);
    assert_true(strlen(err.text) > 20 && strlen(err.text) < 400);
    const char *name = strncmp(k->op->name, "resize", 6) ? k->op->name : "resize";
    assert_int_equal(strncmp(err.text, name, strlen(name)), 0);
    assert_int_equal(err.text[strlen(name)], ':');
}

static void test_shape_rules(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check(i, &cases[i]);
}

static void test_descriptions(void **state)
{
    (void)state;
    for (int i = 0; sc_ops[i]; i++) {
        const sc_op *op = sc_ops[i];
        assert_non_null(op->infer);
        assert_non_null(op->forward.run);
        assert_true(op->backward.run || (!op->reads && !op->saved_bytes));
        assert_int_equal(op->constants >> op->max_inputs, 0);
        assert_true(op->min_inputs >= 1 && op->min_inputs <= op->max_inputs && op->max_inputs <= SC_MAX_INPUTS);
        for (int j = 0; j < i; j++)
            assert_string_not_equal(op->name, sc_ops[j]->name);
    }
}

/* What is kept for backward is as little as can be. */
static void test_saved_bytes(void **state)
{
    (void)state;
    sc_tensor x = { { 1, 64, 10, 10 }, NULL }, w = { { 64, 64, 3, 3 }, NULL }, half = { { 1, 64, 5, 5 }, NULL };
    op_attrs attrs = { .conv2d = { .padding = { 1, 1, 1, 1, SC_PAD_ZERO }, .relu = true } };
    sc_call call = { .attrs = &attrs, .input_count = 2, .in = { &x, &w }, .out = &x, .thread_count = 1 };
    assert_int_equal(sc_op_conv2d.saved_bytes(&call, 1), 6400 / 8);
    assert_int_equal(sc_op_conv2d.reads(&call, 1), SC_READS_INPUT_0 << 1);
    assert_int_equal(sc_op_conv2d.reads(&call, 2), SC_READS_INPUT_0);
    assert_int_equal(sc_op_conv2d.reads(&call, 4), 0);
    attrs.conv2d.relu = false;
    assert_int_equal(sc_op_conv2d.saved_bytes(&call, 1), 0);
    assert_int_equal(sc_op_relu.saved_bytes(&call, 1), 6400 / 8);
    attrs.pool2d = (sc_pool2d_attrs){ .size_h = 2, .size_w = 2, .stride_h = 2, .stride_w = 2 };
    call.out = &half;
    assert_int_equal(sc_op_max_pool2d.saved_bytes(&call, 1), 1600 / 4);
    attrs.pool2d.size_h = attrs.pool2d.size_w = 3;
    assert_int_equal(sc_op_max_pool2d.saved_bytes(&call, 1), 1600);
    assert_null(sc_op_average_pool2d.saved_bytes);
    assert_null(sc_op_average_pool2d.reads);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_shape_rules), cmocka_unit_test(test_descriptions),
                                        cmocka_unit_test(test_saved_bytes) };
    return cmocka_run_group_tests_name("infer", tests, NULL, NULL);
}
