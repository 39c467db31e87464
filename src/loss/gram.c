/* SPDX-License-Identifier: MIT */
/* Style term: L = mean((G - A)^2), G and A the Gram matrices F F^T / N of the picture and the painting (Gatys et al.
 * 2016, eq. 4 and 5, normalised by the N positions). With weights w of the positions (mean 1) G = F diag(w) F^T / N
 * (Gatys et al. 2017). */
#include "loss/term.h"

/* Gram matrices, and behind them all the means of the layers whose tap wants to know them. */
static int gram_reduce(const sc_term_view *view, sc_reduced *reduced)
{
    int count = view->layers->count, means = count;
    for (int i = 0; i < count; i++) {
        sc_value *mean = sc_term_maps_moments(view, i) ? &reduced[means++].value : NULL;
        if (sc_term_sees(view, i))
            sc_term_moments(view, i, &reduced[i].value, mean);
    }
    return means;
}

static int gram_statistics(const sc_term_view *view, const sc_value *reduced, int count, sc_value *statistics)
{
    (void)count;
    int grams = view->layers->count, means = grams;
    for (int i = 0; i < grams; i++)
        statistics[i] =
            sc_term_moment_of(view, i, reduced[i], sc_term_maps_moments(view, i) ? reduced[means++] : SC_NO_VALUE);
    return grams;
}

static int gram_losses(const sc_term_view *view, const sc_value *reduced, sc_value *losses)
{
    int count = view->layers->count;
    sc_value grams[SC_MAX_LAYERS];
    gram_statistics(view, reduced, 0, grams);
    return sc_term_square_losses(view, grams, count, losses);
}

const sc_term sc_term_gram = { .name = "gram",
                               .by_layer = true,
                               .reduce = gram_reduce,
                               .statistics = gram_statistics,
                               .losses = gram_losses,
                               .energy = sc_term_target_energy };
