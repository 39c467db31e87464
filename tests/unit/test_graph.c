/* SPDX-License-Identifier: MIT */
/* The graph: building, differentiation, the planner's promises and the runner, on small networks. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/rng.h"
#include "graph/graph.h"
#include "../graph_fixture.h"
#include "../device_fixture.h"

static void fill(float *values, size_t count, uint64_t seed, float scale)
{
    for (size_t i = 0; i < count; i++)
        values[i] = scale * sc_random_normal(seed, i);
}

static sc_tensor random_tensor(sc_shape shape, uint64_t seed, float scale)
{
    sc_error err;
    sc_tensor tensor;
    assert_int_equal(sc_tensor_create(&tensor, shape, &err), 0);
    fill(tensor.data, sc_shape_count(shape), seed, scale);
    return tensor;
}

enum { CONVS = 3 };

static void fill_input(sc_graph *graph, sc_value input, uint64_t seed, float scale)
{
    float *values = graph_values(graph, input);
    fill(values, sc_shape_count(sc_graph_shape(graph, input)), seed, scale);
    graph_write(graph, input, values);
}

/* conv - conv - pool - conv, Gram terms on the first and the last, a content term in the middle: the shape of the real
 * job. */
typedef struct network {
    sc_threads *threads;
    sc_graph *graph;
    sc_tensor weights[CONVS], target;
    sc_value image, features[CONVS], pooled, loss;
} network;

static void build(network *net, const sc_kernels *backend, int threads, bool keep_all)
{
    static const int channels[CONVS + 1] = { 3, 24, 8, 12 }; /* the first features are large enough to be made twice */
    sc_error err = { 0 };
    memset(net, 0, sizeof *net);
    assert_int_equal(sc_threads_create(&net->threads, threads, &err), 0);
    assert_int_equal(sc_graph_create(&net->graph, device_on(backend, net->threads), &err), 0);
    sc_graph *g = net->graph;
    net->image = sc_graph_input(g, "image", (sc_shape){ 1, 3, 13, 18 });
    sc_value x = net->image;
    for (int i = 0; i < CONVS; i++) {
        net->weights[i] = random_tensor((sc_shape){ channels[i + 1], channels[i], 3, 3 }, 10 + (uint64_t)i, 0.3f);
        sc_value weight = sc_graph_parameter(g, "weight", &net->weights[i], NULL);
        sc_conv2d_attrs attrs = { .padding = { 1, 1, 1, 1, SC_PAD_REPLICATE }, .relu = true };
        x = net->features[i] = sc_graph_conv2d(g, x, weight, SC_NO_VALUE, attrs);
        if (i == 1)
            x = net->pooled =
                sc_graph_max_pool2d(g, x, (sc_pool2d_attrs){ .size_h = 2, .size_w = 2, .stride_h = 2, .stride_w = 2 });
    }
    net->target = random_tensor(sc_graph_shape(g, net->pooled), 20, 1);
    sc_value content = sc_graph_mean_square(g, net->pooled, sc_graph_constant(g, "target", &net->target));
    sc_value style = sc_graph_add(g, 1, sc_graph_mean_square(g, sc_graph_gram(g, net->features[0]), SC_NO_VALUE), 0.5f,
                                  sc_graph_mean_square(g, sc_graph_gram(g, net->features[2]), SC_NO_VALUE));
    net->loss = sc_graph_add(g, 1, content, 2, style);
    net->loss = sc_graph_add(g, 1, net->loss, 3, sc_graph_total_variation(g, net->image, false));
    for (int i = 0; i < CONVS && keep_all; i++)
        sc_graph_keep(g, net->features[i]);
    assert_int_equal(sc_graph_differentiate(g, net->loss, &net->image, 1, &err), 0);
    assert_int_equal(sc_graph_plan(g, &err), 0);
    fill_input(g, net->image, 1, 0.5f);
}

static void destroy(network *net)
{
    sc_graph_destroy(net->graph);
    sc_threads_destroy(net->threads);
    for (int i = 0; i < CONVS; i++)
        sc_tensor_free(&net->weights[i]);
    sc_tensor_free(&net->target);
}

