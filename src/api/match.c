/* SPDX-License-Identifier: MIT */
/* Compatibility of pictures, for the public API: descriptors with their cache, scores with reasons, settings. */
#include "scumble/match.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "api/context.h"
#include "core/file.h"
#include "measure/compatibility.h"
#include "measure/descriptor_cache.h"

#define CACHE_BYTES ((int64_t)512 << 20)

_Static_assert((int)SCUMBLE_MATCH_REASONS == (int)SC_REASONS, "the public number of reasons");

struct scumble_descriptor {
    sc_descriptor inner;
};

/* What a context keeps to make descriptors. */
struct sc_matching {
    sc_describer *describer;
    sc_descriptor_cache *cache; /* NULL: there is none */
    char encoder[13];           /* the begin of its hash */
};

void sc_matching_free(struct sc_matching *matching)
{
    if (!matching)
        return;
    sc_describer_free(matching->describer);
    sc_descriptor_cache_close(matching->cache);
    free(matching);
}

/* Descriptors are all of the embedded encoder: the model knows no other. */
static int create_describer(scumble *s, sc_error *err)
{
    if (s->matching)
        return SCUMBLE_OK;
    const sc_encoder *encoder;
    struct sc_matching *m = calloc(1, sizeof *m);
    if (!m)
        return sc_fail_memory(err, sizeof *m);
    int code = sc_media_init(err);
    if (!code)
        code = sc_context_encoder(s, "lite", &encoder, err);
    if (!code)
        code = sc_describer_create(&m->describer, encoder, s->threads, err);
    if (code) {
        free(m);
        return code;
    }
    memcpy(m->encoder, sc_encoder_sha256(encoder), sizeof m->encoder - 1);
    s->matching = m;
    return SCUMBLE_OK;
}

static char *cache_path(void)
{
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (cache && *cache == '/')
        return sc_format("%s/scumble/descriptors.sqlite", cache);
    return home && *home ? sc_format("%s/.cache/scumble/descriptors.sqlite", home) : NULL;
}

/* Opened for the first file. */
static sc_descriptor_cache *open_cache(struct sc_matching *m)
{
    sc_error ignored = { 0 };
    char *path = m->cache ? NULL : cache_path();
    if (path)
        sc_descriptor_cache_open(&m->cache, path, CACHE_BYTES, &ignored);
    free(path);
    return m->cache;
}

static int describe(scumble *s, const sc_image *image, int edge, scumble_descriptor **descriptor, sc_error *err)
{
    *descriptor = malloc(sizeof **descriptor);
    if (!*descriptor)
        return sc_fail_memory(err, sizeof **descriptor);
    int code = sc_describe(s->matching->describer, image, edge, &(*descriptor)->inner, err);
    if (code)
        scumble_descriptor_free(descriptor);
    return code;
}

static int describe_file(scumble *s, const char *path, scumble_descriptor **descriptor, sc_error *err)
{
    sc_image image;
    int code = sc_image_load(&image, path, &s->limits, err);
    if (code)
        return code;
    code = describe(s, &image, SC_DESCRIPTOR_EDGE, descriptor, err);
    sc_image_free(&image);
    return code;
}

/* From the cache, or measured and put there. */
static int describe_cached(scumble *s, sc_descriptor_cache *cache, const char *path, scumble_descriptor **descriptor, sc_error *err)
{
    char hash[65], key[120];
    int code = sc_descriptor_cache_hash(cache, path, hash, err);
    if (code)
        return code;
    snprintf(key, sizeof key, "%s %s %d %zu", hash, s->matching->encoder, SC_DESCRIPTOR_VERSION, sizeof(sc_descriptor));
    *descriptor = malloc(sizeof **descriptor);
    if (!*descriptor)
        return sc_fail_memory(err, sizeof **descriptor);
    if (sc_descriptor_cache_find(cache, key, &(*descriptor)->inner))
        return SCUMBLE_OK;
    scumble_descriptor_free(descriptor);
    code = describe_file(s, path, descriptor, err);
    if (!code)
        sc_descriptor_cache_put(cache, key, &(*descriptor)->inner);
    return code;
}

