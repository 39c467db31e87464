/* SPDX-License-Identifier: MIT */
/* Steadiness of films. See film_comparison.h. Warped difference: Lai et al. 2018, "Learning Blind Video Temporal
 * Consistency", section 4.2, with flow and trust of the source (src/motion), as a root of the mean square. */
#include "measure/film_comparison.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "colour/oklab.h"
#include "core/memory.h"
#include "motion/luma.h"
#include "motion/sight.h"
#include "motion/warp.h"

enum { FAR = SCUMBLE_STEADINESS_FAR, CONTROLS = SCUMBLE_FILM_CONTROLS, DISTANCES = 2, TONES = 2, RADIUS = 6 };
static const int distances[DISTANCES] = { 1, FAR };
static const double blur_sigma = 2; /* pixels */
/* Where less of a frame than this is seen again, there is nothing to be said of the rest. */
static const double least_seen = 0.01;

/* A frame of all films: the source, blurred, and painted. */
typedef struct instant {
    float *luma;     /* of the source, height * width, big */
    sc_image *films; /* (films of the comparison) */
    int count;
} instant;

/* Of one film. */
typedef struct film_sums {
    double squares[DISTANCES], seen[DISTANCES];
    int64_t pairs[DISTANCES];
    double mean[TONES], spread[TONES]; /* of this shot: mean, and sum of squared deviations from it */
    double spread_before[TONES];       /* of the shots before */
} film_sums;

struct sc_film_comparison {
    sc_threads *threads;
    int count, width, height; /* films, the controls with them */
    instant past[FAR];        /* the latest one first */
    int past_count;
    int64_t shot_frames, frames;
    film_sums *sums; /* (count) */
};

/* ---- rows ------------------------------------------------------------------------------------------------------ */

/* What is done to each row of a picture, and the two sums that it gives. */
typedef struct row_job {
    const sc_image *image, *other;
    const float *weights; /* height * width */
    const sc_lab *lab;
    float *to;
    float kernel[2 * RADIUS + 1];
    double *sums; /* (height, 2) */
} row_job;

/* sums: of weight * squared difference (mean of the channels), and of weights. */
static int difference_row(void *argument, int y, int thread)
{
    (void)thread;
    const row_job *job = argument;
    const size_t width = (size_t)job->image->width;
    double squares = 0, weights = 0;
    for (size_t i = (size_t)y * width; i < ((size_t)y + 1) * width; i++) {
        double square = 0;
        for (size_t c = 0; c < 3; c++) {
            double difference = (double)job->image->rgb[3 * i + c] - (double)job->other->rgb[3 * i + c];
            square += difference * difference;
        }
        squares += (double)job->weights[i] * square / 3;
        weights += (double)job->weights[i];
    }
    job->sums[2 * y] = squares;
    job->sums[2 * y + 1] = weights;
    return SCUMBLE_OK;
}

/* sums: of lightness and of chroma. */
static int tone_row(void *argument, int y, int thread)
{
    (void)thread;
    const row_job *job = argument;
    const size_t width = (size_t)job->lab->width;
    double lightness = 0, chroma = 0;
    for (size_t i = (size_t)y * width; i < ((size_t)y + 1) * width; i++) {
        lightness += (double)job->lab->plane[0][i];
        chroma += hypot((double)job->lab->plane[1][i], (double)job->lab->plane[2][i]);
    }
    job->sums[2 * y] = lightness;
    job->sums[2 * y + 1] = chroma;
    return SCUMBLE_OK;
}

static int blur_row_across(void *argument, int y, int thread)
{
    (void)thread;
    const row_job *job = argument;
    const int width = job->image->width;
    const float *row = job->image->rgb + 3 * (size_t)y * (size_t)width;
    float *to = job->to + 3 * (size_t)y * (size_t)width;
    for (int x = 0; x < width; x++)
        for (int c = 0; c < 3; c++) {
            float sum = 0;
            for (int k = -RADIUS; k <= RADIUS; k++)
                sum += job->kernel[k + RADIUS] * row[3 * sc_motion_clamp(x + k, width) + c];
            to[3 * x + c] = sum;
        }
    return SCUMBLE_OK;
}

