/* SPDX-License-Identifier: MIT */
/* OpenEXR in and out: files are made with the library itself, of every kind of channel, layer, window and compression,
 * and what is not painted comes back with the precision of half floats, other channels and attributes to the byte. */
#include "image_fixture.h"

#include <openexr.h>

#include "core/half.h"
#include "dwa_exr.h"
#include "film/film.h"
#include "media/exr.h"

enum { WIDTH = 24, HEIGHT = 20 };

typedef struct sample_channel {
    const char *name;
    exr_pixel_type_t type;
    int sampling;
} sample_channel;

/* What a file is made of; channels end with a NULL name. */
typedef struct sample {
    const sample_channel *channels;
    exr_compression_t compression;
    exr_attr_box2i_t display, data; /* all zero: WIDTH x HEIGHT at 0 */
    bool tiled, attributes, wide_gamut;
    exr_storage_t storage;  /* deep: the header alone */
    const char *first_part; /* NULL = one part; else that name of a part with Z alone before it */
} sample;

static const sample_channel rgba[] = { { "R", EXR_PIXEL_HALF, 1 },         { "G", EXR_PIXEL_HALF, 1 },
                                       { "B", EXR_PIXEL_HALF, 1 },         { "A", EXR_PIXEL_HALF, 1 },
                                       { "Z", EXR_PIXEL_FLOAT, 1 },        { "id", EXR_PIXEL_UINT, 1 },
                                       { "diffuse.R", EXR_PIXEL_HALF, 1 }, { NULL, 0, 0 } };

/* The value of a channel at a pixel of the data window: R goes up to 12, and alpha multiplies colours. */
static float value_at(const char *name, int x, int y)
{
    const char *last = strrchr(name, '.') ? strrchr(name, '.') + 1 : name;
    float alpha = x < 8 ? 1 : x < 10 ? 0 : (float)x / WIDTH;
    switch (*last) {
    case 'R': return alpha * (x == 5 && y == 5 ? 12 : 0.02f + 0.1f * (float)y);
    case 'G': return alpha * (0.3f + 0.02f * (float)x);
    case 'B': return alpha * 0.01f * (float)(x + y);
    case 'A': return alpha;
    case 'Y': return 0.1f * (float)y;
    default: return (float)(1000 * x + y);
    }
}

#define MUST(call) assert_int_equal(call, 0)

static void fill_channel(exr_coding_channel_info_t *c, int left, int top, uint8_t *bytes)
{
    for (int y = 0; y < c->height; y++)
        for (int x = 0; x < c->width; x++) {
            const float value = value_at(c->channel_name, left + x, top + y);
            const uint16_t half = sc_float_to_half(value);
            const uint32_t whole = (uint32_t)value;
            const void *from = c->data_type == EXR_PIXEL_HALF ? (const void *)&half :
                               c->data_type == EXR_PIXEL_UINT ? (const void *)&whole :
                                                                (const void *)&value;
            memcpy(bytes + (size_t)(y * c->width + x) * (size_t)c->bytes_per_element, from,
                   (size_t)c->bytes_per_element);
        }
    c->user_pixel_stride = c->bytes_per_element;
    c->user_line_stride = c->width * c->bytes_per_element;
    c->encode_from_ptr = bytes;
}

static void write_one_chunk(exr_context_t f, int part, const exr_chunk_info_t *info, int left, int top)
{
    exr_encode_pipeline_t p = EXR_ENCODE_PIPELINE_INITIALIZER;
    const size_t plane = (size_t)info->width * (size_t)info->height * 4;
    MUST(exr_encoding_initialize(f, part, info, &p));
    uint8_t *bytes = calloc((size_t)p.channel_count, plane);
    for (int i = 0; i < p.channel_count; i++)
        fill_channel(&p.channels[i], left, top, bytes + (size_t)i * plane);
    MUST(exr_encoding_choose_default_routines(f, part, &p));
    MUST(exr_encoding_run(f, part, &p));
    exr_encoding_destroy(f, &p);
    free(bytes);
}

