/* SPDX-License-Identifier: MIT */
/* Statistics of a shot: of one picture they are its own; of several they lie between; whole, in tiles, in several
 * passes, for pictures that repeat, with any number of threads, through a file and back, for random programs too. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "paint/shift.h"
#include "paint/statistics.h"
#include "picture_fixture.h"
#include "program_fixture.h"
#include "../device_fixture.h"

enum { LEARNT = 64, WIDTH = 90, HEIGHT = 58 };

static sc_paint_options options_of(double style_scale, bool tileable, double tile_pixels)
{
    return (sc_paint_options){ .style_scale = style_scale,
                               .tileable = tileable,
                               .tile_pixels = tile_pixels,
                               .strength = 1,
                               .device = device_on(&sc_kernels_host, pool),
                               .threads = pool };
}

static sc_painter *learnt_painter(sc_program *program)
{
    return painter_of(program, &(sc_painter){ .range = 1, .size = LEARNT });
}

static sc_painter *small_painter(void)
{
    return learnt_painter(
        generator_of((sc_generator_shape){ .channels = 8, .blocks = 2, .end = 5, .biases = true }, 3));
}

static sc_image paint(const sc_painter *painter, const sc_image *photo, sc_paint_options options,
                      sc_paint_statistics *statistics)
{
    sc_image result;
    options.statistics = statistics;
    MUST(sc_paint(painter, photo, &options, NULL, NULL, &result, &err));
    return result;
}

static sc_paint_statistics *statistics_of(const sc_painter *painter, const sc_image *samples, int count,
                                          const sc_paint_options *options)
{
    const sc_image *list[8];
    sc_paint_statistics *statistics;
    for (int i = 0; i < count; i++)
        list[i] = &samples[i];
    MUST(sc_paint_statistics_create(&statistics, painter, list, count, options, NULL, NULL, &err));
    return statistics;
}

static double difference(const sc_image *a, const sc_image *b)
{
    double most = 0;
    assert_true(a->width == b->width && a->height == b->height);
    for (int i = 0; i < a->width * a->height * 3; i++)
        most = fmax(most, fabs((double)a->rgb[i] - (double)b->rgb[i]));
    return most;
}

static double mean_of(const sc_image *image)
{
    double sum = 0;
    for (int i = 0; i < image->width * image->height * 3; i++)
        sum += (double)image->rgb[i];
    return sum / (image->width * image->height * 3);
}

/* Two of one place, the second one darker and flatter. */
static void two_samples(sc_image samples[2])
{
    for (int k = 0; k < 2; k++)
        samples[k] = picture(WIDTH, HEIGHT, 1, 0.4f);
    for (int i = 0; i < WIDTH * HEIGHT * 3; i++)
        samples[1].rgb[i] = 0.5f * samples[1].rgb[i];
}

static void check_own(const sc_painter *painter, const sc_paint_options *options, const char *what)
{
    sc_image photo = picture(WIDTH, HEIGHT, 1, 0.4f), own = paint(painter, &photo, *options, NULL);
    sc_paint_statistics *statistics = statistics_of(painter, &photo, 1, options);
    sc_image given = paint(painter, &photo, *options, statistics);
    if (!(difference(&own, &given) < 2e-4))
        fail_msg("%s: a picture painted by its own statistics differs by %g", what, difference(&own, &given));
    sc_image_free(&photo), sc_image_free(&own), sc_image_free(&given);
    sc_paint_statistics_free(statistics);
}

static void one_sample(void **state)
{
    (void)state;
    sc_painter *painter = small_painter();
    sc_paint_options cases[] = { options_of(0, false, 0), options_of(0, false, 50 * 50), options_of(1, false, 0),
                                 options_of(2, false, 0), options_of(0, true, 0),        options_of(1, true, 60 * 60) };
    const char *names[] = { "whole", "tiles", "two sizes", "three sizes", "repeating", "repeating, tiles, sizes" };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_own(painter, &cases[i], names[i]);
    sc_painter_free(painter);
}

