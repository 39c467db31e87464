/* SPDX-License-Identifier: MIT */
/* Pictures from and to memory, as an application sees them: all kinds of values and orders of channels, gaps between
 * rows, rows bottom up; encoded files. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <scumble/pixels.h>

#include "public_fixture.h"

enum { WIDTH = 7, HEIGHT = 5, PIXELS = WIDTH * HEIGHT };

static float rgb[3 * PIXELS], alpha[PIXELS];

static int open_all(void **state)
{
    (void)state;
    for (int i = 0; i < 3 * PIXELS; i++)
        rgb[i] = (float)(i * 37 % 256) / 255;
    for (int i = 0; i < PIXELS; i++)
        alpha[i] = (float)(55 + i * 5) / 255;
    scumble_config config = { .size = sizeof config, .threads = 2, .data_dir = "test_memory_api.data" };
    return scumble_open(&s, &config);
}

static int close_all(void **state)
{
    (void)state;
    scumble_close(&s);
    return 0;
}

static const char *const orders[] = { "RGB", "RGBA", "BGR", "BGRA", "ARGB", "RGBX", "BGRX", "Y", "YA" };
static const int sizes[] = { 1, 2, 2, 4 };
static const double steps[] = { 255, 65535, 2048, 1e6 };

/* The value of a channel, read by other means than the library's. */
static double value_at(const unsigned char *at, int sample)
{
    uint16_t wide;
    float value;
    memcpy(&wide, at, sizeof wide);
    memcpy(&value, at, sample == SCUMBLE_SAMPLE_FLOAT ? sizeof value : 1);
    int exponent = wide >> 10 & 31, mantissa = wide & 1023;
    return sample == SCUMBLE_SAMPLE_U8    ? *at / 255.0 :
           sample == SCUMBLE_SAMPLE_U16   ? wide / 65535.0 :
           sample == SCUMBLE_SAMPLE_FLOAT ? (double)value :
           exponent                       ? ldexp(1024 + mantissa, exponent - 25) :
                                            ldexp(mantissa, -24);
}

static double expected(char channel, int i)
{
    return channel == 'R' ? rgb[3 * i] :
           channel == 'G' ? rgb[3 * i + 1] :
           channel == 'B' ? rgb[3 * i + 2] :
           channel == 'A' ? alpha[i] :
           channel == 'X' ? 1 :
                            0.299 * rgb[3 * i] + 0.587 * rgb[3 * i + 1] + 0.114 * rgb[3 * i + 2];
}

/* Written as they should be, with gaps that stay as they were; read back they are the same picture. */
static void round_trip(int sample, int channels, long long row_bytes)
{
    enum { MOST = 4 * 4 * WIDTH + 16 };
    static unsigned char memory[MOST * HEIGHT];
    scumble_image *image, *back;
    int count = (int)strlen(orders[channels]), packed = WIDTH * count * sizes[sample];
    long long rows = row_bytes ? row_bytes : packed;
    memset(memory, 0x5a, sizeof memory);
    scumble_pixels pixels = { .size = sizeof pixels,
                              .data = rows < 0 ? memory - rows * (HEIGHT - 1) : memory,
                              .width = WIDTH,
                              .height = HEIGHT,
                              .row_bytes = row_bytes,
                              .sample = sample,
                              .channels = channels };
    GOOD(scumble_image_create(s, WIDTH, HEIGHT, rgb, alpha, &image));
    GOOD(scumble_image_to_pixels(s, image, &pixels));
    for (int y = 0; y < HEIGHT; y++) {
        const unsigned char *row = (const unsigned char *)pixels.data + rows * y;
        for (int i = 0; i < WIDTH * count; i++) {
            double found = value_at(row + i * sizes[sample], sample),
                   want = expected(orders[channels][i % count], y * WIDTH + i / count);
            if (fabs(found - want) > 0.51 / steps[sample])
                fail_msg("%s, sample %d, row %d, value %d: %g, not %g", orders[channels], sample, y, i, found, want);
        }
        for (int i = packed; i < llabs(rows); i++)
            assert_int_equal(row[i], 0x5a);
    }
    GOOD(scumble_image_from_pixels(s, &pixels, &back));
    const float *a = scumble_image_rgb(back), *b = scumble_image_alpha(back);
    assert_true((b != NULL) == (strchr(orders[channels], 'A') != NULL));
    for (int i = 0; i < PIXELS; i++) {
        for (int c = 0; c < 3; c++)
            assert_true(fabs(a[3 * i + c] - expected(count < 3 ? 'Y' : "RGB"[c], i)) <= 0.51 / steps[sample]);
        assert_true(!b || fabsf(b[i] - alpha[i]) <= 0.51 / steps[sample]);
    }
    scumble_image_free(&image);
    scumble_image_free(&back);
}

