/* SPDX-License-Identifier: MIT */
/* Colours that sRGB does not have: read from wide profiles, carried beside the picture, written back. The whole program
 * is tests/cli/wide.sh's part. */
#include "image_fixture.h"

#include <vips/vips.h>

#include "../wide_fixture.h"
#include "media/periodic.h"

enum { STEPS = 6, COLOURS = STEPS * STEPS * STEPS };

static sc_error err;

/* Code of a channel, 0..most: all colours with channels of 0, 1/5 .. 1. */
static unsigned code_at(int pixel, int channel, unsigned most)
{
    int place[3] = { 1, STEPS, STEPS * STEPS };
    return (unsigned)(pixel / place[channel] % STEPS) * most / (STEPS - 1);
}

static void put(void *codes, int bits, size_t i, unsigned value)
{
    if (bits == 16)
        ((uint16_t *)codes)[i] = (uint16_t)value;
    else
        ((uint8_t *)codes)[i] = (uint8_t)value;
}

/* A PNG of these codes in a profile. */
static void write_codes(const void *codes, int width, int height, int bands, int bits, const void *icc,
                        size_t icc_bytes, const char *path)
{
    VipsBandFormat format = bits == 16 ? VIPS_FORMAT_USHORT : VIPS_FORMAT_UCHAR;
    size_t bytes = (size_t)width * (size_t)height * (size_t)bands * (size_t)(bits / 8);
    VipsImage *plain = vips_image_new_from_memory(codes, bytes, width, height, bands, format), *image;
    assert_non_null(plain);
    assert_int_equal(vips_copy(plain, &image, "interpretation",
                               bits == 16 ? VIPS_INTERPRETATION_RGB16 : VIPS_INTERPRETATION_sRGB, NULL),
                     0);
    vips_image_set_blob_copy(image, VIPS_META_ICC_NAME, icc, icc_bytes);
    assert_int_equal(vips_pngsave(image, path, NULL), 0);
    g_object_unref(image);
    g_object_unref(plain);
}

/* All the colours of a space in one row. */
static void write_colours(int bits, const void *icc, size_t icc_bytes, const char *path)
{
    uint16_t codes[3 * COLOURS];
    for (int i = 0; i < 3 * COLOURS; i++)
        put(codes, bits, (size_t)i, code_at(i / 3, i % 3, bits == 16 ? 65535 : 255));
    write_codes(codes, COLOURS, 1, 3, bits, icc, icc_bytes, path);
}

/* A pixel of a file, its codes as they are. */
static void read_codes(const char *path, int x, int y, unsigned codes[4])
{
    VipsImage *file = vips_image_new_from_file(path, NULL);
    assert_non_null(file);
    double *values;
    int count;
    assert_int_equal(vips_getpoint(file, &values, &count, x, y, NULL), 0);
    for (int c = 0; c < 4; c++)
        codes[c] = c < count ? (unsigned)values[c] : 0;
    g_free(values);
    g_object_unref(file);
}

/* Saved in the kept profile, the colours are what they were. */
static void check_colours(const char *name, const sc_image *image, int bits)
{
    const char *path = in_folder("kept.png");
    unsigned most = bits == 16 ? 65535 : 255;
    save(image, path, &(sc_image_save_options){ .bits = bits, .keep_icc = true });
    VipsImage *file = vips_image_new_from_file(path, NULL);
    assert_non_null(file);
    size_t bytes;
    void *codes = vips_image_write_to_memory(file, &bytes);
    assert_int_equal(bytes, 3 * COLOURS * (size_t)(bits / 8));
    for (int i = 0; i < 3 * COLOURS; i++) {
        int got = bits == 16 ? ((uint16_t *)codes)[i] : ((uint8_t *)codes)[i], want = (int)code_at(i / 3, i % 3, most);
        if (abs(got - want) > (int)most / 255)
            fail_msg("%s, %d bits: colour %d, channel %d is %d, not %d", name, bits, i / 3, i % 3, got, want);
    }
    g_free(codes);
    g_object_unref(file);
}

static void check_bounds(const sc_image *image)
{
    for (int i = 0; i < 3 * image->width * image->height; i++)
        assert_true(image->rgb[i] >= 0 && image->rgb[i] <= 1);
}

