/* SPDX-License-Identifier: MIT */
/* One of two: a pyramid, of which pixels are one of one level, or lightness and less colour. See variable.h. */
#include "optimise/variable.h"

#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "optimise/pyramid.h"
#include "optimise/subsampled.h"
#include "tensor/resample.h"
#include "tensor/tensor.h"

struct sc_variable {
    sc_variable_kind kind;
    sc_threads *threads; /* borrowed */
    bool wrap;
    int width, height;
    sc_pyramid *pyramid;       /* NULL: */
    sc_subsampled *subsampled; /* else NULL */
};

static bool is_subsampled(sc_variable_kind kind)
{
    return kind == SC_VARIABLE_SUBSAMPLED || kind == SC_VARIABLE_GREY;
}

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
    *v = (sc_variable){ .kind = kind, .threads = threads, .wrap = wrap, .width = width, .height = height };
    int code = is_subsampled(kind) ?
                   sc_subsampled_create(&v->subsampled, width, height, kind == SC_VARIABLE_GREY, wrap, threads, err) :
                   sc_pyramid_create(&v->pyramid, width, height, levels_of(kind, levels), wrap, threads, err);
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
    sc_subsampled_free(variable->subsampled);
    free(variable);
}

sc_need sc_variable_need(sc_variable_kind kind, int width, int height, int levels, int threads)
{
    const double taps = 12; /* of a resampled value, both ways */
    size_t values = sc_variable_count_of(kind, width, height, levels), pixels = (size_t)width * (size_t)height;
    double resampled = kind == SC_VARIABLE_PIXELS ? 0 : (double)(is_subsampled(kind) ? values - pixels : values);
    size_t bytes = is_subsampled(kind) ? sc_subsampled_bytes(width, height, kind == SC_VARIABLE_GREY, threads) :
                                         sc_pyramid_bytes(width, height, levels_of(kind, levels), threads);
    return (sc_need){ .host = sizeof(sc_variable), .big = (int64_t)bytes, .work.of[SC_WORK_VALUES] = taps * resampled };
}

size_t sc_variable_count(const sc_variable *v)
{
    return v->pyramid ? sc_pyramid_count(v->pyramid) : sc_variable_count_of(v->kind, v->width, v->height, 0);
}

size_t sc_variable_count_of(sc_variable_kind kind, int width, int height, int levels)
{
    sc_level level[SC_MAX_LEVELS];
    if (is_subsampled(kind))
        return sc_subsampled_count(width, height, kind == SC_VARIABLE_GREY);
    int count = sc_pyramid_levels(width, height, levels_of(kind, levels), level);
    return level[count - 1].offset + (size_t)level[count - 1].width * (size_t)level[count - 1].height * 3;
}

void sc_variable_from_picture(const sc_variable *variable, const float *rgb, float *values)
{
    if (variable->subsampled)
        sc_subsampled_split(variable->subsampled, rgb, values);
    else
        sc_pyramid_decompose(variable->pyramid, rgb, values);
}

void sc_variable_to_picture(const sc_variable *variable, const float *values, float *rgb)
{
    if (variable->subsampled)
        sc_subsampled_join(variable->subsampled, values, rgb);
    else
        sc_pyramid_synthesise(variable->pyramid, values, rgb);
}

void sc_variable_pull_back(const sc_variable *variable, const float *rgb_gradient, float *gradient)
{
    if (variable->subsampled)
        sc_subsampled_pull_back(variable->subsampled, rgb_gradient, gradient);
    else
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

/* ---- subsampled: two levels, of which the first has one channel -------------------------------------------------- */

static sc_level plane_of(const sc_variable *v)
{
    return (sc_level){ v->width, v->height, 0 };
}

static sc_level colour_of(const sc_variable *v)
{
    sc_level level = { .offset = (size_t)v->width * (size_t)v->height };
    sc_subsampled_colour_size(v->width, v->height, &level.width, &level.height);
    return level;
}

/* A resize is of three channels: the plane stands in each of them. */
static int carry_plane(const sc_variable *from, const float *values_from, const sc_variable *to, float *values_to,
                       int power, sc_error *err)
{
    sc_level source = plane_of(from), target = plane_of(to);
    size_t source_count = (size_t)source.width * (size_t)source.height,
           target_count = (size_t)target.width * (size_t)target.height,
           bytes = 3 * (source_count + target_count) * sizeof(float);
    float *three = sc_big_alloc(bytes, err);
    if (!three)
        return err->code;
    float *carried = three + 3 * source_count;
    for (size_t i = 0; i < 3 * source_count; i++)
        three[i] = values_from[i / 3];
    int code = carry_level(to, &source, three, &target, carried, power, err);
    for (size_t i = 0; i < target_count && !code; i++)
        values_to[i] = carried[3 * i];
    sc_big_free(three);
    return code;
}

static int carry_subsampled(const sc_variable *from, const float *values_from, const sc_variable *to, float *values_to,
                            int power, sc_error *err)
{
    sc_level source = colour_of(from), target = colour_of(to);
    int code = carry_plane(from, values_from, to, values_to, power, err);
    if (!code && to->kind == SC_VARIABLE_SUBSAMPLED)
        code = carry_level(to, &source, values_from, &target, values_to, power, err);
    return code;
}

int sc_variable_carry(const sc_variable *from, const float *values_from, const sc_variable *to, float *values_to,
                      int power, sc_error *err)
{
    if (from->kind != to->kind)
        return sc_fail(
            err, SCUMBLE_ERR_ARGUMENT,
            "what was learnt about pixels says nothing about a pyramid's coefficients, nor the other way round");
    if (is_subsampled(to->kind))
        return carry_subsampled(from, values_from, to, values_to, power, err);
    int from_count, to_count, code = SCUMBLE_OK;
    const sc_level *from_levels = sc_pyramid_level(from->pyramid, &from_count),
                   *to_levels = sc_pyramid_level(to->pyramid, &to_count);
    for (int i = 0; i < to_count && !code; i++)
        code = carry_level(to, variable_nearest(from_levels, from_count, &to_levels[i]), values_from, &to_levels[i],
                           values_to, power, err);
    return code;
}
