/* SPDX-License-Identifier: MIT */
/* --mask, --protect and --faces of a film: pictures that serve all frames, or films and sequences with a picture for
 * each. */
#include <stdlib.h>
#include <string.h>

#include "console.h"
#include "film_job.h"
#include "paths.h"

bool film_guides_any(const film_job *j)
{
    return j->guides.count || j->guides.protects || j->set.faces;
}

const scumble_image *film_guides_like(const film_job *j)
{
    return j->guides.likes ? j->guides.masks[0].picture : NULL; /* there are no masks beside it */
}

static int all_masks(const film_guides *guides)
{
    return guides->count + guides->protects + guides->likes;
}

/* A file that is a picture, and not a folder, a pattern or a film. */
static bool is_picture(const char *path)
{
    return !scumble_film_pattern(path, NULL, NULL) && !paths_is_folder(path) && scumble_image_readable_name(path);
}

static int check_shape(const film_job *j, const film_mask *mask, int width, int height)
{
    const scumble_film_info *film = scumble_film_about(j->film);
    if (scumble_mask_fits(width, height, film->width, film->height))
        return 0;
    console_error("%s '%s' is %d x %d pixels, but the film is %d x %d; it must have the film's shape", mask->flag,
                  mask->path, width, height, film->width, film->height);
    return EXIT_FAILED;
}

/* How many frames of the whole film lie before --from. */
static int64_t frames_before(const film_job *j)
{
    int64_t beginning = 0;
    return scumble_film_at(j->film, "0", &beginning) ? 0 : -beginning;
}

/* A mask's film has a picture for each frame of the whole film, or of what --from and --to leave of it. */
static int open_mask_film(film_job *j, film_mask *mask)
{
    const scumble_film_info *film = scumble_film_about(j->film);
    scumble_film_input input = { .size = sizeof input, .rate_num = film->rate_num, .rate_den = film->rate_den };
    int code = scumble_film_open(j->s, mask->path, &input, &mask->film);
    if (code)
        return film_fail(j, code);
    const scumble_film_info *info = scumble_film_about(mask->film);
    int64_t before = frames_before(j);
    mask->offset = info->frames >= before + film->frames ? before : 0;
    if (info->frames && film->frames && info->frames < film->frames) {
        console_error("%s '%s' has %lld frames, but the film has %lld; give a picture for each, or one for all",
                      mask->flag, mask->path, (long long)info->frames, (long long)film->frames);
        return EXIT_FAILED;
    }
    return check_shape(j, mask, info->width, info->height);
}

static int open_mask(film_job *j, film_mask *mask)
{
    if (!strcmp(mask->path, "-"))
        return console_usage("%s is '-', but masks of a film are files", mask->flag);
    if (!is_picture(mask->path))
        return open_mask_film(j, mask);
    int code = console_picture(j->s, mask->path, &mask->picture);
    return code ? film_fail(j, code) :
                  check_shape(j, mask, scumble_image_width(mask->picture), scumble_image_height(mask->picture));
}

int film_guides_open(film_job *j)
{
    film_guides *guides = &j->guides;
    guides->count = j->masks.count;
    guides->protects = j->set.protect;
    guides->likes = j->set.like;
    guides->masks = must(calloc((size_t)guides->count + 2, sizeof *guides->masks));
    int status = 0;
    for (int i = 0; i < all_masks(guides) && !status; i++) {
        film_mask *mask = &guides->masks[i];
        const char *other = guides->protects ? "--protect" : "--like";
        mask->flag = i < guides->count ? "--mask" : other;
        mask->path = text_copy(i < guides->count ? j->masks.items[i] : guides->protects ? j->set.protect : j->set.like);
        status = open_mask(j, mask);
    }
    return status;
}

json_t *film_guides_identity(const film_job *j)
{
    json_t *masks = must(json_array());
    for (int i = 0; i < all_masks(&j->guides); i++) {
        json_t *mask = film_file_identity(j->guides.masks[i].path);
        json_object_set_new(mask, "flag", json_string(j->guides.masks[i].flag));
        json_array_append_new(masks, mask);
    }
    return must(json_pack("{s:o, s:b}", "masks", masks, "faces", j->set.faces));
}

int film_guides_seek(film_job *j, int64_t number)
{
    int code = 0;
    for (int i = 0; i < all_masks(&j->guides) && !code; i++) {
        const film_mask *mask = &j->guides.masks[i];
        if (mask->film && (mask->offset + number || scumble_film_about(mask->film)->seekable))
            code = scumble_film_seek(mask->film, mask->offset + number);
    }
    return code ? film_fail(j, code) : 0;
}

/* The mask's picture of this frame, or of the one after it where that is missing. */
static int read_mask(film_job *j, film_mask *mask, int64_t number)
{
    scumble_frame frame = { .number = -1 };
    do {
        scumble_image_free(&mask->picture);
        int code = scumble_film_read(mask->film, &mask->picture, &frame);
        if (code)
            return film_fail(j, code);
    } while (mask->picture && frame.number < mask->offset + number);
    if (mask->picture)
        return 0;
    console_error("%s '%s' ends before frame %lld of the film; give a picture for each frame, or one for all",
                  mask->flag, mask->path, (long long)number);
    return EXIT_FAILED;
}

int film_guides_read(film_job *j, int64_t number, const scumble_image **masks, scumble_guides *guides)
{
    film_guides *own = &j->guides;
    int status = 0;
    for (int i = 0; i < all_masks(own) && !status; i++)
        if (own->masks[i].film)
            status = read_mask(j, &own->masks[i], number);
    for (int i = 0; i < own->count; i++)
        masks[i] = own->masks[i].picture;
    guides->masks = masks;
    guides->mask_count = own->count;
    guides->protect = own->protects ? own->masks[own->count].picture : NULL;
    guides->faces = j->set.faces;
    return status;
}

void film_guides_free(film_guides *guides)
{
    for (int i = 0; guides->masks && i < all_masks(guides); i++) {
        scumble_image_free(&guides->masks[i].picture);
        scumble_film_close(&guides->masks[i].film);
        free(guides->masks[i].path);
    }
    free(guides->masks);
    *guides = (film_guides){ 0 };
}
