/* SPDX-License-Identifier: MIT */
/* Temporal term: the mean squared difference between the picture and a reference, where a mask says so,
 * L = mean(w (x - r)^2) (Ruder, Dosovitskiy, Brox 2016, "Artistic Style Transfer for Videos", eq. 7; there r is the
 * last frame, warped, and w says where the motion is to be trusted). It looks at the picture itself. */
#include "loss/term.h"

static sc_grid temporal_pixels_of(const sc_term_view *view)
{
    return (sc_grid){ view->tiles->height, view->tiles->width, 1 };
}

static int temporal_reduce(const sc_term_view *view, sc_reduced *reduced)
{
    sc_grid grid = temporal_pixels_of(view);
    sc_value core = sc_term_core(view, view->image, &grid);
    reduced[0] = (sc_reduced){ sc_term_weigh(view, core, &grid, SC_WEIGH_ROOT), grid };
    return 1;
}

static int temporal_losses(const sc_term_view *view, const sc_value *reduced, sc_value *losses)
{
    sc_grid grid = temporal_pixels_of(view);
    losses[0] = sc_graph_mean_square(view->graph, reduced[0], sc_term_target(view, 0, &grid, reduced[0]));
    return 1;
}

const sc_term sc_term_temporal = {
    .name = "temporal", .reads = SC_READS_PICTURE, .local = true, .reduce = temporal_reduce, .losses = temporal_losses
};
