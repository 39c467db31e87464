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
static void hash_values(const sc_image *image, char sha256[65])
{
    size_t pixels = (size_t)image->width * (size_t)image->height;
    char parts[2 * 64 + 32], rgb[65], alpha[65] = "";
    sc_sha256(image->rgb, 3 * pixels * sizeof *image->rgb, rgb);
    if (image->alpha)
        sc_sha256(image->alpha, pixels * sizeof *image->alpha, alpha);
    int length = snprintf(parts, sizeof parts, "%d %d %s %s", image->width, image->height, rgb, alpha);
    sc_sha256(parts, (size_t)length, sha256);
}

int sc_source_remember(sc_source *kept, const scumble_image *image, sc_error *err)
{
    free(kept->path);
    kept->path = image->path ? strdup(image->path) : NULL;
    kept->rights = image->image.rights ? *image->image.rights : (sc_rights){ 0 };
    if (*image->sha256)
        memcpy(kept->sha256, image->sha256, sizeof kept->sha256);
    else
        hash_values(&image->image, kept->sha256);
    return image->path && !kept->path ? sc_fail_memory(err, strlen(image->path)) : SCUMBLE_OK;
}

static int copy_picture(sc_image *copy, sc_source *kept, const scumble_image *image, sc_error *err)
{
    int code = sc_source_remember(kept, image, err);
    return code ? code : sc_image_resize(&image->image, image->image.width, image->image.height, copy, err);
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
            code = copy_picture(&p->image, &p->source, styles[i].image, err);
        if (!code && styles[i].mask)
            code = sc_guides_check_style_mask(&styles[i], i, err);
        if (!code && styles[i].mask)
            code = copy_picture(&p->mask, &p->mask_source, styles[i].mask, err);
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
    if (!code)
        code = sc_file_sha256(value, source->sha256, err);
    if (!code && sc_image_is_invisible(image))
        code =
            sc_fail(err, SCUMBLE_ERR_ARGUMENT, "'%s' is wholly transparent: there is nothing to be seen in it", value);
    if (code)
        return sc_error_prefix(err, "`%s`", option);
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
        .options = &t->options,
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
        code = load_named(t, "init", t->options.init, &t->start_picture, &t->start, &found, err);
    if (!code)
        code = load_named(t, "colour", t->options.colour, &colours, &t->palette, &setup.colours, err);
    if (!code)
        code = sc_style_create(&t->style, &setup, err);
    sc_image_free(&colours);
    free(images);
    free(weights);
    return code;
}

/* The regions of these guides (NULL: none). On failure all stays as it was. */
static int set_guides(scumble_transfer *t, const scumble_guides *guides, sc_error *err)
{
    sc_guide_set set;
    int code = sc_guides_make(&set, t, guides, err);
    if (code)
        return code;
    sc_run_free(t->run);
    t->run = NULL;
    sc_guides_free(&t->guides);
    t->guides = set;
    sc_style_settle(t->style);
    return SCUMBLE_OK;
}

/* As far as they are known before there is a photo: faces are looked for in it. */
static sc_guides guides_of(const scumble_transfer *t)
{
    const sc_guide_set *set = &t->guides;
    return (sc_guides){ .pieces = set->pieces,
                        .piece_count = set->piece_count,
                        .masks = set->places,
                        .protect = set->protect.data || set->faces ? &set->protect : NULL };
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
    t->options = options ? *options : scumble_options_default();
    int code = sc_options_check(&t->options, &err);
    if (!code && t->options.max_memory_bytes)
        sc_big_limit((size_t)t->options.max_memory_bytes / SC_PICTURES_SHARE);
    if (!code)
        code = sc_context_encoder(s, t->options.encoder, &t->encoder, &err);
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
    sc_run_free(t->run);
    sc_style_free(t->style);
    sc_image_free(&t->start_picture);
    sc_guides_free(&t->guides);
    for (int i = 0; i < t->painting_count; i++) {
        sc_image_free(&t->paintings[i].image);
        sc_image_free(&t->paintings[i].mask);
        free(t->paintings[i].source.path);
        free(t->paintings[i].mask_source.path);
    }
    free(t->paintings);
    free(t->content.path);
    sc_weights_free(t->resume);
    free(t->recipe);
    free(t);
}

