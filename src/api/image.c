/* SPDX-License-Identifier: MIT */
/* Pictures of the public API. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "api/context.h"
#include "record/provenance.h"
#include "core/file.h"
#include "media/image_alpha.h"

int sc_context_image(sc_image *image, const char *path, scumble_image **out, sc_error *err)
{
    scumble_image *wrapped = calloc(1, sizeof *wrapped);
    if (wrapped && path)
        wrapped->path = strdup(path);
    if (!wrapped || (path && !wrapped->path)) {
        free(wrapped);
        sc_image_free(image);
        return sc_fail_memory(err, sizeof *wrapped);
    }
    wrapped->image = *image;
    *image = (sc_image){ 0 };
    *out = wrapped;
    return SCUMBLE_OK;
}

int scumble_image_load(scumble *s, const char *path, scumble_image **image)
{
    if (image)
        *image = NULL;
    if (!sc_is_open(s) || !path || !image)
        return sc_null(s, __func__);
    sc_error err = { 0 };
    sc_image loaded;
    if (!sc_image_load(&loaded, path, &s->limits, &err))
        sc_context_image(&loaded, path, image, &err);
    return sc_report(s, &err);
}

static bool all_finite(const float *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!isfinite(values[i]))
            return false;
    return true;
}

static void copy_clamped(float *to, const float *from, size_t count)
{
    for (size_t i = 0; i < count; i++)
        to[i] = from[i] < 0 ? 0 : from[i] > 1 ? 1 : from[i];
}

int scumble_image_create(scumble *s, int width, int height, const float *rgb, const float *alpha, scumble_image **image)
{
    if (image)
        *image = NULL;
    if (!sc_is_open(s) || !rgb || !image)
        return sc_null(s, __func__);
    if (width < 1 || height < 1 || width > 65535 || height > 65535)
        return sc_misuse(s, "a picture needs a width and a height from 1 to 65535");
    size_t pixels = (size_t)width * (size_t)height;
    if (!all_finite(rgb, 3 * pixels) || (alpha && !all_finite(alpha, pixels)))
        return sc_misuse(s, "the values of a picture must be finite numbers");
    sc_error err = { 0 };
    sc_image made;
    if (!sc_image_create(&made, width, height, alpha != NULL, &err)) {
        copy_clamped(made.rgb, rgb, 3 * pixels);
        if (alpha)
            copy_clamped(made.alpha, alpha, pixels);
        if (!sc_image_fill_hidden(s->threads, &made, &err))
            sc_context_image(&made, NULL, image, &err);
        sc_image_free(&made);
    }
    return sc_report(s, &err);
}

void scumble_image_free(scumble_image **image)
{
    if (!image || !*image)
        return;
    scumble_image *own = *image;
    *image = NULL;
    if (atomic_fetch_sub(&own->shared, 1) > 0)
        return;
    sc_image_free(&own->image);
    free(own->path);
    free(own);
}

scumble_image *sc_image_share(const scumble_image *image)
{
    scumble_image *own = (scumble_image *)(uintptr_t)image;
    if (own)
        atomic_fetch_add(&own->shared, 1);
    return own;
}

int scumble_image_width(const scumble_image *image)
{
    return image ? image->image.width : 0;
}

int scumble_image_height(const scumble_image *image)
{
    return image ? image->image.height : 0;
}

const float *scumble_image_rgb(const scumble_image *image)
{
    return image ? image->image.rgb : NULL;
}

const float *scumble_image_alpha(const scumble_image *image)
{
    return image ? image->image.alpha : NULL;
}

const char *scumble_image_note(const scumble_image *image)
{
    return image ? image->image.note : NULL;
}

int scumble_image_probe(scumble *s, const char *path, int *width, int *height)
{
    if (!sc_is_open(s) || !path)
        return sc_null(s, __func__);
    sc_error err = { 0 };
    sc_image_probe(path, &s->limits, width, height, NULL, NULL, &err);
    return sc_report(s, &err);
}

int scumble_image_resize(scumble *s, const scumble_image *image, int width, int height, scumble_image **resized)
{
    if (resized)
        *resized = NULL;
    if (!sc_is_open(s) || !image || !resized)
        return sc_null(s, __func__);
    if (width < 1 || height < 1 || width > 65535 || height > 65535)
        return sc_misuse(s, "a picture needs a width and a height from 1 to 65535");
    sc_error err = { 0 };
    sc_image made;
    if (!sc_image_resize(s->threads, &image->image, width, height, &made, &err))
        sc_context_image(&made, NULL, resized, &err);
    return sc_report(s, &err);
}

int scumble_image_text(scumble *s, const char *text, int height, scumble_image **image)
{
    if (image)
        *image = NULL;
    if (!sc_is_open(s) || !text || !image)
        return sc_null(s, __func__);
    if (height < 4 || height > 1000 || strlen(text) > 1000)
        return sc_misuse(s, "a caption is from 4 to 1000 pixels high and at most 1000 bytes long");
    sc_error err = { 0 };
    sc_image made;
    if (!sc_image_text(&made, text, height, &err))
        sc_context_image(&made, NULL, image, &err);
    return sc_report(s, &err);
}

int scumble_image_save(scumble *s, const scumble_image *image, const char *path, const scumble_save_options *options)
{
    if (!sc_is_open(s) || !image || !path)
        return sc_null(s, __func__);
    sc_error err = { 0 };
    scumble_save_options own;
    if (SC_TAKE(&own, options, scumble_save_options, format, &err))
        return sc_report(s, &err);
    sc_image_save_options inner = { .bits = own.bits,
                                    .quality = own.quality,
                                    .keep_icc = own.keep_icc != 0,
                                    .recipe = own.recipe,
                                    .keep_gps = own.keep_gps != 0,
                                    .format = own.format,
                                    .threads = s->threads };
    sc_said said = { 0 };
    if (inner.recipe && sc_said_read(&said, inner.recipe))
        inner.provenance = &said.provenance;
    if (own.origin_only)
        inner.recipe = NULL;
    sc_image_save(&image->image, path, &inner, &err);
    sc_said_free(&said);
    return sc_report(s, &err);
}

int scumble_image_writable(const char *path)
{
    return path && sc_image_writable(path);
}

int scumble_image_readable_name(const char *path)
{
    return path && sc_image_readable_name(path);
}
