/* SPDX-License-Identifier: MIT */
/* Targets of one scale. See targets.h. */
#include "run/targets.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "colour/colour.h"
#include "loss/region.h"

/* What is protected counts so much more in the content terms, and so much less in the style's. Chosen by looking at
 * faces (kodak-15 and others, four paintings): with 5 and 0.75 they look like photographs pasted in, with 0 and 0.5
 * strokes run across the eyes. */
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

/* Where each region lies, what is protected counting less. */
static int weigh_regions(sc_threads *threads, sc_targets *targets, const sc_paintings *paintings,
                         const sc_guides *guides, const sc_scale *scale, sc_error *err)
{
    int code = place_regions(threads, targets, guides, scale, err);
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
static int make_regions(sc_threads *threads, sc_targets *targets, const sc_paintings *paintings,
                        const sc_guides *guides, const sc_scale *scale, struct sc_group_targets *group, sc_error *err)
{
    bool weighted = guides->masks || guides->protect;
    int code = weighted ? weigh_regions(threads, targets, paintings, guides, scale, err) : SCUMBLE_OK;
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
        code = sc_region_resize(config->threads, &targets->reference_weights, guides->reference_mask, scale->height,
                                scale->width, err);
        targets->reference_region.weights = &targets->reference_weights;
        targets->reference_region.share = code ? 0 : sc_region_share(&targets->reference_weights);
    }
    if (!code && targets->reference_region.share > 0)
        code = sc_statistics_measure(config, terms, picture.rgb, scale->height, scale->width,
                                     targets->reference_region.weights, targets->reference_targets, err);
    sc_image_free(&picture);
    return code ? code : sc_statistics_prepare(config, terms, targets->reference_targets, err);
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
    if (!code)
        code = make_regions(config->threads, targets, paintings, guides, scale, &by_role[SC_ROLE_STYLE], err);
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
    int code = targets_create(targets, config, paintings, content, guides, scale, err);
    if (code)
        sc_targets_free(targets);
    return code;
}

/* ---- what it takes --------------------------------------------------------------------------------------------- */

/* Of what is protected there is a region, and the weights of the content. */
static sc_need regions_need(const sc_guided *guided, int paintings, const sc_scale *scale)
{
    int maps = sc_guided_regions(guided, paintings) + (guided->protect ? 2 : 0) + guided->reference;
    return (sc_need){ .big = maps * sc_image_bytes(scale->width, scale->height) / 3 };
}

int sc_targets_estimate(const sc_objective_config *config, const sc_paintings *paintings, const sc_guided *guided,
                        const sc_scale *scale, sc_keys *keys, sc_targets_cost *cost, sc_error *err)
{
    sc_objective_config fitted = *config;
    sc_statistics_cost content, reference;
    sc_fit_layers(&fitted, paintings, scale);
    int code = sc_paintings_estimate(paintings, config, guided->masks, scale, keys, &cost->paintings, err);
    if (!code)
        code = sc_statistics_estimate(&fitted, sc_terms_of(&fitted, SC_ROLE_CONTENT), scale->height, scale->width,
                                      &content, err);
    if (!code)
        code = sc_statistics_estimate(&fitted, sc_terms_of(&fitted, SC_ROLE_REFERENCE), scale->height, scale->width,
                                      &reference, err);
    if (code)
        return code;
    cost->photo = content.need;
    cost->regions = regions_need(guided, paintings->count, scale);
    /* An objective that looks at the whole picture copies the content's. */
    cost->maps = (sc_need){ .big = (int64_t)reference.averaged_bytes +
                                   (config->tile_pixels > 0 ? (int64_t)content.averaged_bytes : 0) };
    return SCUMBLE_OK;
}
