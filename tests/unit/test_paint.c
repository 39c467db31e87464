/* SPDX-License-Identifier: MIT */
/* Painting with generators: tiles give what the whole picture gives, for random programs, at any size; sizes that a
 * generator cannot take; what the result inherits; strength and colours; limits. The published generator is looked for
 * in $SCUMBLE_SHARED, or ../shared beside the source; without it its test skips. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/memory.h"
#include "loss/moments.h"
#include "colour/oklab.h"
#include "paint/paint.h"
#include "paint/fixed.h"
#include "paint/tiles.h"
#include "core/process.h"
#include "picture_fixture.h"
#include "program_fixture.h"
#include "../graph_fixture.h"
#include "../device_fixture.h"

static int stop(void **state)
{
    sc_big_limit(0);
    return stop_pool(state);
}

/* ---- random programs ------------------------------------------------------------------------------------------- */

/* A program in the making: the map in hand, of `channels`, at 1 / scale of the picture; and maps of scale 1 and 2 for
 * skips. */
typedef struct maker {
    sc_program *program;
    uint64_t seed, drawn;
    sc_operand x, skip[2];
    int channels, scale, parameters;
} maker;

/* 0 .. count - 1 */
static int draw(maker *m, int count)
{
    return (int)(sc_random_uniform(m->seed, m->drawn++) * (float)count);
}

static sc_operand noise(maker *m, sc_shape shape, float mean, float deviation)
{
    char name[32];
    size_t count = sc_shape_count(shape);
    float *values = malloc(count * sizeof *values);
    snprintf(name, sizeof name, "p%d", m->parameters++);
    for (size_t i = 0; i < count; i++)
        values[i] = mean + deviation * sc_random_normal(m->seed + (uint64_t)m->parameters, i);
    sc_operand operand = sc_program_parameter(m->program, name, shape, values);
    free(values);
    return operand;
}

static void add(maker *m, const sc_op *op, const void *attrs, const sc_operand *inputs, int count)
{
    m->x = sc_program_op(m->program, op, attrs, inputs, count);
}

static void add_conv(maker *m, int out, int size, int stride, int dilation, bool pad_first)
{
    static const sc_padding_mode modes[] = { SC_PAD_ZERO, SC_PAD_REPLICATE, SC_PAD_REFLECT };
    int before = dilation * (size - 1) / 2, after = dilation * (size - 1) - before;
    sc_padding padding = { before, after, before, after, modes[draw(m, 3)] };
    sc_conv2d_attrs attrs = {
        .stride_h = stride, .stride_w = stride, .dilation_h = dilation, .dilation_w = dilation, .relu = draw(m, 4) == 0
    };
    if (pad_first)
        add(m, &sc_op_pad, &padding, (sc_operand[]){ m->x }, 1);
    else
        attrs.padding = padding;
    sc_operand weight =
        noise(m, (sc_shape){ out, m->channels, size, size }, 0, 1 / sqrtf((float)(m->channels * size * size)));
    add(m, &sc_op_conv2d, &attrs, (sc_operand[]){ m->x, weight, noise(m, (sc_shape){ 1, out, 1, 1 }, 0.1f, 0.3f) }, 3);
    m->channels = out;
    m->scale *= stride;
}

static void add_norm(maker *m)
{
    sc_shape shape = { 1, m->channels, 1, 1 };
    add(m, &sc_op_instance_norm, &(sc_norm_attrs){ .epsilon = 1e-5f },
        (sc_operand[]){ m->x, noise(m, shape, 1, 0.3f), noise(m, shape, 0, 0.3f) }, 3);
}

static void add_pool(maker *m)
{
    bool overlap = draw(m, 2);
    sc_pool2d_attrs attrs = { .size_h = overlap ? 3 : 2,
                              .size_w = overlap ? 3 : 2,
                              .stride_h = 2,
                              .stride_w = 2,
                              .top = overlap,
                              .left = overlap,
                              .include_padding = draw(m, 2) };
    add(m, draw(m, 2) ? &sc_op_max_pool2d : &sc_op_average_pool2d, &attrs, (sc_operand[]){ m->x }, 1);
    m->scale *= 2;
}

static void add_shift(maker *m) /* what a frame takes away on one side and gives on the other */
{
    static const sc_padding_mode modes[] = { SC_PAD_ZERO, SC_PAD_REPLICATE, SC_PAD_REFLECT };
    sc_padding padding = { 3, 0, 0, 2, modes[draw(m, 3)] };
    add(m, &sc_op_pad, &padding, (sc_operand[]){ m->x }, 1);
    sc_operand weight = noise(m, (sc_shape){ m->channels, m->channels, 4, 3 }, 0, 0.3f / (float)m->channels);
    add(m, &sc_op_conv2d, NULL, (sc_operand[]){ m->x, weight }, 2);
}

