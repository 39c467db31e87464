/* SPDX-License-Identifier: MIT */
/* Targets of one scale. See targets.h. */
#include "style/targets.h"

#include <math.h>
#include <string.h>

#include "style/colour.h"

void sc_palette_free(sc_palette *palette)
{
    for (int i = 0; i < palette->kept_count; i++)
        sc_statistics_free(&palette->kept[i].statistics);
    palette->kept_count = 0;
}

void sc_targets_free(sc_targets *targets)
{
    sc_image_free(&targets->content);
    sc_statistics_free(&targets->content_target);
    sc_statistics_free(&targets->own_style);
    sc_statistics_free(&targets->fresh);
    targets->style = NULL;
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
    int own = longer(image->width, image->height);
    double factor = fmin(1, edge * palette->style_scale / own);
    *width = longer(1, (int)lround(image->width * factor));
    *height = longer(1, (int)lround(image->height * factor));
}

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
    fit(&config->content_layers, config->encoder, edge);
    for (int i = 0; i < palette->count; i++) {
        int width, height;
        sc_style_size(palette, i, longer(scale->width, scale->height), &width, &height);
        edge = shorter(edge, shorter(width, height));
    }
    fit(&config->style_layers, config->encoder, edge);
}

/* The statistics of one painting, as large as it should be here, added to the blend. */
static int add_style(sc_statistics *blend, const sc_objective_config *config, const sc_palette *palette, int style, int edge,
                     const sc_image *content, sc_error *err)
{
    int width, height;
    sc_style_size(palette, style, edge, &width, &height);
    sc_image image = { 0 };
    sc_statistics statistics = { 0 };
    int code = sc_image_resize(palette->styles[style], width, height, &image, err);
    if (!code && palette->colour == SCUMBLE_COLOUR_LUMINANCE) {
        sc_colour_to_luma(&image);
        sc_colour_match_luma(&image, content);
    }
    if (!code && palette->colour == SCUMBLE_COLOUR_MATCH)
        sc_colour_match(&image, content);
    if (!code)
        code = sc_statistics_measure(config, image.rgb, height, width, NULL, &statistics, err);
    if (!code)
        code = sc_statistics_add(blend, palette->weights[style], &statistics, err);
    sc_statistics_free(&statistics);
    sc_image_free(&image);
    return code;
}

static bool same_layers(const sc_layers *a, const sc_layers *b)
{
    return a->count == b->count && memcmp(a->index, b->index, (size_t)a->count * sizeof *a->index) == 0;
}

static int find_style(sc_targets *targets, const sc_objective_config *config, sc_palette *palette, int edge, sc_error *err)
{
    for (int i = 0; i < palette->kept_count; i++)
        if (palette->kept[i].edge == edge && same_layers(&palette->kept[i].layers, &config->style_layers)) {
            targets->style = &palette->kept[i].statistics;
            return SCUMBLE_OK;
        }
    /* Only the painting's own colours are the same for every photo. */
    bool keep = palette->colour == SCUMBLE_COLOUR_STYLE && palette->kept_count < SC_MAX_SCALES;
    sc_statistics *blend = keep ? &palette->kept[palette->kept_count].statistics : &targets->fresh;
    *blend = (sc_statistics){ 0 };
    int code = SCUMBLE_OK;
    for (int i = 0; i < palette->count && !code; i++)
        code = add_style(blend, config, palette, i, edge, &targets->content, err);
    if (code) {
        sc_statistics_free(blend);
        return code;
    }
    if (keep) {
        palette->kept[palette->kept_count].edge = edge;
        palette->kept[palette->kept_count++].layers = config->style_layers;
    }
    targets->style = blend;
    return SCUMBLE_OK;
}

int sc_targets_create(sc_targets *targets, sc_objective_config *config, sc_palette *palette, const sc_image *content, const sc_scale *scale,
                      sc_error *err)
{
    *targets = (sc_targets){ 0 };
    sc_fit_layers(config, palette, scale);
    int code = sc_image_resize(content, scale->width, scale->height, &targets->content, err);
    if (!code && palette->colour == SCUMBLE_COLOUR_LUMINANCE)
        sc_colour_to_luma(&targets->content);
    if (!code)
        code = find_style(targets, config, palette, longer(scale->width, scale->height), err);
    if (!code)
        code = sc_statistics_measure(config, targets->content.rgb, scale->height, scale->width, &targets->content_target, &targets->own_style, err);
    if (code)
        sc_targets_free(targets);
    return code;
}
