/* SPDX-License-Identifier: MIT */
/* Runs of the public API: checks what the caller gave, shares the pictures, steps and finishes. What recipes tell of
 * them is in run_facts.c, guides and references in run_guides.c. */
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "api/style.h"
#include "loss/groups.h"

/* ---- beginning ------------------------------------------------------------------------------------------------- */

/* Non-zero: out of memory. */
static int copy_source(sc_source *to, const sc_source *from)
{
    *to = *from;
    to->path = from->path ? strdup(from->path) : NULL;
    return from->path && !to->path;
}

int sc_api_run_begin(scumble_run *r, sc_error *err)
{
    const scumble_style *t = r->style;
    if (r->run)
        return SCUMBLE_OK;
    if (!r->content && !r->texture_width)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                       "there is nothing to paint: give the run a content, or a texture's size, first");
    if (r->content && !r->protect.data &&
        sc_guides_protect(r->style->s->threads, &r->protect, r->guides, &r->content->image, err))
        return err->code;
    if (r->state && sc_api_check_state(r, true, err))
        return err->code;
    char *identity = sc_api_run_identity(r);
    int code = identity ? SCUMBLE_OK : sc_fail_memory(err, 4096);
    sc_subject subject = { .content = r->content ? &r->content->image : NULL,
                           .width = r->texture_width,
                           .height = r->texture_height,
                           .texture = !r->content,
                           .start = r->start             ? &r->start->image :
                                    t->start_picture.rgb ? &t->start_picture :
                                                           NULL,
                           .guides = sc_guides_now(r) };
    if (!code)
        code = sc_run_create(&r->run, t->inner, &subject, identity, r->state, err);
    free(identity);
    if (!code && (copy_source(&r->reference_source, &r->reference_now) ||
                  copy_source(&r->reference_mask_source, &r->reference_mask_now)))
        code = sc_fail_memory(err, 4096);
    return code;
}

int scumble_run_open(scumble_style *t, scumble_run **run)
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
    r->style = t;
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
    return sc_misuse(r->style->s, "this run has begun: what it paints, and where from, is told before its first step");
}

int scumble_run_content(scumble_run *r, const scumble_image *content)
{
    if (!r || !content)
        return sc_null(r ? r->style->s : NULL, __func__);
    if (r->run)
        return refuse_begun(r);
    sc_error err = { 0 };
    if (!sc_guides_fit(r->guides, content->image.width, content->image.height, &err) &&
        !sc_source_remember(r->style->s, &r->content_source, content, &err)) {
        scumble_image_free(&r->content);
        sc_tensor_free(&r->protect);
        r->content = sc_image_share(content);
        r->texture_width = r->texture_height = 0;
    }
    return sc_report(r->style->s, &err);
}

int scumble_run_texture(scumble_run *r, int width, int height)
{
    if (!r)
        return sc_null(NULL, __func__);
    if (r->run)
        return refuse_begun(r);
    if (sc_guides_any(r->guides))
        return sc_misuse(r->style->s, sc_no_guides);
    if (width < 1 || height < 1 || width > SC_MAX_EDGE || height > SC_MAX_EDGE)
        return sc_misuse(r->style->s, "a texture's width and height must be from 1 to 65535");
    scumble_image_free(&r->content);
    free(r->content_source.path);
    r->content_source = (sc_source){ .path = NULL };
    r->texture_width = width;
    r->texture_height = height;
    return sc_report(r->style->s, &(sc_error){ 0 });
}

int scumble_run_start(scumble_run *r, const scumble_image *start)
{
    if (!r)
        return sc_null(NULL, __func__);
    if (r->run)
        return refuse_begun(r);
    sc_error err = { 0 };
    scumble_image_free(&r->start);
    if (start && !sc_source_remember(r->style->s, &r->start_source, start, &err))
        r->start = sc_image_share(start);
    return sc_report(r->style->s, &err);
}

/* Takes the state over. What is known of the run is compared; the rest when it begins. */
static int restore(scumble_run *r, sc_weights *state, sc_error *err)
{
    bool subject = r->content || r->texture_width;
    sc_weights_free(r->state);
    r->state = state;
    int code = subject ? sc_api_run_begin(r, err) : sc_api_check_state(r, false, err);
    if (code) {
        sc_weights_free(r->state);
        r->state = NULL;
    }
    return code;
}