static void add_crop(maker *m)
{
    add(m, &sc_op_pad, &(sc_padding){ 2, 3, 1, 4, SC_PAD_REFLECT }, (sc_operand[]){ m->x }, 1);
    add(m, &sc_op_crop, &(sc_crop_attrs){ 3, 2, 1, 4 }, (sc_operand[]){ m->x }, 1);
}

/* A norm as foreign networks write it out, of all channels together or of each: means over the whole map, and what is
 * computed from them. */
static void add_written_norm(maker *m)
{
    sc_operand x = m->x, one = noise(m, (sc_shape){ 1, 1, 1, 1 }, 1e-3f, 0),
               average = noise(m, (sc_shape){ 1, m->channels, 1, 1 }, 1 / (float)m->channels, 0);
    bool all = draw(m, 2);
    add(m, &sc_op_channel_mean, &(sc_channel_mean_attrs){ false }, (sc_operand[]){ x }, 1);
    if (all)
        add(m, &sc_op_conv2d, NULL, (sc_operand[]){ m->x, average }, 2);
    sc_operand centred = sc_program_op(m->program, &sc_op_add, &(sc_add_attrs){ 1, -1 }, (sc_operand[]){ x, m->x }, 2);
    sc_operand squares = sc_program_op(m->program, &sc_op_multiply, NULL, (sc_operand[]){ centred, centred }, 2);
    add(m, &sc_op_channel_mean, &(sc_channel_mean_attrs){ draw(m, 4) == 0 }, (sc_operand[]){ squares }, 1);
    if (all)
        add(m, &sc_op_conv2d, NULL, (sc_operand[]){ m->x, average }, 2);
    add(m, &sc_op_add, &(sc_add_attrs){ 1, 1 }, (sc_operand[]){ m->x, one }, 2);
    add(m, &sc_op_square_root, NULL, (sc_operand[]){ m->x }, 1);
    add(m, &sc_op_reciprocal, NULL, (sc_operand[]){ m->x }, 1);
    add(m, &sc_op_multiply, NULL, (sc_operand[]){ centred, m->x }, 2);
}

static void enlarge(maker *m)
{
    int how = draw(m, 3), channels = m->channels;
    if (how == 2) {
        add_conv(m, 4 * channels, 1 + draw(m, 3), 1, 1, draw(m, 2));
        add(m, &sc_op_depth_to_space, &(sc_depth_to_space_attrs){ 2, draw(m, 2) }, (sc_operand[]){ m->x }, 1);
        m->channels = channels;
    } else {
        m->x = sc_program_enlarge(m->program, how ? &sc_op_resize_nearest : &sc_op_resize_bilinear, m->x, 2);
    }
    m->scale /= 2;
}

/* With an earlier map of this scale: added, beside it, or as a factor. */
static void join_skip(maker *m)
{
    enum { CHANNELS = 6 };
    sc_operand skip = m->skip[m->scale > 1];
    if (m->scale > 2 || skip == SC_PROGRAM_INPUT)
        return;
    add_conv(m, CHANNELS, 1, 1, 1, false);
    int how = draw(m, 3);
    if (how == 0)
        add(m, &sc_op_add, &(sc_add_attrs){ 1, 0.7f }, (sc_operand[]){ m->x, skip }, 2);
    else if (how == 1)
        add(m, &sc_op_multiply, NULL, (sc_operand[]){ skip, m->x }, 2);
    else
        add(m, &sc_op_concat, NULL, (sc_operand[]){ skip, m->x }, 2);
    m->channels = how == 2 ? 2 * CHANNELS : CHANNELS;
}

static void keep_skip(maker *m)
{
    enum { CHANNELS = 6 };
    if (m->scale > 2)
        return;
    add_conv(m, CHANNELS, 3, 1, 1, false);
    m->skip[m->scale > 1] = m->x;
}

