/* SPDX-License-Identifier: MIT */
/* Times the host's kernels at the shapes that VGG-19 (or lite, which has half the channels) gives them, forward
 * and gradient of the input:
 *
 *     kernels [size ...] [--lite] [--threads N] [--runs N] [--padding 0..3] [--cpu-time]      sizes: 256 512
 *
 * --cpu-time counts processor time in place of wall-clock time: for a busy machine, with --threads 1.
 * Prints the best of N runs, beside two bounds that are measured first: the processor's fused multiply-add peak, and
 * the speed of copying memory. GFLOP/s count the textbook's arithmetic (a convolution 2 kh kw ci co h w, a Gram matrix
 * all of its c^2 sums), so that algorithms that need less are above 100%. GB/s count what must be read and written
 * once, so that what stays in a cache is above 100% as well. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "device/kernels.h"
#include "bench/peak.h"
#include "core/rng.h"
#include "core/threads.h"
#include "../tests/prepare_fixture.h"

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

typedef struct setting {
    sc_threads *threads;
    int runs;
    double peak, copy; /* operations and bytes a second */
    sc_padding_mode mode;
    bool lite;
} setting;

/* What a row of the table runs: an operator on x and on parameters, which are frozen. */
typedef struct node {
    const char *name;
    const sc_op *op;
    union {
        sc_conv2d_attrs conv2d;
        sc_gram_attrs gram;
        sc_pool2d_attrs pool2d;
        sc_resize_attrs resize;
    } attrs;
    int input_count;
    sc_shape in[3];
    double flops; /* of forward, and as many of the gradient */
} node;

/* ---- one row --------------------------------------------------------------------------------------------------- */

enum { FORWARD, GRADIENT, PASSES };

/* Sums over rows. */
typedef struct total {
    double flops, seconds[PASSES], bytes[PASSES];
} total;

/* A node's tensors and kernels. */
typedef struct work {
    sc_tensor in[3], out, in_gradient, out_gradient;
    sc_call call;
    sc_choice choice;
    size_t saved_bytes, scratch_bytes[PASSES];
} work;

static int create(sc_tensor *t, sc_shape shape, float scale, sc_error *err)
{
    int code = sc_tensor_create(t, shape, err);
    for (size_t i = 0; !code && i < sc_shape_count(shape); i++)
        t->data[i] = scale * (sc_random_uniform(7, i) - 0.5f);
    return code;
}

static int create_tensors(work *w, const node *n, sc_error *err)
{
    int code = SCUMBLE_OK;
    for (int i = 0; i < n->input_count && !code; i++) {
        code = create(&w->in[i], n->in[i], i ? 0.1f : 1, err);
        w->call.in[i] = &w->in[i];
    }
    sc_shape out;
    if (!code)
        code = n->op->infer(&w->call, &out, err);
    if (!code)
        code = create(&w->out, out, 1, err);
    if (!code)
        code = create(&w->in_gradient, n->in[0], 1, err);
    return code ? code : create(&w->out_gradient, out, 1, err);
}

/* As a graph does: only shapes are seen. */
static int choose(work *w, const node *n, sc_error *err)
{
    sc_tensor bare[SC_MAX_INPUTS + 1] = { [SC_MAX_INPUTS] = { w->out.shape, NULL } };
    sc_node_info info = { n->op, w->call, 6, 1 };
    for (int i = 0; i < n->input_count; i++) {
        bare[i].shape = w->in[i].shape;
        info.call.in[i] = &bare[i];
    }
    info.call.out = &bare[SC_MAX_INPUTS];
    int code = sc_kernels_host.choose(&info, &w->choice, err);
    if (code)
        return code;
    size_t (*saved_bytes)(const sc_call *, unsigned) =
        w->choice.saved_bytes ? w->choice.saved_bytes : n->op->saved_bytes;
    w->saved_bytes = saved_bytes ? saved_bytes(&info.call, 1) : 0;
    w->call.out = &w->out;
    w->call.state = w->choice.state;
    make_prepared(&w->choice, &w->call);
    w->call.saved = sc_aligned_alloc(w->saved_bytes + 1);
    return w->call.saved ? SCUMBLE_OK : sc_fail(err, SCUMBLE_ERR_MEMORY, "no memory for %s", n->name);
}

