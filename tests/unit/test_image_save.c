/* SPDX-License-Identifier: MIT */
/* Writing, recipes and resizing of pictures. */
#define _GNU_SOURCE
#include "image_fixture.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vips/vips.h>

#include "media/image_internal.h"

static const char *const writable[] = { "w.png",  "w.jpg", "w.webp", "w.tif", "w.avif",
                                        "w.heic", "w.jxl", "w.jp2",  "w.ppm" };
enum { WRITABLE = sizeof writable / sizeof *writable };

static void test_formats(void **state)
{
    (void)state;
    for (int f = 0; f < WRITABLE; f++)
        for (int alpha = 0; alpha < 2; alpha++) {
            const char *path = in_folder(writable[f]);
            if (!sc_image_writable(path)) {
                print_message("%s cannot be written here\n", writable[f]);
                continue;
            }
            sc_image a = smooth(75, 53, alpha);
            save(&a, path, NULL);
            sc_image b = load(path);
            assert_int_equal(b.bits, 8);
            assert_null(b.icc);
            const sc_format_info *format = sc_format_of_name(path);
            if (alpha && !format->alpha) {
                for (int i = 0; i < 75 * 53; i++) /* over white */
                    for (int c = 0; c < 3; c++)
                        a.rgb[3 * i + c] = 1 + a.alpha[i] * (a.rgb[3 * i + c] - 1);
                free(a.alpha);
                a.alpha = NULL;
            }
            /* where alpha is 0 the colour is lost in some formats */
            double most = 0;
            for (int i = 0; i < 75 * 53 * 3; i++)
                if (!a.alpha || a.alpha[i / 3] > 0.05f)
                    most = fmax(most, fabs((double)a.rgb[i] - b.rgb[i]));
            if (a.width != b.width || a.height != b.height || (a.alpha != NULL) != (b.alpha != NULL) || most > 0.2)
                fail_msg("%s: %d x %d, alpha %d, colours differ by %g", writable[f], b.width, b.height, b.alpha != NULL,
                         most);
            if (a.alpha && alpha_difference(&a, &b) > 0.02)
                fail_msg("%s: alpha differs by %g", writable[f], alpha_difference(&a, &b));
            sc_image_free(&a);
            sc_image_free(&b);
        }
}

static void test_lossless(void **state)
{
    (void)state;
    const char *names[] = { "l.webp", "l.jxl", "l.jp2", "l.png", "l.tif", "l.ppm" };
    for (int f = 0; f < 6; f++)
        for (int bits = 8; bits <= 16; bits += 8) {
            const char *path = in_folder(names[f]);
            const sc_format_info *format = sc_format_of_name(path);
            if (!sc_image_writable(path) || (bits == 16 && !format->deep))
                continue;
            sc_image a = noise(33, 21, format->alpha, bits, 9);
            for (int i = 0; a.alpha && i < 33 * 21; i++) /* colours under alpha 0 need not survive */
                if (a.alpha[i] == 0)
                    a.alpha[i] = a.rgb[3 * i] = a.rgb[3 * i + 1] = a.rgb[3 * i + 2] = 1;
            save(&a, path, &(sc_image_save_options){ .quality = 100 });
            sc_image b = load(path);
            assert_int_equal(b.bits, bits);
            if (colour_difference(&a, &b) != 0 || (a.alpha && alpha_difference(&a, &b) != 0))
                fail_msg("%s at %d bits: differs by %g", names[f], bits, colour_difference(&a, &b));
            sc_image_free(&a);
            sc_image_free(&b);
        }
}

