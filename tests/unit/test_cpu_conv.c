/* SPDX-License-Identifier: MIT */
/* The host's convolutions against a plain loop in double precision: random shapes, every padding mode, every
 * instruction set that this processor has; forward, gradients of input, weight and bias; with pooling, against the same
 * kernels without. And: the same bytes whatever the number of threads and the order of the parts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "device/host/choices.h"
#include "device/host/isa.h"
#include "device/kernels.h"
#include "core/rng.h"
#include "core/threads.h"
#include "../prepare_fixture.h"

typedef struct layer {
    sc_shape x, w;
    sc_conv2d_attrs attrs;
    bool bias, accumulate;
    float pool; /* not 0: pooled_conv2d with this scale, relu being set */
} layer;

typedef struct tensors {
    sc_tensor x, w, b, y, dy, dx, dw, db;
} tensors;

static sc_error error;

static void fill(sc_tensor *t, sc_shape shape, uint64_t seed)
{
    assert_int_equal(sc_tensor_create(t, shape, &error), 0);
    for (size_t i = 0; i < sc_shape_count(shape); i++)
        t->data[i] = sc_random_normal(seed, i);
}

static sc_shape out_shape(const layer *l)
{
    const sc_conv2d_attrs *a = &l->attrs;
    int sh = a->stride_h ? a->stride_h : 1, sw = a->stride_w ? a->stride_w : 1;
    int dh = a->dilation_h ? a->dilation_h : 1, dw = a->dilation_w ? a->dilation_w : 1, pooled = l->pool != 0 ? 2 : 1;
    return (sc_shape){ l->x.n, l->w.n,
                       ((l->x.h + a->padding.top + a->padding.bottom - dh * (l->w.h - 1) - 1) / sh + 1) / pooled,
                       ((l->x.w + a->padding.left + a->padding.right - dw * (l->w.w - 1) - 1) / sw + 1) / pooled };
}

static void create(tensors *t, const layer *l)
{
    sc_shape out = out_shape(l), b = { 1, l->w.n, 1, 1 };
    fill(&t->x, l->x, 1);
    fill(&t->w, l->w, 2);
    fill(&t->b, b, 3);
    fill(&t->y, out, 4);
    fill(&t->dy, out, 5);
    fill(&t->dx, l->x, 6);
    fill(&t->dw, l->w, 7);
    fill(&t->db, b, 8);
}

static void destroy(tensors *t)
{
    for (sc_tensor *i = &t->x; i <= &t->db; i++)
        sc_tensor_free(i);
}

/* --- the plain loop --- */

static int source(int i, int extent, sc_padding_mode mode)
{
    if (i >= 0 && i < extent)
        return i;
    switch (mode) {
    case SC_PAD_REPLICATE: return i < 0 ? 0 : extent - 1;
    case SC_PAD_REFLECT: return i < 0 ? -i : 2 * (extent - 1) - i;
    case SC_PAD_CIRCULAR: return (i + extent) % extent;
    default: return -1;
    }
}

/* Calls visit for each multiplication: offsets into x, w, y. */
typedef struct visit {
    const tensors *t;
    const float *mask; /* y of the kernel under test; gradients pass where it is above 0 */
    double *y, *dx, *dw, *db;
} visit;

static void plain(const layer *l, const visit *v)
{
    const sc_conv2d_attrs *a = &l->attrs;
    sc_shape x = l->x, w = l->w, y = out_shape(l);
    int sh = a->stride_h ? a->stride_h : 1, sw = a->stride_w ? a->stride_w : 1, groups = a->groups ? a->groups : 1;
    int dh = a->dilation_h ? a->dilation_h : 1, dw = a->dilation_w ? a->dilation_w : 1;
    for (int n = 0; n < y.n; n++)
        for (int oy = 0; oy < y.h; oy++)
            for (int ox = 0; ox < y.w; ox++)
                for (int k = 0; k < y.c; k++) {
                    size_t o = sc_offset(y, n, k, oy, ox);
                    double sum = l->bias ? v->t->b.data[k] : 0, g = v->t->dy.data[o];
                    if (a->relu && v->mask && !(v->mask[o] > 0))
                        g = 0;
                    v->db[k] += g;
                    for (int ky = 0; ky < w.h; ky++)
                        for (int kx = 0; kx < w.w; kx++) {
                            int sy = source(oy * sh + ky * dh - a->padding.top, x.h, a->padding.mode);
                            int sx = source(ox * sw + kx * dw - a->padding.left, x.w, a->padding.mode);
                            if (sy < 0 || sx < 0)
                                continue;
                            for (int c = 0; c < w.c; c++) {
                                size_t i = sc_offset(x, n, k / (y.c / groups) * w.c + c, sy, sx),
                                       j = sc_offset(w, k, c, ky, kx);
                                sum += (double)v->t->x.data[i] * v->t->w.data[j];
                                v->dx[i] += g * v->t->w.data[j];
                                v->dw[j] += g * v->t->x.data[i];
                            }
                        }
                    v->y[o] = a->relu && sum < 0 ? 0 : sum;
                }
}

