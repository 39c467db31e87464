/* SPDX-License-Identifier: MIT */
/* See blend.h. A picture is the sum of bands, each what a box of one size keeps and the next larger one does not, and
 * of what the largest box keeps. */
#include "steady/blend.h"

#include <math.h>

#include "core/memory.h"
#include "media/box_filter.h"
#include "motion/luma.h"

enum { BANDS = 3, PLACE_RADIUS = 12 }; /* a band's strength at a place is that of a box of 25 pixels */
static const int band_radius[BANDS] = { 1, 3, 8 };
#define LEAST_ENERGY 1e-5f
/* share * gain must stay below 1: otherwise what is known would grow from frame to frame, until it is specks. */
#define MOST_GROWTH 0.95f

typedef struct blending {
    float *rgb;
    const sc_guess *guess;
    float share, most_gain;
    float *fine[3], *coarse[3]; /* planes: the picture by the last box, and by this one */
    float *energy;              /* of the light of the band between the two; */
    const float *painted;       /* that of the same band as it was painted */
    float *sum[3];              /* what is to be added to the picture */
} blending;

static void blend_begin_block(void *argument, size_t begin, size_t end)
{
    const blending *b = argument;
    for (size_t i = begin; i < end; i++)
        for (size_t c = 0; c < 3; c++)
            b->fine[c][i] = b->coarse[c][i] = b->rgb[3 * i + c];
}

static void blend_energy_block(void *argument, size_t begin, size_t end)
{
    const blending *b = argument;
    for (size_t i = begin; i < end; i++) {
        float light = sc_motion_luma(b->fine[0][i] - b->coarse[0][i], b->fine[1][i] - b->coarse[1][i],
                                     b->fine[2][i] - b->coarse[2][i]);
        b->energy[i] = light * light;
    }
}

static void blend_mix_block(void *argument, size_t begin, size_t end)
{
    const blending *b = argument;
    const sc_guess *g = b->guess;
    for (size_t i = begin; i < end; i++) {
        float share = b->share * g->trust[i] > g->hold[i] ? b->share * g->trust[i] : g->hold[i];
        for (size_t c = 0; c < 3; c++) {
            b->rgb[3 * i + c] += share * (g->picture.rgb[3 * i + c] - b->rgb[3 * i + c]);
            b->sum[c][i] = 0;
        }
    }
}

static void blend_strengthen_block(void *argument, size_t begin, size_t end)
{
    const blending *b = argument;
    for (size_t i = begin; i < end; i++) {
        float gain = sqrtf((b->painted[i] + LEAST_ENERGY) / (b->energy[i] + LEAST_ENERGY));
        gain = (sc_within(gain, 1, b->most_gain) - 1) * (1 - b->guess->hold[i]);
        for (size_t c = 0; c < 3; c++) {
            b->sum[c][i] += gain * (b->fine[c][i] - b->coarse[c][i]);
            b->fine[c][i] = b->coarse[c][i];
        }
    }
}

static void blend_next_block(void *argument, size_t begin, size_t end)
{
    const blending *b = argument;
    for (size_t i = begin; i < end; i++)
        for (size_t c = 0; c < 3; c++)
            b->fine[c][i] = b->coarse[c][i];
}

static void blend_end_block(void *argument, size_t begin, size_t end)
{
    const blending *b = argument;
    for (size_t i = begin; i < end; i++)
        for (size_t c = 0; c < 3; c++)
            b->rgb[3 * i + c] = sc_within(b->rgb[3 * i + c] + b->sum[c][i], 0, 1);
}

int sc_blend_known(sc_image *picture, const sc_guess *guess, float share, sc_threads *threads, sc_error *err)
{
    enum { FINE, COARSE = FINE + 3, SUM = COARSE + 3, SCRATCH = SUM + 3, NOW, PAINTED, PLANES = PAINTED + BANDS };
    const int width = picture->width, height = picture->height;
    size_t pixels = (size_t)width * (size_t)height;
    float *memory = sc_big_alloc(PLANES * pixels * sizeof *memory, err), *planes[PLANES];
    if (!memory)
        return err->code;
    for (size_t i = 0; i < PLANES; i++)
        planes[i] = memory + i * pixels;
    blending b = {
        .rgb = picture->rgb, .guess = guess, .share = share, .most_gain = share > 0 ? fminf(MOST_GROWTH / share, 2) : 1
    };
    for (int c = 0; c < 3; c++)
        b.fine[c] = planes[FINE + c], b.coarse[c] = planes[COARSE + c], b.sum[c] = planes[SUM + c];
    for (int blended = 0; blended < 2; blended++) {
        if (blended)
            sc_threads_blocks(threads, pixels, blend_mix_block, &b);
        sc_threads_blocks(threads, pixels, blend_begin_block, &b);
        for (int k = 0; k < BANDS; k++) {
            b.energy = blended ? planes[NOW] : planes[PAINTED + k];
            b.painted = planes[PAINTED + k];
            for (int c = 0; c < 3; c++)
                sc_box_filter(threads, b.coarse[c], planes[SCRATCH], width, height, band_radius[k], false);
            sc_threads_blocks(threads, pixels, blend_energy_block, &b);
            sc_box_filter(threads, b.energy, planes[SCRATCH], width, height, PLACE_RADIUS, false);
            sc_threads_blocks(threads, pixels, blended ? blend_strengthen_block : blend_next_block, &b);
        }
    }
    sc_threads_blocks(threads, pixels, blend_end_block, &b);
    sc_big_free(memory);
    return sc_threads_check(threads, err);
}