static void test_rounding(void **state)
{
    (void)state;
    sc_image a = noise(16, 1, true, 8, 1);
    const float in[16] = {
        NAN,        -INFINITY,       INFINITY,      -1,    2,      0,         1,           0.5f / 255, 0.4999f / 255,
        1.5f / 255, 254.4999f / 255, 254.51f / 255, -0.0f, 1e-30f, 0.999999f, 100.0f / 255
    };
    const int want[16] = { 0, 0, 255, 0, 255, 0, 255, 1, 0, 2, 254, 255, 0, 0, 255, 100 };
    for (int i = 0; i < 16; i++) {
        a.rgb[3 * i] = a.rgb[3 * i + 1] = a.rgb[3 * i + 2] = in[i];
        a.alpha[i] = in[i];
    }
    sc_image opaque = a;
    opaque.alpha = NULL;
    save(&a, in_folder("round.png"), NULL);
    save(&opaque, in_folder("opaque.png"), NULL);
    sc_image b = load(in_folder("round.png")), c = load(in_folder("opaque.png"));
    for (int i = 0; i < 16; i++) {
        if (lrintf(c.rgb[3 * i + 1] * 255) != want[i])
            fail_msg("value %d became %ld, not %d", i, lrintf(c.rgb[3 * i + 1] * 255), want[i]);
        assert_int_equal(lrintf(b.alpha[i] * 255), want[i]);
    }
    sc_image_free(&a);
    sc_image_free(&c);
    sc_image_free(&b);
}

/* Into pipes and descriptors, which stay what they are. */
static void test_streams(void **state)
{
    (void)state;
    sc_image a = noise(5, 4, false, 8, 2);
    sc_error err = { 0 };
    static const char *const formats[] = { "png", "tiff" };
    for (int i = 0; i < 2; i++) {
        int ends[2];
        char path[64];
        static uint8_t bytes[65536];
        sc_image b;
        assert_int_equal(pipe(ends), 0);
        snprintf(path, sizeof path, "/dev/fd/%d", ends[1]);
        save(&a, path, &(sc_image_save_options){ .format = formats[i], .recipe = "{}" });
        close(ends[1]);
        ssize_t size = read(ends[0], bytes, sizeof bytes);
        assert_true(size > 0);
        assert_int_equal(sc_image_load_memory(&b, bytes, (size_t)size, NULL, &err), 0);
        assert_same(&a, &b);
        sc_image_free(&b);
        close(ends[0]);
    }
    assert_int_equal(sc_image_save(&a, "/dev/full", &(sc_image_save_options){ .format = "png" }, &err),
                     SCUMBLE_ERR_NO_SPACE);
    assert_int_equal(sc_image_save(&a, "/dev/null", &(sc_image_save_options){ .format = "docx" }, &err),
                     SCUMBLE_ERR_UNSUPPORTED);
    assert_sentence(&err, SCUMBLE_ERR_UNSUPPORTED);
    sc_image_free(&a);
}

static void test_bits(void **state)
{
    (void)state;
    sc_image a = noise(5, 4, false, 16, 2), b;
    sc_error err = { 0 };
    save(&a, in_folder("bits.png"), NULL);
    b = load(in_folder("bits.png"));
    assert_int_equal(b.bits, 16);
    sc_image_free(&b);
    save(&a, in_folder("bits.png"), &(sc_image_save_options){ .bits = 8 });
    b = load(in_folder("bits.png"));
    assert_int_equal(b.bits, 8);
    assert_true(colour_difference(&a, &b) <= 0.5 / 255 + 1e-6);
    sc_image_free(&b);
    save(&a, in_folder("bits.jpg"), NULL); /* what it can */
    b = load(in_folder("bits.jpg"));
    assert_int_equal(b.bits, 8);
    sc_image_free(&b);
    a.bits = 8;
    save(&a, in_folder("bits.tif"), &(sc_image_save_options){ .bits = 16 });
    b = load(in_folder("bits.tif"));
    assert_int_equal(b.bits, 16);
    assert_same(&a, &b);
    assert_int_equal(sc_image_save(&a, in_folder("x.jpg"), &(sc_image_save_options){ .bits = 16 }, &err),
                     SCUMBLE_ERR_UNSUPPORTED);
    assert_sentence(&err, SCUMBLE_ERR_UNSUPPORTED);
    assert_int_equal(sc_image_save(&a, in_folder("x.png"), &(sc_image_save_options){ .bits = 12 }, &err),
                     SCUMBLE_ERR_ARGUMENT);
    assert_int_equal(sc_image_save(&a, in_folder("x.jpg"), &(sc_image_save_options){ .quality = 101 }, &err),
                     SCUMBLE_ERR_ARGUMENT);
    sc_image_free(&a);
    sc_image_free(&b);
}

