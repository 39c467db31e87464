/* SPDX-License-Identifier: MIT */
/* Style term: L = mean((G - A)^2), G and A the Gram matrices F F^T / N of the picture and the painting (Gatys et al. 2016, eq. 4 and 5,
 * normalised by the N positions). With weights w of the positions (mean 1) G = F diag(w) F^T / N (Gatys et al. 2017). */
#include "style/term.h"

static int reduce(const sc_term_view *view, sc_reduced *reduced)
{
    for (int i = 0; i < view->layers->count; i++)
        if (sc_term_sees(view, i))
            reduced[i].value = sc_term_gram_share(view, sc_term_weighted(view, i), &view->grids[i]);
    return view->layers->count;
}

static int losses(const sc_term_view *view, const sc_value *reduced, sc_value *losses)
{
    return sc_term_square_losses(view, reduced, view->layers->count, losses);
}

const sc_term sc_term_gram = { .name = "gram", .by_layer = true, .reduce = reduce, .losses = losses, .energy = sc_term_target_energy };
