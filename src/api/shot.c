/* SPDX-License-Identifier: MIT */
/* Shots of the public API: checks what the caller gave, and keeps the facts for the recipe. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "api/painter.h"
#include "api/state.h"
#include "core/clock.h"
#include "scumble/film.h"
#include "steady/shot.h"

struct scumble_shot {
    scumble *s;
    scumble_style *style;     /* or */
    scumble_painter *painter; /* with */
    sc_paint_options paint;
    scumble_options film;
    double weights[SC_MOST_STYLES]; /* of its paintings, */
    bool weighed;                   /* when they are others than the style's own */
    scumble_image *lean;            /* of the next frame */
    sc_shot *inner;
    char *recipe;
    char tiles[SC_SHOT_TILES_TEXT]; /* as they were asked for last */
    /* of the frame that is painted */
    scumble_event_fn progress;
    void *user;
    double started_s;
    int size_px;
    sc_event event;
    bool running;
};

/* ---- recipes --------------------------------------------------------------------------------------------------- */

static char *shot_style_recipe(const scumble_style *t)
{
    size_t count = (size_t)t->painting_count;
    sc_recipe_source *sources = calloc(2 * count, sizeof *sources);
    if (!sources)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        sources[i] = sc_source_fact(&t->paintings[i].source, t->paintings[i].weight);
        sources[count + i] = sc_source_fact(&t->paintings[i].mask_source, 0);
    }
    sc_recipe_facts facts = { .options = &t->options.style,
                              .encoder = t->encoder,
                              .content.sha256 = "",
                              .protect.sha256 = "",
                              .reference.sha256 = "",
                              .reference_mask.sha256 = "",
                              .styles = sources,
                              .style_masks = sources + count,
                              .style_count = t->painting_count,
                              .palette = { t->options.style.colour, t->palette.sha256, 0, &t->palette.rights },
                              .start = { t->options.style.init, t->start.sha256, 0, &t->start.rights },
                              .computed_with = t->s->device->kernels->describe() };
    char *text = sc_recipe_write(&facts);
    free(sources);
    return text;
}

/* Of style or painter, with the options of the film. NULL when out of memory. */
static char *shot_write_recipe(const scumble_shot *shot)
{
    char *own =
        shot->style ? shot_style_recipe(shot->style) : sc_api_painter_recipe(shot->painter, NULL, &shot->paint, NULL);
    json_t *recipe = own ? json_loads(own, 0, NULL) : NULL;
    free(own);
    if (!recipe)
        return NULL;
    json_object_set_new(recipe, "film", sc_option_table_to_json(&sc_film_option_table, &shot->film.film));
    char *text = json_dumps(recipe, JSON_INDENT(1) | JSON_SORT_KEYS | JSON_REAL_PRECISION(9));
    json_decref(recipe);
    return text;
}

const char *scumble_shot_recipe(scumble_shot *shot)
{
    return shot ? shot->recipe : "";
}

/* ---- opening --------------------------------------------------------------------------------------------------- */

static int shot_fill(scumble_shot *shot, const scumble_options *paint, const scumble_options *film, sc_error *err)
{
    int code = sc_options_take(&shot->film, film, SCUMBLE_OPTIONS_FILM, err);
    if (!code && shot->painter)
        code = sc_api_paint_options(shot->painter, paint, &shot->paint, err);
    sc_shot_setup setup = { .style = shot->style ? shot->style->inner : NULL,
                            .painter = shot->painter ? shot->painter->inner : NULL,
                            .paint = &shot->paint,
                            .threads = shot->s->threads,
                            .steady = shot->film.film.steady,
                            .iterations = shot->film.film.frame_iterations };
    if (!code)
        code = sc_shot_create(&shot->inner, &setup, err);
    if (!code && !(shot->recipe = shot_write_recipe(shot)))
        code = sc_fail_memory(err, 4096);
    return code;
}

