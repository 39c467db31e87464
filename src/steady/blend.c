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
    float *fine[3], *coarse[3]; /* planes: the picture by the last box, and by this one; as it was painted, its light */
    float *energy;              /* of the light of the band between the two; */
    const float *painted;       /* that of the same band as it was painted */
    float *sum[3];              /* what is to be added to the picture */
} blending;

/* ---- as it was painted: what is asked of it is the light's alone ------------------------------------------------ */

static void blend_light_block(void *argument, size_t begin, size_t end)
{
    const blending *b = argument;
    for (size_t i = begin; i < end; i++)
        b->fine[0][i] = b->coarse[0][i] = sc_motion_luma(b->rgb[3 * i], b->rgb[3 * i + 1], b->rgb[3 * i + 2]);
}

static void blend_light_energy_block(void *argument, size_t begin, size_t end)
{
    const blending *b = argument;
    const float *coarse = b->coarse[0];
    float *fine = b->fine[0], *energy = b->energy;
#pragma omp simd
    for (size_t i = begin; i < end; i++) {
        energy[i] = (fine[i] - coarse[i]) * (fine[i] - coarse[i]);
        fine[i] = coarse[i];
    }
}

/* ---- blended --------------------------------------------------------------------------------------------------- */

static void blend_mix_block(void *argument, size_t begin, size_t end)
{
    const blending *b = argument;
    const sc_guess *g = b->guess;
    for (size_t i = begin; i < end; i++) {
        float share = b->share * g->trust[i] > g->hold[i] ? b->share * g->trust[i] : g->hold[i];
        for (size_t c = 0; c < 3; c++) {
            float mixed = b->rgb[3 * i + c] + share * (g->picture.rgb[3 * i + c] - b->rgb[3 * i + c]);
            b->rgb[3 * i + c] = b->fine[c][i] = b->coarse[c][i] = mixed;
            b->sum[c][i] = 0;
        }
    }
}

static void blend_energy_block(void *argument, size_t begin, size_t end)
{
    const blending *b = argument;
    const float *fine_r = b->fine[0], *fine_g = b->fine[1], *fine_b = b->fine[2], *coarse_r = b->coarse[0],
                *coarse_g = b->coarse[1], *coarse_b = b->coarse[2];
    float *energy = b->energy;
#pragma omp simd
    for (size_t i = begin; i < end; i++) {
        float light = sc_motion_luma(fine_r[i] - coarse_r[i], fine_g[i] - coarse_g[i], fine_b[i] - coarse_b[i]);
        energy[i] = light * light;
    }
}

/* The band, as strong as it was painted; energy becomes the gain on the way. */
static void blend_strengthen_block(void *argument, size_t begin, size_t end)
{
    const blending *b = argument;
    const float *painted = b->painted, *hold = b->guess->hold, most = b->most_gain;
    float *gain = b->energy;
#pragma omp simd
    for (size_t i = begin; i < end; i++) {
        float by = sqrtf((painted[i] + LEAST_ENERGY) / (gain[i] + LEAST_ENERGY));
        by = by > 1 ? by : 1;
        gain[i] = ((by < most ? by : most) - 1) * (1 - hold[i]);
    }
    for (int c = 0; c < 3; c++) {
        const float *coarse = b->coarse[c];
        float *fine = b->fine[c], *sum = b->sum[c];
#pragma omp simd
        for (size_t i = begin; i < end; i++) {
            sum[i] += gain[i] * (fine[i] - coarse[i]);
            fine[i] = coarse[i];
        }
    }
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
        sc_threads_blocks(threads, pixels, blended ? blend_mix_block : blend_light_block, &b);
        for (int k = 0; k < BANDS; k++) {
            b.energy = blended ? planes[NOW] : planes[PAINTED + k];
            b.painted = planes[PAINTED + k];
            for (int c = 0; c < (blended ? 3 : 1); c++)
                sc_box_filter(threads, b.coarse[c], planes[SCRATCH], width, height, band_radius[k], false);
            sc_threads_blocks(threads, pixels, blended ? blend_energy_block : blend_light_energy_block, &b);
            sc_box_filter(threads, b.energy, planes[SCRATCH], width, height, PLACE_RADIUS, false);
            if (blended)
                sc_threads_blocks(threads, pixels, blend_strengthen_block, &b);
        }
    }
    sc_threads_blocks(threads, pixels, blend_end_block, &b);
    sc_big_free(memory);
    return sc_threads_check(threads, err);
}
