/* SPDX-License-Identifier: MIT */
/* BMP and TGA: the files of tests/fuzz/corpus/bitmap, which Pillow and make_corpus.py wrote, against the pixels that
 * they were made of; cut short at every length; wrong sizes, kinds and colours. */
#include "image_fixture.h"

#include "core/memory.h"
#include "media/image_bitmap.h"
#include "media/rights.h"

enum { WIDTH = 7, HEIGHT = 5 };

/* Red, green, blue, alpha (-1 = there is no channel) of pixel (x, y). */
typedef void pixel_fn(int x, int y, int out[4]);

static void set(int out[4], int r, int g, int b, int a)
{
    out[0] = r, out[1] = g, out[2] = b, out[3] = a;
}

static void colours(int x, int y, int out[4])
{
    set(out, 36 * x, 50 * y, 20 * (x + y), -1);
}

static void with_alpha(int x, int y, int out[4])
{
    set(out, 36 * x, 50 * y, 20 * (x + y), 40 + 30 * x);
}

static void indexed(int x, int y, int out[4])
{
    int i = (x + y) % 8;
    set(out, 10 + 30 * i, 200 - 20 * i, 5 * i, -1);
}

/* As Pillow weighs them. */
static void grey(int x, int y, int out[4])
{
    int l = (36 * x * 19595 + 50 * y * 38470 + 20 * (x + y) * 7471 + 0x8000) >> 16;
    set(out, l, l, l, -1);
}

static void grey_alpha(int x, int y, int out[4])
{
    grey(x, y, out);
    out[3] = 40 + 30 * x;
}

static int of(int value, int most)
{
    return (int)(value * 255.0 / most + 0.5);
}

static void five(int x, int y, int out[4])
{
    set(out, of(36 * x / 8, 31), of(50 * y / 8, 31), of(20 * (x + y) / 8, 31), -1);
}

static void five_alpha(int x, int y, int out[4])
{
    five(x, y, out);
    out[3] = x % 2 ? 255 : 0;
}

static void six(int x, int y, int out[4])
{
    five(x, y, out);
    out[1] = of(50 * y / 4, 63);
}

static void five_map(int x, int y, int out[4])
{
    int i = (x + y) % 8;
    set(out, of(4 * i, 31), of(i, 31), of(31 - i, 31), -1);
}

/* Three pixels, two right and one up are skipped, two pixels, the end. */
static void skipped(int x, int y, int out[4])
{
    int i = y == 4 && x < 3 ? 1 : y == 3 && (x == 5 || x == 6) ? 2 : 0;
    set(out, 10 + 30 * i, 200 - 20 * i, 5 * i, -1);
}

static const struct kind {
    const char *file;
    pixel_fn *pixel;
} kinds[] = {
    { "24.bmp", colours },        { "core.bmp", colours },
    { "fields.bmp", colours },    { "32.bmp", colours },
    { "v4.bmp", with_alpha },     { "v5.bmp", with_alpha },
    { "8.bmp", indexed },         { "4.bmp", indexed },
    { "rle8.bmp", indexed },      { "rle4.bmp", indexed },
    { "skip.bmp", skipped },      { "grey.bmp", grey },
    { "555.bmp", five },          { "565.bmp", six },
    { "24.tga", colours },        { "runs-24.tga", colours },
    { "right.tga", colours },     { "low-right.tga", colours },
    { "32.tga", with_alpha },     { "runs-32.tga", with_alpha },
    { "signed.tga", with_alpha }, { "8.tga", indexed },
    { "runs-8.tga", indexed },    { "map16.tga", five_map },
    { "grey.tga", grey },         { "runs-grey.tga", grey },
    { "alpha.tga", grey_alpha },  { "runs-alpha.tga", grey_alpha },
    { "16.tga", five_alpha },
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static const char *in_corpus(const char *name)
{
    static char path[1024];
    snprintf(path, sizeof path, SCUMBLE_SOURCE_ROOT "/tests/fuzz/corpus/bitmap/%s", name);
    return path;
}

static void assert_pixels(const sc_image *image, pixel_fn *pixel, const char *name)
{
    assert_int_equal(image->width, WIDTH);
    assert_int_equal(image->height, HEIGHT);
    assert_int_equal(image->bits, 8);
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
        int expected[4];
        pixel(i % WIDTH, i / WIDTH, expected);
        if ((expected[3] >= 0) != (image->alpha != NULL) ||
            (image->alpha && fabsf(image->alpha[i] - (float)expected[3] / 255) > 1e-6f))
            fail_msg("%s: alpha of pixel %d, %d", name, i % WIDTH, i / WIDTH);
        for (int c = 0; c < 3 && expected[3] != 0; c++)
            if (fabsf(image->rgb[3 * i + c] - (float)expected[c] / 255) > 1e-6f)
                fail_msg("%s: pixel %d, %d is %g in channel %d, not %d", name, i % WIDTH, i / WIDTH,
                         (double)image->rgb[3 * i + c] * 255, c, expected[c]);
    }
}

