/* SPDX-License-Identifier: MIT */
/* The Monge map, with roots of 3 x 3 matrices by Jacobi rotations. See colour_map.h. */
#include "colour/colour_map.h"

#include <math.h>
#include <string.h>

/* RIDGE is added to variances, so that a flat picture has a map; a deviation of 0.003 is not seen. */
#define RIDGE 1e-5
#define MOST_GAIN 4.0

static void colour_map_multiply(double out[3][3], double a[3][3], double b[3][3])
{
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            out[i][j] = a[i][0] * b[0][j] + a[i][1] * b[1][j] + a[i][2] * b[2][j];
}

/* One Jacobi rotation: a <- R^T a R with a[p][q] = 0 afterwards, v <- v R. */
static void colour_map_rotate(double a[3][3], double v[3][3], int p, int q)
{
    if (fabs(a[p][q]) < 1e-18)
        return;
    double theta = 0.5 * atan2(2 * a[p][q], a[q][q] - a[p][p]), c = cos(theta), s = sin(theta);
    for (int k = 0; k < 3; k++) {
        double x = a[k][p], y = a[k][q];
        a[k][p] = c * x - s * y;
        a[k][q] = s * x + c * y;
    }
    for (int k = 0; k < 3; k++) {
        double x = a[p][k], y = a[q][k];
        a[p][k] = c * x - s * y;
        a[q][k] = s * x + c * y;
        x = v[k][p], y = v[k][q];
        v[k][p] = c * x - s * y;
        v[k][q] = s * x + c * y;
    }
}

/* out = V min(max(e, low), high)^power V^T for symmetric m = V e V^T. */
static void symmetric_power(double out[3][3], double m[3][3], double low, double high, double power)
{
    double a[3][3], v[3][3] = { { 1, 0, 0 }, { 0, 1, 0 }, { 0, 0, 1 } };
    memcpy(a, m, sizeof a);
    for (int sweep = 0; sweep < 12; sweep++) {
        colour_map_rotate(a, v, 0, 1);
        colour_map_rotate(a, v, 0, 2);
        colour_map_rotate(a, v, 1, 2);
    }
    double e[3];
    for (int k = 0; k < 3; k++)
        e[k] = pow(fmin(fmax(a[k][k], low), high), power);
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            out[i][j] = v[i][0] * e[0] * v[j][0] + v[i][1] * e[1] * v[j][1] + v[i][2] * e[2] * v[j][2];
}

sc_colour_map sc_colour_map_monge(const sc_colour_moments *from, const sc_colour_moments *to, bool chroma_only)
{
    double s[3][3], r[3][3], root[3][3], inverse[3][3], inner[3][3], t[3][3];
    sc_colour_map map;
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            bool fixed = chroma_only && (i == 0 || j == 0);
            s[i][j] = (fixed ? i == j : from->covariance[i][j]) + (i == j ? RIDGE : 0);
            r[i][j] = (fixed ? i == j : to->covariance[i][j]) + (i == j ? RIDGE : 0);
        }
    symmetric_power(root, s, RIDGE, HUGE_VAL, 0.5);
    symmetric_power(inverse, s, RIDGE, HUGE_VAL, -0.5);
    colour_map_multiply(t, root, r);
    colour_map_multiply(inner, t, root);
    symmetric_power(inner, inner, RIDGE * RIDGE, HUGE_VAL, 0.5);
    colour_map_multiply(t, inverse, inner);
    colour_map_multiply(map.matrix, t, inverse);
    symmetric_power(map.matrix, map.matrix, 0, MOST_GAIN, 1);
    memcpy(map.from, from->mean, sizeof map.from);
    memcpy(map.to, to->mean, sizeof map.to);
    if (chroma_only)
        map.from[0] = map.to[0] = 0;
    return map;
}

sc_colour_map sc_colour_map_fade(const sc_colour_map *map, double share)
{
    sc_colour_map faded = *map;
    for (int i = 0; i < 3; i++) {
        faded.to[i] = map->from[i] + share * (map->to[i] - map->from[i]);
        for (int k = 0; k < 3; k++)
            faded.matrix[i][k] = share * map->matrix[i][k] + (i == k ? 1 - share : 0);
    }
    return faded;
}

sc_colour_map sc_colour_map_lightness(const sc_colour_moments *from, const sc_colour_moments *to)
{
    sc_colour_map map = { .matrix = { { 1, 0, 0 }, { 0, 1, 0 }, { 0, 0, 1 } },
                          .from = { from->mean[0] },
                          .to = { to->mean[0] } };
    map.matrix[0][0] =
        fmin(MOST_GAIN, sqrt((fmax(to->covariance[0][0], 0) + RIDGE) / (fmax(from->covariance[0][0], 0) + RIDGE)));
    return map;
}

typedef struct map_job {
    const sc_lab *from;
    sc_lab *to;
    const sc_colour_map *map;
    int first; /* of the planes that are written */
} map_job;

static void map_block(void *argument, int block, size_t begin, size_t end)
{
    (void)block;
    const map_job *j = argument;
    float m[3][3], o[3];
    for (int c = 0; c < 3; c++) {
        double offset = j->map->to[c];
        for (int k = 0; k < 3; k++) {
            m[c][k] = (float)j->map->matrix[c][k];
            offset -= j->map->matrix[c][k] * j->map->from[k];
        }
        o[c] = (float)offset;
    }
    float *const *p = j->from->plane, *const *q = j->to->plane;
    for (size_t i = begin; i < end; i++) {
        float x[3] = { p[0][i], p[1][i], p[2][i] };
        for (int c = j->first; c < 3; c++)
            q[c][i] = m[c][0] * x[0] + m[c][1] * x[1] + m[c][2] * x[2] + o[c];
    }
}

void sc_colour_map_apply(sc_threads *threads, const sc_colour_map *map, const sc_lab *from, sc_lab *to, int first)
{
    sc_lab_blocks(threads, sc_lab_count(from), map_block, &(map_job){ from, to, map, first });
}
