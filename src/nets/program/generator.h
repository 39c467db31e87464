/* SPDX-License-Identifier: MIT */
/* The two networks of adversarial training. The generator is the image transformation network of Johnson et al. 2016
 * with instance normalisation (Ulyanov et al. 2016) and, in place of transposed convolutions, enlarging by nearest
 * neighbours and convolution (Odena et al. 2016), which leave no checkerboard:
 *
 *     conv E x E, c -> two convolutions 3 x 3 of stride 2, 2c and 4c
 *         -> B residual blocks of 4c -> twice enlarged by 2 and conv 3 x 3, 2c and c -> conv E x E, 3
 *
 * with reflection padding, instance norm and ReLU after all but the last. The discriminator judges patches (Isola et
 * al. 2017) of an encoder's features (Li and Wand 2016), not of pixels: what a brush stroke is need not be learnt from
 * one painting. */
#ifndef SC_NETS_PROGRAM_GENERATOR_H
#define SC_NETS_PROGRAM_GENERATOR_H

#include "nets/program/program.h"

typedef struct sc_generator_shape {
    int channels; /* c: 4..256 */
    int blocks;   /* B: 0..16 */
    int end;      /* E: 3, 5, 7 or 9 */
    bool biases;  /* also where an instance norm takes them away again, as public networks have them */
} sc_generator_shape;

/* "small", "medium" or "large": 16, 24 or 32 channels. False: there is no such size. */
bool sc_generator_size(const char *name, sc_generator_shape *shape);
/* The names of the sizes, ended by NULL. */
extern const char *const sc_generator_sizes[];

/* A generator for pictures with values around 0..1: normal random weights of variance 2 / inputs (He et al. 2015), the
 * last convolution's smaller around a bias of 0.5. Parameters have the names of PyTorch's fast-neural-style example
 * ("res1.conv1.conv2d.weight", "in1.bias"). Caller frees. */
int sc_generator_create(sc_program **program, const sc_generator_shape *shape, uint64_t seed, sc_error *err);
/* The generator in a .pth of that example (Johnson et al. 2016, PyTorch's names), also within what trainers put around
 * it (sc_weights_unwrap). It must be whole: five residual blocks or more, each tensor there, and none that the network
 * has no place for. SCUMBLE_ERR_UNSUPPORTED when it is none. */
int sc_generator_from_weights(sc_program **program, const sc_weights *weights, sc_error *err);
/* Whether a name of its tensors is there, in a wrapping or not. */
bool sc_generator_recognise(const sc_weights *weights);

/* Refuses a tensor that has no place in the network called `title`, but for what instance norms have no use for. */
int sc_generator_refuse_rest(const sc_weights *weights, const char *title, sc_error *err);

/* A discriminator for features of `channels` channels and root mean square `rms`: (1, channels, h, w) -> (1, 1, h/4,
 * w/4), one score for each patch. Positive is "a real work". Its convolutions are meant to be kept at spectral norm 1
 * (Miyato et al. 2018) by the trainer. */
int sc_discriminator_create(sc_program **program, int channels, double rms, uint64_t seed, sc_error *err);

#endif