static int blur_row_down(void *argument, int y, int thread)
{
    (void)thread;
    const row_job *job = argument;
    const size_t values = 3 * (size_t)job->image->width;
    for (size_t i = 0; i < values; i++) {
        float sum = 0;
        for (int k = -RADIUS; k <= RADIUS; k++)
            sum += job->kernel[k + RADIUS] *
                   job->image->rgb[(size_t)sc_motion_clamp(y + k, job->image->height) * values + i];
        job->to[(size_t)y * values + i] = sum;
    }
    return SCUMBLE_OK;
}

/* Runs a job, and adds the sums of its rows up, in their order. */
static int add_row_sums(sc_threads *threads, int height, sc_part_fn row, row_job *job, double sums[2], sc_error *err)
{
    job->sums = malloc(2 * (size_t)height * sizeof *job->sums);
    if (!job->sums)
        return sc_fail_memory(err, 2 * (size_t)height * sizeof *job->sums);
    int code = sc_threads_run(threads, height, row, job) ? sc_threads_check(threads, err) : SCUMBLE_OK;
    sums[0] = sums[1] = 0;
    for (int y = 0; y < height && !code; y++)
        for (int k = 0; k < 2; k++)
            sums[k] += job->sums[2 * y + k];
    free(job->sums);
    return code;
}

/* ---- instants -------------------------------------------------------------------------------------------------- */

static void free_instant(instant *now)
{
    sc_big_free(now->luma);
    for (int i = 0; i < now->count; i++)
        sc_image_free(&now->films[i]);
    free(now->films);
    *now = (instant){ .luma = NULL };
}

static int blur(sc_threads *threads, const sc_image *image, sc_image *blurred, sc_error *err)
{
    sc_image across;
    row_job job = { .image = image };
    double sum = 0;
    for (int k = -RADIUS; k <= RADIUS; k++)
        sum += exp(-k * k / (2 * blur_sigma * blur_sigma));
    for (int k = -RADIUS; k <= RADIUS; k++)
        job.kernel[k + RADIUS] = (float)(exp(-k * k / (2 * blur_sigma * blur_sigma)) / sum);
    int code = sc_image_create(&across, image->width, image->height, false, err);
    if (!code && !(code = sc_image_create(blurred, image->width, image->height, false, err))) {
        job.to = across.rgb;
        code = sc_threads_run(threads, image->height, blur_row_across, &job);
        job.image = &across, job.to = blurred->rgb;
        if (!code)
            code = sc_threads_run(threads, image->height, blur_row_down, &job);
        if (code)
            code = sc_threads_check(threads, err);
    }
    sc_image_free(&across);
    return code;
}

static int take_instant(instant *now, const sc_film_comparison *c, const sc_image *source,
                        const sc_image *const *pictures, sc_error *err)
{
    const int width = c->width, height = c->height;
    *now = (instant){ .films = calloc((size_t)c->count, sizeof(sc_image)), .count = c->count };
    if (!now->films) {
        now->count = 0;
        return sc_fail_memory(err, (size_t)c->count * sizeof(sc_image));
    }
    int code = sc_image_resize(c->threads, source, width, height, &now->films[0], err);
    if (!code)
        code = blur(c->threads, &now->films[0], &now->films[1], err);
    for (int i = CONTROLS; i < c->count && !code; i++)
        code = sc_image_resize(c->threads, pictures[i - CONTROLS], width, height, &now->films[i], err);
    return code ? code : sc_image_luma(c->threads, &now->films[0], &now->luma, err);
}

/* ---- measuring ------------------------------------------------------------------------------------------------- */