/* Bytes that a pass must read and write, each once. */
static double bytes_of(const work *w, const node *n, int pass)
{
    unsigned (*reads_of)(const sc_call *, unsigned) = w->choice.reads ? w->choice.reads : n->op->reads;
    unsigned reads = pass == FORWARD ? ~(unsigned)SC_READS_OUTPUT : reads_of ? reads_of(&w->call, 1) : 0;
    size_t bytes = sc_shape_bytes(w->out.shape) + w->saved_bytes; /* the result, or its gradient */
    for (int i = 0; i < n->input_count; i++)
        if (reads & (unsigned)SC_READS_INPUT_0 << i)
            bytes += sc_shape_bytes(n->in[i]);
    if (reads & SC_READS_OUTPUT)
        bytes += sc_shape_bytes(w->out.shape);
    return (double)(pass == GRADIENT ? bytes + sc_shape_bytes(n->in[0]) : bytes);
}

static int time_passes(work *w, const node *n, const setting *s, double *seconds, sc_error *err)
{
    const sc_kernel *kernels[PASSES] = { w->choice.forward ? w->choice.forward : &n->op->forward,
                                         w->choice.backward ? w->choice.backward : &n->op->backward };
    for (int pass = 0; pass < PASSES; pass++) {
        seconds[pass] = time_kernel(kernels[pass], &w->call, s->threads, s->runs, &w->scratch_bytes[pass]);
        if (seconds[pass] < 0)
            return sc_fail(err, SCUMBLE_ERR_INTERNAL, "%s failed", n->name);
        w->call.out_gradient = &w->out_gradient;
        w->call.in_gradient[0] = &w->in_gradient;
    }
    return SCUMBLE_OK;
}

/* "64x512x512", "64x64" of a matrix, "64" of a vector. */
static const char *shape_text(char text[40], sc_shape s)
{
    if (s.h > 1 || s.w > 1)
        snprintf(text, 40, "%dx%dx%d", s.c, s.h, s.w);
    else if (s.n > 1)
        snprintf(text, 40, "%dx%d", s.n, s.c);
    else
        snprintf(text, 40, "%d", s.c);
    return text;
}

static void print_pass(double seconds, double flops, double bytes, const setting *s)
{
    printf("  %8.2f ms", seconds * 1e3);
    if (flops > 0)
        printf(" %5.0f GFLOP/s %4.0f%%", flops / seconds * 1e-9, flops / seconds / s->peak * 100);
    else
        printf(" %19s", "");
    printf(" %6.1f GB/s %4.0f%%", bytes / seconds * 1e-9, bytes / seconds / s->copy * 100);
}

/* Prints a row, and adds it `repeat` times to the sum. */
static int bench_node(const node *n, int repeat, const setting *s, total *sum, sc_error *err)
{
    work w = { .call = {
                   .attrs = &n->attrs, .input_count = n->input_count, .thread_count = sc_threads_count(s->threads) } };
    double seconds[PASSES];
    int code = create_tensors(&w, n, err);
    if (!code)
        code = choose(&w, n, err);
    if (!code)
        code = time_passes(&w, n, s, seconds, err);
    if (!code) {
        char in[40], out[40];
        printf("%-8s %12s -> %-12s", n->name, shape_text(in, n->in[0]), shape_text(out, w.out.shape));
        sum->flops += repeat * n->flops;
        for (int pass = 0; pass < PASSES; pass++) {
            double bytes = bytes_of(&w, n, pass);
            print_pass(seconds[pass], n->flops, bytes, s);
            sum->seconds[pass] += repeat * seconds[pass];
            sum->bytes[pass] += repeat * bytes;
        }
        printf("  %5.1f MB %5.1f MB\n", (double)w.scratch_bytes[FORWARD] * 1e-6,
               (double)(w.saved_bytes + w.choice.state_bytes) * 1e-6);
    }
    forget_prepared(&w.choice, &w.call);
    if (w.choice.destroy)
        w.choice.destroy(w.choice.state);
    free(w.call.saved);
    for (int i = 0; i < n->input_count; i++)
        sc_tensor_free(&w.in[i]);
    sc_tensor_free(&w.out), sc_tensor_free(&w.in_gradient), sc_tensor_free(&w.out_gradient);
    return code;
}

/* ---- the rows -------------------------------------------------------------------------------------------------- */

typedef struct layer {
    const char *name;
    int ci, co; /* channels of VGG-19 */
    int shrink; /* the picture's size over the map's */
    int repeat; /* how many layers of VGG-19 have this shape */
    int to;     /* resizing: the picture's size over the result's; 0 = CELLS */
} layer;