/* Statistics of two pictures paint neither as its own do, and both alike: the darker one stays the darker one. */
static void two_brightnesses(void **state)
{
    (void)state;
    sc_painter *painter = small_painter();
    sc_paint_options options = options_of(0, false, 0);
    sc_image samples[2], own[2], given[2];
    two_samples(samples);
    sc_paint_statistics *statistics = statistics_of(painter, samples, 2, &options);
    for (int k = 0; k < 2; k++) {
        own[k] = paint(painter, &samples[k], options, NULL);
        given[k] = paint(painter, &samples[k], options, statistics);
        assert_true(difference(&own[k], &given[k]) > 0.01);
    }
    /* a norm of its own makes both the same picture; that of the shot does not */
    assert_true(difference(&own[0], &own[1]) < 0.2 * difference(&given[0], &given[1]));
    assert_true(fabs(mean_of(&given[0]) - mean_of(&given[1])) > 4 * fabs(mean_of(&own[0]) - mean_of(&own[1])));
    for (int k = 0; k < 2; k++)
        sc_image_free(&samples[k]), sc_image_free(&own[k]), sc_image_free(&given[k]);
    sc_paint_statistics_free(statistics);
    sc_painter_free(painter);
}

/* Of two pictures side by side, each reflected into itself, the moments are those of both: the first norm's are known
 * from its convolution alone. */
static void moments_are_joined(void **state)
{
    (void)state;
    sc_program *program = sc_program_create(3);
    float one = 1, gamma[3] = { 1, 2, 3 }, beta[3] = { 0.1f, 0.2f, 0.3f };
    sc_operand x = sc_program_op(
        program, &sc_op_multiply, NULL,
        (sc_operand[]){ SC_PROGRAM_INPUT, sc_program_parameter(program, "one", (sc_shape){ 1, 1, 1, 1 }, &one) }, 2);
    sc_program_op(program, &sc_op_instance_norm, &(sc_norm_attrs){ .epsilon = 0.01f },
                  (sc_operand[]){ x, sc_program_parameter(program, "gamma", (sc_shape){ 1, 3, 1, 1 }, gamma),
                                  sc_program_parameter(program, "beta", (sc_shape){ 1, 3, 1, 1 }, beta) },
                  3);
    sc_painter *painter = learnt_painter(program);
    sc_paint_options options = options_of(0, false, 0);
    sc_image samples[2];
    two_samples(samples);
    sc_paint_statistics *statistics = statistics_of(painter, samples, 2, &options);
    const sc_canvas_norm *norm = &statistics->passes[0].canvas.norms[1];
    for (int c = 0; c < 3; c++) {
        double sum = 0, squares = 0, count = 2.0 * WIDTH * HEIGHT;
        for (int k = 0; k < 2; k++)
            for (int i = 0; i < WIDTH * HEIGHT; i++) {
                double value = (double)samples[k].rgb[3 * i + c];
                sum += value;
                squares += value * value;
            }
        assert_true(fabs((double)norm->mean.data[c] - sum / count) < 1e-6);
        assert_true(fabs((double)norm->variance.data[c] - (squares / count - sum * sum / count / count)) < 1e-6);
    }
    sc_image_free(&samples[0]), sc_image_free(&samples[1]);
    sc_paint_statistics_free(statistics);
    sc_painter_free(painter);
}

static void same_as_before(const sc_painter *painter, const sc_image *photo, const sc_paint_options *options,
                           sc_paint_statistics *statistics, const sc_image *expected, double most, const char *what)
{
    sc_image result = paint(painter, photo, *options, statistics);
    if (!(difference(&result, expected) <= most))
        fail_msg("%s: differs by %g", what, difference(&result, expected));
    sc_image_free(&result);
}

static void threads_and_tiles(void **state)
{
    (void)state;
    sc_painter *painter = small_painter();
    sc_paint_options options = options_of(1, false, 0), other = options;
    sc_image samples[2];
    two_samples(samples);
    sc_paint_statistics *statistics = statistics_of(painter, samples, 2, &options);
    sc_image expected = paint(painter, &samples[1], options, statistics);
    MUST(sc_threads_create(&other.threads, 5, &err));
    other.device = device_on(&sc_kernels_host, other.threads);
    sc_paint_statistics *threads = statistics_of(painter, samples, 2, &other);
    same_as_before(painter, &samples[1], &other, threads, &expected, 0, "threads");
    sc_paint_statistics_free(threads);
    other = options_of(1, false, 45 * 45);
    sc_paint_statistics *tiles = statistics_of(painter, samples, 2, &other);
    same_as_before(painter, &samples[1], &other, tiles, &expected, 2e-4, "tiles");
    sc_paint_statistics_free(tiles);
    sc_image_free(&samples[0]), sc_image_free(&samples[1]), sc_image_free(&expected);
    sc_paint_statistics_free(statistics);
    sc_painter_free(painter);
}

