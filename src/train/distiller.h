/* SPDX-License-Identifier: MIT */
/* Inside train/: the distiller itself, and what distil.c and distil_finish.c share. */
#ifndef SC_TRAIN_DISTILLER_H
#define SC_TRAIN_DISTILLER_H

#include "train/distil.h" /* circle: distil.c, of which this is the inside */
#include "train/learner.h"
#include "train/student.h"
#include "train/teachers.h"

/* Seeds of what is drawn independently of each other. */
enum {
    SC_SEED_STUDENT = 1,
    SC_SEED_LOADER,
    SC_SEED_CHANGES,
    SC_SEED_NOISE,
    SC_SEED_SETTLING,
    SC_SEED_SETTLING_CHANGES
};

/* Patches that are held out. */
enum { SC_DISTIL_HELD_OUT = 24 };

/* The student at work on a batch, with the loss and its gradients. */
typedef struct sc_lesson {
    sc_graph *graph;
    sc_value patches, targets[SC_LITE_TAPPED], weights[SC_LITE_TAPPED]; /* inputs; weights: 1 / var(t) */
    sc_value unexplained[SC_LITE_TAPPED], loss;
    sc_value *parameters;
} sc_lesson;

struct sc_distiller {
    sc_distil_config config;
    sc_loader *loader;
    sc_teachers teachers;
    double scales[SC_LITE_TAPPED], variances[SC_LITE_TAPPED]; /* factor to mean square 1; var(t) of what is scaled */
    sc_student student;
    sc_learner *learner;
    sc_lesson lesson;
    int64_t steps;
    int bad_steps;
    bool broken_off; /* the last step, within its batch */
    float *rgb;      /* edge x edge x 3 */
};

size_t sc_distiller_patch_values(const sc_distiller *distiller);
/* Pictures, in the order of one of the seeds. */
int sc_distiller_open_loader(const sc_distiller *distiller, int seed, uint64_t first_sample, sc_loader **loader,
                             sc_error *err);
/* Gives the patch in `rgb` another contrast and brightness, and noise, within 0..1: those of a sample of one of the
 * seeds. */
void sc_distiller_change(const sc_distiller *distiller, int seed, uint64_t sample);
/* The loss is by these variances from here on. */
void sc_distiller_weigh_layers(sc_distiller *distiller);
/* Results of all of the student's operations. The caller frees *results. */
int sc_student_build(const sc_student *student, sc_graph *graph, sc_value patches, bool frozen, sc_value *parameters,
                     sc_value **results, sc_error *err);

#endif
