/* SPDX-License-Identifier: MIT */
/* The host's fast kernels other than convolution against the operators' own: Gram matrix, self-similarity, max
 * pooling, ReLU. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "device/host/isa.h"
#include "device/kernels.h"
#include "core/rng.h"

enum { THREADS = 3 };
static sc_error error;

static void fill(sc_tensor *t, sc_shape shape, uint64_t seed)
{
    assert_int_equal(sc_tensor_create(t, shape, &error), 0);
    for (size_t i = 0; i < sc_shape_count(shape); i++)
        t->data[i] = sc_random_normal(seed, i);
}

/* Parts in reverse order, on changing threads. */
static void run(const sc_kernel *kernel, sc_call *call)
{
    size_t bytes = kernel->scratch_bytes ? kernel->scratch_bytes(call) : 0;
    call->scratch = sc_aligned_alloc(bytes + 64);
    assert_non_null(call->scratch);
    memset(call->scratch, 0xff, bytes + 64);
    for (int part = kernel->parts ? kernel->parts(call) : 1; part-- > 0;)
        assert_int_equal(kernel->run(call, part, part % THREADS), 0);
    if (kernel->finish)
        assert_int_equal(kernel->finish(call), 0);
    free(call->scratch);
}

static void check_equal(const char *what, const sc_tensor *a, const sc_tensor *b)
{
    double squares = 0, most = 0;
    for (size_t i = 0; i < sc_shape_count(a->shape); i++) {
        squares += (double)a->data[i] * a->data[i];
        double difference = fabs((double)a->data[i] - b->data[i]);
        most = difference <= most ? most : difference;
    }
    double relative = most / sqrt(squares / (double)sc_shape_count(a->shape) + 1e-20);
    if (!(relative < 1e-5))
        fail_msg("%s: %d x %d x %d x %d: error %g", what, a->shape.n, a->shape.c, a->shape.h, a->shape.w, relative);
}

static void check(const sc_op *op, const void *attrs, sc_shape shape, bool accumulate)
{
    sc_tensor x, y[2], dy, dx[2], bare = { shape, NULL };
    fill(&x, shape, 1);
    sc_call call = {
        .attrs = attrs, .input_count = 1, .in = { &bare }, .thread_count = THREADS, .accumulate = { accumulate }
    };
    sc_shape out;
    assert_int_equal(op->infer(&call, &out, &error), 0);
    sc_tensor bare_out = { out, NULL };
    fill(&dy, out, 2);
    for (int i = 0; i < 2; i++) {
        sc_choice choice = { 0 };
        fill(&y[i], out, 3);
        fill(&dx[i], shape, 4);
        call.in[0] = &bare;
        call.out = &bare_out;
        sc_node_info node = { op, call, 0, 1 };
        if (i)
            assert_int_equal(sc_kernels_host.choose(&node, &choice, &error), 0);
        size_t (*saved_bytes)(const sc_call *, unsigned) = choice.saved_bytes ? choice.saved_bytes : op->saved_bytes;
        void *saved = malloc((saved_bytes ? saved_bytes(&call, 1) : 0) + 1);
        call.in[0] = &x;
        call.out = &y[i];
        call.saved = saved;
        call.state = choice.state;
        run(choice.forward ? choice.forward : &op->forward, &call);
        call.out_gradient = &dy;
        call.in_gradient[0] = &dx[i];
        run(choice.backward ? choice.backward : &op->backward, &call);
        call.out_gradient = call.in_gradient[0] = NULL;
        free(saved);
        if (choice.destroy)
            choice.destroy(choice.state);
    }
    check_equal("forward", &y[0], &y[1]);
    check_equal("gradient", &dx[0], &dx[1]);
    sc_tensor_free(&x), sc_tensor_free(&dy);
    for (int i = 0; i < 2; i++)
        sc_tensor_free(&y[i]), sc_tensor_free(&dx[i]);
}

static const int channels[] = { 1, 3, 16, 17, 32, 48, 70, 144, 300 };
static const int extents[][2] = { { 2, 2 }, { 2, 3 }, { 7, 5 }, { 16, 16 }, { 33, 18 }, { 50, 64 } };

static void check_all(const sc_op *op, const void *attrs, int n)
{
    for (size_t c = 0; c < sizeof channels / sizeof *channels; c++)
        for (size_t e = 0; e < sizeof extents / sizeof *extents; e++)
            check(op, attrs, (sc_shape){ n, channels[c], extents[e][0], extents[e][1] }, (c + e) % 2);
}

static void test_gram(void **state)
{
    (void)state;
    check_all(&sc_op_gram, &(sc_gram_attrs){ 0 }, 1);
    check_all(&sc_op_gram, &(sc_gram_attrs){ -1.5f }, 1);
}

static void test_channel_mean(void **state)
{
    (void)state;
    const sc_channel_mean_attrs attrs = { 0 };
    check_all(&sc_op_channel_mean, &attrs, 1);
}

