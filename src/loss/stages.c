/* SPDX-License-Identifier: MIT */
/* Where the network is cut, and the picture for each part. See body.h. A position of a layer sees `reach` pixels around
 * itself, of which those up to the cut are the first stage's halo, and the rest the second's. So a cut trades a wide
 * halo around all work for a narrow one around the shallow part and one around the deep part, whose tiles are larger.
 */
#include "loss/body.h"

bool sc_stage_has(const sc_stage *stage, const sc_encoder *encoder, int layer)
{
    return (stage->span.from == SC_NO_CUT || sc_encoder_lies_beyond(encoder, layer, stage->span.from)) &&
           (stage->span.to == SC_NO_CUT || !sc_encoder_lies_beyond(encoder, layer, stage->span.to));
}

static int lowest_common_multiple(int a, int b)
{
    int x = a, y = b;
    while (y) {
        int rest = x % y;
        x = y;
        y = rest;
    }
    return a / x * b;
}

/* Begins of tiles are multiples of the strides (and of 16, for pooled pixels); a window shows what a position beside
 * the core sees. */
static void find_step_and_halo(const sc_body *body, const sc_stage *stage, int *step, int *halo)
{
    const sc_encoder *encoder = body->config->encoder;
    int seen = stage->span.from == SC_NO_CUT ? 0 : sc_encoder_cut(encoder, stage->span.from).reach;
    *step = *halo = 16;
    if (stage->span.to != SC_NO_CUT) {
        sc_cut_node end = sc_encoder_cut(encoder, stage->span.to);
        *step = lowest_common_multiple(*step, end.stride);
        *halo = end.reach > *halo ? end.reach : *halo;
    }
    for (int i = 0; i < body->layer_count; i++) {
        int layer = body->layers[i];
        if (!sc_stage_has(stage, encoder, layer))
            continue;
        int stride = sc_encoder_stride(encoder, layer), reach = sc_encoder_reach(encoder, layer) - seen + stride;
        *step = lowest_common_multiple(*step, stride);
        *halo = reach > *halo ? reach : *halo;
    }
}

static sc_load load_of(const sc_body *body, const sc_stage *stage)
{
    int layers[SC_MAX_BODY_LAYERS], count = 0;
    for (int i = 0; i < body->layer_count; i++)
        if (sc_stage_has(stage, body->config->encoder, body->layers[i]))
            layers[count++] = body->layers[i];
    return sc_encoder_load(body->config->encoder, stage->span, layers, count);
}

static sc_stage stages_stage_of(const sc_body *body, sc_span span, double tile_pixels)
{
    int step, halo;
    sc_stage stage = { .span = span, .input = { body->height, body->width, 1 }, .channels = 3 };
    if (span.from != SC_NO_CUT)
        stage.channels = sc_encoder_cut(body->config->encoder, span.from).channels;
    find_step_and_halo(body, &stage, &step, &halo);
    stage.tiles = sc_tiles_cut(body->height, body->width, tile_pixels, step, halo, body->config->wrap);
    return stage;
}

/* Two stages, and their work for all tiles. The tiles of both need about as much memory. */
static double part_at(const sc_body *body, int cut, sc_stage *stages)
{
    stages[0] = stages_stage_of(body, (sc_span){ SC_NO_CUT, cut }, body->config->tile_pixels);
    stages[1].span = (sc_span){ cut, SC_NO_CUT };
    sc_load shallow = load_of(body, &stages[0]), deep = load_of(body, &stages[1]);
    stages[1] = stages_stage_of(body, stages[1].span, body->config->tile_pixels * shallow.width / deep.width);
    return shallow.work * sc_tiles_pixels(&stages[0].tiles) + deep.work * sc_tiles_pixels(&stages[1].tiles);
}

/* Do all layers that a term takes together lie on one side, and some beyond the cut? */
static bool parts_terms(const sc_body *body, int cut)
{
    bool any = false;
    for (int l = 0; l < body->list_count; l++)
        for (int t = 0; t < body->lists[l]->count; t++) {
            const struct sc_term_choice *choice = &body->lists[l]->choice[t];
            int beyond = 0;
            for (int i = 0; i < choice->layers.count && choice->term->reads != SC_READS_PICTURE; i++)
                beyond += sc_encoder_lies_beyond(body->config->encoder, choice->layers.index[i], cut);
            if (choice->term->reads == SC_READS_LAYERS_TOGETHER && beyond && beyond < choice->layers.count)
                return false;
            any = any || beyond;
        }
    return any;
}

void sc_body_choose_stages(sc_body *body)
{
    const sc_encoder *encoder = body->config->encoder;
    body->stages[0] = stages_stage_of(body, (sc_span){ SC_NO_CUT, SC_NO_CUT }, body->config->tile_pixels);
    body->stage_count = 1;
    if (sc_tiles_count(&body->stages[0].tiles) == 1 || !body->layer_count)
        return;
    double least = load_of(body, &body->stages[0]).work * sc_tiles_pixels(&body->stages[0].tiles);
    for (int cut = sc_encoder_next_cut(encoder, SC_NO_CUT); cut != SC_NO_CUT; cut = sc_encoder_next_cut(encoder, cut)) {
        sc_stage stages[SC_MAX_STAGES];
        double work = parts_terms(body, cut) ? part_at(body, cut, stages) : least;
        if (work >= least)
            continue;
        least = work;
        body->stage_count = SC_MAX_STAGES;
        for (int s = 0; s < SC_MAX_STAGES; s++)
            body->stages[s] = stages[s];
    }
}
