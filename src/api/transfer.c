/* SPDX-License-Identifier: MIT */
/* The transfer of the public API: checks what the caller gave, keeps the facts for the recipe. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/recipe.h"
#include "core/file.h"

typedef struct source {
    char *path;
    char sha256[65];
} source;

struct scumble_transfer {
    scumble *s;
    sc_transfer *inner;
    scumble_options options;
    const sc_encoder *encoder;
    source *styles, content;
    int texture_width, texture_height; /* of the last run; 0 = it had a content */
    double *weights; /* as given */
    int style_count;
    sc_weights *resume; /* for the next run */
    char *recipe;
    bool running; /* the callback may not start, resume or close it */
};

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

static int remember_source(source *kept, const scumble_image *image, sc_error *err)
{
    free(kept->path);
    kept->path = image->path ? strdup(image->path) : NULL;
    if (*image->sha256)
        memcpy(kept->sha256, image->sha256, sizeof kept->sha256);
    else
        hash_values(&image->image, kept->sha256);
    return image->path && !kept->path ? sc_fail_memory(err, strlen(image->path)) : SCUMBLE_OK;
}

static int copy_sources(scumble_transfer *t, const scumble_style *styles, int count, sc_error *err)
{
    t->styles = calloc((size_t)count, sizeof *t->styles);
    t->weights = calloc((size_t)count, sizeof *t->weights);
    if (!t->styles || !t->weights)
        return sc_fail_memory(err, (size_t)count * sizeof *t->styles);
    t->style_count = count;
    int code = SCUMBLE_OK;
    for (int i = 0; i < count && !code; i++) {
        t->weights[i] = styles[i].weight;
        code = remember_source(&t->styles[i], styles[i].image, err);
    }
    return code;
}

/* Loads the picture that a word option names, unless the word is one of its choices. */
static int load_named(scumble_transfer *t, const char *option, const char *value, sc_image *image, const sc_image **found, sc_error *err)
{
    *found = NULL;
    if (sc_option_is_choice(option, value))
        return SCUMBLE_OK;
    int code = sc_image_load(image, value, &t->s->limits, err);
    if (code)
        return sc_error_prefix(err, "--%s", option);
    *found = image;
    return SCUMBLE_OK;
}

static int create_inner(scumble_transfer *t, const scumble_style *styles, int count, sc_error *err)
{
    sc_image start = { 0 }, colours = { 0 };
    const sc_image **images = calloc((size_t)count, sizeof *images);
    sc_transfer_setup setup = {
        .backend = t->s->backend, .threads = t->s->threads, .encoder = t->encoder, .options = &t->options, .styles = images,
        .style_weights = t->weights, .style_count = count,
    };
    int code = images ? SCUMBLE_OK : sc_fail_memory(err, (size_t)count * sizeof *images);
    for (int i = 0; i < count && !code; i++)
        images[i] = &styles[i].image->image;
    if (!code)
        code = load_named(t, "init", t->options.init, &start, &setup.init, err);
    if (!code)
        code = load_named(t, "colour", t->options.colour, &colours, &setup.colours, err);
    if (!code)
        code = sc_transfer_create(&t->inner, &setup, err);
    sc_image_free(&start);
    sc_image_free(&colours);
    free(images);
    return code;
}

int scumble_transfer_open(scumble *s, const scumble_style *styles, int style_count, const scumble_options *options, scumble_transfer **transfer)
{
    if (transfer)
        *transfer = NULL;
    if (!sc_is_open(s) || !styles || !transfer)
        return sc_null(s, __func__);
    if (style_count < 1 || style_count > 64)
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
    if (!code)
        code = sc_context_encoder(s, t->options.encoder, &t->encoder, &err);
    if (!code)
        code = copy_sources(t, styles, style_count, &err);
    if (!code)
        code = create_inner(t, styles, style_count, &err);
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
    sc_transfer_free(t->inner);
    for (int i = 0; i < t->style_count; i++)
        free(t->styles[i].path);
    free(t->styles);
    free(t->weights);
    free(t->content.path);
    sc_weights_free(t->resume);
    free(t->recipe);
    free(t);
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
    sc_transfer_estimate(t->inner, false, content_width, content_height, estimate, &err);
    return sc_report(t->s, &err);
}

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
    if (!is_size(width, height))
        return sc_misuse(t->s, "a texture's width and height must be from 1 to 65535");
    sc_error err = { 0 };
    sc_transfer_estimate(t->inner, true, width, height, estimate, &err);
    return sc_report(t->s, &err);
}