int scumble_run_restore(scumble_run *r, const char *path)
{
    if (!r || !path)
        return sc_null(r ? r->style->s : NULL, __func__);
    if (r->run)
        return refuse_begun(r);
    sc_error err = { 0 };
    sc_weights *state;
    if (sc_weights_load(r->style->s->threads, &state, path, &err) || restore(r, state, &err))
        sc_error_prefix(&err, "'%s' cannot be resumed", path);
    return sc_report(r->style->s, &err);
}

int scumble_run_restore_bytes(scumble_run *r, const void *bytes, size_t size_bytes)
{
    if (!r || !bytes)
        return sc_null(r ? r->style->s : NULL, __func__);
    if (r->run)
        return refuse_begun(r);
    sc_error err = { 0 };
    sc_weights *state;
    if (!sc_safetensors_parse(r->style->s->threads, &state, bytes, size_bytes, &err))
        restore(r, state, &err);
    return sc_report(r->style->s, &err);
}

/* ---- estimates ------------------------------------------------------------------------------------------------- */

/* Of its content or its texture, or of a photo of this size. False: there is nothing to estimate. */
static bool subject_of(const scumble_run *r, int width, int height, sc_subject *subject)
{
    bool own = !width && !height;
    *subject = (sc_subject){ .width = width, .height = height, .guides = sc_guides_of(r->guides) };
    if (own && r->content) {
        subject->width = r->content->image.width;
        subject->height = r->content->image.height;
    } else if (own) {
        subject->width = r->texture_width;
        subject->height = r->texture_height;
        subject->texture = true;
    }
    return subject->width >= 1 && subject->height >= 1;
}

int scumble_run_estimate(scumble_run *r, int width, int height, const scumble_estimate **estimate)
{
    if (estimate)
        *estimate = NULL;
    if (!r || !estimate)
        return sc_null(r ? r->style->s : NULL, __func__);
    if (r->run)
        return sc_misuse(r->style->s, "this run has begun: its progress says how long the rest takes");
    sc_error err = { 0 };
    sc_subject subject;
    if (!subject_of(r, width, height, &subject))
        return sc_misuse(r->style->s, width || height ?
                                          "the content's width and height must be positive" :
                                          "there is nothing to estimate: give the run a content, or a texture's size, "
                                          "or say how large a photo is");
    sc_estimate found = { .width = 0 };
    int code = sc_guides_fit(r->guides, subject.width, subject.height, &err);
    if (!code)
        code = sc_style_estimate(r->style->inner, &subject, r->state, &found, &err);
    r->estimate = (scumble_estimate){ .width = found.width,
                                      .height = found.height,
                                      .memory_bytes = found.memory_bytes,
                                      .time_s = found.time_s,
                                      .free_bytes = found.free_bytes,
                                      .tile_edge = found.tile_edge,
                                      .load_s = found.load_s,
                                      .save_s = found.save_s };
    if (!code || (code == SCUMBLE_ERR_LIMIT && found.width))
        *estimate = &r->estimate;
    return sc_report(r->style->s, &err);
}

/* ---- setting --------------------------------------------------------------------------------------------------- */

int scumble_run_settable(const char *name)
{
    return name && (!strcmp(name, "iterations") || sc_group_settable(name));
}

int scumble_run_set(scumble_run *r, const char *name, const char *value)
{
    if (!r || !name || !value)
        return sc_null(r ? r->style->s : NULL, __func__);
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
    return sc_report(r->style->s, &err);
}

/* ---- steps ----------------------------------------------------------------------------------------------------- */

static int api_run_step(scumble_run *r, double budget_s, sc_error *err)
{
    int code = sc_api_run_begin(r, err);
    if (!code)
        code = sc_run_step(r->run, budget_s, err);
    if (!code) { /* what it went on from has been taken over */
        sc_weights_free(r->state);
        r->state = NULL;
    }
    return code;
}

static const char busy[] = "this run is being finished: its callback cannot step it";

int scumble_run_step(scumble_run *r, double budget_s)
{
    if (!r)
        return sc_null(NULL, __func__);
    if (r->finishing)
        return sc_misuse(r->style->s, busy);
    sc_error err = { 0 };
    api_run_step(r, budget_s, &err);
    return sc_report(r->style->s, &err);
}