static void add_something(maker *m)
{
    static const sc_op *const curves[] = { &sc_op_relu, &sc_op_tanh, &sc_op_sigmoid };
    switch (draw(m, 12)) {
    case 0: add_conv(m, 4 + draw(m, 8), 1 + draw(m, 5), 1, 1 + draw(m, 2), draw(m, 2)); break;
    case 1:
    case 2: add_norm(m); break;
    case 3: add(m, curves[draw(m, 3)], NULL, (sc_operand[]){ m->x }, 1); break;
    case 4: add(m, &sc_op_leaky_relu, &(sc_leaky_relu_attrs){ 0.3f }, (sc_operand[]){ m->x }, 1); break;
    case 5: add_shift(m); break;
    case 6: keep_skip(m); break;
    case 7: join_skip(m); break;
    case 8: add_written_norm(m); break;
    case 9: add_crop(m); break;
    case 10:
        if (m->scale > 1)
            enlarge(m);
        break;
    default:
        if (m->scale >= 4)
            enlarge(m);
        else if (draw(m, 2))
            add_pool(m);
        else
            add_conv(m, 4 + draw(m, 8), 3, 2, 1, draw(m, 2));
    }
}

/* From picture to picture; with norms, strides and skips as they come. */
static sc_program *random_program(uint64_t seed)
{
    maker m = {
        sc_program_create(3), 1000 * seed, 0, SC_PROGRAM_INPUT, { SC_PROGRAM_INPUT, SC_PROGRAM_INPUT }, 3, 1, 0
    };
    sc_shape shape;
    for (int i = 0, count = 6 + draw(&m, 12); i < count; i++)
        add_something(&m);
    while (m.scale > 1)
        enlarge(&m);
    add_conv(&m, 3, 3, 1, 1, false);
    MUST(sc_program_check(m.program, 64, &shape, &err));
    assert_true(sc_shape_equal(shape, (sc_shape){ 1, 3, 64, 64 }));
    return m.program;
}

/* ---- tiles against the whole ----------------------------------------------------------------------------------- */

typedef struct ends {
    int height, width;
    const float *picture;
    float *result;
    double share; /* of the last report */
    int left;     /* reports until it stops; negative: never */
    bool wrap;    /* the picture repeats */
} ends;

static int modulo(int i, int extent)
{
    return (i % extent + extent) % extent;
}

static void read_window(void *user, const sc_window *w, float *to)
{
    const ends *e = user;
    for (int y = 0; y < w->height; y++)
        for (int x = 0; x < w->width; x++, to += 3) {
            assert_true(e->wrap || (w->top >= 0 && w->left >= 0 && w->top + w->height <= e->height &&
                                    w->left + w->width <= e->width));
            size_t row = (size_t)modulo(w->top + y, e->height), column = (size_t)modulo(w->left + x, e->width);
            memcpy(to, e->picture + 3 * (row * (size_t)e->width + column), 3 * sizeof *to);
        }
}

static void write_part(void *user, const sc_window *w, const float *from, size_t row_values)
{
    const ends *e = user;
    for (int y = 0; y < w->height; y++)
        for (int i = 0; i < 3 * w->width; i++) {
            float *to = &e->result[3 * ((size_t)(w->top + y) * (size_t)e->width + (size_t)w->left) + (size_t)i];
            assert_true(isnan(*to)); /* once only */
            *to = from[(size_t)y * row_values + (size_t)i];
        }
}

static int note(void *user, double share)
{
    ends *e = user;
    assert_true(share >= e->share && share <= 1);
    e->share = share;
    return e->left-- == 0;
}

/* The program's picture by tiles. room_bytes: for what is stored. Caller frees. */
static float *by_tiles_of(const sc_program *program, const float *picture, int height, int width, bool wrap,
                          double pixels, int64_t room_bytes, sc_threads *threads, int *tiles)
{
    sc_paint_tiles t;
    size_t count = (size_t)height * (size_t)width * 3;
    ends e = { height, width, picture, malloc(count * sizeof(float)), 0, -1, wrap };
    for (size_t i = 0; i < count; i++)
        e.result[i] = NAN;
    MUST(sc_paint_tiles_create(&t, program, device_on(&sc_kernels_host, threads), height, width, wrap, room_bytes,
                               &err));
    assert_true(t.stages.stored_bytes <= room_bytes);
    MUST(sc_paint_tiles_cut(&t, pixels, &err));
    *tiles = sc_tiles_count(&t.tiles[t.stages.count - 1]);
    MUST(sc_paint_tiles_run(&t, &(sc_paint_ends){ read_window, write_part, note, &e }, &err));
    sc_paint_tiles_free(&t);
    return e.result;
}

static float *by_tiles(const sc_program *program, const float *picture, int height, int width, double pixels,
                       int64_t room_bytes, sc_threads *threads, int *tiles)
{
    return by_tiles_of(program, picture, height, width, false, pixels, room_bytes, threads, tiles);
}

