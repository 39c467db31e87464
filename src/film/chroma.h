/* SPDX-License-Identifier: MIT */
/* Chroma of half (or a quarter of) the width and height, made as large as the picture and small again. Where a sample
 * lies on a pixel (on the left, H.264's usual place, along a line): linear interpolation, undone by the filter
 * (-1 2 6 2 -1)/8 (LeGall 5/3). Where it lies between two: c +- (next - previous)/8, undone by the mean of both (the
 * dual of Haar's, Cohen, Daubechies, Feauveau 1992). So small after large is what it was, at the edges too. */
#ifndef SC_FILM_CHROMA_H
#define SC_FILM_CHROMA_H

#include <stdbool.h>

#include "film/ffmpeg_library.h"

/* One axis. */
typedef struct sc_chroma_axis {
    int size, small; /* of the picture, of chroma */
    int shift;       /* 0, 1 or 2: small is size / 2^shift, rounded up */
    bool on_pixel;   /* where samples lie */
} sc_chroma_axis;

typedef struct sc_chroma {
    sc_chroma_axis x, y;
} sc_chroma;

sc_chroma sc_chroma_of(const AVPixFmtDescriptor *format, enum AVChromaLocation place, int width, int height);
/* Line y of the picture from a plane of y.small x x.small values. line: room for x.small; wide: for x.size. */
void sc_chroma_expand(const sc_chroma *shape, const float *plane, int y, float *line, float *wide);
/* A line of x.size values to x.small. */
void sc_chroma_narrow(const sc_chroma *shape, const float *wide, float *line);
/* Line y of chroma from y.size lines of x.small values. */
void sc_chroma_flatten(const sc_chroma *shape, const float *lines, int y, float *line);

#endif