static void test_kinds(void **state)
{
    (void)state;
    for (int i = 0; i < KINDS; i++) {
        const char *path = in_corpus(kinds[i].file);
        sc_error err = { 0 };
        sc_image image = load(path), again;
        int width, height, bits;
        bool alpha;
        assert_pixels(&image, kinds[i].pixel, kinds[i].file);
        assert_null(image.note);
        assert_int_equal(sc_image_probe(path, NULL, &width, &height, &bits, &alpha, &err), 0);
        assert_true(width == WIDTH && height == HEIGHT && bits == 8 && alpha == (image.alpha != NULL));
        if (strstr(kinds[i].file, "bmp")) { /* from memory; TGA has no signature */
            size_t size;
            uint8_t *bytes = read_bytes(path, &size);
            assert_int_equal(sc_image_load_memory(&again, bytes, size, NULL, &err), 0);
            assert_same(&image, &again);
            sc_image_free(&again);
            free(bytes);
        }
        sc_image_free(&image);
    }
}

/* What is cut is refused with a sentence, or it was nothing of the picture (padding, an end marker, what lies behind
 * the pixels). */
static void test_cut(void **state)
{
    (void)state;
    for (int i = 0; i < KINDS; i++) {
        const bool bmp = strstr(kinds[i].file, "bmp") != NULL;
        size_t size;
        uint8_t *bytes = read_bytes(in_corpus(kinds[i].file), &size), *whole = NULL;
        sc_bitmap bitmap;
        sc_error err = { 0 };
        assert_int_equal((bmp ? sc_bmp_read : sc_tga_read)(bytes, size, "it", &bitmap, &whole, &err), 0);
        int good = 0;
        for (size_t length = 0; length < size; length++) {
            uint8_t *copy = malloc(length + !length), *rgba; /* so that a sanitizer sees the first byte beyond */
            assert_non_null(copy);
            memcpy(copy, bytes, length);
            err = (sc_error){ 0 };
            if ((bmp ? sc_bmp_read : sc_tga_read)(copy, length, "it", &bitmap, &rgba, &err)) {
                assert_sentence(&err, SCUMBLE_ERR_FORMAT);
                assert_null(rgba);
            } else {
                assert_memory_equal(rgba, whole, 4 * WIDTH * HEIGHT);
                good++;
            }
            sc_big_free(rgba);
            free(copy);
        }
        assert_true(good <= 3 || !strcmp(kinds[i].file, "signed.tga") || (good <= 26 && !bmp));
        sc_big_free(whole);
        free(bytes);
    }
    static const char *const names[] = { "24.bmp", "runs-24.tga" };
    for (int i = 0; i < 2; i++) { /* as files */
        size_t size;
        uint8_t *bytes = read_bytes(in_corpus(names[i]), &size);
        const char *path = in_folder(i ? "cut.tga" : "cut.bmp");
        for (size_t length = 0; length < size - 30; length += 9) {
            write_bytes(path, bytes, length);
            assert_refused(path, SCUMBLE_ERR_FORMAT);
        }
        free(bytes);
    }
}