static float *whole(const sc_program *program, const float *picture, int height, int width)
{
    sc_graph *graph;
    sc_value y;
    size_t bytes = (size_t)height * (size_t)width * 3 * sizeof(float);
    MUST(sc_graph_create(&graph, device_on(&sc_kernels_host, pool), &err));
    sc_value x = sc_graph_input(graph, "x", (sc_shape){ 1, 3, height, width });
    MUST(sc_program_build(program, graph, x, true, NULL, &y, &err));
    sc_graph_keep(graph, y);
    MUST(sc_graph_plan(graph, &err));
    graph_write(graph, x, picture);
    MUST(sc_graph_run_forward(graph, &err));
    float *result = malloc(bytes);
    memcpy(result, graph_values(graph, y), bytes);
    sc_graph_destroy(graph);
    return result;
}

/* As a program without norms, which are measured first (paint/fixed.h). */
static float *without_norms(const sc_program *program, const float *picture, int height, int width)
{
    sc_paint_tiles t;
    sc_program *fixed;
    ends e = { .height = height, .width = width, .picture = picture, .left = -1 };
    sc_device *device = device_on(&sc_kernels_host, pool);
    MUST(sc_paint_tiles_create(&t, program, device, height, width, false, INT64_MAX, &err));
    MUST(sc_paint_tiles_cut(&t, 100 * 100, &err));
    MUST(sc_paint_tiles_measure(&t, &(sc_paint_ends){ read_window, NULL, note, &e }, 1, &err));
    MUST(sc_canvas_fix(&t.canvas, device, &fixed, &err));
    for (int i = 0; i < fixed->operation_count; i++)
        assert_false(sc_canvas_measures(&fixed->operations[i]));
    float *result = whole(fixed, picture, height, width);
    sc_program_free(fixed);
    sc_paint_tiles_free(&t);
    return result;
}

/* The largest difference, as part of the largest value. */
static double difference(const float *a, const float *b, size_t count)
{
    double most = 0, largest = 0;
    for (size_t i = 0; i < count; i++) {
        double d = fabs((double)a[i] - (double)b[i]);
        most = d > most || isnan(d) ? d : most;
        largest = fmax(largest, fabs((double)b[i]));
    }
    return most / largest;
}

static void random_programs(void **state)
{
    (void)state;
    enum { PROGRAMS = 60 };
    static const int sizes[][2] = { { 136, 264 }, { 200, 72 }, { 160, 160 } };
    int norms = 0, cut = 0;
    for (uint64_t seed = 1; seed <= PROGRAMS; seed++) {
        sc_program *program = random_program(seed);
        const int *size = sizes[seed % 3];
        sc_image photo = picture(size[1], size[0], seed, 0.4f);
        size_t count = (size_t)size[0] * (size_t)size[1] * 3;
        float *expected = whole(program, photo.rgb, size[0], size[1]);
        for (int i = 0; i < program->operation_count; i++)
            norms += program->operations[i].op == &sc_op_instance_norm;
        for (int room = 0; room < 3; room++) { /* nothing is stored; a little; what is worth it */
            int tiles;
            float *tiled = by_tiles(program, photo.rgb, size[0], size[1], 100 * 100,
                                    (int64_t[]){ 0, 2 << 20, INT64_MAX }[room], pool, &tiles);
            cut += tiles > 1;
            double d = difference(tiled, expected, count);
            if (!(d < 2e-5))
                fail_msg("program %d, %d x %d, room %d: tiles differ by %g", (int)seed, size[1], size[0], room, d);
            free(tiled);
        }
        float *fixed = without_norms(program, photo.rgb, size[0], size[1]);
        double d = difference(fixed, expected, count);
        if (!(d < 2e-5))
            fail_msg("program %d, %d x %d: without norms it differs by %g", (int)seed, size[1], size[0], d);
        free(fixed);
        free(expected);
        sc_image_free(&photo);
        sc_program_free(program);
    }
    assert_true(norms > PROGRAMS && cut > 2 * PROGRAMS);
}

/* to = from, moved down and to the right, and in again on the other side. */
static void roll(const float *from, float *to, int height, int width, int down, int right)
{
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            memcpy(to + 3 * (modulo(y + down, height) * width + modulo(x + right, width)), from + 3 * (y * width + x),
                   3 * sizeof *to);
}

