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
    return sc_term_square_losses(view, losses, statistics(view, losses));
}

const sc_term sc_term_gram = { .name = "gram", .statistics = statistics, .losses = losses, .by_layer = true, .energy = sc_term_target_energy };
