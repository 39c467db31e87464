/* SPDX-License-Identifier: MIT */
/* Training: a generator that paints any photo in the style of some paintings in one pass (Johnson et al. 2016), learnt
 * against a discriminator that judges whether patches are real (Goodfellow et al. 2014; Li and Wand 2016). In short:
 *
 *     scumble_train_options options = scumble_train_options_default();
 *     options.steps = 2000;
 *     scumble_trainer *trainer;
 *     scumble_train_progress p;
 *     int code = scumble_trainer_open(s, &options, styles, 1, (const char *[]){ "photos/" }, 1, &trainer);
 *     while (!code && !scumble_trainer_done(trainer))
 *         code = scumble_trainer_step(trainer, &p);
 *     if (!code)
 *         code = scumble_trainer_save(trainer, "starry.scumble");
 *     scumble_trainer_close(&trainer);
 *
 * The conventions are those of scumble.h. A trainer borrows its context and belongs to the same thread. The result has
 * the same bytes at any number of threads, for the same options, files and seed. */
#ifndef SCUMBLE_TRAIN_H
#define SCUMBLE_TRAIN_H

#include "scumble/scumble.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Plain values; start from scumble_train_options_default(). Every field is also an option by name, as with
 * scumble_options. */
typedef struct scumble_train_options {
    char size[16];      /* of the generator: small, medium or large (16, 24 or 32 channels at full size) */
    char encoder[1024]; /* as in scumble_options; so the layers and terms below */
    char content_layers[512], style_layers[512];
    char content_terms[128];       /* feature, structure, detail */
    char style_terms[128];         /* gram, cross-gram, w2, sliced, histogram */
    double alpha, beta, gamma, tv; /* 0..1e9: L_G = alpha L_content + beta L_style + gamma L_adversarial + tv L_tv; tv
                                      -1 = the encoder's default */
    int discriminator;             /* 0 or 1: there is one */
    char critic_layer[64];         /* of the encoder: whose features it sees */
    double photos; /* 0..1: share of photographs, beside generated pictures, among what it learns to reject */
    int each; /* 0 or 1: every photo is compared with one painting, drawn by weight; else with the average of all */
    double learning_rate; /* the generator's, at its highest, 1e-6..1 */
    int64_t steps;        /* 1..1e9 */
    double time_s;  /* stop after so many seconds whatever `steps`; 0 = no limit. The learning rate then follows the
                       clock */
    int batch;      /* photos in a step, 1..64 */
    int crop;       /* edge of the patches that are learnt from, 64..1024 pixels, a multiple of 16 */
    int style_size; /* long edge of the paintings while they are learnt from, 64..4096 pixels: it sets the size of the
                       strokes */
    uint64_t seed;
    char name[64], licence[256]; /* for the file */
} scumble_train_options;

SCUMBLE_API scumble_train_options scumble_train_options_default(void);
/* As scumble_option_list, scumble_options_set and scumble_options_get. */
SCUMBLE_API const scumble_option_info *scumble_train_option_list(int *count);
SCUMBLE_API int scumble_train_options_set(scumble *s, scumble_train_options *options, const char *name,
                                          const char *value);
SCUMBLE_API int scumble_train_options_get(scumble *s, const scumble_train_options *options, const char *name,
                                          char *text, size_t size);

typedef struct scumble_trainer scumble_trainer;

typedef struct scumble_train_progress {
    int64_t step, steps; /* taken; in all */
    double content, style, adversarial, tv,
        total;                /* the generator's losses, of this step; but for the total without their weights */
    double discriminator;     /* its loss; 0 without one */
    double elapsed_s, left_s; /* over all parts of a resumed training; left_s is a guess */
    const char *note;         /* a sentence to show, or NULL; valid until the next step */
} scumble_train_progress;

/* styles: pictures (copied) with weights, the masks are not looked at; photos: files and folders, which are read while
 * training goes on. */
SCUMBLE_API int scumble_trainer_open(scumble *s, const scumble_train_options *options, const scumble_style *styles,
                                     int style_count, const char *const *photos, int photo_count,
                                     scumble_trainer **trainer);
/* Goes on from a checkpoint, bit for bit as if it had not been interrupted. The paintings and photos are read where
 * they were. steps, time_s: in all; 0 = as before. SCUMBLE_ERR_ARGUMENT when a painting has changed. */
SCUMBLE_API int scumble_trainer_resume(scumble *s, const char *checkpoint, int64_t steps, double time_s,
                                       scumble_trainer **trainer);
SCUMBLE_API void scumble_trainer_close(scumble_trainer **trainer);
/* Steps taken, earlier parts included. */
SCUMBLE_API int64_t scumble_trainer_steps(const scumble_trainer *trainer);
/* 1 when the steps are taken, or the time is over. */
SCUMBLE_API int scumble_trainer_done(const scumble_trainer *trainer);
/* Adds "permission" to the recipe, which the painter and checkpoints carry: a text of 1 to 2000 bytes of UTF-8 that
 * says who permits the paintings to be learnt from (scumble_recipe_permit in provenance.h). SCUMBLE_ERR_FORMAT when
 * there is one. */
SCUMBLE_API int scumble_trainer_permit(scumble_trainer *trainer, const char *permission);
/* One step. SCUMBLE_ERR_DIVERGED when it has come to nothing (gradients that are no numbers; pictures of one colour for
 * 20 steps): then the last checkpoint is what is left. */
SCUMBLE_API int scumble_trainer_step(scumble_trainer *trainer, scumble_train_progress *progress);
/* The next sentence about a photo that could not be read, once for each; NULL when there is none. Valid until the next
 * call. */
SCUMBLE_API const char *scumble_trainer_complaint(scumble_trainer *trainer);
/* Some photos that are not learnt from, side by side, and below them what the generator makes of them (its weights
 * averaged over the steps); each may be NULL. *auc: how well the discriminator tells held-out patches of the paintings
 * from these, 0.5 (not at all) to 1. */
SCUMBLE_API int scumble_trainer_sample(scumble_trainer *trainer, scumble_image **photos, scumble_image **painted,
                                       double *auc);
/* Both of these refuse with SCUMBLE_ERR_DIVERGED, and leave an older file as it is, when the pictures of the last few
 * steps were all of one colour. */
/* The painter, with averaged weights, for scumble_painter_open. */
SCUMBLE_API int scumble_trainer_save(scumble_trainer *trainer, const char *path);
/* Everything needed to go on. */
SCUMBLE_API int scumble_trainer_checkpoint(scumble_trainer *trainer, const char *path);
/* How it is trained, as JSON: options, paintings, photos. Valid while the trainer lives. */
SCUMBLE_API const char *scumble_trainer_recipe(const scumble_trainer *trainer);
/* Its options; tv is what the encoder's default stands for. Valid while the trainer lives. */
SCUMBLE_API const scumble_train_options *scumble_trainer_options(const scumble_trainer *trainer);
/* The number of photos, and of values that the generator learns. Either pointer may be NULL. */
SCUMBLE_API void scumble_trainer_facts(const scumble_trainer *trainer, int64_t *photos, int64_t *parameters);

#ifdef __cplusplus
}
#endif
#endif
