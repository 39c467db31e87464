/* SPDX-License-Identifier: MIT */
/* Sliced optimal transport of colours. See palette_transport.h. */
#include "colour/palette_transport.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/rng.h"
#include "colour/colour.h"
#include "colour/palette_swatches.h"
#include "tensor/vector.h"

enum { SAMPLE = 1 << 15, SLICES = 12, BINS = 1024 };

/* ---- one axis -------------------------------------------------------------------------------------------------- */

/* The distribution of one coordinate: how many values are in or before each bin, and their sum. */
typedef struct histogram {
    double low, width; /* of the first bin, of each bin */
    double count[BINS + 1], sum[BINS + 1];
} histogram;

static void histogram_fill(histogram *h, const float *values, size_t count)
{
    float low = values[0], high = values[0];
    for (size_t i = 1; i < count; i++) {
        low = values[i] < low ? values[i] : low;
        high = values[i] > high ? values[i] : high;
    }
    memset(h, 0, sizeof *h);
    h->low = low;
    h->width = fmax((double)high - low, 1e-6) / BINS;
    float scale = (float)(1 / h->width);
    double one = 1.0 / (double)count;
    for (size_t i = 0; i < count; i++) {
        int bin = (int)((values[i] - low) * scale);
        bin = bin >= BINS ? BINS - 1 : bin;
        h->count[bin + 1] += one;
        h->sum[bin + 1] += (double)values[i] * one;
    }
    for (int bin = 0; bin < BINS; bin++) {
        h->count[bin + 1] += h->count[bin];
        h->sum[bin + 1] += h->sum[bin];
    }
}

/* Integral of the quantile function from 0 to `rank`; *bin moves forward to where that is. */
static double quantile_integral(const histogram *h, double rank, int *bin)
{
    while (*bin < BINS - 1 && h->count[*bin + 1] < rank)
        ++*bin;
    double mass = h->count[*bin + 1] - h->count[*bin];
    double part = mass > 0 ? fmin(fmax((rank - h->count[*bin]) / mass, 0), 1) : 1;
    return h->sum[*bin] + part * (h->sum[*bin + 1] - h->sum[*bin]);
}

/* The monotone map between two distributions, as its values at the middles of the source's bins. A bin goes to the mean
 * of all that has its ranks in the target, so that one flat colour goes to one colour. */
typedef struct axis_map {
    float low, scale, table[BINS];
} axis_map;

static void axis_map_fill(axis_map *map, const histogram *from, const histogram *to)
{
    map->low = (float)from->low;
    map->scale = (float)(1 / from->width);
    int bin = 0;
    double before = 0, value = to->low;
    for (int i = 0; i < BINS; i++) {
        double mass = from->count[i + 1] - from->count[i];
        double after = quantile_integral(to, from->count[i + 1], &bin);
        if (mass > 1e-9)
            value = (after - before) / mass;
        map->table[i] = (float)value;
        before = after;
    }
}

static inline float axis_map_at(const axis_map *map, float x)
{
    float position = (x - map->low) * map->scale - 0.5f;
    position = position > 0 ? position : 0;
    position = position < BINS - 1.001f ? position : BINS - 1.001f;
    int i = (int)position;
    float t = position - (float)i;
    return map->table[i] + t * (map->table[i + 1] - map->table[i]);
}

/* ---- slices ---------------------------------------------------------------------------------------------------- */

typedef struct slice {
    float axis[3][3];
    axis_map map[3];
} slice;

/* A uniformly random rotation from a normal quaternion; the first is the identity. */
static void random_rotation(float axis[3][3], int number)
{
    double q[4], norm = 0;
    for (int i = 0; i < 4; i++) {
        q[i] = number ? sc_random_normal(7, (uint64_t)(4 * number + i)) : i == 0;
        norm += q[i] * q[i];
    }
    for (int i = 0; i < 4; i++)
        q[i] /= sqrt(norm);
    double w = q[0], x = q[1], y = q[2], z = q[3];
    double r[3][3] = { { 1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y) },
                       { 2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x) },
                       { 2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y) } };
    for (int i = 0; i < 9; i++)
        axis[i / 3][i % 3] = (float)r[i / 3][i % 3];
}

typedef struct slice_job {
    slice *slice;
    const sc_lab *from, *to;
    float *scratch;
} slice_job;

static void palette_transport_project(const float axis[3], const sc_lab *lab, float *out)
{
    for (size_t i = 0; i < sc_lab_count(lab); i++)
        out[i] = axis[0] * lab->plane[0][i] + axis[1] * lab->plane[1][i] + axis[2] * lab->plane[2][i];
}