static float run(network *net)
{
    sc_error err;
    assert_int_equal(sc_graph_run(net->graph, &err), 0);
    return sc_graph_scalar(net->graph, net->loss);
}

/* The slope along the gradient, and along it with random signs, against central differences. */
static void check_gradient(const sc_kernels *backend)
{
    network net;
    build(&net, backend, 2, false);
    size_t count = sc_shape_count(sc_graph_shape(net.graph, net.image));
    float *x = graph_values(net.graph, net.image), *direction = malloc(count * sizeof *direction);
    for (uint64_t trial = 0; trial < 4; trial++) {
        run(&net);
        const float *gradient = graph_gradient(net.graph, net.image);
        double square = 0, slope = 0;
        for (size_t i = 0; i < count; i++) {
            direction[i] = sc_random_uniform(trial, i) < (trial ? 0.6f : 1) ? gradient[i] : -gradient[i];
            square += (double)gradient[i] * gradient[i];
            slope += (double)gradient[i] * direction[i];
        }
        float h = (float)(2e-3 / sqrt(square));
        double values[2];
        for (int side = 0; side < 2; side++) {
            for (size_t i = 0; i < count; i++)
                x[i] += (side ? -2 : 1) * h * direction[i];
            graph_write(net.graph, net.image, x);
            values[side] = run(&net);
        }
        for (size_t i = 0; i < count; i++)
            x[i] += h * direction[i];
        graph_write(net.graph, net.image, x);
        double difference = (values[0] - values[1]) / (2 * (double)h);
        assert_true(fabs(difference - slope) <= 0.02 * square);
    }
    free(direction);
    destroy(&net);
}

static void gradient_reference(void **state)
{
    (void)state;
    check_gradient(&sc_kernels_reference);
}

static void gradient_cpu(void **state)
{
    (void)state;
    check_gradient(&sc_kernels_host);
}

/* Sharing memory must not change a bit: against a plan where every layer is kept. */
static void plan_is_invisible(void **state)
{
    (void)state;
    network tight, wide;
    build(&tight, &sc_kernels_host, 1, false);
    build(&wide, &sc_kernels_host, 1, true);
    assert_true(sc_graph_memory_bytes(tight.graph) < sc_graph_memory_bytes(wide.graph));
    for (int again = 0; again < 2; again++)
        assert_true(run(&tight) == run(&wide));
    size_t bytes = sc_shape_bytes(sc_graph_shape(tight.graph, tight.image));
    assert_memory_equal(graph_gradient(tight.graph, tight.image), graph_gradient(wide.graph, wide.image), bytes);
    destroy(&tight);
    destroy(&wide);
}

static void same_bytes_at_any_thread_count(void **state)
{
    (void)state;
    network one;
    build(&one, &sc_kernels_host, 1, true);
    float loss = run(&one);
    for (int threads = 2; threads <= 8; threads += 3) {
        network many;
        build(&many, &sc_kernels_host, threads, true);
        assert_true(run(&many) == loss);
        assert_memory_equal(graph_gradient(one.graph, one.image), graph_gradient(many.graph, many.image),
                            sc_shape_bytes(sc_graph_shape(one.graph, one.image)));
        destroy(&many);
    }
    destroy(&one);
}

/* A chain of n equal layers needs the room of two forward, not of n. */
static void chain_reuses_memory(void **state)
{
    (void)state;
    sc_error err;
    sc_threads *threads;
    sc_graph *g;
    assert_int_equal(sc_threads_create(&threads, 1, &err), 0);
    assert_int_equal(sc_graph_create(&g, device_on(&sc_kernels_reference, threads), &err), 0);
    sc_shape shape = { 1, 4, 32, 32 };
    sc_value x = sc_graph_input(g, "x", shape);
    for (int i = 0; i < 20; i++)
        x = sc_graph_relu(g, x);
    sc_graph_keep(g, x);
    assert_int_equal(sc_graph_plan(g, &err), 0);
    assert_true(sc_graph_memory_bytes(g) <= 3 * sc_shape_bytes(shape) + 1024);
    sc_graph_destroy(g);
    sc_threads_destroy(threads);
}

