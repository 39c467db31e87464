/* SPDX-License-Identifier: MIT */
/* What the two kinds of training have in common: the folder NAME.train beside the output, with losses.csv and .svg and
 * the checkpoint, and the losses' means. */
#ifndef CLI_TRAINING_H
#define CLI_TRAINING_H

#include <stdbool.h>

#include "report.h"
#include "text.h"

typedef struct training_place {
    char *output, *folder, *checkpoint; /* owned */
    bool made;                          /* the folder was not there before */
} training_place;
/* For a new training, output names the file that is made (extension: the one it has; command: "train", for messages)
 * and the folder is made; for one that is gone on with, resume names the folder, and output is NULL. Returns 0, or an
 * exit code after a message. Free on failure, too; a folder that was made and is still empty goes with it. */
int training_place_choose(training_place *place, const char *resume, const char *output, const char *extension,
                          const char *command);
/* What a new training reads (files, folders, patterns or names of models) is not what it writes: neither its output nor
 * anything in its folder. */
int training_place_check(const training_place *place, const text_list *inputs);
void training_place_free(training_place *place);
/* A file in the folder; caller frees. */
char *training_place_file(const training_place *place, const char *name);

/* The mean of the steps since the last row. Begins as zeros. */
typedef struct loss_mean {
    scumble_loss *losses; /* names are the events' */
    int loss_count, steps;
} loss_mean;
/* Takes in the losses of a step; adds a row for about every thousandth of all steps. */
void loss_mean_add(loss_mean *mean, loss_log *log, const scumble_event *event);
void loss_mean_free(loss_mean *mean);
/* Tells the end (events.h): of all steps, or where it was stopped. */
void training_tell_done(const training_place *place, const scumble_event *at, bool interrupted);

/* losses.csv and losses.svg; what cannot be written is said. */
void training_write_losses(const training_place *place, const loss_log *log, const char *formula);

#endif
