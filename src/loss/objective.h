/* SPDX-License-Identifier: MIT */
/* The objective at one scale: L_total = sum over groups of weight L_group, as a graph with the picture as its input; of
 * a run alpha L_content + beta L_style + tv L_tv (Gatys et al. 2016, eq. 7, with total variation), for a generator
 * in training + gamma L_adversarial. Each L_group is a weighted mean over terms (term.h), layers and regions. */
#ifndef SC_LOSS_OBJECTIVE_H
#define SC_LOSS_OBJECTIVE_H

#include "loss/losses.h"
#include "loss/statistics.h"

/* Where a group's losses count, and what they are compared with there. */
typedef struct sc_region_targets {
    const sc_statistics *statistics; /* one for each term of the group */
    const sc_tensor *weights;        /* of the positions of the picture (1, 1, h, w), or NULL = everywhere alike; when
                                        the statistics are maps, as given when these were measured */
    double share;                    /* of the group's loss, > 0 */
} sc_region_targets;

/* Borrowed for as long as the objective lives; of groups of role content, when it looks at the picture whole, for
 * sc_objective_create. */
typedef struct sc_objective_targets {
    bool forecast; /* there are no statistics: the objective is only good for an estimate */
    struct sc_group_targets {
        int region_count;
        sc_region_targets *regions;
    } groups[SC_MAX_GROUPS]; /* as in the configuration; a group that is compared with something and has no regions is
                                left out */
} sc_objective_targets;

typedef struct sc_objective sc_objective;

int sc_objective_create(sc_objective **objective, const sc_objective_config *config, int height, int width,
                        const sc_objective_targets *targets, sc_error *err);
void sc_objective_free(sc_objective *objective);
/* Balances the terms of role style: after it, each of their losses is 1 for `reference` (h x w x 3; the photo), but for
 * a hundredth of the target's energy that is added to the divisor, lest a reference that has the style already is
 * divided by nothing. */
int sc_objective_balance(sc_objective *objective, const float *reference, sc_error *err);
/* Some targets follow the picture. */
bool sc_objective_refreshes(const sc_objective *objective);
/* Finds them anew for `picture` (h x w x 3), looking at other places in every round. The function that is minimised has
 * then changed. */
int sc_objective_refresh(sc_objective *objective, const float *picture, uint64_t round, sc_error *err);
/* What the balance found, for a checkpoint: a factor for each loss that is divided. */
int sc_objective_divisor_count(const sc_objective *objective);
void sc_objective_divisors(const sc_objective *objective, float *divisors);
void sc_objective_set_divisors(sc_objective *objective, const float *divisors);
/* The weight of a group is another one from here on; a group that is left out has none. */
void sc_objective_set_weight(sc_objective *objective, int group, double weight);
/* The targets of role content, which are `changing`, have changed. */
void sc_objective_content_changed(sc_objective *objective);
/* The features that the critic saw in the last evaluation (1, c, h, w): as many as its layer has. */
int sc_objective_critic_features(const sc_objective *objective, float *features, sc_error *err);
/* Losses at x, and dL_total/dx; both h x w x 3. */
int sc_objective_evaluate(sc_objective *objective, const float *x, float *gradient, sc_losses *losses, sc_error *err);

/* What it takes. */
typedef struct sc_objective_cost {
    sc_need need;             /* as long as it lives, and to evaluate it */
    sc_work evaluation, pass; /* one with its gradient, and one without */
    sc_work search;           /* of a refresh, beside a pass */
    bool refreshes;           /* some targets follow the picture */
    int tile_edge;            /* the longer edge of a tile; 0 = the picture is looked at whole */
} sc_objective_cost;
/* keys: of each region, for a forecast; NULL = those of the targets. */
int sc_objective_estimate(sc_objective *objective, const sc_keys *keys, sc_objective_cost *cost, sc_error *err);
/* The same for one that is not there: for a picture of this size, with so many regions of the style (0 = everywhere
 * alike). */
int sc_objective_foretell(const sc_objective_config *config, int height, int width, int regions, const sc_keys *keys,
                          sc_objective_cost *cost, sc_error *err);

#endif
