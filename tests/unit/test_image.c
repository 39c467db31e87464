/* SPDX-License-Identifier: MIT */
/* Reading of pictures: every kind of pixel, orientation, profile, and every kind of file that is not a picture. The
 * inputs are made here, with libvips or by hand. */
#define _GNU_SOURCE
#include "core/clock.h"
#include "core/file.h"
#include "image_fixture.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <vips/vips.h>

/* Writes a libvips image and drops it: image, saver, path, options. */
#define VIPS_SAVE(image, save, ...)                                      \
    do {                                                                 \
        if (save(image, __VA_ARGS__, NULL))                              \
            fail_msg("libvips cannot make it: %s", vips_error_buffer()); \
        g_object_unref(image);                                           \
    } while (0)

static VipsImage *from_bytes(const void *data, size_t size, int w, int h, int bands, VipsBandFormat format,
                             VipsInterpretation kind)
{
    VipsImage *raw = vips_image_new_from_memory_copy(data, size, w, h, bands, format), *out = NULL;
    assert_non_null(raw);
    assert_int_equal(vips_copy(raw, &out, "interpretation", kind, NULL), 0);
    g_object_unref(raw);
    return out;
}

/* w x h x bands bytes that all differ from their neighbours. */
static VipsImage *byte_image(int w, int h, int bands, VipsInterpretation kind)
{
    size_t size = (size_t)w * (size_t)h * (size_t)bands;
    uint8_t *data = malloc(size);
    for (size_t i = 0; i < size; i++)
        data[i] = (uint8_t)sc_random_bits(7, i);
    VipsImage *out = from_bytes(data, size, w, h, bands, VIPS_FORMAT_UCHAR, kind);
    free(data);
    return out;
}

static uint8_t byte_at(int w, int bands, int x, int y, int c)
{
    return (uint8_t)sc_random_bits(7, ((size_t)y * (size_t)w + (size_t)x) * (size_t)bands + (size_t)c);
}

static void test_exact_8(void **state)
{
    (void)state;
    static const int sizes[][2] = { { 1, 1 }, { 1, 1000 }, { 1000, 1 }, { 17, 13 }, { 256, 256 } };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int alpha = 0; alpha < 2; alpha++) {
            sc_image a = noise(sizes[i][0], sizes[i][1], alpha, 8, i);
            const char *names[] = { "exact.png", "exact.tif" };
            for (int f = 0; f < 2; f++) {
                save(&a, in_folder(names[f]), NULL);
                sc_image b = load(in_folder(names[f]));
                assert_same(&a, &b);
                assert_int_equal(b.bits, 8);
                assert_null(b.icc);
                assert_null(b.recipe);
                assert_true((uintptr_t)b.rgb % 64 == 0);
                sc_image_free(&b);
            }
            sc_image_free(&a);
        }
}

static void test_exact_16(void **state)
{
    (void)state;
    sc_error err = { 0 };
    for (int alpha = 0; alpha < 2; alpha++) {
        sc_image a;
        assert_int_equal(sc_image_create(&a, 256, 256, alpha, &err), 0);
        a.bits = 16;
        for (size_t i = 0; i < 65536; i++) { /* every value there is, in every channel */
            a.rgb[3 * i] = (float)i / 65535.0f;
            a.rgb[3 * i + 1] = (float)(65535 - i) / 65535.0f;
            a.rgb[3 * i + 2] = (float)(i ^ 0x5555) / 65535.0f;
            if (alpha)
                a.alpha[i] = (float)i / 65535.0f;
        }
        assert_int_equal(sc_image_fill_hidden(NULL, &a, &err), 0);
        const char *names[] = { "deep.png", "deep.tif" };
        for (int f = 0; f < 2; f++) {
            save(&a, in_folder(names[f]), NULL);
            sc_image b = load(in_folder(names[f]));
            assert_int_equal(b.bits, 16);
            assert_same(&a, &b);
            sc_image_free(&b);
        }
        sc_image_free(&a);
    }
}

static void test_grey(void **state)
{
    (void)state;
    for (int bands = 1; bands <= 2; bands++) {
        VIPS_SAVE(byte_image(19, 7, bands, VIPS_INTERPRETATION_B_W), vips_pngsave, in_folder("grey.png"));
        sc_image image = load(in_folder("grey.png"));
        assert_int_equal(image.width, 19);
        assert_int_equal(image.alpha != NULL, bands == 2);
        for (int i = 0; i < 19 * 7; i++) {
            float want = (float)byte_at(19, bands, i % 19, i / 19, 0) / 255.0f;
            for (int c = 0; c < 3; c++)
                assert_true(image.rgb[3 * i + c] == want);
            if (bands == 2)
                assert_true(image.alpha[i] == (float)byte_at(19, bands, i % 19, i / 19, 1) / 255.0f);
        }
        sc_image_free(&image);
    }
    uint16_t deep[4] = { 0, 1, 40000, 65535 };
    VIPS_SAVE(from_bytes(deep, sizeof deep, 2, 2, 1, VIPS_FORMAT_USHORT, VIPS_INTERPRETATION_GREY16), vips_pngsave,
              in_folder("grey16.png"));
    sc_image image = load(in_folder("grey16.png"));
    assert_int_equal(image.bits, 16);
    for (int i = 0; i < 4; i++)
        assert_true(image.rgb[3 * i + 1] == (float)deep[i] / 65535.0f);
    sc_image_free(&image);
}

