/* SPDX-License-Identifier: MIT */
/* Distilling an encoder (Hinton, Vinyals, Dean 2015; from features: Romero et al. 2015): a small network
 * (train/student.h) learns on patches of pictures to predict the features of one or more teachers. With t the teacher's
 * features of a layer, scaled to mean square 1, and f the student's ReLU output there,
 *
 *     L = sum over layers of mean((A f + a - t)^2) / var(t)
 *
 * where var(t) is the mean of the channels' variances: each term is the share of the teacher's variance that is not
 * explained. */
#ifndef SC_TRAIN_DISTIL_H
#define SC_TRAIN_DISTIL_H

#include "loss/losses.h"
#include "nets/encoder/encoder.h"
#include "nets/encoder/lite.h"
#include "train/loader.h"

typedef struct sc_distil_options {
    double rate;     /* of Adam, at its highest */
    int batch, edge; /* patches in a step; pixels of a patch's edge, a multiple of 16 */
    uint64_t seed;
} sc_distil_options;

/* What it works with. All but the list of teachers is borrowed for as long as the distiller lives. */
typedef struct sc_distil_config {
    sc_distil_options options;
    const sc_encoder *const *teachers; /* a layer is learnt from the first one that has it */
    int teacher_count;
    sc_device *device;
    sc_threads *threads;
    const char *const *photos; /* files and folders */
    int photo_path_count;
    sc_image_limits limits; /* of the photos' files */
} sc_distil_config;

typedef struct sc_distiller sc_distiller;

/* The student has lite's tapped layers up to the first that no teacher has; SCUMBLE_ERR_UNSUPPORTED when that is
 * relu1_1. */
int sc_distiller_create(sc_distiller **distiller, const sc_distil_config *config, sc_error *err);
void sc_distiller_free(sc_distiller *distiller);
/* One step, or SCUMBLE_ERR_DIVERGED. progress: 0..1, how much of the training is done, for the learning rate. *losses:
 * the share of each layer that is not explained in the batch, by the layer's name. *note: NULL, or a sentence to show.
 */
int sc_distiller_step(sc_distiller *distiller, double progress, sc_losses *losses, const char **note, sc_error *err);
int64_t sc_distiller_steps(const sc_distiller *distiller);
int sc_distiller_layers(const sc_distiller *distiller);
/* How many pictures there are, and how many values are learnt. */
int64_t sc_distiller_photos(const sc_distiller *distiller);
int64_t sc_distiller_parameters(const sc_distiller *distiller);
/* A sentence about a picture that could not be read, once for each; false when there is none left. Caller frees. */
bool sc_distiller_take_complaint(sc_distiller *distiller, char **sentence);

/* What it has come to: the encoder, in its native form (nets/encoder/encoder.h), and the shares that it leaves
 * unexplained of pictures that it does not learn from. The normalisations' statistics are measured anew, on pictures to
 * learn from. Nothing of the training changes. Caller frees *weights. */
typedef struct sc_distil_texts {
    const char *name, *licence, *source, *recipe;
} sc_distil_texts;
int sc_distiller_finish(sc_distiller *distiller, const sc_distil_texts *texts, sc_weights **weights,
                        double unexplained[SC_LITE_TAPPED], sc_error *err);

/* Everything needed to go on, bit for bit; `recipe` and the time that it took so far are kept with it. */
int sc_distiller_save(const sc_distiller *distiller, const char *recipe, double elapsed_s, const char *path,
                      sc_error *err);
int sc_distiller_load(sc_distiller *distiller, const sc_weights *state, double *elapsed_s, sc_error *err);

#endif
