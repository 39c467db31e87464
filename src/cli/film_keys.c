/* SPDX-License-Identifier: MIT */
/* --keyframe: frames that an artist painted. They stand as they are, and their shot follows them: after the last one
 * forward, before the first one backward, and between two of them from the one to the other. */
#include <stdlib.h>
#include <string.h>

#include "console.h"
#include "film_job.h"

/* ---- the command line ------------------------------------------------------------------------------------------ */

/* "37=painted.png" into keys and, in the same order, moments. */
static int keyframe_split(film_job *j, text_list *moments)
{
    for (int i = 0; i < j->key_words.count; i++) {
        const char *word = j->key_words.items[i], *equals = strchr(word, '=');
        if (!equals || equals == word || !equals[1])
            return console_usage("--keyframe is '%s'; it must be a moment and the picture of it, such as "
                                 "37=painted.png",
                                 word);
        text_list_add(moments, text_part(word, (size_t)(equals - word)));
        j->keys[j->key_count++].path = text_copy(equals + 1);
    }
    return 0;
}

static int keyframe_by_number(const void *a, const void *b)
{
    const film_key *first = a, *second = b;
    return (first->frame > second->frame) - (first->frame < second->frame);
}

/* It can be read, and has the film's shape. */
static int keyframe_look(film_job *j, film_key *key)
{
    const scumble_film_info *info = scumble_film_about(j->film);
    scumble_image *picture = NULL;
    int code = console_picture(j->s, key->path, &picture);
    if (!code)
        code = scumble_file_sha256(j->s, key->path, key->sha256);
    if (code)
        return console_failure(j->s, code, "--keyframe");
    int width = scumble_image_width(picture), height = scumble_image_height(picture);
    scumble_image_free(&picture);
    if (scumble_mask_fits(width, height, info->width, info->height))
        return 0;
    console_error("--keyframe '%s' is %d x %d pixels, but the film is %d x %d; it must have the film's shape",
                  key->path, width, height, info->width, info->height);
    return EXIT_FAILED;
}

int film_keyframes_open(film_job *j)
{
    int count = j->key_words.count;
    text_list moments = { 0 };
    if (!count)
        return 0;
    if (!j->place || !scumble_film_about(j->film)->seekable)
        return console_usage("--keyframe needs a file at both ends, for frames are painted backward, too");
    j->keys = must(calloc((size_t)count, sizeof *j->keys));
    int64_t *numbers = must(calloc((size_t)count, sizeof *numbers));
    int status = keyframe_split(j, &moments);
    if (!status)
        status = film_read_moments(j, &moments, "--keyframe: what stands before the =", numbers);
    for (int i = 0; i < count && !status; i++)
        j->keys[i].frame = numbers[i];
    if (!status)
        qsort(j->keys, (size_t)count, sizeof *j->keys, keyframe_by_number);
    for (int i = 1; i < count && !status; i++)
        if (j->keys[i].frame == j->keys[i - 1].frame)
            status = console_usage("--keyframe gives frame %lld two pictures, '%s' and '%s'; give one",
                                   (long long)j->keys[i].frame, j->keys[i - 1].path, j->keys[i].path);
    for (int i = 0; i < count && !status; i++)
        status = keyframe_look(j, &j->keys[i]);
    free(numbers);
    text_list_free(&moments);
    return status;
}

int film_keyframes_check(const film_job *j)
{
    const film_key *last = j->key_count ? &j->keys[j->key_count - 1] : NULL;
    int64_t frames = j->plan.firsts[j->plan.shot_count];
    return !last || last->frame < frames ?
               0 :
               console_usage("--keyframe: '%s' is of frame %lld, but the film has the frames 0 to %lld", last->path,
                             (long long)last->frame, (long long)frames - 1);
}