static void all_kinds(void **state)
{
    (void)state;
    for (int sample = 0; sample < 4; sample++)
        for (int channels = 0; channels < 9; channels++) {
            int packed = WIDTH * (int)strlen(orders[channels]) * sizes[sample];
            round_trip(sample, channels, 0);
            round_trip(sample, channels, packed + 16 - packed % 4);
            round_trip(sample, channels, -(packed + 8));
        }
}

static void wrong_pixels_are_refused(void **state)
{
    (void)state;
    float values[12] = { 0.5f, NAN, 2, -1, 0, INFINITY };
    scumble_image *image;
    scumble_pixels good = { sizeof good, values, 2, 2, 0, SCUMBLE_SAMPLE_FLOAT, SCUMBLE_CHANNELS_RGB }, p = good;
    refused(scumble_image_from_pixels(s, &p, &image), "finite");
    assert_null(image);
    values[1] = values[5] = 1;
    GOOD(scumble_image_from_pixels(s, &p, &image));
    assert_true(scumble_image_rgb(image)[2] == 1 && scumble_image_rgb(image)[3] == 0); /* clamped */
    p.width = 3;
    refused(scumble_image_to_pixels(s, image, &p), "3 x 2 pixels, but the picture has 2 x 2");
    p = good, p.width = 0;
    refused(scumble_image_from_pixels(s, &p, &image), "from 1 to 65535");
    p = good, p.height = 65536;
    refused(scumble_image_from_pixels(s, &p, &image), "from 1 to 65535");
    p = good, p.sample = 4;
    refused(scumble_image_from_pixels(s, &p, &image), "SCUMBLE_SAMPLE");
    p = good, p.channels = -1;
    refused(scumble_image_from_pixels(s, &p, &image), "SCUMBLE_CHANNELS");
    p = good, p.row_bytes = -23;
    refused(scumble_image_from_pixels(s, &p, &image), "row_bytes");
    p = good, p.data = NULL;
    refused(scumble_image_from_pixels(s, &p, &image), "NULL");
    refused(scumble_image_to_pixels(s, NULL, &good), "NULL");
}

static void encoded_files(void **state)
{
    (void)state;
    static const char *const formats[] = { "png", "jpg", "tif", "webp", "ppm" };
    scumble_image *image, *back;
    void *bytes;
    size_t size;
    GOOD(scumble_image_create(s, WIDTH, HEIGHT, rgb, NULL, &image));
    for (size_t f = 0; f < sizeof formats / sizeof *formats; f++) {
        GOOD(scumble_image_to_bytes(s, image, formats[f],
                                    &(scumble_save_options){ .size = sizeof(scumble_save_options), .bits = 8 }, &bytes,
                                    &size));
        GOOD(scumble_image_from_bytes(s, bytes, size, &back));
        assert_true(scumble_image_width(back) == WIDTH && scumble_image_height(back) == HEIGHT);
        for (int i = 0; i < 3 * PIXELS; i++)
            assert_true(f % 2 || fabsf(scumble_image_rgb(back)[i] - rgb[i]) < 1e-3f); /* the others are lossy */
        scumble_image_free(&back);
        for (size_t cut = 0; cut < size; cut += 1 + size / 7)
            if (!scumble_image_from_bytes(s, bytes, cut, &back))
                scumble_image_free(&back);
            else if (strstr(scumble_error_text(s), "/proc"))
                fail_msg("%s", scumble_error_text(s));
        scumble_bytes_free(&bytes);
        assert_null(bytes);
    }
    assert_true(scumble_image_from_bytes(s, "no picture", 10, &back) < 0);
    assert_non_null(strstr(scumble_error_text(s), "the picture in memory"));
    assert_true(scumble_image_to_bytes(s, image, "doc", NULL, &bytes, &size) < 0);
    assert_true(!bytes && !size && !strstr(scumble_error_text(s), "/proc"));
    scumble_bytes_free(NULL);
    scumble_image_free(&image);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(all_kinds), cmocka_unit_test(wrong_pixels_are_refused),
                                        cmocka_unit_test(encoded_files) };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