/* A picture that repeats has no edges: moved, it becomes the same, moved. And tiles give what one gives. */
static void repeating(void **state)
{
    (void)state;
    enum { PROGRAMS = 40, HEIGHT = 96, WIDTH = 144, DOWN = 40, RIGHT = 16, COUNT = HEIGHT * WIDTH * 3 };
    static float moved[COUNT], expected[COUNT];
    int cut = 0;
    for (uint64_t seed = 1; seed <= PROGRAMS; seed++) {
        sc_program *program = random_program(seed);
        sc_image photo = picture(WIDTH, HEIGHT, seed, 0.4f);
        int tiles;
        float *one = by_tiles_of(program, photo.rgb, HEIGHT, WIDTH, true, 1e9, INT64_MAX, pool, &tiles);
        assert_int_equal(tiles, 1);
        roll(photo.rgb, moved, HEIGHT, WIDTH, DOWN, RIGHT);
        roll(one, expected, HEIGHT, WIDTH, DOWN, RIGHT);
        for (int room = 0; room < 2; room++) {
            float *many = by_tiles_of(program, moved, HEIGHT, WIDTH, true, 90 * 90, room ? INT64_MAX : 0, pool, &tiles);
            cut += tiles > 1;
            double d = difference(many, expected, COUNT);
            if (!(d < 2e-5))
                fail_msg("program %d, room %d: what was moved differs by %g", (int)seed, room, d);
            free(many);
        }
        free(one);
        sc_image_free(&photo);
        sc_program_free(program);
    }
    assert_true(cut > PROGRAMS);
}

/* Any number of threads gives the same bytes. */
static void threads_do_not_matter(void **state)
{
    (void)state;
    sc_program *program = random_program(7);
    sc_image photo = picture(264, 136, 3, 0.4f);
    float *results[3];
    for (int i = 0; i < 3; i++) {
        sc_threads *threads;
        int tiles;
        MUST(sc_threads_create(&threads, 1 + 2 * i, &err));
        results[i] = by_tiles(program, photo.rgb, 136, 264, 100 * 100, INT64_MAX, threads, &tiles);
        sc_threads_destroy(threads);
    }
    assert_memory_equal(results[0], results[1], 264 * 136 * 3 * sizeof(float));
    assert_memory_equal(results[0], results[2], 264 * 136 * 3 * sizeof(float));
    for (int i = 0; i < 3; i++)
        free(results[i]);
    sc_image_free(&photo);
    sc_program_free(program);
}

/* A result that is normalised maps; their means are far from 0. */
static void means_far_from_zero(void **state)
{
    (void)state;
    maker m = { sc_program_create(3), 5, 0, SC_PROGRAM_INPUT, { 0 }, 3, 1, 0 };
    sc_shape shape = { 1, 3, 1, 1 };
    for (int i = 0; i < 2; i++) {
        add(&m, &sc_op_add, &(sc_add_attrs){ 1, 1 }, (sc_operand[]){ m.x, noise(&m, shape, 100, 0) }, 2);
        add_norm(&m);
    }
    add_conv(&m, 3, 3, 1, 1, false);
    sc_image photo = picture(200, 150, 3, 0.4f);
    int tiles;
    float *expected = whole(m.program, photo.rgb, 148, 200),
          *tiled = by_tiles(m.program, photo.rgb, 148, 200, 90 * 90, INT64_MAX, pool, &tiles);
    double d = difference(tiled, expected, 148 * 200 * 3);
    if (tiles < 4 || !(d < 1e-4))
        fail_msg("%d tiles differ by %g", tiles, d);
    free(expected);
    free(tiled);
    sc_image_free(&photo);
    sc_program_free(m.program);
}

/* Against the plain formula; parts of any size, in any number. */
static void moments_join(void **state)
{
    (void)state;
    enum { ROWS = 90, COLUMNS = 70, CHANNELS = 5 };
    float *values = malloc(ROWS * COLUMNS * CHANNELS * sizeof *values);
    sc_moments moments;
    float mean[CHANNELS], variance[CHANNELS];
    for (size_t i = 0; i < ROWS * COLUMNS * CHANNELS; i++)
        values[i] = 1e4f * (float)(i % CHANNELS) + sc_random_normal(1, i) * (float)(1 + i % CHANNELS);
    MUST(sc_moments_create(&moments, CHANNELS, &err));
    const int rows[] = { 0, 1, 40, 41, ROWS }, columns[] = { 0, 33, COLUMNS };
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < 2; k++)
            MUST(sc_moments_add(&moments, pool, values + (rows[i] * COLUMNS + columns[k]) * CHANNELS,
                                rows[i + 1] - rows[i], columns[k + 1] - columns[k], COLUMNS * CHANNELS, &err));
    sc_moments_finish(&moments, mean, variance);
    for (int c = 0; c < CHANNELS; c++) {
        double m = 0, v = 0;
        for (int p = 0; p < ROWS * COLUMNS; p++)
            m += (double)values[p * CHANNELS + c] / (ROWS * COLUMNS);
        for (int p = 0; p < ROWS * COLUMNS; p++)
            v += pow((double)values[p * CHANNELS + c] - m, 2) / (ROWS * COLUMNS);
        assert_true(fabs((double)mean[c] - m) < 1e-7 * (1 + fabs(m)));
        assert_true(fabs((double)variance[c] - v) < 1e-6 * v);
    }
    sc_moments_free(&moments);
    free(values);
}

