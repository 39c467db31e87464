/* SPDX-License-Identifier: MIT */
/* Numbered pictures as films: patterns, folders, ranges, gaps, and what is wrong with them. Each picture is of one
 * colour, which tells its number. */
#include <sys/stat.h>

#include "film_fixture.h"

enum { WIDTH = 32, HEIGHT = 18 };

/* A picture whose red is number / 255. */
static scumble_image *numbered(int number, int width, bool alpha)
{
    static float rgb[3 * 2 * WIDTH * HEIGHT], cover[2 * WIDTH * HEIGHT];
    scumble_image *image;
    for (int i = 0; i < width * HEIGHT; i++) {
        rgb[3 * i] = (float)number / 255;
        rgb[3 * i + 1] = (float)(i % width) / (float)width;
        rgb[3 * i + 2] = 0.25f;
        cover[i] = 0.25f + 0.5f * (float)(i % width) / (float)width;
    }
    GOOD(scumble_image_create(s, width, HEIGHT, rgb, alpha ? cover : NULL, &image));
    return image;
}

static void make_picture(const char *name, int number, int width)
{
    scumble_image *image = numbered(number, width, false);
    GOOD(scumble_image_save(s, image, in_folder(name), NULL));
    scumble_image_free(&image);
}

static void make_pictures(const char *format, int first, int last, int step)
{
    for (int i = first; i <= last; i += step) {
        char name[100];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(name, sizeof name, format, i);
#pragma GCC diagnostic pop
        make_picture(name, i % 256, WIDTH);
    }
}

/* All frames are there, from `first` on, in the order of their numbers, with their times. */
static void reads(const char *path, const char *from, const char *to, int first, int count)
{
    scumble_film *film = open_part(path, from, to);
    const scumble_film_info *info = scumble_film_about(film);
    assert_int_equal(info->frames, count);
    assert_int_equal(info->width, WIDTH);
    assert_int_equal(info->height, HEIGHT);
    assert_true(info->sequence && info->seekable && !info->sound);
    scumble_image *image;
    scumble_frame frame;
    for (int i = 0; i < count; i++) {
        GOOD(scumble_film_read(film, &image, &frame));
        assert_non_null(image);
        assert_int_equal(frame.number, i);
        assert_int_equal(frame.duration, 1);
        assert_true(frame.time_num == 1 && frame.time_den == 24);
        assert_int_equal((int)(255 * scumble_image_rgb(image)[0] + 0.5f), (first + i) % 256);
        scumble_image_free(&image);
    }
    GOOD(scumble_film_read(film, &image, &frame));
    assert_null(image);
    GOOD(scumble_film_seek(film, count - 1));
    GOOD(scumble_film_read(film, &image, &frame));
    assert_int_equal(frame.number, count - 1);
    scumble_image_free(&image);
    scumble_film_close(&film);
}

static void test_patterns(void **state)
{
    (void)state;
    make_pictures("f.%04d.png", 1001, 1012, 1);
    reads("f.%04d.png", NULL, NULL, 1001, 12);
    reads("f.####.png", NULL, NULL, 1001, 12);
    reads("f.#.png", NULL, NULL, 1001, 12);
    reads("f.%d.png", "1004f", "1007f", 1004, 3);
    reads("f.####.png", "0.25", NULL, 1007, 6);
    make_pictures("n%d.ppm", 8, 11, 1); /* not in the order of names */
    reads("n%d.ppm", NULL, NULL, 8, 4);
    refuses(in_folder("f.%04d.png"), "1000f", NULL, SCUMBLE_ERR_ARGUMENT, "before the beginning");
    refuses(in_folder("f.%04d.png"), "1013f", NULL, SCUMBLE_ERR_ARGUMENT, "beyond the end");
    refuses(in_folder("g.####.png"), NULL, NULL, SCUMBLE_ERR_NOT_FOUND, "there is no picture");
    refuses(in_folder("none/f.####.png"), NULL, NULL, SCUMBLE_ERR_NOT_FOUND, "none");
}