static void test_palette(void **state)
{
    (void)state;
    uint8_t four[4 * 3] = { 255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255 };
    VIPS_SAVE(from_bytes(four, sizeof four, 2, 2, 3, VIPS_FORMAT_UCHAR, VIPS_INTERPRETATION_sRGB), vips_pngsave,
              in_folder("palette.png"), "palette", TRUE, "bitdepth", 2);
    size_t size;
    uint8_t *png = read_bytes(in_folder("palette.png"), &size);
    assert_int_equal(png[25], 3); /* IHDR: colour type "palette" */
    free(png);
    sc_image image = load(in_folder("palette.png"));
    for (int i = 0; i < 12; i++)
        assert_true(fabsf(image.rgb[i] - (float)four[i] / 255.0f) < 0.02f);
    assert_null(image.alpha);
    sc_image_free(&image);
}

/* libvips' own autorot is the reference. */
static void test_orientation(void **state)
{
    (void)state;
    const char *names[] = { "turned.jpg", "turned.tif", "turned.webp" };
    for (int orientation = 1; orientation <= 8; orientation++)
        for (int f = 0; f < 3; f++) {
            const char *path = in_folder(names[f]);
            VipsImage *image = byte_image(23, 11, 4, VIPS_INTERPRETATION_sRGB), *want = NULL, *file, *plain = image;
            if (f == 0) {
                assert_int_equal(vips_extract_band(image, &plain, 0, "n", 3, NULL), 0);
                g_object_unref(image);
            }
            vips_image_set_int(plain, VIPS_META_ORIENTATION, orientation);
            assert_int_equal(vips_image_write_to_file(plain, path, f == 2 ? "lossless" : "strip", f == 2, NULL), 0);
            g_object_unref(plain);
            file = vips_image_new_from_file(path, NULL);
            assert_non_null(file);
            if (vips_image_get_orientation(file) != orientation)
                fail_msg("%s does not keep its orientation", path);
            assert_int_equal(vips_autorot(file, &want, NULL), 0);
            size_t size;
            uint8_t *pixels = vips_image_write_to_memory(want, &size);
            sc_image got = load(path);
            int w, h, bands = want->Bands;
            sc_error err = { 0 };
            assert_int_equal(sc_image_probe(path, NULL, &w, &h, NULL, NULL, &err), 0);
            assert_int_equal(w, got.width);
            assert_int_equal(h, got.height);
            assert_int_equal(got.width, want->Xsize);
            assert_int_equal(got.height, want->Ysize);
            for (int i = 0; i < w * h; i++) {
                for (int c = 0; c < 3; c++)
                    if (bands < 4 || pixels[bands * i + 3])
                        assert_true(got.rgb[3 * i + c] == (float)pixels[bands * i + c] / 255.0f);
                if (bands == 4)
                    assert_true(got.alpha[i] == (float)pixels[bands * i + 3] / 255.0f);
            }
            g_free(pixels);
            g_object_unref(want);
            g_object_unref(file);
            sc_image_free(&got);
        }
}

static void test_cmyk(void **state)
{
    (void)state;
    /* paper, cyan, magenta, yellow, black, each 16 x 16 */
    static const uint8_t inks[5][4] = { { 0 }, { 255 }, { 0, 255 }, { 0, 0, 255 }, { 0, 0, 0, 255 } };
    uint8_t data[16][80][4];
    for (int y = 0; y < 16; y++)
        for (int x = 0; x < 80; x++)
            memcpy(data[y][x], inks[x / 16], 4);
    for (int f = 0; f < 3; f++) {
        VipsImage *image = from_bytes(data, sizeof data, 80, 16, 4, VIPS_FORMAT_UCHAR, VIPS_INTERPRETATION_CMYK);
        const char *path = in_folder(f == 2 ? "cmyk.tif" : "cmyk.jpg");
        if (f == 0)
            VIPS_SAVE(image, vips_jpegsave, path, "profile", "cmyk", "Q", 100);
        else if (f == 1)
            VIPS_SAVE(image, vips_jpegsave, path, "strip", TRUE, "Q", 100);
        else
            VIPS_SAVE(image, vips_tiffsave, path, "strip", TRUE);
        sc_image got = load(path);
        assert_int_equal(got.bits, 8);
        assert_int_equal(got.icc != NULL, f == 0);
        const float *p = got.rgb + 3 * (8 * 80 + 8);
        assert_true(p[0] > 0.97f && p[1] > 0.97f && p[2] > 0.97f);
        p += 48;
        assert_true(p[0] < 0.3f && p[1] > 0.5f && p[2] > 0.7f);
        p += 48;
        assert_true(p[0] > 0.7f && p[1] < 0.3f && p[2] > 0.3f);
        p += 48;
        assert_true(p[0] > 0.9f && p[1] > 0.8f && p[2] < 0.3f);
        p += 48;
        assert_true(p[0] < 0.25f && p[1] < 0.25f && p[2] < 0.25f);
        sc_image_free(&got);
    }
}