static void reports_and_stops(void **state)
{
    (void)state;
    sc_program *program = random_program(2);
    sc_image photo = picture(264, 136, 3, 0.4f);
    sc_paint_tiles t;
    float *result = malloc(264 * 136 * 3 * sizeof *result);
    for (int left = -1; left < 3; left++) {
        for (int i = 0; i < 264 * 136 * 3; i++)
            result[i] = NAN;
        ends e = { 136, 264, photo.rgb, result, 0, left };
        MUST(sc_paint_tiles_create(&t, program, device_on(&sc_kernels_host, pool), 136, 264, false, INT64_MAX, &err));
        MUST(sc_paint_tiles_cut(&t, 100 * 100, &err));
        int code = sc_paint_tiles_run(&t, &(sc_paint_ends){ read_window, write_part, note, &e }, &err);
        assert_int_equal(code, left < 0 ? SCUMBLE_OK : SCUMBLE_ERR_CANCELLED);
        assert_true(left < 0 ? e.share > 0.999 : e.share < 0.9);
        sc_paint_tiles_free(&t);
    }
    free(result);
    sc_image_free(&photo);
    sc_program_free(program);
}

/* What looks at all of a picture. */
static void not_by_parts(void **state)
{
    (void)state;
    sc_padding around = { 1, 1, 1, 1, SC_PAD_CIRCULAR };
    const struct {
        const sc_op *op;
        const void *attrs;
        const char *name;
    } cases[] = {
        { &sc_op_mean, NULL, "mean" },
        { &sc_op_softmax, NULL, "softmax" },
        { &sc_op_pad, &around, "pad" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sc_program *program = sc_program_create(3);
        sc_paint_tiles t;
        sc_program_op(program, cases[i].op, cases[i].attrs, (sc_operand[]){ SC_PROGRAM_INPUT }, 1);
        assert_int_equal(sc_paint_tiles_create(&t, program, device_on(&sc_kernels_host, pool), 64, 64, false, 0, &err),
                         SCUMBLE_ERR_UNSUPPORTED);
        if (!strstr(err.text, cases[i].name))
            fail_msg("%s: %s", cases[i].name, err.text);
        sc_program_free(program);
    }
}

/* ---- pictures -------------------------------------------------------------------------------------------------- */

static sc_paint_options options_of(double tile_pixels)
{
    return (sc_paint_options){
        .strength = 1, .tile_pixels = tile_pixels, .device = device_on(&sc_kernels_host, pool), .threads = pool
    };
}

static void check_sizes(const sc_painter *painter)
{
    static const int sizes[][2] = { { 1, 1 },   { 1, 2 },   { 2, 7 },     { 3, 200 },
                                    { 17, 31 }, { 64, 64 }, { 131, 203 }, { 255, 70 } };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        int height = sizes[i][0], width = sizes[i][1];
        sc_image photo = picture(width, height, i, 0.4f), results[2];
        for (int tiled = 0; tiled < 2; tiled++) {
            sc_paint_options options = options_of(tiled ? 110 * 110 : 0);
            MUST(sc_paint(painter, &photo, &options, NULL, NULL, &results[tiled], &err));
            assert_true(results[tiled].width == width && results[tiled].height == height && !results[tiled].alpha);
        }
        double most = 0;
        for (int k = 0; k < 3 * width * height; k++) {
            most = fmax(most, fabs((double)results[0].rgb[k] - (double)results[1].rgb[k]));
            assert_true(results[0].rgb[k] >= 0 && results[0].rgb[k] <= 1 && results[1].rgb[k] >= 0 &&
                        results[1].rgb[k] <= 1);
        }
        bool flat = height < 3; /* maps without variance: instance norms make rounding errors as large as all else, on
                                   the whole picture too */
        if (!(most < 1e-4) && !flat)
            fail_msg("%d x %d: tiles differ by %g", width, height, most);
        sc_image_free(&photo);
        sc_image_free(&results[0]);
        sc_image_free(&results[1]);
    }
}