int scumble_descriptor_load(scumble *s, const char *path, scumble_descriptor **descriptor)
{
    if (descriptor)
        *descriptor = NULL;
    if (!sc_is_open(s) || !path || !descriptor)
        return sc_null(s, __func__);
    sc_error err = { 0 };
    int code = create_describer(s, &err);
    sc_descriptor_cache *cache = code ? NULL : open_cache(s->matching);
    if (!code)
        code = cache ? describe_cached(s, cache, path, descriptor, &err) : describe_file(s, path, descriptor, &err);
    if (code)
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
    if (!create_describer(s, &err))
        describe(s, &image->image, SC_DESCRIPTOR_EDGE, descriptor, &err);
    return sc_report(s, &err);
}

void scumble_descriptor_free(scumble_descriptor **descriptor)
{
    if (!descriptor)
        return;
    free(*descriptor);
    *descriptor = NULL;
}

/* ---- pairs -------------------------------------------------------------------------------------------------------- */

const scumble_match_reason *scumble_match_reason_list(int *count)
{
    static const scumble_match_reason reasons[SC_REASONS] = {
        [SC_REASON_FEATURES] = { "features", "its forms are like the photo's", "its forms are unlike the photo's" },
        [SC_REASON_COUNTERPARTS] = { "counterparts", "much of it can be used", "few of its places suit the photo's" },
        [SC_REASON_TEXTURE] = { "texture", "texture of the photo's scale and directions", "texture of other scale or directions" },
        [SC_REASON_COLOURS] = { "colours", "colours close to the photo's", "colours far from the photo's" },
        [SC_REASON_PAINTING] = { "painting", "the same style all over", "uneven or plain: hard for any photo" },
    };
    if (count)
        *count = SC_REASONS;
    return reasons;
}

/* A painting without colours leaves a coloured photo grey: then only its lightness is taken. One whose colours lie very far from the photo's gives it its hues
 * in the painting's key. The bounds are in OKLab's units and in logarithms of variances. */
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
    scumble_match match = { .score = c.score, .outcome = c.outcome,
                            .settings = { c.beta, 1, colour_for(photo, painting, c.affinities[SC_AFFINITY_PALETTE]) } };
    memcpy(match.reasons, c.reasons, sizeof match.reasons);
    return match;
}

int scumble_match_pair(scumble *s, const scumble_descriptor *photo, const scumble_descriptor *painting, scumble_match *match)
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

/* ---- settings ----------------------------------------------------------------------------------------------------- */

/* The scale of the painting that promises most; another one than 1 only where it promises clearly more. */
static int choose_scale(scumble *s, const sc_image *photo, const sc_image *painting, scumble_match_settings *settings, sc_error *err)
{
    static const double scales[] = { 1, 0.7, 0.5, 1.4 }, clearly = 0.25;
    scumble_descriptor *of_photo, *of_painting;
    double best = 0;
    int code = describe(s, photo, SC_DESCRIPTOR_EDGE, &of_photo, err);
    for (size_t i = 0; i < sizeof scales / sizeof *scales && !code; i++) {
        code = describe(s, painting, (int)lround(SC_DESCRIPTOR_EDGE * scales[i]), &of_painting, err);
        if (code)
            break;
        scumble_match match = match_of(&of_photo->inner, &of_painting->inner);
        if (i == 0 || match.outcome < best - clearly) {
            best = match.outcome;
            *settings = match.settings;
            settings->style_scale = scales[i];
        }
        scumble_descriptor_free(&of_painting);
    }
    scumble_descriptor_free(&of_photo);
    return code;
}

int scumble_match_settings_of(scumble *s, const scumble_image *photo, const scumble_image *painting, scumble_match_settings *settings)
{
    if (!sc_is_open(s) || !photo || !painting || !settings)
        return sc_null(s, __func__);
    sc_error err = { 0 };
    if (!create_describer(s, &err))
        choose_scale(s, &photo->image, &painting->image, settings, &err);
    return sc_report(s, &err);
}
