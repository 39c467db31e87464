/* SPDX-License-Identifier: MIT */
/* Comparisons, for the public API. */
#include <stdlib.h>
#include <string.h>

#include "api/context.h"
#include "measure/comparison.h"
#include "measure/film_comparison.h"
#include "scumble/compare.h"

_Static_assert((int)SC_METRIC_COUNT <= (int)SCUMBLE_METRICS_MOST, "callers have room for so many");

struct scumble_comparison {
    scumble *s;
    sc_comparison *inner;
    sc_image photo, painting; /* copies */
    const sc_encoder *encoder;
    bool has_sifid;
    int width, height; /* that it is prepared for; 0 = none */
};

const scumble_metric_info *scumble_metric_at(int index)
{
    return index >= 0 && index < (int)SC_METRIC_COUNT ? &sc_metrics[index] : NULL;
}

static int open_encoders(scumble *s, const char *name, sc_comparison_config *config, sc_error *err)
{
    int code = sc_context_encoder(s, name ? name : "vgg19", &config->encoder, err);
    if (!name && code == SCUMBLE_ERR_NOT_FOUND)
        code = sc_context_encoder(s, "lite", &config->encoder, err);
    sc_error missing;
    if (!code && sc_context_encoder(s, "inception_v3", &config->inception, &missing) &&
        missing.code != SCUMBLE_ERR_NOT_FOUND) {
        *err = missing;
        code = missing.code;
    }
    return code;
}

int scumble_comparison_open(scumble *s, const char *encoder, const scumble_image *photo, const scumble_image *painting,
                            scumble_comparison **out)
{
    if (out)
        *out = NULL;
    if (!sc_is_open(s) || !photo || !painting || !out)
        return sc_null(s, __func__);
    sc_error err = { 0 };
    sc_comparison_config config = { .device = s->device, .threads = s->threads };
    scumble_comparison *c = calloc(1, sizeof *c);
    int code = c ? open_encoders(s, encoder, &config, &err) : sc_fail_memory(&err, sizeof *c);
    if (!code) {
        c->s = s;
        c->encoder = config.encoder;
        c->has_sifid = config.inception;
        code = sc_comparison_create(&c->inner, &config, &err);
    }
    if (!code)
        code = sc_image_resize(s->threads, &photo->image, photo->image.width, photo->image.height, &c->photo, &err);
    if (!code)
        code = sc_image_resize(s->threads, &painting->image, painting->image.width, painting->image.height,
                               &c->painting, &err);
    if (code)
        scumble_comparison_close(&c);
    *out = c;
    return code ? sc_report(s, &err) : SCUMBLE_OK; /* err may tell of the encoder that lite stands in for */
}

void scumble_comparison_close(scumble_comparison **handle)
{
    scumble_comparison *c = handle ? *handle : NULL;
    if (!c)
        return;
    *handle = NULL;
    sc_comparison_free(c->inner);
    sc_image_free(&c->photo);
    sc_image_free(&c->painting);
    free(c);
}

const char *scumble_comparison_describe(const scumble_comparison *c)
{
    return c ? sc_comparison_describe(c->inner) : "";
}

int scumble_comparison_calibrated(const scumble_comparison *c)
{
    return c && !strcmp(sc_encoder_architecture(c->encoder), "vgg19");
}

int scumble_comparison_has_sifid(const scumble_comparison *c)
{
    return c && c->has_sifid;
}

int scumble_comparison_measure(scumble_comparison *c, const scumble_image *result, double *values)
{
    if (!c || !result || !values)
        return sc_null(c ? c->s : NULL, __func__);
    sc_error err = { 0 };
    const sc_image *image = &result->image;
    int code = SCUMBLE_OK;
    if (image->width != c->width || image->height != c->height) {
        code = sc_comparison_prepare(c->inner, &c->photo, &c->painting, image->width, image->height, &err);
        c->width = code ? 0 : image->width;
        c->height = code ? 0 : image->height;
    }
    if (!code)
        sc_comparison_measure(c->inner, image, values, &err);
    return sc_report(c->s, &err);
}

int scumble_comparison_control(scumble_comparison *c, scumble_control control, int width, int height,
                               scumble_image **picture)
{
    if (picture)
        *picture = NULL;
    if (!c || !picture)
        return sc_null(c ? c->s : NULL, __func__);
    if (width < 1 || height < 1 || width > SC_MAX_EDGE || height > SC_MAX_EDGE)
        return sc_misuse(c->s, "a control has from 1 to 65535 pixels each way");
    sc_error err = { 0 };
    sc_image own;
    int code = control == SCUMBLE_CONTROL_PAINTING ?
                   sc_comparison_painting(c->s->threads, &c->painting, width, height, &own, &err) :
                   sc_comparison_photo(c->s->threads, &c->photo, width, height, &own, &err);
    if (!code)
        sc_context_image(&own, NULL, picture, &err);
    return sc_report(c->s, &err);
}

/* ---- films ----------------------------------------------------------------------------------------------------- */

struct scumble_film_comparison {
    scumble *s;
    sc_film_comparison *inner;
    int count; /* painted films */
};

int scumble_film_comparison_open(scumble *s, int count, scumble_film_comparison **comparison)
{
    if (comparison)
        *comparison = NULL;
    if (!sc_is_open(s) || !comparison)
        return sc_null(s, __func__);
    if (count < 0)
        return sc_misuse(s, "films that are compared are 0 or more");
    sc_error err = { 0 };
    scumble_film_comparison *c = calloc(1, sizeof *c);
    int code = c ? sc_film_comparison_create(&c->inner, s->threads, count, &err) : sc_fail_memory(&err, sizeof *c);
    if (!code) {
        c->s = s;
        c->count = count;
    } else
        scumble_film_comparison_close(&c);
    *comparison = c;
    return sc_report(s, &err);
}

void scumble_film_comparison_close(scumble_film_comparison **comparison)
{
    if (!comparison || !*comparison)
        return;
    sc_film_comparison_free((*comparison)->inner);
    free(*comparison);
    *comparison = NULL;
}

int scumble_film_comparison_add(scumble_film_comparison *c, const scumble_image *source,
                                const scumble_image *const *pictures, int cut, scumble_steadiness *values)
{
    if (!c || !source || (c->count && !pictures))
        return sc_null(c ? c->s : NULL, __func__);
    for (int i = 0; i < c->count; i++)
        if (!pictures[i])
            return sc_null(c->s, __func__);
    sc_error err = { 0 };
    const sc_image **images = calloc((size_t)c->count + 1, sizeof *images);
    if (!images)
        sc_fail_memory(&err, ((size_t)c->count + 1) * sizeof *images);
    for (int i = 0; i < c->count && images; i++)
        images[i] = &pictures[i]->image;
    if (images)
        sc_film_comparison_add(c->inner, &source->image, images, cut != 0, values, &err);
    free(images);
    return sc_report(c->s, &err);
}

int scumble_film_comparison_result(const scumble_film_comparison *c, scumble_steadiness *values)
{
    if (!c || !values)
        return sc_null(c ? c->s : NULL, __func__);
    sc_film_comparison_result(c->inner, values);
    return SCUMBLE_OK;
}