static sc_weights *saved(const sc_paint_statistics *statistics)
{
    sc_weights *weights, *read;
    void *bytes;
    size_t size;
    MUST(sc_weights_create(&weights, &err));
    MUST(sc_paint_statistics_save(statistics, "shot.", weights, &err));
    MUST(sc_weights_sort(weights, &err));
    MUST(sc_safetensors_bytes(NULL, weights, &bytes, &size, &err));
    MUST(sc_safetensors_parse(NULL, &read, bytes, size, &err));
    free(bytes);
    sc_weights_free(weights);
    return read;
}

static void through_a_file(void **state)
{
    (void)state;
    sc_painter *painter = small_painter(), *other = learnt_painter(small_generator(1, 1));
    sc_paint_options options = options_of(1, false, 0);
    sc_image samples[2];
    two_samples(samples);
    sc_paint_statistics *statistics = statistics_of(painter, samples, 2, &options), *read;
    sc_image expected = paint(painter, &samples[0], options, statistics);
    sc_weights *weights = saved(statistics);
    MUST(sc_paint_statistics_load(&read, painter, WIDTH, HEIGHT, &options, "shot.", weights, &err));
    same_as_before(painter, &samples[0], &options, read, &expected, 0, "read back");
    sc_paint_statistics_free(read);
    assert_int_equal(sc_paint_statistics_load(&read, other, WIDTH, HEIGHT, &options, "shot.", weights, &err),
                     SCUMBLE_ERR_FORMAT);
    assert_null(read);
    assert_int_equal(sc_paint_statistics_load(&read, painter, 8 * WIDTH, HEIGHT, &options, "shot.", weights, &err),
                     SCUMBLE_ERR_FORMAT); /* which has more passes */
    weights->tensors[0].values[0] = NAN;
    assert_int_equal(sc_paint_statistics_load(&read, painter, WIDTH, HEIGHT, &options, "shot.", weights, &err),
                     SCUMBLE_ERR_FORMAT);
    sc_weights_free(weights);
    sc_image_free(&samples[0]), sc_image_free(&samples[1]), sc_image_free(&expected);
    sc_paint_statistics_free(statistics);
    sc_painter_free(painter), sc_painter_free(other);
}

static void wrong_sizes(void **state)
{
    (void)state;
    sc_painter *painter = small_painter();
    sc_paint_options options = options_of(0, false, 0);
    sc_image large = picture(WIDTH, HEIGHT, 1, 0.4f), small = picture(40, 40, 1, 0.4f), result;
    const sc_image *list[] = { &large, &small };
    sc_paint_statistics *statistics;
    assert_int_equal(sc_paint_statistics_create(&statistics, painter, list, 2, &options, NULL, NULL, &err),
                     SCUMBLE_ERR_ARGUMENT);
    assert_int_equal(sc_paint_statistics_create(&statistics, painter, list, 0, &options, NULL, NULL, &err),
                     SCUMBLE_ERR_ARGUMENT);
    options.statistics = statistics = statistics_of(painter, &large, 1, &options);
    assert_int_equal(sc_paint(painter, &small, &options, NULL, NULL, &result, &err), SCUMBLE_ERR_ARGUMENT);
    sc_image_free(&large), sc_image_free(&small);
    sc_paint_statistics_free(statistics);
    sc_painter_free(painter);
}

/* ---- other networks -------------------------------------------------------------------------------------------- */

static sc_operand constants(sc_program *program, sc_shape shape, float mean, float deviation)
{
    char name[16];
    snprintf(name, sizeof name, "c%d", program->parameter_count);
    sc_operand p = sc_program_parameter(program, name, shape, NULL);
    for (size_t i = 0; i < sc_shape_count(shape); i++)
        program->parameters[sc_operand_parameter(p)].value.data[i] =
            mean + deviation * sc_random_normal((uint64_t)program->parameter_count, i);
    return p;
}

