/* SPDX-License-Identifier: MIT */
/* What the optimiser works on: the Laplacian pyramid's reconstruction, adjoint, borders and determinism, moments
 * carried from scale to scale, and what the pyramid is for: large smooth changes in few steps. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/rng.h"
#include "optimise/optimizer.h"
#include "optimise/pyramid.h"
#include "tensor/resample.h"
#include "optimise/variable.h"

static sc_threads *pool;

static const int sizes[][2] = {
    { 1, 1 },   { 1, 7 },   { 9, 1 },   { 2, 2 },    { 3, 3 },   { 5, 2 },
    { 17, 31 }, { 64, 64 }, { 61, 47 }, { 1000, 3 }, { 2, 777 }, { 255, 129 },
};
enum { SIZES = sizeof sizes / sizeof *sizes };

static int set_up(void **state)
{
    (void)state;
    sc_error err;
    return sc_threads_create(&pool, 2, &err);
}

static int tear_down(void **state)
{
    (void)state;
    sc_threads_destroy(pool);
    return 0;
}

static sc_variable *variable_of(sc_variable_kind kind, int width, int height, int levels, bool wrap,
                                sc_threads *threads)
{
    sc_error err = { 0 };
    sc_variable *v;
    if (sc_variable_create(&v, kind, width, height, levels, wrap, threads, &err))
        fail_msg("%s", err.text);
    assert_true(sc_variable_count(v) == sc_variable_count_of(kind, width, height, levels));
    return v;
}

static float *noise(size_t count, uint64_t seed)
{
    float *values = malloc(count * sizeof *values);
    for (size_t i = 0; i < count; i++)
        values[i] = sc_random_normal(seed, i);
    return values;
}

static double dot(const float *a, const float *b, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)a[i] * b[i];
    return sum;
}

static double largest_difference(const float *a, const float *b, size_t count)
{
    double largest = 0;
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, fabs((double)a[i] - b[i]));
    return largest;
}

static bool has_less_colour(sc_variable_kind kind)
{
    return kind == SC_VARIABLE_SUBSAMPLED || kind == SC_VARIABLE_GREY;
}

/* Random ones, as the kind can have them. */
static float *values_of(const sc_variable *v, size_t pixels, uint64_t seed)
{
    float *x = noise(pixels, seed), *values = noise(sc_variable_count(v), seed + 1000);
    sc_variable_from_picture(v, x, values);
    free(x);
    return values;
}

typedef void (*check_fn)(const sc_variable *v, sc_variable_kind kind, size_t pixels);

static const sc_variable_kind all_kinds[] = { SC_VARIABLE_PIXELS, SC_VARIABLE_PYRAMID, SC_VARIABLE_SUBSAMPLED,
                                              SC_VARIABLE_GREY };

/* Every kind, size, number of levels and border. */
static void check_all(check_fn check)
{
    for (size_t i = 0; i < SIZES; i++)
        for (int levels = 0; levels < 5; levels++)
            for (int wrap = 0; wrap < 2; wrap++)
                for (size_t k = 0; k < sizeof all_kinds / sizeof *all_kinds; k++) {
                    sc_variable *v = variable_of(all_kinds[k], sizes[i][0], sizes[i][1], levels, wrap, pool);
                    check(v, all_kinds[k], (size_t)sizes[i][0] * (size_t)sizes[i][1] * 3);
                    sc_variable_free(v);
                }
}

/* All of it, or lightness. */
static void check_reconstruction(const sc_variable *v, sc_variable_kind kind, size_t pixels)
{
    size_t count = sc_variable_count(v);
    float *x = noise(pixels, 1), *values = noise(count, 2), *back = noise(pixels, 3);
    sc_variable_from_picture(v, x, values);
    sc_variable_to_picture(v, values, back);
    for (size_t i = 0; i < pixels && has_less_colour(kind); i += 3) {
        x[i] = x[i] + x[i + 1] + x[i + 2];
        back[i] = back[i] + back[i + 1] + back[i + 2];
        if (kind == SC_VARIABLE_GREY)
            assert_true(back[i + 1] == back[i + 2]);
        x[i + 1] = x[i + 2] = back[i + 1] = back[i + 2] = 0;
    }
    assert_true(largest_difference(x, back, pixels) < (has_less_colour(kind) ? 4e-6 : 1e-6));
    free(x);
    free(values);
    free(back);
}

