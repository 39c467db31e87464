/* SPDX-License-Identifier: MIT */
/* Runs of the public API: checks what the caller gave, shares the pictures, keeps the facts for the recipe. */
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "api/transfer.h"
#include "loss/groups.h"
#include "loss/region.h"

/* ---- facts ----------------------------------------------------------------------------------------------------- */

static sc_recipe_source source_fact(const sc_source *source, double weight)
{
    return (sc_recipe_source){ source->path, source->sha256, weight, &source->rights };
}

static sc_position stopped_at(const scumble_run *r)
{
    sc_position at = sc_run_position(r->run);
    return at.iterations_done < r->transfer->options.style.iterations ? at : (sc_position){ 0 };
}

/* Calls use(facts) with the facts of this run as they are now. */
static char *with_facts(const scumble_run *r, const scumble_image *result, char *(*use)(const sc_recipe_facts *))
{
    const scumble_transfer *t = r->transfer;
    const sc_guide_set *set = r->first;
    size_t count = (size_t)t->painting_count;
    sc_recipe_source *sources = calloc(2 * count + (size_t)set->mask_count, sizeof *sources);
    if (!sources)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        sources[i] = source_fact(&t->paintings[i].source, t->paintings[i].weight);
        sources[count + i] = source_fact(&t->paintings[i].mask_source, 0);
    }
    for (int i = 0; i < set->mask_count; i++)
        sources[2 * count + (size_t)i] = source_fact(&set->mask_sources[i], 0);
    sc_recipe_facts facts = {
        .options = &t->options.style,
        .encoder = t->encoder,
        .content = source_fact(&r->content_source, 0),
        .styles = sources,
        .style_masks = sources + count,
        .texture_width = r->texture_width,
        .texture_height = r->texture_height,
        .style_count = t->painting_count,
        .masks = sources + 2 * count,
        .mask_count = set->mask_count,
        .protect = source_fact(&set->protect_source, 0),
        .faces = set->faces,
        .palette = { t->options.style.colour, t->palette.sha256, 0, &t->palette.rights },
        .start = r->start ? source_fact(&r->start_source, 0) :
                            (sc_recipe_source){ t->options.style.init, t->start.sha256, 0, &t->start.rights },
        .reference = source_fact(r->run ? &r->reference_source : &r->reference_now, 0),
        .reference_mask = source_fact(r->run ? &r->reference_mask_source : &r->reference_mask_now, 0),
        .events = r->run ? sc_run_events(r->run) : NULL,
        .resumed = r->state ? sc_weights_metadata(r->state, "recipe") : NULL,
        .losses = r->run ? sc_run_losses(r->run) : (sc_losses){ 0 },
        .computed_with = t->s->device->kernels->describe(),
        .stopped = result ? stopped_at(r) : (sc_position){ 0 },
        .width = result ? result->image.width : 0,
        .height = result ? result->image.height : 0,
    };
    char *text = use(&facts);
    free(sources);
    return text;
}

int sc_api_check_state(const sc_weights *state, const char *recipe, bool subject, sc_error *err)
{
    char *difference = sc_recipe_difference(sc_weights_metadata(state, "recipe"), recipe, subject);
    if (!difference)
        return SCUMBLE_OK;
    sc_fail(err, SCUMBLE_ERR_ARGUMENT, "the checkpoint belongs to another run: %s; go on as it began, or begin anew",
            difference);
    free(difference);
    return err->code;
}

/* A checkpoint of an earlier version that is of this run gets the name that the run has now. */
static int rename_state(scumble_run *r, const char *identity, sc_error *err)
{
    const char *named = sc_weights_metadata(r->state, "identity");
    char *then = with_facts(r, NULL, sc_recipe_identity_then);
    int code = !then                             ? sc_fail_memory(err, 4096) :
               named && strcmp(named, then) == 0 ? sc_weights_set_metadata(r->state, "identity", identity, err) :
                                                   SCUMBLE_OK;
    free(then);
    return code;
}

