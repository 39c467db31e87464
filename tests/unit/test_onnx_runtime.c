/* SPDX-License-Identifier: MIT */
/* Networks that scumble has written as ONNX, in another runtime (ONNX Runtime, by its npm package, in node): the same
 * pictures at sizes that fit the network's step and sizes that do not. Skips where node or the package cannot be had.
 */
#define _GNU_SOURCE
#include "../golden/golden.h"

#include "nets/program/generator.h"
#include "nets/store/painter.h"
#include "../graph_fixture.h"
#include "../device_fixture.h"

enum { SIZES = 3 };
static const int sizes[SIZES][2] = { { 64, 96 }, { 53, 38 }, { 33, 71 } }; /* height, width */

static char folder[] = "/tmp/scumble-onnx-XXXXXX";

static int start(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    char *command = sc_format("rm -rf '%s'", folder);
    int code = system(command);
    free(command);
    return code;
}

static void need_runtime(void)
{
    char *command = sc_format("sh '%s/scripts/fetch-onnxruntime.sh' '%s'", SOURCE_ROOT, TEST_DATA);
    int code = system(command);
    free(command);
    if (code) {
        print_message("[  SKIPPED ] node or the npm package onnxruntime-node@1.16.3 cannot be had\n");
        skip();
    }
}

static float pixel(int c, int y, int x)
{
    return 0.5f + 0.3f * sinf((float)(x * (c + 1) + 2 * y) / 9) + 0.2f * cosf((float)(y * (3 - c) - x) / 5);
}

/* The pixel that stands for `at` when it lies up to an extent beyond the end. */
static int reflected(int at, int extent)
{
    return at < extent ? at : 2 * (extent - 1) - at;
}

/* What the painter makes of the picture, in the file's order, 0..1; extended to the step at the bottom and the right,
 * and cut. Caller frees. */
static float *paint(const sc_painter *painter, int height, int width)
{
    int step = sc_program_step(painter->generator);
    sc_shape shape = { 1, 3, (height + step - 1) / step * step, (width + step - 1) / step * step };
    sc_threads *threads;
    sc_graph *graph;
    sc_value y;
    MUST(sc_threads_create(&threads, 0, &err));
    MUST(sc_graph_create(&graph, device_on(&sc_kernels_host, threads), &err));
    sc_value x = sc_graph_input(graph, "x", shape);
    MUST(sc_program_build(painter->generator, graph, x, true, NULL, &y, &err));
    sc_graph_keep(graph, y);
    MUST(sc_graph_plan(graph, &err));
    float *input = graph_values(graph, x);
    for (int i = 0; i < shape.h * shape.w * 3; i++) {
        int row = i / 3 / shape.w, column = i / 3 % shape.w;
        input[i] = (float)painter->range * pixel(i % 3, reflected(row, height), reflected(column, width));
    }
    graph_write(graph, x, input);
    MUST(sc_graph_run(graph, &err));
    assert_true(sc_shape_equal(sc_graph_shape(graph, y), shape));
    const float *painted = graph_values(graph, y);
    float *result = malloc((size_t)(3 * height * width) * sizeof *result);
    for (int i = 0; i < 3 * height * width; i++) {
        float value =
            painted[sc_offset(shape, 0, i / (height * width), i / width % height, i % width)] / (float)painter->range;
        result[i] = fminf(fmaxf(value, 0), 1);
    }
    sc_graph_destroy(graph);
    sc_threads_destroy(threads);
    return result;
}

static void write_picture(int size)
{
    int height = sizes[size][0], width = sizes[size][1];
    float *values = malloc((size_t)(3 * height * width) * sizeof *values);
    for (int i = 0; i < 3 * height * width; i++)
        values[i] = pixel(i / (height * width), i / width % height, i % width);
    char *path = sc_format("%s/in%d", folder, size);
    MUST(sc_file_write(path, values, (size_t)(3 * height * width) * sizeof *values, &err));
    free(path);
    free(values);
}

static void run_elsewhere(const char *model)
{
    char *command =
        sc_format("node '%s/tests/unit/onnx_runtime.js' '%s/onnxruntime' '%s'", SOURCE_ROOT, TEST_DATA, model);
    for (int i = 0; i < SIZES; i++) {
        write_picture(i);
        char *longer =
            sc_format("%s %d %d '%s/in%d' '%s/out%d'", command, sizes[i][1], sizes[i][0], folder, i, folder, i);
        free(command);
        command = longer;
    }
    assert_int_equal(system(command), 0);
    free(command);
}

