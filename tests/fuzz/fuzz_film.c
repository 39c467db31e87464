/* SPDX-License-Identifier: MIT */
/* Fuzz target: films, as FFmpeg reads them: looked at, read, jumped in, asked for moments, cut; what was read is
 * encoded as a part, and joined with sound, subtitles, chapters and metadata of the film. Frames have the size that the
 * film says, finite values, and numbers that become greater; all else has a sentence. */
#define _GNU_SOURCE
#include "fuzz.h"

#include <ftw.h>
#include <math.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/clock.h"
#include "film/film.h"

enum { MOST_PIXELS = 1 << 14, MOST_FRAMES = 6 };

static void film_check(int code, const sc_error *err)
{
    if (code ? err->code != code || !err->text[0] : err->code)
        abort();
}

/* ---- what is written ------------------------------------------------------------------------------------------- */

/* In memory, where that is possible: what is written is put on the disk, which takes time. */
static char in_memory[] = "/dev/shm/scumble-fuzz-XXXXXX", on_disk[] = "/tmp/scumble-fuzz-XXXXXX", *folder;

static int remove_item(const char *name, const struct stat *s, int kind, struct FTW *where)
{
    (void)s, (void)kind, (void)where;
    return remove(name);
}

static void finish(void)
{
    nftw(folder, remove_item, 16, FTW_DEPTH | FTW_PHYS);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    folder = mkdtemp(in_memory);
    if (!folder && !(folder = mkdtemp(on_disk)))
        abort();
    atexit(finish);
    return 0;
}

static void release_nothing(void *user)
{
    (void)user;
}

/* The frame, as the only one of a part; and a film of it. */
static void write_again(sc_film *film, const sc_image *image, const scumble_frame *frame)
{
    char part[64], whole[64];
    sc_error err = { 0 };
    const scumble_film_info *info = sc_film_about(film);
    snprintf(part, sizeof part, "%s/part", folder);
    snprintf(whole, sizeof whole, "%s/whole.%s", folder, image->width % 2 ? "mkv" : "mov");
    scumble_film_output output = { .size = sizeof output,
                                   .crf = -1,
                                   .width = info->width,
                                   .height = info->height,
                                   .codec = "ffv1",
                                   .part = 1,
                                   .as = "whole.mkv" };
    sc_film_writer *writer = NULL;
    int code = sc_film_writer_create(&writer, film, part, &output, NULL, NULL, &err);
    if (!code)
        code = sc_film_writer_write(writer, image, frame, release_nothing, NULL, &err);
    if (!code)
        code = sc_film_writer_finish(writer, &err);
    sc_film_writer_discard(writer);
    film_check(code, &err);
    if (code)
        return;
    const char *parts[] = { part };
    char *notes = NULL;
    output.part = 0;
    output.codec = NULL;
    output.as = NULL;
    output.codec = "ffv1";
    film_check(sc_film_join(film, parts, 1, frame, 1, whole, &output, "a film", &notes, &err), &err);
    free(notes);
    unlink(part);
    unlink(whole);
}

/* ---- what is read ---------------------------------------------------------------------------------------------- */

/* Up to so many frames from here on. */
static void read_some(sc_film *film, int most, int64_t number, bool writes)
{
    const scumble_film_info *info = sc_film_about(film);
    for (int i = 0; i < most; i++) {
        sc_error err = { 0 };
        sc_image image = { 0 };
        scumble_frame frame;
        int code = sc_film_read(film, &image, &frame, &err);
        film_check(code, &err);
        if (code || !image.rgb)
            return;
        if (image.width != info->width || image.height != info->height || frame.number < number || frame.time_num < 1 ||
            frame.time_den < 1 || frame.duration < 0)
            abort();
        for (size_t k = 0; k < 3 * (size_t)image.width * (size_t)image.height; k++)
            if (!isfinite(image.rgb[k]))
                abort();
        if (writes && !i)
            write_again(film, &image, &frame);
        sc_image_free(&image);
        number = frame.number + 1; /* damaged ones are left out */
    }
}

static bool tell_few(int64_t done, int64_t of, void *user)
{
    (void)of, (void)user;
    return done < MOST_FRAMES;
}

static void look_around(sc_film *film)
{
    static const char *const moments[] = { "0", "1f", "0.1", "00:00:00:02", "9999999999" };
    const scumble_film_info *info = sc_film_about(film);
    const int64_t *firsts, far[] = { 0, 2, info->frames - 1, INT64_MAX / 2 };
    int count;
    for (size_t i = 0; i < sizeof moments / sizeof *moments; i++) {
        sc_error err = { 0 };
        int64_t number;
        film_check(sc_film_at(film, moments[i], &number, &err), &err);
    }
    sc_error none = { 0 };
    film_check(sc_film_shots(film, tell_few, NULL, &firsts, &count, &none), &none);
    for (size_t i = 0; i < sizeof far / sizeof *far; i++) {
        sc_error err = { 0 };
        int code = far[i] >= 0 ? sc_film_seek(film, far[i], &err) : SCUMBLE_ERR_NOT_FOUND;
        if (far[i] >= 0)
            film_check(code, &err);
        if (!code)
            read_some(film, 1, far[i], false);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const scumble_film_input inputs[] = {
        { .size = sizeof *inputs, .rate_num = 24, .rate_den = 1 },
        { .size = sizeof *inputs, .rate_num = 24, .rate_den = 1, .from = "1f" },
        { .size = sizeof *inputs, .rate_num = 24, .rate_den = 1, .to = "0.1" }
    };
    char path[40];
    int file = memfd_create("film", MFD_CLOEXEC);
    if (file < 0 || write(file, data, size) != (ssize_t)size)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    const sc_image_limits limits = { .max_pixels = MOST_PIXELS, .decode_s = 2 };
    for (int i = 0; i < 3; i++) {
        sc_error err = { 0 };
        sc_film *film = NULL;
        int code = sc_film_open(&film, path, &inputs[i], &limits, &err);
        film_check(code, &err);
        if (code ? film != NULL : !film)
            abort();
        if (code && !i)
            break;
        if (code)
            continue;
        const scumble_film_info *info = sc_film_about(film);
        if (info->width < 1 || info->height < 1 || info->rate_num < 1 || info->rate_den < 1 || info->frames < 0)
            abort();
        read_some(film, MOST_FRAMES, 0, i == 0);
        if (i == 0)
            look_around(film);
        sc_film_close(film);
    }
    close(file);
    return 0;
}
