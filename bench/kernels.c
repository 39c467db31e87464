/* SPDX-License-Identifier: MIT */
/* Times the CPU backend's convolutions on VGG-19's layers (or lite's, which have half the channels), forward and gradient of the input:
 *
 *     kernels [size ...] [--lite] [--threads N] [--runs N] [--padding 0..3] [--cpu-time]      sizes: 256 512
 *
 * --cpu-time counts processor time in place of wall-clock time: for a busy machine, with --threads 1.
 * Prints GFLOP/s counted as direct convolution (2 kh kw ci co h w), the best of N runs, and the share of the processor's
 * fused multiply-add peak, which is measured first. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backend/backend.h"
#include "bench/peak.h"
#include "core/rng.h"
#include "core/threads.h"

static clockid_t used_clock = CLOCK_MONOTONIC;

static double now_s(void)
{
    struct timespec t;
    clock_gettime(used_clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

typedef struct job {
    const sc_kernel *kernel;
    const sc_call *call;
} job;

static int run_part(void *argument, int part, int thread)
{
    const job *j = argument;
    return j->kernel->run(j->call, part, thread);
}

/* Best time of `runs` runs; negative after an error. */
static double time_kernel(const sc_kernel *kernel, sc_call *call, sc_threads *threads, int runs, size_t *scratch_bytes)
{
    size_t bytes = kernel->scratch_bytes ? kernel->scratch_bytes(call) : 0;
    void *scratch = sc_aligned_alloc(bytes + 1);
    if (!scratch)
        return -1;
    *scratch_bytes = bytes;
    call->scratch = scratch;
    double best = -1;
    for (int i = 0; i <= runs; i++) { /* the first one warms up */
        double start = now_s();
        job j = { kernel, call };
        int code = sc_threads_run(threads, kernel->parts ? kernel->parts(call) : 1, run_part, &j);
        if (!code && kernel->finish)
            code = kernel->finish(call);
        double elapsed = now_s() - start;
        if (code) {
            best = -1;
            break;
        }
        if (i && (best < 0 || elapsed < best))
            best = elapsed;
    }
    free(scratch);
    return best;
}

typedef struct layer {
    const char *name;
    int ci, co, shrink, repeat; /* repeat: how many layers of VGG-19 have this shape */
} layer;

/* Up to relu5_1, what style transfer runs. */
static const layer layers[] = {
    { "conv1_1", 3, 64, 1, 1 }, { "conv1_2", 64, 64, 1, 1 }, { "conv2_1", 64, 128, 2, 1 }, { "conv2_2", 128, 128, 2, 1 },
    { "conv3_1", 128, 256, 4, 1 }, { "conv3_2", 256, 256, 4, 3 }, { "conv4_1", 256, 512, 8, 1 }, { "conv4_2", 512, 512, 8, 3 },
    { "conv5_1", 512, 512, 16, 1 },
};

static int create(sc_tensor *t, sc_shape shape, float scale, sc_error *err)
{
    int code = sc_tensor_create(t, shape, err);
    for (size_t i = 0; !code && i < sc_shape_count(shape); i++)
        t->data[i] = scale * (sc_random_uniform(7, i) - 0.5f);
    return code;
}

typedef struct total {
    double flops, forward_s, backward_s; /* 3x3 layers with Winograd */
} total;

typedef struct setting {
    sc_threads *threads;
    int runs;
    double peak;
    sc_padding_mode mode;
    bool lite;
} setting;