static void test_srgb_is_embedded(void **state)
{
    (void)state;
    const char *names[] = { "icc.png", "icc.jpg", "icc.webp", "icc.tif" };
    sc_image a = smooth(8, 8, false);
    for (int f = 0; f < 4; f++) {
        save(&a, in_folder(names[f]), &(sc_image_save_options){ .keep_icc = true });
        VipsImage *file = vips_image_new_from_file(in_folder(names[f]), NULL);
        assert_non_null(file);
        assert_true(vips_image_get_typeof(file, VIPS_META_ICC_NAME) != 0);
        g_object_unref(file);
    }
    sc_image_free(&a);
}

static void test_recipes(void **state)
{
    (void)state;
    char *text = malloc(40001);
    memset(text, 'r', 40000);
    text[40000] = 0;
    const char *recipes[] = {
        "{\"style\": \"starry <night> & co.\", 'x': \"]]>\"}\n\tline 2\r\n  caf\xc3\xa9 \xf0\x9f\x8e\xa8 &amp; &#10;",
        "", "a", text
    };
    for (int f = 0; f < WRITABLE; f++) {
        const char *path = in_folder(writable[f]);
        if (!sc_image_writable(path))
            continue;
        for (int r = 0; r < 4; r++) {
            sc_image a = smooth(20, 10, false);
            save(&a, path, &(sc_image_save_options){ .recipe = recipes[r] });
            sc_image b = load(path);
            if (!sc_image_keeps_recipe(path))
                assert_null(b.recipe);
            else if (!b.recipe || strcmp(b.recipe, recipes[r]))
                fail_msg("%s: recipe %d came back as %.60s", writable[f], r, b.recipe ? b.recipe : "nothing");
            sc_image_free(&a);
            sc_image_free(&b);
        }
    }
    sc_image deep = noise(9, 9, true, 16, 4); /* JPEG XL changes its container for deep pixels */
    save(&deep, in_folder("deep.jxl"), &(sc_image_save_options){ .recipe = "deep", .quality = 100 });
    sc_image back = load(in_folder("deep.jxl"));
    assert_same(&deep, &back);
    assert_string_equal(back.recipe, "deep");
    sc_image_free(&deep);
    sc_image_free(&back);
    free(text);
    char *long_text = malloc(70001);
    memset(long_text, 'r', 70000);
    long_text[70000] = 0;
    sc_image a = smooth(8, 8, false);
    const sc_image_save_options options = { .recipe = long_text };
    save(&a, in_folder("long.jpg"), &options); /* too long for JPEG: beside it */
    sc_image without = load(in_folder("long.jpg"));
    assert_null(without.recipe);
    size_t size;
    uint8_t *beside = read_bytes(in_folder("long.jpg.json"), &size);
    assert_int_equal(size, 70000);
    assert_memory_equal(beside, long_text, size);
    free(beside);
    sc_image_free(&without);
    save(&a, in_folder("long.png"), &options);
    sc_image b = load(in_folder("long.png"));
    assert_string_equal(b.recipe, long_text);
    sc_image_free(&a);
    sc_image_free(&b);
    free(long_text);
}

#define PACKET(inside)                                                                                      \
    "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' " \
    "xmlns:scumble='urn:scumble:xmp:1.0#' xmlns:other='urn:other'>" inside "</rdf:RDF></x:xmpmeta>"

static void assert_xmp(const char *packet, const char *want)
{
    size_t size = strlen(packet);
    char *copy = malloc(size); /* exactly as long: a sanitizer sees any step beyond */
    memcpy(copy, packet, size);
    sc_rights rights = { 0 };
    char *got = sc_xmp_read(copy, size, &rights, NULL);
    if (want && (!got || strcmp(got, want)))
        fail_msg("%s gave %s", packet, got ? got : "nothing");
    if (!want)
        assert_null(got);
    free(got);
    free(copy);
}