/* Non-zero: out of memory. */
static int copy_source(sc_source *to, const sc_source *from)
{
    *to = *from;
    to->path = from->path ? strdup(from->path) : NULL;
    return from->path && !to->path;
}

char *sc_api_run_recipe(const scumble_run *r, const scumble_image *result)
{
    return with_facts(r, result, sc_recipe_write);
}

/* ---- beginning ------------------------------------------------------------------------------------------------- */

sc_guides sc_guides_of(const sc_guide_set *set)
{
    return (sc_guides){ .pieces = set->pieces,
                        .piece_count = set->piece_count,
                        .masks = set->places,
                        .protect = set->protect.data || set->faces ? &set->protect : NULL };
}

static sc_guides guides_now(const scumble_run *r)
{
    sc_guides guides = sc_guides_of(r->guides);
    guides.protect = r->protect.data ? &r->protect : NULL;
    guides.reference = r->reference ? &r->reference->image : NULL;
    guides.reference_mask = r->reference_mask.data ? &r->reference_mask : NULL;
    return guides;
}

static int check_state(scumble_run *r, const char *identity, sc_error *err)
{
    int code = sc_api_check_state(r->state, r->recipe, true, err);
    return code ? code : rename_state(r, identity, err);
}

int sc_api_run_begin(scumble_run *r, sc_error *err)
{
    const scumble_transfer *t = r->transfer;
    if (r->run)
        return SCUMBLE_OK;
    if (!r->content && !r->texture_width)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                       "there is nothing to paint: give the run a content, or a texture's size, first");
    if (r->content && !r->protect.data &&
        sc_guides_protect(r->transfer->s->threads, &r->protect, r->guides, &r->content->image, err))
        return err->code;
    char *identity = with_facts(r, NULL, sc_recipe_identity);
    free(r->recipe);
    r->recipe = with_facts(r, NULL, sc_recipe_write);
    int code = identity && r->recipe ? SCUMBLE_OK : sc_fail_memory(err, 4096);
    if (!code && r->state)
        code = check_state(r, identity, err);
    sc_subject subject = { .content = r->content ? &r->content->image : NULL,
                           .width = r->texture_width,
                           .height = r->texture_height,
                           .texture = !r->content,
                           .start = r->start             ? &r->start->image :
                                    t->start_picture.rgb ? &t->start_picture :
                                                           NULL,
                           .guides = guides_now(r) };
    if (!code)
        code = sc_run_create(&r->run, t->style, &subject, identity, r->state, err);
    free(identity);
    if (!code && (copy_source(&r->reference_source, &r->reference_now) ||
                  copy_source(&r->reference_mask_source, &r->reference_mask_now)))
        code = sc_fail_memory(err, 4096);
    return code;
}

int scumble_run_open(scumble_transfer *t, scumble_run **run)
{
    if (run)
        *run = NULL;
    if (!t || !run)
        return sc_null(t ? t->s : NULL, __func__);
    sc_error err = { 0 };
    scumble_run *r = calloc(1, sizeof *r);
    sc_event *event = calloc(1, sizeof *event);
    if (!r || !event) {
        free(r);
        free(event);
        sc_fail_memory(&err, sizeof *r);
        return sc_report(t->s, &err);
    }
    r->transfer = t;
    r->event = event;
    r->first = sc_guides_share(t->guides);
    r->guides = sc_guides_share(t->guides);
    *run = r;
    return sc_report(t->s, &err);
}

void scumble_run_close(scumble_run **run)
{
    scumble_run *r = run ? *run : NULL;
    if (!r)
        return;
    *run = NULL;
    sc_run_free(r->run);
    sc_weights_free(r->state);
    sc_guides_free(r->first);
    sc_guides_free(r->guides);
    sc_tensor_free(&r->protect);
    sc_tensor_free(&r->reference_mask);
    scumble_image_free(&r->content);
    scumble_image_free(&r->start);
    scumble_image_free(&r->reference);
    free(r->content_source.path);
    free(r->start_source.path);
    free(r->reference_now.path);
    free(r->reference_mask_now.path);
    free(r->reference_source.path);
    free(r->reference_mask_source.path);
    free(r->event);
    free(r->recipe);
    free(r);
}