/* Several parts and bands, of odd sizes. */
static void test_self_similarity(void **state)
{
    (void)state;
    static const sc_shape shapes[] = { { 1, 3, 2, 3 },    { 1, 16, 8, 16 },   { 1, 17, 43, 3 },
                                       { 1, 70, 16, 16 }, { 1, 144, 33, 18 }, { 1, 5, 50, 64 } };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        check(&sc_op_self_similarity, NULL, shapes[i], i % 2);
}

static void test_max_pool(void **state)
{
    (void)state;
    sc_pool2d_attrs a = { .size_h = 2, .size_w = 2, .stride_h = 2, .stride_w = 2 };
    check_all(&sc_op_max_pool2d, &a, 2);
    a.ceil_mode = true;
    a.scale = 1.5f;
    check_all(&sc_op_max_pool2d, &a, 1);
    a.size_h = 3;
    a.top = 1;
    check_all(&sc_op_max_pool2d, &a, 1);
}

static void test_relu(void **state)
{
    (void)state;
    check_all(&sc_op_relu, NULL, 2);
}

/* Forward, with holes in the input: where the reference has NaN, and nowhere else. */
static void check_not_numbers(const sc_op *op, const void *attrs, int channel_count)
{
    sc_shape shape = { 1, channel_count, 8, 10 }, out;
    sc_tensor x, y[2];
    fill(&x, shape, 1);
    for (size_t i = 0; i < sc_shape_count(shape); i += 13)
        x.data[i] = NAN;
    sc_call call = { .attrs = attrs, .input_count = 1, .in = { &x }, .thread_count = THREADS };
    assert_int_equal(op->infer(&call, &out, &error), 0);
    for (int i = 0; i < 2; i++) {
        sc_choice choice = { 0 };
        fill(&y[i], out, 2);
        call.out = &y[i];
        sc_node_info node = { op, call, 0, 0 };
        if (i)
            assert_int_equal(sc_kernels_host.choose(&node, &choice, &error), 0);
        call.state = choice.state;
        run(choice.forward ? choice.forward : &op->forward, &call);
        if (choice.destroy)
            choice.destroy(choice.state);
    }
    for (size_t i = 0; i < sc_shape_count(out); i++)
        if (y[0].data[i] != y[1].data[i] && !(isnan(y[0].data[i]) && isnan(y[1].data[i])))
            fail_msg("%s of not-numbers: value %zu is %g, not %g", op->name, i, (double)y[1].data[i],
                     (double)y[0].data[i]);
    sc_tensor_free(&x), sc_tensor_free(&y[0]), sc_tensor_free(&y[1]);
}

static void test_not_numbers(void **state)
{
    (void)state;
    check_not_numbers(&sc_op_relu, NULL, 37);
    check_not_numbers(&sc_op_max_pool2d, &(sc_pool2d_attrs){ .size_h = 2, .size_w = 2, .stride_h = 2, .stride_w = 2 },
                      48);
}

/* A row's products do not depend on which row of a block it is, nor on how many there are: part cuts that depend on the
 * number of threads stand on this. Compilers may make several copies of the microkernel, and must not round otherwise
 * in one of them. */
static void test_rows_are_alike(void **state)
{
    (void)state;
    enum { ROWS = 4 * SC_MICRO_ROWS, DEPTH = 40, COLUMNS = 144 };
    float left[ROWS * DEPTH], right[DEPTH * COLUMNS], results[ROWS * COLUMNS];
    for (int i = 0; i < ROWS * DEPTH; i++)
        left[i] = sc_random_normal(1, (uint64_t)(i % DEPTH));
    for (int i = 0; i < DEPTH * COLUMNS; i++)
        right[i] = sc_random_normal(2, (uint64_t)i);
    for (const sc_cpu_isa *const *isa = sc_cpu_isas; *isa; isa++)
        for (size_t columns = SC_GROUP; (*isa)->available() && columns <= COLUMNS; columns += SC_GROUP)
            for (int accumulate = 0; accumulate < 2; accumulate++)
                for (size_t rows = SC_MICRO_ROWS; rows <= ROWS; rows += SC_MICRO_ROWS) {
                    memset(results, 0, sizeof results);
                    for (size_t depth = 0; depth < DEPTH; depth += DEPTH / 2) /* the second time added to the first */
                        (*isa)->multiply(left + depth, DEPTH, right, results, COLUMNS, rows, DEPTH / 2, columns,
                                         accumulate || depth);
                    for (size_t r = 1; r < rows; r++)
                        if (memcmp(results, results + r * COLUMNS, columns * sizeof *results))
                            fail_msg("%s: row %zu of %zu, %zu columns, differs from the first", (*isa)->name, r, rows,
                                     columns);
                }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gram),
        cmocka_unit_test(test_channel_mean),
        cmocka_unit_test(test_self_similarity),
        cmocka_unit_test(test_max_pool),
        cmocka_unit_test(test_relu),
        cmocka_unit_test(test_not_numbers),
        cmocka_unit_test(test_rows_are_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
