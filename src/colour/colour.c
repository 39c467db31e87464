/* SPDX-License-Identifier: MIT */
/* Moments of colours, and what each choice of colours does with them. See colour.h. */
#include "colour/colour.h"

#include <math.h>
#include <stdlib.h>

#include "colour/colour_map.h"
#include "core/memory.h"
#include "colour/guided_filter.h"
#include "tensor/vector.h"

/* Below this no chroma is seen (NNST's bound on the covariance of a and b). */
#define NEARLY_GREY 6e-5
#define OUTSIDE 0.0005
/* Steps of lightness above about 0.03 are edges. */
#define SMOOTH_EPS 1e-3f

enum { SAMPLE = 1 << 18, BINS = 4096 };

/* ---- moments --------------------------------------------------------------------------------------------------- */

typedef struct sums {
    double one[3], two[6]; /* two: LL, La, Lb, aa, ab, bb */
} sums;

typedef struct measure_job {
    const sc_lab *lab;
    sums block[SC_LAB_BLOCKS];
} measure_job;

static void measure_block(void *argument, int block, size_t begin, size_t end)
{
    measure_job *j = argument;
    float *const *p = j->lab->plane;
    sums s = { 0 };
    for (size_t i = begin; i < end; i++) {
        double l = p[0][i], a = p[1][i], b = p[2][i];
        s.one[0] += l, s.one[1] += a, s.one[2] += b;
        s.two[0] += l * l, s.two[1] += l * a, s.two[2] += l * b;
        s.two[3] += a * a, s.two[4] += a * b, s.two[5] += b * b;
    }
    j->block[block] = s;
}

static void mean_and_covariance(sc_threads *threads, const sc_lab *lab, sc_colour_moments *m)
{
    measure_job j = { .lab = lab };
    size_t count = sc_lab_count(lab);
    sc_lab_blocks(threads, count, measure_block, &j);
    sums all = { 0 };
    for (int block = 0; block < SC_LAB_BLOCKS; block++) {
        for (int i = 0; i < 3; i++)
            all.one[i] += j.block[block].one[i];
        for (int i = 0; i < 6; i++)
            all.two[i] += j.block[block].two[i];
    }
    for (int i = 0; i < 3; i++)
        m->mean[i] = all.one[i] / (double)count;
    for (int i = 0, k = 0; i < 3; i++)
        for (int l = i; l < 3; l++, k++)
            m->covariance[i][l] = m->covariance[l][i] = all.two[k] / (double)count - m->mean[i] * m->mean[l];
}

typedef struct range_job {
    const sc_lab *lab;
    sc_colour_moments *moments;
} range_job;

/* low and high of one plane, by a histogram; a and b are counted from -1/2. */
static int measure_range(void *argument, int plane, int thread)
{
    (void)thread;
    const range_job *j = argument;
    uint32_t bins[BINS] = { 0 };
    size_t count = sc_lab_count(j->lab), outside = (size_t)((double)count * OUTSIDE), seen = 0;
    double origin = plane == 0 ? 0 : -0.5;
    for (size_t i = 0; i < count; i++) {
        int bin = (int)((j->lab->plane[plane][i] - (float)origin) * BINS);
        bins[bin < 0 ? 0 : bin >= BINS ? BINS - 1 : bin]++;
    }
    int low = 0, high = BINS - 1;
    while (seen + bins[low] <= outside)
        seen += bins[low++];
    for (seen = 0; seen + bins[high] <= outside; high--)
        seen += bins[high];
    j->moments->low[plane] = origin + (double)low / BINS;
    j->moments->high[plane] = origin + (double)(high + 1) / BINS;
    return 0;
}

int sc_colour_measure(sc_threads *threads, const sc_image *image, sc_colour_moments *moments, sc_error *err)
{
    sc_lab lab;
    int code = sc_lab_sample(threads, image, SAMPLE, &lab, err);
    if (code)
        return code;
    mean_and_covariance(threads, &lab, moments);
    sc_threads_run(threads, 3, measure_range, &(range_job){ &lab, moments });
    sc_lab_free(&lab);
    return sc_threads_check(threads, err);
}