/* --- running kernels --- */

typedef struct job {
    const sc_kernel *kernel;
    const sc_call *call;
    int parts;
    bool reverse;
} job;

static int run_part(void *argument, int part, int thread)
{
    const job *j = argument;
    return j->kernel->run(j->call, j->reverse ? j->parts - 1 - part : part, thread);
}

static void run(const sc_kernel *kernel, sc_call *call, sc_threads *threads, bool reverse)
{
    size_t bytes = kernel->scratch_bytes ? kernel->scratch_bytes(call) : 0;
    call->scratch = sc_aligned_alloc(bytes + 64);
    assert_non_null(call->scratch);
    memset(call->scratch, 0xff, bytes + 64); /* NaN */
    job j = { kernel, call, kernel->parts ? kernel->parts(call) : 1, reverse };
    assert_int_equal(sc_threads_run(threads, j.parts, run_part, &j), 0);
    if (kernel->finish)
        assert_int_equal(kernel->finish(call), 0);
    for (size_t i = 0; i < 64; i++)
        assert_int_equal(((unsigned char *)call->scratch)[bytes + i], 0xff);
    free(call->scratch);
}

/* False: the choice leaves this layer to the reference. */
static bool run_layer(const layer *l, tensors *t, const sc_cpu_isa *isa, int thread_count, bool reverse,
                      unsigned wanted)
{
    sc_tensor bare[4] = { { l->x, NULL }, { t->b.shape, NULL }, { t->y.shape, NULL }, { l->w, NULL } };
    sc_pooled_conv2d_attrs pooled = { l->attrs.padding, l->pool };
    const void *attrs = l->pool != 0 ? (const void *)&pooled : &l->attrs;
    const sc_op *op = l->pool != 0 ? &sc_op_pooled_conv2d : &sc_op_conv2d;
    sc_node_info info = { .op = op,
                          .frozen = wanted & 6 ? 0 : 6,
                          .wanted = wanted,
                          .call = { .attrs = attrs,
                                    .input_count = l->bias ? 3 : 2,
                                    .in = { &bare[0], &bare[3], &bare[1] },
                                    .out = &bare[2],
                                    .thread_count = thread_count } };
    sc_choice choice = { 0 };
    assert_int_equal((l->pool != 0 ? sc_host_choose_pooled_conv2d : sc_host_choose_conv2d)(&info, isa, &choice, &error),
                     0);
    if (!choice.forward)
        return false;
    sc_threads *threads;
    assert_int_equal(sc_threads_create(&threads, thread_count, &error), 0);
    sc_call call = { .attrs = attrs,
                     .input_count = info.call.input_count,
                     .in = { &t->x, &t->w, l->bias ? &t->b : NULL },
                     .out = &t->y,
                     .thread_count = thread_count,
                     .state = choice.state };
    size_t saved_bytes = choice.saved_bytes(&call, wanted);
    void *saved = wanted ? malloc(saved_bytes + 1) : NULL;
    call.saved = saved_bytes ? saved : NULL;
    make_prepared(&choice, &call);
    run(choice.forward, &call, threads, reverse);
    if (wanted) {
        sc_tensor x = { l->x, NULL }, w = { l->w, NULL }, y = { t->y.shape, NULL };
        unsigned reads = (choice.reads ? choice.reads : op->reads)(&call, wanted);
        call.in[0] = reads & SC_READS_INPUT_0 ? &t->x : &x;
        call.in[1] = reads & SC_READS_INPUT_0 << 1 ? &t->w : &w;
        call.out = &y;
        call.out_gradient = &t->dy;
        call.in_gradient[0] = wanted & 1 ? &t->dx : NULL;
        call.in_gradient[1] = wanted & 2 ? &t->dw : NULL;
        call.in_gradient[2] = wanted & 4 ? &t->db : NULL;
        for (int i = 0; i < 3; i++)
            call.accumulate[i] = l->accumulate;
        run(choice.backward, &call, threads, reverse);
    }
    free(saved);
    forget_prepared(&choice, &call);
    sc_threads_destroy(threads);
    choice.destroy(choice.state);
    return true;
}

