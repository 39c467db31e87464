/* SPDX-License-Identifier: MIT */
/* Content term: the Laplacian of the picture after pooling, L = mean(w (Lap P(x) - Lap P(photo))^2) summed over pools of 2 and 8 pixels (LapStyle, Li et al.
 * 2017): edges, faces and lettering keep their lines at almost no cost. It looks at the picture itself; layers play no part. */
#include "style/term.h"

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
    sc_padding padding = { 1, 1, 1, 1, view->wrap ? SC_PAD_CIRCULAR : SC_PAD_REPLICATE };
    return sc_graph_conv2d(view->graph, x, weight, SC_NO_VALUE, (sc_conv2d_attrs){ .padding = padding });
}

static int statistics(const sc_term_view *view, sc_value *statistics)
{
    sc_shape s = sc_graph_shape(view->graph, view->image);
    int count = 0;
    for (int i = 0; i < POOLS; i++) {
        int size = pools[i];
        if (size > s.h || size > s.w)
            continue;
        sc_pool2d_attrs pool = { .size_h = size, .size_w = size, .stride_h = size, .stride_w = size };
        statistics[count++] = sc_term_weigh(view, laplacian(view, sc_graph_average_pool2d(view->graph, view->image, pool)));
    }
    if (!count)
        statistics[count++] = sc_term_weigh(view, laplacian(view, view->image));
    return count;
}

static int losses(const sc_term_view *view, sc_value *losses)
{
    return sc_term_square_losses(view, losses, statistics(view, losses));
}

const sc_term sc_term_detail = { .name = "detail", .statistics = statistics, .losses = losses, .energy = sc_term_target_energy };
