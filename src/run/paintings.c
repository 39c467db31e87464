/* SPDX-License-Identifier: MIT */
/* The paintings of a run at one scale: how large, in which colours, measured, blended and kept; and what that takes.
 * See paintings.h. */
#include "run/paintings.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "colour/colour.h"
#include "colour/palette_transport.h"
#include "loss/region.h"

void sc_target_cache_free(sc_target_cache *cache)
{
    for (int i = 0; i < cache->count; i++)
        sc_statistics_free_all(cache->kept[i].statistics, cache->kept[i].terms.count);
    free(cache->kept);
    *cache = (sc_target_cache){ 0 };
}

/* FNV-1a, 64 bits. */
static uint64_t paintings_mix(uint64_t key, const void *data, size_t size_bytes)
{
    const unsigned char *bytes = data;
    for (size_t i = 0; i < size_bytes; i++)
        key = (key ^ bytes[i]) * 0x100000001b3u;
    return key;
}

static const uint64_t no_key = 0xcbf29ce484222325u;

uint64_t sc_painting_key(int index, const sc_tensor *mask)
{
    uint64_t key = paintings_mix(no_key, &index, sizeof index);
    if (!mask)
        return key;
    key = paintings_mix(key, &mask->shape, sizeof mask->shape);
    return paintings_mix(key, mask->data, sc_shape_bytes(mask->shape));
}

static int paintings_longer(int a, int b)
{
    return a > b ? a : b;
}

static int shorter(int a, int b)
{
    return a < b ? a : b;
}

void sc_style_size(const sc_paintings *paintings, int style, int edge, int *width, int *height)
{
    const sc_image *image = paintings->styles[style];
    int own = paintings_longer(image->width, image->height), whole = paintings->texture_edge;
    double factor = whole ? fmin(1, whole * paintings->style_scale / own) * edge / whole :
                            fmin(1, edge * paintings->style_scale / own);
    *width = paintings_longer(1, (int)lround(image->width * factor));
    *height = paintings_longer(1, (int)lround(image->height * factor));
}

/* ---- layers ---------------------------------------------------------------------------------------------------- */

static void paintings_fit(sc_layers *layers, const sc_encoder *encoder, int edge)
{
    sc_layers fitting = { 0 };
    for (int i = 0; i < layers->count; i++)
        if (sc_encoder_min_size(encoder, layers->index[i]) <= edge) {
            fitting.index[fitting.count] = layers->index[i];
            fitting.weight[fitting.count++] = layers->weight[i];
        }
    for (int i = sc_encoder_layer_count(encoder) - 1; i >= 0 && !fitting.count; i--)
        if (i == 0 || sc_encoder_min_size(encoder, i) <= edge)
            fitting = (sc_layers){ .count = 1, .index[0] = i, .weight[0] = 1 };
    *layers = fitting;
}

void sc_fit_layers(sc_objective_config *config, const sc_paintings *paintings, const sc_scale *scale)
{
    int own = shorter(scale->width, scale->height), common = own;
    for (int i = 0; i < paintings->count; i++) {
        int width, height;
        sc_style_size(paintings, i, paintings_longer(scale->width, scale->height), &width, &height);
        common = shorter(common, shorter(width, height));
    }
    for (int g = 0; g < config->group_count; g++) {
        sc_terms *terms = &config->groups[g].terms;
        for (int t = 0; t < terms->count; t++)
            if (terms->choice[t].term->reads != SC_READS_PICTURE)
                paintings_fit(&terms->choice[t].layers, config->encoder,
                              config->groups[g].role == SC_ROLE_STYLE ? common : own);
    }
}

static bool same_terms(const sc_terms *a, const sc_terms *b)
{
    bool same = a->count == b->count;
    for (int t = 0; t < a->count && same; t++) {
        const sc_layers *x = &a->choice[t].layers, *y = &b->choice[t].layers;
        same = a->choice[t].term == b->choice[t].term && x->count == y->count &&
               memcmp(x->index, y->index, (size_t)x->count * sizeof *x->index) == 0;
    }
    return same;
}

