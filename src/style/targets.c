/* SPDX-License-Identifier: MIT */
/* Targets of one scale. See targets.h. */
#include "style/targets.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "style/colour.h"
#include "style/palette_transport.h"
#include "style/region.h"

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

void sc_palette_free(sc_palette *palette)
{
    for (int i = 0; i < palette->kept_count; i++)
        free_all(palette->kept[i].statistics, palette->kept[i].region_count * palette->kept[i].terms.count);
    palette->kept_count = 0;
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
    targets->all.content = NULL;
}

void sc_targets_free(sc_targets *targets)
{
    sc_targets_forget_photo(targets);
    sc_targets_forget_content(targets);
    sc_tensor_free(&targets->protect);
    sc_tensor_free(&targets->content_weights);
    for (int r = 0; r < targets->region_count && targets->weights; r++)
        sc_tensor_free(&targets->weights[r]);
    free(targets->weights);
    free(targets->regions);
    free_all(targets->fresh, targets->fresh_count);
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

void sc_style_size(const sc_palette *palette, int style, int edge, int *width, int *height)
{
    const sc_image *image = palette->styles[style];
    int own = longer(image->width, image->height), whole = palette->texture_edge;
    double factor =
        whole ? fmin(1, whole * palette->style_scale / own) * edge / whole : fmin(1, edge * palette->style_scale / own);
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

void sc_fit_layers(sc_objective_config *config, const sc_palette *palette, const sc_scale *scale)
{
    int edge = shorter(scale->width, scale->height);
    for (int t = 0; t < config->content.count; t++)
        fit(&config->content.choice[t].layers, config->encoder, edge);
    for (int i = 0; i < palette->count; i++) {
        int width, height;
        sc_style_size(palette, i, longer(scale->width, scale->height), &width, &height);
        edge = shorter(edge, shorter(width, height));
    }
    for (int t = 0; t < config->style.count; t++)
        fit(&config->style.choice[t].layers, config->encoder, edge);
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
static int load_style(const sc_objective_config *config, const sc_palette *palette, int style, int edge,
                      const sc_image *content, sc_image *image, sc_error *err)
{
    int width, height;
    sc_colour_moments photo;
    sc_style_size(palette, style, edge, &width, &height);
    int code = sc_image_resize(palette->styles[style], width, height, image, err);
    if (code || palette->colour == SC_COLOUR_STYLE || palette->colour == SC_COLOUR_MATCH)
        return code;
    if (palette->colour == SC_COLOUR_PALETTE)
        return sc_colour_to_palette(config->threads, image, palette->colours, false, err);
    code = sc_colour_measure(config->threads, content, &photo, err);
    if (!code && palette->colour == SC_COLOUR_PHOTO)
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
    for (int t = 0; t < config->style.count; t++)
        if (!joined_only || config->style.choice[t].term->blend == SC_BLEND_JOIN) {
            targets[terms.count] = &blend[t];
            terms.choice[terms.count++] = config->style.choice[t];
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
static int add_style(sc_statistics *blend, const sc_objective_config *config, const sc_palette *palette, int style,
                     const sc_blend_weight *weight, int edge, const sc_image *content, double *measured_pixels,
                     sc_error *err)
{
    sc_image image = { 0 };
    sc_tensor mask = { .data = NULL };
    sc_objective_config own = *config;
    own.wrap = false; /* a painting has borders */
    if (config->wrap)
        own.encoder_options.padding = SC_PAD_REPLICATE;
    int code = load_style(config, palette, style, edge, content, &image, err);
    bool masked = palette->masks && palette->masks[style];
    if (!code && masked)
        code = sc_region_resize(&mask, palette->masks[style], image.height, image.width, err);
    for (int k = 0; k < palette->rotations && !code; k++) {
        if (k > 0)
            code = turn_picture(&image, &mask, err);
        if (!code)
            code = add_picture(blend, &own, &image, masked ? &mask : NULL, weight, k > 0, measured_pixels, err);
    }
    sc_tensor_free(&mask);
    sc_image_free(&image);
    return code;
}

/* Targets of all regions: with by_style each painting is a region of its own, else all are one. */
static int measure_styles(sc_statistics *targets, const sc_objective_config *config, const sc_palette *palette,
                          bool by_style, int edge, const sc_image *content, double *measured_pixels, sc_error *err)
{
    int code = SCUMBLE_OK;
    double heaviest = 0;
    for (int i = 0; i < palette->count; i++)
        heaviest = fmax(heaviest, palette->weights[i]);
    for (int i = 0; i < palette->count && !code; i++) {
        sc_blend_weight weight = { by_style ? 1 : palette->weights[i], by_style ? 1 : palette->weights[i] / heaviest };
        code = add_style(targets + (by_style ? i * config->style.count : 0), config, palette, i, &weight, edge, content,
                         measured_pixels, err);
    }
    for (int r = 0; r < (by_style ? palette->count : 1) && !code; r++)
        code = sc_statistics_prepare(config, &config->style, targets + r * config->style.count, err);
    return code;
}

static const sc_statistics *kept_styles(const sc_palette *palette, const sc_terms *terms, bool by_style, int edge)
{
    int regions = by_style ? palette->count : 1;
    for (int i = 0; i < palette->kept_count; i++)
        if (palette->kept[i].edge == edge && palette->kept[i].texture_edge == palette->texture_edge &&
            palette->kept[i].region_count == regions && same_terms(&palette->kept[i].terms, terms))
            return palette->kept[i].statistics;
    return NULL;
}

bool sc_targets_kept(const sc_palette *palette, const sc_objective_config *config, const sc_scale *scale, bool by_style)
{
    sc_objective_config fitted = *config;
    sc_fit_layers(&fitted, palette, scale);
    return kept_styles(palette, &fitted.style, by_style, longer(scale->width, scale->height)) != NULL;
}

static int find_styles(sc_targets *targets, const sc_objective_config *config, sc_palette *palette, bool by_style,
                       int edge, const sc_statistics **found, sc_error *err)
{
    int regions = by_style ? palette->count : 1, count = regions * config->style.count;
    *found = kept_styles(palette, &config->style, by_style, edge);
    if (*found)
        return SCUMBLE_OK;
    sc_statistics *fresh = calloc((size_t)count, sizeof *fresh);
    if (!fresh)
        return sc_fail_memory(err, (size_t)count * sizeof *fresh);
    int code = measure_styles(fresh, config, palette, by_style, edge, targets->content, &targets->measured_pixels, err);
    if (code) {
        free_all(fresh, count);
        return code;
    }
    *found = fresh;
    bool any_photo = palette->colour != SC_COLOUR_PHOTO && palette->colour != SC_COLOUR_LUMINANCE;
    if (any_photo && palette->kept_count < SC_MAX_SCALES) {
        int k = palette->kept_count++;
        palette->kept[k].edge = edge;
        palette->kept[k].texture_edge = palette->texture_edge;
        palette->kept[k].region_count = regions;
        palette->kept[k].terms = config->style;
        palette->kept[k].statistics = fresh;
    } else {
        targets->fresh = fresh;
        targets->fresh_count = count;
    }
    return SCUMBLE_OK;
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
static int weigh_regions(sc_targets *targets, const sc_palette *palette, const sc_guides *guides, const sc_scale *scale,
                         sc_error *err)
{
    int code = place_regions(targets, guides, scale, err);
    if (code)
        return code;
    if (guides->masks)
        share_positions(targets, palette->weights);
    for (int r = 0; r < targets->region_count && targets->protect.data; r++)
        for (size_t i = 0; i < sc_shape_count(targets->protect.shape); i++)
            targets->weights[r].data[i] *= 1 - (float)protect_style * targets->protect.data[i];
    return SCUMBLE_OK;
}

static int make_regions(sc_targets *targets, const sc_objective_config *config, const sc_palette *palette,
                        const sc_guides *guides, const sc_statistics *styles, const sc_scale *scale, sc_error *err)
{
    int count = guides->masks ? palette->count : 1;
    targets->regions = calloc((size_t)count, sizeof *targets->regions);
    targets->weights = calloc((size_t)count, sizeof *targets->weights);
    if (!targets->regions || !targets->weights)
        return sc_fail_memory(err, (size_t)count * sizeof *targets->regions);
    targets->region_count = count;
    targets->all.regions = targets->regions;
    bool weighted = guides->masks || guides->protect;
    int code = weighted ? weigh_regions(targets, palette, guides, scale, err) : SCUMBLE_OK;
    for (int r = 0; r < count && !code; r++) {
        struct sc_region_targets *region = &targets->regions[targets->all.region_count];
        *region = (struct sc_region_targets){ .style = styles + r * config->style.count, .share = 1 };
        if (weighted) {
            region->weights = &targets->weights[r];
            region->share = sc_region_share(region->weights);
        }
        targets->all.region_count += region->share > 0; /* an empty region leaves no trace */
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
    targets->all.content_weights = &targets->content_weights;
    targets->all.content_share = sc_region_share(&targets->content_weights); /* the rest counts as it would without */
    return SCUMBLE_OK;
}

/* ---- all ------------------------------------------------------------------------------------------------------- */

static int place_content(sc_targets *targets, const sc_objective_config *config, const sc_palette *palette,
                         const sc_image *content, const sc_scale *scale, sc_error *err)
{
    bool lightness = palette->colour == SC_COLOUR_LUMINANCE;
    if (!lightness && content->width == scale->width && content->height == scale->height) {
        targets->content = content;
        return SCUMBLE_OK;
    }
    int code = (config->wrap ? sc_image_resize_tile : sc_image_resize)(content, scale->width, scale->height,
                                                                       &targets->resized, err);
    if (!code && lightness)
        code = sc_colour_to_lightness(config->threads, &targets->resized, err);
    targets->content = &targets->resized;
    return code;
}

static int create(sc_targets *targets, sc_objective_config *config, sc_palette *palette, const sc_image *content,
                  const sc_guides *guides, const sc_scale *scale, sc_error *err)
{
    const sc_statistics *styles = NULL;
    int code = content ? place_content(targets, config, palette, content, scale, err) : SCUMBLE_OK;
    if (!code && guides->protect)
        code = make_protect(targets, guides->protect, scale, err);
    if (!code)
        code = find_styles(targets, config, palette, guides->masks != NULL, longer(scale->width, scale->height),
                           &styles, err);
    if (!code)
        code = make_regions(targets, config, palette, guides, styles, scale, err);
    if (content && config->content.count)
        targets->measured_pixels += (double)scale->width * scale->height;
    if (!code && content)
        code = sc_statistics_measure(config, &config->content, targets->content->rgb, scale->height, scale->width,
                                     targets->all.content_weights, targets->content_targets, err);
    if (!code && content)
        code = sc_statistics_prepare(config, &config->content, targets->content_targets, err);
    targets->all.content = targets->content_targets;
    return code;
}

int sc_targets_create(sc_targets *targets, sc_objective_config *config, sc_palette *palette, const sc_image *content,
                      const sc_guides *guides, const sc_scale *scale, sc_error *err)
{
    *targets = (sc_targets){ 0 };
    sc_fit_layers(config, palette, scale);
    int code = create(targets, config, palette, content, guides, scale, err);
    if (code)
        sc_targets_free(targets);
    return code;
}