static void test_xmp(void **state)
{
    (void)state;
    assert_xmp(PACKET("<rdf:Description scumble:recipe=\"a&lt;b&#x41;&#66;&apos;\"/>"), "a<bAB'");
    assert_xmp(PACKET("<rdf:Description scumble:recipe='it \"is\"'/>"), "it \"is\"");
    assert_xmp(
        PACKET("<rdf:Description><scumble:recipe> x\t<!-- no --><![CDATA[<y>]]>\n</scumble:recipe></rdf:Description>"),
        " x\t<y>\n");
    assert_xmp(
        PACKET(
            "<rdf:Description><scumble:recipe>1</scumble:recipe><scumble:recipe>2</scumble:recipe></rdf:Description>"),
        "1");
    assert_xmp(PACKET("<rdf:Description><scumble:recipe/></rdf:Description>"), "");
    assert_xmp(PACKET("<rdf:Description><scumble:recipe>before the damage</scumble:recipe></oh>"), "before the damage");
    assert_xmp(PACKET("<rdf:Description><scumble:recipes>no</scumble:recipes></rdf:Description>"), NULL);
    assert_xmp(PACKET("<rdf:Description><other:recipe>no</other:recipe></rdf:Description>"), NULL);
    assert_xmp(PACKET("<rdf:Description><other:x><scumble:recipe>deeper</scumble:recipe></other:x></rdf:Description>"),
               NULL);
    assert_xmp(PACKET("<scumble:recipe>too high</scumble:recipe>"), NULL);
    assert_xmp(PACKET("<rdf:Description><scumble:recipe>&unknown;</scumble:recipe></rdf:Description>"), NULL);
    assert_xmp(PACKET("<rdf:Description><scumble:recipe>&#0;</scumble:recipe></rdf:Description>"), NULL);
    assert_xmp(PACKET("<rdf:Description><scumble:recipe>no end"), NULL);
    assert_xmp("<scumble:recipe", NULL);
    assert_xmp("", NULL);
    char *packet = sc_xmp_write("some <text> & more", NULL, NULL, false), copy[2000];
    size_t size = strlen(packet);
    for (uint64_t round = 0; round < 3000; round++) { /* damaged packets */
        sc_rights rights = { 0 };
        memcpy(copy, packet, size + 1);
        for (uint64_t i = 0; i < 5; i++)
            copy[sc_random_bits(round, 2 * i) % size] = (char)sc_random_bits(round, 2 * i + 1);
        size_t cut = sc_random_bits(round, 100) % (size + 1);
        char *exact = malloc(cut + !cut);
        memcpy(exact, copy, cut);
        free(sc_xmp_read(exact, cut, &rights, NULL));
        free(sc_jxl_read(exact, cut, &rights, NULL));
        free(exact);
    }
    free(packet);
}

