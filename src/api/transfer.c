/* SPDX-License-Identifier: MIT */
/* The transfer of the public API: checks what the caller gave, keeps the facts for the recipe. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/transfer.h"
#include "core/file.h"
#include "core/memory.h"
#include "core/process.h"
#include "media/image_alpha.h"

/* Stands for a picture that did not come from a file: a hash over size, values and alpha. */
static void hash_values(const sc_threads *threads, const sc_image *image, char sha256[65])
{
    size_t pixels = (size_t)image->width * (size_t)image->height;
    char parts[2 * 64 + 32], rgb[65], alpha[65] = "";
    sc_sha256(threads, image->rgb, 3 * pixels * sizeof *image->rgb, rgb);
    if (image->alpha)
        sc_sha256(threads, image->alpha, pixels * sizeof *image->alpha, alpha);
    int length = snprintf(parts, sizeof parts, "%d %d %s %s", image->width, image->height, rgb, alpha);
    sc_sha256(NULL, parts, (size_t)length, sha256);
}

int sc_source_remember(scumble *s, sc_source *kept, const scumble_image *image, sc_error *err)
{
    free(kept->path);
    kept->path = image->path ? strdup(image->path) : NULL;
    kept->rights = image->image.rights ? *image->image.rights : (sc_rights){ 0 };
    if (*image->image.sha256)
        memcpy(kept->sha256, image->image.sha256, sizeof kept->sha256);
    else
        hash_values(s->threads, &image->image, kept->sha256);
    return image->path && !kept->path ? sc_fail_memory(err, strlen(image->path)) : sc_threads_check(s->threads, err);
}

static int copy_picture(scumble *s, sc_image *copy, sc_source *kept, const scumble_image *image, sc_error *err)
{
    int code = sc_source_remember(s, kept, image, err);
    return code ? code : sc_image_resize(s->threads, &image->image, image->image.width, image->image.height, copy, err);
}

static int copy_paintings(scumble_transfer *t, const scumble_style *styles, int count, sc_error *err)
{
    t->paintings = calloc((size_t)count, sizeof *t->paintings);
    if (!t->paintings)
        return sc_fail_memory(err, (size_t)count * sizeof *t->paintings);
    t->painting_count = count;
    int code = SCUMBLE_OK;
    for (int i = 0; i < count && !code; i++) {
        sc_painting *p = &t->paintings[i];
        p->weight = styles[i].weight;
        code = sc_guides_check_painting(styles[i].image, i, err);
        if (!code)
            code = copy_picture(t->s, &p->image, &p->source, styles[i].image, err);
        if (!code && styles[i].mask)
            code = sc_guides_check_style_mask(t->s->threads, &styles[i], i, err);
        if (!code && styles[i].mask)
            code = copy_picture(t->s, &p->mask, &p->mask_source, styles[i].mask, err);
    }
    return code;
}

/* Loads the picture that a word option names, unless the word is one of its choices, and notes its hash. */
static int load_named(const scumble_transfer *t, const char *option, const char *value, sc_image *image,
                      sc_source *source, const sc_image **found, sc_error *err)
{
    *found = NULL;
    if (sc_option_is_choice(option, value))
        return SCUMBLE_OK;
    int code = sc_image_load(image, value, &t->s->limits, err);
    if (!code && sc_image_is_invisible(image))
        code =
            sc_fail(err, SCUMBLE_ERR_ARGUMENT, "'%s' is wholly transparent: there is nothing to be seen in it", value);
    if (code)
        return sc_error_prefix(err, "`%s`", option);
    memcpy(source->sha256, image->sha256, sizeof source->sha256);
    source->rights = image->rights ? *image->rights : (sc_rights){ 0 };
    *found = image;
    return SCUMBLE_OK;
}

