/* SPDX-License-Identifier: MIT */
/* Targets of one scale. See targets.h. */
#include "run/targets.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "colour/colour.h"
#include "core/memory.h"
#include "loss/region.h"

/* What is protected counts so much more in the content terms, and so much less in the style's. Chosen by looking at
 * faces (kodak-15 and others, four paintings): with 5 and 0.75 they look like photographs pasted in, with 0 and 0.5
 * strokes run across the eyes. */
/* What is to stay legible counts so much, where it stands out wholly, beside the content's 1. */
static const double legible_weight = 5;

static const double protect_content = 1, protect_style = 0.4;

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

static void free_masked(sc_masked_targets *masked)
{
    for (int t = 0; t < SC_MAX_TERMS; t++)
        sc_statistics_free(&masked->statistics[t]);
    sc_tensor_free(&masked->weights);
}

void sc_targets_free(sc_targets *targets)
{
    sc_targets_forget_photo(targets);
    sc_targets_forget_content(targets);
    free_masked(&targets->legible);
    free_masked(&targets->reference);
    sc_tensor_free(&targets->protect);
    sc_tensor_free(&targets->content_weights);
    for (int r = 0; r < targets->region_count && targets->weights; r++)
        sc_tensor_free(&targets->weights[r]);
    free(targets->weights);
    free(targets->regions);
    for (int r = 0; r < targets->region_count && targets->fresh; r++)
        sc_statistics_free_all(targets->fresh[r], targets->fresh_terms);
    free(targets->fresh);
    *targets = (sc_targets){ 0 };
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
    for (int r = 0; r < count && !code; r++) {
        sc_painting_targets found;
        code = sc_paintings_measure(paintings, config, by_style, r, edge, targets->content, &found, err);
        targets->regions[r].statistics = code ? NULL : found.statistics;
        targets->fresh[r] = code ? NULL : found.fresh;
        targets->measured_pixels += code ? 0 : found.measured_pixels;
    }
    return code;
}

/* ---- regions --------------------------------------------------------------------------------------------------- */

