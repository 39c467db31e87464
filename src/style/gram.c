/* SPDX-License-Identifier: MIT */
/* Style term: L = mean((G - A)^2), G and A the Gram matrices F F^T / N of the picture and the painting (Gatys et al. 2016, eq. 4 and 5,
 * normalised by the N positions). With weights w of the positions (mean 1) G = F diag(w) F^T / N (Gatys et al. 2017). */
#include "style/term.h"

static int statistics(const sc_term_view *view, sc_value *statistics)
{
    for (int i = 0; i < view->layers->count; i++)
        statistics[i] = sc_graph_gram(view->graph, sc_term_weighted(view, i));
    return view->layers->count;
}

static int losses(const sc_term_view *view, sc_value *losses)
{
    int count = statistics(view, losses);
    for (int i = 0; i < count; i++)
        losses[i] = sc_graph_mean_square(view->graph, losses[i], sc_term_target(view, i, losses[i]));
    return count;
}

static double energy(const sc_statistics *targets, int loss)
{
    return sc_mean_square_of(&targets->tensors[loss], NULL);
}

const sc_term sc_term_gram = { .name = "gram", .statistics = statistics, .losses = losses, .by_layer = true, .energy = energy };
