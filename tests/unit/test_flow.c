/* SPDX-License-Identifier: MIT */
/* Optical flow against motion that is known: a picture of noise at several sizes, moved, turned, enlarged, and with a
 * second one passing before it. The mean end-point error and where the flow is trusted are held within bounds. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/memory.h"
#include "core/rng.h"
#include "motion/pan.h"
#include "motion/warp.h"

enum { W = 200, H = 141 };

/* Something to see at every size, without an end: smoothed noise of four sizes. */
static float texture(uint64_t seed, double x, double y)
{
    double sum = 0, all = 0;
    for (int k = 0; k < 4; k++) {
        double size = 3 << k, fx = x / size + 1000, fy = y / size + 1000, share = k < 3 ? 1 : 1.5;
        double left = floor(fx), top = floor(fy), value = 0;
        for (int j = -1; j < 3; j++)
            for (int i = -1; i < 3; i++) { /* cubic B-splines: twice differentiable */
                double weight = 1, at[2] = { fabs(fx - left - i), fabs(fy - top - j) };
                for (int a = 0; a < 2; a++)
                    weight *= at[a] < 1 ? 2.0 / 3 - at[a] * at[a] + at[a] * at[a] * at[a] / 2 :
                              at[a] < 2 ? (2 - at[a]) * (2 - at[a]) * (2 - at[a]) / 6 :
                                          0;
                uint64_t cell = (uint64_t)(left + i) * 65536 + (uint64_t)(top + j);
                value += weight * (double)(sc_random_bits(seed + (uint64_t)k, cell) & 0xffff) / 65535;
            }
        sum += share * value, all += share;
    }
    return (float)fmin(fmax(0.5 + 2 * (sum / all - 0.5), 0), 1);
}

/* From one frame to the other: (x, y) becomes (a x + b y + c, d x + e y + f). */
typedef struct motion {
    double a, b, c, d, e, f;
} motion;

static void move(const motion *m, double x, double y, double to[2])
{
    to[0] = m->a * x + m->b * y + m->c;
    to[1] = m->d * x + m->e * y + m->f;
}

static sc_flow measure(int threads, const float *from, const float *to)
{
    sc_error err = { 0 };
    sc_threads *pool;
    sc_flow flow;
    assert_int_equal(sc_threads_create(&pool, threads, &err), 0);
    assert_int_equal(sc_flow_measure(pool, from, to, W, H, SC_FLOW_FINE, &flow, &err), 0);
    sc_threads_destroy(pool);
    return flow;
}

/* Of the pixels that are in both frames. */
static double mean_error(const sc_flow *flow, const motion *m)
{
    double sum = 0;
    int count = 0;
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++) {
            double to[2];
            move(m, x, y, to);
            if (to[0] < 0 || to[1] < 0 || to[0] > W - 1 || to[1] > H - 1)
                continue;
            sum += hypot(x + (double)flow->u[y * W + x] - to[0], y + (double)flow->v[y * W + x] - to[1]);
            count++;
        }
    return sum / count;
}

static void test_known(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        motion m;
        double most;       /* of the mean end-point error, in pixels */
        double gain, lift; /* of the second frame's brightness */
    } cases[] = {
        { "still", { 1, 0, 0, 0, 1, 0 }, 1e-4, 1, 0 },
        { "a part of a pixel", { 1, 0, 0.3, 0, 1, -0.6 }, 0.02, 1, 0 },
        { "a pan", { 1, 0, 7.4, 0, 1, -4.2 }, 0.02, 1, 0 },
        { "a fast pan", { 1, 0, -31, 0, 1, 14 }, 0.3, 1, 0 },
        { "a turn", { 0.9986, -0.0523, 6, 0.0523, 0.9986, -5 }, 0.08, 1, 0 },
        { "a zoom", { 1.06, 0, -6, 0, 1.06, -4 }, 0.08, 1, 0 },
        { "a flash", { 1, 0, 2.5, 0, 1, 1.5 }, 0.1, 0.8, 0.15 },
    };
    static float from[W * H], to[W * H];
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        for (int y = 0; y < H; y++)
            for (int x = 0; x < W; x++) {
                double at[2];
                move(&cases[k].m, x, y, at);
                from[y * W + x] = texture(1, at[0], at[1]);
                to[y * W + x] = (float)(cases[k].gain * (double)texture(1, x, y) + cases[k].lift);
            }
        sc_flow flow = measure(2, from, to);
        double error = mean_error(&flow, &cases[k].m);
        print_message("%s: %.4f pixels\n", cases[k].name, error);
        if (!(error <= cases[k].most))
            fail_msg("%s: the mean end-point error is %g, more than %g", cases[k].name, error, cases[k].most);
        sc_flow_free(&flow);
    }
}