/* differences: of each film the root of the mean square, NAN where too little is seen; *seen: the share. */
static int film_comparison_measure_pair(const sc_film_comparison *c, const instant *now, const instant *then,
                                        double *differences, double *seen, sc_error *err)
{
    sc_sight sight = { .luma = then->luma, .detail = SC_FLOW_FINE };
    int code = sc_sights_look(c->threads, &sight, 1, now->luma, c->width, c->height, err);
    for (int i = 0; i < c->count && !code; i++) {
        sc_image warped;
        double sums[2];
        code = sc_image_warp(c->threads, &then->films[i], &sight.flow, &warped, err);
        if (code)
            break;
        row_job job = { .image = &now->films[i], .other = &warped, .weights = sight.trust };
        code = add_row_sums(c->threads, c->height, difference_row, &job, sums, err);
        *seen = sums[1] / ((double)c->width * c->height);
        differences[i] = *seen < least_seen ? NAN : sqrt(sums[0] / sums[1]);
        sc_image_free(&warped);
    }
    sc_sight_free(&sight);
    return code;
}

/* Mean lightness and chroma. */
static int measure_tones(const sc_film_comparison *c, const sc_image *image, double tones[TONES], sc_error *err)
{
    sc_lab lab;
    int code = sc_lab_from_image(c->threads, image, &lab, err);
    if (code)
        return code;
    code = add_row_sums(c->threads, c->height, tone_row, &(row_job){ .lab = &lab }, tones, err);
    for (int k = 0; k < TONES; k++)
        tones[k] /= (double)c->width * c->height;
    sc_lab_free(&lab);
    return code;
}

/* The values of a frame, before anything is added up. */
static int measure_instant(const sc_film_comparison *c, const instant *now, bool cut, scumble_steadiness *values,
                           sc_error *err)
{
    double *differences = malloc((size_t)c->count * sizeof *differences), own[TONES] = { 0 };
    int code = differences ? SCUMBLE_OK : sc_fail_memory(err, (size_t)c->count * sizeof *differences);
    for (int i = 0; i < c->count && !code; i++) {
        double tones[TONES] = { 0 };
        code = measure_tones(c, &now->films[i], tones, err);
        if (!i)
            memcpy(own, tones, sizeof own);
        values[i] = (scumble_steadiness){ NAN, NAN, 0, 0, tones[0] - own[0], tones[1] - own[1] };
    }
    for (int d = 0; d < DISTANCES && !code && !cut; d++) {
        double seen = 0;
        if (c->past_count < distances[d])
            continue;
        code = film_comparison_measure_pair(c, now, &c->past[distances[d] - 1], differences, &seen, err);
        for (int i = 0; i < c->count && !code; i++) {
            *(d ? &values[i].far : &values[i].near) = differences[i];
            *(d ? &values[i].far_seen : &values[i].near_seen) = seen;
        }
    }
    free(differences);
    return code;
}

static void begin_shot(sc_film_comparison *c)
{
    for (int i = 0; i < c->past_count; i++)
        free_instant(&c->past[i]);
    c->past_count = 0;
    c->shot_frames = 0;
    for (int i = 0; i < c->count; i++)
        for (int k = 0; k < TONES; k++) {
            c->sums[i].spread_before[k] += c->sums[i].spread[k];
            c->sums[i].mean[k] = c->sums[i].spread[k] = 0;
        }
}

/* Means and deviations as Welford (1962) adds them up. */
static void film_comparison_add_values(sc_film_comparison *c, const scumble_steadiness *values)
{
    c->frames++;
    c->shot_frames++;
    for (int i = 0; i < c->count; i++) {
        film_sums *sums = &c->sums[i];
        const double tones[TONES] = { values[i].lightness, values[i].chroma };
        for (int k = 0; k < TONES; k++) {
            double before = tones[k] - sums->mean[k];
            sums->mean[k] += before / (double)c->shot_frames;
            sums->spread[k] += before * (tones[k] - sums->mean[k]);
        }
        for (int d = 0; d < DISTANCES; d++) {
            double difference = d ? values[i].far : values[i].near;
            if (isnan(difference))
                continue;
            sums->squares[d] += difference * difference;
            sums->seen[d] += d ? values[i].far_seen : values[i].near_seen;
            sums->pairs[d]++;
        }
    }
}