static void write_pixels(exr_context_t f, int part, const sample *s, const exr_attr_box2i_t *data)
{
    exr_chunk_info_t info;
    int32_t lines = 8;
    const int height = data->max.y - data->min.y + 1, width = data->max.x - data->min.x + 1;
    if (!s->tiled)
        exr_get_scanlines_per_chunk(f, part, &lines);
    for (int y = 0; y < height; y += lines)
        for (int x = 0; x < (s->tiled ? width : 1); x += 8) {
            if (s->tiled)
                MUST(exr_write_tile_chunk_info(f, part, x / 8, y / 8, 0, 0, &info));
            else
                MUST(exr_write_scanline_chunk_info(f, part, data->min.y + y, &info));
            write_one_chunk(f, part, &info, x, y);
        }
}

static void add_channels(exr_context_t f, int part, const sample_channel *c)
{
    for (; c->name; c++)
        MUST(exr_add_channel(f, part, c->name, c->type, EXR_PERCEPTUALLY_LOGARITHMIC, c->sampling, c->sampling));
}

static void add_attributes(exr_context_t f, int part)
{
    const exr_attr_m44f_t matrix = { .m = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 } };
    const exr_attr_timecode_t time = { 0x01020304, 7 };
    const exr_attr_rational_t rate = { 24000, 1001 };
    const float curve[3] = { 1, 2.5f, 3 };
    const char *words[] = { "one", "two" };
    MUST(exr_attr_set_string(f, part, "owner", "Studio X"));
    MUST(exr_attr_set_m44f(f, part, "worldToCamera", &matrix));
    MUST(exr_attr_set_timecode(f, part, "timeCode", &time));
    MUST(exr_attr_set_rational(f, part, "framesPerSecond", &rate));
    MUST(exr_attr_set_float_vector(f, part, "curve", 3, curve));
    MUST(exr_attr_set_string_vector(f, part, "words", 2, words));
    MUST(exr_attr_set_int(f, part, "frame", 1012));
    MUST(exr_attr_set_float(f, part, "latitude", 48));
    MUST(exr_attr_set_user(f, part, "own", "ours", 5, "bytes"));
}

static void quiet(exr_const_context_t f, exr_result_t code, const char *text)
{
    (void)f, (void)code, (void)text;
}

static const char *make_file(const char *name, sample s)
{
    static const exr_attr_chromaticities_t acescg = {
        0.713f, 0.293f, 0.165f, 0.83f, 0.128f, 0.044f, 0.32168f, 0.33767f
    };
    const exr_attr_box2i_t usual = { .max = { .x = WIDTH - 1, .y = HEIGHT - 1 } };
    const exr_attr_v2f_t centre = { .x = 0, .y = 0 };
    static const sample_channel depth[] = { { "Z", EXR_PIXEL_FLOAT, 1 }, { NULL, 0, 0 } };
    exr_context_initializer_t how = EXR_DEFAULT_CONTEXT_INITIALIZER;
    how.error_handler_fn = quiet;
    exr_context_t f;
    int part = 0;
    const char *path = in_folder(name);
    bool windows = s.display.max.x || s.data.max.x;
    exr_attr_box2i_t *data = windows ? &s.data : (exr_attr_box2i_t *)(uintptr_t)&usual;
    MUST(exr_start_write(&f, path, EXR_WRITE_FILE_DIRECTLY, &how));
    for (int i = s.first_part ? 0 : 1; i < 2; i++) {
        exr_storage_t storage = i && s.tiled ? EXR_STORAGE_TILED : i ? s.storage : EXR_STORAGE_SCANLINE;
        MUST(exr_add_part(f, !i ? s.first_part : s.first_part ? "second" : NULL, storage, &part));
        MUST(exr_initialize_required_attr(f, part, windows ? &s.display : &usual, data, 1, &centre, 1,
                                          EXR_LINEORDER_INCREASING_Y, s.compression));
        if (storage == EXR_STORAGE_TILED)
            MUST(exr_set_tile_descriptor(f, part, 8, 8, EXR_TILE_ONE_LEVEL, EXR_TILE_ROUND_DOWN));
        add_channels(f, part, i ? s.channels : depth);
    }
    if (s.attributes)
        add_attributes(f, part);
    if (s.wide_gamut)
        MUST(exr_attr_set_chromaticities(f, part, "chromaticities", &acescg));
    MUST(exr_write_header(f));
    if (s.storage == EXR_STORAGE_DEEP_SCANLINE) { /* the library removes what has no pixels */
        size_t size;
        uint8_t *header = read_bytes(path, &size);
        exr_finish(&f);
        write_bytes(path, header, size);
        free(header);
        return path;
    }
    for (int i = 0; i <= part; i++) {
        sample one = s;
        one.tiled = s.tiled && i == part;
        write_pixels(f, i, &one, data);
    }
    exr_finish(&f);
    return path;
}