/* The masks at this scale; without masks one region that is everywhere. */
static int place_regions(sc_threads *threads, sc_targets *targets, const sc_guides *guides, const sc_scale *scale,
                         sc_error *err)
{
    int code = SCUMBLE_OK;
    for (int r = 0; r < targets->region_count && !code; r++)
        code = guides->masks ?
                   sc_region_resize(threads, &targets->weights[r], guides->masks[r], scale->height, scale->width, err) :
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

/* Where each region lies. */
static int weigh_regions(sc_threads *threads, sc_targets *targets, const sc_paintings *paintings,
                         const sc_guides *guides, const sc_scale *scale, sc_error *err)
{
    int code = place_regions(threads, targets, guides, scale, err);
    if (!code && guides->masks)
        share_positions(targets, paintings->weights);
    return code;
}

/* What is protected counts less. An empty region leaves no trace. */
static void make_regions(sc_targets *targets, bool weighted, struct sc_group_targets *group)
{
    for (int r = 0; r < targets->region_count && targets->protect.data; r++)
        for (size_t i = 0; i < sc_shape_count(targets->protect.shape); i++)
            targets->weights[r].data[i] *= 1 - (float)protect_style * targets->protect.data[i];
    *group = (struct sc_group_targets){ 0, targets->regions };
    for (int r = 0; r < targets->region_count; r++) {
        sc_region_targets *region = &targets->regions[group->region_count];
        *region = (sc_region_targets){ .statistics = targets->regions[r].statistics, .share = 1 };
        if (weighted) {
            region->weights = &targets->weights[r];
            region->share = sc_region_share(region->weights);
        }
        group->region_count += region->share > 0;
    }
}

static int make_protect(sc_threads *threads, sc_targets *targets, const sc_tensor *protect, const sc_scale *scale,
                        sc_error *err)
{
    int code = sc_region_resize(threads, &targets->protect, protect, scale->height, scale->width, err);
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
    if (!lightness && !paintings->recolour && content->width == scale->width && content->height == scale->height) {
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

/* content = (1 - sum of shares) content + sum of share * content in the colours of a painting, each where it goes; what
 * is protected keeps its own. */
static int recolour_content(sc_targets *targets, const sc_objective_config *config, const sc_paintings *paintings,
                            bool masks, sc_error *err)
{
    sc_image *content = &targets->resized, moved;
    size_t pixels = (size_t)content->width * (size_t)content->height;
    if (!masks && !targets->protect.data)
        return sc_colour_move(config->threads, content, paintings->recolour, err);
    float *sum = sc_big_alloc(3 * pixels * sizeof *sum, err);
    int code = sum ? SCUMBLE_OK : err->code;
    for (size_t i = 0; i < 3 * pixels && !code; i++)
        sum[i] = content->rgb[i];
    for (int r = 0; r < (masks ? targets->region_count : 1) && !code; r++) {
        code = sc_image_resize(config->threads, content, content->width, content->height, &moved, err);
        if (code)
            break;
        code = sc_colour_move(config->threads, &moved, &paintings->recolour[r], err);
        for (size_t i = 0; i < 3 * pixels && !code; i++) {
            float share = masks ? targets->weights[r].data[i / 3] : 1;
            if (targets->protect.data)
                share *= 1 - targets->protect.data[i / 3];
            sum[i] += share * (moved.rgb[i] - content->rgb[i]);
        }
        sc_image_free(&moved);
    }
    for (size_t i = 0; i < 3 * pixels && !code; i++)
        content->rgb[i] = sum[i] < 0 ? 0 : sum[i] > 1 ? 1 : sum[i];
    sc_big_free(sum);
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

/* mask: NULL = everywhere. */
static int measure_masked(sc_masked_targets *masked, const sc_objective_config *config, sc_role role,
                          const sc_image *picture, const sc_tensor *mask, const sc_scale *scale, sc_error *err)
{
    const sc_terms *terms = sc_terms_of(config, role);
    int code = SCUMBLE_OK;
    masked->region = (sc_region_targets){ .statistics = masked->statistics, .share = 1 };
    if (mask) {
        code = sc_region_resize(config->threads, &masked->weights, mask, scale->height, scale->width, err);
        masked->region.weights = &masked->weights;
        masked->region.share = code ? 0 : sc_region_share(&masked->weights);
    }
    if (!code && masked->region.share > 0)
        code = sc_statistics_measure(config, terms, picture->rgb, scale->height, scale->width, masked->region.weights,
                                     masked->statistics, err);
    return code ? code : sc_statistics_prepare(config, terms, masked->statistics, err);
}

static int measure_reference(sc_targets *targets, const sc_objective_config *config, const sc_guides *guides,
                             const sc_scale *scale, sc_error *err)
{
    sc_image picture;
    int code = (config->wrap ? sc_image_resize_tile : sc_image_resize)(config->threads, guides->reference, scale->width,
                                                                       scale->height, &picture, err);
    if (code)
        return code;
    code = measure_masked(&targets->reference, config, SC_ROLE_REFERENCE, &picture, guides->reference_mask, scale, err);
    sc_image_free(&picture);
    return code;
}

static int measure_legible(sc_targets *targets, const sc_objective_config *config, const sc_guides *guides,
                           const sc_scale *scale, sc_error *err)
{
    int code =
        measure_masked(&targets->legible, config, SC_ROLE_LEGIBLE, targets->content, guides->legible, scale, err);
    targets->legible.region.share *= legible_weight;
    targets->measured_pixels += targets->legible.region.share > 0 ? (double)scale->width * scale->height : 0;
    return code;
}

static struct sc_group_targets group_of(sc_masked_targets *masked)
{
    return (struct sc_group_targets){ masked->region.share > 0, &masked->region };
}

static int targets_create(sc_targets *targets, const sc_objective_config *config, const sc_paintings *paintings,
                          const sc_image *content, const sc_guides *guides, const sc_scale *scale, sc_error *err)
{
    int code = content ? place_content(targets, config, paintings, content, scale, err) : SCUMBLE_OK;
    targets->content_region.share = 1;
    if (!code && guides->protect)
        code = make_protect(config->threads, targets, guides->protect, scale, err);
    if (!code)
        code = find_styles(targets, config, paintings, guides->masks != NULL,
                           scale->width > scale->height ? scale->width : scale->height, err);
    struct sc_group_targets by_role[SC_ROLE_OWN] = { [SC_ROLE_CONTENT] = { content != NULL,
                                                                           &targets->content_region } };
    bool weighted = guides->masks || guides->protect;
    if (!code && weighted)
        code = weigh_regions(config->threads, targets, paintings, guides, scale, err);
    if (!code && content && paintings->recolour)
        code = recolour_content(targets, config, paintings, guides->masks != NULL, err);
    if (!code)
        make_regions(targets, weighted, &by_role[SC_ROLE_STYLE]);
    if (!code && content)
        code = measure_content(targets, config, scale, err);
    if (!code && content && guides->legible)
        code = measure_legible(targets, config, guides, scale, err);
    if (!code && guides->reference)
        code = measure_reference(targets, config, guides, scale, err);
    by_role[SC_ROLE_LEGIBLE] = group_of(&targets->legible);
    by_role[SC_ROLE_REFERENCE] = group_of(&targets->reference);
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
    int code = targets_create(targets, config, paintings, content, guides, scale, err);
    if (code)
        sc_targets_free(targets);
    return code;
}

/* ---- what it takes --------------------------------------------------------------------------------------------- */

/* Of what is protected there is a region, and the weights of the content. */
static sc_need regions_need(const sc_guided *guided, int paintings, const sc_scale *scale)
{
    int maps = sc_guided_regions(guided, paintings) + (guided->protect ? 2 : 0) + guided->legible + guided->reference;
    return (sc_need){ .big = maps * sc_image_bytes(scale->width, scale->height) / 3 };
}

int sc_targets_estimate(const sc_objective_config *config, const sc_paintings *paintings, const sc_guided *guided,
                        const sc_scale *scale, sc_keys *keys, sc_targets_cost *cost, sc_error *err)
{
    sc_objective_config fitted = *config;
    sc_statistics_cost content, legible, reference;
    sc_fit_layers(&fitted, paintings, scale);
    int code = sc_paintings_estimate(paintings, config, guided->masks, scale, keys, &cost->paintings, err);
    if (!code)
        code = sc_statistics_estimate(&fitted, sc_terms_of(&fitted, SC_ROLE_CONTENT), scale->height, scale->width,
                                      &content, err);
    if (!code)
        code = sc_statistics_estimate(&fitted, sc_terms_of(&fitted, SC_ROLE_LEGIBLE), scale->height, scale->width,
                                      &legible, err);
    if (!code)
        code = sc_statistics_estimate(&fitted, sc_terms_of(&fitted, SC_ROLE_REFERENCE), scale->height, scale->width,
                                      &reference, err);
    if (code)
        return code;
    cost->photo = sc_need_in_turn(&content.need, &legible.need);
    cost->regions = regions_need(guided, paintings->count, scale);
    /* An objective that looks at the whole picture copies the content's. */
    cost->maps = (sc_need){ .big = (int64_t)reference.averaged_bytes + (int64_t)legible.averaged_bytes +
                                   (config->tile_pixels > 0 ? (int64_t)content.averaged_bytes : 0) };
    return SCUMBLE_OK;
}