static void any_size(void **state)
{
    (void)state;
    sc_painter *painter = painter_of(small_generator(4, 3), NULL);
    check_sizes(painter);
    sc_painter_free(painter);
}

static void candy(void **state)
{
    (void)state;
    const char *folder = getenv("SCUMBLE_SHARED");
    char path[4096];
    sc_painter *painter;
    snprintf(path, sizeof path, "%s/models/candy.pth", folder ? folder : SCUMBLE_SOURCE_ROOT "/../shared");
    if (access(path, R_OK)) {
        print_message("[  SKIPPED ] %s is not here (set SCUMBLE_SHARED)\n", path);
        skip();
    }
    MUST(sc_painter_load(&painter, path, &err));
    check_sizes(painter);
    sc_painter_free(painter);
}

/* A generator that changes nothing shows where each pixel comes from: with a step of 4, beyond the edge is what is
 * before it. */
static void nothing_is_moved(void **state)
{
    (void)state;
    sc_program *program = sc_program_create(3);
    sc_operand x = sc_program_op(program, &sc_op_average_pool2d,
                                 &(sc_pool2d_attrs){ .size_h = 1, .size_w = 1, .stride_h = 4, .stride_w = 4 },
                                 (sc_operand[]){ SC_PROGRAM_INPUT }, 1);
    x = sc_program_enlarge(program, &sc_op_resize_nearest, x, 4);
    sc_program_op(program, &sc_op_add, &(sc_add_attrs){ 0, 1 }, (sc_operand[]){ x, SC_PROGRAM_INPUT }, 2);
    sc_painter *painter = painter_of(program, NULL);
    assert_int_equal(sc_program_step(program), 4);
    for (int tiled = 0; tiled < 2; tiled++) {
        sc_image photo = picture(151, 93, 1, 0.3f), result;
        sc_paint_options options = options_of(tiled ? 80 * 80 : 0);
        MUST(sc_paint(painter, &photo, &options, NULL, NULL, &result, &err));
        for (int i = 0; i < 151 * 93 * 3; i++)
            assert_true(result.rgb[i] == fminf(1, fmaxf(0, photo.rgb[i])));
        sc_image_free(&photo);
        sc_image_free(&result);
    }
    sc_painter_free(painter);
}

/* The mean of the extended picture is in an instance norm's result: beyond 6 columns come the fifth and the fourth. */
static void extended_by_reflection(void **state)
{
    (void)state;
    sc_program *program = sc_program_create(3);
    sc_operand x = sc_program_op(program, &sc_op_average_pool2d,
                                 &(sc_pool2d_attrs){ .size_h = 4, .size_w = 4, .stride_h = 4, .stride_w = 4 },
                                 (sc_operand[]){ SC_PROGRAM_INPUT }, 1);
    sc_program_enlarge(program, &sc_op_resize_nearest, x, 4);
    sc_painter *painter = painter_of(program, NULL);
    sc_image photo, result;
    sc_paint_options options = options_of(0);
    MUST(sc_image_create(&photo, 6, 1, false, &err));
    for (int i = 0; i < 18; i++)
        photo.rgb[i] = (float)(i / 3) / 8;
    MUST(sc_paint(painter, &photo, &options, NULL, NULL, &result, &err));
    assert_true(fabsf(result.rgb[0] - (0 + 1 + 2 + 3) / 32.0f) < 1e-6f);
    assert_true(fabsf(result.rgb[15] - (4 + 5 + 4 + 3) / 32.0f) < 1e-6f);
    sc_image_free(&photo);
    sc_image_free(&result);
    sc_painter_free(painter);
}

static void what_is_inherited(void **state)
{
    (void)state;
    sc_painter *painter = painter_of(small_generator(4, 3), NULL);
    sc_image photo = picture(40, 30, 1, 0.3f), result;
    sc_paint_options options = options_of(0);
    photo.bits = 16;
    photo.icc = strdup("a profile");
    photo.icc_bytes = 10;
    photo.recipe = strdup("{}");
    photo.alpha = malloc(40 * 30 * sizeof(float));
    for (int i = 0; i < 40 * 30; i++)
        photo.alpha[i] = (float)i / 1200;
    MUST(sc_paint(painter, &photo, &options, NULL, NULL, &result, &err));
    assert_int_equal(result.bits, 16);
    assert_int_equal(result.icc_bytes, 10);
    assert_string_equal(result.icc, "a profile");
    assert_null(result.recipe);
    assert_memory_equal(result.alpha, photo.alpha, 40 * 30 * sizeof(float));
    sc_image_free(&photo);
    sc_image_free(&result);
    sc_painter_free(painter);
}