/* All channels of a file's first part as the library gives them: floats, in the order of the header. Caller frees. */
static float *read_raw(const char *path, int *count, exr_attr_box2i_t *data)
{
    exr_context_initializer_t how = EXR_DEFAULT_CONTEXT_INITIALIZER;
    how.error_handler_fn = quiet;
    exr_context_t f;
    const exr_attr_chlist_t *list;
    int32_t lines;
    MUST(exr_start_read(&f, path, &how));
    MUST(exr_get_channels(f, 0, &list));
    MUST(exr_get_data_window(f, 0, data));
    MUST(exr_get_scanlines_per_chunk(f, 0, &lines));
    const int width = data->max.x - data->min.x + 1, height = data->max.y - data->min.y + 1;
    *count = list->num_channels;
    float *all = calloc((size_t)(width * height * list->num_channels), sizeof *all);
    for (int y = 0; y < height; y += lines) {
        exr_chunk_info_t info;
        exr_decode_pipeline_t p = EXR_DECODE_PIPELINE_INITIALIZER;
        MUST(exr_read_scanline_chunk_info(f, 0, data->min.y + y, &info));
        MUST(exr_decoding_initialize(f, 0, &info, &p));
        for (int i = 0; i < p.channel_count; i++) {
            p.channels[i].user_data_type = EXR_PIXEL_FLOAT;
            p.channels[i].user_bytes_per_element = p.channels[i].user_pixel_stride = 4;
            p.channels[i].user_line_stride = 4 * width;
            p.channels[i].decode_to_ptr = (uint8_t *)(all + (size_t)(i * height + y) * (size_t)width);
        }
        MUST(exr_decoding_choose_default_routines(f, 0, &p));
        MUST(exr_decoding_run(f, 0, &p));
        exr_decoding_destroy(f, &p);
    }
    exr_finish(&f);
    return all;
}

static sc_image load_sample(const char *path)
{
    sc_image image;
    sc_error err = { 0 };
    if (sc_image_load(&image, path, NULL, &err))
        fail_msg("%s", err.text);
    return image;
}

static void assert_load_fails(const char *path, int code, const char *text)
{
    sc_image image;
    sc_error err = { 0 };
    const int got = sc_image_load(&image, path, NULL, &err);
    if (got != code || !strstr(err.text, text))
        fail_msg("'%s' does not say '%s'", err.text, text);
    assert_null(image.rgb);
}

/* Through and back: every channel of the file as it was, but for colours that alpha 0 hides. */
static void assert_comes_back(const char *path, const sc_image_save_options *options, double tolerance)
{
    sc_image image = load_sample(path);
    sc_error err = { 0 };
    const char *back = in_folder("back.exr");
    int before_count, after_count;
    exr_attr_box2i_t window;
    if (sc_image_save(&image, back, options, &err))
        fail_msg("%s", err.text);
    float *before = read_raw(path, &before_count, &window), *after = read_raw(back, &after_count, &window);
    assert_int_equal(before_count, after_count);
    for (int i = 0; i < before_count * image.width * image.height; i++)
        if (fabsf(before[i] - after[i]) > tolerance * fmax(1e-3, fabsf(before[i])))
            fail_msg("%s: value %d is %g, was %g", path, i, after[i], before[i]);
    free(before);
    free(after);
    sc_image_free(&image);
}

