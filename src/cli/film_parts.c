/* SPDX-License-Identifier: MIT */
/* Where painted frames go.
 *
 * A film is encoded in parts, of at most PART_FRAMES frames and within one shot. Until a part is whole, the results of
 * its frames lie in the work folder as 16-bit values without compression, so that nothing is lost when the process
 * dies; then the part is encoded once more from them. What is encoded are those 16-bit values in any case: the film is
 * the same, interrupted or not. A sequence has a file for each frame, which is written before the frame counts as done.
 * With a pipe at one end there is no work folder, and frames go straight to the output, or to their pictures. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "console.h"
#include "film_job.h"
#include "paths.h"
#include "scumble/pixels.h"

enum { PART_FRAMES = 48, PART_LEAST = 8 };
#define PART_BYTES (int64_t)(1 << 29) /* of the results that wait for a part */

/* ---- results that wait ----------------------------------------------------------------------------------------- */

/* In this machine's byte order, for this machine alone. */
typedef struct waiting_head {
    char magic[8];
    int32_t width, height, channels;
    int32_t padding;
    scumble_frame frame;
} waiting_head;
static const char waiting_magic[8] = "scmbl16";

typedef struct waiting {
    waiting_head head;
    uint16_t *values; /* height * width * channels */
} waiting;

static size_t waiting_bytes(const waiting_head *head)
{
    return (size_t)head->width * (size_t)head->height * (size_t)head->channels * sizeof(uint16_t);
}

static scumble_pixels waiting_pixels(const waiting *w)
{
    return (scumble_pixels){ .size = sizeof(scumble_pixels),
                             .data = w->values,
                             .width = w->head.width,
                             .height = w->head.height,
                             .sample = SCUMBLE_SAMPLE_U16,
                             .channels = w->head.channels == 4 ? SCUMBLE_CHANNELS_RGBA : SCUMBLE_CHANNELS_RGB };
}

/* The result's values, to be freed. */
static int waiting_take(const film_job *j, const scumble_image *result, const scumble_frame *frame, waiting *w)
{
    w->head = (waiting_head){ .width = scumble_image_width(result),
                              .height = scumble_image_height(result),
                              .channels = j->plan.alpha ? 4 : 3,
                              .frame = *frame };
    memcpy(w->head.magic, waiting_magic, sizeof waiting_magic);
    w->values = must(malloc(waiting_bytes(&w->head)));
    scumble_pixels pixels = waiting_pixels(w);
    return scumble_image_to_pixels(j->s, result, &pixels);
}

static int waiting_write(const film_job *j, const char *kind, const waiting *w)
{
    char *path = film_folder_file(j->work.folder, kind, w->head.frame.number), *hidden = text_format(".%s", kind),
         *temporary = film_folder_file(j->work.folder, hidden, w->head.frame.number);
    errno = 0;
    FILE *file = fopen(temporary, "wb");
    bool good = file && fwrite(&w->head, sizeof w->head, 1, file) == 1 &&
                fwrite(w->values, waiting_bytes(&w->head), 1, file) == 1 && !fflush(file);
    good = (!file || !fclose(file)) && good && !rename(temporary, path);
    if (!good) {
        console_error("cannot write '%s': %s", path, strerror(errno ? errno : EIO));
        unlink(temporary);
    }
    free(temporary);
    free(hidden);
    free(path);
    return good ? 0 : EXIT_FAILED;
}

static int waiting_read(const film_job *j, const char *kind, int64_t number, waiting *w)
{
    char *path = film_folder_file(j->work.folder, kind, number);
    FILE *file = fopen(path, "rb");
    bool good = file && fread(&w->head, sizeof w->head, 1, file) == 1 &&
                !memcmp(w->head.magic, waiting_magic, sizeof waiting_magic) && w->head.width == j->plan.width &&
                w->head.height == j->plan.height && w->head.channels == (j->plan.alpha ? 4 : 3);
    if (good) {
        w->values = must(malloc(waiting_bytes(&w->head)));
        good = fread(w->values, waiting_bytes(&w->head), 1, file) == 1;
    }
    if (file)
        fclose(file);
    if (!good)
        console_error("'%s' is damaged; begin anew with --restart", path);
    free(path);
    return good ? 0 : EXIT_FAILED;
}