static void put(uint8_t *at, int bytes, uint32_t value)
{
    for (int i = 0; i < bytes; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

/* A corpus file with `count` bytes at `at` changed gives this code and these words. */
static void assert_wrong(const char *file, size_t at, int count, uint32_t value, int code, const char *words)
{
    sc_error err = { 0 };
    sc_image image;
    size_t size;
    uint8_t *bytes = read_bytes(in_corpus(file), &size);
    const char *path = in_folder(strstr(file, "bmp") ? "wrong.bmp" : "wrong.tga");
    put(bytes + at, count, value);
    write_bytes(path, bytes, size);
    assert_refused(path, code);
    sc_image_load(&image, path, NULL, &err);
    if (!strstr(err.text, words))
        fail_msg("%s, byte %zu: %s", file, at, err.text);
    free(bytes);
}

static void test_wrong(void **state)
{
    (void)state;
    const int format = SCUMBLE_ERR_FORMAT, unsupported = SCUMBLE_ERR_UNSUPPORTED;
    assert_wrong("24.bmp", 10, 4, 20, format, "begin within its header");
    assert_wrong("24.bmp", 10, 4, 0xffffffff, format, "cut short");
    assert_wrong("24.bmp", 14, 4, 41, unsupported, "header of 41 bytes");
    assert_wrong("24.bmp", 18, 4, 0, format, "0 x 5 pixels");
    assert_wrong("24.bmp", 18, 4, 0xfffffff9, format, "-7 x 5");
    assert_wrong("24.bmp", 22, 4, 0, format, "7 x 0");
    assert_wrong("24.bmp", 22, 4, 0x80000000, SCUMBLE_ERR_LIMIT, "at most 10000000");
    assert_wrong("24.bmp", 18, 4, 10000000, format, "cut short");
    assert_wrong("24.bmp", 22, 4, 10000000, format, "cut short");
    assert_wrong("24.bmp", 28, 2, 5, unsupported, "5 bits");
    assert_wrong("24.bmp", 30, 4, 4, unsupported, "compression 4");
    assert_wrong("rle8.bmp", 18, 4, 9999999, format, "cut short");
    assert_wrong("rle8.bmp", 14 + 32, 4, 3, format, "beyond its palette");
    assert_wrong("4.bmp", 14 + 32, 4, 3, format, "beyond its palette");
    assert_wrong("8.bmp", 10, 4, 54, format, "no palette");
    assert_wrong("565.bmp", 54, 4, 0xf0f0, format, "bit fields");
    assert_wrong("565.bmp", 54, 4, 0x07c0, format, "bit fields");
    assert_wrong("565.bmp", 54, 4, 0xff0000, format, "bit fields");
    assert_wrong("24.tga", 12, 2, 60000, format, "cut short");
    assert_wrong("24.tga", 14, 2, 60000, format, "cut short");
    assert_wrong("runs-24.tga", 14, 2, 60000, format, "cut short");
    assert_wrong("24.tga", 12, 2, 0, format, "not a picture");
    assert_wrong("24.tga", 2, 1, 32, format, "not a picture");
    assert_wrong("24.tga", 16, 1, 12, format, "not a picture");
    assert_wrong("24.tga", 17, 1, 0xc0, unsupported, "interleaved");
    assert_wrong("map16.tga", 5, 2, 3, format, "beyond its colour map");
    assert_wrong("map16.tga", 3, 2, 1, format, "beyond its colour map");
    assert_wrong("map16.tga", 5, 2, 60000, format, "cut short");
}

/* 1 bit, with the palette of OS/2, by hand: 33 x 2 pixels, so that rows are padded. */
static void test_one_bit(void **state)
{
    (void)state;
    uint8_t file[14 + 12 + 6 + 16] = "BM";
    put(file + 10, 4, 32), put(file + 14, 4, 12), put(file + 18, 2, 33), put(file + 20, 2, 2), put(file + 22, 2, 1),
        put(file + 24, 2, 1);
    memcpy(file + 26, "\x01\x02\x03\x10\x20\x30", 6); /* blue, green, red */
    file[32] = 0x40, file[36] = 0x80;                 /* below: the second and the last */
    file[40] = 0x80;                                  /* above: the first */
    write_bytes(in_folder("bits"), file, sizeof file);
    sc_image image = load(in_folder("bits"));
    assert_int_equal(image.width, 33);
    assert_int_equal(image.height, 2);
    for (int i = 0; i < 66; i++)
        assert_int_equal(lrintf(image.rgb[3 * i] * 255), i == 0 || i == 34 || i == 65 ? 0x30 : 3);
    sc_image_free(&image);
}

/* Alpha that is 0 everywhere is none; that of a file whose header does not speak of it is none. */
static void test_no_alpha(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        size_t pixels, header;
        int attributes;
    } files[] = { { "v5.bmp", 138, 54, 0 }, { "32.tga", 18, 17, 0x20 } };
    for (int i = 0; i < 2; i++)
        for (int zero = 0; zero < 2; zero++) {
            size_t size;
            uint8_t *bytes = read_bytes(in_corpus(files[i].file), &size);
            for (size_t at = files[i].pixels; zero && at + 4 <= files[i].pixels + 4 * WIDTH * HEIGHT; at += 4)
                bytes[at + 3] = 0;
            if (!zero && i)
                bytes[17] &= 0xf0;
            else if (!zero)
                put(bytes + 66, 4, 0); /* the mask */
            const char *path = in_folder(i ? "none.tga" : "none.bmp");
            write_bytes(path, bytes, size);
            sc_image image = load(path);
            assert_pixels(&image, colours, files[i].file);
            sc_image_free(&image);
            free(bytes);
        }
}

/* TGA is known by its name or its footer, and by nothing else. */
static void test_tga_name(void **state)
{
    (void)state;
    size_t size;
    sc_error err = { 0 };
    sc_image image;
    uint8_t *bytes = read_bytes(in_corpus("signed.tga"), &size);
    write_bytes(in_folder("unnamed"), bytes, size);
    image = load(in_folder("unnamed"));
    assert_pixels(&image, with_alpha, "unnamed");
    sc_image_free(&image);
    assert_int_equal(sc_image_load_memory(&image, bytes, size, NULL, &err), 0);
    assert_non_null(image.rights);
    sc_image_free(&image);
    write_bytes(in_folder("unnamed"), bytes, size - 26);
    assert_refused(in_folder("unnamed"), SCUMBLE_ERR_FORMAT);
    sc_rights rights;
    assert_int_equal(sc_image_read_rights(in_corpus("signed.tga"), &rights, NULL, &err), 0);
    assert_string_equal(rights.text[SC_RIGHT_CREATOR], "A. Painter");
    free(bytes);
    assert_true(sc_image_readable_name("a.BMP") && sc_image_readable_name("a.tga") && !sc_image_writable("a.bmp") &&
                !sc_image_writable("a.tga"));
}

/* --max-pixels holds before pixels are read. */
static void test_limit(void **state)
{
    (void)state;
    for (int i = 0; i < KINDS; i++) {
        sc_error err = { 0 };
        sc_image image;
        sc_image_limits limits = { .max_pixels = WIDTH * HEIGHT - 1 };
        assert_int_equal(sc_image_load(&image, in_corpus(kinds[i].file), &limits, &err), SCUMBLE_ERR_LIMIT);
        assert_non_null(strstr(err.text, "`max_pixels`"));
        limits.max_pixels++;
        assert_int_equal(sc_image_load(&image, in_corpus(kinds[i].file), &limits, &err), 0);
        sc_image_free(&image);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_kinds),    cmocka_unit_test(test_cut),
                                        cmocka_unit_test(test_wrong),    cmocka_unit_test(test_one_bit),
                                        cmocka_unit_test(test_no_alpha), cmocka_unit_test(test_tga_name),
                                        cmocka_unit_test(test_limit) };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