/* The first features of a picture are not kept for the loss that looks at them: beside their gradient and that of the
 * next there is room for no third. */
static void wide_features_are_made_again(void **state)
{
    (void)state;
    enum { C = 32, SIDE = 64 };
    sc_error err;
    sc_threads *threads;
    sc_graph *g;
    assert_int_equal(sc_threads_create(&threads, 1, &err), 0);
    assert_int_equal(sc_graph_create(&g, device_on(&sc_kernels_host, threads), &err), 0);
    sc_tensor first = random_tensor((sc_shape){ C, 3, 3, 3 }, 1, 0.3f),
              second = random_tensor((sc_shape){ C, C, 3, 3 }, 2, 0.1f);
    sc_conv2d_attrs attrs = { .padding = { 1, 1, 1, 1, SC_PAD_ZERO }, .relu = true };
    sc_value image = sc_graph_input(g, "image", (sc_shape){ 1, 3, SIDE, SIDE });
    sc_value x = sc_graph_conv2d(g, image, sc_graph_parameter(g, "first", &first, NULL), SC_NO_VALUE, attrs);
    sc_value style = sc_graph_mean_square(g, sc_graph_gram(g, x), SC_NO_VALUE);
    sc_value y = sc_graph_max_pool2d(
        g, sc_graph_conv2d(g, x, sc_graph_parameter(g, "second", &second, NULL), SC_NO_VALUE, attrs),
        (sc_pool2d_attrs){ .size_h = 2, .size_w = 2, .stride_h = 2, .stride_w = 2 });
    sc_value loss = sc_graph_add(g, 1, style, 1, sc_graph_mean_square(g, y, SC_NO_VALUE));
    assert_int_equal(sc_graph_differentiate(g, loss, &image, 1, &err), 0);
    assert_int_equal(sc_graph_plan(g, &err), 0);
    size_t features = sc_shape_bytes(sc_graph_shape(g, x));
    assert_true(sc_graph_memory_bytes(g) < 3 * features);
    sc_graph_destroy(g);
    sc_threads_destroy(threads);
    sc_tensor_free(&first);
    sc_tensor_free(&second);
}

/* A value used twice collects both gradients; weights get gradients too. */
static void shared_values_and_weights(void **state)
{
    (void)state;
    sc_error err;
    sc_threads *threads;
    sc_graph *g;
    assert_int_equal(sc_threads_create(&threads, 2, &err), 0);
    assert_int_equal(sc_graph_create(&g, device_on(&sc_kernels_host, threads), &err), 0);
    sc_shape shape = { 1, 1, 1, 4 };
    sc_tensor w = random_tensor(shape, 3, 1);
    sc_value x = sc_graph_input(g, "x", shape), weight = sc_graph_parameter(g, "w", &w, NULL);
    sc_value y = sc_graph_add(g, 1, sc_graph_multiply(g, x, weight), 2, x); /* x w + 2 x */
    sc_value loss = sc_graph_mean(g, y), wrt[2] = { x, weight };
    assert_int_equal(sc_graph_differentiate(g, loss, wrt, 2, &err), 0);
    assert_int_equal(sc_graph_plan(g, &err), 0);
    fill_input(g, x, 5, 1);
    assert_int_equal(sc_graph_run(g, &err), 0);
    for (int i = 0; i < 4; i++) {
        assert_true(fabsf(graph_gradient(g, x)[i] - (w.data[i] + 2) / 4) < 1e-6f);
        assert_true(fabsf(graph_gradient(g, weight)[i] - graph_values(g, x)[i] / 4) < 1e-6f);
    }
    sc_graph_destroy(g);
    sc_threads_destroy(threads);
    sc_tensor_free(&w);
}

