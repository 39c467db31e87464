/* SPDX-License-Identifier: MIT */
/* Colour by luma and by moments of sRGB values. See colour_rgb.h. */
#include "style/colour_rgb.h"

#include <math.h>

static float luma(const float *p)
{
    return 0.299f * p[0] + 0.587f * p[1] + 0.114f * p[2];
}

static size_t pixels(const sc_image *image)
{
    return (size_t)image->width * (size_t)image->height;
}

void sc_colour_to_luma(sc_image *image)
{
    for (size_t i = 0; i < pixels(image); i++) {
        float *p = image->rgb + 3 * i;
        p[0] = p[1] = p[2] = luma(p);
    }
}

static void luma_moments(const sc_image *image, double *mean, double *deviation)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < pixels(image); i++) {
        double y = luma(image->rgb + 3 * i);
        sum += y;
        squares += y * y;
    }
    *mean = sum / (double)pixels(image);
    *deviation = sqrt(fmax(0, squares / (double)pixels(image) - *mean * *mean));
}

void sc_colour_match_luma(sc_image *image, const sc_image *reference)
{
    double mean, deviation, target_mean, target_deviation;
    luma_moments(image, &mean, &deviation);
    luma_moments(reference, &target_mean, &target_deviation);
    float scale = deviation > 1e-4 ? (float)(target_deviation / deviation) : 1;
    for (size_t i = 0; i < 3 * pixels(image); i++) {
        float y = scale * (image->rgb[i] - (float)mean) + (float)target_mean;
        image->rgb[i] = y < 0 ? 0 : y > 1 ? 1 : y;
    }
}

void sc_colour_restore_chroma(sc_image *result, const sc_image *photo)
{
    for (size_t i = 0; i < pixels(result); i++) {
        float *p = result->rgb + 3 * i;
        const float *q = photo->rgb + 3 * i;
        float change = luma(p) - luma(q);
        for (int c = 0; c < 3; c++) {
            float v = q[c] + change;
            p[c] = v < 0 ? 0 : v > 1 ? 1 : v;
        }
    }
}

typedef struct moments {
    double mean[3], covariance[3][3];
} moments;

static moments colour_moments(const sc_image *image)
{
    moments m = { 0 };
    double count = (double)pixels(image);
    for (size_t i = 0; i < pixels(image); i++)
        for (int a = 0; a < 3; a++) {
            m.mean[a] += image->rgb[3 * i + (size_t)a];
            for (int b = 0; b <= a; b++)
                m.covariance[a][b] += (double)image->rgb[3 * i + (size_t)a] * image->rgb[3 * i + (size_t)b];
        }
    for (int a = 0; a < 3; a++)
        m.mean[a] /= count;
    for (int a = 0; a < 3; a++)
        for (int b = 0; b <= a; b++)
            m.covariance[b][a] = m.covariance[a][b] = m.covariance[a][b] / count - m.mean[a] * m.mean[b] + (a == b ? 1e-5 : 0);
    return m;
}

static void multiply(double out[3][3], double a[3][3], double b[3][3])
{
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            out[i][j] = 0;
            for (int k = 0; k < 3; k++)
                out[i][j] += a[i][k] * b[k][j];
        }
}

/* out = f(m) for symmetric m by cyclic Jacobi rotations: eigenvalues to the power `power`, floored at 1e-9. */
static void symmetric_power(double out[3][3], double m[3][3], double power)
{
    double a[3][3], v[3][3] = { { 1, 0, 0 }, { 0, 1, 0 }, { 0, 0, 1 } };
    for (int i = 0; i < 9; i++)
        a[i / 3][i % 3] = m[i / 3][i % 3];
    for (int sweep = 0; sweep < 30; sweep++)
        for (int p = 0; p < 2; p++)
            for (int q = p + 1; q < 3; q++) {
                if (fabs(a[p][q]) < 1e-18)
                    continue;
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
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            out[i][j] = 0;
            for (int k = 0; k < 3; k++)
                out[i][j] += v[i][k] * pow(fmax(a[k][k], 1e-9), power) * v[j][k];
        }
}

void sc_colour_match(sc_image *image, const sc_image *reference)
{
    moments from = colour_moments(image), to = colour_moments(reference);
    double root[3][3], inverse[3][3], inner[3][3], map[3][3], t[3][3];
    symmetric_power(root, from.covariance, 0.5);
    symmetric_power(inverse, from.covariance, -0.5);
    multiply(t, root, to.covariance);
    multiply(inner, t, root);
    symmetric_power(inner, inner, 0.5);
    multiply(t, inverse, inner);
    multiply(map, t, inverse);
    for (size_t i = 0; i < pixels(image); i++) {
        float *p = image->rgb + 3 * i;
        double d[3] = { p[0] - from.mean[0], p[1] - from.mean[1], p[2] - from.mean[2] };
        for (int c = 0; c < 3; c++) {
            double v = map[c][0] * d[0] + map[c][1] * d[1] + map[c][2] * d[2] + to.mean[c];
            p[c] = (float)(v < 0 ? 0 : v > 1 ? 1 : v);
        }
    }
}