/* Calls use(facts) with the facts of this transfer as they are now. */
static char *with_facts(const scumble_transfer *t, const scumble_image *result, char *(*use)(const sc_recipe_facts *))
{
    sc_recipe_source *styles = calloc((size_t)t->style_count, sizeof *styles);
    if (!styles)
        return NULL;
    for (int i = 0; i < t->style_count; i++)
        styles[i] = (sc_recipe_source){ t->styles[i].path, t->styles[i].sha256, t->weights[i] };
    sc_recipe_facts facts = {
        .options = &t->options, .encoder = t->encoder, .content = { t->content.path, t->content.sha256, 0 }, .styles = styles,
        .texture_width = t->texture_width, .texture_height = t->texture_height, .style_count = t->style_count, .losses = sc_transfer_losses(t->inner), .computed_with = t->s->backend->describe(),
        .width = result ? result->image.width : 0, .height = result ? result->image.height : 0,
    };
    char *text = use(&facts);
    free(styles);
    return text;
}

/* The run, once it is known what is painted. */
static int paint(scumble_transfer *t, sc_subject *subject, scumble_progress_fn progress, void *user, scumble_image **result)
{
    sc_error err = { 0 };
    char *identity = with_facts(t, NULL, sc_recipe_identity);
    free(t->recipe);
    t->recipe = with_facts(t, NULL, sc_recipe_write);
    if (!identity || !t->recipe) {
        free(identity);
        sc_fail_memory(&err, 4096);
        return sc_report(t->s, &err);
    }
    sc_image painted;
    t->running = true;
    subject->identity = identity;
    subject->resume = t->resume;
    int code = sc_transfer_run(t->inner, subject, progress, user, &painted, &err);
    t->running = false;
    free(identity);
    sc_weights_free(t->resume);
    t->resume = NULL;
    if (code && code != SCUMBLE_ERR_CANCELLED)
        return sc_report(t->s, &err);
    sc_error wrapping = { 0 };
    if (sc_context_image(&painted, NULL, NULL, result, &wrapping))
        return sc_report(t->s, &wrapping);
    free(t->recipe);
    t->recipe = with_facts(t, *result, sc_recipe_write);
    return sc_report(t->s, &err);
}

int scumble_transfer_run(scumble_transfer *t, const scumble_image *content, scumble_progress_fn progress, void *user, scumble_image **result)
{
    if (result)
        *result = NULL;
    if (!t || !content || !result)
        return sc_null(t ? t->s : NULL, __func__);
    if (t->running)
        return sc_misuse(t->s, "this transfer is running: its callback cannot run it again");
    sc_error err = { 0 };
    if (remember_source(&t->content, content, &err))
        return sc_report(t->s, &err);
    t->texture_width = t->texture_height = 0;
    return paint(t, &(sc_subject){ .content = &content->image }, progress, user, result);
}

int scumble_transfer_texture(scumble_transfer *t, int width, int height, scumble_progress_fn progress, void *user, scumble_image **result)
{
    if (result)
        *result = NULL;
    if (!t || !result)
        return sc_null(t ? t->s : NULL, __func__);
    if (t->running)
        return sc_misuse(t->s, "this transfer is running: its callback cannot run it again");
    if (!is_size(width, height))
        return sc_misuse(t->s, "a texture's width and height must be from 1 to 65535");
    t->texture_width = width;
    t->texture_height = height;
    return paint(t, &(sc_subject){ .width = width, .height = height }, progress, user, result);
}

int scumble_transfer_snapshot(scumble_transfer *t, scumble_image **image)
{
    if (image)
        *image = NULL;
    if (!t || !image)
        return sc_null(t ? t->s : NULL, __func__);
    sc_error err = { 0 };
    sc_image now;
    if (!sc_transfer_snapshot(t->inner, &now, &err))
        sc_context_image(&now, NULL, NULL, image, &err);
    return sc_report(t->s, &err);
}

int scumble_transfer_checkpoint(scumble_transfer *t, const char *path)
{
    if (!t || !path)
        return sc_null(t ? t->s : NULL, __func__);
    sc_error err = { 0 };
    sc_transfer_checkpoint(t->inner, path, t->recipe, &err);
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
    if (!sc_weights_load(&state, path, &err)) {
        sc_weights_free(t->resume);
        t->resume = state;
    } else {
        sc_error_prefix(&err, "'%s' cannot be resumed", path);
    }
    return sc_report(t->s, &err);
}

const char *scumble_transfer_recipe(const scumble_transfer *t)
{
    return t && t->recipe ? t->recipe : "";
}

const char *scumble_transfer_describe(const scumble_transfer *t)
{
    return t ? sc_transfer_describe(t->inner) : "";
}

int scumble_stylize(scumble *s, const scumble_image *content, const scumble_image *style, const scumble_options *options, scumble_image **result)
{
    if (result)
        *result = NULL;
    if (!sc_is_open(s) || !content || !style || !result)
        return sc_null(s, __func__);
    scumble_style styles[1] = { { style, 1 } };
    scumble_transfer *transfer;
    int code = scumble_transfer_open(s, styles, 1, options, &transfer);
    if (!code)
        code = scumble_transfer_run(transfer, content, NULL, NULL, result);
    scumble_transfer_close(&transfer);
    return code;
}