static void test_compressions(void **state)
{
    (void)state;
    for (exr_compression_t c = EXR_COMPRESSION_NONE; c <= EXR_COMPRESSION_PXR24; c++) {
        const char *path = make_file("c.exr", (sample){ .channels = rgba, .compression = c });
        assert_comes_back(path, NULL, 1 / 2048.0);
    }
    for (exr_compression_t c = EXR_COMPRESSION_B44; c <= EXR_COMPRESSION_B44A; c++) {
        sc_image image = load_sample(make_file("c.exr", (sample){ .channels = rgba, .compression = c }));
        assert_int_equal(image.light->most, 16);
        save(&image, in_folder("back.exr"), NULL);
        sc_image_free(&image);
        image = load_sample(in_folder("back.exr"));
        assert_int_equal(image.light->most, 16);
        sc_image_free(&image);
    }
}

static void test_values(void **state)
{
    (void)state;
    for (int threads = 0; threads < 4; threads += 3) {
        use_threads(threads);
        sc_image image, header;
        sc_error err = { 0 };
        const sc_image_limits limits = { .threads = file_threads };
        const char *path = make_file("v.exr", (sample){ .channels = rgba, .compression = EXR_COMPRESSION_ZIPS });
        if (sc_image_load(&image, path, &limits, &err))
            fail_msg("%s", err.text);
        const sc_light_curve curve = sc_light_curve_of(16);
        for (int y = 0; y < HEIGHT; y++)
            for (int x = 0; x < WIDTH; x++) {
                const int i = y * WIDTH + x;
                const float alpha = value_at("A", x, y), red = value_at("R", x, y);
                assert_true(fabsf(image.alpha[i] - alpha) < 1e-3f);
                if (alpha > 0)
                    assert_true(fabsf(image.rgb[3 * i] - sc_light_encode(&curve, red / alpha)) < 2e-3f);
            }
        assert_int_equal(image.bits, 16);
        assert_true(sc_image_probe(path, NULL, &header.width, &header.height, &header.bits, NULL, &err) == 0);
        assert_int_equal(header.width, WIDTH);
        assert_int_equal(header.height, HEIGHT);
        sc_image_free(&image);
    }
    use_threads(0);
}

static void test_curve(void **state)
{
    (void)state;
    assert_true(sc_light_most(0.5f) == 1 && sc_light_most(1) == 1 && sc_light_most(1.01f) == 4);
    assert_true(sc_light_most(65504) == 65536);
    for (float most = 1; most < 1e6f; most *= 4) {
        const sc_light_curve curve = sc_light_curve_of(most);
        float last = -1;
        assert_true(fabsf(sc_light_encode(&curve, most) - 1) < 1e-5f);
        for (float light = 1e-5f; light <= most; light *= 1.01f) {
            const float value = sc_light_encode(&curve, light), back = sc_light_decode(&curve, value);
            assert_true(value > last && value < 1 + 1e-5f);
            assert_true(fabsf(back - light) < 1e-4f * light);
            assert_true(sc_light_encode(&curve, -light) == -value);
            last = value;
        }
        /* no bend at the knee, which is at a light of 0.6038 */
        const float below = sc_light_encode(&curve, 0.6035f) - sc_light_encode(&curve, 0.603f),
                    above = sc_light_encode(&curve, 0.6045f) - sc_light_encode(&curve, 0.604f);
        assert_true(above > 0.95f * below && above < 1.01f * below);
    }
}