static void check_profile(const char *name, const void *icc, size_t icc_bytes)
{
    for (int bits = 8; bits <= 16; bits += 8) {
        const char *path = in_folder("wide.png");
        write_colours(bits, icc, icc_bytes, path);
        sc_image image = load(path), copy;
        assert_non_null(image.beyond);
        check_bounds(&image);
        check_colours(name, &image, bits);
        assert_int_equal(sc_image_resize(NULL, &image, image.width, image.height, &copy, &err), 0);
        check_colours(name, &copy, bits);
        sc_image_free(&copy);
        sc_image_free(&image);
    }
}

static void test_spaces(void **state)
{
    (void)state;
    uint8_t icc[WIDE_BYTES];
    for (int s = 0; s < WIDE_SPACES; s++) {
        wide_profile(icc, &wide_spaces[s]);
        check_profile(wide_spaces[s].name, icc, sizeof icc);
    }
    VipsBlob *blob = NULL;
    assert_int_equal(vips_profile_load("p3", &blob, NULL), 0);
    size_t size;
    const void *data = vips_blob_get(blob, &size);
    check_profile("libvips' P3", data, size);
    vips_area_unref(VIPS_AREA(blob));
}

/* Without the profile the picture is what it would be if there were no such colours: clipped. */
static void test_clipped(void **state)
{
    (void)state;
    uint8_t icc[WIDE_BYTES];
    wide_profile(icc, &wide_spaces[0]);
    write_colours(8, icc, sizeof icc, in_folder("wide.png"));
    sc_image image = load(in_folder("wide.png"));
    save(&image, in_folder("a.png"), NULL);
    sc_big_free(image.beyond);
    image.beyond = NULL;
    save(&image, in_folder("b.png"), NULL);
    sc_image a = load(in_folder("a.png")), b = load(in_folder("b.png"));
    assert_null(a.beyond);
    assert_true(colour_difference(&a, &b) == 0);
    unsigned codes[4];
    read_codes(in_folder("a.png"), STEPS - 1, 0, codes);
    assert_true(codes[0] == 255 && codes[1] == 0 && codes[2] == 0);
    sc_image_free(&a), sc_image_free(&b), sc_image_free(&image);
}

/* What sRGB has takes no room for more: greys, and colours of an eighth of the chroma. */
static void test_within(void **state)
{
    (void)state;
    uint8_t icc[WIDE_BYTES];
    for (int s = 0; s < WIDE_SPACES; s++)
        for (int bits = 8; bits <= 16; bits += 8) {
            uint16_t codes[3 * COLOURS];
            unsigned most = bits == 16 ? 65535 : 255;
            for (int i = 0; i < COLOURS; i++)
                for (int c = 0; c < 3; c++)
                    put(codes, bits, (size_t)(3 * i + c),
                        i < 50 ? (unsigned)i * most / 49 : most / 2 + code_at(i, c, most) / 8);
            wide_profile(icc, &wide_spaces[s]);
            write_codes(codes, COLOURS, 1, 3, bits, icc, sizeof icc, in_folder("within.png"));
            sc_image image = load(in_folder("within.png"));
            assert_non_null(image.icc);
            for (int i = 0; image.beyond && i < 3 * COLOURS; i++)
                if (image.beyond[i] != 0)
                    fail_msg("%s, %d bits: colour %d, channel %d is %g and %g", wide_spaces[s].name, bits, i / 3, i % 3,
                             image.rgb[i], image.beyond[i]);
            assert_null(image.beyond);
            sc_image_free(&image);
        }
}

/* Grey, and red from row 150 on: the first strips of rows have nothing beyond sRGB. bands 4: transparent at the left.
 */
static sc_image tall(int bands, int threads)
{
    enum { WIDTH = 20, HEIGHT = 200 };
    uint8_t icc[WIDE_BYTES], codes[WIDTH * HEIGHT * 4];
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
        uint8_t *p = codes + i * bands;
        p[0] = i / WIDTH < 150 ? 90 : 255;
        p[1] = p[2] = i / WIDTH < 150 ? 90 : 0;
        if (bands == 4)
            p[3] = i % WIDTH < 5 ? 0 : 255;
    }
    wide_profile(icc, &wide_spaces[0]);
    write_codes(codes, WIDTH, HEIGHT, bands, 8, icc, sizeof icc, in_folder("tall.png"));
    use_threads(threads);
    sc_image image = load(in_folder("tall.png"));
    use_threads(0);
    assert_non_null(image.beyond);
    return image;
}

