/* SPDX-License-Identifier: MIT */
/* Compatibility of pictures, for the public API: descriptors, scores with reasons, settings. */
#include "scumble/match.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "api/context.h"
#include "measure/compatibility.h"
#include "measure/matching.h"

_Static_assert((int)SCUMBLE_MATCH_REASONS == (int)SC_REASONS, "the public number of reasons");

struct scumble_descriptor {
    sc_descriptor inner;
};

/* Descriptors are all of the embedded encoder: the model knows no other. */
static int create_matching(scumble *s, sc_error *err)
{
    const sc_encoder *encoder;
    if (s->matching)
        return SCUMBLE_OK;
    int code = sc_context_encoder(s, "lite", &encoder, err);
    return code ? code : sc_matching_create(&s->matching, encoder, s->threads, err);
}

/* Begins what makes a descriptor: its memory. */
static int prepare_match(scumble *s, scumble_descriptor **descriptor, sc_error *err)
{
    int code = create_matching(s, err);
    if (code)
        return code;
    *descriptor = malloc(sizeof **descriptor);
    return *descriptor ? SCUMBLE_OK : sc_fail_memory(err, sizeof **descriptor);
}

int scumble_descriptor_load(scumble *s, const char *path, scumble_descriptor **descriptor)
{
    if (descriptor)
        *descriptor = NULL;
    if (!sc_is_open(s) || !path || !descriptor)
        return sc_null(s, __func__);
    sc_error err = { 0 };
    if (!prepare_match(s, descriptor, &err) &&
        sc_matching_describe_file(s->matching, path, &s->limits, &(*descriptor)->inner, &err))
        scumble_descriptor_free(descriptor);
    return sc_report(s, &err);
}

int scumble_descriptor_create(scumble *s, const scumble_image *image, scumble_descriptor **descriptor)
{
    if (descriptor)
        *descriptor = NULL;
    if (!sc_is_open(s) || !image || !descriptor)
        return sc_null(s, __func__);
    sc_error err = { 0 };
    if (!prepare_match(s, descriptor, &err) &&
        sc_matching_describe(s->matching, &image->image, SC_DESCRIPTOR_EDGE, &(*descriptor)->inner, &err))
        scumble_descriptor_free(descriptor);
    return sc_report(s, &err);
}

void scumble_descriptor_free(scumble_descriptor **descriptor)
{
    if (!descriptor)
        return;
    free(*descriptor);
    *descriptor = NULL;
}

/* ---- pairs ----------------------------------------------------------------------------------------------------- */

const scumble_match_reason *scumble_match_reason_at(int index)
{
    static const scumble_match_reason reasons[SC_REASONS] = {
        [SC_REASON_FEATURES] = { "features", "its forms are like the photo's", "its forms are unlike the photo's" },
        [SC_REASON_COUNTERPARTS] = { "counterparts", "much of it can be used", "few of its places suit the photo's" },
        [SC_REASON_TEXTURE] = { "texture", "texture of the photo's scale and directions",
                                "texture of other scale or directions" },
        [SC_REASON_COLOURS] = { "colours", "colours close to the photo's", "colours far from the photo's" },
        [SC_REASON_PAINTING] = { "painting", "the same style all over", "uneven or plain: hard for any photo" },
    };
    return index >= 0 && index < (int)SC_REASONS ? &reasons[index] : NULL;
}

/* A painting without colours leaves a coloured photo grey: then only its lightness is taken. One whose colours lie very
 * far from the photo's gives it its hues in the painting's key. The bounds are in OKLab's units and in logarithms of
 * variances. */
static const char *colour_for(const sc_descriptor *photo, const sc_descriptor *painting, double palette)
{
    if (painting->chroma < 0.012f && photo->chroma > 0.025f)
        return "luminance";
    return palette > 2 ? "match" : "style";
}

static scumble_match match_of(const sc_descriptor *photo, const sc_descriptor *painting)
{
    sc_compatibility c;
    sc_compatibility_of(photo, painting, &c);
    scumble_match match = { .score = c.score,
                            .outcome = c.outcome,
                            .settings = { c.beta, 1, colour_for(photo, painting, c.affinities[SC_AFFINITY_PALETTE]) } };
    memcpy(match.reasons, c.reasons, sizeof match.reasons);
    return match;
}

int scumble_match_pair(scumble *s, const scumble_descriptor *photo, const scumble_descriptor *painting,
                       scumble_match *match)
{
    if (!photo || !painting || !match)
        return sc_null(s, __func__);
    *match = match_of(&photo->inner, &painting->inner);
    return SCUMBLE_OK;
}

int scumble_match_measures(scumble *s, const scumble_descriptor *photo, const scumble_descriptor *painting, char **json)
{
    if (json)
        *json = NULL;
    if (!photo || !painting || !json)
        return sc_null(s, __func__);
    double values[SC_AFFINITIES];
    sc_affinities(&photo->inner, &painting->inner, values);
    json_t *object = json_object();
    for (int i = 0; i < SC_AFFINITIES; i++)
        json_object_set_new(object, sc_affinity_infos[i].name, json_real(values[i]));
    *json = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(9));
    json_decref(object);
    sc_error err = { 0 };
    if (!*json)
        sc_fail_memory(&err, 1000);
    return sc_report(s, &err);
}

/* ---- settings -------------------------------------------------------------------------------------------------- */

/* The scale of the painting that promises most; another one than 1 only where it promises clearly more. both: room for
 * two descriptors. */
static int choose_scale(sc_matching *m, const sc_image *photo, const sc_image *painting, sc_descriptor both[2],
                        scumble_match_settings *settings, sc_error *err)
{
    static const double scales[] = { 1, 0.7, 0.5 }, clearly = 0.25;
    double best = 0;
    int code = sc_matching_describe(m, photo, SC_DESCRIPTOR_EDGE, &both[0], err);
    for (size_t i = 0; i < sizeof scales / sizeof *scales && !code; i++) {
        code = sc_matching_describe(m, painting, (int)lround(SC_DESCRIPTOR_EDGE * scales[i]), &both[1], err);
        if (code)
            break;
        scumble_match match = match_of(&both[0], &both[1]);
        if (i == 0 || match.outcome < best - clearly) {
            best = match.outcome;
            *settings = match.settings;
            settings->style_scale = scales[i];
        }
    }
    return code;
}

int scumble_match_settings_of(scumble *s, const scumble_image *photo, const scumble_image *painting,
                              scumble_match_settings *settings)
{
    if (!sc_is_open(s) || !photo || !painting || !settings)
        return sc_null(s, __func__);
    sc_error err = { 0 };
    sc_descriptor *both = malloc(2 * sizeof *both);
    if (!both)
        sc_fail_memory(&err, 2 * sizeof *both);
    else if (!create_matching(s, &err))
        choose_scale(s->matching, &photo->image, &painting->image, both, settings, &err);
    free(both);
    return sc_report(s, &err);
}
