/* SPDX-License-Identifier: MIT */
/* Painting backward from a keyframe. The results lie in the work folder until the film has passed that keyframe: before
 * the first keyframe of a shot they are the film's, and between two of them the frames that are painted forward lean on
 * them. The film is read in blocks, from the last one to the first. */
#include <stdlib.h>
#include <string.h>

#include "console.h"
#include "film_job.h"

#define BLOCK_BYTES (int64_t)(1 << 28) /* of the frames that are in memory */

int film_back_block(const film_job *j)
{
    const scumble_film_info *info = scumble_film_about(j->film);
    int64_t fit = BLOCK_BYTES / ((int64_t)info->width * info->height * 4 * (int64_t)sizeof(float));
    return fit > FILM_BACK_MOST ? FILM_BACK_MOST : fit < 2 ? 2 : (int)fit;
}

/* ---- frames, from the last one to the first -------------------------------------------------------------------- */

/* The block that ends with frame b->next. */
static int back_read(film_job *j, film_back *b)
{
    int64_t first = b->next + 1 - film_back_block(j);
    first = first < b->stretch.first ? b->stretch.first : first;
    int code = scumble_film_seek(j->film, first);
    while (!code && b->count < b->next + 1 - first) {
        code = scumble_film_read(j->film, &b->images[b->count], &b->frames[b->count]);
        if (!code && !b->images[b->count])
            return console_error("'%s' ends before its frame %lld", j->words.items[0], (long long)(first + b->count)),
                   EXIT_FAILED;
        b->count += !code;
    }
    return code ? film_fail(j, code) : 0;
}

/* ---- one stretch ----------------------------------------------------------------------------------------------- */

/* The shot begins with the keyframe, whose frame is read. */
static int back_begin(film_job *j, const film_stretch *stretch)
{
    scumble_image *image = NULL;
    scumble_frame frame;
    int status = film_begin_shot(j, stretch->after), code = 0;
    if (!status)
        code = scumble_film_seek(j->film, stretch->after);
    if (!status && !code)
        code = scumble_film_read(j->film, &image, &frame);
    if (!status && !code && image)
        status = film_key_stand(j, film_key_of(j, stretch->after), image, NULL);
    scumble_image_free(&image);
    return status ? status : code ? film_fail(j, code) : 0;
}

int film_back_open(film_job *j, int64_t number, film_back *b)
{
    *b = (film_back){ .next = -1 };
    if (!film_stretch_of(j, number, &b->stretch))
        return 0;
    int64_t stand = film_work_stand_back(&j->work, b->stretch.first, b->stretch.after);
    b->next = stand - 1;
    if (b->next < b->stretch.first)
        return 0;
    b->forward = j->shot;
    b->opened = true;
    j->shot = NULL;
    int code = j->painter ? scumble_shot_open_painter(j->painter, j->paint, j->steady, &j->shot) :
                            scumble_shot_open(j->style, j->steady, &j->shot);
    if (!code)
        code = film_shot_cut(j);
    if (code)
        return film_fail(j, code);
    if (stand == b->stretch.after)
        return back_begin(j, &b->stretch);
    char *state = film_folder_file(j->work.folder, "backstate", stand);
    code = film_shot_restore(j, state);
    free(state);
    return code ? film_fail(j, code) : 0;
}

bool film_back_done(const film_back *b)
{
    return !b->opened || b->next < b->stretch.first;
}

int film_back_frame(film_job *j, film_back *b, scumble_event_fn progress, void *user)
{
    scumble_image *result = NULL;
    int status = b->count ? 0 : back_read(j, b);
    if (!status)
        status = film_guides_seek(j, b->next);
    if (!status)
        status = film_paint_one(j, b->images[b->count - 1], b->next, progress, user, &result);
    if (!status)
        status = film_result_keep(j, "back", result, &b->frames[b->count - 1]);
    if (!status) {
        char *state = film_folder_file(j->work.folder, "backstate", b->next);
        int code = film_shot_save(j, state);
        free(state);
        status = code ? film_fail(j, code) : 0;
    }
    if (!status)
        status = film_work_note_back(&j->work, b->next);
    if (!status) {
        scumble_image_free(&b->images[--b->count]);
        b->next--;
    }
    scumble_image_free(&result);
    return status;
}

void film_back_close(film_job *j, film_back *b)
{
    if (!b->opened)
        return;
    for (int i = 0; i < b->count; i++)
        scumble_image_free(&b->images[i]);
    scumble_shot_close(&j->shot);
    j->shot = b->forward;
    b->opened = false;
}