/* Parts are written, all is read; memory that is lent is the value's; what is not kept is refused. */
static void values_go_in_and_out(void **state)
{
    (void)state;
    sc_error err;
    sc_threads *threads;
    sc_graph *g;
    float parts[6] = { 1, 2, 3, 4, 5, 6 }, weights[6] = { 1, 1, 1, 2, 2, 2 }, read[6];
    unsigned changes = 0;
    sc_tensor weight = { { 1, 2, 1, 3 }, weights };
    assert_int_equal(sc_threads_create(&threads, 1, &err), 0);
    assert_int_equal(sc_graph_create(&g, device_on(&sc_kernels_host, threads), &err), 0);
    sc_value x = sc_graph_input(g, "x", weight.shape), w = sc_graph_parameter(g, "w", &weight, &changes),
             y = sc_graph_multiply(g, x, w), loss = sc_graph_mean(g, y), wrt[2] = { x, w };
    sc_graph_keep(g, y);
    assert_int_equal(sc_graph_differentiate(g, loss, wrt, 2, &err), 0);
    assert_int_equal(sc_graph_plan(g, &err), 0);
    assert_int_equal(sc_graph_read(g, x, read, &err), 0);
    for (int i = 0; i < 6; i++)
        assert_true(read[i] == 0);
    sc_graph_write(g, x, 0, parts, 2);
    sc_graph_write(g, x, 2, parts + 2, 4);
    for (int run = 0; run < 2; run++) {
        assert_int_equal(sc_graph_run(g, &err), 0);
        assert_int_equal(sc_graph_read(g, y, read, &err), 0);
        for (int i = 0; i < 6; i++)
            assert_true(read[i] == parts[i] * weights[i]);
        assert_int_equal(sc_graph_read_gradient(g, w, read, &err), 0);
        for (int i = 0; i < 6; i++)
            assert_float_equal(read[i], parts[i] / 6, 1e-7);
        const float *lent = sc_graph_lend(g, x, SC_LOAN_OF_GRADIENT, &err);
        for (int i = 0; i < 6; i++)
            assert_float_equal(lent[i], weights[i] / 6, 1e-7);
        sc_graph_take_back(g, x, SC_LOAN_OF_GRADIENT);
        float *fill = sc_graph_lend(g, x, SC_LOAN_TO_FILL, &err);
        for (int i = 0; i < 6; i++)
            fill[i] = parts[i] = (float)(i * i);
        sc_graph_take_back(g, x, SC_LOAN_TO_FILL);
        weights[0] = weights[5] = 7;
        changes++;
    }
    sc_graph_destroy(g);
    sc_threads_destroy(threads);
}

