/* SPDX-License-Identifier: MIT */
/* Takes the flicker out of frames that somebody else painted or graded, whatever by (Bonneel et al. 2015, "Blind Video
 * Temporal Consistency"). With P a painted frame and I the frame of the source, the result O of frame t minimises
 *
 *     sum |grad O - grad P|^2 + sum w |O - W(O_(t-1))|^2,    w = lambda exp(-|I - W(I_(t-1))|^2 / (2 * 0.05^2)):
 *
 * it has the detail of P, and the brightness and colour of the result before, moved (W) along the optical flow of the
 * source to where things are now, as far as the source looks alike there; w is 0 within 2 pixels of leaving the frame,
 * and where it would be below lambda / 10000. */
#ifndef SC_STEADY_BLIND_H
#define SC_STEADY_BLIND_H

#include "media/image.h"
#include "weights/weights.h"

/* The last frame: its source and its result, of one size; rgb NULL: a shot begins. Start from {0}. */
typedef struct sc_blind {
    sc_image source, result;
} sc_blind;

/* What was before is forgotten. */
void sc_blind_forget(sc_blind *blind);
/* lambda: 0 or more; 0: the result is what was painted. The source is resized to the painted frame, which must have the
 * size of the one before; what else than colours that has, the result has too. The equations are solved until the
 * residual is SC_BLIND_RESIDUAL of what it was at O = P, by conjugate gradients: *steps of them (or NULL). *result is
 * made anew, caller frees with sc_image_free; on failure it is zeroed, and blind stands before this frame. The same
 * bytes at any number of threads.
 */
#define SC_BLIND_RESIDUAL 1e-4
int sc_blind_next(sc_blind *blind, sc_threads *threads, double lambda, const sc_image *painted, const sc_image *source,
                  sc_image *result, int *steps, sc_error *err);

/* The last frame, lent until the next one; and back. */
int sc_blind_save(const sc_blind *blind, sc_weights *state, sc_error *err);
int sc_blind_load(sc_blind *blind, const sc_weights *state, sc_error *err);

#endif
