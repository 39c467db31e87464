/* SPDX-License-Identifier: MIT */
/* What a user says of a network's pictures: the range of their values and the order of their channels, told over what a
 * file says or was found by trying. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/rng.h"
#include "nets/program/generator.h"
#include "nets/store/painter.h"
#include "../graph_fixture.h"
#include "../device_fixture.h"

enum { EDGE = 16, VALUES = EDGE * EDGE * 3 };

static sc_error err;
#define MUST(call)                    \
    do {                              \
        if (call)                     \
            fail_msg("%s", err.text); \
    } while (0)

static void evaluate(const sc_program *program, const float *x, float *y)
{
    sc_threads *threads;
    sc_graph *graph;
    sc_value result;
    MUST(sc_threads_create(&threads, 1, &err));
    MUST(sc_graph_create(&graph, device_on(&sc_kernels_host, threads), &err));
    sc_value picture = sc_graph_input(graph, "picture", (sc_shape){ 1, 3, EDGE, EDGE });
    MUST(sc_program_build(program, graph, picture, true, NULL, &result, &err));
    sc_graph_keep(graph, result);
    MUST(sc_graph_plan(graph, &err));
    graph_write(graph, picture, x);
    MUST(sc_graph_run(graph, &err));
    memcpy(y, graph_values(graph, result), VALUES * sizeof *y);
    sc_graph_destroy(graph);
    sc_threads_destroy(threads);
}

static sc_painter *foreign(bool is_signed)
{
    sc_painter *painter;
    if (is_signed)
        MUST(sc_painter_load(&painter, SCUMBLE_SOURCE_ROOT "/tests/fuzz/corpus/pytorch/animegan2.pt", &err));
    else {
        sc_program *program;
        MUST(sc_generator_create(&program, &(sc_generator_shape){ 4, 1, 3, true }, 5, &err));
        MUST(sc_painter_create(&painter, program, NULL, &(sc_painter){ .range = 1, .form = "ONNX", .guessed = true },
                               &err));
        painter->guessed = true;
    }
    return painter;
}

/* y, scaled, in the order of channels of a picture that is swapped. */
static void map(float *to, const float *from, double factor, double constant, bool swap)
{
    for (int i = 0; i < VALUES; i++)
        to[i] = (float)(factor * (double)from[swap ? i / 3 * 3 + 2 - i % 3 : i] + constant);
}

/* What the network itself makes of its own values: of one that is signed, through the program's own scales. */
static void network(const sc_painter *plain, const float *x, float *y)
{
    float inner[VALUES];
    map(inner, x, plain->is_signed ? 0.5 : 1, plain->is_signed ? 0.5 : 0, false);
    evaluate(plain->generator, inner, y);
    map(inner, y, plain->is_signed ? 2 : 1, plain->is_signed ? -1 : 0, false);
    memcpy(y, inner, sizeof inner);
}

static void told(bool is_signed, const sc_painter_pixels *pixels, const char *range)
{
    static float u[VALUES], x[VALUES], wanted[VALUES], made[VALUES], back[VALUES];
    char text[32];
    double span = pixels->high - pixels->low, most = 0;
    sc_painter *plain = foreign(is_signed), *painter = foreign(is_signed);
    MUST(sc_painter_tell(painter, pixels, &err));
    assert_string_equal(sc_painter_range(painter, text), range);
    assert_false(painter->guessed);
    assert_int_equal(painter->is_bgr, pixels->bgr);
    for (int i = 0; i < VALUES; i++)
        u[i] = sc_random_uniform(3, (uint64_t)i);
    map(x, u, span, pixels->low, pixels->bgr);
    network(plain, x, wanted);
    map(back, wanted, 1 / span, -pixels->low / span, pixels->bgr); /* 0..1, red first */
    map(x, u, painter->range, 0, false);
    evaluate(painter->generator, x, made);
    for (int i = 0; i < VALUES; i++)
        most = fmax(most, fabs((double)back[i] - (double)made[i] / painter->range));
    print_message("             %s %s%s off by %.1e\n", is_signed ? "signed" : "plain ", range,
                  pixels->bgr ? " bgr" : "", most);
    assert_true(most < 1e-4);
    sc_painter_free(plain);
    sc_painter_free(painter);
}

static void ranges_and_orders(void **state)
{
    (void)state;
    static const sc_painter_pixels ranges[] = { { 0, 1, false }, { -1, 1, false }, { 0, 255, false } };
    static const char *const names[] = { "0..1", "-1..1", "0..255" };
    for (int i = 0; i < 12; i++)
        told(i / 6, &(sc_painter_pixels){ ranges[i % 3].low, ranges[i % 3].high, i / 3 % 2 }, names[i % 3]);
}

/* Nothing told changes nothing; told twice is told once. */
static void once(void **state)
{
    (void)state;
    sc_painter *painter = foreign(false);
    int operations = painter->generator->operation_count;
    MUST(sc_painter_tell(painter, &(sc_painter_pixels){ 0, 0, false }, &err));
    assert_int_equal(painter->generator->operation_count, operations);
    assert_true(painter->guessed);
    for (int i = 0; i < 2; i++) {
        MUST(sc_painter_tell(painter, &(sc_painter_pixels){ -1, 1, true }, &err));
        assert_int_equal(painter->generator->operation_count, operations + 4);
    }
    sc_painter_free(painter);
}

/* What scumble wrote says all itself. */
static void own_painters(void **state)
{
    (void)state;
    sc_painter *painter = foreign(false);
    painter->form = "scumble";
    MUST(sc_painter_tell(painter, &(sc_painter_pixels){ 0, 0, false }, &err));
    assert_int_equal(sc_painter_tell(painter, &(sc_painter_pixels){ 0, 1, false }, &err), SCUMBLE_ERR_UNSUPPORTED);
    assert_int_equal(sc_painter_tell(painter, &(sc_painter_pixels){ 0, 0, true }, &err), SCUMBLE_ERR_UNSUPPORTED);
    sc_painter_free(painter);
}

int main(void)
{
    static const struct CMUnitTest tests[] = { cmocka_unit_test(ranges_and_orders), cmocka_unit_test(once),
                                               cmocka_unit_test(own_painters) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
