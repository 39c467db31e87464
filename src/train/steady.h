/* SPDX-License-Identifier: MIT */
/* Training against flicker, from single photos: x2, a second frame that might follow photo x, is x moved by a random
 * flow f and with noise, and the generator is to paint it as it painted the first one (compound regularisation; Wang,
 * Yang, Hu, Liu 2020, "Consistent Video Style Transfer via Compound Regularization"; Wang et al. 2020, ReReVST):
 *
 *     x2(p) = x(p + f(p)) + n(p),    L_steady = mean over p and channels of |G(x)(p + f(p)) - G(x2)(p)|
 *
 * over all p for which p + f(p) lies within the frame. f is a shift of whole pixels up to 10 each way, and in every
 * second sample a smooth field besides. Films are also dark, and flat: some of the photos are made so. */
#ifndef SC_TRAIN_STEADY_H
#define SC_TRAIN_STEADY_H

#include "train/parts.h"

typedef struct sc_steady {
    int edge;
    uint64_t seed;
    float *u, *v;                    /* f; edge x edge, x and y */
    float *second, *painted, *slope; /* x2, G(x2), dL/dG(x2): edge x edge x 3 */
    sc_generator_graph graph;        /* for x2: that for x keeps what its gradient needs meanwhile */
} sc_steady;

int sc_steady_create(sc_steady **steady, const sc_program *generator, int edge, uint64_t seed, sc_device *device,
                     sc_error *err);
void sc_steady_free(sc_steady *steady); /* accepts NULL */

/* What is drawn depends on (seed, sample) alone. */
/* Darkens every eighth photo or so, and flattens as many; false: it stays as it is. rgb: edge x edge x 3. */
bool sc_steady_expose(const sc_steady *steady, uint64_t sample, float *rgb);
/* Makes u, v and second of a photo. */
void sc_steady_move(sc_steady *steady, uint64_t sample, const float *rgb);
/* L_steady, from G(x) and steady->painted; adds weight dL/dG(x) to slope, and makes steady->slope weight dL/dG(x2). */
double sc_steady_compare(sc_steady *steady, const float *painted, float weight, float *slope);
/* All of it for photo x, painted as G(x): adds weight dL/dG(x) to slope, and to the learner share times what weight
 * L_steady teaches through G(x2). *loss: L_steady. */
int sc_steady_learn(sc_steady *steady, uint64_t sample, const float *rgb, const float *painted, float weight,
                    float share, float *slope, sc_learner *learner, double *loss, sc_error *err);

#endif