int film_result_keep(const film_job *j, const char *kind, const scumble_image *result, const scumble_frame *frame)
{
    waiting w = { .values = NULL };
    int code = waiting_take(j, result, frame, &w), status = code ? console_failure(j->s, code, NULL) : 0;
    if (!status)
        status = waiting_write(j, kind, &w);
    free(w.values);
    return status;
}

int film_result_bare(const film_job *j, scumble_image **image)
{
    scumble_image *bare = NULL;
    int code = scumble_image_create(j->s, scumble_image_width(*image), scumble_image_height(*image),
                                    scumble_image_rgb(*image), scumble_image_alpha(*image), &bare);
    scumble_image_free(image);
    *image = bare;
    return code;
}

int film_result_take(const film_job *j, const char *kind, int64_t number, scumble_image **result)
{
    waiting w = { .values = NULL };
    int status = waiting_read(j, kind, number, &w);
    scumble_pixels pixels = waiting_pixels(&w);
    int code = status ? 0 : scumble_image_from_pixels(j->s, &pixels, result);
    if (!status && !code)
        code = film_result_bare(j, result);
    free(w.values);
    return status ? status : code ? console_failure(j->s, code, NULL) : 0;
}

/* ---- parts ----------------------------------------------------------------------------------------------------- */

static int part_limit(const film_plan *plan)
{
    int64_t each = (int64_t)plan->width * plan->height * (plan->alpha ? 4 : 3) * (int64_t)sizeof(uint16_t),
            fit = PART_BYTES / each;
    return fit > PART_FRAMES ? PART_FRAMES : fit < PART_LEAST ? PART_LEAST : (int)fit;
}

static int part_begin(film_job *j, int64_t number)
{
    char *path = film_folder_file(j->work.folder, "part", number);
    scumble_film_output output = film_output_of(j, NULL);
    output.part = 1;
    output.as = j->output;
    int code = scumble_film_create(j->film, path, &output, &j->writer);
    free(path);
    j->part = (film_span){ number, number };
    j->part_frames = 0;
    return code;
}

/* Encodes what a picture of 16 bits gives. */
static int part_write(film_job *j, const waiting *w)
{
    scumble_image *picture = NULL;
    scumble_pixels pixels = waiting_pixels(w);
    int code = scumble_image_from_pixels(j->s, &pixels, &picture);
    if (!code && !j->writer)
        code = part_begin(j, w->head.frame.number);
    if (!code)
        code = scumble_film_write(j->writer, picture, &w->head.frame);
    scumble_image_free(&picture);
    j->part.last = w->head.frame.number;
    j->part_frames++;
    return code ? film_fail(j, code) : 0;
}

/* It has all frames that it may have. */
static bool part_is_full(const film_job *j)
{
    const film_plan *plan = &j->plan;
    int64_t next = j->part.last + 1;
    return j->part_frames >= part_limit(plan) || next == plan->end ||
           film_shot_of(plan, next) != film_shot_of(plan, j->part.last);
}

static int part_end(film_job *j)
{
    int code = scumble_film_finish(&j->writer);
    return code ? film_fail(j, code) : film_work_note_part(&j->work, j->part);
}

/* ---- all kinds of outputs -------------------------------------------------------------------------------------- */

/* The name while it is not whole; of a pipe its own. Caller frees. */
static char *direct_name(const film_job *j)
{
    return strcmp(j->output, "-") ? paths_unfinished(j->output) : text_copy("-");
}

static int direct_begin(film_job *j)
{
    char *name = direct_name(j);
    scumble_film_output output = film_output_of(j, j->plan.recipe);
    int code = scumble_film_create(j->film, name, &output, &j->writer);
    free(name);
    return code;
}

int64_t film_parts_frame_bytes(const film_job *j)
{
    const waiting_head head = { .width = j->plan.width, .height = j->plan.height, .channels = j->plan.alpha ? 4 : 3 };
    return (int64_t)(sizeof head + waiting_bytes(&head));
}

