/* SPDX-License-Identifier: MIT */
/* OpenEXR files that no program writes, made by bytes: very many channels, light beyond all measure. */
#include "image_fixture.h"

#include <float.h>

#include "core/clock.h"
#include "film/film.h"
#include "media/exr.h"
#include "media/light.h"

enum { CHANNEL_BYTES = 32 };

typedef struct bytes {
    uint8_t *data;
    size_t size;
} bytes;

static void add(bytes *b, const void *data, size_t size)
{
    b->data = realloc(b->data, b->size + size);
    memcpy(b->data + b->size, data, size);
    b->size += size;
}

static void add_int(bytes *b, int32_t value)
{
    add(b, &value, 4); /* what runs this is little-endian */
}

static void add_attribute(bytes *b, const char *name, const char *type, const void *value, size_t size)
{
    add(b, name, strlen(name) + 1);
    add(b, type, strlen(type) + 1);
    add_int(b, (int32_t)size);
    add(b, value, size);
}

/* A list of float channels, "a0.x" to "aN.x", or B, G and R alone. */
static bytes channel_list(int count)
{
    bytes list = { 0 };
    static const char *const colours[] = { "B", "G", "R" };
    const int32_t rest[4] = { 2, 0, 1, 1 };
    for (int i = 0; i < count; i++) {
        char name[CHANNEL_BYTES];
        snprintf(name, sizeof name, "a%d.x", i);
        add(&list, count == 3 ? colours[i] : name, strlen(count == 3 ? colours[i] : name) + 1);
        add(&list, rest, sizeof rest);
    }
    add(&list, "", 1);
    return list;
}

/* One part's header, without its end. */
static void add_header(bytes *b, int channels, bool named)
{
    const int32_t box[4] = { 0, 0, 3, 0 };
    const float centre[2] = { 0, 0 }, one = 1;
    const int32_t chunks = 1;
    bytes list = channel_list(channels);
    char name[CHANNEL_BYTES];
    snprintf(name, sizeof name, "part %zu", b->size);
    add_attribute(b, "channels", "chlist", list.data, list.size);
    add_attribute(b, "compression", "compression", "", 1);
    add_attribute(b, "dataWindow", "box2i", box, sizeof box);
    add_attribute(b, "displayWindow", "box2i", box, sizeof box);
    add_attribute(b, "lineOrder", "lineOrder", "", 1);
    add_attribute(b, "pixelAspectRatio", "float", &one, 4);
    add_attribute(b, "screenWindowCenter", "v2f", centre, sizeof centre);
    add_attribute(b, "screenWindowWidth", "float", &one, 4);
    if (named) {
        add_attribute(b, "name", "string", name, strlen(name));
        add_attribute(b, "type", "string", "scanlineimage", 13);
        add_attribute(b, "chunkCount", "int", &chunks, 4);
    }
    free(list.data);
}

static bytes begin_file(bool several)
{
    bytes b = { 0 };
    add_int(&b, 20000630);
    add_int(&b, several ? 2 | 1 << 12 : 2);
    return b;
}

static void assert_too_many(bytes b, const char *words)
{
    sc_image header;
    bool alpha;
    sc_error err = { 0 };
    const double began_s = sc_now_s();
    sc_rights rights = { 0 };
    assert_int_equal(sc_exr_probe(b.data, b.size, "it", &header, &alpha, &err), SCUMBLE_ERR_UNSUPPORTED);
    if (!strstr(err.text, words))
        fail_msg("'%s' does not say '%s'", err.text, words);
    free(sc_exr_read(b.data, b.size, &rights, NULL));
    assert_true(sc_now_s() - began_s < 1);
    free(b.data);
}

/* That many are refused before each is compared with each. */
static void test_many_channels(void **state)
{
    (void)state;
    bytes one = begin_file(false), many = begin_file(true);
    add_header(&one, 200000, false);
    add(&one, "", 1);
    assert_too_many(one, "it has 200000 channels; at most 1024 can be read");
    for (int i = 0; i < 200; i++) {
        add_header(&many, 1000, true);
        add(&many, "", 1);
    }
    add(&many, "", 1);
    assert_too_many(many, "it has 200000 channels; at most 16384 can be read in all its parts");
}