static void test_rate(void **state)
{
    (void)state;
    scumble_film *film;
    scumble_film_input input = { .size = sizeof input, .rate_num = 30000, .rate_den = 1001, .from = "1002f" };
    scumble_image *image;
    scumble_frame frame;
    GOOD(scumble_film_open(s, in_folder("f.####.png"), &input, &film));
    assert_string_equal(scumble_film_about(film)->codec, "png");
    assert_int_equal(scumble_film_about(film)->bits, 8);
    GOOD(scumble_film_read(film, &image, &frame));
    assert_true(frame.time == 1 && frame.time_num == 1001 && frame.time_den == 30000);
    scumble_image_free(&image);
    scumble_film_close(&film);
}

static void test_folders(void **state)
{
    (void)state;
    mkdir(in_folder("d"), 0777);
    refuses(in_folder("d"), NULL, NULL, SCUMBLE_ERR_NOT_FOUND, "has no pictures");
    make_pictures("d/shot010_v2.%d.png", 98, 103, 1);
    run("echo text > d/notes.txt; echo hidden > d/.hidden.png");
    reads("d", NULL, NULL, 98, 6);
    reads("d/", "100f", "102f", 100, 2);
    make_picture("d/other.100.png", 100, WIDTH);
    refuses(in_folder("d"), NULL, NULL, SCUMBLE_ERR_ARGUMENT, "more than one series");
    reads("d/shot010_v2.#.png", NULL, NULL, 98, 6);
    run("mv d/other.100.png d/reference.png");
    refuses(in_folder("d"), NULL, NULL, SCUMBLE_ERR_ARGUMENT, "a picture without a number, 'reference.png'");
    run("rm d/reference.png; cp d/shot010_v2.99.png d/shot010_v2.0099.png");
    refuses(in_folder("d"), NULL, NULL, SCUMBLE_ERR_ARGUMENT, "the same number");
}

static void test_gaps(void **state)
{
    (void)state;
    make_pictures("gap.%03d.png", 1, 9, 1);
    run("rm gap.004.png gap.007.png");
    refuses(in_folder("gap.###.png"), NULL, NULL, SCUMBLE_ERR_NOT_FOUND, "has no picture 4, and lacks more");
    refuses(in_folder("gap.###.png"), "5f", NULL, SCUMBLE_ERR_NOT_FOUND, "has no picture 7:");
    reads("gap.###.png", NULL, "4f", 1, 3);
    reads("gap.###.png", "8f", NULL, 8, 2);
}

/* What was read before stays good; a jump goes on behind it. */
static void test_damaged(void **state)
{
    (void)state;
    scumble_image *image;
    scumble_frame frame;
    make_pictures("bad.%02d.png", 1, 5, 1);
    for (int damage = 0; damage < 2; damage++) {
        if (damage)
            make_picture("bad.03.png", 3, 2 * WIDTH);
        else
            run("head -c 100 bad.03.png > cut; mv cut bad.03.png");
        scumble_film *film = open_part("bad.##.png", NULL, NULL);
        for (int i = 0; i < 2; i++) {
            GOOD(scumble_film_read(film, &image, &frame));
            scumble_image_free(&image);
        }
        assert_int_equal(scumble_film_read(film, &image, &frame), SCUMBLE_ERR_FORMAT);
        assert_non_null(strstr(scumble_error_text(s), "bad.03.png"));
        GOOD(scumble_film_seek(film, 3));
        GOOD(scumble_film_read(film, &image, &frame));
        assert_int_equal(frame.number, 3);
        scumble_image_free(&image);
        scumble_film_close(&film);
    }
}

static void names(scumble_film *film, const char *path, int64_t number, const char *wanted)
{
    char *file;
    GOOD(scumble_film_frame_path(film, path, number, &file));
    assert_string_equal(file, wanted);
    scumble_text_free(&file);
}

/* What is a pattern, and where its number stands: the same for all. */
static void test_find(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        int begin, length; /* 0: it is none */
    } cases[] = { { "f.%04d.png", 2, 4 },   { "a#b/f.####.exr", 6, 4 }, { "f%d.jpg", 1, 2 },
                  { "a#1.%04d.png", 0, 0 }, { "f.%04d.mov", 0, 0 },     { "f.%04x.png", 0, 0 },
                  { "f.0001.png", 0, 0 },   { "%d/f.png", 0, 0 },       { "f.%99999d.png", 0, 0 } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t begin = 99, length = 99;
        int is = scumble_film_pattern(cases[i].path, &begin, &length);
        assert_int_equal(is, cases[i].length > 0);
        assert_int_equal(scumble_film_pattern(cases[i].path, NULL, NULL), is);
        if (is) {
            assert_int_equal(begin, cases[i].begin);
            assert_int_equal(length, cases[i].length);
        }
    }
    assert_int_equal(scumble_film_pattern(NULL, NULL, NULL), 0);
}

