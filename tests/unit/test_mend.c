/* SPDX-License-Identifier: MIT */
/* Files that are not quite what they should be, and are read with a note: JPEG data without its end marker,
 * floating-point TIFF of codes, several frames. */
#include <vips/vips.h>

#include "image_fixture.h"

/* Where the scans of JPEG data begin; how many there are. */
static int find_scans(const uint8_t *bytes, size_t size, size_t *starts, int most)
{
    int count = 0;
    for (size_t at = 2; at + 1 < size && count < most; at++)
        if (bytes[at] == 0xff && bytes[at + 1] == 0xda)
            starts[count++] = at;
    return count;
}

static void test_end_marker(void **state)
{
    (void)state;
    sc_image picture = smooth(150, 110, false);
    for (int progressive = 0; progressive < 2; progressive++) {
        const char *whole = in_folder("whole.jpg"), *cut = in_folder("cut.jpg");
        size_t size;
        save(&picture, whole, NULL);
        if (progressive) {
            VipsImage *image = vips_image_new_from_file(whole, NULL);
            assert_int_equal(vips_jpegsave(image, in_folder("progressive.jpg"), "interlace", TRUE, NULL), 0);
            g_object_unref(image);
            whole = in_folder("progressive.jpg");
        }
        uint8_t *bytes = read_bytes(whole, &size);
        assert_true(bytes[size - 2] == 0xff && bytes[size - 1] == 0xd9);
        write_bytes(cut, bytes, size - 2);
        sc_image a = load(whole), b = load(cut);
        assert_same(&a, &b);
        assert_null(a.note);
        assert_non_null(b.note);
        assert_non_null(strstr(b.note, "cut.jpg' lacks the end marker of JPEG"));
        sc_image_free(&a), sc_image_free(&b);
        const size_t missing[] = { 6, 40, size / 3, size / 2 };
        for (size_t i = 0; i < sizeof missing / sizeof *missing; i++) {
            write_bytes(cut, bytes, size - missing[i]);
            assert_refused(cut, SCUMBLE_ERR_FORMAT);
        }
        size_t scans[64];
        int count = find_scans(bytes, size, scans, 64);
        assert_true(progressive ? count > 5 : count == 1);
        for (int i = 1; i < count; i++) { /* whole scans, but not all */
            write_bytes(cut, bytes, scans[i]);
            assert_refused(cut, SCUMBLE_ERR_FORMAT);
        }
        free(bytes);
    }
    sc_image_free(&picture);
}

/* Values of `picture` times `range` as a floating-point TIFF. */
static void save_float(const sc_image *picture, float range, const char *path)
{
    size_t count = 3 * (size_t)picture->width * (size_t)picture->height;
    float *values = malloc(count * sizeof *values);
    assert_non_null(values);
    for (size_t i = 0; i < count; i++)
        values[i] = picture->rgb[i] * range;
    VipsImage *image = vips_image_new_from_memory_copy(values, count * sizeof *values, picture->width, picture->height,
                                                       3, VIPS_FORMAT_FLOAT),
              *typed = NULL;
    assert_non_null(image);
    assert_int_equal(vips_copy(image, &typed, "interpretation", VIPS_INTERPRETATION_scRGB, NULL), 0);
    assert_int_equal(vips_tiffsave(typed, path, NULL), 0);
    g_object_unref(typed);
    g_object_unref(image);
    free(values);
}

static void test_codes(void **state)
{
    (void)state;
    sc_image picture = smooth(60, 40, false);
    const float ranges[] = { 255, 65535 };
    for (int i = 0; i < 2; i++) {
        save_float(&picture, ranges[i], in_folder("codes.tif"));
        sc_image got = load(in_folder("codes.tif"));
        assert_true(colour_difference(&got, &picture) < 1e-4);
        assert_non_null(got.note);
        sc_image_free(&got);
    }
    save_float(&picture, 1, in_folder("light.tif")); /* linear, so lighter */
    sc_image light = load(in_folder("light.tif"));
    assert_null(light.note);
    assert_true(colour_difference(&light, &picture) > 0.1);
    sc_image_free(&light), sc_image_free(&picture);
}

static void test_frames(void **state)
{
    (void)state;
    sc_image picture = smooth(20, 60, false);
    save(&picture, in_folder("tall.png"), NULL);
    VipsImage *image = vips_image_new_from_file(in_folder("tall.png"), NULL), *frames = NULL;
    assert_int_equal(vips_copy(image, &frames, NULL), 0);
    vips_image_set_int(frames, "page-height", 20);
    if (!vips_webpsave(frames, in_folder("moving.webp"), "lossless", TRUE, NULL)) {
        sc_image got = load(in_folder("moving.webp"));
        assert_int_equal(got.height, 20);
        assert_non_null(got.note);
        assert_non_null(strstr(got.note, "has 3 frames; the first is taken"));
        sc_image_free(&got);
    }
    g_object_unref(frames);
    g_object_unref(image);
    sc_image_free(&picture);
}

/* Kinds that are not read are refused by name, with what to convert them to. */
static void test_foreign(void **state)
{
    (void)state;
    static const struct {
        const char *file, *bytes;
        size_t size;
        const char *name;
    } kinds[] = {
        { "a.psd", "8BPS\0\1\0\0\0\0\0\0\0\3", 14, "(PSD)" },
        { "a.ico", "\0\0\1\0\1\0\x10\x10\0\0\1\0\x20\0", 14, "(ICO)" },
        { "a.pcx", "\x0a\5\1\x08\0\0\0\0", 8, "PCX" },
        { "a.cur", "\0\0\2\0\1\0\x20\x20\0\0\0\0", 12, "(CUR)" },
        { "a", "gimp xcf file", 13, "(XCF)" },
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        sc_error err = { 0 };
        sc_image image;
        write_bytes(in_folder(kinds[i].file), kinds[i].bytes, kinds[i].size);
        assert_refused(in_folder(kinds[i].file), SCUMBLE_ERR_UNSUPPORTED);
        sc_image_load(&image, in_folder(kinds[i].file), NULL, &err);
        assert_non_null(strstr(err.text, kinds[i].name));
        assert_non_null(strstr(err.text, "convert it to PNG or TIFF"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_end_marker), cmocka_unit_test(test_codes),
                                        cmocka_unit_test(test_frames), cmocka_unit_test(test_foreign) };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