static void pictures_come_back(void **state)
{
    (void)state;
    check_all(check_reconstruction);
}

/* <to_picture(v), g> = <v, pull_back(g)> */
static void check_adjoint(const sc_variable *v, sc_variable_kind kind, size_t pixels)
{
    (void)kind;
    size_t count = sc_variable_count(v);
    float *values = values_of(v, pixels, 4), *x = noise(pixels, 5), *g = noise(pixels, 6), *pulled = noise(count, 7);
    sc_variable_to_picture(v, values, x);
    sc_variable_pull_back(v, g, pulled);
    double scale = sqrt(dot(x, x, pixels) * dot(g, g, pixels));
    assert_true(fabs(dot(x, g, pixels) - dot(values, pulled, count)) < 1e-6 * scale);
    free(values);
    free(x);
    free(g);
    free(pulled);
}

static void pull_back_is_the_adjoint(void **state)
{
    (void)state;
    check_all(check_adjoint);
}

/* The slope of 1/2 |to_picture(v) - t|^2 along a direction, by differences: exact for a quadratic but for rounding. */
static double half_square(const sc_variable *v, const float *values, const float *target, float *x, size_t pixels)
{
    sc_variable_to_picture(v, values, x);
    double sum = 0;
    for (size_t i = 0; i < pixels; i++)
        sum += 0.5 * ((double)x[i] - target[i]) * ((double)x[i] - target[i]);
    return sum;
}

static void check_gradient(const sc_variable *v, sc_variable_kind kind, size_t pixels)
{
    (void)kind;
    size_t count = sc_variable_count(v);
    float *values = values_of(v, pixels, 8), *direction = values_of(v, pixels, 9), *target = noise(pixels, 10),
          *x = noise(pixels, 11), *g = noise(count, 12);
    half_square(v, values, target, x, pixels);
    for (size_t i = 0; i < pixels; i++)
        x[i] -= target[i];
    sc_variable_pull_back(v, x, g);
    double slope = dot(g, direction, count), side[2];
    for (int s = 0; s < 2; s++) {
        for (size_t i = 0; i < count; i++)
            values[i] += (s ? -2.f : 1.f) * 0.125f * direction[i];
        side[s] = half_square(v, values, target, x, pixels);
    }
    assert_true(fabs((side[0] - side[1]) / 0.25 - slope) <
                1e-5 * sqrt(dot(g, g, count) * dot(direction, direction, count)));
    free(values);
    free(direction);
    free(target);
    free(x);
    free(g);
}

static void gradients_by_differences(void **state)
{
    (void)state;
    check_all(check_gradient);
}

/* By hand: a row of 4 halves to the means of pairs (a, b), and enlarges to a, 3a/4 + b/4, a/4 + 3b/4, b; wrapped, the
 * ends are 3a/4 + b/4 too. */
static void values_by_hand(void **state)
{
    (void)state;
    static const float row[4] = { 1, 3, 10, 2 };
    for (int wrap = 0; wrap < 2; wrap++) {
        const float up[4] = { wrap ? 3 : 2, 3, 5, wrap ? 5 : 6 };
        sc_variable *v = variable_of(SC_VARIABLE_PYRAMID, 4, 1, 2, wrap, pool);
        assert_int_equal(sc_variable_count(v), 4 * 3 + 2 * 3);
        float x[12], values[18], gradient[18];
        for (int i = 0; i < 12; i++)
            x[i] = row[i / 3] * (float)(1 + i % 3); /* channels 1, 2, 3 times the row */
        sc_variable_from_picture(v, x, values);
        for (int i = 0; i < 12; i++)
            assert_true(values[i] == x[i] - up[i / 3] * (float)(1 + i % 3));
        for (int i = 0; i < 6; i++)
            assert_true(values[12 + i] == (i < 3 ? 2.f : 6.f) * (float)(1 + i % 3));
        memset(x, 0, sizeof x);
        x[0] = 8; /* a gradient at the first pixel's red alone */
        sc_variable_pull_back(v, x, gradient);
        assert_true(gradient[0] == 8 && gradient[12] == (wrap ? 6 : 8) && gradient[15] == (wrap ? 2 : 0) &&
                    gradient[13] == 0 && gradient[3] == 0);
        sc_variable_free(v);
    }
}