enum {
    CELLS = 20,
    MOST_DIRECTIONS = 128
}; /* along an edge of the grid that the term `structure` compares; of the term `sliced` */

/* Up to relu5_1, what style transfer runs. */
static const layer convolutions[] = {
    { "conv1_1", 3, 64, 1, 1, 0 },    { "conv1_2", 64, 64, 1, 1, 0 },   { "conv2_1", 64, 128, 2, 1, 0 },
    { "conv2_2", 128, 128, 2, 1, 0 }, { "conv3_1", 128, 256, 4, 1, 0 }, { "conv3_2", 256, 256, 4, 3, 0 },
    { "conv4_1", 256, 512, 8, 1, 0 }, { "conv4_2", 512, 512, 8, 3, 0 }, { "conv5_1", 512, 512, 16, 1, 0 },
};
static const layer pools[] = { { "pool1", 64, 64, 1, 1, 0 },
                               { "pool2", 128, 128, 2, 1, 0 },
                               { "pool3", 256, 256, 4, 1, 0 },
                               { "pool4", 512, 512, 8, 1, 0 } };
static const layer features[] = {
    { "relu1_1", 64, 64, 1, 1, 0 },   { "relu2_1", 128, 128, 2, 1, 0 },  { "relu3_1", 256, 256, 4, 1, 0 },
    { "relu4_1", 512, 512, 8, 1, 0 }, { "relu5_1", 512, 512, 16, 1, 0 },
};
/* What `neighbour` brings to one grid, and `structure` to its cells. */
static const layer resized[] = {
    { "relu1_1", 64, 64, 1, 1, 4 },   { "relu2_1", 128, 128, 2, 1, 4 },  { "relu4_1", 512, 512, 8, 1, 4 },
    { "relu4_1", 512, 512, 8, 1, 0 }, { "relu5_1", 512, 512, 16, 1, 0 },
};
static const layer compared[] = { { "cells", 512, 512, 16, 2, 0 } };

static int channels(int count, const setting *s)
{
    return s->lite && count > 3 ? count / 2 : count;
}

static sc_shape map_of(const layer *l, int size, const setting *s)
{
    return (sc_shape){ 1, channels(l->ci, s), size / l->shrink, size / l->shrink };
}

static node convolution_3x3(const layer *l, int size, const setting *s)
{
    sc_shape x = map_of(l, size, s);
    int co = channels(l->co, s);
    return (node){ l->name,
                   &sc_op_conv2d,
                   { .conv2d = { .padding = { 1, 1, 1, 1, s->mode }, .relu = true } },
                   3,
                   { x, { co, x.c, 3, 3 }, { 1, co, 1, 1 } },
                   2.0 * 9 * co * (double)sc_shape_count(x) };
}

/* The projections of `sliced`. */
static node convolution_1x1(const layer *l, int size, const setting *s)
{
    sc_shape x = map_of(l, size, s);
    int co = x.c < MOST_DIRECTIONS ? x.c : MOST_DIRECTIONS;
    return (node){
        l->name, &sc_op_conv2d, { .conv2d = { 0 } }, 2, { x, { co, x.c, 1, 1 } }, 2.0 * co * (double)sc_shape_count(x)
    };
}

static node gram(const layer *l, int size, const setting *s)
{
    sc_shape x = map_of(l, size, s);
    return (node){ l->name, &sc_op_gram, { .gram = { 0 } }, 1, { x }, 2.0 * x.c * (double)sc_shape_count(x) };
}

static node channel_mean(const layer *l, int size, const setting *s)
{
    return (node){ l->name, &sc_op_channel_mean, { .gram = { 0 } }, 1, { map_of(l, size, s) }, 0 };
}

static node max_pool(const layer *l, int size, const setting *s)
{
    return (node){
        l->name, &sc_op_max_pool2d,      { .pool2d = { .size_h = 2, .size_w = 2, .stride_h = 2, .stride_w = 2 } },
        1,       { map_of(l, size, s) }, 0
    };
}

static node resize(const layer *l, int size, const setting *s)
{
    int to = l->to ? size / l->to : CELLS;
    return (node){ l->name, &sc_op_resize_bilinear, { .resize = { .height = to, .width = to, .antialias = true } },
                   1,       { map_of(l, size, s) }, 0 };
}

