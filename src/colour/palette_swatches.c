/* SPDX-License-Identifier: MIT */
/* Finds swatches by leader clustering, and moves pictures to them by entropic transport. See palette_swatches.h. */
#include "colour/palette_swatches.h"

#include <math.h>
#include <stdlib.h>

/* Colours that pass for one swatch; twice the step that is just seen. */
#define SAME 0.04f
#define COVERAGE 0.95
#define LEAST_SHARE 0.005
#define BLEND 0.35
#define MOST_GAIN_L 4.0
#define MOST_GAIN_AB 3.0
/* Lightness contrast of the palette below which tints and shades are mixed in, and how strongly at none. */
#define ENOUGH_CONTRAST 0.45
#define OWN_LIGHTNESS 0.7

enum { MOST_LEADERS = 64, FIT_COLOURS = 1 << 12, FIT_STEPS = 40 };

static float distance2(const float *a, const float *b)
{
    float l = a[0] - b[0], x = a[1] - b[1], y = a[2] - b[2];
    return l * l + x * x + y * y;
}

static void palette_swatches_colour_at(const sc_lab *lab, size_t i, float x[3])
{
    for (int c = 0; c < 3; c++)
        x[c] = lab->plane[c][i];
}

/* ---- finding --------------------------------------------------------------------------------------------------- */

typedef struct leader {
    float first[3];
    double sum[3];
    size_t count;
    int number;
} leader;

static int larger_first(const void *a, const void *b)
{
    const leader *x = a, *y = b;
    return x->count != y->count ? (x->count < y->count ? 1 : -1) : x->number - y->number;
}

/* Each colour joins the first leader that is near, or becomes one; how many leaders, or -1 for too many. */
static int palette_swatches_gather(leader *leaders, const sc_lab *palette)
{
    int count = 0;
    for (size_t i = 0; i < sc_lab_count(palette); i++) {
        float x[3];
        palette_swatches_colour_at(palette, i, x);
        int k = 0;
        while (k < count && distance2(x, leaders[k].first) > SAME * SAME)
            k++;
        if (k == MOST_LEADERS)
            return -1;
        if (k == count) {
            leaders[k] = (leader){ .first = { x[0], x[1], x[2] }, .number = k };
            count++;
        }
        leaders[k].count++;
        for (int c = 0; c < 3; c++)
            leaders[k].sum[c] += x[c];
    }
    return count;
}

bool sc_swatches_find(sc_swatches *swatches, const sc_lab *palette)
{
    leader leaders[MOST_LEADERS];
    int found = palette_swatches_gather(leaders, palette);
    if (found < 0)
        return false;
    qsort(leaders, (size_t)found, sizeof *leaders, larger_first);
    double all = (double)sc_lab_count(palette), covered = 0;
    *swatches = (sc_swatches){ 0 };
    for (int k = 0; k < found && k < SC_MOST_SWATCHES && (double)leaders[k].count >= LEAST_SHARE * all; k++) {
        for (int c = 0; c < 3; c++)
            swatches->colour[k][c] = (float)(leaders[k].sum[c] / (double)leaders[k].count);
        swatches->share[k] = (double)leaders[k].count;
        covered += swatches->share[k];
        swatches->count++;
    }
    for (int k = 0; k < swatches->count; k++)
        swatches->share[k] /= covered;
    return covered >= COVERAGE * all;
}

/* ---- transport ------------------------------------------------------------------------------------------------- */

typedef struct fit {
    const sc_swatches *swatches;
    sc_lab *lab;
    float gain[3], offset[3]; /* T */
    float sharpness;          /* 1 / (2 e^2) */
    float height[SC_MOST_SWATCHES];
    float own, mean; /* share of the picture's own lightness, around its mean */
} fit;

/* The blend for the aligned colour x. */
static void palette_swatches_weigh(const fit *f, const float x[3], float w[SC_MOST_SWATCHES])
{
    int count = f->swatches->count;
    float best = -HUGE_VALF, sum = 0;
    for (int k = 0; k < count; k++) {
        w[k] = f->height[k] - f->sharpness * distance2(x, f->swatches->colour[k]);
        best = w[k] > best ? w[k] : best;
    }
    for (int k = 0; k < count; k++)
        sum += w[k] = expf(w[k] - best);
    for (int k = 0; k < count; k++)
        w[k] /= sum;
}