/* To its end, or as long as the caller wants. */
static int step_through(scumble_run *r, scumble_event_fn progress, void *user, sc_error *err)
{
    int code = sc_api_run_begin(r, err);
    while (!code && !sc_run_done(r->run)) {
        int before = sc_run_position(r->run).iterations_done;
        code = api_run_step(r, 0, err);
        int done = sc_run_position(r->run).iterations_done;
        if (!code && done > before && progress && progress(scumble_run_progress(r), user))
            return sc_fail(err, SCUMBLE_ERR_CANCELLED, "stopped after %d of %d iterations", done,
                           sc_run_iterations(r->run));
    }
    if (!code)
        code = api_run_step(r, 0, err); /* of one that is done already: its picture */
    return code ? code : sc_threads_check(r->style->s->threads, err);
}

/* What the run has come to, when it ended well or was stopped. */
static int take_result(scumble_run *r, int code, scumble_image **result, sc_error *err)
{
    sc_image painted;
    sc_error other = { 0 };
    if (code && sc_threads_cancelled(r->style->s->threads)) /* there is no time to finish a picture */
        return code;
    if (!code && sc_run_position(r->run).iterations_done >= r->style->options.style.iterations &&
        sc_run_rest(r->run, err))
        return err->code;
    if ((sc_run_picture(r->run, &painted, &other) || sc_context_image(&painted, NULL, result, &other)) && !code)
        *err = other;
    return err->code;
}

int scumble_run_finish(scumble_run *r, scumble_event_fn progress, void *user, scumble_image **result)
{
    if (result)
        *result = NULL;
    if (!r || !result)
        return sc_null(r ? r->style->s : NULL, __func__);
    if (r->finishing)
        return sc_misuse(r->style->s, busy);
    sc_error err = { 0 };
    r->finishing = true;
    r->style->s->calling_back++;
    int code = step_through(r, progress, user, &err);
    r->style->s->calling_back--;
    r->finishing = false;
    if (r->run && (!code || code == SCUMBLE_ERR_CANCELLED))
        take_result(r, code, result, &err);
    return sc_report(r->style->s, &err);
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
        return sc_null(r ? r->style->s : NULL, __func__);
    if (!r->run)
        return sc_misuse(r->style->s, "there is no picture yet: the run has made no step");
    sc_error err = { 0 };
    sc_image now;
    if (!sc_run_picture(r->run, &now, &err))
        sc_context_image(&now, NULL, picture, &err);
    return sc_report(r->style->s, &err);
}

const char *scumble_run_recipe(scumble_run *r)
{
    if (!r || !r->run)
        return "";
    free(r->recipe);
    r->recipe = sc_api_run_recipe(r, sc_run_position(r->run).iterations_done > 0);
    return r->recipe ? r->recipe : "";
}

/* ---- states ---------------------------------------------------------------------------------------------------- */

static int save(scumble_run *r, sc_weights **state, sc_error *err)
{
    *state = NULL;
    if (!r->run)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "this run has not begun: there is nothing to save yet");
    char *recipe = sc_api_run_recipe(r, false);
    int code = recipe ? sc_run_save(r->run, recipe, state, err) : sc_fail_memory(err, 4096);
    free(recipe);
    return code;
}

int scumble_run_save(scumble_run *r, const char *path)
{
    if (!r || !path)
        return sc_null(r ? r->style->s : NULL, __func__);
    sc_error err = { 0 };
    sc_weights *state;
    if (!save(r, &state, &err))
        sc_safetensors_write(r->style->s->threads, state, path, false, &err);
    sc_weights_free(state);
    return sc_report(r->style->s, &err);
}

int scumble_run_save_bytes(scumble_run *r, void **bytes, size_t *size_bytes)
{
    if (bytes)
        *bytes = NULL;
    if (size_bytes)
        *size_bytes = 0;
    if (!r || !bytes || !size_bytes)
        return sc_null(r ? r->style->s : NULL, __func__);
    sc_error err = { 0 };
    sc_weights *state;
    if (!save(r, &state, &err))
        sc_safetensors_bytes(r->style->s->threads, state, bytes, size_bytes, &err);
    sc_weights_free(state);
    return sc_report(r->style->s, &err);
}
