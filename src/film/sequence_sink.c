/* SPDX-License-Identifier: MIT */
/* Numbered pictures as a sink: each frame is a picture that appears whole or not at all, with what its own source has
 * (ICC profile, attributes and other channels of OpenEXR). Pictures that are written stay, whether the film is finished
 * or not: whoever goes on can skip them. */
#define _GNU_SOURCE
#include "film/sequence.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"
#include "film/notes.h"

typedef struct sequence_sink {
    sc_film_sink base;
    sc_film *film;
    const sc_threads *threads;
    const sc_provenance *provenance;
    sc_sequence_pattern pattern;
    char *path, *recipe;
    int bits;
} sequence_sink;

static bool sequence_sink_takes(const char *path)
{
    sc_sequence_pattern pattern;
    if (!sc_sequence_parse(&pattern, path))
        return false;
    sc_sequence_free(&pattern);
    return true;
}

static void sequence_sink_discard(sc_film_sink *sink)
{
    sequence_sink *s = (sequence_sink *)sink;
    if (!s)
        return;
    sc_sequence_free(&s->pattern);
    free(s->path);
    free(s->recipe);
    free(s->base.notes);
    free(s);
}

static int save_frame(const sequence_sink *s, const sc_image *image, const char *path, sc_error *err)
{
    const sc_image_save_options options = { .bits = s->bits,
                                            .keep_icc = true,
                                            .recipe = s->recipe && sc_image_keeps_recipe(path) ? s->recipe : NULL,
                                            .provenance = s->provenance,
                                            .threads = s->threads };
    return sc_image_save(image, path, &options, err);
}

/* A tiny picture beside those to be: what cannot be written is found out before anything is painted. */
static int try_saving(const sequence_sink *s, sc_error *err)
{
    const char *name = sc_file_name(s->path), *ending = strrchr(s->path, '.');
    sc_image image;
    char *trial = sc_format("%.*s.scumble-trial-%ld%s", (int)(name - s->path), s->path, (long)getpid(), ending);
    int code = trial ? sc_image_create(&image, 16, 16, false, err) : sc_fail_memory(err, strlen(s->path));
    if (!code) {
        code = save_frame(s, &image, trial, err);
        unlink(trial);
        sc_image_free(&image);
    }
    free(trial);
    return code;
}

/* The folder of a path; caller frees. */
static char *place_of(const char *path)
{
    const char *name = sc_file_name(path);
    return name > path ? strndup(path, (size_t)(name - path)) : strdup(".");
}

static bool same_place(const char *a, const char *b)
{
    struct stat first, second;
    return !stat(a, &first) && !stat(b, &second) && first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

/* What stands before the number, or behind it, is the same but for digits, which a number might have, too. */
static bool differ_by_digits(const char *a, const char *b, bool at_end)
{
    size_t m = strlen(a), n = strlen(b), common = m < n ? m : n;
    const char *longer = m < n ? b : a, *rest = at_end ? longer + common : longer;
    size_t more = m < n ? n - m : m - n;
    return !strncmp(at_end ? a : a + m - common, at_end ? b : b + n - common, common) &&
           strspn(rest, "0123456789") >= more;
}

/* A name of one pattern could be one of the other's. */
static bool names_may_meet(const sc_sequence_pattern *a, const sc_sequence_pattern *b)
{
    return differ_by_digits(sc_file_name(a->before), sc_file_name(b->before), true) &&
           differ_by_digits(a->after, b->after, false);
}

/* The pictures that are read are not written over: neither is the first, nor could another one be, of other numbers or
 * with more or fewer digits, in the same folder. */
static int check_source(const sequence_sink *s, sc_error *err)
{
    const scumble_film_info *info = sc_film_about(s->film);
    int64_t number = sc_sequence_number(s->film, 0);
    const char *name = info->sequence ? sc_sequence_source_file(sc_film_its_source(s->film), number) : NULL;
    sc_sequence_pattern source = { 0 };
    struct stat from;
    if (!name)
        return SCUMBLE_OK;
    bool is_folder = !stat(info->path, &from) && S_ISDIR(from.st_mode);
    char *folder = is_folder ? strdup(info->path) : place_of(info->path), *to = place_of(s->path);
    char *read = folder ? sc_format("%s/%s", folder, name) : NULL, *written = sc_sequence_path(&s->pattern, number);
    int code = read && to && written ? SCUMBLE_OK : sc_fail_memory(err, strlen(s->path));
    bool meets = !code && same_place(read, written);
    if (!code && !is_folder && sc_sequence_parse(&source, info->path))
        meets = meets || (same_place(folder, to) && names_may_meet(&source, &s->pattern));
    if (meets)
        code = sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                       "'%s' names the pictures that are read, or could with other numbers; choose another name, or "
                       "another folder",
                       s->path);
    sc_sequence_free(&source);
    free(folder);
    free(to);
    free(read);
    free(written);
    return code;
}