/* Of lite as well these are VGG-19's channels, by its taps. */
static node self_similarity(const layer *l, int size, const setting *s)
{
    (void)size, (void)s;
    double cells = CELLS * CELLS;
    return (node){ l->name, &sc_op_self_similarity,         { .gram = { 0 } },
                   1,       { { 1, l->ci, CELLS, CELLS } }, 2 * cells * cells * l->ci };
}

#define LAYERS(list) list, sizeof list / sizeof *list
static const struct kind {
    const char *name;
    const layer *layers;
    size_t count;
    node (*make)(const layer *l, int size, const setting *s);
} kinds[] = {
    { "convolutions 3 x 3", LAYERS(convolutions), convolution_3x3 },
    { "convolutions 1 x 1", LAYERS(features), convolution_1x1 },
    { "Gram matrices", LAYERS(features), gram },
    { "channel means", LAYERS(features), channel_mean },
    { "max pooling", LAYERS(pools), max_pool },
    { "resizing", LAYERS(resized), resize },
    { "self-similarity", LAYERS(compared), self_similarity },
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static void print_total(const char *name, const total *sum, const setting *s)
{
    printf("%-6s %-30s", s->lite ? "lite" : "VGG-19", name);
    for (int pass = 0; pass < PASSES; pass++)
        print_pass(sum->seconds[pass], sum->flops, sum->bytes[pass], s);
    printf("\n");
}

static int bench_size(int size, const setting *s, sc_error *err)
{
    total sums[KINDS] = { 0 };
    printf("\n%-37s  %-49s  %-47s  %8s %8s\n", "channels x rows x columns", "   forward", "   gradient", "scratch",
           "saved");
    for (int k = 0; k < KINDS; k++) {
        printf("%s\n", kinds[k].name);
        for (size_t i = 0; i < kinds[k].count; i++) {
            const layer *l = &kinds[k].layers[i];
            node n = kinds[k].make(l, size, s);
            int code = bench_node(&n, l->repeat, s, &sums[k], err);
            if (code)
                return code;
        }
    }
    printf("all of a kind, %d x %d\n", size, size);
    for (int k = 0; k < KINDS; k++)
        print_total(kinds[k].name, &sums[k], s);
    return 0;
}

/* ---- the bounds ------------------------------------------------------------------------------------------------ */

static int bench_peak_part(void *argument, int part, int thread)
{
    (void)thread;
    ((double *)argument)[part] = scumble_bench_flops();
    return 0;
}

/* Operations a second: fused multiply-adds on registers, all threads. */
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

enum { COPIED_BYTES = 256 << 20, COPY_PARTS = 64 };

static int copy_part(void *argument, int part, int thread)
{
    (void)thread;
    enum { PART = COPIED_BYTES / COPY_PARTS };
    char *from = argument;
    memcpy(from + COPIED_BYTES + (size_t)part * PART, from + (size_t)part * PART, PART);
    return 0;
}

/* Bytes a second, read and written ones, of memcpy from one buffer to another that no cache holds, all threads; 0
 * without memory. */
static double measure_copy(sc_threads *threads)
{
    char *memory = sc_aligned_alloc(2 * (size_t)COPIED_BYTES);
    double best = 0;
    if (!memory)
        return 0;
    memset(memory, 1, 2 * (size_t)COPIED_BYTES);
    for (int i = 0; i < 5; i++) {
        double start = now_s();
        sc_threads_run(threads, COPY_PARTS, copy_part, memory);
        double speed = 2.0 * COPIED_BYTES / (now_s() - start);
        best = speed > best ? speed : best;
    }
    free(memory);
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
            return fprintf(
                       stderr,
                       "usage: kernels [size ...] [--lite] [--threads N] [--runs N] [--padding 0..3] [--cpu-time]\n"),
                   2;
    }
    if (!size_count) {
        sizes[size_count++] = 256;
        sizes[size_count++] = 512;
    }
    sc_error err = { 0 };
    int code = sc_threads_create(&s.threads, thread_count, &err);
    if (!code) {
        s.peak = measure_peak(s.threads);
        s.copy = measure_copy(s.threads);
        printf("%s; %d threads; multiply-add peak %.0f GFLOP/s; copying memory %.1f GB/s, read and written\n",
               sc_kernels_host.describe(), sc_threads_count(s.threads), s.peak * 1e-9, s.copy * 1e-9);
    }
    for (int i = 0; i < size_count && !code; i++)
        code = bench_size(sizes[i], &s, &err);
    sc_threads_destroy(s.threads);
    if (code)
        fprintf(stderr, "kernels: %s\n", err.text);
    return code ? 1 : 0;
}