/* A wide gamut: what libvips converts to Display P3 must come back, and go out again in that profile. */
static void test_profile(void **state)
{
    (void)state;
    for (int bits = 8; bits <= 16; bits += 8) {
        sc_image want = smooth(40, 30, true);
        want.bits = bits;
        const char *srgb = in_folder("srgb.png"), *p3 = in_folder("p3.png"), *again = in_folder("again.png");
        save(&want, srgb, &(sc_image_save_options){ .bits = bits });
        if (bits == 8) {
            VipsImage *file = vips_image_new_from_file(srgb, NULL), *wide = NULL;
            assert_non_null(file);
            assert_int_equal(vips_icc_transform(file, &wide, "p3", "embedded", TRUE, "depth", bits, NULL), 0);
            g_object_unref(file);
            VIPS_SAVE(wide, vips_pngsave, p3);
        } else { /* libvips is not exact enough at 16 bits to be the judge */
            VipsBlob *blob = NULL;
            assert_int_equal(vips_profile_load("p3", &blob, NULL), 0);
            const void *data = vips_blob_get(blob, &want.icc_bytes);
            want.icc = malloc(want.icc_bytes);
            memcpy(want.icc, data, want.icc_bytes);
            vips_area_unref(VIPS_AREA(blob));
            save(&want, p3, &(sc_image_save_options){ .keep_icc = true });
        }
        sc_image got = load(p3);
        assert_non_null(got.icc);
        assert_int_equal(got.bits, bits);
        double off = colour_difference(&want, &got);
        if (off > (bits == 16 ? 0.002 : 0.04)) /* 8 bits of P3 are coarse near the edge of sRGB */
            fail_msg("%d bits from the profile differ by %g", bits, off);
        assert_true(alpha_difference(&want, &got) <= (bits == 16 ? 1e-4 : 1 / 255.0));
        save(&got, again, &(sc_image_save_options){ .keep_icc = true });
        VipsImage *first = vips_image_new_from_file(p3, NULL), *second = vips_image_new_from_file(again, NULL);
        assert_int_equal(first->BandFmt, second->BandFmt);
        assert_int_equal(first->Bands, second->Bands);
        size_t size_a, size_b;
        const void *icc_a, *icc_b;
        assert_int_equal(vips_image_get_blob(first, VIPS_META_ICC_NAME, &icc_a, &size_a), 0);
        assert_int_equal(vips_image_get_blob(second, VIPS_META_ICC_NAME, &icc_b, &size_b), 0);
        assert_int_equal(size_a, size_b);
        assert_memory_equal(icc_a, icc_b, size_a);
        void *a = vips_image_write_to_memory(first, &size_a), *b = vips_image_write_to_memory(second, &size_b);
        int most = 0;
        for (size_t i = 0; i < size_a / (bits / 8); i++) {
            int d = bits == 8 ? ((uint8_t *)a)[i] - ((uint8_t *)b)[i] : ((uint16_t *)a)[i] - ((uint16_t *)b)[i];
            most = abs(d) > most ? abs(d) : most;
        }
        if (most > (bits == 8 ? 1 : 60))
            fail_msg("%d bits through the profile and back differ by %d", bits, most);
        g_free(a);
        g_free(b);
        g_object_unref(first);
        g_object_unref(second);
        sc_image_free(&got);
        sc_image_free(&want);
    }
}

/* Profiles that say nothing, or nonsense, change nothing. */
static void test_profile_ignored(void **state)
{
    (void)state;
    VipsBlob *srgb = NULL, *cmyk = NULL;
    assert_int_equal(vips_profile_load("srgb", &srgb, NULL), 0);
    assert_int_equal(vips_profile_load("cmyk", &cmyk, NULL), 0);
    char garbage[400];
    for (size_t i = 0; i < sizeof garbage; i++)
        garbage[i] = (char)sc_random_bits(3, i);
    size_t srgb_size, cmyk_size;
    const char *srgb_data = vips_blob_get(srgb, &srgb_size), *cmyk_data = vips_blob_get(cmyk, &cmyk_size);
    char broken[400];
    memcpy(broken, srgb_data, sizeof broken); /* a good head, cut short */
    const struct {
        const void *data;
        size_t size;
    } profiles[] = { { srgb_data, srgb_size },
                     { cmyk_data, cmyk_size },
                     { garbage, sizeof garbage },
                     { broken, sizeof broken },
                     { broken, 20 } };
    for (size_t i = 0; i < 5; i++) {
        VipsImage *image = byte_image(9, 9, 3, VIPS_INTERPRETATION_sRGB);
        vips_image_set_blob_copy(image, VIPS_META_ICC_NAME, profiles[i].data, profiles[i].size);
        VIPS_SAVE(image, vips_tiffsave, in_folder("profile.tif"));
        sc_image got = load(in_folder("profile.tif"));
        assert_null(got.icc);
        for (int k = 0; k < 9 * 9 * 3; k++)
            assert_true(got.rgb[k] == (float)byte_at(9, 3, k / 3 % 9, k / 27, k % 3) / 255.0f);
        sc_image_free(&got);
    }
    vips_area_unref(VIPS_AREA(srgb));
    vips_area_unref(VIPS_AREA(cmyk));
}