static void test_kinds(void **state)
{
    (void)state;
    static const sample_channel layer[] = { { "beauty.R", EXR_PIXEL_HALF, 1 }, { "beauty.G", EXR_PIXEL_FLOAT, 1 },
                                            { "beauty.B", EXR_PIXEL_HALF, 1 }, { "beauty.A", EXR_PIXEL_HALF, 1 },
                                            { "Z", EXR_PIXEL_FLOAT, 1 },       { NULL, 0, 0 } };
    static const sample_channel grey[] = { { "Y", EXR_PIXEL_FLOAT, 1 }, { "Z", EXR_PIXEL_FLOAT, 1 }, { NULL, 0, 0 } };
    assert_comes_back(make_file("l.exr", (sample){ .channels = layer, .compression = EXR_COMPRESSION_PIZ }), NULL,
                      1 / 2048.0);
    sc_image image = load_sample(in_folder("l.exr"));
    assert_non_null(strstr(image.note, "its layer 'beauty' is taken"));
    sc_image_free(&image);
    image = load_sample(make_file("g.exr", (sample){ .channels = grey }));
    assert_true(image.rgb[3 * WIDTH] == image.rgb[3 * WIDTH + 1] && image.rgb[3 * WIDTH] > 0);
    save(&image, in_folder("back.exr"), NULL);
    sc_image_free(&image);
    int count;
    exr_attr_box2i_t window;
    float *raw = read_raw(in_folder("back.exr"), &count, &window); /* B, G, R, Z */
    assert_int_equal(count, 4);
    assert_true(fabsf(raw[WIDTH] - value_at("Y", 0, 1)) < 1e-6f);
    assert_true(raw[3 * WIDTH * HEIGHT + 2 * WIDTH + 1] == value_at("Z", 1, 2));
    free(raw);

    image = load_sample(
        make_file("t.exr", (sample){ .channels = rgba, .tiled = true, .compression = EXR_COMPRESSION_ZIP }));
    sc_image lines = load_sample(make_file("s.exr", (sample){ .channels = rgba, .compression = EXR_COMPRESSION_ZIP }));
    assert_true(colour_difference(&image, &lines) == 0);
    assert_memory_equal(image.light->others, lines.light->others, lines.light->others_bytes);
    sc_image_free(&image);
    image = load_sample(make_file("p.exr", (sample){ .channels = rgba, .first_part = "depth" }));
    assert_true(colour_difference(&image, &lines) == 0);
    assert_non_null(strstr(image.note, "'second' is taken"));
    sc_image_free(&image);
    sc_image_free(&lines);
}

/* The address sanitizer of a C program ends it at the first exception in a C++ library that was loaded later, and
 * libvips' OpenEXR catches one of its own. */
#ifdef __has_feature
#define SANITIZED_ADDRESSES __has_feature(address_sanitizer)
#elif defined(__SANITIZE_ADDRESS__)
#define SANITIZED_ADDRESSES 1
#else
#define SANITIZED_ADDRESSES 0
#endif

/* Its colours, lossily, by whatever can undo it. */
static void test_dwa(void **state)
{
    (void)state;
    if (SANITIZED_ADDRESSES)
        skip();
    write_bytes(in_folder("dwa.exr"), dwa_exr, sizeof dwa_exr);
    sc_image image = load_sample(in_folder("dwa.exr"));
    assert_true(image.width == 20 && image.height == 10 && image.light->most == 4);
    const sc_light_curve curve = sc_light_curve_of(4);
    for (int y = 0; y < 10; y++)
        for (int x = 0; x < 20; x++) {
            const bool inside = x >= 2 && x < 18 && y >= 1 && y < 9;
            assert_true(fabsf(image.alpha[20 * y + x] - (inside ? 0.5f : 0)) < 1e-3f);
            const float light[3] = { 3, 0.25f, (float)(x - 2) / 16 };
            for (int c = 0; inside && c < 3; c++)
                if (fabsf(sc_light_decode(&curve, image.rgb[3 * (20 * y + x) + c]) - light[c]) > 0.03f)
                    fail_msg("channel %d of (%d, %d) is %g", c, x, y,
                             sc_light_decode(&curve, image.rgb[3 * (20 * y + x) + c]));
        }
    save(&image, in_folder("back.exr"), NULL);
    assert_int_equal(image.note == NULL, image.light->others != NULL);
    sc_image_free(&image);
    image = load_sample(in_folder("back.exr"));
    assert_true(image.light->most == 4);
    sc_image_free(&image);
}

