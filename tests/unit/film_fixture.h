/* SPDX-License-Identifier: MIT */
/* What the film tests share: a folder of their own, FFmpeg's programs as maker and judge, films made by bytes. For one
 * test program each: everything is static. */
#ifndef SC_TEST_FILM_FIXTURE_H
#define SC_TEST_FILM_FIXTURE_H

#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <scumble/film.h>

#include "public_fixture.h"

#define UNUSED __attribute__((unused))

static char folder[] = "/tmp/scumble-film-XXXXXX";

/* A name in the folder; valid until the 8th call after it. */
UNUSED static const char *in_folder(const char *name)
{
    static char paths[8][512];
    static int next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

/* A shell's command in the folder. */
__attribute__((format(printf, 1, 2))) UNUSED static void run(const char *format, ...)
{
    char words[4096], command[4400];
    va_list args;
    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    snprintf(command, sizeof command, "cd %s && %s", folder, words);
    if (system(command))
        fail_msg("failed: %s", words);
}

/* A film as a telephone held upright writes it, in the folder: FFmpeg 5 writes the matrix by a tag, later ones by an
 * option. */
UNUSED static void turn_film(const char *options, const char *from, const char *to)
{
    run("ffmpeg -y -v error -display_rotation 90 -i %s %s -c copy %s 2>turned.txt || "
        "ffmpeg -y -v error -i %s %s -c copy -metadata:s:v rotate=90 %s",
        from, options, to, from, options, to);
}

/* What a shell's command prints, in the folder; valid until the 4th call after it. */
__attribute__((format(printf, 1, 2))) UNUSED static const char *said(const char *format, ...)
{
    static char texts[4][65536];
    static int next;
    char *text = texts[next++ % 4], words[4096], command[4400];
    va_list args;
    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    snprintf(command, sizeof command, "cd %s && %s", folder, words);
    FILE *pipe = popen(command, "r");
    size_t length = pipe ? fread(text, 1, sizeof texts[0] - 1, pipe) : 0;
    text[length] = 0;
    if (!pipe || pclose(pipe))
        fail_msg("failed: %s", words);
    return text;
}

UNUSED static int count_files(void)
{
    DIR *dir = opendir(folder);
    int count = 0;
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        count += strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
    closedir(dir);
    return count;
}

/* The value of component c (Y, Cb, Cr) of pixel (x, y) in frame t. */
typedef int (*value_fn)(int t, int c, int x, int y);

/* A film as YUV4MPEG2, by bytes. chroma: "444", "420p10" ... */
UNUSED static void write_y4m(const char *name, const char *chroma, int width, int height, int frames, value_fn value)
{
    FILE *file = fopen(in_folder(name), "wb");
    bool half = !strncmp(chroma, "420", 3), deep = strstr(chroma, "p10");
    fprintf(file, "YUV4MPEG2 W%d H%d F24:1 Ip A1:1 C%s\n", width, height, chroma);
    for (int t = 0; t < frames; t++) {
        fputs("FRAME\n", file);
        for (int c = 0; c < 3; c++)
            for (int y = 0; y < (c && half ? (height + 1) / 2 : height); y++)
                for (int x = 0; x < (c && half ? (width + 1) / 2 : width); x++) {
                    int v = value ? value(t, c, x, y) : 128;
                    fputc(v & 255, file);
                    if (deep)
                        fputc(v >> 8, file);
                }
    }
    fclose(file);
}

UNUSED static scumble_film *open_part(const char *name, const char *from, const char *to)
{
    scumble_film *film;
    scumble_film_input input = { .size = sizeof input, .from = from, .to = to };
    GOOD(scumble_film_open(s, in_folder(name), &input, &film));
    return film;
}

/* The sum of a picture's values, as a mark of it. */
UNUSED static double mark(const scumble_image *image)
{
    double sum = 0;
    size_t count = 3 * (size_t)scumble_image_width(image) * (size_t)scumble_image_height(image);
    for (size_t i = 0; i < count; i++)
        sum += scumble_image_rgb(image)[i] * (double)(1 + i % 97);
    return sum;
}

/* Opening fails with the code, and the sentence holds `words`. */
UNUSED static void refuses(const char *path, const char *from, const char *to, int code, const char *words)
{
    scumble_film *film;
    scumble_film_input input = { .size = sizeof input, .from = from, .to = to };
    assert_int_equal(scumble_film_open(s, path, &input, &film), code);
    assert_null(film);
    if (!strstr(scumble_error_text(s), words))
        fail_msg("'%s' is not in '%s'", words, scumble_error_text(s));
}

UNUSED static int begin_films(void **state)
{
    (void)state;
    return !mkdtemp(folder) || chdir(folder) || scumble_open(&s, NULL);
}

UNUSED static int end_films(void **state)
{
    (void)state;
    scumble_close(&s);
    char command[300];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

#endif
