/* SPDX-License-Identifier: MIT */
/* Pixels are a pyramid of one level, so there is one way for both. See variable.h. */
#include "optimise/variable.h"

#include <math.h>
#include <stdlib.h>

#include "optimise/pyramid.h"
#include "tensor/resample.h"
#include "tensor/tensor.h"

struct sc_variable {
    sc_variable_kind kind;
    sc_threads *threads; /* borrowed */
    bool wrap;
    sc_pyramid *pyramid;
};

static int levels_of(sc_variable_kind kind, int levels)
{
    return kind == SC_VARIABLE_PIXELS ? 1 : levels;
}

int sc_variable_create(sc_variable **variable, sc_variable_kind kind, int width, int height, int levels, bool wrap,
                       sc_threads *threads, sc_error *err)
{
    *variable = NULL;
    sc_variable *v = calloc(1, sizeof *v);
    if (!v)
        return sc_fail_memory(err, sizeof *v);
    *v = (sc_variable){ .kind = kind, .threads = threads, .wrap = wrap };
    int code = sc_pyramid_create(&v->pyramid, width, height, levels_of(kind, levels), wrap, threads, err);
    if (code) {
        free(v);
        return code;
    }
    *variable = v;
    return SCUMBLE_OK;
}

void sc_variable_free(sc_variable *variable)
{
    if (!variable)
        return;
    sc_pyramid_free(variable->pyramid);
    free(variable);
}

sc_need sc_variable_need(sc_variable_kind kind, int width, int height, int levels, int threads)
{
    const double taps = 12; /* of a resampled value, both ways */
    double resampled = kind == SC_VARIABLE_PIXELS ? 0 : (double)sc_variable_count_of(kind, width, height, levels);
    return (sc_need){ .host = sizeof(sc_variable),
                      .big = (int64_t)sc_pyramid_bytes(width, height, levels_of(kind, levels), threads),
                      .work.of[SC_WORK_VALUES] = taps * resampled };
}

size_t sc_variable_count(const sc_variable *variable)
{
    return sc_pyramid_count(variable->pyramid);
}

size_t sc_variable_count_of(sc_variable_kind kind, int width, int height, int levels)
{
    sc_level level[SC_MAX_LEVELS];
    int count = sc_pyramid_levels(width, height, levels_of(kind, levels), level);
    return level[count - 1].offset + (size_t)level[count - 1].width * (size_t)level[count - 1].height * 3;
}

void sc_variable_from_picture(const sc_variable *variable, const float *rgb, float *values)
{
    sc_pyramid_decompose(variable->pyramid, rgb, values);
}

void sc_variable_to_picture(const sc_variable *variable, const float *values, float *rgb)
{
    sc_pyramid_synthesise(variable->pyramid, values, rgb);
}

void sc_variable_pull_back(const sc_variable *variable, const float *rgb_gradient, float *gradient)
{
    sc_pyramid_pull_back(variable->pyramid, rgb_gradient, gradient);
}

static double area(const sc_level *level)
{
    return (double)level->width * level->height;
}

/* The level whose area is nearest as a ratio; of two equally near, the coarser. */
static const sc_level *variable_nearest(const sc_level *among, int count, const sc_level *wanted)
{
    const sc_level *best = NULL;
    double best_ratio = INFINITY;
    for (int i = count - 1; i >= 0; i--) {
        double ratio = area(&among[i]) > area(wanted) ? area(&among[i]) / area(wanted) : area(wanted) / area(&among[i]);
        if (ratio < best_ratio) {
            best = &among[i];
            best_ratio = ratio;
        }
    }
    return best;
}

static int carry_level(const sc_variable *to, const sc_level *source, const float *from, const sc_level *target,
                       float *values, int power, sc_error *err)
{
    sc_taps rows = { 0 }, columns = { 0 };
    size_t scratch_bytes = sc_resample_scratch(source->width, sc_threads_count(to->threads)) * sizeof(float);
    float *scratch = sc_aligned_alloc(scratch_bytes);
    int code = scratch ? SCUMBLE_OK : sc_fail_memory(err, scratch_bytes);
    if (!code)
        code = sc_taps_bilinear(&rows, source->height, target->height, to->wrap, err);
    if (!code)
        code = sc_taps_bilinear(&columns, source->width, target->width, to->wrap, err);
    if (!code) {
        sc_resampling r = { .threads = to->threads, .rows = &rows, .columns = &columns, .scratch = scratch };
        sc_resample(&r, from + source->offset, NULL, (float)pow(area(source) / area(target), power),
                    values + target->offset);
    }
    sc_taps_free(&rows);
    sc_taps_free(&columns);
    free(scratch);
    return code;
}

int sc_variable_carry(const sc_variable *from, const float *values_from, const sc_variable *to, float *values_to,
                      int power, sc_error *err)
{
    if (from->kind != to->kind)
        return sc_fail(
            err, SCUMBLE_ERR_ARGUMENT,
            "what was learnt about pixels says nothing about a pyramid's coefficients, nor the other way round");
    int from_count, to_count, code = SCUMBLE_OK;
    const sc_level *from_levels = sc_pyramid_level(from->pyramid, &from_count),
                   *to_levels = sc_pyramid_level(to->pyramid, &to_count);
    for (int i = 0; i < to_count && !code; i++)
        code = carry_level(to, variable_nearest(from_levels, from_count, &to_levels[i]), values_from, &to_levels[i],
                           values_to, power, err);
    return code;
}