int scumble_transfer_guide(scumble_transfer *t, const scumble_guides *guides)
{
    if (!t || (guides && guides->mask_count > 0 && !guides->masks))
        return sc_null(t ? t->s : NULL, __func__);
    if (t->running)
        return sc_misuse(t->s, "this transfer is running: its callback cannot guide it");
    if (guides && guides->mask_count < 0)
        return sc_misuse(t->s, "the number of masks must not be negative");
    for (int i = 0; guides && i < guides->mask_count; i++)
        if (!guides->masks[i])
            return sc_null(t->s, __func__);
    sc_error err = { 0 };
    set_guides(t, guides, &err);
    return sc_report(t->s, &err);
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
    if (!sc_guides_fit(&t->guides, content_width, content_height, &err))
        sc_style_estimate(t->style,
                          &(sc_subject){ .width = content_width, .height = content_height, .guides = guides_of(t) },
                          t->resume, estimate, &err);
    return sc_report(t->s, &err);
}

static const char no_guides[] = "a texture takes no masks and protects nothing: guide the transfer with NULL first";

static bool is_size(int width, int height)
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
    if (sc_guides_any(&t->guides))
        return sc_misuse(t->s, no_guides);
    if (!is_size(width, height))
        return sc_misuse(t->s, "a texture's width and height must be from 1 to 65535");
    sc_error err = { 0 };
    sc_subject subject = { .width = width, .height = height, .texture = true };
    sc_style_estimate(t->style, &subject, t->resume, estimate, &err);
    return sc_report(t->s, &err);
}

static sc_recipe_source source_fact(const sc_source *source, double weight)
{
    return (sc_recipe_source){ source->path, source->sha256, weight, &source->rights };
}

static sc_position stopped_at(const scumble_transfer *t)
{
    sc_position at = sc_run_position(t->run);
    return at.iterations_done < t->options.iterations ? at : (sc_position){ 0 };
}

/* Calls use(facts) with the facts of this transfer as they are now. */
static char *with_facts(const scumble_transfer *t, const scumble_image *result, char *(*use)(const sc_recipe_facts *))
{
    const sc_guide_set *set = &t->guides;
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
        .options = &t->options,
        .encoder = t->encoder,
        .content = source_fact(&t->content, 0),
        .styles = sources,
        .style_masks = sources + count,
        .texture_width = t->texture_width,
        .texture_height = t->texture_height,
        .style_count = t->painting_count,
        .masks = sources + 2 * count,
        .mask_count = set->mask_count,
        .protect = source_fact(&set->protect_source, 0),
        .faces = set->faces,
        .palette = { t->options.colour, t->palette.sha256, 0, &t->palette.rights },
        .start = { t->options.init, t->start.sha256, 0, &t->start.rights },
        .resumed = t->resume ? sc_weights_metadata(t->resume, "recipe") : NULL,
        .losses = t->run ? sc_run_losses(t->run) : (sc_losses){ 0 },
        .computed_with = t->s->device->kernels->describe(),
        .stopped = result ? stopped_at(t) : (sc_position){ 0 },
        .width = result ? result->image.width : 0,
        .height = result ? result->image.height : 0,
    };
    char *text = use(&facts);
    free(sources);
    return text;
}

/* Whether the checkpoint `state` is of this run, as far as is known: `recipe` is this run's, with its subject or
 * without. */