static int open_shot(scumble *s, scumble_style *style, scumble_painter *painter, const scumble_options *paint,
                     const scumble_options *film, scumble_shot **shot)
{
    sc_error err = { 0 };
    scumble_shot *made = calloc(1, sizeof *made);
    if (!made) {
        sc_fail_memory(&err, sizeof *made);
        return sc_report(s, &err);
    }
    made->s = s;
    made->style = style;
    made->painter = painter;
    if (shot_fill(made, paint, film, &err))
        scumble_shot_close(&made);
    *shot = made;
    return sc_report(s, &err);
}

int scumble_shot_open(scumble_style *style, const scumble_options *film, scumble_shot **shot)
{
    if (shot)
        *shot = NULL;
    if (!style || !shot)
        return sc_null(style ? style->s : NULL, __func__);
    return open_shot(style->s, style, NULL, NULL, film, shot);
}

int scumble_shot_open_painter(scumble_painter *painter, const scumble_options *paint, const scumble_options *film,
                              scumble_shot **shot)
{
    if (shot)
        *shot = NULL;
    if (!painter || !shot)
        return sc_null(painter ? painter->s : NULL, __func__);
    return open_shot(painter->s, NULL, painter, paint, film, shot);
}

void scumble_shot_close(scumble_shot **handle)
{
    scumble_shot *shot = handle ? *handle : NULL;
    if (!shot)
        return;
    *handle = NULL;
    sc_shot_free(shot->inner);
    scumble_image_free(&shot->lean);
    free(shot->recipe);
    free(shot);
}

/* ---- painting -------------------------------------------------------------------------------------------------- */

static const char busy[] = "this shot is painting a frame: its callback cannot use it";

int scumble_shot_begin(scumble_shot *shot, const scumble_image *const *samples, int count)
{
    if (!shot || (count > 0 && !samples))
        return sc_null(shot ? shot->s : NULL, __func__);
    for (int i = 0; i < count; i++)
        if (!samples[i])
            return sc_null(shot->s, __func__);
    if (shot->running)
        return sc_misuse(shot->s, busy);
    if (count < 0 || (count && shot->style))
        return sc_misuse(shot->s, "samples are frames for a painter's statistics: a style takes none");
    sc_error err = { 0 };
    const sc_image **images = calloc((size_t)count + 1, sizeof *images);
    if (!images)
        sc_fail_memory(&err, (size_t)count * sizeof *images);
    for (int i = 0; i < count && images; i++)
        images[i] = &samples[i]->image;
    for (int i = 1; i < count && !err.code; i++)
        if (images[i]->width != images[0]->width || images[i]->height != images[0]->height)
            sc_fail(&err, SCUMBLE_ERR_ARGUMENT, "the samples of a shot must all have the size of its frames");
    if (!err.code)
        sc_shot_begin(shot->inner, images, count, &err);
    if (!err.code)
        scumble_image_free(&shot->lean);
    free(images);
    return sc_report(shot->s, &err);
}

int scumble_shot_weigh(scumble_shot *shot, const double *weights, int count)
{
    if (!shot || !weights)
        return sc_null(shot ? shot->s : NULL, __func__);
    if (shot->running)
        return sc_misuse(shot->s, busy);
    if (shot->painter)
        return sc_misuse(shot->s, "a painter has no paintings whose weights could be set");
    double sum = 0;
    bool good = count == shot->style->painting_count;
    for (int i = 0; i < count && good; i++) {
        good = weights[i] >= 0 && weights[i] <= SC_MAX_WEIGHT;
        sum += weights[i];
    }
    if (!good || !(sum > 0))
        return sc_misuse(shot->s,
                         "a shot needs one weight for each painting of its style, from 0 to 1e9, and not all 0");
    memcpy(shot->weights, weights, (size_t)count * sizeof *weights);
    shot->weighed = true;
    sc_shot_weigh(shot->inner, shot->weights);
    return sc_report(shot->s, &(sc_error){ 0 });
}