static void test_refused(void **state)
{
    (void)state;
    static const sample_channel chroma[] = {
        { "Y", EXR_PIXEL_HALF, 1 }, { "RY", EXR_PIXEL_HALF, 2 }, { "BY", EXR_PIXEL_HALF, 2 }, { NULL, 0, 0 }
    };
    static const sample_channel sparse[] = {
        { "R", EXR_PIXEL_HALF, 1 }, { "G", EXR_PIXEL_HALF, 1 }, { "B", EXR_PIXEL_HALF, 2 }, { NULL, 0, 0 }
    };
    static const sample_channel depth[] = { { "Z", EXR_PIXEL_FLOAT, 1 }, { "id", EXR_PIXEL_UINT, 1 }, { NULL, 0, 0 } };
    assert_load_fails(make_file("r.exr", (sample){ .channels = chroma }), SCUMBLE_ERR_UNSUPPORTED,
                      "luminance and chroma");
    assert_load_fails(make_file("r.exr", (sample){ .channels = sparse }), SCUMBLE_ERR_UNSUPPORTED, "the channel B of");
    assert_load_fails(make_file("r.exr", (sample){ .channels = depth }), SCUMBLE_ERR_UNSUPPORTED,
                      "its channels are Z, id");
    assert_load_fails(make_file("r.exr", (sample){ .channels = depth, .storage = EXR_STORAGE_DEEP_SCANLINE }),
                      SCUMBLE_ERR_UNSUPPORTED, "flatten it");
    sc_image image = load_sample(make_file("r.exr", (sample){ .channels = rgba }));
    sc_error err = { 0 };
    assert_int_equal(sc_image_save(&image, in_folder("x.exr"), &(sc_image_save_options){ .bits = 8 }, &err),
                     SCUMBLE_ERR_UNSUPPORTED);
    assert_non_null(strstr(err.text, "16 or 32 bits"));
    assert_int_equal(sc_image_save(&image, in_folder("x.png"), &(sc_image_save_options){ .bits = 32 }, &err),
                     SCUMBLE_ERR_UNSUPPORTED);
    assert_non_null(strstr(err.text, "use OpenEXR for 32"));
    sc_image_free(&image);
}

/* The picture is the display window; what the file has of it lies somewhere within, or beyond. */
static void test_windows(void **state)
{
    (void)state;
    const exr_attr_box2i_t display = { .min = { .x = 10, .y = -4 }, .max = { .x = 10 + 39, .y = -4 + 29 } };
    const exr_attr_box2i_t data = { .min = { .x = 4, .y = 2 }, .max = { .x = 4 + WIDTH - 1, .y = 2 + HEIGHT - 1 } };
    sc_image image = load_sample(make_file("w.exr", (sample){ .channels = rgba, .display = display, .data = data }));
    assert_int_equal(image.width, 40);
    assert_int_equal(image.height, 30);
    assert_non_null(strstr(image.note, "reach beyond"));
    const float *z = (const float *)(const void *)image.light->others;
    for (int y = 0; y < 30; y++)
        for (int x = 0; x < 40; x++) {
            const int u = x + 10 - 4, v = y - 4 - 2;
            const bool inside = u < WIDTH && v >= 0 && v < HEIGHT;
            assert_true(fabsf(image.alpha[40 * y + x] - (inside ? value_at("A", u, v) : 0)) < 1e-3f);
            assert_true(z[40 * y + x] == (inside ? value_at("Z", u, v) : 0));
        }
    save(&image, in_folder("back.exr"), NULL);
    int count;
    exr_attr_box2i_t window;
    free(read_raw(in_folder("back.exr"), &count, &window));
    assert_memory_equal(&window, &display, sizeof window);
    sc_image_free(&image);
}

/* Wide primaries: colours that sRGB does not have come back too. */
static void test_primaries(void **state)
{
    (void)state;
    const char *path = make_file("aces.exr", (sample){ .channels = rgba, .wide_gamut = true });
    sc_image plain = load_sample(make_file("plain.exr", (sample){ .channels = rgba })), image = load_sample(path);
    assert_true(colour_difference(&plain, &image) > 0.02);
    assert_non_null(image.beyond);
    assert_comes_back(path, &(sc_image_save_options){ .bits = 32 }, 1e-4);
    sc_image_free(&plain);
    sc_image_free(&image);
}

static void assert_attribute(exr_context_t a, exr_context_t b, const char *name)
{
    const exr_attribute_t *x, *y;
    MUST(exr_get_attribute_by_name(a, 0, name, &x));
    MUST(exr_get_attribute_by_name(b, 0, name, &y));
    assert_string_equal(x->type_name, y->type_name);
}