/* --- comparing --- */

static double worst;

static void compare(const layer *l, const char *isa, const char *what, const sc_tensor *got, const double *want,
                    uint64_t seed)
{
    size_t count = sc_shape_count(got->shape);
    double squares = 0, most = 0;
    for (size_t i = 0; i < count; i++) {
        double w = want[i], g = got->data[i];
        squares += w * w;
        if (seed) /* accumulated onto these */
            g -= (double)sc_random_normal(seed, i);
        most = fabs(g - w) > most || g != g ? (g != g ? INFINITY : fabs(g - w)) : most;
    }
    double relative = most / (sqrt(squares / (double)count) + 1e-2);
    if (relative > worst)
        worst = relative;
    if (relative > 5e-5)
        fail_msg("%s, %s: error %g; x %d %d %d %d w %d %d %d %d pad %d %d %d %d mode %d stride %d %d dilation %d %d "
                 "groups %d relu %d add %d",
                 isa, what, relative, l->x.n, l->x.c, l->x.h, l->x.w, l->w.n, l->w.c, l->w.h, l->w.w,
                 l->attrs.padding.top, l->attrs.padding.bottom, l->attrs.padding.left, l->attrs.padding.right,
                 (int)l->attrs.padding.mode, l->attrs.stride_h, l->attrs.stride_w, l->attrs.dilation_h,
                 l->attrs.dilation_w, l->attrs.groups, l->attrs.relu, l->accumulate);
}

/* Number of layers that some instruction set left to the reference. */
static int check(const layer *l, unsigned wanted)
{
    int left = 0;
    sc_shape out = out_shape(l);
    for (int i = 0; sc_cpu_isas[i]; i++) {
        if (!sc_cpu_isas[i]->available())
            continue;
        tensors t;
        create(&t, l);
        if (run_layer(l, &t, sc_cpu_isas[i], 2, false, wanted)) {
            double *y = calloc(sc_shape_count(out), sizeof *y), *dx = calloc(sc_shape_count(l->x), sizeof *dx);
            double *dw = calloc(sc_shape_count(l->w), sizeof *dw), *db = calloc((size_t)out.c, sizeof *db);
            plain(l, &(visit){ &t, t.y.data, y, dx, dw, db });
            compare(l, sc_cpu_isas[i]->name, "forward", &t.y, y, 0);
            if (wanted & 1)
                compare(l, sc_cpu_isas[i]->name, "input gradient", &t.dx, dx, l->accumulate ? 6 : 0);
            if (wanted & 2)
                compare(l, sc_cpu_isas[i]->name, "weight gradient", &t.dw, dw, l->accumulate ? 7 : 0);
            if (wanted & 4)
                compare(l, sc_cpu_isas[i]->name, "bias gradient", &t.db, db, l->accumulate ? 8 : 0);
            free(y), free(dx), free(dw), free(db);
        } else {
            left = 1;
        }
        destroy(&t);
    }
    return left;
}

/* --- random layers --- */

static uint64_t drawn;
static int draw(int low, int high)
{
    return low + (int)(sc_random_bits(12345, drawn++) % (uint64_t)(high - low + 1));
}

static int pick(const int *values, int count)
{
    return values[draw(0, count - 1)];
}

