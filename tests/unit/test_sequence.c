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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_patterns), cmocka_unit_test(test_rate),    cmocka_unit_test(test_folders),
        cmocka_unit_test(test_gaps),     cmocka_unit_test(test_damaged), cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, begin_films, end_films);
}