static double srgb_curve(double linear)
{
    return linear <= 0.0031308 ? 12.92 * linear : 1.055 * pow(linear, 1 / 2.4) - 0.055;
}

static void test_float(void **state)
{
    (void)state;
    float linear[4 * 3] = { 0, 0, 0, 0.25f, 0.5f, 0.75f, 1, 1, 1, 4, 0.5f, 0.1f };
    const char *names[] = { "light.tif", "light.pfm", "light.hdr" };
    for (int f = 0; f < 3; f++) {
        VipsImage *image = from_bytes(linear, sizeof linear, 2, 2, 3, VIPS_FORMAT_FLOAT, VIPS_INTERPRETATION_scRGB);
        assert_int_equal(vips_image_write_to_file(image, in_folder(names[f]), NULL), 0);
        g_object_unref(image);
        sc_image got = load(in_folder(names[f]));
        assert_int_equal(got.bits, 16);
        assert_null(got.alpha);
        for (int i = 0; i < 12; i++) {
            double want = srgb_curve(fmin(1, linear[i])), off = fabs(got.rgb[i] - want);
            if (off > (f == 2 ? 0.02 : 0.001))
                fail_msg("%s: value %d is %g, not %g", names[f], i, got.rgb[i], want);
        }
        sc_image_free(&got);
    }
    float grey[2] = { 0.5f, 0.25f };
    VipsImage *image = from_bytes(grey, sizeof grey, 2, 1, 1, VIPS_FORMAT_FLOAT, VIPS_INTERPRETATION_B_W);
    VIPS_SAVE(image, vips_tiffsave, in_folder("lightgrey.tif"));
    sc_image got = load(in_folder("lightgrey.tif"));
    for (int i = 0; i < 6; i++)
        assert_true(fabs(got.rgb[i] - srgb_curve(grey[i / 3])) < 0.001);
    sc_image_free(&got);
}

static size_t put(uint8_t *out, size_t at, const void *data, size_t size)
{
    memcpy(out + at, data, size);
    return at + size;
}

static size_t put_attribute(uint8_t *out, size_t at, const char *name, const char *type, const void *data, int32_t size)
{
    at = put(out, at, name, strlen(name) + 1);
    at = put(out, at, type, strlen(type) + 1);
    at = put(out, at, &size, 4);
    return put(out, at, data, (size_t)size);
}

/* An OpenEXR file of 2 x 1 pixels of half floats, by hand: (0.5, 0.25, 1, alpha) premultiplied, twice. */
static size_t make_exr(uint8_t *out, float alpha)
{
    uint8_t channels[4 * 18 + 1] = { 0 };
    for (int c = 0; c < 4; c++) {
        uint8_t *p = channels + 18 * c;
        p[0] = (uint8_t) "ABGR"[c];
        p[2] = 1;          /* half */
        p[10] = p[14] = 1; /* sampling */
    }
    const int32_t window[4] = { 0, 0, 1, 0 }, row[2] = { 0, 16 };
    const float one = 1, centre[2] = { 0, 0 };
    size_t at = put(out, 0, "\x76\x2f\x31\x01\x02\0\0\0", 8);
    at = put_attribute(out, at, "channels", "chlist", channels, sizeof channels);
    at = put_attribute(out, at, "compression", "compression", "", 1);
    at = put_attribute(out, at, "dataWindow", "box2i", window, 16);
    at = put_attribute(out, at, "displayWindow", "box2i", window, 16);
    at = put_attribute(out, at, "lineOrder", "lineOrder", "", 1);
    at = put_attribute(out, at, "pixelAspectRatio", "float", &one, 4);
    at = put_attribute(out, at, "screenWindowCenter", "v2f", centre, 8);
    at = put_attribute(out, at, "screenWindowWidth", "float", &one, 4);
    at = put(out, at, "", 1);
    uint64_t offset = at + 8;
    at = put(out, at, &offset, 8);
    at = put(out, at, row, 8);
    const uint16_t a = alpha == 1 ? 0x3c00 : 0x3800; /* 1 or 0.5 */
    const uint16_t values[8] = { a, a, 0x3c00, 0x3c00, 0x3400, 0x3400, 0x3800, 0x3800 };
    return put(out, at, values, sizeof values);
}

static void test_exr(void **state)
{
    (void)state;
    uint8_t file[1024];
    for (int half = 0; half < 2; half++) {
        size_t size = make_exr(file, half ? 0.5f : 1);
        write_bytes(in_folder("light.exr"), file, size);
        sc_image got = load(in_folder("light.exr"));
        const double linear[3] = { 0.5, 0.25, 1 };
        const sc_light_curve curve = sc_light_curve_of(half ? 4 : 1);
        for (int i = 0; i < 6; i++)
            if (fabsf(got.rgb[i] - sc_light_encode(&curve, (float)linear[i % 3] * (half ? 2 : 1))) > 0.001f)
                fail_msg("value %d is %g", i, got.rgb[i]);
        assert_int_equal(got.alpha != NULL, half);
        if (half)
            assert_true(fabsf(got.alpha[1] - 0.5f) < 1e-4f);
        assert_int_equal(got.bits, 16);
        sc_image_free(&got);
    }
}