/* Leaves out the pieces of paintings that do not count. */
static void shot_count_pieces(const scumble_shot *shot, const sc_guide_set *set, sc_piece *pieces,
                              const sc_tensor **places, sc_guides *guides)
{
    int count = 0;
    for (int i = 0; i < set->piece_count; i++)
        if (shot->weights[set->pieces[i].painting] > 0) {
            pieces[count] = set->pieces[i];
            if (set->places)
                places[count] = set->places[i];
            count++;
        }
    guides->pieces = pieces;
    guides->piece_count = count;
    guides->masks = set->places ? places : NULL;
}

static int shot_tell(void *user, int64_t done, int64_t of, const sc_losses *losses)
{
    scumble_shot *shot = user;
    scumble_event now = sc_event_of_stage("film", "frame", shot->style ? "iterations" : "parts", done, of,
                                          sc_now_s() - shot->started_s);
    now.size_px = shot->size_px;
    sc_event_tell(&shot->event, &now, losses);
    return shot->progress ? shot->progress(&shot->event.told, shot->user) : 0;
}

static int shot_paint_frame(scumble_shot *shot, const scumble_image *frame, const sc_guides *guides,
                            scumble_image **result, sc_error *err)
{
    const sc_image *image = &frame->image;
    sc_image painted;
    shot->started_s = sc_now_s();
    shot->size_px = image->width > image->height ? image->width : image->height;
    shot->running = true;
    shot->s->calling_back++;
    int code = sc_shot_paint(shot->inner, image, guides, shot_tell, shot, &painted, err);
    if (!code)
        scumble_image_free(&shot->lean);
    shot->running = false;
    shot->s->calling_back--;
    return code ? code : sc_context_image(&painted, NULL, result, err);
}

/* With the guides of this frame. */
static int shot_paint_guided(scumble_shot *shot, const scumble_image *frame, const scumble_guides *given,
                             scumble_image **result, sc_error *err)
{
    sc_guide_set *set;
    sc_tensor protect = { .data = NULL };
    int code = sc_guides_make(&set, shot->style, given, err);
    if (!code)
        code = sc_guides_fit(set, frame->image.width, frame->image.height, err);
    if (!code)
        code = sc_guides_protect(shot->s->threads, &protect, set, &frame->image, err);
    size_t room = code ? 0 : (size_t)set->piece_count;
    sc_piece *pieces = malloc((room + 1) * sizeof *pieces);
    const sc_tensor **places = malloc((room + 1) * sizeof *places);
    if (!code && (!pieces || !places))
        code = sc_fail_memory(err, room * sizeof *pieces);
    if (!code) {
        sc_guides guides = sc_guides_of(set);
        guides.protect = protect.data ? &protect : NULL;
        if (shot->weighed)
            shot_count_pieces(shot, set, pieces, places, &guides);
        code = shot_paint_frame(shot, frame, &guides, result, err);
    }
    free(pieces);
    free(places);
    sc_tensor_free(&protect);
    sc_guides_free(set);
    return code;
}

int scumble_shot_paint(scumble_shot *shot, const scumble_image *frame, const scumble_guides *guides,
                       scumble_event_fn progress, void *user, scumble_image **result)
{
    if (result)
        *result = NULL;
    if (!shot || !frame || !result)
        return sc_null(shot ? shot->s : NULL, __func__);
    scumble_guides own;
    if (shot->running)
        return sc_misuse(shot->s, busy);
    if (guides && shot->painter)
        return sc_misuse(shot->s, "a painter takes no masks and protects nothing");
    if (guides && sc_guides_take(shot->s, &own, guides, __func__))
        return SCUMBLE_ERR_ARGUMENT;
    sc_error err = { 0 };
    shot->progress = progress;
    shot->user = user;
    if (shot->style)
        shot_paint_guided(shot, frame, guides ? &own : NULL, result, &err);
    else
        shot_paint_frame(shot, frame, NULL, result, &err);
    return sc_report(shot->s, &err);
}

/* ---- frames that are painted already --------------------------------------------------------------------------- */

