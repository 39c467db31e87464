/* SPDX-License-Identifier: MIT */
/* What a public trainer is made of; of train.c only. */
#ifndef SC_API_TRAIN_H
#define SC_API_TRAIN_H

#include "api/options.h"
#include "api/style.h"
#include "scumble/train.h"
#include "train/train.h"

struct scumble_trainer {
    scumble *s;
    sc_trainer *inner;
    scumble_options options; /* of kind train */
    sc_painting *paintings;  /* copies; masks play no part */
    int painting_count;
    char **photos;
    int photo_count;
    char *recipe, *own_recipe; /* own: with the paths of the inputs, for the checkpoint */
    double elapsed_s;          /* in earlier parts and steps */
    sc_event event;            /* where it stands */
    char *complaint;           /* the last one given */
};

#endif