/* Colour at half the size: one colour comes back as it is, a picture whose pixels change places in hue alone loses it,
 * and what is bright stays bright to the pixel. */
static void colour_is_half_as_fine(void **state)
{
    (void)state;
    enum { EDGE = 16, PIXELS = EDGE * EDGE };
    static const float one[3] = { 0.9f, 0.4f, 0.2f }, other[3] = { 0.2f, 0.4f, 0.9f };
    for (int wrap = 0; wrap < 2; wrap++) {
        sc_variable *v = variable_of(SC_VARIABLE_SUBSAMPLED, EDGE, EDGE, 0, wrap, pool);
        assert_int_equal(sc_variable_count(v), PIXELS + 3 * PIXELS / 4);
        float x[3 * PIXELS], back[3 * PIXELS], values[2 * PIXELS];
        for (int i = 0; i < 3 * PIXELS; i++)
            x[i] = one[i % 3];
        sc_variable_from_picture(v, x, values);
        sc_variable_to_picture(v, values, back);
        assert_true(largest_difference(x, back, 3 * PIXELS) < 1e-6);
        for (int i = 0; i < 3 * PIXELS; i++) /* a chequerboard of two hues */
            x[i] = (i / 3 + i / 3 / EDGE) % 2 ? one[i % 3] : other[i % 3];
        sc_variable_from_picture(v, x, values);
        sc_variable_to_picture(v, values, back);
        for (int i = 0; i < 3 * PIXELS; i++)
            assert_true(fabs((double)back[i] - (i % 3 == 1 ? 0.4 : 0.55)) < 1e-6);
        for (int i = 0; i < 3 * PIXELS; i++) /* and one of bright and dark */
            x[i] = (i / 3 + i / 3 / EDGE) % 2 ? 0.8f : 0.3f;
        sc_variable_from_picture(v, x, values);
        sc_variable_to_picture(v, values, back);
        assert_true(largest_difference(x, back, 3 * PIXELS) < 1e-6);
        sc_variable_free(v);
    }
}

/* A picture that is pushed round the border has coefficients that are pushed round, with wrap; without, it has not. */
static void wrapped_pyramids_have_no_border(void **state)
{
    (void)state;
    enum { W = 32, H = 16, SHIFT = 8, LEVELS = 4 };
    static float x[H * W * 3], pushed[H * W * 3], a[H * W * 4], b[H * W * 4];
    for (size_t i = 0; i < H * W * 3; i++)
        x[i] = sc_random_normal(20, i);
    for (size_t y = 0; y < H; y++)
        for (size_t i = 0; i < W * 3; i++)
            pushed[(y + SHIFT) % H * W * 3 + (i + 3 * SHIFT) % (W * 3)] = x[y * W * 3 + i];
    for (int wrap = 0; wrap < 2; wrap++) {
        sc_variable *v = variable_of(SC_VARIABLE_PYRAMID, W, H, LEVELS, wrap, pool);
        assert_true(sc_variable_count(v) <= H * W * 4);
        sc_variable_from_picture(v, x, a);
        sc_variable_from_picture(v, pushed, b);
        double largest = 0;
        size_t offset = 0;
        for (size_t level = 0; level < LEVELS; level++) {
            size_t w = W >> level, h = H >> level, shift = SHIFT >> level;
            for (size_t y = 0; y < h; y++)
                for (size_t i = 0; i < w * 3; i++)
                    largest =
                        fmax(largest, fabs((double)b[offset + (y + shift) % h * w * 3 + (i + 3 * shift) % (w * 3)] -
                                           a[offset + y * w * 3 + i]));
            offset += w * h * 3;
        }
        assert_true(wrap ? largest < 1e-6 : largest > 0.1);
        sc_variable_free(v);
    }
}

