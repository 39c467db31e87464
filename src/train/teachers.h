/* SPDX-License-Identifier: MIT */
/* The teachers of a distillation at work: encoders that look at one patch at a time, and what is measured of features.
 */
#ifndef SC_TRAIN_TEACHERS_H
#define SC_TRAIN_TEACHERS_H

#include "nets/encoder/encoder.h"
#include "nets/encoder/lite.h"

/* Sums of the values of each channel. Begins empty; free with sc_tally_free. */
typedef struct sc_tally {
    int channels;
    double *sum, *squares;
    double count; /* of positions */
} sc_tally;
int sc_tally_add(sc_tally *tally, const sc_tensor *features, sc_error *err);
void sc_tally_free(sc_tally *tally);
/* Mean and biased variance of channel c. */
double sc_tally_mean(const sc_tally *tally, int c);
double sc_tally_variance(const sc_tally *tally, int c);
/* Over all channels: the mean square, and the mean of the variances. */
double sc_tally_mean_square(const sc_tally *tally);
double sc_tally_mean_variance(const sc_tally *tally);

/* One encoder, with the layers of lite that are learnt from it. */
typedef struct sc_teacher {
    const sc_encoder *encoder;
    sc_graph *graph;
    sc_value image;
    int count, layers[SC_LITE_TAPPED]; /* numbers of lite's tapped layers */
    sc_value features[SC_LITE_TAPPED];
} sc_teacher;

typedef struct sc_teachers {
    sc_teacher *each;
    int count;
    int layer_count;                 /* of lite's tapped layers, from the first on, somebody has */
    sc_shape shapes[SC_LITE_TAPPED]; /* of their features */
    sc_tensor seen[SC_LITE_TAPPED];  /* these, of what was looked at last */
} sc_teachers;

/* A layer is that of the first encoder that has it. The encoders are borrowed as long as the teachers live.
 * SCUMBLE_ERR_UNSUPPORTED when nobody has relu1_1. Free with sc_teachers_free, on failure too. */
int sc_teachers_create(sc_teachers *teachers, const sc_encoder *const *encoders, int count, int edge, sc_device *device,
                       sc_error *err);
void sc_teachers_free(sc_teachers *teachers);
/* rgb: edge x edge x 3. features: of each layer, borrowed until the next look, and may be changed. */
int sc_teachers_look(sc_teachers *teachers, const float *rgb, sc_tensor features[SC_LITE_TAPPED], sc_error *err);

#endif
