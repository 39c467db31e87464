/* SPDX-License-Identifier: MIT */
/* The shape of `lite`: VGG-19's up to relu5_1, with fewer channels. For what trains such networks (train/student.h). */
#ifndef SC_NETS_ENCODER_LITE_H
#define SC_NETS_ENCODER_LITE_H

enum { SC_LITE_BLOCKS = 5, SC_LITE_TAPPED = 8 };

/* Convolutions of each block, and their channels. */
extern const int sc_lite_convs[SC_LITE_BLOCKS], sc_lite_channels[SC_LITE_BLOCKS];
/* The layers with taps, in order, "relu1_1" first; the last one is the last of the network. */
extern const char *const sc_lite_layers[SC_LITE_TAPPED];

/* "1_1" for relu1_1, as its weights are called. */
static inline const char *sc_lite_number(int layer)
{
    return sc_lite_layers[layer] + sizeof "relu" - 1;
}

#endif