/* For what comes before the first step. */
static int refuse_begun(const scumble_run *r)
{
    return sc_misuse(r->transfer->s,
                     "this run has begun: what it paints, and where from, is told before its first step");
}

int scumble_run_content(scumble_run *r, const scumble_image *content)
{
    if (!r || !content)
        return sc_null(r ? r->transfer->s : NULL, __func__);
    if (r->run)
        return refuse_begun(r);
    sc_error err = { 0 };
    if (!sc_guides_fit(r->guides, content->image.width, content->image.height, &err) &&
        !sc_source_remember(r->transfer->s, &r->content_source, content, &err)) {
        scumble_image_free(&r->content);
        sc_tensor_free(&r->protect);
        r->content = sc_image_share(content);
        r->texture_width = r->texture_height = 0;
    }
    return sc_report(r->transfer->s, &err);
}

int scumble_run_texture(scumble_run *r, int width, int height)
{
    if (!r)
        return sc_null(NULL, __func__);
    if (r->run)
        return refuse_begun(r);
    if (sc_guides_any(r->guides))
        return sc_misuse(r->transfer->s, sc_no_guides);
    if (!sc_is_size(width, height))
        return sc_misuse(r->transfer->s, "a texture's width and height must be from 1 to 65535");
    scumble_image_free(&r->content);
    free(r->content_source.path);
    r->content_source = (sc_source){ .path = NULL };
    r->texture_width = width;
    r->texture_height = height;
    return sc_report(r->transfer->s, &(sc_error){ 0 });
}

int scumble_run_start(scumble_run *r, const scumble_image *start)
{
    if (!r)
        return sc_null(NULL, __func__);
    if (r->run)
        return refuse_begun(r);
    sc_error err = { 0 };
    scumble_image_free(&r->start);
    if (start && !sc_source_remember(r->transfer->s, &r->start_source, start, &err))
        r->start = sc_image_share(start);
    return sc_report(r->transfer->s, &err);
}

static int restore(scumble_run *r, sc_weights *state, sc_error *err)
{
    sc_weights_free(r->state);
    r->state = state;
    int code = sc_api_run_begin(r, err);
    if (code) {
        sc_weights_free(r->state);
        r->state = NULL;
    }
    return code;
}

int scumble_run_restore(scumble_run *r, const char *path)
{
    if (!r || !path)
        return sc_null(r ? r->transfer->s : NULL, __func__);
    if (r->run)
        return refuse_begun(r);
    sc_error err = { 0 };
    sc_weights *state;
    if (sc_weights_load(r->transfer->s->threads, &state, path, &err) || restore(r, state, &err))
        sc_error_prefix(&err, "'%s' cannot be resumed", path);
    return sc_report(r->transfer->s, &err);
}

int scumble_run_restore_bytes(scumble_run *r, const void *bytes, size_t size_bytes)
{
    if (!r || !bytes)
        return sc_null(r ? r->transfer->s : NULL, __func__);
    if (r->run)
        return refuse_begun(r);
    sc_error err = { 0 };
    sc_weights *state;
    if (!sc_safetensors_parse(r->transfer->s->threads, &state, bytes, size_bytes, &err))
        restore(r, state, &err);
    return sc_report(r->transfer->s, &err);
}

/* ---- setting --------------------------------------------------------------------------------------------------- */

int scumble_run_settable(const char *name)
{
    return name && (!strcmp(name, "iterations") || sc_group_settable(name));
}

scumble_run *scumble_transfer_current(scumble_transfer *t)
{
    return t ? t->last : NULL;
}

