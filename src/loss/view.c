/* SPDX-License-Identifier: MIT */
/* What terms share: cutting windows down to cores, weights of positions, shares of means, and energies. See term.h.
 * Failures for want of memory give SC_NO_VALUE, which the graph reports when it is planned. */
#include <math.h>
#include <stdlib.h>

#include "loss/region.h"
#include "loss/term.h"

void sc_statistics_free(sc_statistics *statistics)
{
    for (int i = 0; i < statistics->count; i++)
        sc_tensor_free(&statistics->tensors[i]);
    statistics->count = 0;
}

void sc_statistics_free_all(sc_statistics *statistics, int count)
{
    for (int i = 0; i < count && statistics; i++)
        sc_statistics_free(&statistics[i]);
    free(statistics);
}

void sc_term_state_free(sc_term_state *state)
{
    for (int i = 0; i < SC_MAX_LAYERS; i++) {
        sc_tensor_free(&state->positions[i]);
        sc_tensor_free(&state->matches[i]);
    }
}

size_t sc_term_state_bytes(const sc_term_state *state)
{
    size_t bytes = 0;
    for (int i = 0; i < SC_MAX_LAYERS; i++) {
        bytes += state->positions[i].data ? sc_shape_bytes(state->positions[i].shape) : 0;
        bytes += state->matches[i].data ? sc_shape_bytes(state->matches[i].shape) : 0;
    }
    return bytes;
}

/* ---- parts ----------------------------------------------------------------------------------------------------- */

static sc_rect core_on(const sc_term_view *view, const sc_grid *grid)
{
    return sc_tiles_core_on(view->tiles, &view->tile, grid);
}

static sc_rect window_on(const sc_term_view *view, const sc_grid *grid)
{
    return sc_tiles_window_on(view->tiles, &view->tile, grid);
}

static bool holds_all(sc_rect part, int height, int width)
{
    return part.height == height && part.width == width;
}

sc_value sc_term_core(const sc_term_view *view, sc_value x, const sc_grid *grid)
{
    sc_rect core = core_on(view, grid), window = window_on(view, grid);
    sc_shape s = sc_graph_shape(view->graph, x);
    if (holds_all(core, s.h, s.w))
        return x;
    sc_slice_attrs part = { 0, s.c, core.top - window.top, core.height, core.left - window.left, core.width };
    return sc_graph_slice(view->graph, x, part);
}

bool sc_term_sees(const sc_term_view *view, int i)
{
    return view->features[i] != SC_NO_VALUE;
}

/* False: the encoder has none. */
static bool view_add_tap(const sc_term_view *view, int i, sc_value *weight, sc_value *bias)
{
    const sc_tensor *map, *offset;
    if (!sc_encoder_tap(view->encoder, view->layers->index[i], &map, &offset))
        return false;
    *weight = sc_graph_parameter(view->graph, "tap", map, NULL);
    *bias = sc_graph_parameter(view->graph, "tap", offset, NULL);
    return true;
}

sc_value sc_term_tap(const sc_term_view *view, int i, sc_value x)
{
    sc_value weight, bias;
    return view_add_tap(view, i, &weight, &bias) ?
               sc_graph_conv2d(view->graph, x, weight, bias, (sc_conv2d_attrs){ 0 }) :
               x;
}

sc_value sc_term_features(const sc_term_view *view, int i)
{
    return sc_term_tap(view, i, view->features[i]);
}

sc_value sc_term_target(const sc_term_view *view, int i, const sc_grid *map, sc_value like)
{
    if (!view->targets)
        return sc_graph_input(view->graph, "target", sc_graph_shape(view->graph, like));
    const sc_tensor *target = &view->targets->tensors[i];
    if (view->targets->changing)
        return sc_graph_parameter(view->graph, "target", target, &view->targets->changes);
    if (!map || holds_all(core_on(view, map), map->height, map->width))
        return sc_graph_constant(view->graph, "target", target);
    sc_rect core = core_on(view, map);
    sc_tensor part;
    sc_error err;
    if (sc_tensor_create(&part, (sc_shape){ 1, target->shape.c, core.height, core.width }, &err))
        return SC_NO_VALUE;
    sc_tiles_read_core(NULL, view->tiles, &view->tile, map, target->shape.c, target->data, part.data);
    sc_value value = sc_graph_constant(view->graph, "target", &part);
    sc_tensor_free(&part);
    return value;
}

static sc_resize_attrs resizing(const sc_term_view *view, const sc_grid *from, const sc_grid *to, bool antialias)
{
    return (sc_resize_attrs){ .height = to->height,
                              .width = to->width,
                              .antialias = antialias,
                              .wrap = view->tiles->wrap,
                              .full_height = from->height,
                              .full_width = from->width };
}

sc_value sc_term_resize(const sc_term_view *view, sc_value x, const sc_grid *from, const sc_grid *to, bool antialias)
{
    sc_resize_attrs attrs = resizing(view, from, to, antialias);
    sc_rect window = window_on(view, from), core = core_on(view, to);
    attrs.in_top = window.top;
    attrs.in_left = window.left;
    attrs.out_top = core.top;
    attrs.out_left = core.left;
    attrs.part_height = core.height;
    attrs.part_width = core.width;
    return sc_graph_resize_part(view->graph, x, attrs);
}

