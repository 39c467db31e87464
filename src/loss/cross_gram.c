/* SPDX-License-Identifier: MIT */
/* Style term: Gram matrices between neighbouring layers, G = F_l up(F_m)^T / N with the coarser layer m enlarged to the
 * finer one's grid (Yeh and Tang 2018, arXiv 1801.01933; Novak and Nikulin 2016). It tells which coarse features go
 * with which fine ones, and not only which occur together within one layer. Loss i weighs as layer i does; a single
 * layer has its own Gram matrix.
 *
 * The block between the layers is cut out of the Gram matrix of both, side by side, by a factor of 0 elsewhere. */
#include <string.h>

#include "loss/term.h"

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

static sc_value gram_of_pair(const sc_term_view *view, int i)
{
    sc_graph *g = view->graph;
    const sc_grid *fine = &view->grids[i], *coarse = &view->grids[i + 1];
    sc_value other = sc_term_features(view, i + 1);
    if (coarse->height != fine->height || coarse->width != fine->width)
        other = sc_term_resize(view, other, coarse, fine, false);
    else
        other = sc_term_core(view, other, coarse);
    sc_value both[2] = { sc_term_weighted(view, i), sc_term_weigh(view, other, fine, SC_WEIGH_ROOT) };
    int finer = sc_graph_shape(g, both[0]).c, c = finer + sc_graph_shape(g, both[1]).c;
    return sc_graph_multiply(g, sc_term_gram_share(view, sc_graph_concat(g, both, 2), fine), between(g, finer, c));
}

static int cross_gram_reduce(const sc_term_view *view, sc_reduced *reduced)
{
    int pairs = view->layers->count - 1;
    if (!pairs)
        reduced[0].value = sc_term_gram_share(view, sc_term_weighted(view, 0), &view->grids[0]);
    for (int i = 0; i < pairs; i++)
        reduced[i].value = gram_of_pair(view, i);
    return pairs ? pairs : 1;
}

static int cross_gram_losses(const sc_term_view *view, const sc_value *reduced, sc_value *losses)
{
    return sc_term_square_losses(view, reduced, view->layers->count > 1 ? view->layers->count - 1 : 1, losses);
}

const sc_term sc_term_cross_gram = { .name = "cross-gram",
                                     .reads = SC_READS_LAYERS_TOGETHER,
                                     .by_layer = true,
                                     .reduce = cross_gram_reduce,
                                     .losses = cross_gram_losses,
                                     .energy = sc_term_target_energy };