static int create_style(scumble_transfer *t, sc_error *err)
{
    size_t count = (size_t)t->painting_count;
    sc_image colours = { 0 };
    const sc_image *found, **images = calloc(count, sizeof *images);
    double *weights = calloc(count, sizeof *weights);
    sc_style_setup setup = {
        .device = t->s->device,
        .threads = t->s->threads,
        .encoder = t->encoder,
        .options = &t->options.style,
        .styles = images,
        .style_weights = weights,
        .style_count = t->painting_count,
    };
    int code = images && weights ? SCUMBLE_OK : sc_fail_memory(err, count * sizeof *images);
    for (size_t i = 0; i < count && !code; i++) {
        images[i] = &t->paintings[i].image;
        weights[i] = t->paintings[i].weight;
    }
    if (!code)
        code = load_named(t, "init", t->options.style.init, &t->start_picture, &t->start, &found, err);
    if (!code)
        code = load_named(t, "colour", t->options.style.colour, &colours, &t->palette, &setup.colours, err);
    if (!code)
        code = sc_style_create(&t->style, &setup, err);
    if (!code) {
        t->used = t->options;
        t->used.style = *sc_style_used_options(t->style);
    }
    sc_image_free(&colours);
    free(images);
    free(weights);
    return code;
}

/* The regions of these guides (NULL: none). On failure all stays as it was. */
static int set_guides(scumble_transfer *t, const scumble_guides *guides, sc_error *err)
{
    sc_guide_set *set;
    int code = sc_guides_make(&set, t, guides, err);
    if (code)
        return code;
    scumble_run_close(&t->last);
    sc_guides_free(t->guides);
    t->guides = set;
    sc_style_settle(t->style);
    return SCUMBLE_OK;
}

int scumble_transfer_open(scumble *s, const scumble_style *styles, int style_count, const scumble_options *options,
                          scumble_transfer **transfer)
{
    if (transfer)
        *transfer = NULL;
    if (!sc_is_open(s) || !styles || !transfer)
        return sc_null(s, __func__);
    if (style_count < 1 || style_count > SC_MOST_STYLES)
        return sc_misuse(s, "a transfer needs from 1 to 64 styles");
    for (int i = 0; i < style_count; i++)
        if (!styles[i].image || !(styles[i].weight > 0 && styles[i].weight <= SC_MAX_WEIGHT))
            return sc_misuse(s, "each style needs a picture and a weight that is a positive number up to 1e9");
    sc_error err = { 0 };
    scumble_transfer *t = calloc(1, sizeof *t);
    if (!t) {
        sc_fail_memory(&err, sizeof *t);
        return sc_report(s, &err);
    }
    t->s = s;
    const sc_style_options *own = &t->options.style;
    int code = sc_options_take(&t->options, options, SCUMBLE_OPTIONS_STYLE, &err);
    if (!code && own->max_memory_bytes)
        sc_big_limit((size_t)own->max_memory_bytes / SC_PICTURES_SHARE);
    if (!code)
        code = sc_context_encoder(s, own->encoder, &t->encoder, &err);
    if (!code)
        code = copy_paintings(t, styles, style_count, &err);
    if (!code)
        code = create_style(t, &err);
    if (!code)
        code = set_guides(t, NULL, &err);
    if (code)
        scumble_transfer_close(&t);
    *transfer = t;
    return sc_report(s, &err);
}

void scumble_transfer_close(scumble_transfer **handle)
{
    scumble_transfer *t = handle ? *handle : NULL;
    if (!t)
        return;
    *handle = NULL;
    scumble_run_close(&t->last);
    sc_style_free(t->style);
    sc_image_free(&t->start_picture);
    sc_guides_free(t->guides);
    for (int i = 0; i < t->painting_count; i++) {
        sc_image_free(&t->paintings[i].image);
        sc_image_free(&t->paintings[i].mask);
        free(t->paintings[i].source.path);
        free(t->paintings[i].mask_source.path);
    }
    free(t->paintings);
    sc_weights_free(t->resume);
    free(t);
}

int scumble_transfer_guide(scumble_transfer *t, const scumble_guides *guides)
{
    if (!t)
        return sc_null(NULL, __func__);
    if (t->running)
        return sc_misuse(t->s, "this transfer is running: its callback cannot guide it");
    scumble_guides own;
    sc_error err = { 0 };
    int code = sc_guides_take(t->s, &own, guides, __func__);
    if (!code)
        set_guides(t, guides ? &own : NULL, &err);
    return code ? code : sc_report(t->s, &err);
}

