/* SPDX-License-Identifier: MIT */
/* Content term: L = mean(w (F - P)^2), F the picture's features, P the photo's, w the weights of the positions (Gatys
 * et al. 2016, eq. 1). Its energy is mean(w P^2): after the balance 0 = same features, 1 = as far away as a picture
 * without any. */
#include "loss/term.h"

static int feature_reduce(const sc_term_view *view, sc_reduced *reduced)
{
    for (int i = 0; i < view->layers->count; i++)
        if (sc_term_sees(view, i))
            reduced[i] = (sc_reduced){ sc_term_weighted(view, i), view->grids[i] };
    return view->layers->count;
}

static int feature_losses(const sc_term_view *view, const sc_value *reduced, sc_value *losses)
{
    for (int i = 0; i < view->layers->count; i++)
        if (sc_term_sees(view, i))
            losses[i] =
                sc_graph_mean_square(view->graph, reduced[i], sc_term_target(view, i, &view->grids[i], reduced[i]));
    return view->layers->count;
}

const sc_term sc_term_feature = { .name = "feature",
                                  .local = true,
                                  .by_layer = true,
                                  .reduce = feature_reduce,
                                  .losses = feature_losses,
                                  .energy = sc_term_target_energy };
