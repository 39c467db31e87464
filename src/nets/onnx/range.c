/* SPDX-License-Identifier: MIT */
/* The range that a generator works in, by trying. See onnx.h. */
#include <math.h>
#include <stdlib.h>

#include "core/rng.h"
#include "nets/onnx/onnx.h"
#include "nets/program/usage.h"

/* Soft waves of colour with some noise, 0..255. */
static void draw(float *rgb, int edge)
{
    const double turn = 6.283185307179586;
    for (int y = 0; y < edge; y++)
        for (int x = 0; x < edge; x++)
            for (int c = 0; c < 3; c++, rgb++) {
                double wave =
                    sin(turn * (x * (c + 1) + y * (3 - c)) / edge) * cos(turn * (x - 2 * y) / (edge * (c + 1)));
                double noise = (double)sc_random_uniform((uint64_t)c, (uint64_t)(y * edge + x)) - 0.5;
                *rgb = (float)(255 * fmin(1, fmax(0, 0.5 + 0.4 * wave + 0.2 * noise)));
            }
}

static int ascending(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* Of a result, from the 1st to the 99th percentile. */
static int measure_spread(sc_graph *graph, sc_value result, double *spread, sc_error *err)
{
    size_t count = sc_shape_count(sc_graph_shape(graph, result));
    float *values = sc_graph_lend(graph, result, SC_LOAN_TO_READ, err);
    if (!values)
        return err->code;
    for (size_t i = 0; i < count; i++)
        if (!isfinite(values[i]))
            return sc_fail(err, SCUMBLE_ERR_FORMAT, "the network gives values that are not numbers");
    qsort(values, count, sizeof *values, ascending);
    *spread = (double)values[count - 1 - count / 100] - (double)values[count / 100];
    sc_graph_take_back(graph, result, SC_LOAN_TO_READ);
    return SCUMBLE_OK;
}

static int run_network(sc_graph *graph, sc_value x, sc_value y, int edge, double *spread, sc_error *err)
{
    enum { MOST_BYTES = 1 << 30 };
    const double most_flops = 2e11; /* some hundred times what such a network takes for so small a picture */
    size_t bytes;
    double flops;
    int code = sc_graph_estimate(graph, &bytes, &flops, err);
    if (!code && (bytes > MOST_BYTES || flops > most_flops))
        return sc_fail(err, SCUMBLE_ERR_LIMIT,
                       "the network would take %.0f billion operations and %.0f MB for a picture of %d x %d",
                       flops / 1e9, (double)bytes / 1e6, edge, edge);
    if (!code)
        code = sc_graph_plan(graph, err);
    if (code)
        return code;
    float *picture = sc_graph_lend(graph, x, SC_LOAN_TO_FILL, err);
    if (!picture)
        return err->code;
    draw(picture, edge);
    sc_graph_take_back(graph, x, SC_LOAN_TO_FILL);
    code = sc_graph_run(graph, err);
    return code ? code : measure_spread(graph, y, spread, err);
}

int sc_program_try_range(const sc_program *program, double *range, sc_error *err)
{
    enum { EDGE = 64 };
    const double widest_of_one = 4; /* colours within 0..1 and what overshoots them */
    int step = sc_program_step(program), edge = (EDGE + step - 1) / step * step;
    sc_threads *threads = NULL;
    sc_device *device = NULL;
    sc_graph *graph = NULL;
    sc_value y;
    double spread = 0;
    int code = sc_threads_create(&threads, 1, err);
    if (!code)
        code = sc_device_create_host(&device, threads, err);
    if (!code)
        code = sc_graph_create(&graph, device, err);
    if (!code) {
        sc_value x = sc_graph_input(graph, "picture", (sc_shape){ 1, program->channels, edge, edge });
        code = sc_usage_build(program, SC_TO_PAINT, graph, x, true, NULL, &y, err);
        if (!code)
            sc_graph_keep(graph, y);
        if (!code)
            code = run_network(graph, x, y, edge, &spread, err);
    }
    sc_graph_destroy(graph);
    sc_device_destroy(device);
    sc_threads_destroy(threads);
    *range = spread > widest_of_one ? 255 : 1;
    return code;
}