int scumble_run_set(scumble_run *r, const char *name, const char *value)
{
    if (!r || !name || !value)
        return sc_null(r ? r->transfer->s : NULL, __func__);
    sc_error err = { 0 };
    bool count = strcmp(name, "iterations") == 0;
    char *end;
    double number = g_ascii_strtod(value, &end);
    if (end == value || *end || (count && number != (int)number))
        sc_fail(&err, SCUMBLE_ERR_ARGUMENT, "`%.40s`: '%.80s' is not a %snumber", name, value, count ? "whole " : "");
    else if (!sc_api_run_begin(r, &err) && count)
        sc_run_set_iterations(r->run, (int)number, &err);
    else if (!err.code)
        sc_run_set_weight(r->run, name, number, &err);
    return sc_report(r->transfer->s, &err);
}

/* Of masks, what is protected and faces; masks: room for them. */
static sc_recipe_facts facts_of_set(const sc_guide_set *set, sc_recipe_source masks[SC_MOST_STYLES])
{
    for (int i = 0; i < set->mask_count; i++)
        masks[i] = source_fact(&set->mask_sources[i], 0);
    return (sc_recipe_facts){ .masks = masks,
                              .mask_count = set->mask_count,
                              .protect = source_fact(&set->protect_source, 0),
                              .faces = set->faces,
                              .reference.sha256 = "",
                              .reference_mask.sha256 = "" };
}

/* As the run began. */
static json_t *first_guides(const scumble_run *r)
{
    sc_recipe_source masks[SC_MOST_STYLES];
    sc_recipe_facts facts = facts_of_set(r->first, masks);
    facts.reference = source_fact(&r->reference_source, 0);
    facts.reference_mask = source_fact(&r->reference_mask_source, 0);
    return sc_recipe_guides(&facts);
}

/* The guides as the last event noted them, or as the run began; without `keys` (up to three, NULL: fewer). */
static json_t *noted_guides(const scumble_run *r, const char *const keys[3])
{
    const json_t *events = sc_run_events(r->run);
    json_t *noted = NULL;
    for (size_t i = json_array_size(events); i > 0 && !noted; i--) {
        const json_t *event = json_array_get(events, i - 1);
        if (!strcmp(json_string_value(json_object_get(event, "set")), "guides"))
            noted = json_deep_copy(json_object_get(event, "to"));
    }
    if (!noted)
        noted = first_guides(r);
    for (int i = 0; i < 3; i++)
        if (keys[i])
            json_object_del(noted, keys[i]);
    return noted;
}

/* Tells a run that has begun. facts: what is new, in place of `keys`. */
static int tell_guides(scumble_run *r, const sc_guides *guides, const sc_recipe_facts *facts, const char *const keys[3],
                       sc_error *err)
{
    json_t *note = noted_guides(r, keys), *more = sc_recipe_guides(facts);
    if (!note || !more || json_object_update(note, more)) {
        json_decref(note);
        json_decref(more);
        return sc_fail_memory(err, 1024);
    }
    json_decref(more);
    return sc_run_set_guides(r->run, guides, note, err);
}

static int tell_regions(scumble_run *r, sc_error *err)
{
    static const char *const keys[3] = { "masks", "protect", "faces" };
    sc_recipe_source masks[SC_MOST_STYLES];
    sc_recipe_facts facts = facts_of_set(r->guides, masks);
    sc_guides guides = guides_now(r), before = *sc_run_guides(r->run);
    guides.reference = before.reference;
    guides.reference_mask = before.reference_mask;
    return tell_guides(r, &guides, &facts, keys, err);
}

