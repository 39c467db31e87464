/* SPDX-License-Identifier: MIT */
/* Targets of one scale. See targets.h. */
#include "run/targets.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "colour/colour.h"
#include "colour/palette_transport.h"
#include "loss/region.h"

/* What is protected counts so much more in the content terms, and so much less in the style's. Chosen by looking at
 * faces (kodak-15 and others, four paintings): with 5 and 0.75 they look like photographs pasted in, with 0 and 0.5
 * strokes run across the eyes. */
static const double protect_content = 1, protect_style = 0.4;

static void free_all(sc_statistics *statistics, int count)
{
    for (int i = 0; i < count && statistics; i++)
        sc_statistics_free(&statistics[i]);
    free(statistics);
}

void sc_target_cache_free(sc_target_cache *cache)
{
    for (int i = 0; i < cache->count; i++)
        free_all(cache->kept[i].statistics, cache->kept[i].terms.count);
    free(cache->kept);
    *cache = (sc_target_cache){ 0 };
}

/* FNV-1a, 64 bits. */
static uint64_t mix(uint64_t key, const void *data, size_t size_bytes)
{
    const unsigned char *bytes = data;
    for (size_t i = 0; i < size_bytes; i++)
        key = (key ^ bytes[i]) * 0x100000001b3u;
    return key;
}

static const uint64_t no_key = 0xcbf29ce484222325u;

uint64_t sc_painting_key(int index, const sc_tensor *mask)
{
    uint64_t key = mix(no_key, &index, sizeof index);
    if (!mask)
        return key;
    key = mix(key, &mask->shape, sizeof mask->shape);
    return mix(key, mask->data, sc_shape_bytes(mask->shape));
}

void sc_targets_forget_photo(sc_targets *targets)
{
    sc_image_free(&targets->resized);
    targets->content = NULL;
}

void sc_targets_forget_content(sc_targets *targets)
{
    for (int t = 0; t < SC_MAX_TERMS; t++)
        sc_statistics_free(&targets->content_targets[t]);
    targets->content_region.statistics = NULL;
}

void sc_targets_free(sc_targets *targets)
{
    sc_targets_forget_photo(targets);
    sc_targets_forget_content(targets);
    for (int t = 0; t < SC_MAX_TERMS; t++)
        sc_statistics_free(&targets->reference_targets[t]);
    sc_tensor_free(&targets->reference_weights);
    sc_tensor_free(&targets->protect);
    sc_tensor_free(&targets->content_weights);
    for (int r = 0; r < targets->region_count && targets->weights; r++)
        sc_tensor_free(&targets->weights[r]);
    free(targets->weights);
    free(targets->regions);
    for (int r = 0; r < targets->region_count && targets->fresh; r++)
        free_all(targets->fresh[r], targets->fresh_terms);
    free(targets->fresh);
    *targets = (sc_targets){ 0 };
}

static int longer(int a, int b)
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
    int own = longer(image->width, image->height), whole = paintings->texture_edge;
    double factor = whole ? fmin(1, whole * paintings->style_scale / own) * edge / whole :
                            fmin(1, edge * paintings->style_scale / own);
    *width = longer(1, (int)lround(image->width * factor));
    *height = longer(1, (int)lround(image->height * factor));
}

/* ---- layers ---------------------------------------------------------------------------------------------------- */