/* Padding that fits the mode and the extents. */
static sc_padding draw_padding(int h, int w, int most)
{
    sc_padding p = { .mode = (sc_padding_mode)draw(0, 3) };
    int limit_h = p.mode == SC_PAD_REFLECT ? h - 1 : p.mode == SC_PAD_CIRCULAR ? h : most;
    int limit_w = p.mode == SC_PAD_REFLECT ? w - 1 : p.mode == SC_PAD_CIRCULAR ? w : most;
    p.top = draw(0, limit_h < most ? limit_h : most);
    p.bottom = draw(0, limit_h < most ? limit_h : most);
    p.left = draw(0, limit_w < most ? limit_w : most);
    p.right = draw(0, limit_w < most ? limit_w : most);
    return p;
}

static const int channels[] = { 1, 2, 3, 4, 5, 8, 16, 17, 32, 33, 48, 64, 70, 96, 130 };
static const int extents[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 17, 24 };
#define PICK(a) pick(a, (int)(sizeof(a) / sizeof *(a)))

static bool valid(const layer *l)
{
    sc_shape o = out_shape(l);
    const sc_conv2d_attrs *a = &l->attrs;
    int dh = a->dilation_h ? a->dilation_h : 1, dw = a->dilation_w ? a->dilation_w : 1;
    return o.h > 0 && o.w > 0 && l->x.h + a->padding.top + a->padding.bottom >= dh * (l->w.h - 1) + 1 &&
           l->x.w + a->padding.left + a->padding.right >= dw * (l->w.w - 1) + 1;
}

static layer draw_3x3(void)
{
    for (;;) {
        layer l = { .x = { draw(1, 2), PICK(channels), PICK(extents), PICK(extents) },
                    .bias = draw(0, 1),
                    .accumulate = draw(0, 1) };
        l.w = (sc_shape){ PICK(channels), l.x.c, 3, 3 };
        l.attrs.padding = draw_padding(l.x.h, l.x.w, 3);
        l.attrs.relu = draw(0, 1);
        if (valid(&l))
            return l;
    }
}

static layer draw_any(void)
{
    for (;;) {
        layer l = { .x = { draw(1, 2), 0, PICK(extents), PICK(extents) },
                    .bias = draw(0, 1),
                    .accumulate = draw(0, 1) };
        static const int kernels[] = { 1, 1, 2, 3, 5, 7 };
        int groups = draw(0, 3) ? 1 : draw(1, 8), ci = groups > 1 ? draw(1, 4) : PICK(channels);
        l.x.c = ci * groups;
        l.w = (sc_shape){ groups > 1 ? groups * draw(1, 4) : PICK(channels), ci, PICK(kernels), PICK(kernels) };
        l.attrs =
            (sc_conv2d_attrs){ draw(1, 3), draw(1, 2), draw(1, 2), draw(1, 2), groups, draw_padding(l.x.h, l.x.w, 3),
                               draw(0, 1) };
        if (valid(&l))
            return l;
    }
}

static void test_3x3(void **state)
{
    (void)state;
    worst = 0;
    for (int i = 0; i < 150; i++) {
        layer l = draw_3x3();
        check(&l, 1);
    }
    print_message("3 x 3: largest error %.1e of the rms\n", worst);
}

static void test_any(void **state)
{
    (void)state;
    worst = 0;
    int left = 0;
    for (int i = 0; i < 150; i++) {
        layer l = draw_any();
        left += check(&l, 1) != 0;
    }
    print_message("any: largest error %.1e of the rms; %d of 150 left to the reference\n", worst, left);
}

static void test_weights(void **state)
{
    (void)state;
    worst = 0;
    int left = 0;
    for (int i = 0; i < 150; i++) {
        layer l = i % 3 ? draw_any() : draw_3x3();
        left += check(&l, l.bias ? 7 : 3) != 0;
    }
    print_message("weights: largest error %.1e of the rms; %d of 150 left to the reference\n", worst, left);
}