/* Positions, targets and keys are data: what the caller writes before a run is what that run uses. */
static void matching_follows_its_inputs(void **state)
{
    (void)state;
    enum { C = 2, PIXELS = 6, N = 3 };
    static const float picture[PIXELS][C] = {
        { 1, 0 }, { 0, 1 }, { 3, 2 }, { -1, 0 }, { 0, -2 }, { 5, 5 }
    }; /* 2 x 3 */
    static const float positions[2][N][2] = { { { 0, 0 }, { 1, 2 }, { 1, 2 } }, { { 1, 1 }, { 0, 2 }, { 1, 0 } } };
    static const int pixels[2][N] = { { 0, 5, 5 }, { 4, 2, 3 } };
    static const float targets[2][N][C] = { { { 1, 0 }, { 5, 5 }, { 5, 5 } }, { { -1, -2 }, { 0, 0 }, { 4, 2 } } };
    static const float keys[2][2][C] = { { { 1, 0 }, { 0, 1 } }, { { 0, 1 }, { 1, 0 } } };
    static const float found[2][N] = { { 0, 0, 0 },
                                       { 1, 1, 0 } }; /* of (1, 0), (5, 5), (5, 5); of (0, -2), (3, 2), (-1, 0) */
    sc_error err;
    sc_threads *threads;
    sc_graph *g;
    assert_int_equal(sc_threads_create(&threads, 2, &err), 0);
    assert_int_equal(sc_graph_create(&g, device_on(&sc_kernels_host, threads), &err), 0);
    sc_value x = sc_graph_input(g, "x", (sc_shape){ 1, C, 2, 3 }),
             where = sc_graph_input(g, "positions", (sc_shape){ 1, 2, 1, N });
    sc_value target = sc_graph_input(g, "target", (sc_shape){ 1, C, 1, N }),
             key = sc_graph_input(g, "keys", (sc_shape){ 1, C, 1, 2 });
    sc_value mean = sc_graph_input(g, "mean", (sc_shape){ 1, C, 1, 1 }), sample = sc_graph_gather(g, x, where);
    sc_value loss = sc_graph_sorted_match(g, sample, target);
    sc_value unit = sc_graph_unit_vectors(g, sample, mean), nearest = sc_graph_nearest(g, unit, key, SC_NO_VALUE);
    sc_graph_keep(g, nearest);
    assert_true(sc_graph_differentiate(g, loss, &where, 1, &err) < 0);
    assert_int_equal(sc_graph_differentiate(g, loss, &x, 1, &err), 0);
    assert_int_equal(sc_graph_plan(g, &err), 0);
    graph_write(g, x, picture);
    for (int run = 0; run < 2; run++) {
        graph_write(g, where, positions[run]);
        graph_write(g, target, targets[run]);
        graph_write(g, key, keys[run]);
        assert_int_equal(sc_graph_run(g, &err), 0);
        /* The second run: of its values -1 0 3 and -2 0 2 only 3 differs from its target, 4. */
        assert_true(fabsf(sc_graph_scalar(g, loss) - (run ? 1 / 6.0f : 0)) < 1e-7f);
        for (int i = 0; i < PIXELS * C; i++)
            assert_true(fabsf(graph_gradient(g, x)[i] - (run && i == 2 * C ? -2 / 6.0f : 0)) < 1e-7f);
        for (int i = 0; i < N; i++) {
            const float *from = picture[pixels[run][i]], *pair = graph_values(g, nearest) + 2 * i;
            assert_true(pair[0] == found[run][i]);
            const float *best = keys[run][(int)pair[0]];
            assert_true(fabsf(pair[1] - (from[0] * best[0] + from[1] * best[1]) / hypotf(from[0], from[1])) < 1e-6f);
        }
    }
    sc_graph_destroy(g);
    sc_threads_destroy(threads);
}

/* The first mistake is told by the plan; nothing after it does harm. */
/* No gradient flows through an operator's target: it is as if the target had been given. */
static void targets_are_constants(void **state)
{
    (void)state;
    sc_error err = { 0 };
    sc_threads *threads;
    assert_int_equal(sc_threads_create(&threads, 1, &err), 0);
    sc_tensor x = random_tensor((sc_shape){ 1, 5, 4, 3 }, 1, 1), relu = random_tensor(x.shape, 1, 1);
    for (int i = 0; i < 60; i++)
        relu.data[i] = x.data[i] > 0 ? x.data[i] : 0;
    float gradients[2][60];
    for (int given = 0; given < 2; given++) {
        sc_graph *g;
        assert_int_equal(sc_graph_create(&g, device_on(&sc_kernels_reference, threads), &err), 0);
        sc_value in = sc_graph_input(g, "x", x.shape),
                 target = given ? sc_graph_constant(g, "target", &relu) : sc_graph_relu(g, in);
        assert_int_equal(sc_graph_differentiate(g, sc_graph_cosine_distance(g, in, target), &in, 1, &err), 0);
        assert_int_equal(sc_graph_plan(g, &err), 0);
        graph_write(g, in, x.data);
        assert_int_equal(sc_graph_run(g, &err), 0);
        memcpy(gradients[given], graph_gradient(g, in), sizeof gradients[0]);
        sc_graph_destroy(g);
    }
    assert_memory_equal(gradients[0], gradients[1], sizeof gradients[0]);
    sc_graph *g;
    assert_int_equal(sc_graph_create(&g, device_on(&sc_kernels_reference, threads), &err), 0);
    sc_value in = sc_graph_input(g, "target only", x.shape);
    sc_value loss = sc_graph_cosine_distance(g, sc_graph_constant(g, "x", &x), in);
    assert_true(sc_graph_differentiate(g, loss, &in, 1, &err) < 0);
    sc_graph_destroy(g);
    sc_tensor_free(&x);
    sc_tensor_free(&relu);
    sc_threads_destroy(threads);
}