static void test_names(void **state)
{
    (void)state;
    char *file;
    scumble_film *film = open_part("f.####.png", "1005f", NULL);
    names(film, "out/p.####.exr", 0, "out/p.1005.exr");
    names(film, "p%06d_x.tif", 3, "p001008_x.tif");
    assert_int_equal(scumble_film_frame_path(film, "p.mov", 0, &file), SCUMBLE_ERR_ARGUMENT);
    assert_int_equal(scumble_film_frame_path(film, "p.#.#.png", 0, &file), SCUMBLE_ERR_ARGUMENT);
    scumble_film_close(&film);
    write_y4m("film.y4m", "444", 16, 16, 2, NULL);
    film = open_part("film.y4m", NULL, NULL);
    names(film, "p.###.png", 1, "p.002.png");
    scumble_film_close(&film);
}

/* ---- writing --------------------------------------------------------------------------------------------------- */

/* Every frame of the film to the pattern; returns what finishing says. */
static int copy_film(const char *from, const char *first, const char *end, const char *to, int bits, const char *recipe)
{
    scumble_film *film = open_part(from, first, end);
    scumble_film_writer *writer;
    scumble_film_output output = { .size = sizeof output, .crf = -1, .bits = bits, .recipe = recipe };
    scumble_image *image = NULL;
    scumble_frame frame;
    int code = scumble_film_create(film, in_folder(to), &output, &writer);
    while (!code && !(code = scumble_film_read(film, &image, &frame)) && image) {
        GOOD(scumble_film_write(writer, image, &frame));
        scumble_image_free(&image);
    }
    if (code)
        scumble_film_discard(&writer);
    else
        code = scumble_film_finish(&writer);
    scumble_film_close(&film);
    return code;
}

/* The numbers are the source's, and 16 bits, alpha and colours what they were. */
static void test_written(void **state)
{
    (void)state;
    scumble_save_options deep = { .size = sizeof deep, .bits = 16 };
    for (int i = 41; i <= 44; i++) {
        char name[100];
        snprintf(name, sizeof name, "deep.%05d.tif", i);
        scumble_image *image = numbered(i, WIDTH, true);
        GOOD(scumble_image_save(s, image, in_folder(name), &deep));
        scumble_image_free(&image);
    }
    GOOD(copy_film("deep.#.tif", "42f", NULL, "w.####.tif", 0, NULL));
    assert_string_equal(said("ls w.*"), "w.0042.tif\nw.0043.tif\nw.0044.tif\n");
    for (int i = 42; i <= 44; i++) {
        scumble_image *a, *b;
        char name[100];
        snprintf(name, sizeof name, "deep.%05d.tif", i);
        GOOD(scumble_image_load(s, in_folder(name), &a));
        snprintf(name, sizeof name, "w.%04d.tif", i);
        GOOD(scumble_image_load(s, in_folder(name), &b));
        assert_non_null(scumble_image_alpha(b));
        for (int k = 0; k < WIDTH * HEIGHT; k++) {
            assert_float_equal(scumble_image_alpha(a)[k], scumble_image_alpha(b)[k], 1e-6);
            for (int c = 0; c < 3; c++)
                assert_float_equal(scumble_image_rgb(a)[3 * k + c], scumble_image_rgb(b)[3 * k + c], 1e-6);
        }
        scumble_image_free(&a);
        scumble_image_free(&b);
    }
    scumble_film *film = open_part("w.####.tif", NULL, NULL);
    assert_int_equal(scumble_film_about(film)->bits, 16);
    assert_int_equal(scumble_film_about(film)->alpha, 1);
    scumble_film_close(&film);
}

