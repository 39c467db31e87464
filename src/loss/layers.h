/* SPDX-License-Identifier: MIT */
/* Layer lists as the user writes them: "relu1_1,relu2_1:0.5". */
#ifndef SC_LOSS_LAYERS_H
#define SC_LOSS_LAYERS_H

#include "nets/encoder/encoder.h"

enum { SC_MAX_LAYERS = 32 };
#define SC_MAX_WEIGHT 1e9 /* of a layer or a painting: so that sums are finite */

typedef struct sc_layers {
    int count;
    int index[SC_MAX_LAYERS];     /* in the encoder */
    double weight[SC_MAX_LAYERS]; /* 0 < weight <= SC_MAX_WEIGHT as written; 1 where nothing is written */
} sc_layers;

/* `option` is the option's name for the error sentence. */
int sc_layers_parse(sc_layers *layers, const sc_encoder *encoder, const char *text, const char *option, sc_error *err);
/* Of the list `count` from `first` on, or as many as there are; all of it when `first` is not one of them. */
void sc_layers_keep(sc_layers *layers, int first, int count);
double sc_layers_weight_sum(const sc_layers *layers);

#endif
