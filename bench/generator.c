/* SPDX-License-Identifier: MIT */
/* A feed-forward generator (nets/generator.h) with random weights: one picture, or with --train also the gradient of
 * all weights of the mean square of the result, which costs what any loss does. Prints JSON: median time, peak memory
 * and arithmetic. Usage: generator CHANNELS BLOCKS END EDGE THREADS RUNS [--train]. candy and large are 32 5 9, small
 * 16 4 5, medium 24 5 5. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "core/clock.h"
#include "core/rng.h"
#include "nets/program/generator.h"
#include "../tests/device_fixture.h"

static void check(int code, const sc_error *err)
{
    if (code) {
        fprintf(stderr, "generator: %s\n", err->text);
        exit(1);
    }
}

static int by_value(const void *a, const void *b)
{
    double p = *(const double *)a, q = *(const double *)b;
    return (p > q) - (p < q);
}

static sc_graph *build(const sc_program *program, int edge, bool train, sc_threads *threads)
{
    sc_error err;
    sc_graph *graph;
    sc_value result, parameters[SC_MAX_PARAMETERS];
    check(sc_graph_create(&graph, device_on(&sc_kernels_host, threads), &err), &err);
    sc_value x = sc_graph_input(graph, "picture", (sc_shape){ 1, 3, edge, edge });
    for (int i = 0; i < program->parameter_count; i++)
        parameters[i] = SC_NO_VALUE;
    check(sc_program_build(program, graph, x, !train, parameters, &result, &err), &err);
    sc_graph_keep(graph, result);
    if (train)
        check(sc_graph_differentiate(graph, sc_graph_mean_square(graph, result, SC_NO_VALUE), parameters,
                                     program->parameter_count, &err),
              &err);
    check(sc_graph_plan(graph, &err), &err);
    for (size_t i = 0; i < (size_t)edge * (size_t)edge * 3; i++) {
        float value = sc_random_uniform(1, i);
        sc_graph_write(graph, x, i, &value, 1);
    }
    return graph;
}

int main(int argc, char **argv)
{
    enum { MOST_RUNS = 256 };
    bool train = argc == 8 && !strcmp(argv[7], "--train");
    int runs = argc > 6 ? atoi(argv[6]) : 0;
    if (argc != 7 + train || runs < 1 || runs > MOST_RUNS) {
        fprintf(stderr, "usage: generator CHANNELS BLOCKS END EDGE THREADS RUNS [--train]\n");
        return 2;
    }
    sc_error err;
    sc_threads *threads;
    sc_program *program;
    check(sc_threads_create(&threads, atoi(argv[5]), &err), &err);
    check(sc_generator_create(&program, &(sc_generator_shape){ atoi(argv[1]), atoi(argv[2]), atoi(argv[3]), false }, 1,
                              &err),
          &err);
    sc_graph *graph = build(program, atoi(argv[4]), train, threads);
    size_t memory_bytes;
    double flops, times[MOST_RUNS];
    check(sc_graph_estimate(graph, &memory_bytes, &flops, &err), &err);
    for (int i = -1; i < runs; i++) { /* the first is not counted */
        double start = sc_now_s();
        check(sc_graph_run(graph, &err), &err);
        if (i >= 0)
            times[i] = sc_now_s() - start;
    }
    qsort(times, (size_t)runs, sizeof *times, by_value);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("{\"median_s\": %.4f, \"min_s\": %.4f, \"max_s\": %.4f, \"peak_mib\": %.0f, \"planned_mib\": %.0f, "
           "\"gflop\": %.1f}\n",
           times[runs / 2], times[0], times[runs - 1], (double)usage.ru_maxrss / 1024, (double)memory_bytes / 1048576,
           flops / 1e9);
    sc_graph_destroy(graph);
    sc_program_free(program);
    sc_threads_destroy(threads);
    return 0;
}