static void test_refusals(void **state)
{
    (void)state;
    clear_folder();
    sc_image a = smooth(4, 4, false), wide;
    sc_error err = { 0 };
    const char *names[] = { "x.bmp", "x", "x.", ".png", "x.gif", "x.txt", "" };
    for (int i = 0; i < 7; i++) {
        assert_false(sc_image_writable(names[i]));
        assert_int_equal(sc_image_save(&a, in_folder(names[i]), NULL, &err), SCUMBLE_ERR_UNSUPPORTED);
        assert_sentence(&err, SCUMBLE_ERR_UNSUPPORTED);
        assert_non_null(strstr(err.text, "png, jpg, webp, tif"));
    }
    assert_true(sc_image_writable("a/b.c/x.PnG"));
    assert_true(sc_image_writable("x.JPEG"));
    assert_false(sc_image_writable("x.png/y"));
    assert_true(sc_image_readable_name("x.gif"));
    assert_false(sc_image_readable_name("x.csv"));
    assert_int_equal(sc_image_save(&a, in_folder("none/x.png"), NULL, &err), SCUMBLE_ERR_NOT_FOUND);
    assert_sentence(&err, SCUMBLE_ERR_NOT_FOUND);
    assert_int_equal(mkdir(in_folder("dir.png"), 0700), 0);
    assert_int_equal(sc_image_save(&a, in_folder("dir.png"), NULL, &err), SCUMBLE_ERR_IO);
    assert_sentence(&err, SCUMBLE_ERR_IO);
    assert_int_equal(sc_image_create(&wide, 65501, 1, false, &err), 0);
    assert_int_equal(sc_image_save(&wide, in_folder("wide.jpg"), NULL, &err), SCUMBLE_ERR_UNSUPPORTED);
    assert_sentence(&err, SCUMBLE_ERR_UNSUPPORTED);
    assert_int_equal(sc_image_save(&wide, in_folder("wide.webp"), NULL, &err), SCUMBLE_ERR_UNSUPPORTED);
    sc_image_free(&wide);
    assert_int_equal(count_files(), 1);
    if (geteuid() != 0) {
        assert_int_equal(chmod(in_folder("dir.png"), 0500), 0);
        assert_int_equal(sc_image_save(&a, in_folder("dir.png/x.png"), NULL, &err), SCUMBLE_ERR_ACCESS);
    }
    sc_image_free(&a);
    assert_int_equal(sc_image_create(&a, 0, 3, false, &err), SCUMBLE_ERR_ARGUMENT);
    assert_int_equal(sc_image_create(&a, INT32_MAX, INT32_MAX, true, &err), SCUMBLE_ERR_LIMIT);
    assert_null(a.rgb);
    clear_folder();
}

/* A file may not grow beyond 20 kB: what a full disc does, without one. */
static void test_no_space(void **state)
{
    (void)state;
    clear_folder();
    struct rlimit old, low;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    low = old;
    low.rlim_cur = 20000;
    for (int f = 0; f < WRITABLE; f++) {
        const char *path = in_folder(writable[f]);
        if (!sc_image_writable(path))
            continue;
        sc_image small = noise(8, 8, false, 8, 1), big = noise(400, 300, false, 8, 2);
        save(&small, path, NULL);
        size_t size, size_after;
        uint8_t *before = read_bytes(path, &size);
        void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
        sc_error err = { 0 };
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
        int code = sc_image_save(&big, path, &(sc_image_save_options){ .recipe = "r" }, &err);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
        signal(SIGXFSZ, handler);
        if (code != SCUMBLE_ERR_NO_SPACE)
            fail_msg("%s gave %d: %s", writable[f], code, err.text);
        assert_sentence(&err, SCUMBLE_ERR_NO_SPACE);
        assert_int_equal(count_files(), 1);
        uint8_t *after = read_bytes(path, &size_after);
        assert_int_equal(size, size_after);
        assert_memory_equal(before, after, size);
        save(&big, path, NULL); /* and afterwards all is well */
        sc_image_free(&small);
        sc_image_free(&big);
        free(before);
        free(after);
        unlink(path);
    }
}

static void test_encode_png(void **state)
{
    (void)state;
    sc_image a = noise(31, 9, true, 16, 3), b;
    void *data;
    size_t size;
    sc_error err = { 0 };
    assert_int_equal(sc_image_encode_png(&a, &data, &size, &err), 0);
    assert_int_equal(sc_image_load_memory(&b, data, size, NULL, &err), 0);
    assert_same(&a, &b);
    free(data);
    sc_image_free(&a);
    sc_image_free(&b);
}

/* ---- resize ---- */

static sc_image resized(const sc_image *in, int width, int height)
{
    sc_image out;
    sc_error err = { 0 };
    if (sc_image_resize(file_threads, in, width, height, &out, &err))
        fail_msg("%s", err.text);
    assert_int_equal(out.width, width);
    assert_int_equal(out.height, height);
    return out;
}