static void first_error_is_kept(void **state)
{
    (void)state;
    sc_error err;
    sc_threads *threads;
    sc_graph *g;
    assert_int_equal(sc_threads_create(&threads, 1, &err), 0);
    assert_int_equal(sc_graph_create(&g, device_on(&sc_kernels_host, threads), &err), 0);
    sc_value x = sc_graph_input(g, "x", (sc_shape){ 1, 3, 8, 8 });
    sc_tensor weight = random_tensor((sc_shape){ 4, 5, 3, 3 }, 1, 1); /* 5 channels do not fit 3 */
    sc_value y = sc_graph_conv2d(g, x, sc_graph_parameter(g, "w", &weight, NULL), SC_NO_VALUE, (sc_conv2d_attrs){ 0 });
    assert_int_equal(y, SC_NO_VALUE);
    assert_int_equal(sc_graph_relu(g, sc_graph_relu(g, y)), SC_NO_VALUE);
    assert_true(sc_graph_plan(g, &err) < 0);
    assert_true(strlen(err.text) > 10);
    assert_true(sc_graph_run(g, &err) < 0);
    sc_graph_destroy(g);
    sc_threads_destroy(threads);
    sc_tensor_free(&weight);
}

/* conv - relu - norm - relu + norm: the first relu can be fused, unless its input is kept; the second one cannot, for
 * the sum reads its input, too. */
static size_t run_relus(const sc_kernels *backend, bool keep, const sc_tensor vectors[3], float *loss, float *gradient)
{
    sc_error err;
    sc_threads *threads;
    sc_graph *g;
    assert_int_equal(sc_threads_create(&threads, 2, &err), 0);
    assert_int_equal(sc_graph_create(&g, device_on(backend, threads), &err), 0);
    sc_value x = sc_graph_input(g, "x", (sc_shape){ 1, 3, 30, 41 }),
             weight = sc_graph_parameter(g, "w", &vectors[0], NULL);
    sc_value conv =
        sc_graph_conv2d(g, x, weight, SC_NO_VALUE, (sc_conv2d_attrs){ .padding = { 1, 1, 1, 1, SC_PAD_REFLECT } });
    sc_value inputs[3] = { sc_graph_relu(g, conv), sc_graph_parameter(g, "gamma", &vectors[1], NULL),
                           sc_graph_parameter(g, "beta", &vectors[2], NULL) };
    sc_value norm = sc_graph_op(g, &sc_op_instance_norm, &(sc_norm_attrs){ .epsilon = 1e-5f }, inputs, 3);
    inputs[0] = sc_graph_relu(g, sc_graph_add(g, 1, sc_graph_relu(g, norm), 0.5f, norm));
    sc_value again = sc_graph_op(g, &sc_op_instance_norm, &(sc_norm_attrs){ .epsilon = 1e-5f }, inputs, 3);
    sc_value total = sc_graph_mean_square(g, sc_graph_relu(g, again), SC_NO_VALUE);
    if (keep)
        sc_graph_keep(g, conv), sc_graph_keep(g, again);
    assert_int_equal(sc_graph_differentiate(g, total, &weight, 1, &err), 0);
    assert_int_equal(sc_graph_plan(g, &err), 0);
    fill_input(g, x, 5, 1);
    assert_int_equal(sc_graph_run(g, &err), 0);
    *loss = sc_graph_scalar(g, total);
    memcpy(gradient, graph_gradient(g, weight), sc_shape_bytes(vectors[0].shape));
    size_t bytes = sc_graph_memory_bytes(g);
    sc_graph_destroy(g);
    sc_threads_destroy(threads);
    return bytes;
}

