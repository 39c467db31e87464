/* SPDX-License-Identifier: MIT */
/* A second frame, and how it should be painted. See steady.h. Plain loops on one thread: the networks cost a hundred
 * times more. */
#include "train/steady.h"

#include <math.h>
#include <stdlib.h>

#include "core/rng.h"

enum { MOST_SHIFT = 10, CELL = 48, MOST_NODES = 64 }; /* pixels; of the smooth field's grid */
static const float wave = 2;                          /* standard deviation of the smooth field at its nodes, pixels */
static const float grain = 0.02f; /* largest standard deviation of the noise; film has 0.01 to 0.03 */

/* Streams of random numbers of a sample. */
enum { STEADY_EXPOSURE, STEADY_SHIFT, STEADY_WAVE, STEADY_NOISE, STEADY_STREAMS };

static uint64_t steady_stream(const sc_steady *s, uint64_t sample, int which)
{
    return sc_random_bits(s->seed, sample * STEADY_STREAMS + (uint64_t)which);
}

int sc_steady_create(sc_steady **steady, const sc_program *generator, int edge, uint64_t seed, sc_device *device,
                     sc_error *err)
{
    size_t positions = (size_t)edge * (size_t)edge;
    *steady = NULL;
    sc_steady *s = calloc(1, sizeof *s);
    if (!s)
        return sc_fail_memory(err, sizeof *s);
    s->edge = edge;
    s->seed = seed;
    s->u = malloc(11 * positions * sizeof *s->u);
    int code = s->u ? sc_generator_graph_create(&s->graph, generator, edge, device, err) :
                      sc_fail_memory(err, 11 * positions * sizeof *s->u);
    if (code) {
        sc_steady_free(s);
        return code;
    }
    s->v = s->u + positions;
    s->second = s->v + positions;
    s->painted = s->second + 3 * positions;
    s->slope = s->painted + 3 * positions;
    *steady = s;
    return SCUMBLE_OK;
}

void sc_steady_free(sc_steady *s)
{
    if (!s)
        return;
    sc_generator_graph_free(&s->graph);
    free(s->u);
    free(s);
}

/* ---- the second frame ------------------------------------------------------------------------------------------ */

static float steady_between(uint64_t stream, uint64_t index, float low, float high)
{
    return low + (high - low) * sc_random_uniform(stream, index);
}

bool sc_steady_expose(const sc_steady *s, uint64_t sample, float *rgb)
{
    const uint64_t stream = steady_stream(s, sample, STEADY_EXPOSURE);
    size_t positions = (size_t)s->edge * (size_t)s->edge;
    float gain = sc_random_uniform(stream, 0) < 0.125f ? steady_between(stream, 1, 0.15f, 0.7f) : 1,
          contrast = sc_random_uniform(stream, 2) < 0.125f ? steady_between(stream, 3, 0.2f, 0.7f) : 1;
    if (gain == 1 && contrast == 1)
        return false;
    double mean[3] = { 0 };
    for (size_t i = 0; i < 3 * positions; i++)
        mean[i % 3] += (double)rgb[i] / (double)positions;
    for (size_t i = 0; i < 3 * positions; i++)
        rgb[i] = gain * ((float)mean[i % 3] + contrast * (rgb[i] - (float)mean[i % 3]));
    return true;
}

/* Bilinear between the nodes of a grid, which are CELL pixels apart. */
static float steady_wave(uint64_t stream, int axis, int x, int y)
{
    int left = x / CELL, top = y / CELL;
    float values[4], fx = (float)(x % CELL) / CELL, fy = (float)(y % CELL) / CELL;
    for (int k = 0; k < 4; k++)
        values[k] = sc_random_normal(stream, (uint64_t)((axis * MOST_NODES + top + k / 2) * MOST_NODES + left + k % 2));
    return wave * ((1 - fy) * ((1 - fx) * values[0] + fx * values[1]) + fy * ((1 - fx) * values[2] + fx * values[3]));
}

