/* SPDX-License-Identifier: MIT */
/* Style term: the squared 2-Wasserstein distance between Gaussians fitted to the features of the picture and of the painting, divided by channels:
 *   L = (|mu - mu_s|^2 + tr(Sigma_s + Sigma - 2 (A Sigma A)^(1/2))) / C,  A = Sigma_s^(1/2), both Sigma + eps I
 * (VinceMarron, "Style Transfer as Optimal Transport"; the gradient without a Lyapunov solver is in doc/math.md). It holds the two moments as optimal
 * transport weighs them: unlike the Gram matrix's distance, in which large features drown small ones, it grows with their scale only.
 * Several paintings are averaged as second moments and means, before the root is taken. */
#include "ops/matrix_root.h"
#include "style/term.h"

/* Of the mean variance of a channel: keeps the roots defined where features never vary. */
static const double epsilon_share = 1e-4;

/* Statistics and targets: at 2 i the second moment F F^T / N (c, c, 1, 1), then the root A; at 2 i + 1 the mean (1, c, 1, 1). */
static int statistics(const sc_term_view *view, sc_value *statistics)
{
    for (int i = 0; i < view->layers->count; i++) {
        sc_value feature = view->features[i], weighted = feature;
        if (view->weights) /* the mean of w F */
            weighted = sc_graph_multiply(view->graph, feature, sc_graph_constant(view->graph, "weights", &view->weights[i]));
        statistics[2 * i] = sc_graph_gram(view->graph, sc_term_weighted(view, i));
        statistics[2 * i + 1] = sc_graph_channel_mean(view->graph, weighted);
    }
    return 2 * view->layers->count;
}

static double trace(const sc_tensor *square)
{
    int c = square->shape.c;
    double sum = 0;
    for (int k = 0; k < c; k++)
        sum += square->data[k * c + k];
    return sum;
}

static int prepare(sc_statistics *statistics, const sc_layers *layers, const sc_encoder *encoder, sc_error *err)
{
    (void)layers, (void)encoder;
    int code = SCUMBLE_OK;
    for (int i = 0; i < statistics->count && !code; i += 2) {
        sc_tensor *square = &statistics->tensors[i], *mean = &statistics->tensors[i + 1];
        int c = square->shape.c;
        for (int a = 0; a < c; a++)
            for (int b = 0; b < c; b++)
                square->data[a * c + b] -= mean->data[a] * mean->data[b];
        double epsilon = epsilon_share * trace(square) / c;
        code = sc_symmetric_root(square->data, (float)(epsilon > 1e-12 ? epsilon : 1e-12), c, square->data, err);
    }
    return code;
}

/* The trace of Sigma_s + eps I = A A. */
static double root_energy(const sc_tensor *root)
{
    return sc_mean_square_of(root, NULL) * (double)sc_shape_count(root->shape);
}

static int losses(const sc_term_view *view, sc_value *losses)
{
    sc_value values[SC_MAX_STATISTICS];
    statistics(view, values);
    for (int i = 0; i < view->layers->count; i++) {
        double epsilon = 1e-12;
        if (view->targets)
            epsilon = epsilon_share / (1 + epsilon_share) * root_energy(&view->targets->tensors[2 * i]) / view->targets->tensors[2 * i].shape.c;
        sc_value root = sc_term_target(view, 2 * i, values[2 * i]), mean = sc_term_target(view, 2 * i + 1, values[2 * i + 1]);
        losses[i] = sc_graph_wasserstein2(view->graph, values[2 * i], values[2 * i + 1], root, mean, (float)epsilon);
    }
    return view->layers->count;
}

static double energy(const sc_statistics *targets, int loss)
{
    const sc_tensor *root = &targets->tensors[2 * loss], *mean = &targets->tensors[2 * loss + 1];
    return sc_mean_square_of(mean, NULL) + root_energy(root) / root->shape.c;
}

const sc_term sc_term_w2 = { .name = "w2", .statistics = statistics, .prepare = prepare, .losses = losses, .by_layer = true, .energy = energy };