static void same_bytes_at_any_thread_count(void **state)
{
    (void)state;
    static const int threads[] = { 1, 2, 3, 8 }, some[][2] = { { 512, 384 }, { 333, 517 }, { 3, 9001 }, { 9001, 3 } };
    sc_error err;
    for (size_t s = 0; s < sizeof some / sizeof *some; s++) {
        size_t pixels = (size_t)some[s][0] * (size_t)some[s][1] * 3;
        float *x = noise(pixels, 30), *first[3] = { 0 };
        for (size_t t = 0; t < sizeof threads / sizeof *threads; t++) {
            sc_threads *own;
            assert_int_equal(sc_threads_create(&own, threads[t], &err), 0);
            sc_variable *v = variable_of(SC_VARIABLE_PYRAMID, some[s][0], some[s][1], 0, false, own);
            sc_variable *larger =
                variable_of(SC_VARIABLE_PYRAMID, some[s][0] * 7 / 5, some[s][1] * 7 / 5, 0, false, own);
            size_t counts[3] = { sc_variable_count(v), sc_variable_count(v), sc_variable_count(larger) };
            float *now[3];
            for (int i = 0; i < 3; i++)
                now[i] = malloc(counts[i] * sizeof(float));
            sc_variable_from_picture(v, x, now[0]);
            sc_variable_pull_back(v, x, now[1]);
            assert_int_equal(sc_variable_carry(v, now[1], larger, now[2], 1, &err), 0);
            for (int i = 0; i < 3; i++) {
                if (t)
                    assert_memory_equal(first[i], now[i], counts[i] * sizeof(float));
                free(t ? now[i] : NULL);
                first[i] = t ? first[i] : now[i];
            }
            sc_variable_free(v);
            sc_variable_free(larger);
            sc_threads_destroy(own);
        }
        for (int i = 0; i < 3; i++)
            free(first[i]);
        free(x);
    }
}

/* The gradient of a mean over positions at a picture of any size: a smooth density, divided by the number of pixels. */
static float *smooth_gradient(int width, int height)
{
    float *g = malloc((size_t)width * (size_t)height * 3 * sizeof *g);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            for (int c = 0; c < 3; c++) {
                double u = (x + 0.5) / width, v = (y + 0.5) / height;
                g[((size_t)y * (size_t)width + (size_t)x) * 3 + (size_t)c] =
                    (float)((2 + sin(5 * u + c) * cos(4 * v)) / ((double)width * height));
            }
    return g;
}

/* Carried to a larger picture, first moments are those that the larger picture's own gradient would have left, and
 * second ones their squares, at every level: also where a level is new, and with sizes between the levels. Smooth stays
 * smooth. */
static void moments_are_carried(void **state)
{
    (void)state;
    static const int steps[][4] = {
        { 64, 48, 128, 96 }, { 64, 48, 90, 68 }, { 128, 96, 512, 384 }, { 45, 31, 97, 66 }, { 96, 96, 64, 64 }
    };
    sc_error err = { 0 };
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        for (size_t kind = 0; kind < sizeof all_kinds / sizeof *all_kinds; kind++) {
            const int *s = steps[i];
            sc_variable *from = variable_of(all_kinds[kind], s[0], s[1], 0, false, pool),
                        *to = variable_of(all_kinds[kind], s[2], s[3], 0, false, pool);
            size_t from_count = sc_variable_count(from), to_count = sc_variable_count(to);
            float *small = smooth_gradient(s[0], s[1]), *large = smooth_gradient(s[2], s[3]);
            float *known = malloc(from_count * sizeof *known), *wanted = malloc(to_count * sizeof *wanted),
                  *carried = malloc(to_count * sizeof *carried);
            sc_variable_pull_back(from, small, known);
            sc_variable_pull_back(to, large, wanted);
            for (int power = 1; power <= 2; power++) {
                for (size_t k = 0; k < from_count && power == 2; k++)
                    known[k] *= known[k];
                assert_int_equal(sc_variable_carry(from, known, to, carried, power, &err), 0);
                double worst = 0, largest = 0; /* colour may be 0 */
                for (size_t k = 0; k < to_count; k++)
                    largest = fmax(largest, fabs(pow(wanted[k], power)));
                for (size_t k = 0; k < to_count; k++) {
                    double right = pow(wanted[k], power);
                    worst = fmax(worst,
                                 fabs(carried[k] - right) / (has_less_colour(all_kinds[kind]) ? largest : fabs(right)));
                }
                assert_true(worst <
                            0.12 * power); /* at borders of coarse levels with odd edges; 0.03 where edges double */
                for (size_t k = 0; k < to_count && power == 2; k++)
                    assert_true(carried[k] >= 0);
            }
            sc_variable_free(from);
            sc_variable_free(to);
            free(small);
            free(large);
            free(known);
            free(wanted);
            free(carried);
        }
}