/* Pictures of a film begin at 1, and say what they were made from. */
static void test_recipe(void **state)
{
    (void)state;
    const char *recipe = "{\"scumble\": \"0.2.0\", \"note\": \"a recipe\"}";
    GOOD(copy_film("film.y4m", NULL, NULL, "y.%03d.png", 16, recipe));
    assert_string_equal(said("ls y.*"), "y.%03d.png.json\ny.001.png\ny.002.png\n");
    assert_string_equal(said("cat y.%%03d.png.json"), recipe);
    char *json;
    GOOD(scumble_recipe_load(s, in_folder("y.002.png"), &json));
    assert_non_null(strstr(json, "a recipe"));
    scumble_text_free(&json);
    assert_string_equal(said("ffprobe -v error -show_entries stream=pix_fmt -of csv=p=0 y.001.png"), "rgb48be\n");
}

static void fails(int code, int wanted, const char *words)
{
    assert_int_equal(code, wanted);
    if (!strstr(scumble_error_text(s), words))
        fail_msg("'%s' is not in '%s'", words, scumble_error_text(s));
}

/* Each is said before a frame is read; and what was written before a damaged picture stays. */
/* What is written appears when the writer's own thread comes to it: the first picture is waited for, a minute at most,
 * before a film whose fourth picture is damaged ends. */
static void stop_after_the_first(const char *from, const char *to, const char *first)
{
    scumble_film *film = open_part(from, NULL, NULL);
    scumble_film_writer *writer;
    scumble_film_output output = { .size = sizeof output, .crf = -1 };
    scumble_image *image;
    scumble_frame frame;
    GOOD(scumble_film_create(film, in_folder(to), &output, &writer));
    for (int i = 0; i < 3; i++) {
        GOOD(scumble_film_read(film, &image, &frame));
        GOOD(scumble_film_write(writer, image, &frame));
        scumble_image_free(&image);
    }
    for (int i = 0; i < 6000 && access(in_folder(first), F_OK); i++)
        usleep(10000);
    fails(scumble_film_read(film, &image, &frame), SCUMBLE_ERR_FORMAT, "stop.04.png");
    scumble_film_discard(&writer);
    scumble_film_close(&film);
}

static void test_refused(void **state)
{
    (void)state;
    scumble_film_writer *writer;
    scumble_film_output output = { .size = sizeof output, .crf = -1, .part = 1, .as = "p.##.png" };
    fails(copy_film("f.####.png", NULL, NULL, "f.%04d.png", 0, NULL), SCUMBLE_ERR_ARGUMENT, "pictures that are read");
    run("rm d/shot010_v2.0099.png");
    fails(copy_film("d", NULL, NULL, "d/shot010_v2.#.png", 0, NULL), SCUMBLE_ERR_ARGUMENT, "pictures that are read");
    fails(copy_film("f.####.png", NULL, NULL, "p.##.png", 10, NULL), SCUMBLE_ERR_ARGUMENT, "8, 16 or 32 bits");
    fails(copy_film("f.####.png", NULL, NULL, "p.##.jpg", 16, NULL), SCUMBLE_ERR_UNSUPPORTED, "8 bits a channel");
    fails(copy_film("f.####.png", NULL, NULL, "p.##.gif", 0, NULL), SCUMBLE_ERR_UNSUPPORTED, "must end in one of");
    fails(copy_film("f.####.png", NULL, NULL, "nowhere/p.##.png", 0, NULL), SCUMBLE_ERR_NOT_FOUND, "nowhere");
    scumble_film *film = open_part("f.####.png", NULL, NULL);
    fails(scumble_film_create(film, in_folder("part"), &output, &writer), SCUMBLE_ERR_ARGUMENT, "has no parts");
    scumble_film_close(&film);
    make_pictures("stop.%02d.png", 1, 5, 1);
    run("head -c 100 stop.04.png > cut; mv cut stop.04.png");
    stop_after_the_first("stop.##.png", "p.##.png", "p.01.png");
    const char *there = said("ls p.*");
    assert_ptr_equal(strstr(there, "p.01.png"), there); /* as far as the writer had come */
    assert_null(strstr(there, "p.04.png"));
    assert_string_equal(said("ls -A | grep trial || true"), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_patterns), cmocka_unit_test(test_rate),    cmocka_unit_test(test_folders),
        cmocka_unit_test(test_gaps),     cmocka_unit_test(test_damaged), cmocka_unit_test(test_names),
        cmocka_unit_test(test_find),     cmocka_unit_test(test_written), cmocka_unit_test(test_recipe),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, begin_films, end_films);
}