static int bench_layer(const layer *l, int size, const setting *s, total *sum, sc_error *err)
{
    int extent = size / l->shrink, ci = s->lite && l->ci > 3 ? l->ci / 2 : l->ci, co = s->lite ? l->co / 2 : l->co;
    sc_tensor x = { 0 }, w = { 0 }, b = { 0 }, y = { 0 };
    int code = create(&x, (sc_shape){ 1, ci, extent, extent }, 1, err);
    if (!code)
        code = create(&w, (sc_shape){ co, ci, 3, 3 }, 0.1f, err);
    if (!code)
        code = create(&b, (sc_shape){ 1, co, 1, 1 }, 0.1f, err);
    if (!code)
        code = create(&y, (sc_shape){ 1, co, extent, extent }, 1, err);
    sc_choice choice = { 0 };
    sc_conv2d_attrs attrs = { .padding = { 1, 1, 1, 1, s->mode }, .relu = true };
    sc_tensor bare[2] = { { x.shape, NULL }, { y.shape, NULL } };
    sc_call call = { .attrs = &attrs, .input_count = 3, .in = { &bare[0], &w, &b }, .out = &bare[1],
        .thread_count = sc_threads_count(s->threads) };
    sc_node_info node = { &sc_op_conv2d, call, 6, 1 };
    if (!code)
        code = sc_backend_cpu.choose(&node, &choice, err);
    const sc_kernel *forward = choice.forward ? choice.forward : &sc_op_conv2d.forward;
    const sc_kernel *backward = choice.backward ? choice.backward : &sc_op_conv2d.backward;
    size_t saved_bytes = choice.saved_bytes ? choice.saved_bytes(&call, 1) : sc_op_conv2d.saved_bytes(&call, 1);
    void *saved = malloc(saved_bytes + 1);
    if (!code && saved) {
        call.in[0] = &x;
        call.out = &y;
        call.saved = saved;
        call.state = choice.state;
        size_t forward_bytes = 0, backward_bytes = 0;
        double f = time_kernel(forward, &call, s->threads, s->runs, &forward_bytes);
        call.out_gradient = &y;
        call.in_gradient[0] = &x;
        double g = time_kernel(backward, &call, s->threads, s->runs, &backward_bytes);
        double flops = 2.0 * 9 * ci * co * extent * extent;
        printf("%-8s %4d -> %4d %4d x %-4d  %8.2f ms %6.0f GFLOP/s %4.0f%%   %8.2f ms %6.0f GFLOP/s %4.0f%%   %5.1f MB %5.1f MB\n", l->name,
            ci, co, extent, extent, f * 1e3, flops / f * 1e-9, flops / f / s->peak * 100, g * 1e3, flops / g * 1e-9,
            flops / g / s->peak * 100, (double)forward_bytes * 1e-6, (double)(saved_bytes + choice.state_bytes) * 1e-6);
        sum->flops += l->repeat * flops;
        sum->forward_s += l->repeat * f;
        sum->backward_s += l->repeat * g;
    }
    if (choice.destroy)
        choice.destroy(choice.state);
    free(saved);
    sc_tensor_free(&x), sc_tensor_free(&w), sc_tensor_free(&b), sc_tensor_free(&y);
    return code;
}

static int bench_size(int size, const setting *s, sc_error *err)
{
    total sum = { 0 };
    printf("\n%d x %d                              forward                               input gradient                scratch  saved\n", size, size);
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++) {
        int code = bench_layer(&layers[i], size, s, &sum, err);
        if (code)
            return code;
    }
    printf("%s to conv5_1: forward %.1f ms = %.0f GFLOP/s (%.0f%%), input gradient %.1f ms = %.0f GFLOP/s (%.0f%%)\n", s->lite ? "lite" : "VGG-19", sum.forward_s * 1e3,
        sum.flops / sum.forward_s * 1e-9, sum.flops / sum.forward_s / s->peak * 100, sum.backward_s * 1e3,
        sum.flops / sum.backward_s * 1e-9, sum.flops / sum.backward_s / s->peak * 100);
    return 0;
}

static int bench_peak_part(void *argument, int part, int thread)
{
    (void)thread;
    ((double *)argument)[part] = scumble_bench_flops();
    return 0;
}

/* GFLOP/s of fused multiply-adds on registers, all threads. */
static double measure_peak(sc_threads *threads)
{
    double best = 0;
    int count = sc_threads_count(threads);
    for (int i = 0; i < 5; i++) {
        double flops[256] = { 0 }, sum = 0, start = now_s();
        sc_threads_run(threads, count, bench_peak_part, flops);
        double elapsed = now_s() - start;
        for (int k = 0; k < count; k++)
            sum += flops[k];
        best = sum / elapsed > best ? sum / elapsed : best;
    }
    return best;
}

int main(int argc, char **argv)
{
    int sizes[16], size_count = 0, thread_count = 0;
    setting s = { .runs = 5 };
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--threads") && i + 1 < argc)
            thread_count = atoi(argv[++i]);
        else if (!strcmp(argv[i], "--runs") && i + 1 < argc)
            s.runs = atoi(argv[++i]);
        else if (!strcmp(argv[i], "--padding") && i + 1 < argc)
            s.mode = (sc_padding_mode)atoi(argv[++i]);
        else if (!strcmp(argv[i], "--cpu-time"))
            used_clock = CLOCK_PROCESS_CPUTIME_ID;
        else if (!strcmp(argv[i], "--lite"))
            s.lite = true;
        else if (atoi(argv[i]) >= 16 && size_count < 16)
            sizes[size_count++] = atoi(argv[i]);
        else
            return fprintf(stderr, "usage: kernels [size ...] [--lite] [--threads N] [--runs N] [--padding 0..3] [--cpu-time]\n"), 2;
    }
    if (!size_count) {
        sizes[size_count++] = 256;
        sizes[size_count++] = 512;
    }
    sc_error err = { 0 };
    int code = sc_threads_create(&s.threads, thread_count, &err);
    if (!code) {
        s.peak = measure_peak(s.threads);
        printf("%s; %d threads; multiply-add peak %.0f GFLOP/s\n", sc_backend_cpu.describe(), sc_threads_count(s.threads), s.peak * 1e-9);
    }
    for (int i = 0; i < size_count && !code; i++)
        code = bench_size(sizes[i], &s, &err);
    sc_threads_destroy(s.threads);
    if (code)
        fprintf(stderr, "kernels: %s\n", err.text);
    return code ? 1 : 0;
}
