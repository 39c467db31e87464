/* SPDX-License-Identifier: MIT */
/* An encoder's features of one picture after another. The network is planned anew only when a picture has another size.
 */
#ifndef SC_MEASURE_FEATURES_H
#define SC_MEASURE_FEATURES_H

#include "media/image.h"
#include "nets/encoder/encoder.h"

enum { SC_FEATURES_MOST = 16 };

/* Begin with encoder, device (both borrowed), layers and their count; the rest zero. Free with sc_features_free. */
typedef struct sc_features {
    const sc_encoder *encoder;
    sc_device *device;
    int layers[SC_FEATURES_MOST], count; /* indices of the encoder's layers */
    sc_tensor maps[SC_FEATURES_MOST];    /* (1, C, h, w) of each layer: of the picture that was looked at last. Lent by
                                            the graph until the next look */
    int width, height;                   /* its size */
    sc_graph *graph;
    sc_value input, values[SC_FEATURES_MOST];
} sc_features;
void sc_features_free(sc_features *features);
/* Runs the network on a picture. SCUMBLE_ERR_ARGUMENT for one that is too small for a layer. */
int sc_features_look(sc_features *features, const sc_image *image, sc_error *err);
/* From here to the next look the maps hold only positions that can be seen in the picture, in their order but no longer
 * in their places: for distributions. An opaque picture's maps stay. */
void sc_features_forget_hidden(sc_features *features, const sc_image *image);
/* The same of one map: the mean alpha of what lies under a position is at least 1/2. The shape becomes about square,
 * and loses up to a row. Where there is no such position, all stay. */
void sc_visible_only(sc_tensor *map, const sc_image *image);

#endif
