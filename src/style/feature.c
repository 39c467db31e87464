/* SPDX-License-Identifier: MIT */
/* Content term: L = mean((F - P)^2) / mean(P^2), F the picture's features, P the photo's (Gatys et al. 2016, eq. 1, divided by the
 * energy of its target). 0 = same features; 1 = as far away as a picture without any. */
#include "style/term.h"

double sc_mean_square_of(const sc_tensor *a, const sc_tensor *b)
{
    size_t count = sc_shape_count(a->shape);
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        double d = (double)a->data[i] - (b ? (double)b->data[i] : 0);
        sum += d * d;
    }
    return sum / (double)count;
}

static sc_value statistic(sc_graph *graph, sc_value feature)
{
    (void)graph;
    return feature;
}

static double norm(const sc_tensor *target, const sc_tensor *own)
{
    (void)own;
    return sc_mean_square_of(target, NULL) + 1e-12;
}

static sc_value loss(sc_graph *graph, sc_value feature, sc_value target)
{
    return sc_graph_mean_square(graph, feature, target);
}

const sc_term sc_term_feature = { "feature", statistic, norm, loss };