/* From pooled to not pooled: the largest of each window, and its gradient at the first of them. */
static void unpool(const layer *l, const tensors *full, const tensors *pooled, float *largest, sc_tensor *gradient)
{
    sc_shape o = pooled->y.shape;
    memset(gradient->data, 0, sc_shape_bytes(gradient->shape));
    for (size_t i = 0; i < sc_shape_count(o); i++) {
        int k = (int)(i % (size_t)o.c), x = (int)(i / (size_t)o.c % (size_t)o.w),
            y = (int)(i / (size_t)o.c / (size_t)o.w);
        size_t first = sc_offset(full->y.shape, y / o.h, k, 2 * (y % o.h), 2 * x), most = first;
        for (int j = 1; j < 4; j++) {
            size_t other = first + (size_t)(j / 2 * full->y.shape.w + j % 2) * (size_t)o.c;
            most = full->y.data[other] > full->y.data[most] ? other : most;
        }
        largest[i] = l->pool * full->y.data[most];
        gradient->data[most] = l->pool * pooled->dy.data[i];
    }
}

static void check_pooled(const layer *l, const sc_cpu_isa *isa)
{
    layer plain_layer = *l;
    plain_layer.pool = 0;
    tensors full, pooled;
    create(&full, &plain_layer);
    create(&pooled, l);
    assert_true(run_layer(l, &pooled, isa, 2, false, 1));
    assert_true(run_layer(&plain_layer, &full, isa, 2, false, 0));
    float *largest = malloc(sc_shape_bytes(pooled.y.shape));
    unpool(l, &full, &pooled, largest, &full.dy);
    run_layer(&plain_layer, &full, isa, 2, false, 1);
    for (size_t i = 0; i < sc_shape_count(pooled.y.shape); i++)
        assert_true(pooled.y.data[i] == largest[i]);
    for (size_t i = 0; i < sc_shape_count(l->x); i++)
        assert_true(pooled.dx.data[i] == full.dx.data[i]);
    free(largest);
    destroy(&full);
    destroy(&pooled);
}

/* To the last bit the same as without. */
static void test_pooled(void **state)
{
    (void)state;
    for (int k = 0; k < 40; k++) {
        layer l = draw_3x3();
        l.x.h += 3, l.x.w += 3;
        l.w.n = 16 * draw(1, 12);
        l.x.c = l.w.c = draw(5, 40);
        l.attrs.relu = true;
        l.pool = k % 2 ? 1 : 2;
        for (int i = 0; sc_cpu_isas[i]; i++)
            if (sc_cpu_isas[i]->available())
                check_pooled(&l, sc_cpu_isas[i]);
    }
}

/* VGG-19's widest sums. */
static void test_wide(void **state)
{
    (void)state;
    worst = 0;
    layer l = { .x = { 1, 512, 14, 13 },
                .w = { 64, 512, 3, 3 },
                .attrs = { .padding = { 1, 1, 1, 1, SC_PAD_ZERO }, .relu = true },
                .bias = true };
    check(&l, 1);
    print_message("512 channels: largest error %.1e of the rms\n", worst);
}

static void test_same_bytes(void **state)
{
    (void)state;
    for (int i = 0; i < 24; i++) {
        layer l = i % 2 ? draw_any() : draw_3x3();
        if (i < 6)
            l.x.h += 40, l.x.w += 50;
        unsigned wanted = i % 4 < 2 ? 1 : l.bias ? 7 : 3;
        tensors first;
        create(&first, &l);
        if (run_layer(&l, &first, sc_cpu_isa_best(), 1, false, wanted)) {
            static const int counts[] = { 1, 2, 3, 8 };
            for (int c = 0; c < 4; c++) {
                tensors other;
                create(&other, &l);
                run_layer(&l, &other, sc_cpu_isa_best(), counts[c], true, wanted);
                for (int k = 0; k < 8; k++) {
                    const sc_tensor *a = &first.x + k, *b = &other.x + k;
                    assert_memory_equal(a->data, b->data, sc_shape_bytes(a->shape));
                }
                destroy(&other);
            }
        }
        destroy(&first);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_3x3),     cmocka_unit_test(test_any),
                                        cmocka_unit_test(test_weights), cmocka_unit_test(test_pooled),
                                        cmocka_unit_test(test_wide),    cmocka_unit_test(test_same_bytes) };
    for (int i = 0; sc_cpu_isas[i]; i++)
        print_message("%s: %s\n", sc_cpu_isas[i]->name,
                      sc_cpu_isas[i]->available() ? "tested" : "not of this processor");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