static int tell_reference(scumble_run *r, sc_error *err)
{
    static const char *const keys[3] = { "reference", "reference_mask", NULL };
    sc_recipe_facts facts = { .protect.sha256 = "",
                              .reference = source_fact(&r->reference_now, 0),
                              .reference_mask = source_fact(&r->reference_mask_now, 0) };
    sc_guides own = guides_now(r), guides = *sc_run_guides(r->run);
    guides.reference = own.reference;
    guides.reference_mask = own.reference_mask;
    return tell_guides(r, &guides, &facts, keys, err);
}

/* The run takes set over, on failure too. */
static int change_regions(scumble_run *r, sc_guide_set *set, sc_error *err)
{
    sc_guide_set *old = r->guides;
    sc_tensor old_protect = r->protect;
    r->guides = set;
    r->protect = (sc_tensor){ .data = NULL };
    int code =
        r->content ? sc_guides_protect(r->transfer->s->threads, &r->protect, set, &r->content->image, err) : SCUMBLE_OK;
    if (!code && r->run)
        code = tell_regions(r, err);
    if (code) {
        sc_tensor_free(&r->protect);
        r->protect = old_protect;
        r->guides = old;
        sc_guides_free(set);
        return code;
    }
    sc_tensor_free(&old_protect);
    sc_guides_free(old);
    return SCUMBLE_OK;
}

int scumble_run_guide(scumble_run *r, const scumble_guides *guides)
{
    if (!r)
        return sc_null(NULL, __func__);
    scumble_guides own;
    if (sc_guides_take(r->transfer->s, &own, guides, __func__))
        return r->transfer->s->error.code;
    if (r->texture_width && guides)
        return sc_misuse(r->transfer->s, "a texture takes no masks and protects nothing");
    sc_error err = { 0 };
    sc_guide_set *set = NULL;
    int code = sc_guides_make(&set, r->transfer, guides ? &own : NULL, &err);
    if (!code && r->content && (code = sc_guides_fit(set, r->content->image.width, r->content->image.height, &err)))
        sc_guides_free(set);
    if (!code)
        code = change_regions(r, set, &err);
    if (!code && !r->run) {
        sc_guides_free(r->first);
        r->first = sc_guides_share(set);
    }
    return sc_report(r->transfer->s, &err);
}

/* What a reference is, of a run or of a call. */
typedef struct held {
    scumble_image *image;
    sc_tensor region;
    sc_source source, mask_source;
} held;

static void free_held(held *h)
{
    scumble_image_free(&h->image);
    sc_tensor_free(&h->region);
    free(h->source.path);
    free(h->mask_source.path);
}

static held swap_held(scumble_run *r, const held *h)
{
    held old = { r->reference, r->reference_mask, r->reference_now, r->reference_mask_now };
    r->reference = h->image;
    r->reference_mask = h->region;
    r->reference_now = h->source;
    r->reference_mask_now = h->mask_source;
    return old;
}

static int make_held(scumble *s, held *h, const scumble_image *reference, const scumble_image *mask, sc_error *err)
{
    *h = (held){ .image = sc_image_share(reference) };
    int code = reference ? sc_source_remember(s, &h->source, reference, err) : SCUMBLE_OK;
    if (code || !reference || !mask)
        return code;
    code = sc_source_remember(s, &h->mask_source, mask, err);
    return code ?
               code :
               sc_region_from_image(s->threads, &h->region, &mask->image, mask->image.height, mask->image.width, err);
}

int scumble_run_reference(scumble_run *r, const scumble_image *reference, const scumble_image *mask)
{
    if (!r)
        return sc_null(NULL, __func__);
    sc_error err = { 0 };
    held made;
    int code = make_held(r->transfer->s, &made, reference, mask, &err);
    if (!code) {
        held old = swap_held(r, &made);
        code = r->run ? tell_reference(r, &err) : SCUMBLE_OK;
        made = code ? swap_held(r, &old) : old; /* what is not kept */
    }
    free_held(&made);
    return sc_report(r->transfer->s, &err);
}

/* ---- steps ----------------------------------------------------------------------------------------------------- */

