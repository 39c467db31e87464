/* SPDX-License-Identifier: MIT */
/* Styles of the public API: checks what the caller gave, keeps copies and the facts for the recipe. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/style.h"
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

static int api_style_copy_paintings(scumble_style *t, const scumble_painting *paintings, int count, sc_error *err)
{
    t->paintings = calloc((size_t)count, sizeof *t->paintings);
    if (!t->paintings)
        return sc_fail_memory(err, (size_t)count * sizeof *t->paintings);
    t->painting_count = count;
    int code = SCUMBLE_OK;
    for (int i = 0; i < count && !code; i++) {
        sc_painting *p = &t->paintings[i];
        p->weight = paintings[i].weight;
        code = sc_guides_check_painting(paintings[i].image, i, err);
        if (!code)
            code = copy_picture(t->s, &p->image, &p->source, paintings[i].image, err);
        if (!code && paintings[i].mask)
            code = sc_guides_check_style_mask(t->s->threads, &paintings[i], i, err);
        if (!code && paintings[i].mask)
            code = copy_picture(t->s, &p->mask, &p->mask_source, paintings[i].mask, err);
    }
    return code;
}

/* Loads the picture that a word option names, unless the word is one of its choices, and notes its hash. */
static int load_named(const scumble_style *t, const char *option, const char *value, sc_image *image, sc_source *source,
                      const sc_image **found, sc_error *err)
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

static int create_style(scumble_style *t, sc_error *err)
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
        code = sc_style_create(&t->inner, &setup, err);
    if (!code) {
        t->used = t->options;
        t->used.style = *sc_style_used_options(t->inner);
    }
    sc_image_free(&colours);
    free(images);
    free(weights);
    return code;
}

static int api_style_open_style(scumble_style *t, const scumble_painting *paintings, int count,
                                const scumble_options *options, sc_error *err)
{
    const sc_style_options *own = &t->options.style;
    int code = sc_options_take(&t->options, options, SCUMBLE_OPTIONS_STYLE, err);
    if (!code && own->max_memory_bytes)
        sc_big_limit((size_t)own->max_memory_bytes / SC_PICTURES_SHARE);
    if (!code)
        code = sc_context_encoder(t->s, own->encoder, &t->encoder, err);
    if (!code)
        code = api_style_copy_paintings(t, paintings, count, err);
    if (!code)
        code = create_style(t, err);
    if (!code)
        code = sc_guides_make(&t->guides, t, NULL, err);
    return code;
}

int scumble_style_open(scumble *s, const scumble_painting *paintings, int count, const scumble_options *options,
                       scumble_style **style)
{
    if (style)
        *style = NULL;
    if (!sc_is_open(s) || !paintings || !style)
        return sc_null(s, __func__);
    if (count < 1 || count > SC_MOST_STYLES)
        return sc_misuse(s, "a style needs from 1 to 64 paintings");
    for (int i = 0; i < count; i++)
        if (!paintings[i].image || !(paintings[i].weight > 0 && paintings[i].weight <= SC_MAX_WEIGHT))
            return sc_misuse(s, "each painting needs a picture and a weight that is a positive number up to 1e9");
    sc_error err = { 0 };
    scumble_style *t = calloc(1, sizeof *t);
    if (!t) {
        sc_fail_memory(&err, sizeof *t);
        return sc_report(s, &err);
    }
    t->s = s;
    if (api_style_open_style(t, paintings, count, options, &err))
        scumble_style_close(&t);
    *style = t;
    return sc_report(s, &err);
}

void scumble_style_close(scumble_style **handle)
{
    scumble_style *t = handle ? *handle : NULL;
    if (!t)
        return;
    *handle = NULL;
    sc_style_free(t->inner);
    sc_image_free(&t->start_picture);
    sc_guides_free(t->guides);
    for (int i = 0; i < t->painting_count; i++) {
        sc_image_free(&t->paintings[i].image);
        sc_image_free(&t->paintings[i].mask);
        free(t->paintings[i].source.path);
        free(t->paintings[i].mask_source.path);
    }
    free(t->paintings);
    free(t);
}

const scumble_options *scumble_style_options(const scumble_style *style)
{
    return style ? &style->used : NULL;
}

const char *scumble_style_describe(const scumble_style *style)
{
    return style ? sc_style_describe(style->inner) : "";
}

int scumble_stylize(scumble *s, const scumble_image *content, const scumble_image *painting,
                    const scumble_options *options, scumble_image **result)
{
    if (result)
        *result = NULL;
    if (!sc_is_open(s) || !content || !painting || !result)
        return sc_null(s, __func__);
    scumble_style *style;
    scumble_run *run = NULL;
    int code = scumble_style_open(s, &(scumble_painting){ .image = painting, .weight = 1 }, 1, options, &style);
    if (!code)
        code = scumble_run_open(style, &run);
    if (!code)
        code = scumble_run_content(run, content);
    if (!code)
        code = scumble_run_finish(run, NULL, NULL, result);
    scumble_run_close(&run);
    scumble_style_close(&style);
    return code;
}