static void test_animated(void **state)
{
    (void)state;
    const char *names[] = { "moving.gif", "moving.webp" };
    for (int f = 0; f < 2; f++) {
        uint8_t data[20][10][3]; /* two frames of 10 x 10: red, then blue */
        memset(data, 0, sizeof data);
        for (int y = 0; y < 20; y++)
            for (int x = 0; x < 10; x++)
                data[y][x][y < 10 ? 0 : 2] = 255;
        VipsImage *image = from_bytes(data, sizeof data, 10, 20, 3, VIPS_FORMAT_UCHAR, VIPS_INTERPRETATION_sRGB);
        vips_image_set_int(image, VIPS_META_PAGE_HEIGHT, 10);
        assert_int_equal(vips_image_write_to_file(image, in_folder(names[f]), NULL), 0);
        g_object_unref(image);
        sc_image got = load(in_folder(names[f]));
        assert_int_equal(got.width, 10);
        assert_int_equal(got.height, 10);
        assert_true(got.rgb[150] > 0.95f && got.rgb[152] < 0.05f);
        sc_image_free(&got);
    }
}

/* Cancels the pool a moment after it was asked to. */
static void *cancel_soon(void *pool)
{
    nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
    sc_threads_cancel(pool);
    return NULL;
}

/* A drawing that takes minutes: octaves of turbulence without end, one filter after the other where librsvg (from 2.55
 * on) limits them. */
static void write_endless(const char *path)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"2000\" height=\"2000\"><filter id=\"f\">", file);
    for (int i = 0; i < 50; i++)
        fputs("<feTurbulence baseFrequency=\"0.05\" numOctaves=\"1000000\"/>", file);
    fputs("</filter><rect width=\"2000\" height=\"2000\" filter=\"url(#f)\"/></svg>", file);
    fclose(file);
}

/* What never ends is stopped, by time and by the caller, whether it computes or is decoded. */
static void test_stop(void **state)
{
    (void)state;
    sc_error err = { 0 };
    sc_image got, large = smooth(64, 1000, false);
    save(&large, in_folder("large.png"), NULL);
    sc_image_free(&large);
    use_threads(2);
    sc_threads_cancel(file_threads);
    assert_refused_with(in_folder("large.png"), &(sc_image_limits){ .threads = file_threads }, SCUMBLE_ERR_CANCELLED);
    sc_threads_revive(file_threads);
    large = load(in_folder("large.png"));
    sc_image_free(&large);
    if (sc_image_readable_name("x.svg")) {
        write_endless(in_folder("endless.svg"));
        assert_int_equal(
            sc_image_load(&got, in_folder("endless.svg"), &(sc_image_limits){ .vector = true, .decode_s = 1 }, &err),
            SCUMBLE_ERR_LIMIT);
        assert_non_null(strstr(err.text, "endless.svg' takes more than 1 second"));
        pthread_t thread;
        double start_s = sc_now_s();
        assert_int_equal(pthread_create(&thread, NULL, cancel_soon, file_threads), 0);
        assert_refused_with(in_folder("endless.svg"), &(sc_image_limits){ .vector = true, .threads = file_threads },
                            SCUMBLE_ERR_CANCELLED);
        assert_true(sc_now_s() < start_s + 10);
        pthread_join(thread, NULL);
    }
    use_threads(0);
}

/* This program has libvips of its own: it stays as it was set. */
static void test_owner(void **state)
{
    (void)state;
    vips_cache_set_max(77);
    vips_concurrency_set(3);
    use_threads(2);
    sc_image image = smooth(64, 64, false);
    save(&image, in_folder("own.png"), NULL);
    sc_image_free(&image);
    image = load(in_folder("own.png"));
    sc_image_free(&image);
    use_threads(0);
    assert_int_equal(vips_cache_get_max(), 77);
    assert_int_equal(vips_concurrency_get(), 3);
    vips_concurrency_set(0);
    vips_cache_set_max(0);
}

static void test_svg(void **state)
{
    (void)state;
    if (!sc_image_readable_name("x.svg"))
        skip();
    static const char svg[] = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"8\" height=\"4\">"
                              "<rect width=\"4\" height=\"4\" fill=\"#00ff00\"/></svg>";
    write_bytes(in_folder("drawing.svg"), svg, sizeof svg - 1);
    assert_refused(in_folder("drawing.svg"), SCUMBLE_ERR_UNSUPPORTED);
    sc_error err = { 0 };
    sc_image got;
    const sc_image_limits allowed = { .vector = true };
    int width = 0, height = 0;
    assert_int_equal(sc_image_probe(in_folder("drawing.svg"), NULL, &width, &height, NULL, NULL, &err),
                     SCUMBLE_ERR_UNSUPPORTED);
    assert_non_null(strstr(err.text, "`allow_vector`"));
    assert_int_equal(sc_image_probe(in_folder("drawing.svg"), &allowed, &width, &height, NULL, NULL, &err), 0);
    assert_true(width == 8 && height == 4);
    assert_int_equal(sc_image_load(&got, in_folder("drawing.svg"), &allowed, &err), 0);
    assert_int_equal(got.width, 8);
    assert_non_null(got.alpha);
    assert_true(got.rgb[1] == 1 && got.rgb[0] == 0 && got.alpha[0] == 1 && got.alpha[7] == 0);
    sc_image_free(&got);
}