static void test_resize_sizes(void **state)
{
    (void)state;
    static const int sizes[][4] = { { 1, 1, 100, 1000 }, { 5000, 3, 1, 1 },     { 3, 5000, 2, 7 },
                                    { 17, 13, 17, 40 },  { 100, 100, 99, 101 }, { 640, 480, 31, 47 },
                                    { 7, 7, 7, 7 },      { 2, 1, 3, 1 },        { 20000, 2, 3, 2 } };
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        sc_image flat = noise(sizes[s][0], sizes[s][1], s % 2, 8, 1);
        size_t pixels = (size_t)flat.width * (size_t)flat.height;
        for (size_t i = 0; i < pixels; i++) {
            flat.rgb[3 * i] = 0.25f;
            flat.rgb[3 * i + 1] = 0;
            flat.rgb[3 * i + 2] = 1;
            if (flat.alpha)
                flat.alpha[i] = 0.5f;
        }
        sc_image out = resized(&flat, sizes[s][2], sizes[s][3]);
        for (int i = 0; i < out.width * out.height; i++) {
            assert_true(fabsf(out.rgb[3 * i] - 0.25f) < 1e-5f);
            assert_true(out.rgb[3 * i + 1] == 0);
            assert_true(fabsf(out.rgb[3 * i + 2] - 1) < 1e-5f);
            if (out.alpha)
                assert_true(fabsf(out.alpha[i] - 0.5f) < 1e-5f);
        }
        sc_image_free(&flat);
        sc_image_free(&out);
    }
    sc_image a = noise(5, 5, false, 8, 1), out;
    sc_error err = { 0 };
    assert_int_equal(sc_image_resize(NULL, &a, 0, 5, &out, &err), SCUMBLE_ERR_ARGUMENT);
    assert_null(out.rgb);
    sc_image_free(&a);
}

static void test_resize_inherits(void **state)
{
    (void)state;
    sc_image a = noise(12, 7, true, 16, 8);
    a.icc = malloc(3);
    memcpy(a.icc, "icc", 3);
    a.icc_bytes = 3;
    a.recipe = strdup("recipe");
    for (int w = 12; w < 14; w++) {
        sc_image out = resized(&a, w, 7);
        assert_int_equal(out.bits, 16);
        assert_int_equal(out.icc_bytes, 3);
        assert_memory_equal(out.icc, "icc", 3);
        assert_string_equal(out.recipe, "recipe");
        if (w == 12)
            assert_same(&a, &out);
        sc_image_free(&out);
    }
    sc_image_free(&a);
}

/* A ramp stays a ramp; a fine chessboard becomes grey; the mirror image gives the mirror image. */
static void test_resize_quality(void **state)
{
    (void)state;
    sc_image ramp = noise(200, 1, false, 8, 1);
    for (int x = 0; x < 200; x++)
        ramp.rgb[3 * x] = ramp.rgb[3 * x + 1] = ramp.rgb[3 * x + 2] = ((float)x + 0.5f) / 200;
    const int widths[] = { 50, 77, 333, 800 };
    for (int i = 0; i < 4; i++) {
        sc_image out = resized(&ramp, widths[i], 1);
        for (int x = widths[i] / 10; x < widths[i] * 9 / 10; x++)
            assert_true(fabsf(out.rgb[3 * x] - ((float)x + 0.5f) / (float)widths[i]) < 1e-4f);
        sc_image_free(&out);
    }
    sc_image_free(&ramp);
    sc_image chess = noise(256, 256, false, 8, 1);
    for (int i = 0; i < 256 * 256; i++)
        chess.rgb[3 * i] = chess.rgb[3 * i + 1] = chess.rgb[3 * i + 2] = (float)((i + i / 256) & 1);
    sc_image grey = resized(&chess, 60, 60);
    for (int y = 4; y < 56; y++)
        for (int x = 4; x < 56; x++)
            assert_true(fabsf(grey.rgb[3 * (60 * y + x)] - 0.5f) < 0.01f);
    sc_image_free(&chess);
    sc_image_free(&grey);
    sc_image a = noise(61, 43, true, 8, 6), mirrored = noise(61, 43, true, 8, 6);
    for (int i = 0; i < 61 * 43; i++) {
        int j = i / 61 * 61 + 60 - i % 61;
        memcpy(mirrored.rgb + 3 * i, a.rgb + 3 * j, 12);
        mirrored.alpha[i] = a.alpha[j];
    }
    sc_image b = resized(&a, 20, 90), c = resized(&mirrored, 20, 90);
    for (int i = 0; i < 20 * 90; i++) {
        int j = i / 20 * 20 + 19 - i % 20;
        assert_true(fabsf(b.alpha[i] - c.alpha[j]) < 1e-5f);
        if (b.alpha[i] > 0.1f)
            assert_true(fabsf(b.rgb[3 * i] - c.rgb[3 * j]) < 1e-4f);
    }
    sc_image_free(&a);
    sc_image_free(&mirrored);
    sc_image_free(&b);
    sc_image_free(&c);
}

