/* SPDX-License-Identifier: MIT */
/* Adversarial term: L = -mean D(F), D a discriminator's score of each patch of the features F of one layer: the
 * generator's side of the hinge loss (Lim and Ye 2017, "Geometric GAN"), with patches of features as in Li and Wand
 * 2016 and Isola et al. 2017. Only for pictures that are looked at whole. */
#include "nets/program/usage.h"
#include "loss/term.h"

static int adversarial_reduce(const sc_term_view *view, sc_reduced *reduced)
{
    reduced[0].value = sc_term_features(view, 0);
    return 1;
}

static int adversarial_losses(const sc_term_view *view, const sc_value *reduced, sc_value *losses)
{
    sc_value score;
    sc_error err; /* the graph keeps its own */
    if (sc_usage_build(view->critic->discriminator, SC_TO_JUDGE, view->graph, reduced[0], false, NULL, &score, &err))
        return 0;
    sc_value mean = sc_graph_mean(view->graph, score);
    losses[0] = sc_graph_add(view->graph, -1, mean, 0, mean);
    return 1;
}

/* It is what it is: there is nothing to balance it by. */
static double adversarial_energy(const sc_statistics *targets, int loss)
{
    (void)targets, (void)loss;
    return 1;
}

const sc_term sc_term_adversarial = {
    .name = "adversarial", .reduce = adversarial_reduce, .losses = adversarial_losses, .energy = adversarial_energy
};
