/* SPDX-License-Identifier: MIT */
/* Style term: L = mean((G - A)^2) / d, G and A the Gram matrices F F^T / (h w) of the picture and the painting (Gatys et al.
 * 2016, eq. 4 and 5, normalised by positions). d is the same distance between the photo and the painting, so the photo
 * itself has the loss 1 on every layer, at every size, with every encoder; plus a hundredth of the painting's
 * energy, lest a photo that already has the painting's statistics is divided by nothing. */
#include "style/term.h"

static sc_value statistic(sc_graph *graph, sc_value feature)
{
    return sc_graph_gram(graph, feature);
}

static double norm(const sc_tensor *target, const sc_tensor *own)
{
    return sc_mean_square_of(target, own) + 0.01 * sc_mean_square_of(target, NULL) + 1e-20;
}

static sc_value loss(sc_graph *graph, sc_value feature, sc_value target)
{
    return sc_graph_mean_square(graph, sc_graph_gram(graph, feature), target);
}

const sc_term sc_term_gram = { "gram", statistic, norm, loss };
