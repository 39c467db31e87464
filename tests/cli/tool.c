/* SPDX-License-Identifier: MIT */
/* What the scripts of the program's tests cannot do in shell:
 *   tool picture WIDTH HEIGHT SEED FILE   writes a smooth coloured picture
 *   tool sprite HIDDEN [ALPHA] FILE       writes a TIFF file of a disc on nothing, 96 x 96, with this byte in the
 * colours that nobody sees; with ALPHA, a byte
 *                                         above 0, they are seen a little
 *   tool bitmap A FILE                    writes picture A, without alpha, as 24-bit BMP or, by the ending .tga, as TGA
 * with run lengths
 *   tool wide PROFILE FILE                writes a TIFF file of 96 x 96 colours, 0..255 in each channel, in Display P3
 * (0), Adobe RGB (1), ProPhoto (2), or
 *                                         without a profile (-)
 *   tool bare PNG FILE                    copies a PNG file without its profile
 *   tool pixels A B                       succeeds when both have the same size and the same pixels
 *   tool near X A B                       succeeds when both have the same size, and pixels that differ by at most X
 *   tool alike X A B                      likewise, by X on average
 *   tool json FILE                        succeeds when every line is a JSON object with a known "event" and finite
 * numbers
 *   tool interrupt N SIGNAL COMMAND...    runs a command that prints JSON progress, sends it the signal after iteration
 * N (0: at
 *                                         the first line), copies its output, and returns its exit status
 *   tool memory PERCENT MIB COMMAND...    succeeds when the memory that the command used is what its JSON progress
 * says and MIB more, give or take
 *                                         so much; a sanitizer's own memory is in the way of that,
 *                                         so then it always succeeds
 *   tool peak BYTES COMMAND...            succeeds when the command does, with no more memory than that, give or take 2
 * %; likewise
 *   tool recipe PICTURE                   prints the recipe that is stored in it
 *   tool painter NAME SEED FILE           writes a small painter */
#define _GNU_SOURCE
#include <fcntl.h>
#include <jansson.h>
#include <math.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scumble/scumble.h"
#include "../painter_fixture.h"
#include "../wide_fixture.h"

extern char **environ;

static int failed(scumble *s, const char *what)
{
    fprintf(stderr, "tool: %s: %s\n", what, scumble_error_text(s));
    return 1;
}