static void relus_are_fused(void **state)
{
    (void)state;
    static const sc_kernels *const backends[] = { &sc_kernels_reference, &sc_kernels_host };
    sc_tensor vectors[3] = { random_tensor((sc_shape){ 24, 3, 3, 3 }, 1, 0.4f),
                             random_tensor((sc_shape){ 1, 24, 1, 1 }, 2, 1),
                             random_tensor((sc_shape){ 1, 24, 1, 1 }, 3, 1) };
    for (int b = 0; b < 2; b++) {
        float loss[2], gradient[2][24 * 27];
        size_t apart = run_relus(backends[b], true, vectors, &loss[0], gradient[0]),
               fused = run_relus(backends[b], false, vectors, &loss[1], gradient[1]);
        assert_true(fused < apart);
        assert_true(loss[0] > 0 && loss[0] == loss[1]);
        assert_memory_equal(gradient[0], gradient[1], sizeof gradient[0]);
    }
    for (int i = 0; i < 3; i++)
        sc_tensor_free(&vectors[i]);
}

/* resize_nearest - conv of x: the graph's outputs with the enlarged values kept, so that nothing is fused, or not. */
static size_t run_resize(const sc_kernels *backend, sc_padding_mode mode, bool keep, const sc_tensor *weight,
                         const sc_tensor *bias, sc_tensor *out)
{
    sc_error err;
    sc_threads *threads;
    sc_graph *g;
    sc_shape shape = { 1, weight->shape.c, 23, 14 };
    assert_int_equal(sc_threads_create(&threads, 2, &err), 0);
    assert_int_equal(sc_graph_create(&g, device_on(backend, threads), &err), 0);
    sc_value x = sc_graph_input(g, "x", shape);
    sc_value large = sc_graph_op(g, &sc_op_resize_nearest, &(sc_resize_attrs){ .height = 46, .width = 28 }, &x, 1);
    sc_value y =
        sc_graph_conv2d(g, large, sc_graph_parameter(g, "w", weight, NULL), sc_graph_parameter(g, "b", bias, NULL),
                        (sc_conv2d_attrs){ .padding = { 1, 1, 1, 1, mode } });
    y = sc_graph_relu(g, y);
    sc_graph_keep(g, y);
    if (keep)
        sc_graph_keep(g, large);
    assert_int_equal(sc_graph_plan(g, &err), 0);
    fill_input(g, x, 5, 1);
    assert_int_equal(sc_graph_run(g, &err), 0);
    assert_int_equal(sc_tensor_create(out, sc_graph_shape(g, y), &err), 0);
    memcpy(out->data, graph_values(g, y), sc_shape_bytes(out->shape));
    size_t bytes = sc_graph_memory_bytes(g);
    sc_graph_destroy(g);
    sc_threads_destroy(threads);
    return bytes;
}

static void resizes_are_fused(void **state)
{
    (void)state;
    sc_tensor weight = random_tensor((sc_shape){ 8, 20, 3, 3 }, 1, 0.1f),
              bias = random_tensor((sc_shape){ 1, 8, 1, 1 }, 2, 1);
    for (int mode = SC_PAD_ZERO; mode <= SC_PAD_CIRCULAR; mode++) {
        sc_tensor apart, fused, fast;
        size_t most = run_resize(&sc_kernels_reference, (sc_padding_mode)mode, true, &weight, &bias, &apart);
        assert_true(run_resize(&sc_kernels_reference, (sc_padding_mode)mode, false, &weight, &bias, &fused) < most);
        run_resize(&sc_kernels_host, (sc_padding_mode)mode, false, &weight, &bias, &fast);
        for (size_t i = 0; i < sc_shape_count(apart.shape); i++) {
            assert_float_equal(fused.data[i], apart.data[i], 1e-5);
            assert_float_equal(fast.data[i], apart.data[i], 1e-4);
        }
        sc_tensor_free(&apart), sc_tensor_free(&fused), sc_tensor_free(&fast);
    }
    sc_tensor_free(&weight), sc_tensor_free(&bias);
}