int scumble_transfer_estimate(scumble_transfer *t, int content_width, int content_height, scumble_estimate *estimate)
{
    if (estimate)
        *estimate = (scumble_estimate){ 0 };
    if (!t || !estimate)
        return sc_null(t ? t->s : NULL, __func__);
    if (t->running)
        return sc_misuse(t->s, "this transfer is running: its callback cannot estimate another run");
    if (content_width < 1 || content_height < 1)
        return sc_misuse(t->s, "the content's width and height must be positive");
    sc_error err = { 0 };
    if (!sc_guides_fit(t->guides, content_width, content_height, &err))
        sc_style_estimate(
            t->style,
            &(sc_subject){ .width = content_width, .height = content_height, .guides = sc_guides_of(t->guides) },
            t->resume, estimate, &err);
    return sc_report(t->s, &err);
}

const char sc_no_guides[] = "a texture takes no masks and protects nothing: guide the transfer with NULL first";

bool sc_is_size(int width, int height)
{
    return width >= 1 && width <= SC_MAX_EDGE && height >= 1 && height <= SC_MAX_EDGE;
}

int scumble_transfer_estimate_texture(scumble_transfer *t, int width, int height, scumble_estimate *estimate)
{
    if (estimate)
        *estimate = (scumble_estimate){ 0 };
    if (!t || !estimate)
        return sc_null(t ? t->s : NULL, __func__);
    if (t->running)
        return sc_misuse(t->s, "this transfer is running: its callback cannot estimate another run");
    if (sc_guides_any(t->guides))
        return sc_misuse(t->s, sc_no_guides);
    if (!sc_is_size(width, height))
        return sc_misuse(t->s, "a texture's width and height must be from 1 to 65535");
    sc_error err = { 0 };
    sc_subject subject = { .width = width, .height = height, .texture = true };
    sc_style_estimate(t->style, &subject, t->resume, estimate, &err);
    return sc_report(t->s, &err);
}

/* ---- runs ------------------------------------------------------------------------------------------------------ */

/* To its end, or as long as the caller wants. */
static int step_through(scumble_run *r, scumble_event_fn progress, void *user, sc_error *err)
{
    int code = sc_api_run_begin(r, err);
    while (!code && !sc_run_done(r->run)) {
        int before = sc_run_position(r->run).iterations_done;
        code = sc_run_step(r->run, 0, err);
        int done = sc_run_position(r->run).iterations_done;
        if (!code && done > before && progress && progress(scumble_run_progress(r), user))
            return sc_fail(err, SCUMBLE_ERR_CANCELLED, "stopped after %d of %d iterations", done,
                           sc_run_iterations(r->run));
    }
    if (!code)
        code = sc_run_step(r->run, 0, err); /* of one that is done already: its picture */
    return code ? code : sc_threads_check(r->transfer->s->threads, err);
}

/* What the run has come to. A stopped run is kept, to be looked at and saved. */
static int take_result(scumble_run *r, int code, scumble_image **result, sc_error *err)
{
    sc_image painted;
    sc_error other = { 0 };
    if (code && sc_threads_cancelled(r->transfer->s->threads)) { /* there is no time to finish a picture */
        scumble_run_recipe(r);                                   /* which says where it ended */
        return code;
    }
    if (!code && sc_run_position(r->run).iterations_done >= r->transfer->options.style.iterations &&
        sc_run_rest(r->run, err))
        return err->code;
    if (sc_run_picture(r->run, &painted, &other) || sc_context_image(&painted, NULL, result, &other)) {
        if (!code)
            *err = other;
        return err->code;
    }
    free(r->recipe);
    r->recipe = sc_api_run_recipe(r, *result);
    return code;
}