static int check_resumed(const sc_weights *state, const char *recipe, bool subject, sc_error *err)
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
static int rename_resumed(scumble_transfer *t, const char *identity, sc_error *err)
{
    const char *named = sc_weights_metadata(t->resume, "identity");
    char *then = with_facts(t, NULL, sc_recipe_identity_then);
    int code = !then                             ? sc_fail_memory(err, 4096) :
               named && strcmp(named, then) == 0 ? sc_weights_set_metadata(t->resume, "identity", identity, err) :
                                                   SCUMBLE_OK;
    free(then);
    return code;
}

/* What the caller is told after an iteration. Non-zero: it wants to stop. */
static int report(const scumble_transfer *t, scumble_progress_fn progress, void *user)
{
    sc_position at = sc_run_position(t->run);
    sc_losses losses = sc_run_losses(t->run);
    const sc_scales *scales = sc_run_scales(t->run);
    const sc_scale *scale = &scales->scale[at.scale];
    return progress(&(scumble_progress){ .scale = at.scale + 1,
                                         .scales = scales->count,
                                         .scale_px = scale->width > scale->height ? scale->width : scale->height,
                                         .iteration = at.iterations_done,
                                         .iterations = sc_run_iterations(t->run),
                                         .content = sc_loss_named(&losses, "content"),
                                         .style = sc_loss_named(&losses, "style"),
                                         .tv = sc_loss_named(&losses, "tv"),
                                         .total = losses.total,
                                         .elapsed_s = at.elapsed_s,
                                         .eta_s = sc_run_left_s(t->run),
                                         .note = sc_run_note(t->run) },
                    user);
}

/* To its end, or as long as the caller wants. */
static int step_through(const scumble_transfer *t, scumble_progress_fn progress, void *user, sc_error *err)
{
    int code, before;
    do {
        before = sc_run_position(t->run).iterations_done;
        code = sc_run_step(t->run, 0, err);
        int done = sc_run_position(t->run).iterations_done;
        if (!code && done > before && progress && report(t, progress, user))
            return sc_fail(err, SCUMBLE_ERR_CANCELLED, "stopped after %d of %d iterations", done,
                           sc_run_iterations(t->run));
    } while (!code && !sc_run_done(t->run));
    return code;
}

/* What the run has come to. A stopped run is kept, to be looked at and saved. */
static int take_result(scumble_transfer *t, int code, scumble_image **result, sc_error *err)
{
    sc_image painted;
    sc_error other = { 0 };
    if (!code && !stopped_at(t).iterations_done)
        sc_run_rest(t->run);
    if (sc_run_picture(t->run, &painted, &other) || sc_context_image(&painted, NULL, NULL, result, &other)) {
        if (!code)
            *err = other;
        return err->code;
    }
    free(t->recipe);
    t->recipe = with_facts(t, *result, sc_recipe_write);
    return code;
}

static int check_resume(scumble_transfer *t, const char *identity, sc_error *err)
{
    int code = t->resume ? check_resumed(t->resume, t->recipe, true, err) : SCUMBLE_OK;
    return t->resume && !code ? rename_resumed(t, identity, err) : code;
}

static int begin_and_step(scumble_transfer *t, const sc_subject *subject, scumble_progress_fn progress, void *user,
                          sc_error *err)
{
    sc_run_free(t->run);
    t->run = NULL;
    char *identity = with_facts(t, NULL, sc_recipe_identity);
    free(t->recipe);
    t->recipe = with_facts(t, NULL, sc_recipe_write);
    int code = identity && t->recipe ? check_resume(t, identity, err) : sc_fail_memory(err, 4096);
    if (!code)
        code = sc_run_create(&t->run, t->style, subject, identity, t->resume, err);
    free(identity);
    if (!code)
        code = step_through(t, progress, user, err);
    sc_weights_free(t->resume);
    t->resume = NULL;
    return code;
}

/* The run, once it is known what is painted. */
static int paint(scumble_transfer *t, sc_subject *subject, scumble_progress_fn progress, void *user,
                 scumble_image **result)
{
    sc_error err = { 0 };
    subject->start = t->start_picture.rgb ? &t->start_picture : NULL;
    t->running = true;
    int code = begin_and_step(t, subject, progress, user, &err);
    t->running = false;
    if (t->run && (!code || code == SCUMBLE_ERR_CANCELLED))
        take_result(t, code, result, &err);
    else {
        sc_run_free(t->run);
        t->run = NULL;
    }
    return sc_report(t->s, &err);
}