static sc_operand op(sc_program *program, const sc_op *what, const void *attrs, sc_operand a, sc_operand b)
{
    return sc_program_op(program, what, attrs, (sc_operand[]){ a, b }, b == SC_PROGRAM_INPUT ? 1 : 2);
}

static sc_operand conv(sc_program *program, sc_operand x, int in, int out, bool relu)
{
    return op(program, &sc_op_conv2d, &(sc_conv2d_attrs){ .padding = { 1, 1, 1, 1, SC_PAD_REFLECT }, .relu = relu }, x,
              constants(program, (sc_shape){ out, in, 3, 3 }, 0, 1 / sqrtf((float)(9 * in))));
}

static sc_operand norm(sc_program *program, sc_operand x, int channels)
{
    sc_shape shape = { 1, channels, 1, 1 };
    return sc_program_op(program, &sc_op_instance_norm, &(sc_norm_attrs){ .epsilon = 1e-5f },
                         (sc_operand[]){ x, constants(program, shape, 1, 0.3f), constants(program, shape, 0.3f, 0.3f) },
                         3);
}

/* What the norms of others look like: of a map that is read twice, of a ReLU, of a norm, written out with means, means
 * as weights of channels; the result is a norm itself. */
static sc_program *odd_program(void)
{
    enum { C = 6 };
    sc_program *p = sc_program_create(3);
    sc_operand read_twice = conv(p, SC_PROGRAM_INPUT, 3, C, false), x = norm(p, read_twice, C);
    x = op(p, &sc_op_add, &(sc_add_attrs){ 1, 1 }, x, read_twice);
    x = norm(p, conv(p, x, C, C, true), C);
    x = norm(p, x, C);
    sc_operand mean = op(p, &sc_op_channel_mean, NULL, x, SC_PROGRAM_INPUT),
               centred = op(p, &sc_op_add, &(sc_add_attrs){ 1, -1 }, x, mean),
               squares = op(p, &sc_op_multiply, NULL, centred, centred);
    mean = op(p, &sc_op_channel_mean, &(sc_channel_mean_attrs){ true }, squares, SC_PROGRAM_INPUT);
    mean = op(p, &sc_op_add, &(sc_add_attrs){ 1e-4f, 1 }, mean, constants(p, (sc_shape){ 1, 1, 1, 1 }, 0.1f, 0));
    x = op(p, &sc_op_multiply, NULL, centred,
           op(p, &sc_op_reciprocal, NULL, op(p, &sc_op_square_root, NULL, mean, SC_PROGRAM_INPUT), SC_PROGRAM_INPUT));
    mean = op(p, &sc_op_channel_mean, NULL, op(p, &sc_op_relu, NULL, x, SC_PROGRAM_INPUT), SC_PROGRAM_INPUT);
    mean = op(p, &sc_op_conv2d, NULL, mean, constants(p, (sc_shape){ C, C, 1, 1 }, 0, 1));
    x = op(p, &sc_op_multiply, NULL, x, op(p, &sc_op_sigmoid, NULL, mean, SC_PROGRAM_INPUT));
    sc_program_enlarge(p, &sc_op_resize_nearest, x, 1); /* looked at by nobody */
    norm(p, conv(p, x, C, 3, false), 3);
    return p;
}

static void networks_of_others(void **state)
{
    (void)state;
    sc_painter *painter = learnt_painter(odd_program());
    sc_paint_options options = options_of(0, false, 0), tiles = options_of(0, false, 40 * 40);
    check_own(painter, &options, "odd network");
    check_own(painter, &tiles, "odd network, tiles");
    sc_image samples[2];
    two_samples(samples);
    sc_paint_statistics *statistics = statistics_of(painter, samples, 2, &options);
    assert_non_null(statistics->passes[0].program);
    for (int i = 0; i < statistics->passes[0].program->operation_count; i++)
        assert_false(sc_canvas_measures(&statistics->passes[0].program->operations[i]));
    sc_paint_statistics_free(statistics);
    sc_image_free(&samples[0]), sc_image_free(&samples[1]);
    sc_painter_free(painter);
}

