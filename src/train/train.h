/* SPDX-License-Identifier: MIT */
/* Training a generator: one network that paints any picture in the style of some paintings (Johnson et al. 2016),
 * against a discriminator that judges whether patches are real (Goodfellow et al. 2014; Li and Wand 2016):
 *
 *     L_G = alpha L_content + beta L_style + gamma L_adversarial + tv L_tv + steady L_steady
 *
 * with the terms of loss/term.h, balanced as in the optimisation of single pictures, L_steady of steady.h, and for the
 * discriminator the hinge loss (Lim and Ye 2017)
 *
 *     L_D = mean max(0, 1 - D(real)) + (1 - p) mean max(0, 1 + D(generated)) + p mean max(0, 1 + D(photo))
 *
 * under spectral normalisation. A step looks at a batch of photos one after the other (instance normalisation knows no
 * batch), so memory does not grow with the batch; the gradients are added up, and both networks take a step of Adam. */
#ifndef SC_TRAIN_TRAIN_H
#define SC_TRAIN_TRAIN_H

#include "media/image.h"
#include "nets/store/painter.h"
#include "loss/objective.h"
#include "train/loader.h"

typedef struct sc_train_options {
    char size[16]; /* of the generator: small, medium, large */
    double alpha, beta, gamma, tv;
    double photos;      /* p above: 0..1 */
    bool discriminator; /* false: there is none, and gamma counts for nothing */
    bool each;          /* every photo is compared with one painting; else with the average of all */
    double rate;        /* of the generator's Adam, at its highest */
    int batch, edge;    /* photos in a step; pixels of a crop's edge */
    int style_edge;     /* long edge of the paintings while they are learnt from: sets the size of the strokes */
    uint64_t seed;
    double steady; /* 0: there is no second frame */
} sc_train_options;

/* What training works with. Encoder, device and the names of photos are borrowed for as long as the trainer
 * lives, the rest for its creation. */
typedef struct sc_train_config {
    sc_train_options options;
    const sc_encoder *encoder;
    sc_device *device;
    sc_threads *threads;
    sc_terms content, style;
    int layer;                        /* of the encoder: whose features the discriminator sees */
    const sc_image *const *paintings; /* of any size */
    const double *weights;            /* of each, sum 1 */
    int painting_count;
    const char *const *photos; /* files and folders */
    int photo_path_count;
    sc_image_limits limits; /* of the photos' files */
} sc_train_config;

typedef struct sc_trainer sc_trainer;

int sc_trainer_create(sc_trainer **trainer, const sc_train_config *config, sc_error *err);
void sc_trainer_free(sc_trainer *trainer);
/* One step, or SCUMBLE_ERR_DIVERGED: nothing that was learnt is a number any more, or all pictures have become alike.
 * progress: 0..1, how much of the training is done, for the learning rate. *losses: of the discriminator, when there is
 * one, and then of the generator; means over the batch. *note: NULL, or a sentence to show. */
int sc_trainer_step(sc_trainer *trainer, double progress, sc_losses *losses, const char **note, sc_error *err);
int64_t sc_trainer_steps(const sc_trainer *trainer);
/* How many photos there are, and how many values the generator learns. */
int64_t sc_trainer_photos(const sc_trainer *trainer);
int64_t sc_trainer_parameters(const sc_trainer *trainer);
/* A sentence about a photo that could not be read, once for each; false when there is none left. Caller frees. */
bool sc_trainer_take_complaint(sc_trainer *trainer, char **sentence);

/* What it has come to, by pictures that it does not learn from: photos[count] painted with the averaged weights, each
 * edge x edge; caller frees each with sc_image_free. And how well the discriminator tells held-out patches of the
 * paintings from these: the area under the ROC curve (0.5 without one). */
enum { SC_TRAIN_SAMPLES = 4 };
int sc_trainer_sample(sc_trainer *trainer, sc_image photos[SC_TRAIN_SAMPLES], sc_image painted[SC_TRAIN_SAMPLES],
                      int *count, double *auc, sc_error *err);

/* Both refuse with SCUMBLE_ERR_DIVERGED, and leave an older file as it is, where the last few pictures were all of one
 * colour. */
/* The painter as it is now, with averaged weights. texts as for sc_painter_create. Writes it, atomically. */
int sc_trainer_save_painter(const sc_trainer *trainer, const sc_painter *texts, const char *path, sc_error *err);
/* Everything needed to go on, bit for bit; `recipe` and the time that it took so far are kept with it. */
int sc_trainer_save(const sc_trainer *trainer, const char *recipe, double elapsed_s, const char *path, sc_error *err);
int sc_trainer_load(sc_trainer *trainer, const sc_weights *state, double *elapsed_s, sc_error *err);

#endif