/* ---- paintings ------------------------------------------------------------------------------------------------- */

static bool is_recoloured(const sc_paintings *paintings)
{
    return paintings->colour != SC_COLOUR_STYLE && paintings->colour != SC_COLOUR_MATCH;
}

/* One painting as large and in the colours that it should have here. */
static int load_style(const sc_objective_config *config, const sc_paintings *paintings, int style, int edge,
                      const sc_image *content, sc_image *image, sc_error *err)
{
    int width, height;
    sc_colour_moments photo;
    sc_style_size(paintings, style, edge, &width, &height);
    int code = sc_image_resize(config->threads, paintings->styles[style], width, height, image, err);
    if (code || !is_recoloured(paintings))
        return code;
    if (paintings->colour == SC_COLOUR_PALETTE)
        return sc_colour_to_palette(config->threads, image, paintings->colours, false, err);
    code = sc_colour_measure(config->threads, content, &photo, err);
    if (!code && paintings->colour == SC_COLOUR_PHOTO)
        return sc_colour_match_moments(config->threads, image, &photo, err);
    if (!code)
        code = sc_colour_to_lightness(config->threads, image, err);
    return code ? code : sc_colour_match_lightness(config->threads, image, &photo, err);
}

/* Adds the statistics of a picture to the blend of a region: blend[t] for each style term; joined_only: just for terms
 * that collect features. */
static int add_picture(sc_statistics *blend, const sc_objective_config *config, const sc_image *image,
                       const sc_tensor *mask, const sc_blend_weight *weight, bool joined_only, double *measured_pixels,
                       sc_error *err)
{
    sc_statistics measured[SC_MAX_TERMS] = { { 0 } };
    sc_statistics *targets[SC_MAX_TERMS];
    sc_terms terms = { 0 };
    const sc_terms *all = sc_terms_of(config, SC_ROLE_STYLE);
    for (int t = 0; t < all->count; t++)
        if (!joined_only || all->choice[t].term->blend == SC_BLEND_JOIN) {
            targets[terms.count] = &blend[t];
            terms.choice[terms.count++] = all->choice[t];
        }
    *measured_pixels += terms.count ? (double)image->width * image->height : 0;
    int code = sc_statistics_measure(config, &terms, image->rgb, image->height, image->width, mask, measured, err);
    for (int t = 0; t < terms.count && !code; t++)
        code = sc_statistics_blend(targets[t], terms.choice[t].term, weight, &measured[t], err);
    for (int t = 0; t < terms.count; t++)
        sc_statistics_free(&measured[t]);
    return code;
}

/* A quarter turn of h x w pixels of `channels` values; to is w x h. */
static void turn(const float *from, int height, int width, int channels, float *to)
{
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            memcpy(to + ((size_t)(width - 1 - x) * (size_t)height + (size_t)y) * (size_t)channels,
                   from + ((size_t)y * (size_t)width + (size_t)x) * (size_t)channels, (size_t)channels * sizeof *to);
}

static int turn_picture(sc_image *image, sc_tensor *mask, sc_error *err)
{
    sc_image turned;
    sc_tensor turned_mask = { .data = NULL };
    int code = sc_image_create(&turned, image->height, image->width, false, err);
    if (!code && mask->data &&
        (code = sc_tensor_create(&turned_mask, (sc_shape){ 1, 1, image->width, image->height }, err)))
        sc_image_free(&turned);
    if (code)
        return code;
    turn(image->rgb, image->height, image->width, 3, turned.rgb);
    if (mask->data)
        turn(mask->data, image->height, image->width, 1, turned_mask.data);
    sc_image_free(image);
    sc_tensor_free(mask);
    *image = turned;
    *mask = turned_mask;
    return SCUMBLE_OK;
}

