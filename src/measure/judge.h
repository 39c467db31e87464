/* SPDX-License-Identifier: MIT */
/* What a discriminator thinks of a picture: a score for each patch, positive where it takes it for a real work in the
 * style. */
#ifndef SC_MEASURE_JUDGE_H
#define SC_MEASURE_JUDGE_H

#include "nets/encoder/encoder.h"
#include "nets/program/program.h"

/* For pictures of one size. */
typedef struct sc_judge sc_judge;

typedef struct sc_judge_config {
    const sc_encoder *encoder; /* everything is borrowed */
    sc_encoder_options encoder_options;
    int layer;                       /* of the encoder: whose features it sees */
    const sc_program *discriminator; /* its parameters may change between pictures. NULL: only features are wanted */
    sc_device *device;
} sc_judge_config;

/* Caller frees. */
int sc_judge_create(sc_judge **judge, const sc_judge_config *config, int height, int width, sc_error *err);
void sc_judge_free(sc_judge *judge);
/* rgb: h x w x 3. features: (1, c, h', w') of the layer; scores: (1, 1, h'', w''), data NULL without a discriminator.
 * Either may be NULL; both belong to the judge and are valid until its next picture. */
int sc_judge_look(sc_judge *judge, const float *rgb, sc_tensor *features, sc_tensor *scores, sc_error *err);

/* The probability that a score of the first list is higher than one of the second (the area under the ROC curve, ties
 * counting half); both are sorted in place. 0.5 when either is empty. */
double sc_auc(float *positive, size_t positive_count, float *negative, size_t negative_count);

#endif
