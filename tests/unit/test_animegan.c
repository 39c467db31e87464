/* SPDX-License-Identifier: MIT */
/* AnimeGANv2's generator from a state dictionary of PyTorch (make_animegan.py): paints as PyTorch does, whole and in
 * tiles; what is not whole is refused by name. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "nets/program/animegan.h"
#include "nets/store/painter.h"
#include "paint/paint.h"
#include "../device_fixture.h"

static sc_error err;
#define MUST(call)                    \
    do {                              \
        if (call)                     \
            fail_msg("%s", err.text); \
    } while (0)
static const char file[] = SCUMBLE_SOURCE_ROOT "/tests/fuzz/corpus/pytorch/animegan2.pt";

/* The largest difference from what PyTorch made. */
static double worst(const sc_painter *painter, double tile_pixels)
{
    sc_weights *golden;
    sc_threads *threads;
    sc_image photo, result;
    MUST(sc_threads_create(&threads, 2, &err));
    MUST(sc_weights_load(NULL, &golden, SCUMBLE_SOURCE_ROOT "/tests/unit/animegan.safetensors", &err));
    const sc_weight *picture = sc_weights_find(golden, "picture"), *painted = sc_weights_find(golden, "painted");
    int height = (int)picture->dimensions[2], width = (int)picture->dimensions[3], positions = width * height;
    sc_paint_options options = {
        .strength = 1, .tile_pixels = tile_pixels, .device = device_on(&sc_kernels_host, threads), .threads = threads
    };
    MUST(sc_image_create(&photo, width, height, false, &err));
    for (int i = 0; i < 3 * positions; i++)
        photo.rgb[i] = picture->values[i % 3 * positions + i / 3];
    MUST(sc_paint(painter, &photo, &options, NULL, NULL, &result, &err));
    double most = 0, spread = 0;
    for (int i = 0; i < 3 * positions; i++) {
        double wanted = 0.5 + 0.5 * (double)painted->values[i % 3 * positions + i / 3];
        most = fmax(most, fabs(wanted - (double)result.rgb[i]));
        spread = fmax(spread, fabs(wanted - (double)result.rgb[i % 3]));
    }
    assert_true(spread > 0.1); /* not one colour */
    sc_image_free(&photo);
    sc_image_free(&result);
    sc_weights_free(golden);
    sc_threads_destroy(threads);
    return most;
}

static void paints_as_pytorch_does(void **state)
{
    (void)state;
    sc_painter *painter;
    char range[32], path[] = "/tmp/scumble-animegan-XXXXXX";
    MUST(sc_painter_load(&painter, file, &err));
    assert_string_equal(sc_painter_range(painter, range), "-1..1");
    assert_string_equal(painter->unused, "");
    assert_false(painter->guessed);
    double whole = worst(painter, 0), tiles = worst(painter, 8 * 8);
    assert_int_not_equal(mkstemp(path), -1);
    MUST(sc_painter_save_onnx(painter, path, &err));
    sc_painter_free(painter);
    MUST(sc_painter_load(&painter, path, &err));
    double written = worst(painter, 0);
    unlink(path);
    sc_painter_free(painter);
    print_message("             off by %.1e, in tiles %.1e, as ONNX %.1e\n", whole, tiles, written);
    assert_true(whole <= 1e-5 && tiles <= 1e-5 && written <= 1e-5);
}

/* The file's tensors in a wrapping, but for one; of another shape where that is said. */
static sc_weights *copy(const sc_weights *from, const char *prefix, int without, bool reshaped)
{
    sc_weights *set;
    char name[160];
    MUST(sc_weights_create(&set, &err));
    for (int i = 0; i < from->tensor_count; i++) {
        const sc_weight *t = &from->tensors[i];
        int64_t dimensions[SC_MAX_DIMENSIONS];
        float *values;
        memcpy(dimensions, t->dimensions, sizeof dimensions);
        if (i == without && !reshaped)
            continue;
        dimensions[t->dimension_count - 1] += i == without;
        snprintf(name, sizeof name, "%s%s", prefix, t->name);
        MUST(sc_weights_add(set, name, dimensions, t->dimension_count, &values, &err));
        memcpy(values, t->values, t->count * sizeof *values);
    }
    MUST(sc_weights_sort(set, &err));
    return set;
}

static void wrapped(void **state)
{
    (void)state;
    static const char *const prefixes[] = { "module.", "params_ema.", "netG.module." };
    sc_weights *whole;
    sc_program *plain, *program;
    MUST(sc_weights_load(NULL, &whole, file, &err));
    MUST(sc_animegan_from_weights(&plain, whole, &err));
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        sc_weights *set = copy(whole, prefixes[i], -1, false);
        assert_true(sc_animegan_recognise(set));
        MUST(sc_animegan_from_weights(&program, set, &err));
        assert_int_equal(program->operation_count, plain->operation_count);
        sc_program_free(program);
        sc_weights_free(set);
    }
    sc_program_free(plain);
    sc_weights_free(whole);
}

static void refused_by_name(void **state)
{
    (void)state;
    sc_weights *whole;
    MUST(sc_weights_load(NULL, &whole, file, &err));
    assert_true(whole->tensor_count > 60);
    for (int i = 0; i < 2 * whole->tensor_count; i++) {
        int which = i % whole->tensor_count;
        sc_weights *set = copy(whole, "module.", which, i >= whole->tensor_count);
        sc_program *program;
        err = (sc_error){ 0 };
        assert_true(sc_animegan_recognise(set));
        assert_int_equal(sc_animegan_from_weights(&program, set, &err), SCUMBLE_ERR_UNSUPPORTED);
        assert_null(program);
        if (!strstr(err.text, "AnimeGANv2") || !strstr(err.text, whole->tensors[which].name))
            fail_msg("without '%s': %s", whole->tensors[which].name, err.text);
        sc_weights_free(set);
    }
    /* A fifth block would be another network. */
    sc_weights *set = copy(whole, "", -1, false);
    sc_program *program;
    float *values;
    MUST(sc_weights_add(set, "block_c.6.1.weight", (const int64_t[]){ 1, 1, 3, 3 }, 4, &values, &err));
    MUST(sc_weights_sort(set, &err));
    assert_int_equal(sc_animegan_from_weights(&program, set, &err), SCUMBLE_ERR_UNSUPPORTED);
    assert_non_null(strstr(err.text, "has no 'block_c.6.1.weight'"));
    sc_weights_free(set);
    sc_weights_free(whole);
}

int main(void)
{
    static const struct CMUnitTest tests[] = { cmocka_unit_test(paints_as_pytorch_does), cmocka_unit_test(wrapped),
                                               cmocka_unit_test(refused_by_name) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