/* Without norms there is nothing to measure; what cannot be painted by parts keeps the statistics of each picture. */
static void without_statistics(void **state)
{
    (void)state;
    for (int around = 0; around < 2; around++) {
        sc_program *program = sc_program_create(3);
        sc_operand x = conv(program, SC_PROGRAM_INPUT, 3, 3, false);
        if (around) {
            x = op(program, &sc_op_pad, &(sc_padding){ 2, 2, 2, 2, SC_PAD_CIRCULAR }, norm(program, x, 3),
                   SC_PROGRAM_INPUT);
            op(program, &sc_op_crop, &(sc_crop_attrs){ 2, 2, 2, 2 }, x, SC_PROGRAM_INPUT);
        }
        sc_painter *painter = learnt_painter(program);
        sc_paint_options options = options_of(0, false, 0);
        sc_image samples[2];
        two_samples(samples);
        sc_paint_statistics *statistics = statistics_of(painter, samples, 2, &options);
        assert_null(statistics->passes[0].program);
        sc_image own = paint(painter, &samples[1], options, NULL);
        same_as_before(painter, &samples[1], &options, statistics, &own, 0, "without statistics");
        sc_image_free(&samples[0]), sc_image_free(&samples[1]), sc_image_free(&own);
        sc_paint_statistics_free(statistics);
        sc_painter_free(painter);
    }
}

/* ---- what moves ------------------------------------------------------------------------------------------------ */

/* A window of a picture. */
static sc_image window_of(const sc_image *scene, int left, int top, int width, int height)
{
    sc_image image;
    MUST(sc_image_create(&image, width, height, false, &err));
    for (int y = 0; y < height; y++)
        memcpy(image.rgb + (size_t)y * (size_t)width * 3,
               scene->rgb + ((size_t)(top + y) * (size_t)scene->width + (size_t)left) * 3,
               (size_t)width * 3 * sizeof(float));
    return image;
}

/* The largest difference of two paintings of a scene in their middles, the second one having moved. */
static double moved_difference(const sc_image *a, const sc_image *b, int right, int down)
{
    enum { RIM = 44 };
    double most = 0;
    for (int y = RIM; y < a->height - RIM; y++)
        for (int x = RIM; x < a->width - RIM; x++)
            for (int c = 0; c < 3; c++)
                most = fmax(most, fabs((double)a->rgb[3 * (y * a->width + x) + c] -
                                       (double)b->rgb[3 * ((y + down) * b->width + x + right) + c]));
    return most;
}

/* With the shot's statistics and its grid a scene that moves by whole pixels is painted as it was, whole and in tiles;
 * without the grid it is not. */
static void the_grid_goes_with_the_scene(void **state)
{
    (void)state;
    enum { W = 141, H = 122, SPARE = 12 };
    static const int moves[][2] = { { 3, 1 }, { -2, 5 }, { 4, 0 }, { -7, -6 } };
    sc_painter *painter = small_painter();
    sc_image scene = picture(W + 2 * SPARE, H + 2 * SPARE, 1, 0.4f), start = window_of(&scene, SPARE, SPARE, W, H);
    for (int tiles = 0; tiles < 2; tiles++) {
        sc_paint_options options = options_of(0, false, tiles ? 90 * 90 : 0);
        sc_paint_statistics *statistics = statistics_of(painter, &start, 1, &options);
        sc_image first = paint(painter, &start, options, statistics);
        for (size_t i = 0; i < sizeof moves / sizeof *moves; i++) {
            int right = moves[i][0], down = moves[i][1];
            sc_image frame = window_of(&scene, SPARE - right, SPARE - down, W, H),
                     fixed = paint(painter, &frame, options, statistics);
            options.shift_x = right;
            options.shift_y = down;
            sc_image shifted = paint(painter, &frame, options, statistics);
            options.shift_x = options.shift_y = 0;
            double with = moved_difference(&first, &shifted, right, down),
                   without = moved_difference(&first, &fixed, right, down);
            if (!(with < 1e-4 && (without > 0.01 || (right % 4 == 0 && down % 4 == 0))))
                fail_msg("moved by %d, %d: differs by %g, without by %g", right, down, with, without);
            sc_image_free(&frame), sc_image_free(&fixed), sc_image_free(&shifted);
        }
        sc_image_free(&first);
        sc_paint_statistics_free(statistics);
    }
    sc_image_free(&scene), sc_image_free(&start);
    sc_painter_free(painter);
}