json_t *film_keyframes_identity(const film_job *j)
{
    json_t *keys = must(json_array());
    for (int i = 0; i < j->key_count; i++) {
        json_t *key = film_file_identity(j->keys[i].path),
               *said = must(json_pack("{s:I, s:O, s:s}", "frame", (json_int_t)j->keys[i].frame, "name",
                                      json_object_get(key, "name"), "sha256", j->keys[i].sha256));
        json_decref(key);
        json_array_append_new(keys, said);
    }
    return keys;
}

void film_keyframes_free(film_job *j)
{
    for (int i = 0; i < j->key_count; i++)
        free(j->keys[i].path);
    free(j->keys);
}

/* ---- where they stand ------------------------------------------------------------------------------------------ */

const film_key *film_key_of(const film_job *j, int64_t number)
{
    for (int i = 0; i < j->key_count; i++)
        if (j->keys[i].frame == number)
            return &j->keys[i];
    return NULL;
}

bool film_shot_has_key(const film_job *j, int shot)
{
    for (int i = 0; i < j->key_count; i++)
        if (film_shot_of(&j->plan, j->keys[i].frame) == shot)
            return true;
    return false;
}

bool film_stretch_of(const film_job *j, int64_t number, film_stretch *stretch)
{
    const film_plan *plan = &j->plan;
    int64_t before = -1, after = -1;
    int shot = j->key_count ? film_shot_of(plan, number) : 0;
    for (int i = 0; i < j->key_count && after < 0; i++) {
        int64_t frame = j->keys[i].frame;
        if (film_shot_of(plan, frame) != shot)
            continue;
        *(frame <= number ? &before : &after) = frame;
    }
    *stretch = (film_stretch){ before < 0 ? plan->firsts[shot] : before + 1, before, after };
    return after >= 0 && before != number;
}

double film_stretch_share(const film_stretch *stretch, int64_t number)
{
    double way = (double)(number - stretch->before) / (double)(stretch->after - stretch->before);
    return way * way * (3 - 2 * way);
}

int64_t film_keyframes_more(const film_job *j, int64_t from)
{
    int64_t more = 0;
    for (int i = 0; i < j->key_count; i++) {
        int64_t frame = j->keys[i].frame;
        film_stretch stretch;
        if (frame < from)
            continue;
        more--; /* it is painted already */
        if (!frame || !film_stretch_of(j, frame - 1, &stretch) || stretch.after != frame)
            continue;
        if (stretch.first >= from) /* still to be painted backward: beside being painted forward, or in its place */
            more += stretch.before >= 0 ? frame - stretch.first : 0;
        else
            more -= stretch.before < 0 ? frame - from : 0;
    }
    return more;
}

int64_t film_keyframes_longest(const film_job *j)
{
    int64_t longest = 0;
    for (int i = 0; i < j->key_count; i++) {
        int64_t frame = j->keys[i].frame;
        film_stretch stretch;
        if (frame && film_stretch_of(j, frame - 1, &stretch) && stretch.after == frame &&
            frame - stretch.first > longest)
            longest = frame - stretch.first;
    }
    return longest;
}

/* ---- painting -------------------------------------------------------------------------------------------------- */

int film_key_stand(film_job *j, const film_key *key, const scumble_image *frame, scumble_image **result)
{
    scumble_image *picture = NULL;
    int code = scumble_image_load(j->s, key->path, &picture);
    if (!code && (scumble_image_width(picture) != j->plan.width || scumble_image_height(picture) != j->plan.height)) {
        scumble_image *whole = picture;
        picture = NULL;
        code = scumble_image_resize(j->s, whole, j->plan.width, j->plan.height, &picture);
        scumble_image_free(&whole);
    }
    if (!code)
        code = film_result_bare(j, &picture);
    if (!code)
        code = scumble_shot_stand(j->shot, frame, picture);
    if (!code && result) {
        *result = picture;
        picture = NULL;
    }
    scumble_image_free(&picture);
    return code ? film_fail(j, code) : 0;
}