static void compare(const sc_painter *painter)
{
    char *model = sc_format("%s/model.onnx", folder);
    MUST(sc_painter_save_onnx(painter, model, &err));
    run_elsewhere(model);
    for (int i = 0; i < SIZES; i++) {
        sc_mapped_file file;
        char *path = sc_format("%s/out%d", folder, i);
        size_t count = 3 * (size_t)sizes[i][0] * (size_t)sizes[i][1];
        MUST(sc_file_map(&file, path, &err));
        assert_int_equal(file.size_bytes, count * sizeof(float));
        const float *theirs = (const float *)(const void *)file.data;
        float *ours = paint(painter, sizes[i][0], sizes[i][1]);
        double most = 0, least_value = 1, most_value = 0;
        for (size_t k = 0; k < count; k++) {
            most = fmax(most, fabs((double)theirs[k] - (double)ours[k]));
            least_value = fmin(least_value, (double)theirs[k]);
            most_value = fmax(most_value, (double)theirs[k]);
        }
        print_message("             %-10s %3d x %-3d off by %.1e (at most 1e-4)\n", painter->name, sizes[i][1],
                      sizes[i][0], most);
        assert_true(most <= 1e-4);
        assert_true(most_value - least_value > 0.05); /* there is something to see */
        free(ours);
        sc_file_unmap(&file);
        free(path);
    }
    free(model);
}

static void a_generator_of_ours(void **state)
{
    (void)state;
    need_runtime();
    sc_generator_shape shape;
    sc_program *program;
    sc_painter *painter;
    assert_true(sc_generator_size("small", &shape));
    shape.blocks = 2;
    MUST(sc_generator_create(&program, &shape, 11, &err));
    MUST(sc_painter_create(&painter, program, NULL, &(sc_painter){ .name = "ours", .range = 1 }, &err));
    compare(painter);
    sc_painter_free(painter);
}

/* Between them they have all operations, and come back as they went. */
static void networks_of_pytorch(void **state)
{
    (void)state;
    static const char *const names[] = { "nearest", "sizes", "mixed", "transposed" };
    need_runtime();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        sc_painter *painter;
        char *path = sc_format("%s/tests/fuzz/corpus/onnx/%s.onnx", SOURCE_ROOT, names[i]);
        MUST(sc_painter_load(&painter, path, &err));
        compare(painter);
        sc_painter_free(painter);
        free(path);
    }
}

/* What no file has: borders that repeat, ReLUs within convolutions, factors. */
static void what_is_rare(void **state)
{
    (void)state;
    need_runtime();
    sc_program *program = sc_program_create(3);
    sc_painter *painter;
    float weights[3 * 3 * 3 * 3], biases[3] = { 0.1f, 0.2f, 0.3f };
    for (int i = 0; i < 81; i++)
        weights[i] = (float)(i * 37 % 19) / 100 - 0.08f;
    sc_operand w = sc_program_parameter(program, "w", (sc_shape){ 3, 3, 3, 3 }, weights),
               b = sc_program_parameter(program, "b", (sc_shape){ 1, 3, 1, 1 }, biases);
    sc_conv2d_attrs conv = { .padding = { 1, 1, 1, 1, SC_PAD_CIRCULAR }, .relu = true };
    sc_operand x = sc_program_op(program, &sc_op_conv2d, &conv, (sc_operand[]){ SC_PROGRAM_INPUT, w, b }, 3);
    sc_pool2d_attrs pool = { .size_h = 3,
                             .size_w = 3,
                             .stride_h = 1,
                             .stride_w = 1,
                             .top = 1,
                             .bottom = 1,
                             .left = 1,
                             .right = 1,
                             .include_padding = true,
                             .scale = 1.5f };
    sc_operand y = sc_program_op(program, &sc_op_average_pool2d, &pool, &x, 1);
    x = sc_program_op(program, &sc_op_add, &(sc_add_attrs){ 0.5f, 2 }, (sc_operand[]){ y, x }, 2);
    x = sc_program_op(program, &sc_op_add, &(sc_add_attrs){ -1, 0.5f }, (sc_operand[]){ x, b }, 2);
    sc_program_op(program, &sc_op_sigmoid, NULL, &x, 1);
    MUST(sc_painter_create(&painter, program, NULL, &(sc_painter){ .name = "rare", .range = 1 }, &err));
    compare(painter);
    sc_painter_free(painter);
}

static void candy(void **state)
{
    (void)state;
    need_runtime();
    char *path = shared_path("models/candy.onnx");
    sc_painter *painter;
    MUST(sc_painter_load(&painter, path, &err));
    compare(painter);
    sc_painter_free(painter);
    free(path);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_generator_of_ours),
        cmocka_unit_test(networks_of_pytorch),
        cmocka_unit_test(what_is_rare),
        cmocka_unit_test(candy),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
