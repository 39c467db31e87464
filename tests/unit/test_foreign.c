/* SPDX-License-Identifier: MIT */
/* Weights as others store them: within what trainers put around a network, with parts missing, with parts that the
 * network has no place for. What is missing is refused by name, what is left over is named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nets/encoder/encoder.h"
#include "paint/paint.h"
#include "program_fixture.h"
#include "../device_fixture.h"

static void assert_says(int code, const char *words)
{
    assert_int_equal(code, SCUMBLE_ERR_UNSUPPORTED);
    if (!strstr(err.text, words))
        fail_msg("'%s' lacks '%s'", err.text, words);
}

/* ---- generators ------------------------------------------------------------------------------------------------ */

static sc_program *create_generator(int blocks)
{
    return generator_of((sc_generator_shape){ 4, blocks, 9, true }, 3);
}

/* The tensors whose names do not begin with `without`, as they would be in a file, with a prefix. */
static void put(sc_weights *set, const sc_program *program, const char *prefix, const char *without)
{
    sc_weights *all;
    MUST(sc_weights_create(&all, &err));
    MUST(sc_program_to_weights(program, prefix, NULL, all, &err));
    for (int i = 0; i < all->tensor_count; i++) {
        const sc_weight *t = &all->tensors[i];
        float *values;
        if (*without && !strncmp(t->name + strlen(prefix), without, strlen(without)))
            continue;
        MUST(sc_weights_add(set, t->name, t->dimensions, t->dimension_count, &values, &err));
        memcpy(values, t->values, t->count * sizeof *values);
    }
    sc_weights_free(all);
}

static void put_one(sc_weights *set, const char *name, int64_t count)
{
    float *values;
    MUST(sc_weights_add(set, name, &count, 1, &values, &err));
}

/* Reads it through a file, as users do. */
static int load(sc_painter **painter, sc_weights *set)
{
    char path[] = "/tmp/scumble-foreign-XXXXXX";
    assert_int_not_equal(mkstemp(path), -1);
    MUST(sc_weights_sort(set, &err));
    MUST(sc_safetensors_write(NULL, set, path, false, &err));
    int code = sc_painter_load(painter, path, &err);
    unlink(path);
    sc_weights_free(set);
    return code;
}

static sc_weights *new_set(void)
{
    sc_weights *set;
    MUST(sc_weights_create(&set, &err));
    return set;
}

static void wrapped_generators(void **state)
{
    (void)state;
    static const char *const prefixes[] = {
        "",           "module.", "state_dict.",       "model.module.",      "params_ema.",
        "generator.", "net.",    "_orig_mod.module.", "some.trainer's.own."
    };
    sc_program *program = create_generator(5);
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        sc_painter *painter;
        sc_weights *set = new_set();
        put(set, program, prefixes[i], "");
        MUST(load(&painter, set));
        assert_int_equal(painter->generator->parameter_count, program->parameter_count);
        for (int k = 0; k < program->parameter_count; k++)
            assert_memory_equal(painter->generator->parameters[k].value.data, program->parameters[k].value.data,
                                sc_shape_bytes(program->parameters[k].value.shape));
        assert_string_equal(painter->unused, "");
        sc_painter_free(painter);
    }
    sc_program_free(program);
}

/* Averaged weights go before those of the last step; what else is in the file is named. */
static void several_networks(void **state)
{
    (void)state;
    sc_program *last = create_generator(5), *averaged;
    sc_painter *painter;
    MUST(sc_generator_create(&averaged, &(sc_generator_shape){ 4, 5, 9, true }, 4, &err));
    sc_weights *set = new_set();
    put(set, last, "params.", "");
    put(set, averaged, "params_ema.", "");
    put_one(set, "optimizer.state.0.exp_avg", 7);
    MUST(load(&painter, set));
    int k = sc_program_find(averaged, "conv1.conv2d.weight");
    assert_memory_equal(painter->generator->parameters[k].value.data, averaged->parameters[k].value.data,
                        sc_shape_bytes(averaged->parameters[k].value.shape));
    assert_non_null(strstr(painter->unused, "'optimizer.state.0.exp_avg', 'params."));
    assert_non_null(strstr(painter->unused, " more"));
    sc_painter_free(painter);
    sc_program_free(last);
    sc_program_free(averaged);
}

