/* SPDX-License-Identifier: MIT */
/* The state of a run: tensors and text with the picture, the optimiser's state, the position and what was set. Numbers
 * that are not float32 are kept as text in the metadata, bit for bit, so that a resumed run ends with the same bytes.
 * Written as a safetensors file it is a checkpoint. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run/run_internal.h"

static const char format[] = "scumble.checkpoint/2";

/* ---- guides ---------------------------------------------------------------------------------------------------- */

/* Guides that were set in the run are kept with it; those that it began with are given again. */
struct sc_kept_guides {
    sc_piece *pieces;
    sc_tensor *counts, *places; /* of each piece; data NULL: there is none */
    const sc_tensor **masks;
    int count;
    sc_tensor protect, reference_mask;
    sc_image reference;
};

void sc_kept_guides_free(struct sc_kept_guides *kept)
{
    if (!kept)
        return;
    for (int i = 0; i < kept->count; i++) {
        if (kept->counts)
            sc_tensor_free(&kept->counts[i]);
        if (kept->places)
            sc_tensor_free(&kept->places[i]);
    }
    sc_tensor_free(&kept->protect);
    sc_tensor_free(&kept->reference_mask);
    sc_image_free(&kept->reference);
    free(kept->pieces);
    free(kept->counts);
    free(kept->places);
    free(kept->masks);
    free(kept);
}

static bool guides_were_set(const sc_run *r)
{
    size_t i;
    json_t *event;
    json_array_foreach(r->events, i, event)
    {
        if (!strcmp(json_string_value(json_object_get(event, "set")), "guides"))
            return true;
    }
    return false;
}

/* A region (1, 1, h, w), or nothing. */
static int put_region(sc_weights *state, const char *name, int index, const sc_tensor *region, sc_error *err)
{
    char text[32];
    if (!region || !region->data)
        return SCUMBLE_OK;
    snprintf(text, sizeof text, "guides.%s%d", name, index);
    return sc_weights_lend(state, text, (const int64_t[]){ region->shape.h, region->shape.w }, 2, region->data, err);
}

static int put_guides(const sc_run *r, sc_weights *state, sc_error *err)
{
    const sc_guides *g = &r->subject.guides;
    const sc_piece *pieces = g->pieces;
    int code = sc_state_put_number(state, "guides.pieces", pieces ? g->piece_count : 0, err);
    for (int i = 0; i < r->plan.paintings.count && !code; i++) {
        char name[32];
        snprintf(name, sizeof name, "guides.painting%d", i);
        if (pieces)
            code = sc_state_put_number(state, name, pieces[i].painting, err);
        if (!code)
            code = put_region(state, "counts", i, pieces ? pieces[i].counts : NULL, err);
        if (!code)
            code = put_region(state, "place", i, g->masks ? g->masks[i] : NULL, err);
    }
    if (!code)
        code = put_region(state, "protect", 0, g->protect, err);
    if (!code)
        code = put_region(state, "reference_mask", 0, g->reference_mask, err);
    if (!code && g->reference)
        code = sc_weights_lend(state, "guides.reference",
                               (const int64_t[]){ g->reference->height, g->reference->width, 3 }, 3, g->reference->rgb,
                               err);
    return code;
}

static int refuse_guides(sc_error *err)
{
    return sc_fail(err, SCUMBLE_ERR_FORMAT, "the checkpoint's guides are damaged");
}

static bool is_region(const sc_weight *found)
{
    if (found->dimension_count != 2 || found->dimensions[0] > 65535 || found->dimensions[1] > 65535 || !found->count)
        return false;
    for (size_t i = 0; i < found->count; i++)
        if (!(found->values[i] >= 0 && found->values[i] <= 1))
            return false;
    return true;
}

static int get_region(const sc_weights *state, const char *name, int index, sc_tensor *region, sc_error *err)
{
    char text[32];
    snprintf(text, sizeof text, "guides.%s%d", name, index);
    const sc_weight *found = sc_weights_find(state, text);
    if (!found)
        return SCUMBLE_OK;
    if (!is_region(found))
        return refuse_guides(err);
    int code = sc_tensor_create(region, (sc_shape){ 1, 1, (int)found->dimensions[0], (int)found->dimensions[1] }, err);
    if (!code)
        memcpy(region->data, found->values, found->count * sizeof *found->values);
    return code;
}