int sc_colour_measure_part(sc_threads *threads, const sc_image *image, const float *counts, sc_colour_moments *moments,
                           sc_error *err)
{
    if (!counts)
        return sc_colour_measure(threads, image, moments, err);
    size_t pixels = (size_t)image->width * (size_t)image->height;
    sc_image part = *image;
    part.alpha = sc_big_alloc(pixels * sizeof *part.alpha, err);
    if (!part.alpha)
        return err->code;
    for (size_t i = 0; i < pixels; i++)
        part.alpha[i] = image->alpha ? fminf(image->alpha[i], counts[i]) : counts[i];
    int code = sc_colour_measure(threads, &part, moments, err);
    sc_big_free(part.alpha);
    return code;
}

void sc_colour_pool(sc_colour_moments *pooled, const sc_colour_moments *moments, const double *weights, int count)
{
    double total = 0;
    for (int k = 0; k < count; k++)
        total += weights[k];
    sc_colour_moments p = { .low = { 1, 1, 1 }, .high = { -1, -1, -1 } };
    for (int k = 0; k < count; k++) {
        double share = weights[k] / total;
        if (share <= 0)
            continue;
        for (int i = 0; i < 3; i++) {
            p.mean[i] += share * moments[k].mean[i];
            p.low[i] = fmin(p.low[i], moments[k].low[i]);
            p.high[i] = fmax(p.high[i], moments[k].high[i]);
            for (int l = 0; l < 3; l++)
                p.covariance[i][l] += share * (moments[k].covariance[i][l] + moments[k].mean[i] * moments[k].mean[l]);
        }
    }
    for (int i = 0; i < 3; i++)
        for (int l = 0; l < 3; l++)
            p.covariance[i][l] -= p.mean[i] * p.mean[l];
    *pooled = p;
}

/* ---- linear maps ----------------------------------------------------------------------------------------------- */

/* lab, of the image, by the map into the image; frees it. */
static int move_lab(sc_threads *threads, sc_lab *lab, const sc_colour_map *map, sc_image *image, sc_error *err)
{
    sc_colour_map_apply(threads, map, lab, lab, 0);
    sc_lab_to_image(threads, lab, image);
    sc_lab_free(lab);
    return sc_threads_check(threads, err);
}

int sc_colour_match_moments(sc_threads *threads, sc_image *image, const sc_colour_moments *target, sc_error *err)
{
    sc_lab lab;
    int code = sc_lab_from_image(threads, image, &lab, err);
    if (code)
        return code;
    sc_colour_moments own;
    mean_and_covariance(threads, &lab, &own);
    sc_colour_map map = sc_colour_map_monge(&own, target, false);
    return move_lab(threads, &lab, &map, image, err);
}

int sc_colour_move(sc_threads *threads, sc_image *image, const sc_colour_map *map, sc_error *err)
{
    sc_lab lab;
    int code = sc_lab_from_image(threads, image, &lab, err);
    return code ? code : move_lab(threads, &lab, map, image, err);
}

bool sc_colour_is_grey(const sc_colour_moments *m)
{
    const double least = 0.002; /* of a and b: what a step of one channel in 8 bits makes */
    for (int i = 1; i < 3; i++)
        if (m->mean[i] * m->mean[i] + m->covariance[i][i] > least * least)
            return false;
    return true;
}

/* ---- match ----------------------------------------------------------------------------------------------------- */

static bool nearly_grey(const sc_colour_moments *m)
{
    return fabs(m->covariance[1][1]) < NEARLY_GREY && fabs(m->covariance[1][2]) < NEARLY_GREY &&
           fabs(m->covariance[2][2]) < NEARLY_GREY;
}

typedef struct clamp_job {
    float *plane;
    float low, high;
} clamp_job;

static void clamp_block(void *argument, int block, size_t begin, size_t end)
{
    (void)block;
    const clamp_job *j = argument;
    for (size_t i = begin; i < end; i++) {
        float v = j->plane[i] > j->low ? j->plane[i] : j->low;
        j->plane[i] = v < j->high ? v : j->high;
    }
}