int film_parts_open(film_job *j)
{
    int status = 0;
    int64_t parted = j->work.part_count ? j->work.parts[j->work.part_count - 1].last : -1;
    for (int64_t i = 0; j->place && !j->pictures && i < j->work.count && !status; i++) {
        waiting w = { .values = NULL };
        if (j->work.entries[i].frame.number <= parted)
            continue;
        status = waiting_read(j, "frame", j->work.entries[i].frame.number, &w);
        if (!status)
            status = part_write(j, &w);
        free(w.values);
    }
    return status || !j->writer || !part_is_full(j) ? status : part_end(j);
}

static int put_picture(film_job *j, const scumble_image *result, const scumble_frame *frame)
{
    scumble_film_output output = film_output_of(j, j->plan.recipe);
    if (!j->plan.end && film_check_pictures(j, frame->number, frame->number + 1)) /* of a pipe nobody knew */
        return EXIT_FAILED;
    int code = scumble_film_create(j->film, j->output, &output, &j->writer);
    if (!code)
        code = scumble_film_write(j->writer, result, frame);
    if (!code)
        code = scumble_film_finish(&j->writer);
    if (code)
        return film_fail(j, code);
    char *folder = paths_folder(j->output); /* the journal counts on the picture's name */
    bool good = !j->place || paths_sync_folder(folder);
    if (!good)
        console_error("cannot write to the disk of '%s': %s", folder, strerror(errno));
    free(folder);
    return good ? 0 : EXIT_FAILED;
}

static int put_direct(film_job *j, const scumble_image *result, const scumble_frame *frame)
{
    int code = j->writer ? 0 : direct_begin(j);
    if (!code)
        code = scumble_film_write(j->writer, result, frame);
    return code ? film_fail(j, code) : 0;
}

int film_parts_put(film_job *j, const scumble_image *result, const scumble_frame *frame, double painting_s)
{
    bool kept = frame->number >= j->plan.first;
    waiting w = { .values = NULL };
    if (!j->place)
        return !kept ? 0 : j->pictures ? put_picture(j, result, frame) : put_direct(j, result, frame);
    int status = 0;
    if (kept && j->pictures)
        status = put_picture(j, result, frame);
    else if (kept) {
        int code = waiting_take(j, result, frame, &w);
        status = code ? film_fail(j, code) : waiting_write(j, "frame", &w);
    }
    if (!status)
        status = film_work_note(&j->work, frame, painting_s, kept, w.values != NULL);
    if (!status && w.values)
        status = part_write(j, &w);
    free(w.values);
    return status;
}

int film_parts_saved(film_job *j, int64_t number)
{
    if (!j->place)
        return 0;
    int status = film_work_note_state(&j->work, number);
    return status || !j->writer || !part_is_full(j) ? status : part_end(j);
}

/* What was made under another name gets its own, with the recipe beside it. */
static int direct_end(film_job *j)
{
    char *name = direct_name(j), *from = text_format("%s.json", name), *to = text_format("%s.json", j->output);
    int code = scumble_film_finish(&j->writer), status = code ? film_fail(j, code) : 0;
    if (!status && strcmp(name, j->output)) {
        if (rename(name, j->output)) {
            console_error("cannot rename '%s' to '%s': %s", name, j->output, strerror(errno));
            status = EXIT_FAILED;
        } else
            rename(from, to);
    }
    free(to);
    free(from);
    free(name);
    return status;
}

int film_parts_finish(film_job *j)
{
    return !j->writer ? 0 : j->place ? part_end(j) : direct_end(j);
}

char *film_parts_leave(film_job *j)
{
    if (!j->place && j->pictures)
        return text_copy(j->output);
    bool there = !j->place && j->writer && !scumble_film_finish(&j->writer);
    return there && strcmp(j->output, "-") ? direct_name(j) : NULL;
}

void film_parts_discard(film_job *j)
{
    scumble_film_discard(&j->writer);
}
