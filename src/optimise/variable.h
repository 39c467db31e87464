/* SPDX-License-Identifier: MIT */
/* What the optimiser works on: a picture's pixels; lightness and half the colour, or lightness alone (subsampled.h); or
 * the coefficients of its Laplacian pyramid (pyramid.h). In the
 * pyramid a coarse coefficient moves its whole area by one step, where pixels would need as many steps that agree; so
 * Adam, which moves every value by about its learning rate, recolours large areas fast. Pictures are h x w x 3,
 * interleaved, as sc_image.rgb. Nothing is clamped here. */
#ifndef SC_OPTIMISE_VARIABLE_H
#define SC_OPTIMISE_VARIABLE_H

#include "core/need.h"
#include "core/threads.h"

typedef struct sc_variable sc_variable;

typedef enum sc_variable_kind {
    SC_VARIABLE_PIXELS,
    SC_VARIABLE_SUBSAMPLED,
    SC_VARIABLE_GREY,
    SC_VARIABLE_PYRAMID
} sc_variable_kind;

/* levels: of the pyramid, at most; 0 = as many as keep the long edge at 8 pixels or more. wrap: resizes wrap round, for
 * pictures that tile. Pixels take no notice of either, and only a pyramid has levels. threads is borrowed. Caller
 * frees; NULL on failure. SCUMBLE_ERR_ARGUMENT for edges below 1 and levels below 0. The functions below share its
 * scratch, so only one may run at a time. */
int sc_variable_create(sc_variable **variable, sc_variable_kind kind, int width, int height, int levels, bool wrap,
                       sc_threads *threads, sc_error *err);
void sc_variable_free(sc_variable *variable);
/* What a variable takes with this many threads, without any values; and the work for an evaluation: to a picture, and
 * back. */
sc_need sc_variable_need(sc_variable_kind kind, int width, int height, int levels, int threads);

/* Number of values: width * height * 3 for pixels, 7/12 of it for half the colour, 1/3 for lightness alone, about 4/3
 * for a pyramid. */
size_t sc_variable_count(const sc_variable *variable);
/* The same without a variable, for estimates. */
size_t sc_variable_count_of(sc_variable_kind kind, int width, int height, int levels);

/* Picture -> values. For pixels, here and below, source and target may be the same. */
void sc_variable_from_picture(const sc_variable *variable, const float *rgb, float *values);
/* Values -> picture: linear, and undoes from_picture, but for colour that the kind does not have. */
void sc_variable_to_picture(const sc_variable *variable, const float *values, float *rgb);
/* dL/d picture -> dL/d values: the adjoint of to_picture. */
void sc_variable_pull_back(const sc_variable *variable, const float *rgb_gradient, float *gradient);

/* Carries what an optimiser knows of each value to the variable of the same picture at another size: power 1 for a
 * running mean of the gradient (Adam's first moment), 2 for one of its square (the second; what was not negative stays
 * so), 0 to leave sizes of values alone.
 *   Each level of `to` takes the level of `from` whose area is nearest (the coarser of two equally near), resized
 * bilinearly. A gradient at level i is the whole gradient summed over the coefficient's support, not a band of it, so
 * neighbouring levels agree, and levels finer than any before start from the finest there was. Were they to start from
 * zero with a large step counter, each coefficient's first step would be a full one, whatever its gradient, the
 * second 1.35 of one, the tenth 2.1: a burst of noise (measured with two paintings: after 40 steps the picture's
 * Laplacian is 17 to 25 % larger, for a loss 2 to 6 % lower).
 *   With losses that are means over positions, a value's share of the loss falls as its share of the picture's area:
 * values are multiplied by (area of from's level / area of to's level)^power. SCUMBLE_ERR_ARGUMENT when the two are of
 * different kinds; SCUMBLE_ERR_MEMORY. */
int sc_variable_carry(const sc_variable *from, const float *values_from, const sc_variable *to, float *values_to,
                      int power, sc_error *err);

#endif