static int get_reference(const sc_weights *state, sc_image *reference, sc_error *err)
{
    const sc_weight *found = sc_weights_find(state, "guides.reference");
    if (!found)
        return SCUMBLE_OK;
    const int64_t *d = found->dimensions;
    if (found->dimension_count != 3 || d[2] != 3 || d[0] > 65535 || d[1] > 65535 || !found->count)
        return refuse_guides(err);
    int code = sc_image_create(reference, (int)d[1], (int)d[0], false, err);
    for (size_t i = 0; i < found->count && !code; i++) {
        float v = found->values[i];
        if (!(v >= 0 && v <= 1))
            code = refuse_guides(err);
        reference->rgb[i] = v;
    }
    return code;
}

/* pieces: how many there are, 0 = the style's own. */
static int get_pieces(const sc_run *r, const sc_weights *state, int pieces, struct sc_kept_guides *kept, sc_error *err)
{
    size_t count = (size_t)(pieces ? pieces : r->plan.style->painting_count);
    kept->pieces = calloc(count, sizeof *kept->pieces);
    kept->counts = calloc(count, sizeof *kept->counts);
    kept->places = calloc(count, sizeof *kept->places);
    kept->masks = calloc(count, sizeof *kept->masks);
    if (!kept->pieces || !kept->counts || !kept->places || !kept->masks)
        return sc_fail_memory(err, count * sizeof *kept->counts);
    kept->count = (int)count;
    int code = SCUMBLE_OK;
    for (int i = 0; i < kept->count && !code; i++) {
        char name[32];
        double painting = 0;
        snprintf(name, sizeof name, "guides.painting%d", i);
        if (pieces)
            code = sc_state_get_number(state, name, &painting, err);
        if (!code && !(painting >= 0 && painting < r->plan.style->painting_count))
            code = refuse_guides(err);
        if (!code)
            code = get_region(state, "counts", i, &kept->counts[i], err);
        if (!code)
            code = get_region(state, "place", i, &kept->places[i], err);
        if (!code && (kept->places[i].data != NULL) != (kept->places[0].data != NULL))
            code = refuse_guides(err);
        kept->pieces[i] = (sc_piece){ code ? 0 : (int)painting, kept->counts[i].data ? &kept->counts[i] : NULL };
        kept->masks[i] = &kept->places[i];
    }
    return code;
}

static int restore_guides(sc_run *r, const sc_weights *state, sc_error *err)
{
    enum { MOST = 4096 };
    double pieces;
    struct sc_kept_guides *kept = r->kept_guides = calloc(1, sizeof *kept);
    if (!kept)
        return sc_fail_memory(err, sizeof *kept);
    int code = sc_state_get_number(state, "guides.pieces", &pieces, err);
    if (!code && !(pieces >= 0 && pieces <= MOST))
        code = refuse_guides(err);
    if (!code)
        code = get_pieces(r, state, (int)pieces, kept, err);
    if (!code)
        code = get_region(state, "protect", 0, &kept->protect, err);
    if (!code)
        code = get_region(state, "reference_mask", 0, &kept->reference_mask, err);
    if (!code)
        code = get_reference(state, &kept->reference, err);
    if (code)
        return code;
    r->subject.guides = (sc_guides){ .pieces = pieces > 0 ? kept->pieces : NULL,
                                     .piece_count = (int)pieces,
                                     .masks = kept->places[0].data ? kept->masks : NULL,
                                     .protect = kept->protect.data ? &kept->protect : NULL,
                                     .reference = kept->reference.rgb ? &kept->reference : NULL,
                                     .reference_mask = kept->reference_mask.data ? &kept->reference_mask : NULL };
    return sc_plan_guide(&r->plan, &r->subject.guides, err);
}

/* ---- events ---------------------------------------------------------------------------------------------------- */

/* An event of a file, which may be anything: what it set is set again. */
static int restore_event(sc_run *r, const json_t *event, sc_error *err)
{
    const char *name = json_string_value(json_object_get(event, "set"));
    const json_t *to = json_object_get(event, "to");
    if (!name || !to || !json_is_integer(json_object_get(event, "iteration")))
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "the checkpoint's events are damaged");
    if (!strcmp(name, "guides"))
        return SCUMBLE_OK;
    if (!strcmp(name, "iterations")) {
        json_int_t count = json_integer_value(to);
        if (count < 1 || count > 100000)
            return sc_fail(err, SCUMBLE_ERR_FORMAT, "the checkpoint's events are damaged");
        if (!r->plan.style->options.stop_after) /* which says it for this session */
            r->iterations = (int)count;
        return SCUMBLE_OK;
    }
    return sc_run_apply_weight(r, name, sc_run_event_number(to), err);
}