/* One painting, upright and, where features are collected, turned as well. */
static int add_style(sc_statistics *blend, const sc_objective_config *config, const sc_paintings *paintings, int style,
                     const sc_blend_weight *weight, int edge, const sc_image *content, double *measured_pixels,
                     sc_error *err)
{
    sc_image image = { 0 };
    sc_tensor mask = { .data = NULL };
    sc_objective_config own = *config;
    own.wrap = false; /* a painting has borders */
    if (config->wrap)
        own.encoder_options.padding = SC_PAD_REPLICATE;
    int code = load_style(config, paintings, style, edge, content, &image, err);
    bool masked = paintings->masks && paintings->masks[style];
    if (!code && masked)
        code = sc_region_resize(config->threads, &mask, paintings->masks[style], image.height, image.width, err);
    for (int k = 0; k < paintings->rotations && !code; k++) {
        if (k > 0)
            code = turn_picture(&image, &mask, err);
        if (!code)
            code = add_picture(blend, &own, &image, masked ? &mask : NULL, weight, k > 0, measured_pixels, err);
    }
    sc_tensor_free(&mask);
    sc_image_free(&image);
    return code;
}

/* ---- paintings of a region ------------------------------------------------------------------------------------- */

/* Of one region: one painting, or all of them blended. */
typedef struct members {
    int first, count;
} members;

static members paintings_of(const sc_paintings *paintings, bool by_style, int region)
{
    return by_style ? (members){ region, 1 } : (members){ 0, paintings->count };
}

static int measure_region(sc_statistics *targets, const sc_objective_config *config, const sc_paintings *paintings,
                          members own, int edge, const sc_image *content, double *measured_pixels, sc_error *err)
{
    int code = SCUMBLE_OK;
    double heaviest = 0;
    for (int i = own.first; i < own.first + own.count; i++)
        heaviest = fmax(heaviest, paintings->weights[i]);
    for (int i = own.first; i < own.first + own.count && !code; i++) {
        bool alone = own.count == 1;
        sc_blend_weight weight = { alone ? 1 : paintings->weights[i], alone ? 1 : paintings->weights[i] / heaviest };
        code = add_style(targets, config, paintings, i, &weight, edge, content, measured_pixels, err);
    }
    return code ? code : sc_statistics_prepare(config, sc_terms_of(config, SC_ROLE_STYLE), targets, err);
}

static uint64_t key_of(const sc_paintings *paintings, members own)
{
    uint64_t key = no_key;
    for (int i = own.first; i < own.first + own.count; i++) {
        key = paintings_mix(key, &paintings->keys[i], sizeof *paintings->keys);
        if (own.count > 1)
            key = paintings_mix(key, &paintings->weights[i], sizeof *paintings->weights);
    }
    return key;
}

static const sc_statistics *find_kept(const sc_paintings *paintings, const sc_terms *terms, members own, int edge)
{
    const sc_target_cache *cache = paintings->cache;
    uint64_t key = cache && cache->count ? key_of(paintings, own) : 0;
    for (int i = 0; cache && i < cache->count; i++)
        if (cache->kept[i].edge == edge && cache->kept[i].texture_edge == paintings->texture_edge &&
            cache->kept[i].key == key && same_terms(&cache->kept[i].terms, terms))
            return cache->kept[i].statistics;
    return NULL;
}

bool sc_paintings_kept(const sc_paintings *paintings, const sc_objective_config *config, const sc_scale *scale,
                       bool by_style)
{
    sc_objective_config fitted = *config;
    sc_fit_layers(&fitted, paintings, scale);
    bool all = true;
    for (int r = 0; r < (by_style ? paintings->count : 1) && all; r++)
        all = find_kept(paintings, sc_terms_of(&fitted, SC_ROLE_STYLE), paintings_of(paintings, by_style, r),
                        paintings_longer(scale->width, scale->height)) != NULL;
    return all;
}