/* Loads it, and looks how often the file was opened. */
static sc_image load_watched(const char *path, int *opened)
{
    char events[4096] __attribute__((aligned(8)));
    int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    /* Closing is watched, too, since two events alike in a row are told as one. */
    assert_true(inotify_add_watch(watch, path, IN_OPEN | IN_CLOSE) >= 0);
    sc_image image = load(path);
    *opened = 0;
    ssize_t got = read(watch, events, sizeof events);
    for (ssize_t at = 0; at < got;) {
        const struct inotify_event *event = (const void *)(events + at);
        *opened += (event->mask & IN_OPEN) != 0;
        at += (ssize_t)(sizeof *event + event->len);
    }
    close(watch);
    return image;
}

static void test_memory_and_probe(void **state)
{
    (void)state;
    const char *names[] = { "m.png", "m.jpg", "m.webp", "m.tif", "m.avif", "m.heic", "m.jxl", "m.jp2", "m.ppm" };
    for (size_t f = 0; f < sizeof names / sizeof *names; f++) {
        const char *path = in_folder(names[f]);
        if (!sc_image_writable(path)) {
            print_message("%s cannot be written here\n", names[f]);
            continue;
        }
        sc_image a = smooth(37, 21, true), from_memory;
        save(&a, path, NULL);
        int opened;
        sc_image b = load_watched(path, &opened);
        assert_int_equal(opened, 1);
        size_t size;
        char hash[65];
        sc_error err = { 0 };
        uint8_t *data = read_bytes(path, &size);
        sc_sha256(NULL, data, size, hash);
        assert_string_equal(b.sha256, hash);
        assert_int_equal(sc_image_load_memory(&from_memory, data, size, NULL, &err), 0);
        assert_same(&b, &from_memory);
        int w = 0, h = 0, bits = 0;
        bool alpha = false;
        assert_int_equal(sc_image_probe(path, NULL, &w, &h, &bits, &alpha, &err), 0);
        assert_int_equal(w, b.width);
        assert_int_equal(h, b.height);
        assert_int_equal(bits, b.bits);
        assert_int_equal(alpha, b.alpha != NULL);
        /* the bytes decide, not the name */
        write_bytes(in_folder("wrong-name.txt"), data, size);
        sc_image c = load(in_folder("wrong-name.txt"));
        assert_same(&b, &c);
        free(data);
        sc_image_free(&a);
        sc_image_free(&b);
        sc_image_free(&c);
        sc_image_free(&from_memory);
    }
    sc_image none;
    sc_error err = { 0 };
    assert_int_equal(sc_image_load_memory(&none, NULL, 0, NULL, &err), SCUMBLE_ERR_FORMAT);
    assert_int_equal(sc_image_load_memory(&none, "hello there", 11, NULL, &err), SCUMBLE_ERR_FORMAT);
    assert_sentence(&err, SCUMBLE_ERR_FORMAT);
}

static void test_not_pictures(void **state)
{
    (void)state;
    write_bytes(in_folder("empty.png"), "", 0);
    write_bytes(in_folder("text.png"), "This is a shopping list: milk, bread, eggs.\n", 44);
    write_bytes(in_folder("matrix.png"), "2 2\n1 2\n3 4\n", 12);
    assert_refused(in_folder("missing.png"), SCUMBLE_ERR_NOT_FOUND);
    assert_refused(in_folder("empty.png/under.png"), SCUMBLE_ERR_NOT_FOUND);
    assert_refused(in_folder("empty.png"), SCUMBLE_ERR_FORMAT);
    assert_refused(in_folder("text.png"), SCUMBLE_ERR_FORMAT);
    assert_refused(in_folder("matrix.png"), SCUMBLE_ERR_FORMAT);
    assert_refused(folder, SCUMBLE_ERR_IO);
    assert_refused("/dev/zero", SCUMBLE_ERR_IO);
    assert_refused("", SCUMBLE_ERR_NOT_FOUND);
    assert_int_equal(mkfifo(in_folder("pipe.png"), 0600), 0);
    assert_refused(in_folder("pipe.png"), SCUMBLE_ERR_IO); /* and does not hang */
    char path[5000];
    memset(path, 'x', sizeof path);
    path[sizeof path - 1] = 0;
    assert_refused(path, SCUMBLE_ERR_IO);
    /* a name that libvips would take for options, and one with a line end */
    sc_image a = noise(3, 2, false, 8, 1);
    save(&a, in_folder("odd [page=3]\n.png"), NULL);
    sc_image b = load(in_folder("odd [page=3]\n.png"));
    assert_same(&a, &b);
    sc_image_free(&a);
    sc_image_free(&b);
    write_bytes(in_folder("bad\nname.png"), "x", 1);
    assert_refused(in_folder("bad\nname.png"), SCUMBLE_ERR_FORMAT);
}