static void blend_at(const fit *f, const sc_lab *lab, size_t i, float w[SC_MOST_SWATCHES])
{
    float x[3];
    for (int c = 0; c < 3; c++)
        x[c] = lab->plane[c][i] * f->gain[c] + f->offset[c];
    palette_swatches_weigh(f, x, w);
}

static void fit_alignment(fit *f, const sc_lab *sample)
{
    const sc_swatches *s = f->swatches;
    double count = (double)sc_lab_count(sample);
    for (int c = 0; c < 3; c++) {
        double mean = 0, square = 0, target = 0, target_square = 0;
        for (size_t i = 0; i < sc_lab_count(sample); i++) {
            double x = sample->plane[c][i];
            mean += x / count;
            square += x * x / count;
        }
        for (int k = 0; k < s->count; k++) {
            target += s->share[k] * s->colour[k][c];
            target_square += s->share[k] * s->colour[k][c] * s->colour[k][c];
        }
        double ratio = (fmax(target_square - target * target, 0) + 1e-4) / (fmax(square - mean * mean, 0) + 1e-4);
        double gain = fmin(c == 0 ? MOST_GAIN_L : MOST_GAIN_AB, sqrt(ratio));
        f->gain[c] = (float)gain;
        f->offset[c] = (float)(target - gain * mean);
        if (c == 0)
            f->mean = (float)mean;
    }
}

static void fit_sharpness(fit *f)
{
    const sc_swatches *s = f->swatches;
    double spacing = 0;
    for (int k = 0; k < s->count; k++) {
        float nearest = HUGE_VALF;
        for (int l = 0; l < s->count; l++)
            if (l != k)
                nearest = fminf(nearest, distance2(s->colour[k], s->colour[l]));
        spacing += s->count > 1 ? sqrt(nearest) / s->count : 1;
    }
    f->sharpness = (float)(1 / (2 * BLEND * BLEND * spacing * spacing));
}

/* Damped steps towards h = log(share / used). */
static void fit_heights(fit *f, const sc_lab *sample)
{
    const sc_swatches *s = f->swatches;
    size_t count = sc_lab_count(sample), stride = (count + FIT_COLOURS - 1) / FIT_COLOURS,
           taken = (count + stride - 1) / stride;
    for (int step = 0; step < FIT_STEPS; step++) {
        double used[SC_MOST_SWATCHES] = { 0 };
        for (size_t i = 0; i < count; i += stride) {
            float w[SC_MOST_SWATCHES];
            blend_at(f, sample, i, w);
            for (int k = 0; k < s->count; k++)
                used[k] += (double)w[k] / (double)taken;
        }
        for (int k = 0; k < s->count; k++)
            f->height[k] += 0.25f * ((float)log(s->share[k] / (used[k] + 1e-3)) - f->height[k]);
    }
}

static void fit_contrast(fit *f)
{
    float low = HUGE_VALF, high = -HUGE_VALF;
    for (int k = 0; k < f->swatches->count; k++) {
        low = fminf(low, f->swatches->colour[k][0]);
        high = fmaxf(high, f->swatches->colour[k][0]);
    }
    f->own = (float)(OWN_LIGHTNESS * fmax(0, 1 - (high - low) / ENOUGH_CONTRAST));
}

static void palette_swatches_apply_block(void *argument, int block, size_t begin, size_t end)
{
    (void)block;
    const fit *f = argument;
    for (size_t i = begin; i < end; i++) {
        float w[SC_MOST_SWATCHES], y[3] = { f->own * (f->lab->plane[0][i] - f->mean), 0, 0 };
        blend_at(f, f->lab, i, w);
        for (int k = 0; k < f->swatches->count; k++)
            for (int c = 0; c < 3; c++)
                y[c] += w[k] * f->swatches->colour[k][c];
        for (int c = 0; c < 3; c++)
            f->lab->plane[c][i] = y[c];
    }
}

void sc_swatches_apply(sc_threads *threads, const sc_swatches *swatches, const sc_lab *sample, sc_lab *lab)
{
    fit f = { .swatches = swatches, .lab = lab };
    fit_alignment(&f, sample);
    fit_sharpness(&f);
    fit_heights(&f, sample);
    fit_contrast(&f);
    sc_lab_blocks(threads, sc_lab_count(lab), palette_swatches_apply_block, &f);
}
