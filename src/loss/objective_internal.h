/* SPDX-License-Identifier: MIT */
/* What an objective is made of; shared by objective.c, evaluate.c and objective_cost.c only. */
#ifndef SC_LOSS_OBJECTIVE_INTERNAL_H
#define SC_LOSS_OBJECTIVE_INTERNAL_H

#include "loss/body.h"
#include "loss/objective.h" /* circle: objective.c, of which this is the inside */

/* One scalar of the objective: a term's loss at one layer, in one region. */
typedef struct sc_objective_part {
    sc_value loss, divisor; /* divisor: an input that holds 1 / what the loss is divided by; SC_NO_VALUE: nothing */
    double weight; /* among the group's: they sum to 1, with guides to how much of the picture the group counts in */
    double energy; /* of its target */
    int group;
    const sc_use *use; /* whose loss `index` it is */
    int index;
} sc_objective_part;

/* Whose a use of the body is. */
typedef struct sc_objective_place {
    int group, region, term;
    double weight; /* of the use in its group */
} sc_objective_place;

struct sc_objective {
    sc_objective_config config;
    sc_body body;
    sc_graph *graph;  /* all, or the head */
    sc_value image;   /* all */
    sc_value *values; /* what the body gives: in the head inputs */
    sc_tensor *sums;  /* head: the inputs' data, and their gradients, while the graph lends them */
    sc_tensor *slopes;
    sc_value losses[SC_MAX_GROUPS], weights[SC_MAX_GROUPS]; /* of each group: its loss, and an input; SC_NO_VALUE: it is
                                                               left out */
    sc_value total;
    sc_objective_part *parts;
    int part_count;
    sc_term_state *states; /* of each use of the body */
    sc_objective_place *places;
};

/* objective.c: one number into an input; the divisor of a part, if it has one. */
void sc_objective_write(sc_objective *objective, sc_value input, float number);
void sc_objective_set_divisor(sc_objective *objective, sc_objective_part *part, double value);

#endif