/* Power 0 leaves values alone: between equal sizes bit for bit, and a constant stays that constant. */
static void carrying_changes_nothing_else(void **state)
{
    (void)state;
    sc_error err = { 0 };
    sc_variable *one = variable_of(SC_VARIABLE_PYRAMID, 37, 52, 0, true, pool),
                *two = variable_of(SC_VARIABLE_PYRAMID, 74, 104, 0, true, pool);
    size_t count = sc_variable_count(one), larger = sc_variable_count(two);
    float *values = noise(count, 40), *same = noise(count, 41), *constant = noise(larger, 42);
    assert_int_equal(sc_variable_carry(one, values, one, same, 0, &err), 0);
    assert_memory_equal(values, same, count * sizeof *values);
    assert_int_equal(sc_variable_carry(one, values, one, same, 2, &err), 0);
    assert_memory_equal(values, same, count * sizeof *values);
    for (size_t i = 0; i < count; i++)
        values[i] = 0.75f;
    assert_int_equal(sc_variable_carry(one, values, two, constant, 0, &err), 0);
    for (size_t i = 0; i < larger; i++)
        assert_true(fabsf(constant[i] - 0.75f) < 1e-6f);
    sc_variable_free(one);
    sc_variable_free(two);
    free(values);
    free(same);
    free(constant);
}

static void nonsense_is_refused(void **state)
{
    (void)state;
    sc_error err = { 0 };
    sc_variable *v, *pixels = variable_of(SC_VARIABLE_PIXELS, 8, 8, 0, false, pool),
                    *pyramid = variable_of(SC_VARIABLE_PYRAMID, 8, 8, 3, false, pool);
    static const int wrong[][3] = { { 0, 4, 0 }, { 4, 0, 0 }, { -3, 4, 0 }, { 4, 4, -1 }, { 1 << 30, 1 << 30, 0 } };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(
            sc_variable_create(&v, SC_VARIABLE_PYRAMID, wrong[i][0], wrong[i][1], wrong[i][2], false, pool, &err),
            SCUMBLE_ERR_ARGUMENT);
        assert_null(v);
        assert_true(strlen(err.text) > 20);
    }
    float a[300] = { 0 }, b[300] = { 0 };
    assert_int_equal(sc_variable_carry(pixels, a, pyramid, b, 1, &err), SCUMBLE_ERR_ARGUMENT);
    assert_int_equal(sc_variable_carry(pyramid, a, pixels, b, 1, &err), SCUMBLE_ERR_ARGUMENT);
    sc_variable_free(pixels);
    sc_variable_free(pyramid);
}

