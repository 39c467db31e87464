/* SPDX-License-Identifier: MIT */
/* The generator of AnimeGANv2 (Chen et al. 2020), from a state dictionary of its port to PyTorch: names and shapes say
 * what it is.
 *
 *     block_a: conv 7, conv of stride 2, conv -> block_b: conv of stride 2, conv -> block_c: conv,
 *         four inverted residual blocks (Sandler et al. 2018), conv
 *     -> enlarged by 2 -> block_d: two convs -> enlarged by 2 -> block_e: conv, conv, conv 7 -> out_layer: conv 1, tanh
 *
 * each conv with reflection padding, a group norm of one group and a leaky ReLU; enlarging is bilinear with aligned
 * corners, as the port does by default. */
#ifndef SC_NETS_PROGRAM_ANIMEGAN_H
#define SC_NETS_PROGRAM_ANIMEGAN_H

#include "nets/program/program.h"

/* Whether a name of its tensors is there, in a wrapping or not. */
bool sc_animegan_recognise(const sc_weights *weights);
/* The network works in -1..1; the program scales from and to 0..1. Of any widths, but whole: SCUMBLE_ERR_UNSUPPORTED,
 * with the name, when a tensor is missing, of a wrong shape, or has no place. Caller frees. */
int sc_animegan_from_weights(sc_program **program, const sc_weights *weights, sc_error *err);

#endif
