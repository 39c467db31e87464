/* SPDX-License-Identifier: MIT */
/* What runs share. See style.h. */
#define _GNU_SOURCE
#include "run/style.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "core/process.h"
#include "colour/palette_transport.h"
#include "run/plan.h"

static sc_padding_mode padding_mode(int chosen)
{
    switch (chosen) {
    case SC_CHOSE_ZERO: return SC_PAD_ZERO;
    case SC_CHOSE_REFLECT: return SC_PAD_REFLECT;
    default: return SC_PAD_REPLICATE;
    }
}

/* "w2:1 of relu1_1:1,relu2_1:1; sliced:0.5 of ..." */
static char *describe_terms(const sc_encoder *encoder, const sc_terms *terms)
{
    GString *text = g_string_new(NULL);
    for (int t = 0; t < terms->count; t++) {
        const struct sc_term_choice *choice = &terms->choice[t];
        g_string_append_printf(text, "%s%s:%g of ", t ? "; " : "", choice->term->name, choice->weight);
        for (int i = 0; i < choice->layers.count; i++)
            g_string_append_printf(text, "%s%s:%g", i ? "," : "",
                                   sc_encoder_layer_name(encoder, choice->layers.index[i]), choice->layers.weight[i]);
    }
    return g_string_free(text, FALSE);
}

static void run_style_describe(sc_style *s)
{
    char *content = describe_terms(s->config.encoder, sc_terms_of(&s->config, SC_ROLE_CONTENT));
    char *style = describe_terms(s->config.encoder, sc_terms_of(&s->config, SC_ROLE_STYLE));
    s->description = sc_format("encoder  %s (%s)\ncontent  %s; alpha %g\nstyle    %s; beta %g\ntv       %g",
                               sc_encoder_name(s->config.encoder), sc_encoder_licence(s->config.encoder), content,
                               s->options.alpha, style, s->options.beta, s->options.tv);
    g_free(content);
    g_free(style);
}

static int run_style_copy_paintings(sc_style *s, const sc_style_setup *setup, sc_error *err)
{
    size_t count = (size_t)setup->style_count;
    s->paintings = calloc(count, sizeof *s->paintings);
    s->pieces = calloc(count, sizeof *s->pieces);
    s->weights = calloc(count, sizeof *s->weights);
    if (!s->paintings || !s->pieces || !s->weights)
        return sc_fail_memory(err, count * sizeof *s->pieces);
    for (size_t i = 0; i < count; i++) {
        s->paintings[i] = setup->styles[i];
        s->pieces[i] = (sc_piece){ (int)i, setup->style_masks ? setup->style_masks[i] : NULL };
        s->weights[i] = setup->style_weights[i];
    }
    s->painting_count = setup->style_count;
    return SCUMBLE_OK;
}

static int measure_moments(sc_style *s, sc_error *err)
{
    s->moments = calloc((size_t)s->painting_count, sizeof *s->moments);
    int code = s->moments ? SCUMBLE_OK : sc_fail_memory(err, (size_t)s->painting_count * sizeof *s->moments);
    for (int i = 0; i < s->painting_count && !code; i++)
        code = sc_colour_measure(s->threads, s->paintings[i], &s->moments[i], err);
    s->grey = !code;
    for (int i = 0; i < s->painting_count && s->grey; i++)
        s->grey = sc_colour_is_grey(&s->moments[i]);
    return code;
}

static int set_colour(sc_style *s, const sc_image *colours, sc_error *err)
{
    static const char *const words[] = { "style", "photo", "luminance", "match" };
    s->colour = SC_COLOUR_PALETTE;
    for (int i = 0; i < (int)(sizeof words / sizeof *words); i++)
        if (!strcmp(s->options.colour, words[i]))
            s->colour = (sc_colour_mode)i;
    if (s->colour != SC_COLOUR_PALETTE)
        return measure_moments(s, err);
    return sc_image_resize(s->threads, colours, colours->width, colours->height, &s->colours, err);
}

static int run_style_fill(sc_style *s, const sc_style_setup *setup, sc_error *err)
{
    const sc_style_options *o = &s->options;
    s->config = (sc_objective_config){
        .encoder = setup->encoder,
        .device = setup->device,
        .threads = setup->threads,
        .seed = o->seed,
        .wrap = o->tileable,
        .encoder_options = { .override_padding = true,
                             .padding = o->tileable ? SC_PAD_CIRCULAR : padding_mode(o->padding) },
    };
    s->config.encoder_options.pooling = o->pooling == SC_CHOSE_POOL_MAX     ? SC_POOLING_MAX :
                                        o->pooling == SC_CHOSE_POOL_AVERAGE ? SC_POOLING_AVERAGE :
                                                                              SC_POOLING_MODEL;
    int code = sc_groups_of_options(&s->config, o, err);
    if (!code)
        code = sc_tiling_parse(&s->tiling, o->tiles, err);
    if (!code)
        code = run_style_copy_paintings(s, setup, err);
    if (!code)
        code = set_colour(s, setup->colours, err);
    if (code)
        return code;
    run_style_describe(s);
    return s->description ? SCUMBLE_OK : sc_fail_memory(err, 1024);
}

int sc_style_create(sc_style **style, const sc_style_setup *setup, sc_error *err)
{
    *style = NULL;
    sc_style *s = calloc(1, sizeof *s);
    if (!s)
        return sc_fail_memory(err, sizeof *s);
    s->device = setup->device;
    s->threads = setup->threads;
    s->options = *setup->options;
    s->pace = 1;
    if (s->options.tv < 0)
        s->options.tv = sc_encoder_default_tv(setup->encoder);
    int code = run_style_fill(s, setup, err);
    if (code) {
        sc_style_free(s);
        return code;
    }
    *style = s;
    return SCUMBLE_OK;
}

void sc_style_free(sc_style *s)
{
    if (!s)
        return;
    sc_target_cache_free(&s->cache);
    sc_image_free(&s->colours);
    free(s->paintings);
    free(s->pieces);
    free(s->weights);
    free(s->moments);
    free(s->description);
    free(s);
}

/* A painting also as it was given; freed, the C library may keep it. */
sc_need sc_style_need(const sc_style *s)
{
    sc_need sum = { .host = SC_PROCESS_BYTES + (int64_t)sc_encoder_bytes(s->config.encoder) };
    for (int i = 0; i < s->painting_count; i++) {
        sc_need own = sc_image_need(s->paintings[i]);
        sum.host += own.host;
        sc_need_add(&sum, &own);
    }
    if (s->colours.rgb)
        sum.host += sc_image_bytes(s->colours.width, s->colours.height);
    return sum;
}

const sc_style_options *sc_style_used_options(const sc_style *s)
{
    return &s->options;
}

const char *sc_style_describe(const sc_style *s)
{
    return s->description;
}
