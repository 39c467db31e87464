/* SPDX-License-Identifier: MIT */
/* What a public trainer is made of; shared by train.c and train_options.c only. */
#ifndef SC_API_TRAIN_H
#define SC_API_TRAIN_H

#include "api/option_table.h"
#include "api/transfer.h"
#include "scumble/train.h"
#include "train/train.h"

extern const sc_option_table sc_train_option_table;

struct scumble_trainer {
    scumble *s;
    sc_trainer *inner;
    scumble_train_options options;
    sc_painting *paintings; /* copies; masks play no part */
    int painting_count;
    char **photos;
    int photo_count;
    char *recipe, *own_recipe; /* own: with the paths of the inputs, for the checkpoint */
    double elapsed_s;          /* in earlier parts and steps */
    char *complaint;           /* the last one given */
};

#endif