static void missing_blocks(void **state)
{
    (void)state;
    static const struct {
        const char *without, *says;
    } cases[] = {
        { "res1.", "'res1.conv1.conv2d.weight' is missing" }, { "res2.", "'res2.conv1.conv2d.weight' is missing" },
        { "res5.", "'res5.conv1.conv2d.weight' is missing" }, { "res3.in2.", "'res3.in2.weight' is missing" },
        { "conv1.", "'conv1.conv2d.weight' is missing" },     { "in1.", "'in1.weight' is missing" },
        { "deconv2.", "'deconv2.conv2d.weight' is missing" }
    };
    sc_program *program = create_generator(5);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sc_painter *painter;
        sc_weights *set = new_set();
        put(set, program, "module.", cases[i].without);
        assert_says(load(&painter, set), cases[i].says);
        assert_null(painter);
    }
    sc_program_free(program);
}

/* More blocks than the example has are a larger network; other tensors are another one. */
static void more_than_the_example(void **state)
{
    (void)state;
    sc_program *program = create_generator(7);
    sc_painter *painter;
    sc_weights *set = new_set();
    put(set, program, "", "");
    put_one(set, "in1.running_mean", 4); /* left over by early versions of PyTorch, and without a meaning */
    MUST(load(&painter, set));
    assert_int_equal(painter->generator->operation_count, program->operation_count);
    assert_string_equal(painter->unused, "");
    sc_painter_free(painter);
    set = new_set();
    put(set, program, "", "");
    put_one(set, "attention.weight", 4);
    assert_says(load(&painter, set), "has no 'attention.weight'");
    sc_program_free(program);
}

static void native_painters_name_the_rest(void **state)
{
    (void)state;
    sc_painter *painter, *again;
    sc_weights *set;
    MUST(sc_painter_create(&painter, create_generator(1), NULL, &(sc_painter){ .range = 1 }, &err));
    MUST(sc_painter_to_weights(painter, NULL, &set, &err));
    put_one(set, "discriminator.conv1.weight", 3);
    MUST(load(&again, set));
    assert_string_equal(again->unused, "1 tensor: 'discriminator.conv1.weight'");
    sc_painter_free(painter);
    sc_painter_free(again);
}

/* ---- encoders -------------------------------------------------------------------------------------------------- */

/* VGG's first convolutions (of 3 x 3) under torchvision's names, without the one at index `without`. */
static sc_weights *create_vgg(const char *prefix, int without)
{
    static const int indices[] = { 0, 2, 5, 7, 10, 12 }, channels[] = { 3, 64, 64, 128, 128, 256, 256 };
    sc_weights *set = new_set();
    for (int i = 0; i < 6; i++) {
        char name[64];
        float *values;
        snprintf(name, sizeof name, "%sfeatures.%d.weight", prefix, indices[i]);
        if (indices[i] == without)
            continue;
        MUST(sc_weights_add(set, name, (const int64_t[]){ channels[i + 1], channels[i], 3, 3 }, 4, &values, &err));
        values[i] = 1;
        snprintf(name, sizeof name, "%sfeatures.%d.bias", prefix, indices[i]);
        put_one(set, name, channels[i + 1]);
    }
    return set;
}

static void encoders(void **state)
{
    (void)state;
    static const char *const prefixes[] = { "", "module.", "state_dict.module.", "vgg." };
    sc_encoder *encoder;
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        sc_weights *set = create_vgg(prefixes[i], -1);
        put_one(set, "classifier.0.weight", 5);
        MUST(sc_weights_sort(set, &err));
        MUST(sc_encoder_create(&encoder, set, "vgg19", &err));
        assert_int_equal(sc_encoder_layer_count(encoder), 6);
        char *text = sc_encoder_describe(encoder);
        assert_non_null(strstr(text, "not used: 1 tensor: 'classifier.0.weight'"));
        free(text);
        sc_encoder_free(encoder);
        sc_weights_free(set);
    }
    sc_weights *set = create_vgg("module.", 7);
    MUST(sc_weights_sort(set, &err));
    assert_says(sc_encoder_create(&encoder, set, "vgg19", &err), "conv2_2 is missing, though conv3_1");
    sc_weights_free(set);
    set = create_vgg("", -1);
    float *values;
    MUST(sc_weights_add(set, "block3_conv4.weight", (const int64_t[]){ 256, 256, 3, 3 }, 4, &values, &err));
    MUST(sc_weights_sort(set, &err));
    assert_says(sc_encoder_create(&encoder, set, "vgg16", &err), "no convolution 'block3_conv4.weight'");
    sc_weights_free(set);
}