static void strength_and_colours(void **state)
{
    (void)state;
    sc_painter *painter = painter_of(small_generator(4, 3), NULL);
    sc_image photo = picture(40, 30, 1, 0.3f), full, half, none, kept;
    sc_paint_options options = options_of(0);
    for (int i = 0; i < 3600; i++)
        photo.rgb[i] = fminf(1, fmaxf(0, photo.rgb[i]));
    MUST(sc_paint(painter, &photo, &options, NULL, NULL, &full, &err));
    options.strength = 0.5;
    MUST(sc_paint(painter, &photo, &options, NULL, NULL, &half, &err));
    options.strength = 0;
    MUST(sc_paint(painter, &photo, &options, NULL, NULL, &none, &err));
    options = options_of(0);
    options.keep_colours = true;
    MUST(sc_paint(painter, &photo, &options, NULL, NULL, &kept, &err));
    assert_memory_equal(none.rgb, photo.rgb, 3600 * sizeof(float));
    for (int i = 0; i < 1200; i++) {
        float painted[3], seen[3], was[3];
        for (int c = 0; c < 3; c++)
            assert_true(fabsf(half.rgb[3 * i + c] - 0.5f * (photo.rgb[3 * i + c] + full.rgb[3 * i + c])) < 1e-6f);
        sc_oklab_from_srgb(full.rgb + 3 * i, painted);
        sc_oklab_from_srgb(kept.rgb + 3 * i, seen);
        sc_oklab_from_srgb(photo.rgb + 3 * i, was);
        float chroma = hypotf(was[1], was[2]), own = hypotf(seen[1], seen[2]);
        assert_true(fabsf(seen[0] - painted[0]) < 1e-3f); /* its lightness */
        assert_true(own < chroma + 1e-3f);                /* the photo's hue, with as much chroma as sRGB has there */
        assert_true(fabsf(seen[1] * was[2] - seen[2] * was[1]) < 2e-3f * chroma + 1e-6f);
    }
    sc_image_free(&photo);
    sc_image_free(&full);
    sc_image_free(&half);
    sc_image_free(&none);
    sc_image_free(&kept);
    sc_painter_free(painter);
}

/* A limit makes tiles; one that nothing fits into says so. */
static void limits(void **state)
{
    (void)state;
    sc_painter *painter = painter_of(small_generator(4, 3), NULL);
    sc_paint_options options = options_of(0);
    sc_paint_cost free_cost, cost;
    const int64_t mib = 1 << 20;
    MUST(sc_paint_estimate(painter, 1600, 1200, &options, 0, &free_cost, &err));
    assert_int_equal(free_cost.tile_edge, 0);
    sc_big_release();
    options.max_memory_bytes = sc_process_bytes() + 150 * mib;
    assert_true(free_cost.memory_bytes > options.max_memory_bytes);
    MUST(sc_paint_estimate(painter, 1600, 1200, &options, 0, &cost, &err));
    assert_true(cost.tile_edge > 64 && cost.tile_edge < 1600 && cost.memory_bytes <= options.max_memory_bytes &&
                cost.temporary_bytes > 0);
    options.max_memory_bytes = mib;
    assert_int_equal(sc_paint_estimate(painter, 1600, 1200, &options, 0, &cost, &err), SCUMBLE_ERR_LIMIT);
    assert_non_null(strstr(err.text, "1600 x 1200 pixels need at least"));
    sc_painter_free(painter);
    sc_big_limit(0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_programs),
        cmocka_unit_test(repeating),
        cmocka_unit_test(threads_do_not_matter),
        cmocka_unit_test(means_far_from_zero),
        cmocka_unit_test(moments_join),
        cmocka_unit_test(reports_and_stops),
        cmocka_unit_test(not_by_parts),
        cmocka_unit_test(any_size),
        cmocka_unit_test(candy),
        cmocka_unit_test(nothing_is_moved),
        cmocka_unit_test(extended_by_reflection),
        cmocka_unit_test(what_is_inherited),
        cmocka_unit_test(strength_and_colours),
        cmocka_unit_test(limits),
    };
    return cmocka_run_group_tests(tests, start_pool, stop);
}