static void test_attributes(void **state)
{
    (void)state;
    static const char *const kept[] = { "owner", "worldToCamera", "timeCode", "framesPerSecond",
                                        "curve", "words",         "frame",    "own" };
    const char *path = make_file("a.exr", (sample){ .channels = rgba, .attributes = true });
    sc_image image = load_sample(path);
    const sc_image_save_options options = { .recipe = "{\"format\": 1}" };
    save(&image, in_folder("back.exr"), &options);
    assert_string_equal(image.rights->text[SC_RIGHT_NOTICE], "Studio X");
    sc_image_free(&image);
    exr_context_t a, b;
    const exr_attribute_t *found;
    exr_context_initializer_t how = EXR_DEFAULT_CONTEXT_INITIALIZER;
    how.error_handler_fn = quiet;
    MUST(exr_start_read(&a, path, &how));
    MUST(exr_start_read(&b, in_folder("back.exr"), &how));
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        assert_attribute(a, b, kept[i]);
    exr_attr_m44f_t matrix;
    MUST(exr_attr_get_m44f(b, 0, "worldToCamera", &matrix));
    assert_true(matrix.m[15] == 16);
    int32_t length;
    const char *words[2], *type;
    const void *bytes;
    MUST(exr_attr_get_string_vector(b, 0, "words", &(int32_t){ 2 }, words));
    assert_string_equal(words[1], "two");
    MUST(exr_attr_get_user(b, 0, "own", &type, &length, &bytes));
    assert_true(length == 5 && !memcmp(bytes, "bytes", 5));
    assert_int_not_equal(exr_get_attribute_by_name(b, 0, "latitude", &found), 0); /* unless asked for */
    exr_finish(&a);
    exr_finish(&b);
    image = load_sample(in_folder("back.exr"));
    assert_string_equal(image.recipe, options.recipe);
    sc_image_free(&image);
}

/* A result inherits the light; of another size, without the other channels, and says so. */
static void test_inherited(void **state)
{
    (void)state;
    sc_image photo = load_sample(make_file("i.exr", (sample){ .channels = rgba })), small, result;
    sc_error err = { 0 };
    int count;
    exr_attr_box2i_t window;
    for (int shrunk = 0; shrunk < 2; shrunk++) {
        MUST(sc_image_resize(NULL, &photo, shrunk ? 12 : WIDTH, shrunk ? 10 : HEIGHT, &small, &err));
        MUST(sc_image_create(&result, small.width, small.height, false, &err));
        for (int i = 0; i < 3 * small.width * small.height; i++)
            result.rgb[i] = 1;
        MUST(sc_image_inherit(NULL, &result, &small, &err));
        assert_int_equal(result.note != NULL, shrunk);
        save(&result, in_folder("back.exr"), NULL);
        float *raw = read_raw(in_folder("back.exr"), &count, &window);
        assert_int_equal(count, shrunk ? 4 : 7);
        const size_t red = 3 * (size_t)(small.width * small.height); /* A, B, G, R */
        assert_true(fabsf(raw[red] - 16) < 0.01f);                   /* the brightest that the curve has */
        free(raw);
        sc_image_free(&small);
        sc_image_free(&result);
    }
    sc_image_free(&photo);
}

static void let_go(void *user)
{
    *(atomic_bool *)user = true;
}

