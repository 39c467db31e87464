/* SPDX-License-Identifier: MIT */
/* OKLab (Ottosson 2020, "A perceptual color space for image processing"): L is lightness, 0 black .. 1 white; a runs
 * from green to red and b from blue to yellow, both 0 for grey and within about -0.4..0.4. Hue is the angle of (a, b),
 * chroma its length. It is defined on linear light, so sRGB values go through their transfer curve first (feeding it
 * sRGB itself shifts all hues and darks).
 *
 * A picture in OKLab is three planes, so that loops run over whole vectors. */
#ifndef SC_COLOUR_OKLAB_H
#define SC_COLOUR_OKLAB_H

#include "core/threads.h"
#include "media/image.h"

typedef struct sc_lab {
    int width, height;
    float *plane[3]; /* L, a, b, each height * width; one allocation, owned through plane[0] */
} sc_lab;

static inline size_t sc_lab_count(const sc_lab *lab)
{
    return (size_t)lab->width * (size_t)lab->height;
}

/* Planes of undefined content; on failure *lab is zeroed. */
int sc_lab_create(sc_lab *lab, int width, int height, sc_error *err);
void sc_lab_free(sc_lab *lab);

/* Makes *lab from a picture; values outside 0..1 are clamped, NaN is 0. On failure *lab is zeroed. */
int sc_lab_from_image(sc_threads *threads, const sc_image *image, sc_lab *lab, sc_error *err);
/* Writes back into a picture of the same size; its alpha and all else stay. Colours that sRGB does not have keep
 * lightness and hue and lose as much chroma as needed; L outside 0..1 is clamped. */
void sc_lab_to_image(sc_threads *threads, const sc_lab *lab, sc_image *image);
/* Makes *lab, of height 1, from at most `most` (> 0) pixels that are spread over the picture: all of them, in their
 * order, when there are no more. Pixels with alpha below 1/2 are left out unless all are so. The same picture gives the
 * same sample. */
int sc_lab_sample(sc_threads *threads, const sc_image *image, int most, sc_lab *lab, sc_error *err);

/* The same for one colour. */
void sc_oklab_from_srgb(const float rgb[3], float lab[3]);
void sc_oklab_to_srgb(const float lab[3], float rgb[3]);

/* Runs fn on at most SC_LAB_BLOCKS fixed blocks [begin, end) of 0 .. count, which depend on count alone; `block`
 * numbers them. */
enum { SC_LAB_BLOCKS = 128 };
typedef void (*sc_lab_fn)(void *argument, int block, size_t begin, size_t end);
void sc_lab_blocks(sc_threads *threads, size_t count, sc_lab_fn fn, void *argument);

#endif
