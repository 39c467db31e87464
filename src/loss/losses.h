/* SPDX-License-Identifier: MIT */
/* Losses by name. What is minimised names its own (groups.h; in training the discriminator and the layers of an encoder
 * besides); whoever keeps, shows or writes them takes what there is. */
#ifndef SC_LOSS_LOSSES_H
#define SC_LOSS_LOSSES_H

#include "scumble/event.h"

enum { SC_MOST_LOSSES = 12 };

/* In their order; the last one is "total", the weighted sum of the others, which are without their weights. All zero:
 * there are none yet. */
typedef struct sc_losses {
    int count;
    scumble_loss of[SC_MOST_LOSSES]; /* names are static */
} sc_losses;

/* Adds to the loss of that name, which becomes the last one when there is none. */
void sc_losses_add(sc_losses *losses, const char *name, double value);
/* The loss of that name; 0 when there is none. */
double sc_loss_named(const sc_losses *losses, const char *name);
double sc_losses_total(const sc_losses *losses);

#endif