static void level_sizes(void **state)
{
    (void)state;
    static const struct {
        int width, height, levels, count, last_width, last_height;
    } cases[] = {
        { 512, 512, 0, 7, 8, 8 },     { 512, 3, 0, 7, 8, 1 },
        { 17, 31, 0, 2, 8, 15 },      { 7, 7, 0, 1, 7, 7 },
        { 1, 1, 9, 1, 1, 1 },         { 5, 2, 9, 3, 1, 1 },
        { 100, 100, 3, 3, 25, 25 },   { 1, 2000000000, 0, 28, 1, 14 },
        { 512, 512, 1, 1, 512, 512 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sc_level level[SC_MAX_LEVELS];
        int count = sc_pyramid_levels(cases[i].width, cases[i].height, cases[i].levels, level);
        assert_int_equal(count, cases[i].count);
        assert_int_equal(level[count - 1].width, cases[i].last_width);
        assert_int_equal(level[count - 1].height, cases[i].last_height);
    }
    assert_true(sc_variable_need(SC_VARIABLE_PIXELS, 5000, 5000, 0, 8).big <
                4096); /* pixels need nothing of their own */
    size_t bytes = (size_t)sc_variable_need(SC_VARIABLE_PYRAMID, 1024, 1024, 0, 2).big,
           scratch = 1024 * 1024 * 4 / 3 * 3;
    assert_true(bytes > scratch && bytes < scratch * 5 / 4);
}

/* ---- what it is for -------------------------------------------------------------------------------------------- */

/* f = mean (to_picture(v) - t)^2 for a smooth t. */
typedef struct smooth_target {
    sc_variable *variable;
    size_t pixels;
    float *target, *x;
} smooth_target;

static int squared_distance(void *user, const float *values, float *gradient, double *f, sc_error *err)
{
    (void)err;
    smooth_target *t = user;
    sc_variable_to_picture(t->variable, values, t->x);
    *f = 0;
    for (size_t i = 0; i < t->pixels; i++) {
        float d = t->x[i] - t->target[i];
        *f += (double)d * d / (double)t->pixels;
        t->x[i] = 2 * d / (float)t->pixels;
    }
    sc_variable_pull_back(t->variable, t->x, gradient);
    return 0;
}

/* Steps until the mean square is 1/1000 of the first. */
static int steps_needed(sc_variable_kind kind, double learning_rate)
{
    enum { SIZE = 128, MOST = 2000 };
    sc_error err = { 0 };
    smooth_target t = { .variable = variable_of(kind, SIZE, SIZE, 0, false, pool), .pixels = SIZE * SIZE * 3 };
    size_t count = sc_variable_count(t.variable);
    t.target = smooth_gradient(SIZE, SIZE);
    t.x = malloc(t.pixels * sizeof *t.x);
    float *values = malloc(count * sizeof *values);
    for (size_t i = 0; i < t.pixels; i++) {
        t.target[i] *= 0.3f * SIZE * SIZE; /* 0.3 .. 0.9 */
        t.x[i] = 0.5f + 0.02f * sc_random_normal(50, i);
    }
    sc_variable_from_picture(t.variable, t.x, values);
    sc_problem problem = { .count = count, .threads = pool, .evaluate = squared_distance, .user = &t };
    sc_adam_options options = { .learning_rate = learning_rate };
    sc_optimizer *optimizer;
    assert_int_equal(sc_adam_create(&optimizer, &problem, values, &options, &err), 0);
    double first = 0;
    int steps = 0;
    for (sc_step step; steps < MOST; steps++) {
        assert_int_equal(sc_optimizer_step(optimizer, &step, &err), 0);
        first = steps ? first : step.f;
        if (step.f < 1e-3 * first)
            break;
    }
    sc_optimizer_free(optimizer);
    sc_variable_free(t.variable);
    free(t.target);
    free(t.x);
    free(values);
    return steps;
}

static void pyramids_move_areas_fast(void **state)
{
    (void)state;
    int pixels = steps_needed(SC_VARIABLE_PIXELS, 0.002), pyramid = steps_needed(SC_VARIABLE_PYRAMID, 0.002);
    print_message("steps of 0.002 to 1/1000 of the squared distance: pixels %d, pyramid %d\n", pixels, pyramid);
    assert_true(pyramid > 0 && 3 * pyramid < pixels);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(level_sizes),
        cmocka_unit_test(values_by_hand),
        cmocka_unit_test(colour_is_half_as_fine),
        cmocka_unit_test(pictures_come_back),
        cmocka_unit_test(pull_back_is_the_adjoint),
        cmocka_unit_test(gradients_by_differences),
        cmocka_unit_test(wrapped_pyramids_have_no_border),
        cmocka_unit_test(same_bytes_at_any_thread_count),
        cmocka_unit_test(moments_are_carried),
        cmocka_unit_test(carrying_changes_nothing_else),
        cmocka_unit_test(nonsense_is_refused),
        cmocka_unit_test(pyramids_move_areas_fast),
    };
    return cmocka_run_group_tests_name("variable", tests, set_up, tear_down);
}