int scumble_transfer_run(scumble_transfer *t, const scumble_image *content, scumble_progress_fn progress, void *user,
                         scumble_image **result)
{
    if (result)
        *result = NULL;
    if (!t || !content || !result)
        return sc_null(t ? t->s : NULL, __func__);
    if (t->running)
        return sc_misuse(t->s, "this transfer is running: its callback cannot run it again");
    sc_error err = { 0 };
    if (sc_guides_fit(&t->guides, content->image.width, content->image.height, &err) ||
        sc_source_remember(&t->content, content, &err))
        return sc_report(t->s, &err);
    sc_tensor protect;
    if (sc_guides_protect(&protect, &t->guides, &content->image, &err))
        return sc_report(t->s, &err);
    t->texture_width = t->texture_height = 0;
    sc_subject subject = { .content = &content->image, .guides = guides_of(t) };
    subject.guides.protect = protect.data ? &protect : NULL;
    int code = paint(t, &subject, progress, user, result);
    sc_tensor_free(&protect);
    return code;
}

int scumble_transfer_texture(scumble_transfer *t, int width, int height, scumble_progress_fn progress, void *user,
                             scumble_image **result)
{
    if (result)
        *result = NULL;
    if (!t || !result)
        return sc_null(t ? t->s : NULL, __func__);
    if (t->running)
        return sc_misuse(t->s, "this transfer is running: its callback cannot run it again");
    if (sc_guides_any(&t->guides))
        return sc_misuse(t->s, no_guides);
    if (!is_size(width, height))
        return sc_misuse(t->s, "a texture's width and height must be from 1 to 65535");
    t->texture_width = width;
    t->texture_height = height;
    return paint(t, &(sc_subject){ .width = width, .height = height, .texture = true }, progress, user, result);
}

int scumble_transfer_snapshot(scumble_transfer *t, scumble_image **image)
{
    if (image)
        *image = NULL;
    if (!t || !image)
        return sc_null(t ? t->s : NULL, __func__);
    if (!t->run)
        return sc_misuse(t->s, "there is no picture yet: a snapshot is taken during a run or after one");
    sc_error err = { 0 };
    sc_image now;
    if (!sc_run_picture(t->run, &now, &err))
        sc_context_image(&now, NULL, NULL, image, &err);
    return sc_report(t->s, &err);
}

int scumble_transfer_checkpoint(scumble_transfer *t, const char *path)
{
    if (!t || !path)
        return sc_null(t ? t->s : NULL, __func__);
    if (!t->run)
        return sc_misuse(t->s,
                         "there is no run to save: a checkpoint is written during a run or after a cancelled one");
    sc_error err = { 0 };
    sc_weights *state;
    if (!sc_run_save(t->run, t->recipe, &state, &err))
        sc_safetensors_write(state, path, false, &err);
    sc_weights_free(state);
    return sc_report(t->s, &err);
}

int scumble_transfer_resume(scumble_transfer *t, const char *path)
{
    if (!t || !path)
        return sc_null(t ? t->s : NULL, __func__);
    if (t->running)
        return sc_misuse(t->s, "this transfer is running: its callback cannot resume it");
    sc_error err = { 0 };
    sc_weights *state;
    int code = sc_weights_load(&state, path, &err);
    char *recipe = code ? NULL : with_facts(t, NULL, sc_recipe_write);
    if (!code)
        code = recipe ? check_resumed(state, recipe, false, &err) : sc_fail_memory(&err, 4096);
    free(recipe);
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
    return t && t->recipe ? t->recipe : "";
}

const scumble_options *scumble_transfer_options(const scumble_transfer *t)
{
    return t ? sc_style_options(t->style) : NULL;
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
