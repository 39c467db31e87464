/* SPDX-License-Identifier: MIT */
/* Levels, and the three walks along them. See pyramid.h. */
#include "optimise/pyramid.h"

#include <stdlib.h>
#include <string.h>

#include "optimise/halving.h"
#include "tensor/vector.h"
#include "tensor/tensor.h"

enum { COARSEST_PX = 8 };

struct sc_pyramid {
    sc_threads *threads; /* borrowed */
    int count;
    sc_level level[SC_MAX_LEVELS];
    size_t values;
    sc_halving *halvings; /* count - 1: from a level to the next coarser one */
    float *coarser;       /* pictures of level 1 and up, as level[i].offset - level[1].offset says */
    float *scratch;       /* of sc_resample */
};

static size_t level_values(const sc_level *level)
{
    return (size_t)level->width * (size_t)level->height * 3;
}

int sc_pyramid_levels(int width, int height, int levels, sc_level level[SC_MAX_LEVELS])
{
    level[0] = (sc_level){ .width = width, .height = height };
    int count = 1, most = levels ? levels : SC_MAX_LEVELS;
    for (; count < most && count < SC_MAX_LEVELS; count++) {
        const sc_level *last = &level[count - 1];
        int long_edge = last->width > last->height ? last->width : last->height;
        if (long_edge == 1 || (levels == 0 && long_edge / 2 < COARSEST_PX))
            break;
        level[count] = (sc_level){ sc_half(last->width), sc_half(last->height), last->offset + level_values(last) };
    }
    return count;
}

static size_t all_values(const sc_level *level, int count)
{
    return level[count - 1].offset + level_values(&level[count - 1]);
}

size_t sc_pyramid_bytes(int width, int height, int levels, int threads)
{
    sc_level level[SC_MAX_LEVELS];
    int count = sc_pyramid_levels(width, height, levels, level);
    size_t bytes = sizeof(sc_pyramid);
    if (count == 1)
        return bytes;
    bytes += (all_values(level, count) - level_values(&level[0]) + sc_resample_scratch(width, threads)) * sizeof(float);
    for (int i = 0; i + 1 < count; i++)
        bytes += sizeof(sc_halving) + sc_halving_bytes(level[i].width, level[i].height);
    return bytes;
}

static int create_halvings(sc_pyramid *p, bool wrap, sc_error *err)
{
    if (p->count == 1)
        return SCUMBLE_OK;
    size_t coarser_bytes = (p->values - p->level[1].offset) * sizeof(float);
    size_t scratch_bytes = sc_resample_scratch(p->level[0].width, sc_threads_count(p->threads)) * sizeof(float);
    p->halvings = calloc((size_t)p->count - 1, sizeof *p->halvings);
    if (!p->halvings)
        return sc_fail_memory(err, (size_t)p->count * sizeof *p->halvings);
    p->coarser = sc_big_alloc(coarser_bytes, err);
    p->scratch = p->coarser ? sc_big_alloc(scratch_bytes, err) : NULL;
    if (!p->scratch)
        return err->code;
    int code = SCUMBLE_OK;
    for (int i = 0; i + 1 < p->count && !code; i++)
        code = sc_halving_create(&p->halvings[i], p->level[i].width, p->level[i].height, wrap, err);
    return code;
}

int sc_pyramid_create(sc_pyramid **pyramid, int width, int height, int levels, bool wrap, sc_threads *threads,
                      sc_error *err)
{
    *pyramid = NULL;
    if (!sc_shape_valid((sc_shape){ 1, 3, height, width }))
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                       "a picture of %d x %d pixels cannot be made into a pyramid: each edge must be at least 1, and "
                       "the area not absurd",
                       width, height);
    if (levels < 0)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "a pyramid has at least 1 level (or 0 for the usual number); got %d",
                       levels);
    sc_pyramid *p = calloc(1, sizeof *p);
    if (!p)
        return sc_fail_memory(err, sizeof *p);
    p->threads = threads;
    p->count = sc_pyramid_levels(width, height, levels, p->level);
    p->values = all_values(p->level, p->count);
    int code = create_halvings(p, wrap, err);
    if (code) {
        sc_pyramid_free(p);
        return code;
    }
    *pyramid = p;
    return SCUMBLE_OK;
}

void sc_pyramid_free(sc_pyramid *p)
{
    if (!p)
        return;
    for (int i = 0; p->halvings && i + 1 < p->count; i++)
        sc_halving_free(&p->halvings[i]);
    free(p->halvings);
    sc_big_free(p->coarser);
    sc_big_free(p->scratch);
    free(p);
}

const sc_level *sc_pyramid_level(const sc_pyramid *p, int *count)
{
    *count = p->count;
    return p->level;
}

size_t sc_pyramid_count(const sc_pyramid *p)
{
    return p->values;
}

static void resample(const sc_pyramid *p, const sc_taps taps[2], const float *from, const float *base, float scale,
                     float *to)
{
    sc_halving_resample(p->threads, taps, p->scratch, from, base, scale, to);
}

static void pyramid_copy(const sc_pyramid *p, const float *from, float *to, size_t count)
{
    if (from != to)
        sc_vector_copy(p->threads, to, from, count);
}

/* The picture of level i >= 1 while walking. */
static float *coarser(const sc_pyramid *p, int i)
{
    return p->coarser + (p->level[i].offset - p->level[1].offset);
}

void sc_pyramid_decompose(const sc_pyramid *p, const float *rgb, float *coefficients)
{
    const float *x = rgb;
    for (int i = 0; i + 1 < p->count; i++) {
        float *smaller = coarser(p, i + 1);
        resample(p, p->halvings[i].down, x, NULL, 1, smaller);
        resample(p, p->halvings[i].up, smaller, x, -1, coefficients + p->level[i].offset);
        x = smaller;
    }
    const sc_level *last = &p->level[p->count - 1];
    pyramid_copy(p, x, coefficients + last->offset, level_values(last));
}

void sc_pyramid_synthesise(const sc_pyramid *p, const float *coefficients, float *rgb)
{
    const sc_level *last = &p->level[p->count - 1];
    const float *x = coefficients + last->offset;
    for (int i = p->count - 2; i >= 0; i--) {
        float *larger = i ? coarser(p, i) : rgb;
        resample(p, p->halvings[i].up, x, coefficients + p->level[i].offset, 1, larger);
        x = larger;
    }
    if (p->count == 1)
        pyramid_copy(p, x, rgb, p->values);
}

void sc_pyramid_pull_back(const sc_pyramid *p, const float *rgb_gradient, float *gradient)
{
    pyramid_copy(p, rgb_gradient, gradient, level_values(&p->level[0]));
    for (int i = 0; i + 1 < p->count; i++)
        resample(p, p->halvings[i].gather, gradient + p->level[i].offset, NULL, 1, gradient + p->level[i + 1].offset);
}
