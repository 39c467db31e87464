/* SPDX-License-Identifier: MIT */
/* sRGB to OKLab and back, in chunks of planes that stay in the cache. Powers are a guess from the exponent bits and
 * Newton steps on the inverse root, which vectorise and are exact to a few units in the last place; libm's powf would
 * take most of the time. See oklab.h. */
#include "colour/oklab.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/rng.h"
#include "tensor/tensor.h"

enum { CHUNK = 256, BLOCK = 1 << 13 };

/* ---- fixed blocks ---------------------------------------------------------------------------------------------- */

typedef struct blocks_job {
    sc_lab_fn fn;
    void *argument;
    size_t count, block;
} blocks_job;

static int oklab_run_block(void *argument, int part, int thread)
{
    (void)thread;
    const blocks_job *j = argument;
    size_t begin = (size_t)part * j->block, end = begin + j->block;
    j->fn(j->argument, part, begin, end < j->count ? end : j->count);
    return 0;
}

void sc_lab_blocks(sc_threads *threads, size_t count, sc_lab_fn fn, void *argument)
{
    size_t block = (count + SC_LAB_BLOCKS - 1) / SC_LAB_BLOCKS;
    blocks_job j = { fn, argument, count, block < BLOCK ? BLOCK : block };
    sc_threads_run(threads, (int)((count + j.block - 1) / j.block), oklab_run_block, &j);
}

/* ---- curves ---------------------------------------------------------------------------------------------------- */