/* conv - relu - max pool, whose gradient is wanted in x: what is pooled is kept, so that nothing is fused, or not. */
static size_t run_pool(const sc_kernels *backend, bool keep, const sc_tensor *weight, const sc_tensor *bias,
                       float *loss, sc_tensor *gradient)
{
    sc_error err;
    sc_threads *threads;
    sc_graph *g;
    sc_shape shape = { 1, weight->shape.c, 61, 44 };
    assert_int_equal(sc_threads_create(&threads, 2, &err), 0);
    assert_int_equal(sc_graph_create(&g, device_on(backend, threads), &err), 0);
    sc_value x = sc_graph_input(g, "x", shape), w = sc_graph_parameter(g, "w", weight, NULL),
             b = sc_graph_parameter(g, "b", bias, NULL);
    sc_value large =
        sc_graph_relu(g, sc_graph_conv2d(g, x, w, b, (sc_conv2d_attrs){ .padding = { 1, 1, 1, 1, SC_PAD_REPLICATE } }));
    sc_value small =
        sc_graph_max_pool2d(g, large, (sc_pool2d_attrs){ .size_h = 2, .size_w = 2, .stride_h = 2, .stride_w = 2 });
    sc_value total = sc_graph_mean_square(g, small, SC_NO_VALUE);
    if (keep)
        sc_graph_keep(g, large);
    assert_int_equal(sc_graph_differentiate(g, total, &x, 1, &err), 0);
    assert_int_equal(sc_graph_plan(g, &err), 0);
    fill_input(g, x, 5, 1);
    assert_int_equal(sc_graph_run(g, &err), 0);
    *loss = sc_graph_scalar(g, total);
    assert_int_equal(sc_tensor_create(gradient, shape, &err), 0);
    memcpy(gradient->data, graph_gradient(g, x), sc_shape_bytes(shape));
    size_t bytes = sc_graph_memory_bytes(g);
    sc_graph_destroy(g);
    sc_threads_destroy(threads);
    return bytes;
}

static void pooling_is_fused(void **state)
{
    (void)state;
    static const sc_kernels *const backends[] = { &sc_kernels_reference, &sc_kernels_host };
    sc_tensor weight = random_tensor((sc_shape){ 32, 20, 3, 3 }, 1, 0.1f),
              bias = random_tensor((sc_shape){ 1, 32, 1, 1 }, 2, 1);
    for (int b = 0; b < 2; b++) {
        sc_tensor gradient[2];
        float loss[2];
        size_t apart = run_pool(backends[b], true, &weight, &bias, &loss[0], &gradient[0]),
               fused = run_pool(backends[b], false, &weight, &bias, &loss[1], &gradient[1]);
        assert_true(b == 0 || fused < apart); /* the reference has it as scratch memory */
        assert_true(loss[0] > 0 && loss[0] == loss[1]);
        for (size_t i = 0; i < sc_shape_count(gradient[0].shape); i++)
            assert_true(gradient[0].data[i] == gradient[1].data[i]);
        sc_tensor_free(&gradient[0]), sc_tensor_free(&gradient[1]);
    }
    sc_tensor_free(&weight), sc_tensor_free(&bias);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradient_reference),    cmocka_unit_test(gradient_cpu),
        cmocka_unit_test(plan_is_invisible),     cmocka_unit_test(same_bytes_at_any_thread_count),
        cmocka_unit_test(chain_reuses_memory),   cmocka_unit_test(wide_features_are_made_again),
        cmocka_unit_test(relus_are_fused),       cmocka_unit_test(resizes_are_fused),
        cmocka_unit_test(pooling_is_fused),      cmocka_unit_test(shared_values_and_weights),
        cmocka_unit_test(targets_are_constants), cmocka_unit_test(first_error_is_kept),
        cmocka_unit_test(values_go_in_and_out),  cmocka_unit_test(matching_follows_its_inputs),
    };
    return cmocka_run_group_tests_name("graph", tests, NULL, NULL);
}