/* A square that moves to the right before a ground that moves down. */
static float scene(double x, double y, int frame)
{
    bool square = fabs(x - 80 - 6 * frame) < 24 && fabs(y - 70) < 24;
    return square ? texture(7, x - 6 * frame, y) : texture(1, x, y - 2 * frame);
}

static void test_hidden(void **state)
{
    (void)state;
    static float frames[2][W * H];
    for (int f = 0; f < 2; f++)
        for (int i = 0; i < W * H; i++)
            frames[f][i] = scene(i % W, i / W, f);
    sc_flow flow = measure(2, frames[1], frames[0]), back = measure(2, frames[0], frames[1]);
    float *trust;
    sc_error err = { 0 };
    assert_int_equal(sc_flow_trust(NULL, &flow, &back, &trust, &err), 0);
    int uncovered = 0, found = 0, clear = 0, trusted = 0, right = 0;
    for (int y = 4; y < H - 4; y++)
        for (int x = 4; x < W - 4; x++) {
            const int i = y * W + x;
            bool square = abs(x - 86) < 24 && abs(y - 70) < 24, near = abs(x - 83) < 34 && abs(y - 70) < 32;
            bool behind = !square && abs(x - 80) < 24 && abs(y - 2 - 70) < 24; /* where the square was before */
            double error = hypot((double)flow.u[i] + (square ? 6 : 0), (double)flow.v[i] + (square ? 0 : 2));
            uncovered += behind, found += behind && trust[i] < 0.5f;
            clear += !near || (abs(x - 86) < 16 && abs(y - 70) < 16);
            if (!near || (abs(x - 86) < 16 && abs(y - 70) < 16)) {
                trusted += trust[i] > 0.9f;
                right += error < 0.1;
            }
        }
    print_message("of %d uncovered pixels %d were found; of %d others %d are trusted, %d right\n", uncovered, found,
                  clear, trusted, right);
    assert_true(uncovered > 200 && found >= 0.8 * uncovered);
    double pan[2]; /* of the background */
    assert_int_equal(sc_flow_pan(&flow, trust, &pan[0], &pan[1], &err), 0);
    assert_true(fabs(pan[0]) < 0.03 && fabs(pan[1] + 2) < 0.03);
    for (int i = 0; i < W * H; i++) /* nothing in common */
        flow.u[i] = (float)(i % W), flow.v[i] = (float)(i / W);
    assert_int_equal(sc_flow_pan(&flow, trust, &pan[0], &pan[1], &err), 0);
    assert_true(pan[0] == 0 && pan[1] == 0);
    memset(trust, 0, W * H * sizeof *trust);
    assert_int_equal(sc_flow_pan(&flow, trust, &pan[0], &pan[1], &err), 0);
    assert_true(pan[0] == 0 && pan[1] == 0);
    assert_true(trusted >= 0.98 * clear && right >= 0.98 * clear);
    sc_big_free(trust);
    sc_flow_free(&flow);
    sc_flow_free(&back);
}