/* Only what does not depend on the photo can be kept for another one. */
static bool is_keeper(const sc_paintings *paintings)
{
    return paintings->cache && paintings->colour != SC_COLOUR_PHOTO && paintings->colour != SC_COLOUR_LUMINANCE;
}

/* Hands statistics over to the cache. */
static int keep(const sc_paintings *paintings, const sc_terms *terms, members own, int edge, sc_statistics *statistics,
                sc_error *err)
{
    sc_target_cache *cache = paintings->cache;
    size_t bytes = (size_t)(cache->count + 1) * sizeof *cache->kept;
    struct sc_kept_targets *more = realloc(cache->kept, bytes);
    if (!more)
        return sc_fail_memory(err, bytes);
    cache->kept = more;
    cache->kept[cache->count++] = (struct sc_kept_targets){ .edge = edge,
                                                            .texture_edge = paintings->texture_edge,
                                                            .key = key_of(paintings, own),
                                                            .terms = *terms,
                                                            .statistics = statistics };
    return SCUMBLE_OK;
}

int sc_paintings_measure(const sc_paintings *paintings, const sc_objective_config *config, bool by_style, int region,
                         int edge, const sc_image *content, sc_painting_targets *targets, sc_error *err)
{
    const sc_terms *terms = sc_terms_of(config, SC_ROLE_STYLE);
    members own = paintings_of(paintings, by_style, region);
    *targets = (sc_painting_targets){ .statistics = find_kept(paintings, terms, own, edge) };
    if (targets->statistics)
        return SCUMBLE_OK;
    sc_statistics *fresh = calloc((size_t)terms->count, sizeof *fresh);
    if (!fresh)
        return sc_fail_memory(err, (size_t)terms->count * sizeof *fresh);
    int code = measure_region(fresh, config, paintings, own, edge, content, &targets->measured_pixels, err);
    bool kept = is_keeper(paintings);
    if (!code && kept)
        code = keep(paintings, terms, own, edge, fresh, err);
    if (code) {
        sc_statistics_free_all(fresh, terms->count);
        return code;
    }
    targets->statistics = fresh;
    targets->fresh = kept ? NULL : fresh;
    return SCUMBLE_OK;
}

/* ---- what it takes --------------------------------------------------------------------------------------------- */

/* Turned paintings are measured for the terms that join. */
static int turned_work(const sc_objective_config *config, int height, int width, sc_work *work, sc_error *err)
{
    const sc_terms *all = sc_terms_of(config, SC_ROLE_STYLE);
    sc_terms joined = { 0 };
    sc_statistics_cost cost;
    for (int t = 0; t < all->count; t++)
        if (all->choice[t].term->blend == SC_BLEND_JOIN)
            joined.choice[joined.count++] = all->choice[t];
    int code = sc_statistics_estimate(config, &joined, height, width, &cost, err);
    *work = cost.need.work;
    return code;
}

/* Resized, recoloured, measured, turned and measured again. */
static int add_work(const sc_paintings *paintings, const sc_objective_config *config, int style, int height, int width,
                    const sc_work *upright, sc_work *work, sc_error *err)
{
    const sc_image *image = paintings->styles[style];
    double pixels = (double)width * height;
    sc_work turned = { { 0 } };
    int more = paintings->rotations - 1, code = more ? turned_work(config, height, width, &turned, err) : SCUMBLE_OK;
    sc_work_add(work, 1, upright);
    sc_work_add(work, more, &turned);
    work->of[SC_WORK_PIXELS] += (double)image->width * image->height + pixels * (1 + more) +
                                (is_recoloured(paintings) ? SC_COLOUR_STEP_PIXELS * pixels : 0);
    return code;
}