int scumble_run_step(scumble_run *r, double budget_s)
{
    if (!r)
        return sc_null(NULL, __func__);
    sc_error err = { 0 };
    int code = sc_api_run_begin(r, &err);
    if (!code)
        code = sc_run_step(r->run, budget_s, &err);
    if (!code) { /* what it went on from has been taken over */
        sc_weights_free(r->state);
        r->state = NULL;
    }
    return sc_report(r->transfer->s, &err);
}

int scumble_run_done(const scumble_run *r)
{
    return r && r->run && sc_run_done(r->run);
}

const scumble_event *scumble_run_progress(const scumble_run *r)
{
    if (!r || !r->run)
        return NULL;
    sc_position at = sc_run_position(r->run);
    sc_losses losses = sc_run_losses(r->run);
    const sc_scales *scales = sc_run_scales(r->run);
    const sc_scale *scale = &scales->scale[at.scale];
    scumble_event told = { .job = r->content ? "stylize" : "texture",
                           .stage = "scale",
                           .stage_number = at.scale + 1,
                           .stages = scales->count,
                           .size_px = scale->width > scale->height ? scale->width : scale->height,
                           .done = at.iterations_done,
                           .of = sc_run_iterations(r->run),
                           .unit = "iterations",
                           .elapsed_s = at.elapsed_s,
                           .eta_s = sc_run_left_s(r->run),
                           .note = sc_run_note(r->run) };
    sc_event_tell(r->event, &told, &losses);
    return &r->event->told;
}

int scumble_run_picture(scumble_run *r, scumble_image **picture)
{
    if (picture)
        *picture = NULL;
    if (!r || !picture)
        return sc_null(r ? r->transfer->s : NULL, __func__);
    if (!r->run)
        return sc_misuse(r->transfer->s, "there is no picture yet: the run has made no step");
    sc_error err = { 0 };
    sc_image now;
    if (!sc_run_picture(r->run, &now, &err))
        sc_context_image(&now, NULL, picture, &err);
    return sc_report(r->transfer->s, &err);
}

const char *scumble_run_recipe(scumble_run *r)
{
    if (!r || !r->run)
        return "";
    const sc_scales *scales = sc_run_scales(r->run);
    scumble_image sized = { .image = { .width = scales->width, .height = scales->height } };
    free(r->recipe);
    r->recipe = with_facts(r, sc_run_position(r->run).iterations_done ? &sized : NULL, sc_recipe_write);
    return r->recipe ? r->recipe : "";
}

/* ---- states ---------------------------------------------------------------------------------------------------- */

static int save(scumble_run *r, sc_weights **state, sc_error *err)
{
    *state = NULL;
    if (!r->run)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "this run has not begun: there is nothing to save yet");
    char *recipe = with_facts(r, NULL, sc_recipe_write);
    int code = recipe ? sc_run_save(r->run, recipe, state, err) : sc_fail_memory(err, 4096);
    free(recipe);
    return code;
}

int scumble_run_save(scumble_run *r, const char *path)
{
    if (!r || !path)
        return sc_null(r ? r->transfer->s : NULL, __func__);
    sc_error err = { 0 };
    sc_weights *state;
    if (!save(r, &state, &err))
        sc_safetensors_write(r->transfer->s->threads, state, path, false, &err);
    sc_weights_free(state);
    return sc_report(r->transfer->s, &err);
}

int scumble_run_save_bytes(scumble_run *r, void **bytes, size_t *size_bytes)
{
    if (bytes)
        *bytes = NULL;
    if (size_bytes)
        *size_bytes = 0;
    if (!r || !bytes || !size_bytes)
        return sc_null(r ? r->transfer->s : NULL, __func__);
    sc_error err = { 0 };
    sc_weights *state;
    if (!save(r, &state, &err))
        sc_safetensors_bytes(r->transfer->s->threads, state, bytes, size_bytes, &err);
    sc_weights_free(state);
    return sc_report(r->transfer->s, &err);
}
