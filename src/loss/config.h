/* SPDX-License-Identifier: MIT */
/* What an objective is made of: rows of terms with their weights, the encoder, and how the picture is looked at. */
#ifndef SC_LOSS_CONFIG_H
#define SC_LOSS_CONFIG_H

#include "loss/term.h"

enum { SC_MAX_GROUPS = 6 };

/* A row of the objective. groups.c knows those that there are. */
typedef struct sc_loss_group {
    const char *name; /* of its loss, wherever that is told or asked for: "style"; static */
    sc_role role;
    double weight;  /* >= 0; sc_objective_set_weight changes it between evaluations */
    sc_terms terms; /* none: the row is left out */
} sc_loss_group;

/* What stays the same at all scales. Everything is borrowed. */
typedef struct sc_objective_config {
    const sc_encoder *encoder;
    sc_encoder_options encoder_options;
    sc_device *device;
    sc_threads *threads;
    sc_loss_group groups[SC_MAX_GROUPS];
    int group_count;
    const sc_critic *critic; /* a generator is trained, with the adversarial term; NULL = none. None by tiles */
    uint64_t seed;           /* of random directions */
    bool wrap;               /* the picture is a torus */
    double tile_pixels;      /* most pixels of a tile, its surroundings included; 0 = the picture is looked at whole */
} sc_objective_config;

/* The first group of that role, or NULL; and its terms, or none. */
const sc_loss_group *sc_group_of(const sc_objective_config *config, sc_role role);
const sc_terms *sc_terms_of(const sc_objective_config *config, sc_role role);
/* Leaves out the groups of that role. */
void sc_groups_drop(sc_objective_config *config, sc_role role);

#endif