/* Red on the opaque half, green where nothing shows: no green may bleed in. */
static void test_resize_alpha(void **state)
{
    (void)state;
    sc_image a = noise(64, 64, true, 8, 1);
    for (int i = 0; i < 64 * 64; i++) {
        bool left = i % 64 < 32;
        a.rgb[3 * i] = left;
        a.rgb[3 * i + 1] = !left;
        a.rgb[3 * i + 2] = 0;
        a.alpha[i] = left;
    }
    const int sizes[] = { 19, 200 };
    for (int s = 0; s < 2; s++) {
        sc_image out = resized(&a, sizes[s], sizes[s]);
        for (int i = 0; i < sizes[s] * sizes[s]; i++)
            if (out.alpha[i] > 0.001f)
                assert_true(out.rgb[3 * i + 1] < 1e-3f && out.rgb[3 * i] > 0.999f);
        sc_image_free(&out);
    }
    sc_image_free(&a);
}

static void test_thread_counts(void **state)
{
    (void)state;
    sc_image a = noise(1021, 307, true, 16, 3);
    VipsBlob *blob = NULL;
    assert_int_equal(vips_profile_load("p3", &blob, NULL), 0);
    const void *icc = vips_blob_get(blob, &a.icc_bytes);
    a.icc = malloc(a.icc_bytes);
    memcpy(a.icc, icc, a.icc_bytes);
    vips_area_unref(VIPS_AREA(blob));
    sc_image want = { 0 }, want_loaded = { 0 };
    size_t want_bytes = 0;
    uint8_t *want_file = NULL;
    const int counts[] = { 1, 2, 7 };
    for (int i = 0; i < 3; i++) {
        use_threads(counts[i]);
        sc_image out = resized(&a, 401, 399);
        save(&a, in_folder("threads.png"), &(sc_image_save_options){ .keep_icc = true });
        sc_image loaded = load(in_folder("threads.png"));
        size_t bytes;
        uint8_t *file = read_bytes(in_folder("threads.png"), &bytes);
        if (i == 0) {
            want = out;
            want_loaded = loaded;
            want_file = file;
            want_bytes = bytes;
            continue;
        }
        assert_same(&want, &out);
        assert_same(&want_loaded, &loaded);
        assert_int_equal(bytes, want_bytes);
        assert_memory_equal(file, want_file, bytes);
        sc_image_free(&out);
        sc_image_free(&loaded);
        free(file);
    }
    use_threads(0);
    sc_image_free(&a);
    sc_image_free(&want);
    sc_image_free(&want_loaded);
    free(want_file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_formats),
        cmocka_unit_test(test_lossless),
        cmocka_unit_test(test_rounding),
        cmocka_unit_test(test_streams),
        cmocka_unit_test(test_bits),
        cmocka_unit_test(test_srgb_is_embedded),
        cmocka_unit_test(test_recipes),
        cmocka_unit_test(test_xmp),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_no_space),
        cmocka_unit_test(test_encode_png),
        cmocka_unit_test(test_resize_sizes),
        cmocka_unit_test(test_resize_inherits),
        cmocka_unit_test(test_resize_quality),
        cmocka_unit_test(test_resize_alpha),
        cmocka_unit_test(test_thread_counts),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