static void test_threads(void **state)
{
    (void)state;
    static float frames[2][W * H];
    for (int f = 0; f < 2; f++)
        for (int i = 0; i < W * H; i++)
            frames[f][i] = scene(i % W, i / W, f);
    sc_flow one = measure(1, frames[0], frames[1]);
    for (int threads = 2; threads <= 5; threads++) {
        sc_flow other = measure(threads, frames[0], frames[1]);
        assert_memory_equal(one.u, other.u, sizeof frames[0]);
        assert_memory_equal(one.v, other.v, sizeof frames[0]);
        sc_flow_free(&other);
    }
    sc_flow_free(&one);
}

/* A flow of almost nothing may leave the picture at its border. */
static bool is_inside(int x, int extent)
{
    return x > 3 && x < extent - 4;
}

/* Of no extent to speak of, and of nothing but one value: no patches, no slopes. Rows of more than one piece, too. */
static void test_small(void **state)
{
    (void)state;
    static const int sizes[][2] = { { 1, 1 },  { 1, 40 },  { 40, 1 },  { 7, 9 },  { 8, 8 },
                                    { 25, 3 }, { 257, 9 }, { 1, 513 }, { 514, 8 } };
    sc_error err = { 0 };
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        int w = sizes[k][0], h = sizes[k][1];
        float from[514 * 8], to[514 * 8], *trust;
        for (int i = 0; i < w * h; i++)
            from[i] = to[i] = k % 2 ? texture(3, i % w, i / w) : 0.5f;
        sc_flow flow;
        assert_int_equal(sc_flow_measure(NULL, from, to, w, h, SC_FLOW_FINE, &flow, &err), 0);
        assert_int_equal(sc_flow_trust(NULL, &flow, &flow, &trust, &err), 0);
        for (int i = 0; i < w * h; i++) {
            assert_true(fabsf(flow.u[i]) < 1e-3f && fabsf(flow.v[i]) < 1e-3f);
            assert_true(is_inside(i % w, w) && is_inside(i / w, h) ? trust[i] > 0.999f : trust[i] > 0.1f);
        }
        sc_big_free(trust);
        sc_flow_free(&flow);
    }
}

static void test_warp(void **state)
{
    (void)state;
    sc_error err = { 0 };
    sc_image image, warped;
    sc_flow flow;
    assert_int_equal(sc_image_create(&image, W, H, true, &err), 0);
    assert_int_equal(sc_flow_create(&flow, W, H, &err), 0);
    for (int i = 0; i < W * H; i++) {
        for (int c = 0; c < 3; c++)
            image.rgb[3 * i + c] = texture((uint64_t)c, i % W, i / W);
        image.alpha[i] = texture(9, i % W, i / W);
        flow.u[i] = 3.25f, flow.v[i] = -1.5f;
    }
    assert_int_equal(sc_image_warp(NULL, &image, &flow, &warped, &err), 0);
    double most = 0;
    for (int y = 4; y < H - 4; y++)
        for (int x = 4; x < W - 8; x++) {
            for (int c = 0; c < 3; c++)
                most = fmax(most,
                            fabs((double)(warped.rgb[3 * (y * W + x) + c] - texture((uint64_t)c, x + 3.25, y - 1.5))));
            most = fmax(most, fabs((double)(warped.alpha[y * W + x] - texture(9, x + 3.25, y - 1.5))));
        }
    print_message("warped: %g at most\n", most);
    assert_true(most < 0.1);
    sc_image_free(&warped);
    for (int i = 0; i < W * H; i++)
        flow.u[i] = flow.v[i] = 0;
    assert_int_equal(sc_image_warp(NULL, &image, &flow, &warped, &err), 0);
    assert_memory_equal(warped.rgb, image.rgb, 3 * W * H * sizeof(float)); /* nothing moves: nothing changes */
    sc_image_free(&warped);
    sc_image_free(&image);
    sc_flow_free(&flow);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known), cmocka_unit_test(test_hidden), cmocka_unit_test(test_threads),
        cmocka_unit_test(test_small), cmocka_unit_test(test_warp),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