/* Between pixels too: smooth pictures are moved as they should be, and forth and back again little is lost. */
static void between_pixels(void **state)
{
    (void)state;
    enum { W = 70, H = 50, RIM = 10 };
    sc_image wave, moved, back;
    MUST(sc_image_create(&wave, W, H, false, &err));
    for (int i = 0; i < W * H * 3; i++)
        wave.rgb[i] = 0.5f + 0.3f * sinf(0.9f * (float)(i / 3 % W) + (float)(i % 3)) * cosf(0.7f * (float)(i / 3 / W));
    MUST(sc_paint_translate(pool, &wave, 0.37, -0.45, &moved, &err));
    MUST(sc_paint_translate(NULL, &moved, -0.37, 0.45, &back, &err));
    for (int i = 0; i < W * H * 3; i++) {
        int x = i / 3 % W, y = i / 3 / W;
        float expected =
            0.5f + 0.3f * sinf(0.9f * ((float)x + 0.37f) + (float)(i % 3)) * cosf(0.7f * ((float)y - 0.45f));
        if (x >= RIM && y >= RIM && x < W - RIM && y < H - RIM)
            if (!(fabsf(moved.rgb[i] - expected) < 8e-3f && fabsf(back.rgb[i] - wave.rgb[i]) < 8e-3f))
                fail_msg("at %d, %d: %g in place of %g, and back %g of %g", x, y, (double)moved.rgb[i],
                         (double)expected, (double)back.rgb[i], (double)wave.rgb[i]);
    }
    sc_paint_shift shift = sc_paint_shift_of(-5.25, 2.5, 4);
    assert_true(shift.left == 1 && shift.top == 1 && shift.x == -0.25 && shift.y == -0.5);
    shift = sc_paint_shift_of(8, 0.001, 4);
    assert_true(shift.left == 0 && shift.top == 0 && shift.x == 0 && shift.y == 0);
    sc_image_free(&wave), sc_image_free(&moved), sc_image_free(&back);
}

/* All pixels of any small picture are painted, from coarse to fine too. */
static void shifts_of_any_size(void **state)
{
    (void)state;
    static const int sizes[][2] = { { 1, 1 }, { 2, 7 }, { 5, 3 }, { 90, 58 } };
    sc_painter *painter = small_painter();
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int style = 0; style < 2; style++) {
            sc_image photo = picture(sizes[i][0], sizes[i][1], 1, 0.4f);
            sc_paint_options options = options_of(style, false, 0);
            options.shift_x = 1e6 + 1.3, options.shift_y = -3.2;
            sc_image result = paint(painter, &photo, options, NULL);
            double sum = 0;
            assert_true(result.width == photo.width && result.height == photo.height);
            for (int k = 0; k < result.width * result.height * 3; k++)
                sum += (double)result.rgb[k];
            assert_true(sum > 0);
            sc_image_free(&photo), sc_image_free(&result);
        }
    sc_painter_free(painter);
}

static int stop_at_half(double share, void *user)
{
    double *last = user;
    assert_true(share >= *last && share <= 1);
    *last = share;
    return share > 0.5;
}

static void cancelled(void **state)
{
    (void)state;
    sc_painter *painter = small_painter();
    sc_paint_options options = options_of(1, false, 0);
    sc_paint_statistics *statistics;
    sc_image samples[2];
    double last = 0;
    two_samples(samples);
    assert_int_equal(sc_paint_statistics_create(&statistics, painter,
                                                (const sc_image *const[]){ &samples[0], &samples[1] }, 2, &options,
                                                stop_at_half, &last, &err),
                     SCUMBLE_ERR_CANCELLED);
    assert_null(statistics);
    sc_image_free(&samples[0]), sc_image_free(&samples[1]);
    sc_painter_free(painter);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_sample),         cmocka_unit_test(two_brightnesses),
        cmocka_unit_test(moments_are_joined), cmocka_unit_test(threads_and_tiles),
        cmocka_unit_test(through_a_file),     cmocka_unit_test(wrong_sizes),
        cmocka_unit_test(networks_of_others), cmocka_unit_test(without_statistics),
        cmocka_unit_test(cancelled),          cmocka_unit_test(the_grid_goes_with_the_scene),
        cmocka_unit_test(between_pixels),     cmocka_unit_test(shifts_of_any_size),
    };
    return cmocka_run_group_tests(tests, start_pool, stop_pool);
}