static int restore_events(sc_run *r, const sc_weights *state, sc_error *err)
{
    const char *text = sc_weights_metadata(state, "events");
    if (!text)
        return SCUMBLE_OK;
    json_t *events = json_loads(text, JSON_REJECT_DUPLICATES, NULL), *event;
    size_t i;
    int code =
        json_is_array(events) ? SCUMBLE_OK : sc_fail(err, SCUMBLE_ERR_FORMAT, "the checkpoint's events are damaged");
    json_array_foreach(events, i, event)
    {
        if (!code)
            code = restore_event(r, event, err);
    }
    if (code) {
        json_decref(events);
        return code;
    }
    json_decref(r->events);
    r->events = events;
    return guides_were_set(r) ? restore_guides(r, state, err) : SCUMBLE_OK;
}

static int put_events(const sc_run *r, sc_weights *state, sc_error *err)
{
    if (!json_array_size(r->events))
        return SCUMBLE_OK;
    char *text = json_dumps(r->events, JSON_COMPACT);
    int code = text ? sc_weights_set_metadata(state, "events", text, err) : sc_fail_memory(err, 1024);
    free(text);
    return code || !guides_were_set(r) ? code : put_guides(r, state, err);
}

/* ---- saving ---------------------------------------------------------------------------------------------------- */

static int put_losses(const sc_run *r, sc_weights *state, sc_error *err)
{
    int code = SCUMBLE_OK;
    for (int i = 0; i < r->losses.count && !code; i++)
        code = sc_state_put_number(state, r->losses.of[i].name, r->losses.of[i].value, err);
    return code;
}

static int put_numbers(const sc_run *r, sc_weights *state, sc_error *err)
{
    const struct {
        const char *name;
        double value;
    } numbers[] = {
        { "scale", r->position.scale },
        { "iteration", r->position.iteration },
        { "iterations_done", r->position.iterations_done },
        { "elapsed_s", r->position.elapsed_s },
        { "width", r->photo.width },
        { "height", r->photo.height },
    };
    int code = SCUMBLE_OK;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers && !code; i++)
        code = sc_state_put_number(state, numbers[i].name, numbers[i].value, err);
    return code ? code : put_losses(r, state, err);
}

static int put_tiling(const sc_run *r, sc_weights *state, sc_error *err)
{
    sc_tiling tiling;
    char text[SC_TILING_TEXT];
    sc_run_tiling(r, &tiling);
    sc_tiling_write(&tiling, text);
    return tiling.count ? sc_weights_set_metadata(state, "tiles", text, err) : SCUMBLE_OK;
}

/* Those of then, unless the options ask for others. */
static int restore_tiling(sc_run *r, const sc_weights *state, sc_error *err)
{
    const char *text = sc_weights_metadata(state, "tiles");
    if (!text || r->plan.tiling.count || !sc_tiling_parse(&r->plan.tiling, text, err))
        return SCUMBLE_OK;
    return sc_fail(err, SCUMBLE_ERR_FORMAT, "the checkpoint's tiles are damaged");
}

static int put_all(const sc_run *r, sc_weights *state, const char *recipe, sc_error *err)
{
    const sc_scale_work *w = r->now;
    int code = sc_weights_set_metadata(state, "format", format, err);
    if (!code)
        code = sc_weights_set_metadata(state, "identity", r->identity, err);
    if (!code && recipe)
        code = sc_weights_set_metadata(state, "recipe", recipe, err);
    if (!code)
        code = put_tiling(r, state, err);
    if (!code)
        code = put_numbers(r, state, err);
    if (!code)
        code = put_events(r, state, err);
    if (!code)
        code = sc_state_put(state, "x", w->values, sc_variable_count(w->variable), err);
    if (!code && w->query)
        code = sc_state_put(state, "query", w->query, (size_t)w->x.width * (size_t)w->x.height * 3, err);
    if (!code)
        code = sc_state_put(state, "divisors", w->divisors, (size_t)w->divisor_count, err);
    if (!code)
        code = sc_optimizer_save(w->optimizer, state, err);
    return code ? code : sc_weights_sort(state, err);
}

int sc_run_save(sc_run *r, const char *recipe, sc_weights **state, sc_error *err)
{
    *state = NULL;
    if (!r->now)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                       "there is no run to save: a checkpoint is written during a run or after a cancelled one");
    int code = r->now->guides_changed ? sc_run_make_ready(r, err) : SCUMBLE_OK; /* their matches are part of it */
    if (!code)
        code = sc_weights_create(state, err);
    if (!code)
        code = put_all(r, *state, recipe, err);
    if (code) {
        sc_weights_free(*state);
        *state = NULL;
    }
    return code;
}

/* ---- restoring ------------------------------------------------------------------------------------------------- */