/* content NULL: a texture. */
static int paint(scumble_transfer *t, const scumble_image *content, int width, int height, scumble_event_fn progress,
                 void *user, scumble_image **result)
{
    scumble_run *r;
    scumble_run_close(&t->last);
    int code = scumble_run_open(t, &r);
    if (!code)
        code = content ? scumble_run_content(r, content) : scumble_run_texture(r, width, height);
    if (code) {
        scumble_run_close(&r);
        return code;
    }
    sc_error err = { 0 };
    t->last = r;
    t->running = true;
    r->state = t->resume;
    t->resume = NULL;
    t->s->calling_back++;
    code = step_through(r, progress, user, &err);
    t->s->calling_back--;
    t->running = false;
    if (r->run && (!code || code == SCUMBLE_ERR_CANCELLED))
        take_result(r, code, result, &err);
    else
        scumble_run_close(&t->last);
    return sc_report(t->s, &err);
}

int scumble_transfer_run(scumble_transfer *t, const scumble_image *content, scumble_event_fn progress, void *user,
                         scumble_image **result)
{
    if (result)
        *result = NULL;
    if (!t || !content || !result)
        return sc_null(t ? t->s : NULL, __func__);
    if (t->running)
        return sc_misuse(t->s, "this transfer is running: its callback cannot run it again");
    return paint(t, content, 0, 0, progress, user, result);
}

int scumble_transfer_texture(scumble_transfer *t, int width, int height, scumble_event_fn progress, void *user,
                             scumble_image **result)
{
    if (result)
        *result = NULL;
    if (!t || !result)
        return sc_null(t ? t->s : NULL, __func__);
    if (t->running)
        return sc_misuse(t->s, "this transfer is running: its callback cannot run it again");
    return paint(t, NULL, width, height, progress, user, result);
}

int scumble_transfer_snapshot(scumble_transfer *t, scumble_image **image)
{
    if (image)
        *image = NULL;
    if (!t || !image)
        return sc_null(t ? t->s : NULL, __func__);
    if (!t->last)
        return sc_misuse(t->s, "there is no picture yet: a snapshot is taken during a run or after one");
    return scumble_run_picture(t->last, image);
}

int scumble_transfer_checkpoint(scumble_transfer *t, const char *path)
{
    if (!t || !path)
        return sc_null(t ? t->s : NULL, __func__);
    if (!t->last)
        return sc_misuse(t->s,
                         "there is no run to save: a checkpoint is written during a run or after a cancelled one");
    return scumble_run_save(t->last, path);
}

int scumble_transfer_resume(scumble_transfer *t, const char *path)
{
    if (!t || !path)
        return sc_null(t ? t->s : NULL, __func__);
    if (t->running)
        return sc_misuse(t->s, "this transfer is running: its callback cannot resume it");
    sc_error err = { 0 };
    sc_weights *state;
    scumble_run *r;
    if (scumble_run_open(t, &r)) /* of a photo that is not known yet */
        return t->s->error.code;
    int code = sc_weights_load(t->s->threads, &state, path, &err);
    char *recipe = code ? NULL : sc_api_run_recipe(r, NULL);
    if (!code)
        code = recipe ? sc_api_check_state(state, recipe, false, &err) : sc_fail_memory(&err, 4096);
    free(recipe);
    scumble_run_close(&r);
    if (!code) {
        sc_weights_free(t->resume);
        t->resume = state;
    } else {
        sc_weights_free(state);
        sc_error_prefix(&err, "'%s' cannot be resumed", path);
    }
    return sc_report(t->s, &err);
}

const char *scumble_transfer_recipe(const scumble_transfer *t)
{
    return t && t->last && t->last->recipe ? t->last->recipe : "";
}

const scumble_options *scumble_transfer_options(const scumble_transfer *t)
{
    return t ? &t->used : NULL;
}

const char *scumble_transfer_describe(const scumble_transfer *t)
{
    return t ? sc_style_describe(t->style) : "";
}

int scumble_stylize(scumble *s, const scumble_image *content, const scumble_image *style,
                    const scumble_options *options, scumble_image **result)
{
    if (result)
        *result = NULL;
    if (!sc_is_open(s) || !content || !style || !result)
        return sc_null(s, __func__);
    scumble_style styles[1] = { { .image = style, .weight = 1 } };
    scumble_transfer *transfer;
    int code = scumble_transfer_open(s, styles, 1, options, &transfer);
    if (!code)
        code = scumble_transfer_run(transfer, content, NULL, NULL, result);
    scumble_transfer_close(&transfer);
    return code;
}