static void assert_red(const sc_image *image, int x, int y)
{
    unsigned codes[4];
    save(image, in_folder("red.png"), &(sc_image_save_options){ .keep_icc = true });
    read_codes(in_folder("red.png"), x, y, codes);
    if (codes[0] < 254 || codes[1] > 1 || codes[2] > 1)
        fail_msg("red at (%d, %d) is %u %u %u", x, y, codes[0], codes[1], codes[2]);
}

static void test_strips_and_sizes(void **state)
{
    (void)state;
    for (int bands = 3; bands <= 4; bands++) {
        sc_image image = tall(bands, 1), other = tall(bands, 3), small, large;
        assert_memory_equal(image.beyond, other.beyond, 20 * 200 * 3 * sizeof(float));
        assert_memory_equal(image.rgb, other.rgb, 20 * 200 * 3 * sizeof(float));
        assert_red(&image, 19, 199);
        assert_true(image.beyond[0] == 0 && image.beyond[3 * 20 * 149 + 30] == 0);
        if (bands == 4) /* hidden colours say nothing */
            assert_true(image.beyond[3 * 20 * 180] == 0);
        assert_int_equal(sc_image_resize(NULL, &image, 7, 50, &small, &err), 0);
        assert_int_equal(sc_image_resize(NULL, &image, 33, 333, &large, &err), 0);
        check_bounds(&small), check_bounds(&large);
        assert_red(&small, 5, 46);
        assert_red(&large, 25, 330);
        sc_image_free(&image), sc_image_free(&other), sc_image_free(&small), sc_image_free(&large);
    }
}

/* Where there is no room for alpha, the colours themselves are blended over white. */
static void test_blended(void **state)
{
    (void)state;
    sc_image image = tall(4, 1);
    if (sc_image_writable("red.jpg")) {
        unsigned codes[4];
        save(&image, in_folder("red.jpg"), &(sc_image_save_options){ .keep_icc = true, .quality = 100 });
        read_codes(in_folder("red.jpg"), 15, 190, codes);
        assert_true(codes[0] >= 252 && codes[1] <= 3 && codes[2] <= 3);
        read_codes(in_folder("red.jpg"), 1, 190, codes);
        assert_true(codes[0] >= 252 && codes[1] >= 252 && codes[2] >= 252);
    }
    sc_image_free(&image);
}

/* A tile's photo is made periodic, with what is beyond. */
static void test_periodic(void **state)
{
    (void)state;
    sc_threads *threads;
    assert_int_equal(sc_threads_create(&threads, 2, &err), 0);
    sc_image image = tall(3, 1);
    double before = 0, after = 0;
    for (int c = 0; c < 3; c++)
        before += fabs((double)image.beyond[c] - image.beyond[199 * 60 + c]);
    assert_int_equal(sc_image_make_periodic(threads, &image, &err), 0);
    for (int c = 0; c < 3; c++)
        after += fabs((double)image.beyond[c] - image.beyond[199 * 60 + c]);
    assert_true(after < 0.05 * before);
    sc_image_free(&image);
    sc_threads_destroy(threads);
}

/* The share that is the photo's. */
static void test_shares(void **state)
{
    (void)state;
    sc_image photo = tall(3, 1), result = { 0 };
    float coverage[20 * 200];
    for (int i = 0; i < 20 * 200; i++)
        coverage[i] = (float)(i % 20) / 19;
    const size_t last = 199 * 60;
    assert_int_equal(sc_image_keep_beyond(NULL, &result, &photo, 1, coverage, &err), 0);
    assert_true(result.beyond[last] == photo.beyond[last] && result.beyond[last + 57] == 0);
    assert_int_equal(sc_image_keep_beyond(NULL, &result, &photo, 0.25f, NULL, &err), 0);
    assert_true(result.beyond[last] == 0.75f * photo.beyond[last]);
    assert_int_equal(sc_image_keep_beyond(NULL, &result, &photo, 1, NULL, &err), 0);
    assert_null(result.beyond);
    sc_image_free(&photo);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spaces),           cmocka_unit_test(test_clipped), cmocka_unit_test(test_within),
        cmocka_unit_test(test_strips_and_sizes), cmocka_unit_test(test_blended), cmocka_unit_test(test_periodic),
        cmocka_unit_test(test_shares),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