static void draw_flow(sc_steady *s, uint64_t sample)
{
    const uint64_t shift = steady_stream(s, sample, STEADY_SHIFT), waves = steady_stream(s, sample, STEADY_WAVE);
    float right = floorf(steady_between(shift, 0, -MOST_SHIFT, MOST_SHIFT + 1)),
          down = floorf(steady_between(shift, 1, -MOST_SHIFT, MOST_SHIFT + 1));
    bool smooth = sc_random_uniform(shift, 2) < 0.5f;
    for (int y = 0; y < s->edge; y++)
        for (int x = 0; x < s->edge; x++) {
            size_t i = (size_t)y * (size_t)s->edge + (size_t)x;
            s->u[i] = right + (smooth ? steady_wave(waves, 0, x, y) : 0);
            s->v[i] = down + (smooth ? steady_wave(waves, 1, x, y) : 0);
        }
}

/* Where position i looks: the upper left one of four neighbours, and their weights. False: beyond the frame. */
typedef struct look {
    size_t at[4];
    float weight[4];
} look;

static bool look_from(const sc_steady *s, size_t i, look *l)
{
    float last = (float)(s->edge - 1), x = (float)(i % (size_t)s->edge) + s->u[i],
          y = (float)(i / (size_t)s->edge) + s->v[i];
    bool inside = x >= 0 && y >= 0 && x <= last && y <= last;
    x = x < 0 ? 0 : x > last ? last : x;
    y = y < 0 ? 0 : y > last ? last : y;
    size_t left = (size_t)x, top = (size_t)y, right = left + (left + 1 < (size_t)s->edge),
           below = top + (top + 1 < (size_t)s->edge), edge = (size_t)s->edge;
    float fx = x - (float)left, fy = y - (float)top;
    *l = (look){ { top * edge + left, top * edge + right, below * edge + left, below * edge + right },
                 { (1 - fx) * (1 - fy), fx * (1 - fy), (1 - fx) * fy, fx * fy } };
    return inside;
}

/* The value of a channel there. */
static float looked_at(const look *l, const float *rgb, size_t channel)
{
    float sum = 0;
    for (int k = 0; k < 4; k++)
        sum += l->weight[k] * rgb[3 * l->at[k] + channel];
    return sum;
}

void sc_steady_move(sc_steady *s, uint64_t sample, const float *rgb)
{
    const uint64_t noise = steady_stream(s, sample, STEADY_NOISE);
    float spread = grain * sqrtf(12) * sc_random_uniform(noise, 0);
    size_t positions = (size_t)s->edge * (size_t)s->edge;
    draw_flow(s, sample);
    for (size_t i = 0; i < positions; i++) {
        look l;
        look_from(s, i, &l);
        for (size_t c = 0; c < 3; c++) {
            float value = looked_at(&l, rgb, c) + spread * (sc_random_uniform(noise, 1 + 3 * i + c) - 0.5f);
            s->second[3 * i + c] = value < 0 ? 0 : value > 1 ? 1 : value;
        }
    }
}

/* ---- the loss -------------------------------------------------------------------------------------------------- */

double sc_steady_compare(sc_steady *s, const float *painted, float weight, float *slope)
{
    size_t positions = (size_t)s->edge * (size_t)s->edge, inside = 0;
    double sum = 0;
    look l;
    for (size_t i = 0; i < positions; i++)
        inside += look_from(s, i, &l);
    float each = inside ? weight / (float)(3 * inside) : 0;
    for (size_t i = 0; i < positions; i++) {
        bool counts = look_from(s, i, &l);
        for (size_t c = 0; c < 3; c++) {
            float d = counts ? looked_at(&l, painted, c) - s->painted[3 * i + c] : 0, own = d > 0 ? each :
                                                                                            d < 0 ? -each :
                                                                                                    0;
            sum += fabs((double)d);
            s->slope[3 * i + c] = -own;
            for (int k = 0; k < 4 && own != 0; k++)
                slope[3 * l.at[k] + c] += l.weight[k] * own;
        }
    }
    return inside ? sum / (double)(3 * inside) : 0;
}

int sc_steady_learn(sc_steady *s, uint64_t sample, const float *rgb, const float *painted, float weight, float share,
                    float *slope, sc_learner *learner, double *loss, sc_error *err)
{
    sc_steady_move(s, sample, rgb);
    int code = sc_generator_graph_paint(&s->graph, s->second, s->painted, err);
    if (code)
        return code;
    *loss = sc_steady_compare(s, painted, weight, slope);
    return sc_generator_graph_learn(&s->graph, s->slope, share, learner, err);
}
