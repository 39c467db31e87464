/* SPDX-License-Identifier: MIT */
/* Edge-aware smoothing: the guided filter (He, Sun, Tang 2013, "Guided Image Filtering", IEEE TPAMI 35(6)).
 *
 * In each window of (2r + 1)^2 pixels the plane p is explained as p = s I + o by least squares with the guide I and the
 * ridge eps on s; each pixel gets the mean of what its windows say. Where the guide is flat (variance below eps) p is
 * averaged; where the guide has an edge p may keep its own there. Cost does not depend on r. */
#ifndef SC_COLOUR_GUIDED_FILTER_H
#define SC_COLOUR_GUIDED_FILTER_H

#include "core/threads.h"

/* Filters `count` planes (height * width each) in place with one guide of the same size, which may not be one of them.
 * radius >= 1 in pixels; eps > 0 in squared units of the guide; wrap: the picture repeats (for tiles), else windows end
 * at the border. */
int sc_guided_filter(sc_threads *threads, const float *guide, float *const *planes, int count, int width, int height,
                     int radius, float eps, bool wrap, sc_error *err);

#endif