static void add_keys(sc_keys *keys, const sc_statistics_cost *own, double share, int rotations)
{
    for (int term = 0; term < SC_MAX_TERMS; term++)
        for (int i = 0; i < SC_MAX_STATISTICS; i++)
            keys->count[term][i] += rotations * ceil(own->keys.count[term][i] * share);
}

/* All paintings together, as far as they have been looked at. */
typedef struct tally {
    const sc_paintings *paintings;
    const sc_objective_config *config;
    const sc_scale *scale;
    bool by_style;
    double heaviest;          /* weight */
    double targets, searched; /* bytes: of the targets, and of what is searched at a time */
    sc_keys *keys;            /* NULL: neither they nor the work are wanted */
    sc_paintings_cost *cost;
} tally;

static int add_painting(tally *t, int style, sc_error *err)
{
    const sc_paintings *all = t->paintings;
    int width, height;
    sc_statistics_cost own;
    sc_style_size(all, style, paintings_longer(t->scale->width, t->scale->height), &width, &height);
    int code = sc_statistics_estimate(t->config, sc_terms_of(t->config, SC_ROLE_STYLE), height, width, &own, err);
    if (code)
        return code;
    double upright = t->by_style ? 1 : all->weights[style] / t->heaviest, turned = (all->rotations - 1) * upright,
           share = upright + turned, joined = (double)own.joined_bytes, searched = share * (double)own.largest_bytes;
    sc_need one = { .temporary = sc_image_bytes(width, height) + own.need.host + own.need.device +
                                 (int64_t)(t->targets + turned * joined),
                    .big = own.need.big };
    t->cost->measuring = sc_need_in_turn(&t->cost->measuring, &one);
    t->targets += share * joined + (t->by_style || style == 0 ? (double)own.averaged_bytes : 0);
    t->searched = t->by_style ? fmax(t->searched, searched) : t->searched + searched;
    if (!t->keys)
        return SCUMBLE_OK;
    add_keys(&t->keys[t->by_style ? style : 0], &own, upright, all->rotations);
    return add_work(all, t->config, style, height, width, &own.need.work, &t->cost->measuring.work, err);
}

int sc_paintings_estimate(const sc_paintings *paintings, const sc_objective_config *config, bool by_style,
                          const sc_scale *scale, sc_keys *keys, sc_paintings_cost *cost, sc_error *err)
{
    sc_objective_config fitted = *config;
    sc_statistics_cost picture;
    tally t = { paintings, &fitted, scale, by_style, .keys = keys, .cost = cost };
    sc_fit_layers(&fitted, paintings, scale);
    *cost = (sc_paintings_cost){ .measuring.work.of[SC_WORK_PREPARED] = by_style ? paintings->count : 1 };
    if (keys)
        memset(keys, 0, (size_t)paintings->count * sizeof *keys);
    for (int i = 0; i < paintings->count; i++)
        t.heaviest = fmax(t.heaviest, paintings->weights[i]);
    int code = SCUMBLE_OK;
    for (int i = 0; i < paintings->count && !code; i++)
        code = add_painting(&t, i, err);
    if (!code)
        code = sc_statistics_estimate(&fitted, sc_terms_of(&fitted, SC_ROLE_STYLE), scale->height, scale->width,
                                      &picture, err);
    cost->targets.host = (int64_t)t.targets;
    cost->search.temporary = code ? 0 : (int64_t)t.searched + (int64_t)picture.largest_bytes;
    return code;
}

int sc_paintings_estimate_kept(const sc_paintings *paintings, const sc_objective_config *config, bool by_style,
                               const sc_scale *scales, int count, sc_need *need, sc_error *err)
{
    int code = SCUMBLE_OK;
    *need = (sc_need){ 0 };
    for (int k = 0; k < count && is_keeper(paintings) && !code; k++) {
        sc_paintings_cost cost;
        code = sc_paintings_estimate(paintings, config, by_style, &scales[k], NULL, &cost, err);
        sc_need_add(need, &cost.targets);
    }
    return code;
}
