/* SPDX-License-Identifier: MIT */
/* Style term: the squared 2-Wasserstein distance between Gaussians fitted to the features of the picture and of the
 * painting, divided by channels:
 *   L = (|mu - mu_s|^2 + tr(R^T R + Sigma - 2 (R Sigma R^T)^(1/2))) / C,  R the truncated root of the painting's
 * covariance (VinceMarron, "Style Transfer as Optimal Transport"; doc/math.md). It holds the two moments as optimal
 * transport weighs them: unlike the Gram matrix's distance, in which large features drown small ones, it grows with
 * their scale only. N positions span fewer than N directions, and a target with more of them would pull at what is not
 * there; so R has as many rows as the smaller of the pictures can fill twice. Several paintings are averaged as second
 * moments and means, before the root is taken. */
#include "ops/matrix_root.h"
#include "loss/region.h"
#include "loss/term.h"

static const double least_share = 1e-4; /* of the painting's variance: weaker directions are left out */
enum { MOST_ROWS = 256 };

static int w2_smaller(int a, int b)
{
    return a < b ? a : b;
}

/* Sums and targets: at 2 i the second moment F F^T / N (c, c, 1, 1), then the root (rows, c, 1, 1); at 2 i + 1 the mean
 * (1, c, 1, 1). */
static int w2_reduce(const sc_term_view *view, sc_reduced *reduced)
{
    for (int i = 0; i < view->layers->count; i++)
        if (sc_term_sees(view, i))
            sc_term_moments(view, i, &reduced[2 * i].value, &reduced[2 * i + 1].value);
    return 2 * view->layers->count;
}

static int w2_statistics(const sc_term_view *view, const sc_value *reduced, int count, sc_value *statistics)
{
    for (int i = 0; i < count / 2; i++) {
        statistics[2 * i] = sc_term_moment_of(view, i, reduced[2 * i], reduced[2 * i + 1]);
        statistics[2 * i + 1] = sc_term_mean_of(view, i, reduced[2 * i + 1]);
    }
    return count;
}

static int w2_prepare(sc_statistics *statistics, const sc_layers *layers, const sc_encoder *encoder, sc_error *err)
{
    (void)layers, (void)encoder;
    int code = SCUMBLE_OK;
    for (int i = 0; i < statistics->count && !code; i += 2) {
        sc_tensor *square = &statistics->tensors[i], *mean = &statistics->tensors[i + 1];
        int c = square->shape.c;
        for (int a = 0; a < c; a++)
            for (int b = 0; b < c; b++)
                square->data[a * c + b] -= mean->data[a] * mean->data[b];
        code = sc_truncated_root(square->data, c, least_share, w2_smaller(c, MOST_ROWS), square->data, &square->shape.n,
                                 err);
    }
    return code;
}

/* How many directions of layer i the target may have: half as many as there are positions, those of small weight
 * counting less. */
static int most_rows(const sc_term_view *view, int i)
{
    const sc_grid *grid = &view->grids[i];
    double positions = (double)grid->height * grid->width; /* with weights (sum w)^2 / sum w^2 */
    sc_tensor weights;
    sc_error err;
    if (view->region && !sc_region_weights(&weights, view->region, view->region_mean, grid->height, grid->width,
                                           (sc_rect){ 0, 0, grid->height, grid->width }, &err)) {
        positions /= sc_mean_square_of(&weights, NULL);
        sc_tensor_free(&weights);
    }
    return positions < 4 ? 1 : positions < 2 * MOST_ROWS ? (int)(positions / 2) : MOST_ROWS;
}

static sc_value target_root(const sc_term_view *view, int i, int channels)
{
    int most = most_rows(view, i);
    if (!view->targets)
        return sc_graph_input(view->graph, "target", (sc_shape){ w2_smaller(channels, most), channels, 1, 1 });
    sc_tensor first_rows = view->targets->tensors[2 * i];
    first_rows.shape.n = w2_smaller(first_rows.shape.n, most);
    return sc_graph_constant(view->graph, "target", &first_rows);
}

static int w2_losses(const sc_term_view *view, const sc_value *reduced, sc_value *losses)
{
    for (int i = 0; i < view->layers->count; i++) {
        sc_value moment = sc_term_moment_of(view, i, reduced[2 * i], reduced[2 * i + 1]),
                 mean = sc_term_mean_of(view, i, reduced[2 * i + 1]);
        sc_value root = target_root(view, i, sc_graph_shape(view->graph, moment).c),
                 target_mean = sc_term_target(view, 2 * i + 1, NULL, mean);
        losses[i] = sc_graph_wasserstein2(view->graph, moment, mean, root, target_mean);
    }
    return view->layers->count;
}

/* (|mu_s|^2 + tr R^T R) / C */
static double w2_energy(const sc_statistics *targets, int loss)
{
    const sc_tensor *root = &targets->tensors[2 * loss], *mean = &targets->tensors[2 * loss + 1];
    return sc_mean_square_of(mean, NULL) + sc_mean_square_of(root, NULL) * root->shape.n;
}

const sc_term sc_term_w2 = { .name = "w2",
                             .by_layer = true,
                             .reduce = w2_reduce,
                             .statistics = w2_statistics,
                             .prepare = w2_prepare,
                             .losses = w2_losses,
                             .energy = w2_energy };