/* ---- ONNX networks in the forms of others (tests/unit/make_foreign.py) ----------------------------------------- */

/* Paints the picture, (1, 3, h, w), whole or in tiles; in the network's own range, as far as that lies within 0..1 of
 * the painter's. */
static sc_image paint(const sc_painter *painter, const sc_weight *picture, sc_threads *threads, double tile_pixels)
{
    int height = (int)picture->dimensions[2], width = (int)picture->dimensions[3];
    sc_image photo, result;
    sc_paint_options options = {
        .strength = 1, .tile_pixels = tile_pixels, .device = device_on(&sc_kernels_host, threads), .threads = threads
    };
    MUST(sc_image_create(&photo, width, height, false, &err));
    for (int i = 0; i < height * width; i++)
        for (int c = 0; c < 3; c++)
            photo.rgb[3 * i + c] = picture->values[c * height * width + i];
    MUST(sc_paint(painter, &photo, &options, NULL, NULL, &result, &err));
    sc_image_free(&photo);
    return result;
}

static double worst(const sc_image *result, const sc_weight *wanted, double factor, double offset)
{
    double most = 0;
    int positions = result->width * result->height;
    for (int i = 0; i < positions; i++)
        for (int c = 0; c < 3; c++) {
            double value = fmin(1, fmax(0, (double)wanted->values[c * positions + i] * factor + offset));
            most = fmax(most, fabs(value - (double)result->rgb[3 * i + c]));
        }
    return most;
}

/* As scumble itself writes it, and reads it again. */
static void write_again(sc_painter **painter)
{
    char path[] = "/tmp/scumble-foreign-XXXXXX";
    assert_int_not_equal(mkstemp(path), -1);
    MUST(sc_painter_save_onnx(*painter, path, &err));
    sc_painter_free(*painter);
    MUST(sc_painter_load(painter, path, &err));
    unlink(path);
}

static void forms_of_others(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double range, factor, offset, limit; /* of the painter; from the network's result to 0..1; in 0..1 */
    } networks[] = { { "animegan2", 1, 0.5, 0.5, 1e-4 },
                     { "animegan3", 1, 0.5, 0.5, 1e-4 },
                     { "faststyle", 255, 1 / 255.0, 0, 1e-4 },
                     { "groups", 1, 1, 0, 1e-4 },
                     { "bytes", 255, 1 / 255.0, 0, 0.5 / 255 + 1e-4 },
                     { "shuffled", 1, 1, 0, 1e-4 } };
    sc_weights *golden;
    sc_threads *threads;
    MUST(sc_threads_create(&threads, 2, &err));
    MUST(sc_weights_load(NULL, &golden, SCUMBLE_SOURCE_ROOT "/tests/unit/foreign.safetensors", &err));
    for (size_t i = 0; i < sizeof networks / sizeof *networks; i++) {
        sc_painter *painter;
        char path[512];
        snprintf(path, sizeof path, "%s/tests/fuzz/corpus/onnx/foreign_%s.onnx", SCUMBLE_SOURCE_ROOT, networks[i].name);
        MUST(sc_painter_load(&painter, path, &err));
        if (painter->range != networks[i].range)
            fail_msg("%s: the range is %g", networks[i].name, painter->range);
        for (int tiled = 0; tiled < 3; tiled++) {
            if (tiled == 2)
                write_again(&painter);
            sc_image result = paint(painter, sc_weights_find(golden, "picture"), threads, tiled == 1 ? 8 * 8 : 0);
            double most =
                worst(&result, sc_weights_find(golden, networks[i].name), networks[i].factor, networks[i].offset);
            print_message("             %-10s %s off by %.1e\n", networks[i].name,
                          tiled == 2 ? "written " :
                          tiled      ? "in tiles" :
                                       "whole   ",
                          most);
            if (!(most <= networks[i].limit))
                fail_msg("%s is off by %g", networks[i].name, most);
            sc_image_free(&result);
        }
        sc_painter_free(painter);
    }
    sc_weights_free(golden);
    sc_threads_destroy(threads);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrapped_generators),
        cmocka_unit_test(several_networks),
        cmocka_unit_test(missing_blocks),
        cmocka_unit_test(more_than_the_example),
        cmocka_unit_test(native_painters_name_the_rest),
        cmocka_unit_test(encoders),
        cmocka_unit_test(forms_of_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
