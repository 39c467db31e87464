/* SPDX-License-Identifier: MIT */
/* Programs and painters: networks as data. Built, run, written and read again; descriptions that are damaged or
 * hostile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "program_fixture.h"
#include "../graph_fixture.h"
#include "../device_fixture.h"

/* What the program makes of a picture of noise; caller frees. */
static float *run(const sc_program *program, int channels, int height, int width, sc_shape *shape)
{
    sc_graph *graph;
    sc_value y;
    MUST(sc_graph_create(&graph, device_on(&sc_kernels_host, pool), &err));
    sc_value x = sc_graph_input(graph, "x", (sc_shape){ 1, channels, height, width });
    MUST(sc_program_build(program, graph, x, true, NULL, &y, &err));
    sc_graph_keep(graph, y);
    MUST(sc_graph_plan(graph, &err));
    float *noise = graph_values(graph, x);
    for (int i = 0; i < channels * height * width; i++)
        noise[i] = (float)((i * 7919) % 1000) / 1000;
    graph_write(graph, x, noise);
    MUST(sc_graph_run(graph, &err));
    *shape = sc_graph_shape(graph, y);
    float *copy = malloc(sc_shape_bytes(*shape));
    memcpy(copy, graph_values(graph, y), sc_shape_bytes(*shape));
    sc_graph_destroy(graph);
    return copy;
}

static double largest_difference(const float *a, const float *b, size_t count)
{
    double most = 0;
    for (size_t i = 0; i < count; i++)
        most = most > (double)(a[i] > b[i] ? a[i] - b[i] : b[i] - a[i]) ?
                   most :
                   (double)(a[i] > b[i] ? a[i] - b[i] : b[i] - a[i]);
    return most;
}

static void sizes(void **state)
{
    (void)state;
    sc_generator_shape shape;
    assert_false(sc_generator_size("huge", &shape));
    for (int i = 0; sc_generator_sizes[i]; i++) {
        sc_program *program;
        sc_shape result;
        assert_true(sc_generator_size(sc_generator_sizes[i], &shape));
        MUST(sc_generator_create(&program, &shape, 1, &err));
        assert_int_equal(sc_program_step(program), 4);
        assert_in_range(sc_program_size(program), 100000, 2000000);
        MUST(sc_program_check(program, 48, &result, &err));
        assert_true(sc_shape_equal(result, (sc_shape){ 1, 3, 48, 48 }));
        sc_program_free(program);
    }
}

static void a_discriminator_scores_patches(void **state)
{
    (void)state;
    sc_program *program;
    sc_shape shape;
    MUST(sc_discriminator_create(&program, 64, 2, 3, &err));
    free(run(program, 64, 32, 40, &shape));
    assert_true(sc_shape_equal(shape, (sc_shape){ 1, 1, 8, 10 }));
    sc_program_free(program);
}

/* Seeds make other networks, the same seed the same. */
static void a_seed_decides(void **state)
{
    (void)state;
    sc_program *programs[3] = { small_generator(1, 1), small_generator(1, 1), small_generator(1, 2) };
    float *results[3];
    sc_shape shape;
    for (int i = 0; i < 3; i++)
        results[i] = run(programs[i], 3, 32, 24, &shape);
    assert_memory_equal(results[0], results[1], sc_shape_bytes(shape));
    assert_true(largest_difference(results[0], results[2], sc_shape_count(shape)) > 0.01);
    for (int i = 0; i < 3; i++) {
        free(results[i]);
        sc_program_free(programs[i]);
    }
}

static void written_and_read(void **state)
{
    (void)state;
    char path[] = "/tmp/scumble-painter-XXXXXX";
    assert_int_not_equal(mkstemp(path), -1);
    sc_program *discriminator;
    sc_painter *painter, *again;
    sc_shape shape;
    MUST(sc_discriminator_create(&discriminator, 64, 1.5, 3, &err));
    sc_painter texts = { .name = "starry",
                         .licence = "MIT",
                         .recipe = "{\"steps\": 3}",
                         .range = 1,
                         .encoder = "lite",
                         .layer = "relu2_1" };
    MUST(sc_painter_create(&painter, small_generator(1, 5), discriminator, &texts, &err));
    MUST(sc_painter_save(painter, path, &err));
    MUST(sc_painter_load(&again, path, &err));
    assert_string_equal(again->name, "starry");
    assert_string_equal(again->recipe, "{\"steps\": 3}");
    assert_string_equal(again->layer, "relu2_1");
    assert_string_equal(again->source, "");
    assert_true(again->range == 1);
    float *a = run(painter->generator, 3, 32, 32, &shape), *b = run(again->generator, 3, 32, 32, &shape);
    assert_true(largest_difference(a, b, sc_shape_count(shape)) < 0.01); /* float16 */
    free(a);
    free(b);
    a = run(painter->discriminator, 64, 32, 32, &shape);
    b = run(again->discriminator, 64, 32, 32, &shape);
    assert_true(largest_difference(a, b, sc_shape_count(shape)) < 0.01);
    free(a);
    free(b);
    sc_painter_free(painter);
    sc_painter_free(again);
    unlink(path);
}