static void fit(sc_layers *layers, const sc_encoder *encoder, int edge)
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
        sc_style_size(paintings, i, longer(scale->width, scale->height), &width, &height);
        common = shorter(common, shorter(width, height));
    }
    for (int g = 0; g < config->group_count; g++) {
        sc_terms *terms = &config->groups[g].terms;
        for (int t = 0; t < terms->count; t++)
            if (terms->choice[t].term->reads != SC_READS_PICTURE)
                fit(&terms->choice[t].layers, config->encoder, config->groups[g].role == SC_ROLE_STYLE ? common : own);
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

/* One painting as large and in the colours that it should have here. */
static int load_style(const sc_objective_config *config, const sc_paintings *paintings, int style, int edge,
                      const sc_image *content, sc_image *image, sc_error *err)
{
    int width, height;
    sc_colour_moments photo;
    sc_style_size(paintings, style, edge, &width, &height);
    int code = sc_image_resize(config->threads, paintings->styles[style], width, height, image, err);
    if (code || paintings->colour == SC_COLOUR_STYLE || paintings->colour == SC_COLOUR_MATCH)
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
        code = sc_region_resize(&mask, paintings->masks[style], image.height, image.width, err);
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
        key = mix(key, &paintings->keys[i], sizeof *paintings->keys);
        if (own.count > 1)
            key = mix(key, &paintings->weights[i], sizeof *paintings->weights);
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

bool sc_targets_kept(const sc_paintings *paintings, const sc_objective_config *config, const sc_scale *scale,
                     bool by_style)
{
    sc_objective_config fitted = *config;
    sc_fit_layers(&fitted, paintings, scale);
    bool all = true;
    for (int r = 0; r < (by_style ? paintings->count : 1) && all; r++)
        all = find_kept(paintings, sc_terms_of(&fitted, SC_ROLE_STYLE), paintings_of(paintings, by_style, r),
                        longer(scale->width, scale->height)) != NULL;
    return all;
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

static int find_style(sc_targets *targets, const sc_objective_config *config, const sc_paintings *paintings,
                      bool by_style, int region, int edge, sc_error *err)
{
    const sc_terms *terms = sc_terms_of(config, SC_ROLE_STYLE);
    members own = paintings_of(paintings, by_style, region);
    const sc_statistics *found = find_kept(paintings, terms, own, edge);
    targets->regions[region].statistics = found;
    if (found)
        return SCUMBLE_OK;
    sc_statistics *fresh = calloc((size_t)terms->count, sizeof *fresh);
    if (!fresh)
        return sc_fail_memory(err, (size_t)terms->count * sizeof *fresh);
    int code = measure_region(fresh, config, paintings, own, edge, targets->content, &targets->measured_pixels, err);
    bool any_photo = paintings->colour != SC_COLOUR_PHOTO && paintings->colour != SC_COLOUR_LUMINANCE;
    if (!code && any_photo && paintings->cache)
        code = keep(paintings, terms, own, edge, fresh, err);
    else if (!code)
        targets->fresh[region] = fresh;
    if (code)
        free_all(fresh, terms->count);
    targets->regions[region].statistics = fresh;
    return code;
}

static int find_styles(sc_targets *targets, const sc_objective_config *config, const sc_paintings *paintings,
                       bool by_style, int edge, sc_error *err)
{
    int count = by_style ? paintings->count : 1, code = SCUMBLE_OK;
    targets->regions = calloc((size_t)count, sizeof *targets->regions);
    targets->weights = calloc((size_t)count, sizeof *targets->weights);
    targets->fresh = calloc((size_t)count, sizeof *targets->fresh);
    targets->fresh_terms = sc_terms_of(config, SC_ROLE_STYLE)->count;
    if (!targets->regions || !targets->weights || !targets->fresh)
        return sc_fail_memory(err, (size_t)count * sizeof *targets->regions);
    targets->region_count = count;
    for (int r = 0; r < count && !code; r++)
        code = find_style(targets, config, paintings, by_style, r, edge, err);
    return code;
}

/* ---- regions --------------------------------------------------------------------------------------------------- */

/* The masks at this scale; without masks one region that is everywhere. */
static int place_regions(sc_targets *targets, const sc_guides *guides, const sc_scale *scale, sc_error *err)
{
    int code = SCUMBLE_OK;
    for (int r = 0; r < targets->region_count && !code; r++)
        code = guides->masks ?
                   sc_region_resize(&targets->weights[r], guides->masks[r], scale->height, scale->width, err) :
                   sc_tensor_create(&targets->weights[r], (sc_shape){ 1, 1, scale->height, scale->width }, err);
    for (size_t i = 0; !guides->masks && !code && i < sc_shape_count(targets->weights[0].shape); i++)
        targets->weights[0].data[i] = 1;
    return code;
}

/* Where masks overlap, their paintings share the position as their weights say, so that it counts once: m_r w_r / (sum
 * m w) * min(1, sum m). */
static void share_positions(sc_targets *targets, const double *weights)
{
    for (size_t i = 0; i < sc_shape_count(targets->weights[0].shape); i++) {
        double covered = 0, weighed = 0;
        for (int r = 0; r < targets->region_count; r++) {
            covered += targets->weights[r].data[i];
            weighed += weights[r] * targets->weights[r].data[i];
        }
        for (int r = 0; r < targets->region_count && weighed > 0; r++)
            targets->weights[r].data[i] =
                (float)(weights[r] * targets->weights[r].data[i] / weighed * fmin(1, covered));
    }
}

/* Where each region lies, what is protected counting less. */
static int weigh_regions(sc_targets *targets, const sc_paintings *paintings, const sc_guides *guides,
                         const sc_scale *scale, sc_error *err)
{
    int code = place_regions(targets, guides, scale, err);
    if (code)
        return code;
    if (guides->masks)
        share_positions(targets, paintings->weights);
    for (int r = 0; r < targets->region_count && targets->protect.data; r++)
        for (size_t i = 0; i < sc_shape_count(targets->protect.shape); i++)
            targets->weights[r].data[i] *= 1 - (float)protect_style * targets->protect.data[i];
    return SCUMBLE_OK;
}

/* Where they lie; an empty region leaves no trace. */
static int make_regions(sc_targets *targets, const sc_paintings *paintings, const sc_guides *guides,
                        const sc_scale *scale, struct sc_group_targets *group, sc_error *err)
{
    bool weighted = guides->masks || guides->protect;
    int code = weighted ? weigh_regions(targets, paintings, guides, scale, err) : SCUMBLE_OK;
    *group = (struct sc_group_targets){ 0, targets->regions };
    for (int r = 0; r < targets->region_count && !code; r++) {
        sc_region_targets *region = &targets->regions[group->region_count];
        *region = (sc_region_targets){ .statistics = targets->regions[r].statistics, .share = 1 };
        if (weighted) {
            region->weights = &targets->weights[r];
            region->share = sc_region_share(region->weights);
        }
        group->region_count += region->share > 0;
    }
    return code;
}

static int make_protect(sc_targets *targets, const sc_tensor *protect, const sc_scale *scale, sc_error *err)
{
    int code = sc_region_resize(&targets->protect, protect, scale->height, scale->width, err);
    if (!code)
        code = sc_tensor_create(&targets->content_weights, targets->protect.shape, err);
    for (size_t i = 0; !code && i < sc_shape_count(targets->protect.shape); i++)
        targets->content_weights.data[i] = 1 + (float)protect_content * targets->protect.data[i];
    if (code)
        return code;
    targets->content_region.weights = &targets->content_weights;
    targets->content_region.share = sc_region_share(&targets->content_weights); /* the rest counts as without */
    return SCUMBLE_OK;
}

/* ---- all ------------------------------------------------------------------------------------------------------- */

static int place_content(sc_targets *targets, const sc_objective_config *config, const sc_paintings *paintings,
                         const sc_image *content, const sc_scale *scale, sc_error *err)
{
    bool lightness = paintings->colour == SC_COLOUR_LUMINANCE;
    if (!lightness && content->width == scale->width && content->height == scale->height) {
        targets->content = content;
        return SCUMBLE_OK;
    }
    int code = (config->wrap ? sc_image_resize_tile : sc_image_resize)(config->threads, content, scale->width,
                                                                       scale->height, &targets->resized, err);
    if (!code && lightness)
        code = sc_colour_to_lightness(config->threads, &targets->resized, err);
    targets->content = &targets->resized;
    return code;
}

static int measure_content(sc_targets *targets, const sc_objective_config *config, const sc_scale *scale, sc_error *err)
{
    const sc_terms *terms = sc_terms_of(config, SC_ROLE_CONTENT);
    if (terms->count)
        targets->measured_pixels += (double)scale->width * scale->height;
    int code = sc_statistics_measure(config, terms, targets->content->rgb, scale->height, scale->width,
                                     targets->content_region.weights, targets->content_targets, err);
    targets->content_region.statistics = targets->content_targets;
    return code ? code : sc_statistics_prepare(config, terms, targets->content_targets, err);
}

/* What another picture says, where its mask lets it. */
static int measure_reference(sc_targets *targets, const sc_objective_config *config, const sc_guides *guides,
                             const sc_scale *scale, sc_error *err)
{
    const sc_terms *terms = sc_terms_of(config, SC_ROLE_REFERENCE);
    sc_image picture;
    targets->reference_region = (sc_region_targets){ .statistics = targets->reference_targets, .share = 1 };
    int code = (config->wrap ? sc_image_resize_tile : sc_image_resize)(config->threads, guides->reference, scale->width,
                                                                       scale->height, &picture, err);
    if (code)
        return code;
    if (guides->reference_mask) {
        code = sc_region_resize(&targets->reference_weights, guides->reference_mask, scale->height, scale->width, err);
        targets->reference_region.weights = &targets->reference_weights;
        targets->reference_region.share = code ? 0 : sc_region_share(&targets->reference_weights);
    }
    if (!code && targets->reference_region.share > 0)
        code = sc_statistics_measure(config, terms, picture.rgb, scale->height, scale->width,
                                     targets->reference_region.weights, targets->reference_targets, err);
    sc_image_free(&picture);
    return code ? code : sc_statistics_prepare(config, terms, targets->reference_targets, err);
}

static int create(sc_targets *targets, const sc_objective_config *config, const sc_paintings *paintings,
                  const sc_image *content, const sc_guides *guides, const sc_scale *scale, sc_error *err)
{
    int code = content ? place_content(targets, config, paintings, content, scale, err) : SCUMBLE_OK;
    targets->content_region.share = 1;
    if (!code && guides->protect)
        code = make_protect(targets, guides->protect, scale, err);
    if (!code)
        code = find_styles(targets, config, paintings, guides->masks != NULL, longer(scale->width, scale->height), err);
    struct sc_group_targets by_role[SC_ROLE_OWN] = { [SC_ROLE_CONTENT] = { content != NULL,
                                                                           &targets->content_region } };
    if (!code)
        code = make_regions(targets, paintings, guides, scale, &by_role[SC_ROLE_STYLE], err);
    if (!code && content)
        code = measure_content(targets, config, scale, err);
    if (!code && guides->reference)
        code = measure_reference(targets, config, guides, scale, err);
    by_role[SC_ROLE_REFERENCE] =
        (struct sc_group_targets){ targets->reference_region.share > 0, &targets->reference_region };
    for (int g = 0; g < config->group_count; g++)
        if (config->groups[g].role != SC_ROLE_OWN)
            targets->all.groups[g] = by_role[config->groups[g].role];
    return code;
}

int sc_targets_create(sc_targets *targets, sc_objective_config *config, const sc_paintings *paintings,
                      const sc_image *content, const sc_guides *guides, const sc_scale *scale, sc_error *err)
{
    *targets = (sc_targets){ 0 };
    sc_fit_layers(config, paintings, scale);
    int code = create(targets, config, paintings, content, guides, scale, err);
    if (code)
        sc_targets_free(targets);
    return code;
}