static int fill_axis(void *argument, int c, int thread)
{
    (void)thread;
    const slice_job *j = argument;
    float *values = j->scratch + (size_t)c * SAMPLE;
    histogram from, to;
    palette_transport_project(j->slice->axis[c], j->from, values);
    histogram_fill(&from, values, sc_lab_count(j->from));
    palette_transport_project(j->slice->axis[c], j->to, values);
    histogram_fill(&to, values, sc_lab_count(j->to));
    axis_map_fill(&j->slice->map[c], &from, &to);
    return 0;
}

typedef struct apply_job {
    const slice *slices;
    int count;
    sc_lab *lab;
} apply_job;

static void palette_transport_apply_block(void *argument, int block, size_t begin, size_t end)
{
    (void)block;
    const apply_job *j = argument;
    float *const *p = j->lab->plane;
    for (size_t i = begin; i < end; i++)
        for (const slice *s = j->slices; s < j->slices + j->count; s++) {
            float moved[3] = { 0 };
            for (int c = 0; c < 3; c++) {
                float t = axis_map_at(&s->map[c],
                                      s->axis[c][0] * p[0][i] + s->axis[c][1] * p[1][i] + s->axis[c][2] * p[2][i]);
                for (int k = 0; k < 3; k++)
                    moved[k] += s->axis[c][k] * t;
            }
            for (int k = 0; k < 3; k++)
                p[k][i] = moved[k];
        }
}

/* Moves `sample` (which stands for `lab`) slice by slice to `palette`, then lab. */
static int sliced_transport(sc_threads *threads, sc_lab *lab, sc_lab *sample, const sc_lab *palette, sc_error *err)
{
    slice *slices = malloc(SLICES * sizeof *slices);
    float *scratch = malloc(3 * SAMPLE * sizeof *scratch);
    int code =
        slices && scratch ? SCUMBLE_OK : sc_fail_memory(err, SLICES * sizeof *slices + 3 * SAMPLE * sizeof *scratch);
    for (int k = 0; k < SLICES && !code; k++) {
        random_rotation(slices[k].axis, k);
        sc_threads_run(threads, 3, fill_axis, &(slice_job){ &slices[k], sample, palette, scratch });
        sc_lab_blocks(threads, sc_lab_count(sample), palette_transport_apply_block,
                      &(apply_job){ &slices[k], 1, sample });
    }
    if (!code)
        sc_lab_blocks(threads, sc_lab_count(lab), palette_transport_apply_block, &(apply_job){ slices, SLICES, lab });
    free(slices);
    free(scratch);
    return code;
}

/* Smooths after along the lightness of before: its difference to before, or with swatches that of L, and a and b as
 * they are. */
static int regrain(sc_threads *threads, const sc_lab *before, sc_lab *after, bool swatches, bool wrap, sc_error *err)
{
    /* The fine changes of hue that a picture has are no blends of the swatches. */
    int differences = swatches ? 1 : 3;
    size_t count = sc_lab_count(before);
    for (int c = 0; c < differences; c++)
        sc_vector_combine(threads, after->plane[c], 1, -1, before->plane[c], count);
    int code = sc_colour_smooth(threads, before, after->plane, 3, wrap, err);
    for (int c = 0; c < differences; c++)
        sc_vector_combine(threads, after->plane[c], 1, 1, before->plane[c], count);
    return code;
}

static int transport(sc_threads *threads, const sc_lab *before, sc_lab *after, sc_lab *sample, const sc_lab *colours,
                     bool wrap, sc_error *err)
{
    for (int c = 0; c < 3; c++)
        sc_vector_copy(threads, after->plane[c], before->plane[c], sc_lab_count(before));
    sc_swatches swatches;
    bool flat = sc_swatches_find(&swatches, colours);
    if (flat)
        sc_swatches_apply(threads, &swatches, sample, after);
    int code = flat ? SCUMBLE_OK : sliced_transport(threads, after, sample, colours, err);
    return code ? code : regrain(threads, before, after, flat, wrap, err);
}

int sc_colour_to_palette(sc_threads *threads, sc_image *image, const sc_image *palette, bool wrap, sc_error *err)
{
    sc_lab before, after = { 0 }, sample = { 0 }, colours = { 0 };
    int code = sc_lab_from_image(threads, image, &before, err);
    if (!code)
        code = sc_lab_create(&after, image->width, image->height, err);
    if (!code)
        code = sc_lab_sample(threads, image, SAMPLE, &sample, err);
    if (!code)
        code = sc_lab_sample(threads, palette, SAMPLE, &colours, err);
    if (!code)
        code = transport(threads, &before, &after, &sample, &colours, wrap, err);
    if (!code)
        sc_lab_to_image(threads, &after, image);
    sc_lab_free(&before);
    sc_lab_free(&after);
    sc_lab_free(&sample);
    sc_lab_free(&colours);
    return code ? code : sc_threads_check(threads, err);
}