/* A film of such pictures: light, channels and attributes go through frame by frame. */
static void test_film(void **state)
{
    (void)state;
    sc_film *film;
    sc_film_writer *writer;
    sc_error err = { 0 };
    scumble_frame frame;
    const sc_image_limits limits = { 0 };
    const scumble_film_output output = { .crf = -1 };
    for (int i = 7; i < 10; i++) {
        char name[32];
        snprintf(name, sizeof name, "shot.%04d.exr", i);
        make_file(name, (sample){ .channels = rgba, .compression = EXR_COMPRESSION_PIZ, .attributes = i == 8 });
    }
    MUST(sc_film_open(&film, in_folder("shot.####.exr"), &(scumble_film_input){ 0 }, &limits, &err));
    assert_int_equal(sc_film_about(film)->bits, 16);
    assert_int_equal(sc_film_about(film)->alpha, 1);
    MUST(sc_film_writer_create(&writer, film, in_folder("out.%04d.exr"), &output, NULL, NULL, &err));
    for (int i = 7; i < 10; i++) {
        sc_image image;
        atomic_bool released = false;
        MUST(sc_film_read(film, &image, &frame, &err));
        MUST(sc_film_writer_write(writer, &image, &frame, let_go, &released, &err));
        if (i == 9)
            MUST(sc_film_writer_finish(writer, &err));
        for (int waits = 0; !released && waits < 5000; waits++)
            usleep(1000);
        sc_image_free(&image);
    }
    sc_film_writer_discard(writer);
    sc_film_close(film);
    for (int i = 7; i < 10; i++) {
        char from[32], to[32];
        int before_count, after_count;
        exr_attr_box2i_t window;
        snprintf(from, sizeof from, "shot.%04d.exr", i);
        snprintf(to, sizeof to, "out.%04d.exr", i);
        float *before = read_raw(in_folder(from), &before_count, &window),
              *after = read_raw(in_folder(to), &after_count, &window);
        assert_int_equal(before_count, after_count);
        for (int k = 0; k < before_count * WIDTH * HEIGHT; k++)
            assert_true(fabsf(before[k] - after[k]) <= fabsf(before[k]) / 2048);
        free(before);
        free(after);
        exr_context_t f;
        const exr_attribute_t *found;
        exr_context_initializer_t how = EXR_DEFAULT_CONTEXT_INITIALIZER;
        how.error_handler_fn = quiet;
        MUST(exr_start_read(&f, in_folder(to), &how));
        assert_int_equal(!exr_get_attribute_by_name(f, 0, "timeCode", &found), i == 8);
        exr_finish(&f);
    }
}

/* From a picture that is none: linear, half unless more is asked for. */
static void test_foreign(void **state)
{
    (void)state;
    sc_image image = noise(13, 9, true, 8, 3), back;
    const int bits[] = { 0, 16, 32 };
    for (int i = 0; i < 3; i++) {
        save(&image, in_folder("f.exr"), &(sc_image_save_options){ .bits = bits[i] });
        back = load_sample(in_folder("f.exr"));
        assert_true(back.light->most == 1);
        for (int k = 0; k < 13 * 9; k++)
            if (image.alpha[k] > 0.1f)
                for (int c = 0; c < 3; c++)
                    assert_true(fabsf(image.rgb[3 * k + c] - back.rgb[3 * k + c]) < (bits[i] == 32 ? 1e-5 : 1e-3));
        sc_image_free(&back);
    }
    sc_image_free(&image);
}

/* Cut short anywhere, or with a changed byte in the header: an error or a picture, never the end of the process. */
static void test_hostile(void **state)
{
    (void)state;
    sc_image image;
    for (int kind = 0; kind < 3; kind++) {
        size_t size;
        const bool tiled = kind == 1;
        uint8_t *file = read_bytes(
            make_file("h.exr", (sample){ .channels = rgba,
                                         .tiled = tiled,
                                         .attributes = true,
                                         .compression = kind == 2 ? EXR_COMPRESSION_NONE : EXR_COMPRESSION_ZIPS }),
            &size);
        for (size_t cut = 4; cut < size; cut += cut < 1200 || size - cut < 20 ? 1 : 37) {
            sc_error err = { 0 };
            if (!sc_image_load_memory(&image, file, cut, NULL, &err))
                fail_msg("cut to %zu of %zu bytes it was read", cut, size);
            assert_null(strchr(err.text, '\n'));
        }
        for (size_t at = 4; at < 1400 && at < size; at++)
            for (int change = 0; change < 3; change++) {
                const uint8_t was = file[at];
                const sc_image_limits limits = { .max_pixels = 1000000 };
                sc_error err = { 0 };
                file[at] = (uint8_t)(change == 0 ? 0xff : change == 1 ? 0 : was ^ 0x80);
                if (!sc_image_load_memory(&image, file, size, &limits, &err))
                    sc_image_free(&image);
                file[at] = was;
            }
        free(file);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_compressions), cmocka_unit_test(test_values),    cmocka_unit_test(test_curve),
        cmocka_unit_test(test_kinds),        cmocka_unit_test(test_dwa),       cmocka_unit_test(test_film),
        cmocka_unit_test(test_refused),      cmocka_unit_test(test_windows),   cmocka_unit_test(test_primaries),
        cmocka_unit_test(test_attributes),   cmocka_unit_test(test_inherited), cmocka_unit_test(test_foreign),
        cmocka_unit_test(test_hostile),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