static int picture(int width, int height, int seed, const char *path)
{
    scumble *s = NULL;
    scumble_image *image = NULL;
    float *rgb = malloc((size_t)width * (size_t)height * 3 * sizeof *rgb);
    if (!rgb || scumble_open(&s, NULL))
        return failed(s, "open");
    for (int y = 0, i = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            for (int c = 0; c < 3; c++)
                rgb[i++] = 0.5f + 0.45f * sinf((float)(x * (c + seed)) * 0.21f + (float)(y * (seed + 2 - c)) * 0.13f);
    int status = scumble_image_create(s, width, height, rgb, NULL, &image) || scumble_image_save(s, image, path, NULL);
    if (status)
        failed(s, path);
    scumble_image_free(&image);
    scumble_close(&s);
    free(rgb);
    return status != 0;
}

enum { EDGE = 96, TAGS = 11, HEAD = 8 + 2 + TAGS * 12 + 4 + 8 };

/* The head of a TIFF file of EDGE x EDGE pixels of `bands` bytes that follow it, by hand: the library does not write
 * what is hidden, nor codes as they are. The last tag is the caller's. */
static void tiff_head(unsigned char file[HEAD], int bands, const uint16_t last[4])
{
    const uint16_t tags[TAGS][4] = {
        /* tag, type, count, value */
        { 256, 3, 1, EDGE },
        { 257, 3, 1, EDGE },
        { 258, 3, (uint16_t)bands, HEAD - 8 },
        { 259, 3, 1, 1 },
        { 262, 3, 1, 2 },
        { 273, 4, 1, HEAD },
        { 277, 3, 1, (uint16_t)bands },
        { 278, 3, 1, EDGE },
        { 279, 4, 1, (uint16_t)(EDGE * EDGE * bands) },
        { 284, 3, 1, 1 },
        { last[0], last[1], last[2], last[3] },
    };
    memcpy(file, (const unsigned char[10]){ 'I', 'I', 42, 0, 8, 0, 0, 0, TAGS, 0 }, 10);
    unsigned char *to = file + 10;
    for (int t = 0; t < TAGS; t++, to += 12)
        for (int i = 0; i < 4; i++) {
            int at = i < 2 ? 2 * i : 4 * (i - 1);
            to[at] = (unsigned char)(tags[t][i] & 255), to[at + 1] = (unsigned char)(tags[t][i] >> 8);
        }
    for (int i = 0; i < 4; i++)
        file[HEAD - 8 + 2 * i] = 8;
}

static int write_file(const void *data, size_t bytes, const char *path)
{
    FILE *out = fopen(path, "wb");
    return !out || fwrite(data, 1, bytes, out) != bytes || fclose(out);
}

static int sprite(int hidden, int alpha, const char *path)
{
    static unsigned char file[HEAD + EDGE * EDGE * 4];
    tiff_head(file, 4, (const uint16_t[4]){ 338, 3, 1, 2 });
    for (int y = 0; y < EDGE; y++)
        for (int x = 0; x < EDGE; x++) {
            unsigned char *p = file + HEAD + 4 * (y * EDGE + x);
            int seen = (x - 48) * (x - 48) + (y - 44) * (y - 44) < 900;
            for (int c = 0; c < 3; c++)
                p[c] = (unsigned char)(seen ? 128 + 100 * sin(0.2 * (x * (c + 1) + y)) : hidden + 40 * (x % 2));
            p[3] = (unsigned char)(seen ? 255 : alpha);
        }
    return write_file(file, sizeof file, path);
}

/* Red from left to right and green from top to bottom in 16 steps, blue in three. */
static int wide(const char *profile, const char *path)
{
    enum { PIXELS = EDGE * EDGE * 3 };
    static unsigned char file[HEAD + PIXELS + WIDE_BYTES];
    const uint16_t icc[4] = { 34675, 7, WIDE_BYTES, HEAD + PIXELS }, nothing[4] = { 339, 3, 1, 1 };
    bool bare = !strcmp(profile, "-");
    tiff_head(file, 3, bare ? nothing : icc);
    for (int i = 0; i < EDGE * EDGE; i++) {
        unsigned char *p = file + HEAD + 3 * i;
        p[0] = (unsigned char)(i % EDGE / 6 * 17), p[1] = (unsigned char)(i / EDGE / 6 * 17),
        p[2] = (unsigned char)(i % 3 * 127);
    }
    if (!bare)
        wide_profile(file + HEAD + PIXELS, &wide_spaces[atoi(profile) % WIDE_SPACES]);
    return write_file(file, sizeof file - (bare ? WIDE_BYTES : 0), path);
}

/* Chunk by chunk: length (4 bytes), name (4), data, checksum (4). */
static int bare(const char *from, const char *path)
{
    FILE *in = fopen(from, "rb"), *out = fopen(path, "wb");
    unsigned char chunk[1 << 20]; /* no larger one is written for a picture of EDGE x EDGE */
    int dropped = 0, ok = in && out && fread(chunk, 1, 8, in) == 8 && fwrite(chunk, 1, 8, out) == 8;
    while (ok && fread(chunk, 1, 8, in) == 8) {
        size_t bytes = ((size_t)chunk[0] << 24 | (size_t)chunk[1] << 16 | (size_t)chunk[2] << 8 | chunk[3]) + 12;
        bool profile = !memcmp(chunk + 4, "iCCP", 4);
        ok = bytes <= sizeof chunk && fread(chunk + 8, 1, bytes - 8, in) == bytes - 8 &&
             (profile || fwrite(chunk, 1, bytes, out) == bytes);
        dropped += profile;
    }
    if (in)
        fclose(in);
    if (!out || fclose(out) || !ok || dropped != 1) {
        fprintf(stderr, "tool: '%s' is no PNG file with a profile\n", from);
        return 1;
    }
    return 0;
}

static void put(FILE *out, int bytes, int value)
{
    for (int i = 0; i < bytes; i++)
        putc(value >> 8 * i & 255, out);
}

/* Rows from the bottom, blue first. In TGA every second row of pixels is runs of one, the others are packets of bytes.
 */
static int bitmap(const char *from, const char *path)
{
    scumble *s = NULL;
    scumble_image *image = NULL;
    if (scumble_open(&s, NULL) || scumble_image_load(s, from, &image))
        return failed(s, "load");
    const int width = scumble_image_width(image), height = scumble_image_height(image), row = (3 * width + 3) / 4 * 4,
              tga = strstr(path, ".tga") != NULL;
    const int bmp_head[][2] = { { 2, 'B' | 'M' << 8 },
                                { 4, 54 + row * height },
                                { 4, 0 },
                                { 4, 54 },
                                { 4, 40 },
                                { 4, width },
                                { 4, height },
                                { 2, 1 },
                                { 2, 24 },
                                { 12, 0 },
                                { 12, 0 } };
    const int tga_head[][2] = { { 2, 0 }, { 1, 10 }, { 9, 0 }, { 2, width }, { 2, height }, { 1, 24 }, { 1, 0 } };
    FILE *out = fopen(path, "wb");
    for (int i = 0; out && i < (tga ? 7 : 11); i++) {
        const int *field = tga ? tga_head[i] : bmp_head[i];
        put(out, field[0] < 4 ? field[0] : 4, field[1]);
        put(out, field[0] < 4 ? 0 : field[0] - 4 < 4 ? field[0] - 4 : 4, 0);
        put(out, field[0] > 8 ? field[0] - 8 : 0, 0);
    }
    for (int y = height; out && y-- > 0;) {
        const float *rgb = scumble_image_rgb(image) + (size_t)y * (size_t)width * 3;
        for (int x = 0; x < width; x++) {
            if (tga && (y % 2 || x % 64 == 0))
                putc(y % 2 ? 0x80 : (width - x < 64 ? width - x : 64) - 1, out);
            for (int c = 2; c >= 0; c--)
                putc((int)lrintf(rgb[3 * x + c] * 255), out);
        }
        put(out, tga ? 0 : row - 3 * width, 0);
    }
    scumble_image_free(&image);
    scumble_close(&s);
    return !out || fclose(out);
}

/* Pixels of the same size that differ by at most `most`, or by as much on average, over colours and over alpha. */
static int pixels(double most, bool on_average, const char *a, const char *b)
{
    scumble *s = NULL;
    scumble_image *first = NULL, *second = NULL;
    if (scumble_open(&s, NULL) || scumble_image_load(s, a, &first) || scumble_image_load(s, b, &second))
        return failed(s, "load");
    int width = scumble_image_width(first), height = scumble_image_height(first);
    int same = width == scumble_image_width(second) && height == scumble_image_height(second);
    const float *alphas[2] = { scumble_image_alpha(first), scumble_image_alpha(second) };
    double largest = 0, colours = 0, alpha = 0;
    size_t count = same ? (size_t)width * (size_t)height : 0;
    for (size_t i = 0; i < count * 3; i++) {
        double d = fabs((double)scumble_image_rgb(first)[i] - (double)scumble_image_rgb(second)[i]);
        largest = fmax(largest, d);
        colours += d / (3 * (double)count);
    }
    for (size_t i = 0; i < count; i++) {
        double d = fabs((alphas[0] ? (double)alphas[0][i] : 1) - (alphas[1] ? (double)alphas[1][i] : 1));
        largest = fmax(largest, d);
        alpha += d / (double)count;
    }
    if (on_average)
        largest = fmax(colours, alpha);
    scumble_image_free(&first);
    scumble_image_free(&second);
    scumble_close(&s);
    if (!same || largest > most)
        fprintf(stderr, "tool: '%s' and '%s' differ%s by %g\n", a, b, same ? "" : " in size, and", largest);
    return !same || largest > most;
}

static int recipe(const char *path)
{
    scumble *s = NULL;
    char *json = NULL;
    if (scumble_open(&s, NULL) || scumble_recipe_load(s, path, &json))
        return failed(s, "recipe");
    puts(json);
    scumble_text_free(&json);
    scumble_close(&s);
    return 0;
}

static int is_number(const json_t *object, const char *key)
{
    return json_is_number(json_object_get(object, key));
}

/* It is a number, or an object with nothing but numbers. */
static int has_numbers(json_t *value)
{
    const char *key;
    json_t *inner;
    json_object_foreach(value, key, inner)
    {
        if (!json_is_number(inner))
            return 0;
    }
    return json_is_number(value) || json_object_size(value);
}

/* Of a job that has losses and a size. */
static int good_event(const json_t *object)
{
    static const char *const of_progress[] = { "stage_number", "stages", "size_px",   "done",
                                               "of",           "losses", "elapsed_s", "eta_s" };
    const char *event = json_string_value(json_object_get(object, "event"));
    if (!event || !json_is_string(json_object_get(object, "job")))
        return 0;
    for (size_t i = 0; !strcmp(event, "progress") && i < sizeof of_progress / sizeof *of_progress; i++)
        if (!has_numbers(json_object_get(object, of_progress[i])))
            return 0;
    if (!strcmp(event, "start"))
        return is_number(object, "memory_bytes") && is_number(object, "time_s") && is_number(object, "width");
    return !strcmp(event, "progress") || !strcmp(event, "done") || !strcmp(event, "note") || !strcmp(event, "error");
}

static int json(const char *path)
{
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t room = 0;
    int count = 0, bad = 0;
    while (file && getline(&line, &room, file) > 0) {
        json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
        count++;
        if (!good_event(object)) {
            fprintf(stderr, "tool: line %d of '%s': %s", count, path, line);
            bad = 1;
        }
        json_decref(object);
    }
    free(line);
    if (file)
        fclose(file);
    return bad || !count;
}

static int iteration_of(const char *line)
{
    json_t *object = json_loads(line, 0, NULL);
    const char *event = json_string_value(json_object_get(object, "event"));
    const json_t *iteration = event && !strcmp(event, "progress") ? json_object_get(object, "done") : NULL;
    int number = iteration ? (int)json_integer_value(iteration) : 0;
    json_decref(object);
    return number;
}

/* Starts the command, with the default action for a signal; gives its standard output. NULL on failure. The pipe holds
 * one write, so that the command is never more than a line or two ahead of what is read here, however busy the machine
 * is. */
static FILE *start(char **command, int signal_number, pid_t *child)
{
    int ends[2];
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t defaults;
    if (pipe2(ends, O_DIRECT))
        return NULL;
    fcntl(ends[1], F_SETPIPE_SZ, (int)sysconf(_SC_PAGESIZE));
    sigemptyset(&defaults); /* a shell ignores SIGINT for what it runs in the background */
    sigaddset(&defaults, signal_number);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    int failure = posix_spawnp(child, command[0], &actions, &attributes, command, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    close(ends[1]);
    if (!failure)
        return fdopen(ends[0], "r");
    close(ends[0]);
    return NULL;
}

static int interrupt(int after, int signal_number, char **command)
{
    pid_t child;
    FILE *output = start(command, signal_number, &child);
    char *line = NULL;
    size_t room = 0;
    int sent = 0, status;
    if (!output)
        return 1;
    while (getline(&line, &room, output) > 0) {
        fputs(line, stdout);
        if (!sent && iteration_of(line) >= after)
            sent = !kill(child, signal_number);
    }
    free(line);
    fclose(output);
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 99;
}

#ifdef __has_feature
#define SANITIZED (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

static int memory(int percent, double more_mib, char **command)
{
    pid_t child;
    FILE *output = start(command, SIGINT, &child);
    char *line = NULL;
    size_t room = 0;
    int status;
    double said = more_mib * 1048576;
    struct rusage usage;
    if (!output)
        return 1;
    while (getline(&line, &room, output) > 0) {
        json_t *object = json_loads(line, 0, NULL);
        said += json_number_value(json_object_get(object, "memory_bytes"));
        json_decref(object);
    }
    free(line);
    fclose(output);
    wait4(child, &status, 0, &usage);
    double took = (double)usage.ru_maxrss * 1024;
    printf("%.1f MiB were said, %.1f were taken\n", said / 1048576, took / 1048576);
    if (!WIFEXITED(status) || WEXITSTATUS(status))
        return 1;
    return !SANITIZED && fabs(said - took) > percent / 100.0 * took;
}

static int peak(double most_bytes, char **command)
{
    pid_t child;
    FILE *output = start(command, SIGINT, &child);
    int status;
    struct rusage usage;
    if (!output)
        return 1;
    while (getc(output) != EOF)
        ;
    fclose(output);
    wait4(child, &status, 0, &usage);
    double took = (double)usage.ru_maxrss * 1024;
    printf("%.1f MiB may be taken, %.1f were\n", most_bytes / 1048576, took / 1048576);
    if (!WIFEXITED(status) || WEXITSTATUS(status))
        return 1;
    return !SANITIZED && took > 1.02 * most_bytes;
}

int main(int argc, char **argv)
{
    if (argc == 6 && !strcmp(argv[1], "picture"))
        return picture(atoi(argv[2]), atoi(argv[3]), atoi(argv[4]), argv[5]);
    if ((argc == 4 || argc == 5) && !strcmp(argv[1], "sprite"))
        return sprite(atoi(argv[2]), argc == 5 ? atoi(argv[3]) : 0, argv[argc - 1]);
    if (argc == 4 && !strcmp(argv[1], "bitmap"))
        return bitmap(argv[2], argv[3]);
    if (argc == 4 && !strcmp(argv[1], "wide"))
        return wide(argv[2], argv[3]);
    if (argc == 4 && !strcmp(argv[1], "bare"))
        return bare(argv[2], argv[3]);
    if (argc == 4 && !strcmp(argv[1], "pixels"))
        return pixels(0, false, argv[2], argv[3]);
    if (argc == 5 && !strcmp(argv[1], "near"))
        return pixels(atof(argv[2]), false, argv[3], argv[4]);
    if (argc == 5 && !strcmp(argv[1], "alike"))
        return pixels(atof(argv[2]), true, argv[3], argv[4]);
    if (argc == 3 && !strcmp(argv[1], "json"))
        return json(argv[2]);
    if (argc >= 5 && !strcmp(argv[1], "interrupt"))
        return interrupt(atoi(argv[2]), atoi(argv[3]), argv + 4);
    if (argc >= 5 && !strcmp(argv[1], "memory"))
        return memory(atoi(argv[2]), atof(argv[3]), argv + 4);
    if (argc >= 4 && !strcmp(argv[1], "peak"))
        return peak(atof(argv[2]), argv + 3);
    if (argc == 3 && !strcmp(argv[1], "recipe"))
        return recipe(argv[2]);
    if (argc == 5 && !strcmp(argv[1], "painter"))
        return !write_painter(argv[4], argv[2], atoi(argv[3]));
    fputs("tool: unknown use\n", stderr);
    return 2;
}