/* Four pixels: one of this value in each channel, and three of 2. */
static bytes picture_with(float value, bool wide)
{
    static const float acescg[8] = { 0.713f, 0.293f, 0.165f, 0.83f, 0.128f, 0.044f, 0.32168f, 0.33767f };
    bytes b = begin_file(false);
    add_header(&b, 3, false);
    if (wide)
        add_attribute(&b, "chromaticities", "chromaticities", acescg, sizeof acescg);
    add(&b, "", 1);
    const uint64_t chunk = b.size + 8;
    add(&b, &chunk, 8);
    add_int(&b, 0);
    add_int(&b, 3 * 4 * 4);
    for (int i = 0; i < 3 * 4; i++) {
        const float one = i % 4 ? 2 : value;
        add(&b, &one, 4);
    }
    return b;
}

/* What is infinite, or stands for "nothing was hit", is as bright as a half can say, and leaves the rest as it is. */
static void test_brightest(void **state)
{
    (void)state;
    static const float wild[] = { FLT_MAX, INFINITY, 1e31f, 1e30f, -FLT_MAX, NAN };
    for (size_t i = 0; i < 2 * sizeof wild / sizeof *wild; i++) {
        sc_image image = { 0 };
        sc_error err = { 0 };
        bytes b = picture_with(wild[i / 2], i % 2);
        const sc_decode_watch watch = { .end_s = sc_now_s() + 10 };
        if (sc_exr_load(NULL, b.data, b.size, "it", NULL, &watch, &image, &err))
            fail_msg("%s", err.text);
        free(b.data);
        const sc_light_curve curve = sc_light_curve_of(image.light->most);
        if (!(image.light->most >= 1 && image.light->most <= 262144))
            fail_msg("%g: %g is the most", (double)wild[i / 2], (double)image.light->most);
        for (int k = 0; k < 12; k++) {
            assert_true(image.rgb[k] >= 0 && image.rgb[k] <= 1);
            assert_true(!image.beyond || isfinite(image.beyond[k]));
            if (k >= 3) /* white stays white between primaries */
                assert_true(fabsf(image.rgb[k] - sc_light_encode(&curve, 2)) < 1e-4f);
        }
        sc_image_free(&image);
    }
}

/* A glint in one frame of a film does not change how the rest of it looks, and comes back as bright as it was. */
static void test_glint(void **state)
{
    (void)state;
    static const float lights[] = { 3.9f, 3.9f, 4.1f, 3.9f, 70, 3.9f };
    enum { COUNT = sizeof lights / sizeof *lights };
    sc_film *film;
    sc_error err = { 0 };
    scumble_frame frame;
    const sc_image_limits limits = { 0 };
    for (int i = 0; i < COUNT; i++) {
        char name[32];
        snprintf(name, sizeof name, "glint.%04d.exr", i);
        bytes b = picture_with(lights[i], false);
        write_bytes(in_folder(name), b.data, b.size);
        free(b.data);
    }
    assert_int_equal(sc_film_open(&film, in_folder("glint.####.exr"), &(scumble_film_input){ 0 }, &limits, &err), 0);
    for (int i = 0; i < COUNT; i++) {
        sc_image image;
        assert_int_equal(sc_film_read(film, &image, &frame, &err), 0);
        const sc_light_curve four = sc_light_curve_of(4);
        assert_true(fabsf(image.rgb[3] - sc_light_encode(&four, 2)) < 1e-6f);
        assert_true(image.light->most == 4);
        const float whole = image.rgb[0] + (image.beyond ? image.beyond[0] : 0);
        assert_true(fabsf(sc_light_decode(&four, whole) - lights[i]) < 1e-3f * lights[i]);
        sc_image_free(&image);
    }
    sc_film_close(film);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many_channels),
        cmocka_unit_test(test_brightest),
        cmocka_unit_test(test_glint),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