static void clamp_plane(sc_threads *threads, sc_lab *lab, int plane, const sc_colour_moments *range)
{
    clamp_job j = { lab->plane[plane], (float)range->low[plane], (float)range->high[plane] };
    sc_lab_blocks(threads, sc_lab_count(lab), clamp_block, &j);
}

int sc_colour_smooth(sc_threads *threads, const sc_lab *lab, float *const *planes, int count, bool wrap, sc_error *err)
{
    int edge = lab->width < lab->height ? lab->width : lab->height, radius = (edge + 64) / 128;
    return sc_guided_filter(threads, lab->plane[0], planes, count, lab->width, lab->height, radius < 2 ? 2 : radius,
                            SMOOTH_EPS, wrap, err);
}

/* lab's a and b from those of `hues`, which may be lab itself. */
static int dress(sc_threads *threads, sc_lab *lab, const sc_lab *hues, const sc_colour_moments *own,
                 const sc_colour_moments *paintings, bool wrap, sc_error *err)
{
    sc_colour_map map = sc_colour_map_monge(own, paintings, true);
    sc_colour_map_apply(threads, &map, hues, lab, 1);
    clamp_plane(threads, lab, 0, paintings);
    int code = sc_colour_smooth(threads, lab, lab->plane + 1, 2, wrap, err);
    clamp_plane(threads, lab, 1, paintings);
    clamp_plane(threads, lab, 2, paintings);
    return code;
}

int sc_colour_match_chroma(sc_threads *threads, sc_image *result, const sc_image *photo,
                           const sc_colour_moments *paintings, bool wrap, sc_error *err)
{
    if (nearly_grey(paintings))
        return sc_colour_match_moments(threads, result, paintings, err);
    sc_lab lab, hues = { 0 };
    int code = sc_lab_from_image(threads, result, &lab, err);
    if (!code)
        code = sc_lab_from_image(threads, photo, &hues, err);
    if (!code) {
        sc_colour_moments own;
        mean_and_covariance(threads, &hues, &own);
        bool grey = nearly_grey(&own);
        if (grey)
            mean_and_covariance(threads, &lab, &own);
        code = dress(threads, &lab, grey ? &lab : &hues, &own, paintings, wrap, err);
    }
    if (!code)
        sc_lab_to_image(threads, &lab, result);
    sc_lab_free(&lab);
    sc_lab_free(&hues);
    return code ? code : sc_threads_check(threads, err);
}

/* ---- luminance ------------------------------------------------------------------------------------------------- */

int sc_colour_to_lightness(sc_threads *threads, sc_image *image, sc_error *err)
{
    sc_lab lab;
    int code = sc_lab_from_image(threads, image, &lab, err);
    if (code)
        return code;
    sc_vector_clear(threads, lab.plane[1], sc_lab_count(&lab));
    sc_vector_clear(threads, lab.plane[2], sc_lab_count(&lab));
    sc_lab_to_image(threads, &lab, image);
    sc_lab_free(&lab);
    return sc_threads_check(threads, err);
}

int sc_colour_match_lightness(sc_threads *threads, sc_image *image, const sc_colour_moments *target, sc_error *err)
{
    sc_lab lab;
    int code = sc_lab_from_image(threads, image, &lab, err);
    if (code)
        return code;
    sc_colour_moments own;
    mean_and_covariance(threads, &lab, &own);
    sc_colour_map map = sc_colour_map_lightness(&own, target);
    return move_lab(threads, &lab, &map, image, err);
}

int sc_colour_take_chroma(sc_threads *threads, sc_image *result, const sc_image *photo, sc_error *err)
{
    sc_lab lab, hues = { 0 };
    int code = sc_lab_from_image(threads, result, &lab, err);
    if (!code)
        code = sc_lab_from_image(threads, photo, &hues, err);
    if (!code) {
        sc_lab dressed = { lab.width, lab.height, { lab.plane[0], hues.plane[1], hues.plane[2] } };
        sc_lab_to_image(threads, &dressed, result);
    }
    sc_lab_free(&lab);
    sc_lab_free(&hues);
    return code ? code : sc_threads_check(threads, err);
}