static void keep_instant(sc_film_comparison *c, const instant *now)
{
    if (c->past_count == FAR)
        free_instant(&c->past[FAR - 1]);
    else
        c->past_count++;
    memmove(c->past + 1, c->past, sizeof *c->past * (FAR - 1));
    c->past[0] = *now;
}

/* ---- comparisons ----------------------------------------------------------------------------------------------- */

int sc_film_comparison_create(sc_film_comparison **created, sc_threads *threads, int count, sc_error *err)
{
    sc_film_comparison *c = calloc(1, sizeof *c);
    *created = c;
    if (!c)
        return sc_fail_memory(err, sizeof *c);
    c->threads = threads;
    c->count = count + CONTROLS;
    c->sums = calloc((size_t)c->count, sizeof *c->sums);
    if (c->sums)
        return SCUMBLE_OK;
    sc_film_comparison_free(c);
    *created = NULL;
    return sc_fail_memory(err, (size_t)(count + CONTROLS) * sizeof *c->sums);
}

void sc_film_comparison_free(sc_film_comparison *c)
{
    if (!c)
        return;
    for (int i = 0; i < c->past_count; i++)
        free_instant(&c->past[i]);
    free(c->sums);
    free(c);
}

/* All films are as large as the first painted one, or the source. */
static int check_sizes(sc_film_comparison *c, const sc_image *source, const sc_image *const *pictures, sc_error *err)
{
    const sc_image *first = c->count > CONTROLS ? pictures[0] : source;
    if (!c->frames)
        c->width = first->width, c->height = first->height;
    for (int i = 0; i < c->count - CONTROLS || !i; i++) {
        const sc_image *picture = c->count > CONTROLS ? pictures[i] : source;
        if (picture->width != c->width || picture->height != c->height)
            return sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                           "films that are compared must have one size: a frame has %d x %d pixels, not %d x %d",
                           picture->width, picture->height, c->width, c->height);
    }
    return SCUMBLE_OK;
}

int sc_film_comparison_add(sc_film_comparison *c, const sc_image *source, const sc_image *const *pictures, bool cut,
                           scumble_steadiness *values, sc_error *err)
{
    instant now = { .luma = NULL };
    scumble_steadiness *own = malloc((size_t)c->count * sizeof *own);
    int code = own ? SCUMBLE_OK : sc_fail_memory(err, (size_t)c->count * sizeof *own);
    if (!code)
        code = check_sizes(c, source, pictures, err);
    if (!code)
        code = take_instant(&now, c, source, pictures, err);
    if (!code)
        code = measure_instant(c, &now, cut, own, err);
    if (code) {
        free_instant(&now);
    } else {
        if (cut)
            begin_shot(c);
        film_comparison_add_values(c, own);
        keep_instant(c, &now);
        if (values)
            memcpy(values, own, (size_t)c->count * sizeof *own);
    }
    free(own);
    return code;
}

void sc_film_comparison_result(const sc_film_comparison *c, scumble_steadiness *values)
{
    for (int i = 0; i < c->count; i++) {
        const film_sums *sums = &c->sums[i];
        double frames = (double)c->frames, difference[DISTANCES], seen[DISTANCES], spread[TONES];
        for (int d = 0; d < DISTANCES; d++) {
            double pairs = (double)sums->pairs[d];
            difference[d] = sums->pairs[d] ? sqrt(sums->squares[d] / pairs) : NAN;
            seen[d] = sums->pairs[d] ? sums->seen[d] / pairs : 0;
        }
        for (int k = 0; k < TONES; k++)
            spread[k] = c->frames ? sqrt((sums->spread_before[k] + sums->spread[k]) / frames) : 0;
        values[i] = (scumble_steadiness){ difference[0], difference[1], seen[0], seen[1], spread[0], spread[1] };
    }
}
