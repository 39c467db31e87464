/* SPDX-License-Identifier: MIT */
/* Content term: the Laplacian of the picture after pooling, L = mean(w (Lap P(x) - Lap P(photo))^2) summed over pools
 * of 2 and 8 pixels (LapStyle, Li et al. 2017): edges, faces and lettering keep their lines at almost no cost. It looks
 * at the picture itself; layers play no part. */
#include "loss/term.h"

static const int pools[] = { 2, 8 };
enum { POOLS = sizeof pools / sizeof *pools };

/* The 5-point Laplacian of each colour, as a convolution. */
static sc_value laplacian(const sc_term_view *view, sc_value x)
{
    sc_tensor kernel; /* (3, 3, 3, 3), stored (out, row, column, in) */
    sc_error err;
    if (sc_tensor_create(&kernel, (sc_shape){ 3, 3, 3, 3 }, &err))
        return SC_NO_VALUE;
    static const float stencil[9] = { 0, 1, 0, 1, -4, 1, 0, 1, 0 };
    for (int c = 0; c < 3; c++)
        for (int k = 0; k < 9; k++)
            kernel.data[(c * 9 + k) * 3 + c] = stencil[k];
    sc_value weight = sc_graph_constant(view->graph, "laplacian", &kernel);
    sc_tensor_free(&kernel);
    sc_padding padding = { 1, 1, 1, 1, view->tiles->wrap ? SC_PAD_CIRCULAR : SC_PAD_REPLICATE };
    return sc_graph_conv2d(view->graph, x, weight, SC_NO_VALUE, (sc_conv2d_attrs){ .padding = padding });
}

/* The grids of the pooled picture; of a tiny one the picture itself. */
static int grids_of(const sc_term_view *view, sc_grid *grids)
{
    int count = 0;
    for (int i = 0; i < POOLS; i++)
        if (pools[i] <= view->tiles->height && pools[i] <= view->tiles->width)
            grids[count++] = (sc_grid){ view->tiles->height / pools[i], view->tiles->width / pools[i], pools[i] };
    if (!count)
        grids[count++] = (sc_grid){ view->tiles->height, view->tiles->width, 1 };
    return count;
}

static int detail_reduce(const sc_term_view *view, sc_reduced *reduced)
{
    sc_grid grids[POOLS];
    int count = grids_of(view, grids);
    for (int i = 0; i < count; i++) {
        int size = grids[i].stride;
        sc_pool2d_attrs pool = { .size_h = size, .size_w = size, .stride_h = size, .stride_w = size };
        sc_value pooled = size == 1 ? view->image : sc_graph_average_pool2d(view->graph, view->image, pool);
        sc_value lines = sc_term_core(view, laplacian(view, pooled), &grids[i]);
        reduced[i] = (sc_reduced){ sc_term_weigh(view, lines, &grids[i], SC_WEIGH_ROOT), grids[i] };
    }
    return count;
}

static int detail_losses(const sc_term_view *view, const sc_value *reduced, sc_value *losses)
{
    sc_grid grids[POOLS];
    int count = grids_of(view, grids);
    for (int i = 0; i < count; i++)
        losses[i] = sc_graph_mean_square(view->graph, reduced[i], sc_term_target(view, i, &grids[i], reduced[i]));
    return count;
}

const sc_term sc_term_detail = { .name = "detail",
                                 .reads = SC_READS_PICTURE,
                                 .local = true,
                                 .reduce = detail_reduce,
                                 .losses = detail_losses,
                                 .energy = sc_term_target_energy };