/* Larger than what the options make of the photo it never was: a file does not decide how much memory is taken. */
static int state_check_size(const sc_run *r, double width, double height, sc_error *err)
{
    const sc_scales *plan = &r->plan.scales;
    if (width >= 1 && width <= plan->width && height >= 1 && height <= plan->height)
        return SCUMBLE_OK;
    return sc_fail(err, SCUMBLE_ERR_FORMAT,
                   "the checkpoint's picture of %.0f x %.0f pixels does not fit this run, of %d x %d", width, height,
                   plan->width, plan->height);
}

/* Numbers from a file, which may be anything. */
static bool fits(const sc_scales *plan, double scale, double iteration, double done)
{
    if (!(scale >= 0 && scale < plan->count && iteration >= 0 && iteration <= plan->scale[(int)scale].iterations))
        return false;
    double expected = iteration;
    for (int k = 0; k < (int)scale; k++)
        expected += plan->scale[k].iterations;
    return done == expected;
}

sc_position sc_state_position(const sc_weights *state, const sc_scales *plan)
{
    double scale, iteration, done;
    sc_error err;
    bool known = !sc_state_get_number(state, "scale", &scale, &err) &&
                 !sc_state_get_number(state, "iteration", &iteration, &err) &&
                 !sc_state_get_number(state, "iterations_done", &done, &err);
    if (!known || !fits(plan, scale, iteration, done))
        return (sc_position){ 0 };
    return (sc_position){ .scale = (int)scale, .iteration = (int)iteration, .iterations_done = (int)done };
}

static int restore_losses(sc_run *r, const sc_weights *state, sc_error *err)
{
    const sc_objective_config *config = &r->plan.config;
    double value;
    for (int g = 0; g < config->group_count; g++) {
        sc_error none;
        if (config->groups[g].terms.count && !sc_state_get_number(state, config->groups[g].name, &value, &none))
            sc_losses_add(&r->losses, config->groups[g].name, value);
    }
    if (!r->position.iterations_done) /* then there are none yet */
        return SCUMBLE_OK;
    int code = sc_state_get_number(state, "total", &value, err);
    if (!code)
        sc_losses_add(&r->losses, "total", value);
    return code;
}

static int restore_position(sc_run *r, const sc_weights *state, sc_error *err)
{
    double scale, iteration, done;
    int code = sc_state_get_number(state, "scale", &scale, err);
    if (!code)
        code = sc_state_get_number(state, "iteration", &iteration, err);
    if (!code)
        code = sc_state_get_number(state, "iterations_done", &done, err);
    if (!code)
        code = sc_state_get_number(state, "elapsed_s", &r->position.elapsed_s, err);
    if (code)
        return code;
    if (!fits(&r->plan.scales, scale, iteration, done))
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "the checkpoint's position does not fit this run");
    r->position.scale = (int)scale;
    r->position.iteration = (int)iteration;
    r->position.iterations_done = (int)done;
    return SCUMBLE_OK;
}

int sc_run_restore(sc_run *r, const sc_weights *state, sc_error *err)
{
    const char *found = sc_weights_metadata(state, "format"), *same = sc_weights_metadata(state, "identity");
    if (!found || strcmp(found, format) != 0)
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "this is not a checkpoint of scumble");
    if (!same || strcmp(same, r->identity) != 0)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                       "the checkpoint belongs to another run: photo, painting, encoder or options differ; give the "
                       "same ones as then");
    double width, height;
    int code = sc_state_get_number(state, "width", &width, err);
    if (!code)
        code = sc_state_get_number(state, "height", &height, err);
    if (!code)
        code = state_check_size(r, width, height, err);
    if (!code)
        code = restore_tiling(r, state, err);
    if (!code)
        code = restore_events(r, state, err);
    if (code)
        return code;
    sc_plan_scales(&r->plan, (int)width, (int)height, r->iterations); /* the size of then: with max_memory, today's
                                                                         could differ */
    code = restore_position(r, state, err);
    return code ? code : restore_losses(r, state, err);
}

int sc_run_restore_work(sc_run *r, sc_scale_work *w, const sc_weights *state, sc_error *err)
{
    size_t pixels = (size_t)w->x.width * (size_t)w->x.height * 3;
    int code = sc_state_get(state, "x", w->values, sc_variable_count(w->variable), err);
    if (!code && w->query)
        code = sc_state_get(state, "query", w->query, pixels, err);
    if (!code && w->query)
        code = sc_objective_refresh(w->objective, w->query, sc_run_round(r), err);
    if (!code)
        code = sc_state_get(state, "divisors", w->divisors, (size_t)w->divisor_count, err);
    if (code)
        return code;
    sc_objective_set_divisors(w->objective, w->divisors);
    return sc_optimizer_load(w->optimizer, state, err);
}