/* What a file may say wrongly; each is refused with a sentence and nothing else happens. */
static void hostile_descriptions(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "{}",
        "[]",
        "{\"channels\": 3}",
        "{\"channels\": 3, \"operations\": []}",
        "{\"channels\": -3, \"operations\": [{}]}",
        "{\"channels\": 3, \"operations\": [{\"op\": \"system\", \"inputs\": [-1]}]}",
        "{\"channels\": 3, \"operations\": [{\"op\": \"relu\", \"inputs\": []}]}",
        "{\"channels\": 3, \"operations\": [{\"op\": \"relu\", \"inputs\": [0]}]}",
        "{\"channels\": 3, \"operations\": [{\"op\": \"relu\", \"inputs\": [-2]}]}",
        "{\"channels\": 3, \"operations\": [{\"op\": \"relu\", \"inputs\": [\"none\"]}]}",
        "{\"channels\": 3, \"operations\": [{\"op\": \"relu\", \"inputs\": [-1,-1,-1,-1,-1,-1,-1,-1,-1]}]}",
        "{\"channels\": 3, \"operations\": [{\"op\": \"relu\", \"inputs\": [-1], \"factor\": 2}]}",
        "{\"channels\": 3, \"operations\": [{\"op\": \"relu\", \"inputs\": [-1, -1]}]}",
        "{\"channels\": 3, \"operations\": [{\"op\": \"leaky_relu\", \"inputs\": [-1], \"slope\": 1e39}]}",
        "{\"channels\": 3, \"operations\": [{\"op\": \"add\", \"inputs\": [-1, -1], \"factors\": [1, -1e300]}]}",
        "{\"channels\": 3, \"operations\": [{\"op\": \"resize_nearest\", \"inputs\": [-1], \"factor\": 100000}]}",
        "{\"channels\": 3, \"operations\": [{\"op\": \"resize_nearest\", \"inputs\": [-1]}]}",
        "{\"channels\": 3, \"operations\": [{\"op\": \"pad\", \"inputs\": [-1], \"padding\": [1, 2]}]}",
        "{\"channels\": 3, \"operations\": [{\"op\": \"pad\", \"inputs\": [-1], \"padding\": [-1, 0, 0, 0]}]}",
        ("{\"channels\": 3, \"operations\": [{\"op\": \"pad\", \"inputs\": [-1], \"padding\": [1, 1, 1, 1], "
         "\"mode\": \"mirror\"}]}"),
    };
    sc_weights *weights;
    MUST(sc_weights_create(&weights, &err));
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        sc_program *program;
        err = (sc_error){ 0 };
        if (!sc_program_from_json(&program, texts[i], weights, "", &err))
            fail_msg("accepted: %s", texts[i]);
        assert_null(program);
        assert_true(err.code < 0 && *err.text);
    }
    sc_weights_free(weights);
}

/* Read without complaint, but not a network from picture to picture. */
static void what_paints_nothing(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"channels\": 1, \"operations\": [{\"op\": \"relu\", \"inputs\": [-1]}]}",
        "{\"channels\": 3, \"operations\": [{\"op\": \"resize_nearest\", \"inputs\": [-1], \"factor\": 2}]}",
        "{\"channels\": 3, \"operations\": [{\"op\": \"concat\", \"inputs\": [-1, -1]}]}",
        "{\"channels\": 3, \"operations\": [{\"op\": \"max_pool2d\", \"inputs\": [-1], \"size\": [60000, 60000]}]}",
    };
    sc_weights *weights;
    MUST(sc_weights_create(&weights, &err));
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        sc_program *program;
        sc_painter *painter;
        MUST(sc_program_from_json(&program, texts[i], weights, "", &err));
        if (!sc_painter_create(&painter, program, NULL, &(sc_painter){ .range = 1 }, &err))
            fail_msg("accepted: %s", texts[i]);
    }
    sc_weights_free(weights);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes),
        cmocka_unit_test(a_discriminator_scores_patches),
        cmocka_unit_test(a_seed_decides),
        cmocka_unit_test(written_and_read),
        cmocka_unit_test(hostile_descriptions),
        cmocka_unit_test(what_paints_nothing),
    };
    return cmocka_run_group_tests(tests, start_pool, stop_pool);
}
