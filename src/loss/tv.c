/* SPDX-License-Identifier: MIT */
/* Total variation: the mean squared difference of neighbouring pixels, of those side by side and of those one above the
 * other (Mahendran and Vedaldi 2015, eq. 4, with exponent 2). It looks at the picture itself and compares it with
 * nothing. */
#include "loss/term.h"

/* Mean squared difference between the core's pixels and their neighbours below (or to the right), of all of the
 * picture's: the core's share. */
static sc_value add_differences(const sc_term_view *view, bool below)
{
    const sc_tiles *t = view->tiles;
    const sc_tile *tile = &view->tile;
    sc_graph *graph = view->graph;
    sc_value image = view->image;
    int extent = below ? t->height : t->width, own = below ? tile->core.height : tile->core.width;
    int begin = below ? tile->core.top : tile->core.left, parts = below ? t->rows : t->columns;
    int pairs = t->wrap ? extent : extent - 1;
    int count = begin + own == extent && !t->wrap ? own - 1 : own;
    if (count < 1)
        return SC_NO_VALUE;
    if (t->wrap && parts == 1) /* its own neighbour */
        image = sc_graph_pad(graph, image, (sc_padding){ .bottom = below, .right = !below, .mode = SC_PAD_CIRCULAR });
    sc_slice_attrs here = { 0,
                            3,
                            tile->core.top - tile->window.top,
                            below ? count : tile->core.height,
                            tile->core.left - tile->window.left,
                            below ? tile->core.width : count };
    sc_slice_attrs there = here;
    *(below ? &there.top : &there.left) += 1;
    sc_value mean =
        sc_graph_mean_square(graph, sc_graph_slice(graph, image, there), sc_graph_slice(graph, image, here));
    double across = below ? (double)tile->core.width / t->width : (double)tile->core.height / t->height;
    return sc_graph_add(graph, (float)(across * count / pairs), mean, 0, mean);
}

static int tv_reduce(const sc_term_view *view, sc_reduced *reduced)
{
    if (sc_tiles_count(view->tiles) == 1) {
        reduced[0].value = sc_graph_total_variation(view->graph, view->image, view->tiles->wrap);
        return 1;
    }
    sc_value right = add_differences(view, false), below = add_differences(view, true);
    reduced[0].value = right == SC_NO_VALUE ? below :
                       below == SC_NO_VALUE ? right :
                                              sc_graph_add(view->graph, 1, right, 1, below);
    return 1;
}

static int tv_losses(const sc_term_view *view, const sc_value *reduced, sc_value *losses)
{
    (void)view;
    losses[0] = reduced[0];
    return 1;
}

const sc_term sc_term_tv = { .name = "tv", .reads = SC_READS_PICTURE, .reduce = tv_reduce, .losses = tv_losses };