int scumble_shot_stand(scumble_shot *shot, const scumble_image *frame, const scumble_image *painted)
{
    if (!shot || !frame || !painted)
        return sc_null(shot ? shot->s : NULL, __func__);
    if (shot->running)
        return sc_misuse(shot->s, busy);
    const sc_image *f = &frame->image, *p = &painted->image;
    if (!scumble_mask_fits(p->width, p->height, f->width, f->height))
        return sc_misuse(shot->s, "what was painted of a frame must have the frame's shape");
    sc_error err = { 0 };
    if (!sc_shot_stand(shot->inner, f, p, &err))
        scumble_image_free(&shot->lean);
    return sc_report(shot->s, &err);
}

int scumble_shot_lean(scumble_shot *shot, const scumble_image *picture, double share)
{
    if (!shot)
        return sc_null(NULL, __func__);
    if (shot->running)
        return sc_misuse(shot->s, busy);
    if (!(share >= 0 && share <= 1))
        return sc_misuse(shot->s, "the share by which a frame leans on a picture is from 0 to 1");
    scumble_image_free(&shot->lean);
    shot->lean = picture ? sc_image_share(picture) : NULL;
    sc_shot_lean(shot->inner, shot->lean ? &shot->lean->image : NULL, share);
    return sc_report(shot->s, &(sc_error){ 0 });
}

/* ---- states ---------------------------------------------------------------------------------------------------- */

int scumble_shot_save(scumble_shot *shot, const char *path)
{
    if (!shot || !path)
        return sc_null(shot ? shot->s : NULL, __func__);
    if (shot->running)
        return sc_misuse(shot->s, busy);
    sc_error err = { 0 };
    sc_weights *state;
    if (!sc_state_create(&state, "recipe", shot->recipe, &err))
        sc_shot_save(shot->inner, state, &err);
    return sc_state_write(shot->s, state, path, &err);
}

/* What tells states apart: the recipe, but for where it was computed. */
static bool shot_same_recipe(const char *a, const char *b)
{
    json_t *one = a ? json_loads(a, 0, NULL) : NULL, *other = json_loads(b, 0, NULL);
    json_object_del(one, "computed_with");
    json_object_del(other, "computed_with");
    bool same = one && other && json_equal(one, other);
    json_decref(one);
    json_decref(other);
    return same;
}

int scumble_shot_restore(scumble_shot *shot, const char *path)
{
    if (!shot || !path)
        return sc_null(shot ? shot->s : NULL, __func__);
    if (shot->running)
        return sc_misuse(shot->s, busy);
    sc_error err = { 0 };
    sc_weights *state;
    const char *then;
    int code = sc_state_read(shot->s, &state, path, "recipe", &then, &err);
    if (!code && !shot_same_recipe(then, shot->recipe)) {
        char *difference = shot->style ? sc_recipe_difference(then, shot->recipe, false) : NULL;
        code = sc_fail(&err, SCUMBLE_ERR_ARGUMENT, "the state belongs to another film%s%s", difference ? ": " : "",
                       difference ? difference : "; its options, or its style or painter, are others");
        free(difference);
    }
    if (!code)
        code = sc_shot_load(shot->inner, state, &err);
    if (!code)
        scumble_image_free(&shot->lean);
    return sc_state_taken(shot->s, state, path, &err);
}

/* ---- tiles ----------------------------------------------------------------------------------------------------- */

const char *scumble_shot_tiles(scumble_shot *shot)
{
    if (!shot)
        return "";
    sc_shot_tiles(shot->inner, shot->tiles);
    return shot->tiles;
}

int scumble_shot_set_tiles(scumble_shot *shot, const char *tiles)
{
    if (!shot || !tiles)
        return sc_null(shot ? shot->s : NULL, __func__);
    if (shot->running)
        return sc_misuse(shot->s, busy);
    sc_error err = { 0 };
    sc_shot_set_tiles(shot->inner, tiles, &err);
    return sc_report(shot->s, &err);
}