static inline int32_t oklab_bits_of(float x)
{
    int32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline float float_of(int32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* condition ? a : b without a branch, which would keep loops from being vectorised. */
static inline float select_float(bool condition, float a, float b)
{
    int32_t mask = -(int32_t)condition;
    return float_of((mask & oklab_bits_of(a)) | (~mask & oklab_bits_of(b)));
}

/* Real cube root of x >= 0. r = x^(-1/3): r <- r (4 - x r^3) / 3, from 3.5 % to 1e-5 in two steps; the last one is on
 * the root itself, so that only its own rounding is left: what remains of a dark channel beside bright ones is a
 * difference of such roots. */
static inline float cube_root(float x)
{
    float r = float_of((int32_t)(1419910955.0f - (float)oklab_bits_of(x) * (1 / 3.0f)));
    for (int step = 0; step < 2; step++)
        r = r * (4 / 3.0f - 1 / 3.0f * (x * r * r * r));
    float y = x * r * r;
    return y + (x - y * y * y) * (r * r) * (1 / 3.0f);
}

/* x^2.4 = (x x^(-1/5))^3 for x in 0.05..1. r = x^(-1/5): r <- r (6 - x r^5) / 5. */
static inline float power_24(float x)
{
    float r = float_of((int32_t)(1277923859.0f - (float)oklab_bits_of(x) * 0.2f));
    for (int step = 0; step < 3; step++) {
        float r2 = r * r;
        r = r * (1.2f - 0.2f * (x * r * r2 * r2));
    }
    float y = x * r;
    return y * y * y;
}

/* IEC 61966-2-1 on 0..1, values outside clamped. */
static inline float to_linear(float v)
{
    v = select_float(v > 0, v, 0);
    v = select_float(v < 1, v, 1);
    return select_float(v <= 0.04045f, v * (1 / 12.92f), power_24((v + 0.055f) * (1 / 1.055f)));
}

/* x^(1/2.4) = s cbrt(s)^2 with s = x^(1/4). */
static inline float to_srgb(float x)
{
    x = select_float(x > 0, x, 0);
    x = select_float(x < 1, x, 1);
    float s = sqrtf(sqrtf(x)), c = cube_root(s);
    float v = select_float(x <= 0.0031308f, 12.92f * x, 1.055f * (s * c * c) - 0.055f);
    return select_float(v < 1, v, 1);
}

/* ---- OKLab ----------------------------------------------------------------------------------------------------- */

static inline void from_linear(float r, float g, float b, float *lightness, float *a_out, float *b_out)
{
    float l = cube_root(0.4122214708f * r + 0.5363325363f * g + 0.0514459929f * b);
    float m = cube_root(0.2119034982f * r + 0.6806995451f * g + 0.1073969566f * b);
    float s = cube_root(0.0883024619f * r + 0.2817188376f * g + 0.6299787005f * b);
    *lightness = 0.2104542553f * l + 0.7936177850f * m - 0.0040720468f * s;
    *a_out = 1.9779984951f * l - 2.4285922050f * m + 0.4505937099f * s;
    *b_out = 0.0259040371f * l + 0.7827717662f * m - 0.8086757660f * s;
}

/* How much each cone response grows with a and b, and linear sRGB from the cubed responses. */
static const float cone[3][2] = { { 0.3963377774f, 0.2158037573f },
                                  { -0.1055613458f, -0.0638541728f },
                                  { -0.0894841775f, -1.2914855480f } };
static const float to_rgb[3][3] = { { 4.0767416621f, -3.3077115913f, 0.2309699292f },
                                    { -1.2684380046f, 2.6097574011f, -0.3413193965f },
                                    { -0.0041960863f, -0.7034186147f, 1.7076147010f } };

static inline void to_linear_rgb(float lightness, float a, float b, float rgb[3])
{
    float l = lightness + cone[0][0] * a + cone[0][1] * b;
    float m = lightness + cone[1][0] * a + cone[1][1] * b;
    float s = lightness + cone[2][0] * a + cone[2][1] * b;
    l = l * l * l, m = m * m * m, s = s * s * s;
    rgb[0] = to_rgb[0][0] * l + to_rgb[0][1] * m + to_rgb[0][2] * s;
    rgb[1] = to_rgb[1][0] * l + to_rgb[1][1] * m + to_rgb[1][2] * s;
    rgb[2] = to_rgb[2][0] * l + to_rgb[2][1] * m + to_rgb[2][2] * s;
}

static bool in_gamut(const float rgb[3], float slack)
{
    for (int c = 0; c < 3; c++)
        if (!(rgb[c] >= -slack && rgb[c] <= 1 + slack))
            return false;
    return true;
}

/* The largest share of chroma that sRGB has at this lightness and hue, by bisection: grey is always inside. */
static void reduce_chroma(float lightness, float a, float b, float rgb[3])
{
    float low = 0, high = 1;
    for (int step = 0; step < 16; step++) {
        float middle = 0.5f * (low + high);
        to_linear_rgb(lightness, middle * a, middle * b, rgb);
        if (in_gamut(rgb, 1e-6f))
            low = middle;
        else
            high = middle;
    }
    to_linear_rgb(lightness, low * a, low * b, rgb);
}

/* Interleaved sRGB to planes, and back; count <= CHUNK. */
static void chunk_from_srgb(const float *restrict rgb, float *restrict l, float *restrict a, float *restrict b,
                            int count)
{
    float linear[3][CHUNK];
    for (int i = 0; i < count; i++)
        for (int c = 0; c < 3; c++)
            linear[c][i] = rgb[3 * i + c];
    for (int c = 0; c < 3; c++)
        for (int i = 0; i < count; i++)
            linear[c][i] = to_linear(linear[c][i]);
    for (int i = 0; i < count; i++)
        from_linear(linear[0][i], linear[1][i], linear[2][i], &l[i], &a[i], &b[i]);
}

static void chunk_to_srgb(const float *restrict l, const float *restrict a, const float *restrict b,
                          float *restrict rgb, int count)
{
    float linear[3][CHUNK], lightness[CHUNK];
    for (int i = 0; i < count; i++) {
        lightness[i] = l[i] > 0 ? l[i] : 0;
        lightness[i] = lightness[i] < 1 ? lightness[i] : 1;
        float p[3];
        to_linear_rgb(lightness[i], a[i], b[i], p);
        linear[0][i] = p[0], linear[1][i] = p[1], linear[2][i] = p[2];
    }
    for (int i = 0; i < count; i++) {
        float p[3] = { linear[0][i], linear[1][i], linear[2][i] };
        if (in_gamut(p, 1e-5f))
            continue;
        reduce_chroma(lightness[i], a[i], b[i], p);
        linear[0][i] = p[0], linear[1][i] = p[1], linear[2][i] = p[2];
    }
    for (int c = 0; c < 3; c++)
        for (int i = 0; i < count; i++)
            linear[c][i] = to_srgb(linear[c][i]);
    for (int i = 0; i < count; i++)
        for (int c = 0; c < 3; c++)
            rgb[3 * i + c] = linear[c][i];
}

void sc_oklab_from_srgb(const float rgb[3], float lab[3])
{
    chunk_from_srgb(rgb, &lab[0], &lab[1], &lab[2], 1);
}

void sc_oklab_to_srgb(const float lab[3], float rgb[3])
{
    chunk_to_srgb(&lab[0], &lab[1], &lab[2], rgb, 1);
}

/* ---- pictures -------------------------------------------------------------------------------------------------- */

int sc_lab_create(sc_lab *lab, int width, int height, sc_error *err)
{
    *lab = (sc_lab){ .width = width, .height = height };
    /* Planes start on cache lines. */
    size_t count = (sc_lab_count(lab) + 15) / 16 * 16;
    lab->plane[0] = sc_big_alloc(3 * count * sizeof(float), err);
    if (!lab->plane[0]) {
        *lab = (sc_lab){ 0 };
        return err->code;
    }
    lab->plane[1] = lab->plane[0] + count;
    lab->plane[2] = lab->plane[1] + count;
    return SCUMBLE_OK;
}

void sc_lab_free(sc_lab *lab)
{
    sc_big_free(lab->plane[0]);
    *lab = (sc_lab){ 0 };
}

typedef struct convert_job {
    float *rgb;
    const sc_lab *lab;
} convert_job;

static void from_block(void *argument, int block, size_t begin, size_t end)
{
    (void)block;
    const convert_job *j = argument;
    float *const *p = j->lab->plane;
    for (size_t i = begin; i < end; i += CHUNK)
        chunk_from_srgb(j->rgb + 3 * i, p[0] + i, p[1] + i, p[2] + i, end - i < CHUNK ? (int)(end - i) : CHUNK);
}

static void to_block(void *argument, int block, size_t begin, size_t end)
{
    (void)block;
    const convert_job *j = argument;
    float *const *p = j->lab->plane;
    for (size_t i = begin; i < end; i += CHUNK)
        chunk_to_srgb(p[0] + i, p[1] + i, p[2] + i, j->rgb + 3 * i, end - i < CHUNK ? (int)(end - i) : CHUNK);
}

int sc_lab_from_image(sc_threads *threads, const sc_image *image, sc_lab *lab, sc_error *err)
{
    int code = sc_lab_create(lab, image->width, image->height, err);
    if (code)
        return code;
    sc_lab_blocks(threads, sc_lab_count(lab), from_block, &(convert_job){ image->rgb, lab });
    code = sc_threads_check(threads, err);
    if (code)
        sc_lab_free(lab);
    return code;
}

void sc_lab_to_image(sc_threads *threads, const sc_lab *lab, sc_image *image)
{
    sc_lab_blocks(threads, sc_lab_count(lab), to_block, &(convert_job){ image->rgb, lab });
}

/* The pixel that stands for the i-th of `taken` cells of the picture, at a random place in its cell: a fixed stride
 * would see stripes. */
static size_t sample_index(size_t i, size_t taken, size_t count)
{
    if (taken == count)
        return i;
    double cell = (double)count / (double)taken;
    size_t index = (size_t)(((double)i + sc_random_uniform(1, i)) * cell);
    return index < count ? index : count - 1;
}

int sc_lab_sample(sc_threads *threads, const sc_image *image, int most, sc_lab *lab, sc_error *err)
{
    size_t count = (size_t)image->width * (size_t)image->height, taken = count < (size_t)most ? count : (size_t)most,
           kept = 0;
    *lab = (sc_lab){ 0 };
    sc_image sample;
    int code = sc_image_create(&sample, (int)taken, 1, false, err);
    if (code)
        return code;
    for (int pass = 0; pass < 2 && kept == 0; pass++) /* the second one when all is transparent */
        for (size_t i = 0; i < taken; i++) {
            size_t index = sample_index(i, taken, count);
            if (pass == 0 && image->alpha && image->alpha[index] < 0.5f)
                continue;
            memcpy(sample.rgb + 3 * kept++, image->rgb + 3 * index, 3 * sizeof(float));
        }
    sample.width = (int)kept;
    code = sc_lab_from_image(threads, &sample, lab, err);
    sc_image_free(&sample);
    return code;
}