/* What pictures cannot keep. */
static void say_what_is_lost(sequence_sink *s, const sc_film_order *order)
{
    const scumble_film_info *info = sc_film_about(s->film);
    if (info->sound)
        sc_notes_add(&s->base.notes, "Sound is left out: pictures have none.");
    if (info->sequence && !strcmp(info->codec, "exr") &&
        (order->output.width != info->width || order->output.height != info->height))
        sc_notes_add(&s->base.notes, "Channels of OpenEXR other than colours are left out: the size is another.");
}

static int sequence_sink_create(sc_film_sink **sink, const sc_film_order *order, sc_error *err)
{
    *sink = NULL;
    if (order->output.part)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                       "'%s' is written picture by picture: it has no parts; give each part the pattern itself",
                       order->output.as);
    sequence_sink *s = calloc(1, sizeof *s);
    if (!s)
        return sc_fail_memory(err, sizeof *s);
    s->base.kind = &sc_sequence_sink_kind;
    s->film = order->film;
    s->threads = order->threads;
    s->provenance = order->provenance;
    s->bits = order->output.bits;
    s->path = strdup(order->path);
    s->recipe = order->output.recipe ? strdup(order->output.recipe) : NULL;
    int code = !s->path || (order->output.recipe && !s->recipe) || !sc_sequence_parse(&s->pattern, order->path) ?
                   sc_fail_memory(err, strlen(order->path)) :
                   SCUMBLE_OK;
    if (!code && order->output.codec)
        code = sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                       "`codec`: '%s' is a sequence of pictures, whose format its ending says", order->path);
    if (!code)
        code = check_source(s, err);
    if (!code)
        code = try_saving(s, err);
    if (!code)
        say_what_is_lost(s, order);
    if (code)
        sequence_sink_discard(&s->base);
    else
        *sink = &s->base;
    return code;
}

static int sequence_sink_write(sc_film_sink *sink, const sc_image *image, const scumble_frame *frame, sc_error *err)
{
    const sequence_sink *s = (const sequence_sink *)sink;
    char *path = sc_sequence_path(&s->pattern, sc_sequence_number(s->film, frame->number));
    int code = path ? save_frame(s, image, path, err) : sc_fail_memory(err, strlen(s->path));
    free(path);
    return code;
}

/* The recipe, beside the pictures. */
static int sequence_sink_finish(sc_film_sink *sink, sc_error *err)
{
    const sequence_sink *s = (const sequence_sink *)sink;
    if (!s->recipe)
        return SCUMBLE_OK;
    char *name = sc_image_sidecar(s->path);
    int code = name ? sc_file_write(name, s->recipe, strlen(s->recipe), err) : sc_fail_memory(err, strlen(s->path));
    free(name);
    return code;
}

const sc_film_sink_kind sc_sequence_sink_kind = { .takes = sequence_sink_takes,
                                                  .create = sequence_sink_create,
                                                  .write = sequence_sink_write,
                                                  .finish = sequence_sink_finish,
                                                  .discard = sequence_sink_discard };
