/* SPDX-License-Identifier: MIT */
/* Style term: Gram matrices between neighbouring layers, G = F_l up(F_m)^T / N with the coarser layer m enlarged to the finer one's grid (Yeh and Tang
 * 2018, arXiv 1801.01933; Novak and Nikulin 2016). It tells which coarse features go with which fine ones, and not only which occur together
 * within one layer. Loss i weighs as layer i does; a single layer has its own Gram matrix.
 *
 * The block between the layers is cut out of the Gram matrix of both, side by side, by a factor of 0 elsewhere. */
#include <string.h>

#include "style/term.h"

static int pair_count(const sc_term_view *view)
{
    return view->layers->count > 1 ? view->layers->count - 1 : view->layers->count;
}

/* 1 in the two blocks between the first `finer` channels and the rest, else 0; one (c, c, 1, 1). */
static sc_value between(sc_graph *graph, int finer, int c)
{
    sc_tensor mask;
    sc_error err;
    if (sc_tensor_create(&mask, (sc_shape){ c, c, 1, 1 }, &err))
        return SC_NO_VALUE;
    for (int i = 0; i < c; i++)
        for (int k = 0; k < c; k++)
            mask.data[i * c + k] = (i < finer) != (k < finer);
    sc_value value = sc_graph_constant(graph, "between", &mask);
    sc_tensor_free(&mask);
    return value;
}

static int statistics(const sc_term_view *view, sc_value *statistics)
{
    sc_graph *g = view->graph;
    if (view->layers->count == 1)
        statistics[0] = sc_graph_gram(g, sc_term_weighted(view, 0));
    for (int i = 0; i + 1 < view->layers->count; i++) {
        sc_value fine = sc_term_weighted(view, i), coarse = sc_term_weighted(view, i + 1);
        sc_shape grid = sc_graph_shape(g, fine), other = sc_graph_shape(g, coarse);
        if (other.h != grid.h || other.w != grid.w)
            coarse = sc_term_resize(view, coarse, grid.h, grid.w, false);
        sc_value both[2] = { fine, coarse };
        statistics[i] = sc_graph_multiply(g, sc_graph_gram(g, sc_graph_concat(g, both, 2)), between(g, grid.c, grid.c + other.c));
    }
    return pair_count(view);
}

static int losses(const sc_term_view *view, sc_value *losses)
{
    return sc_term_square_losses(view, losses, statistics(view, losses));
}

const sc_term sc_term_cross_gram = { .name = "cross-gram", .statistics = statistics, .losses = losses, .by_layer = true, .energy = sc_term_target_energy };