static uint32_t crc32_of(const uint8_t *p, size_t n)
{
    uint32_t crc = ~0u;
    while (n--) {
        crc ^= *p++;
        for (int i = 0; i < 8; i++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return ~crc;
}

static void test_bombs(void **state)
{
    (void)state;
    uint8_t png[57] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\xea\x60\0\0\xea\x60\x08\x02\0\0\0crc!\0\0\0\0IDATcrc!"
                      "\0\0\0\0IEND\xae\x42\x60\x82";
    uint32_t crc = __builtin_bswap32(crc32_of(png + 12, 17)), crc_data = __builtin_bswap32(crc32_of(png + 37, 4));
    memcpy(png + 29, &crc, 4);
    memcpy(png + 41, &crc_data, 4);
    write_bytes(in_folder("bomb.png"), png, sizeof png);
    write_bytes(in_folder("bomb.ppm"), "P6\n60000 60000\n255\n\0\0\0", 22);
    write_bytes(in_folder("bomb.svg"), "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"30000\" height=\"30000\"/>",
                71);
    const char *names[] = { "bomb.png", "bomb.ppm", "bomb.svg" };
    for (int f = 0; f < 3; f++) {
        sc_error err = { 0 };
        sc_image image;
        assert_int_equal(sc_image_load(&image, in_folder(names[f]), &(sc_image_limits){ .vector = true }, &err),
                         SCUMBLE_ERR_LIMIT);
        assert_sentence(&err, SCUMBLE_ERR_LIMIT);
        assert_non_null(strstr(err.text, f < 2 ? "3600000000" : "900000000"));
        assert_non_null(strstr(err.text, "400000000"));
        assert_non_null(strstr(err.text, "`max_pixels`"));
    }
    int w, h;
    sc_error err = { 0 };
    assert_int_equal(sc_image_probe(in_folder("bomb.png"), NULL, &w, &h, NULL, NULL, &err), 0);
    assert_int_equal(w, 60000);
    sc_image a = noise(10, 10, false, 8, 1), b;
    save(&a, in_folder("limit.png"), NULL);
    assert_int_equal(sc_image_load(&b, in_folder("limit.png"), &(sc_image_limits){ .max_pixels = 99 }, &err),
                     SCUMBLE_ERR_LIMIT);
    assert_int_equal(sc_image_load(&b, in_folder("limit.png"), &(sc_image_limits){ .max_pixels = 100 }, &err), 0);
    sc_image_free(&a);
    sc_image_free(&b);
}

/* libjxl 0.11 says on stderr itself what is wrong with a file; what remains without those lines. */
static long without_libjxl(char *text)
{
    char *to = text;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
        if (!strstr(line, "lib/jxl/")) {
            size_t length = strlen(line);
            memmove(to, line, length);
            to += length;
        }
    *to = 0;
    return to - text;
}

/* Runs fn with stderr and stdout going into a file; returns how much was written there. */
static long printed_by(void (*fn)(void))
{
    fflush(stdout);
    fflush(stderr);
    int log = open(in_folder("printed"), O_RDWR | O_CREAT | O_TRUNC, 0600), out = dup(1), error = dup(2);
    dup2(log, 1);
    dup2(log, 2);
    fn();
    fflush(stdout);
    fflush(stderr);
    dup2(out, 1);
    dup2(error, 2);
    size_t size;
    char *text = (char *)read_bytes(in_folder("printed"), &size);
    text[size] = 0; /* there is room for it */
    long rest = without_libjxl(text);
    if (rest)
        print_message("printed: %.400s\n", text);
    free(text);
    close(log);
    close(out);
    close(error);
    return rest;
}

static const char *const damaged_names[] = { "d.png",  "d16.png", "d.jpg", "d.webp", "d.tif", "d.gif", "d.avif",
                                             "d.heic", "d.jxl",   "d.jp2", "d.ppm",  "d.hdr", "d.exr" };
enum { DAMAGED_COUNT = sizeof damaged_names / sizeof *damaged_names };
static int wrongly_taken; /* truncated files that gave a picture with wrong pixels */
static char wrong_text[256];

static bool make_sample(const char *name, sc_image *whole)
{
    const char *path = in_folder(name);
    if (strstr(name, ".exr")) {
        uint8_t file[1024];
        write_bytes(path, file, make_exr(file, 0.5f));
    } else if (strstr(name, ".gif") || strstr(name, ".hdr")) {
        VipsImage *image = byte_image(40, 30, 3, VIPS_INTERPRETATION_sRGB);
        int failed = vips_image_write_to_file(image, path, NULL);
        g_object_unref(image);
        if (failed)
            return false;
    } else {
        sc_image source = noise(40, 30, false, strstr(name, "16") ? 16 : 8, 5);
        sc_error err = { 0 };
        int failed = sc_image_save(&source, path, NULL, &err);
        sc_image_free(&source);
        if (failed)
            return false;
    }
    *whole = load(path);
    return true;
}

static void load_truncated(void)
{
    for (int f = 0; f < DAMAGED_COUNT; f++) {
        sc_image whole, part;
        if (!make_sample(damaged_names[f], &whole))
            continue;
        size_t size;
        uint8_t *data = read_bytes(in_folder(damaged_names[f]), &size);
        size_t step = size / 60 + 1;
        for (size_t cut = 1; cut < size; cut += cut < 64 || size - cut < 20 ? 1 : step) {
            sc_error err = { 0 };
            write_bytes(in_folder("cut"), data, cut);
            if (sc_image_load(&part, in_folder("cut"), NULL, &err)) {
                assert_null(part.rgb);
                continue;
            }
            /* only the end marker or metadata may be missing without harm */
            if (part.width != whole.width || part.height != whole.height || colour_difference(&part, &whole) != 0) {
                wrongly_taken++;
                snprintf(wrong_text + strlen(wrong_text), sizeof wrong_text - strlen(wrong_text),
                         "; %s cut to %zu of %zu bytes", damaged_names[f], cut, size);
            }
            sc_image_free(&part);
        }
        free(data);
        sc_image_free(&whole);
    }
}

static void test_truncated(void **state)
{
    (void)state;
    long printed = printed_by(load_truncated);
    if (wrongly_taken)
        fail_msg("%d truncated files were taken%s", wrongly_taken, wrong_text);
    assert_int_equal(printed, 0);
}

static int damaged_rounds = 40;
static bool damaged_jxl;

static void load_damaged(void)
{
    for (int f = 0; f < DAMAGED_COUNT; f++) {
        sc_image whole, part;
        if (!strcmp(damaged_names[f], "d.jxl") != damaged_jxl || !make_sample(damaged_names[f], &whole))
            continue;
        sc_image_free(&whole);
        size_t size;
        uint8_t *data = read_bytes(in_folder(damaged_names[f]), &size), *copy = malloc(size);
        for (int round = 0; round < damaged_rounds; round++) {
            uint64_t seed = (uint64_t)f * 1000 + (uint64_t)round;
            memcpy(copy, data, size);
            if (round % 4 == 3) /* everything behind the signature */
                for (size_t i = 16; i < size; i++)
                    copy[i] = (uint8_t)sc_random_bits(seed, i);
            else
                for (uint64_t i = 0; i < 8; i++)
                    copy[sc_random_bits(seed, 2 * i) % (round % 2  ? size :
                                                        size < 120 ? size :
                                                                     120)] = (uint8_t)sc_random_bits(seed, 2 * i + 1);
            sc_error err = { 0 };
            const sc_image_limits limits = { .max_pixels = 1000000 };
            if (!sc_image_load_memory(&part, copy, size, &limits, &err))
                sc_image_free(&part);
            else
                assert_sentence(&err, err.code);
        }
        free(data);
        free(copy);
    }
}

static void test_damaged(void **state)
{
    (void)state;
    const char *rounds = getenv("SCUMBLE_TEST_ROUNDS");
    if (rounds)
        damaged_rounds = atoi(rounds);
    assert_int_equal(printed_by(load_damaged), 0);
    damaged_jxl = true; /* Debian's libjxl writes its own remarks to stderr */
    printed_by(load_damaged);
}

static void test_photographs(void **state)
{
    (void)state;
    const char *shared = getenv("SCUMBLE_SHARED");
    char path[1024];
    snprintf(path, sizeof path, "%s/images/content/taj-mahal-2468x1714.jpg",
             shared ? shared : SCUMBLE_SOURCE_ROOT "/../shared");
    if (access(path, R_OK)) {
        print_message("no %s\n", path);
        skip();
    }
    sc_image image = load(path);
    assert_int_equal(image.width, 2468);
    assert_int_equal(image.height, 1714);
    double mean = 0;
    for (size_t i = 0; i < 3u * 2468 * 1714; i++)
        mean += image.rgb[i];
    mean /= 3.0 * 2468 * 1714;
    assert_true(mean > 0.3 && mean < 0.8);
    sc_image_free(&image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exact_8),      cmocka_unit_test(test_exact_16),
        cmocka_unit_test(test_grey),         cmocka_unit_test(test_palette),
        cmocka_unit_test(test_orientation),  cmocka_unit_test(test_cmyk),
        cmocka_unit_test(test_profile),      cmocka_unit_test(test_profile_ignored),
        cmocka_unit_test(test_float),        cmocka_unit_test(test_exr),
        cmocka_unit_test(test_animated),     cmocka_unit_test(test_svg),
        cmocka_unit_test(test_stop),         cmocka_unit_test(test_memory_and_probe),
        cmocka_unit_test(test_not_pictures), cmocka_unit_test(test_bombs),
        cmocka_unit_test(test_truncated),    cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_photographs),  cmocka_unit_test(test_owner),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