sc_value sc_term_resize_share(const sc_term_view *view, sc_value x, const sc_grid *from, const sc_grid *to,
                              bool antialias)
{
    sc_resize_attrs attrs = resizing(view, from, to, antialias);
    sc_rect core = core_on(view, from);
    attrs.in_top = core.top;
    attrs.in_left = core.left;
    return sc_graph_resize_part(view->graph, sc_term_core(view, x, from), attrs);
}

sc_value sc_term_gather(const sc_term_view *view, sc_value x, const sc_grid *grid, bool in_core,
                        const sc_tensor *positions)
{
    sc_rect core = core_on(view, grid), held = in_core ? core : window_on(view, grid);
    if (view->state && holds_all(core, grid->height, grid->width))
        return sc_graph_gather(view->graph, x,
                               sc_graph_parameter(view->graph, "positions", positions, &view->state->changes));
    sc_tensor moved;
    sc_error err;
    if (sc_tensor_create(&moved, positions->shape, &err))
        return SC_NO_VALUE;
    for (int k = 0; k < positions->shape.w; k++) {
        int row = (int)positions->data[2 * k] - core.top, column = (int)positions->data[2 * k + 1] - core.left;
        bool here = row >= 0 && row < core.height && column >= 0 && column < core.width;
        moved.data[2 * k] = here ? (float)(row + core.top - held.top) : -1;
        moved.data[2 * k + 1] = here ? (float)(column + core.left - held.left) : -1;
    }
    sc_value value = sc_graph_gather(view->graph, x, sc_graph_constant(view->graph, "positions", &moved));
    sc_tensor_free(&moved);
    return value;
}

/* ---- weights --------------------------------------------------------------------------------------------------- */

int sc_term_weights(const sc_term_view *view, const sc_grid *grid, sc_tensor *weights, sc_error *err)
{
    return sc_region_weights(weights, view->region, view->region_mean, grid->height, grid->width, core_on(view, grid),
                             err);
}

sc_value sc_term_weigh(const sc_term_view *view, sc_value x, const sc_grid *grid, sc_weighing how)
{
    if (!view->region)
        return x;
    sc_tensor weights;
    sc_error err;
    if (sc_term_weights(view, grid, &weights, &err))
        return SC_NO_VALUE;
    for (size_t k = 0; k < sc_shape_count(weights.shape) && how == SC_WEIGH_ROOT; k++)
        weights.data[k] = sqrtf(weights.data[k]);
    sc_value value = sc_graph_multiply(view->graph, x, sc_graph_constant(view->graph, "weights", &weights));
    sc_tensor_free(&weights);
    return value;
}

sc_value sc_term_weighted(const sc_term_view *view, int i)
{
    return sc_term_weigh(view, sc_term_core(view, sc_term_features(view, i), &view->grids[i]), &view->grids[i],
                         SC_WEIGH_ROOT);
}

sc_value sc_term_share(const sc_term_view *view, sc_value mean, const sc_grid *grid)
{
    sc_rect core = core_on(view, grid);
    if (holds_all(core, grid->height, grid->width))
        return mean;
    double share = (double)core.height * core.width / ((double)grid->height * grid->width);
    return sc_graph_add(view->graph, (float)share, mean, 0, mean);
}

sc_value sc_term_gram_share(const sc_term_view *view, sc_value x, const sc_grid *grid)
{
    return sc_term_share(view, sc_graph_gram(view->graph, x), grid);
}

/* Mapping moments costs 2 c^3 multiplications, mapping the features c^2 for each position. */
bool sc_term_maps_moments(const sc_term_view *view, int i)
{
    const sc_tensor *map, *offset;
    const sc_grid *grid = &view->grids[i];
    return sc_encoder_tap(view->encoder, view->layers->index[i], &map, &offset) &&
           (double)grid->height * grid->width > 4.0 * map->shape.c;
}

void sc_term_moments(const sc_term_view *view, int i, sc_value *moment, sc_value *mean)
{
    const sc_grid *grid = &view->grids[i];
    sc_value x =
        sc_term_core(view, sc_term_maps_moments(view, i) ? view->features[i] : sc_term_features(view, i), grid);
    *moment = sc_term_gram_share(view, sc_term_weigh(view, x, grid, SC_WEIGH_ROOT), grid);
    if (mean)
        *mean = sc_term_share(view, sc_graph_channel_mean(view->graph, sc_term_weigh(view, x, grid, SC_WEIGH)), grid);
}

sc_value sc_term_moment_of(const sc_term_view *view, int i, sc_value moment, sc_value mean)
{
    sc_value weight, bias;
    if (!sc_term_maps_moments(view, i) || !view_add_tap(view, i, &weight, &bias))
        return moment;
    return sc_graph_mapped_moment(view->graph, moment, mean, weight, bias);
}

sc_value sc_term_mean_of(const sc_term_view *view, int i, sc_value mean)
{
    return sc_term_maps_moments(view, i) ? sc_term_tap(view, i, mean) : mean;
}

/* ---- losses and energies --------------------------------------------------------------------------------------- */

int sc_term_square_losses(const sc_term_view *view, const sc_value *statistics, int count, sc_value *losses)
{
    for (int i = 0; i < count; i++)
        losses[i] = sc_graph_mean_square(view->graph, statistics[i], sc_term_target(view, i, NULL, statistics[i]));
    return count;
}

double sc_term_target_energy(const sc_statistics *targets, int loss)
{
    return sc_mean_square_of(&targets->tensors[loss], NULL);
}

double sc_term_cosine_energy(const sc_statistics *targets, int loss)
{
    (void)targets, (void)loss;
    return 1;
}

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
