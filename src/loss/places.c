/* SPDX-License-Identifier: MIT */
/* Positions at which a term looks at a picture when looking everywhere would be too much. See term.h. */
#include <math.h>

#include "core/rng.h"
#include "loss/region.h"
#include "loss/term.h"

/* Rows and columns of square cells, at most `most` of them, that cover the grid. */
static void places_cells_of(const sc_grid *grid, int most, int *rows, int *columns)
{
    int edge = (int)ceil(sqrt((double)grid->height * grid->width / most));
    for (edge = edge < 1 ? 1 : edge;; edge++) { /* a line of pixels has no room to shrink in one direction */
        *rows = (grid->height + edge - 1) / edge;
        *columns = (grid->width + edge - 1) / edge;
        if ((double)*rows * *columns <= most)
            return;
    }
}

static int places_create(const sc_grid *grid, int most, sc_tensor *positions, sc_error *err)
{
    int rows, columns;
    places_cells_of(grid, most, &rows, &columns);
    return sc_tensor_create(positions, (sc_shape){ 1, 2, 1, rows * columns }, err);
}

static int draw_in_region(const sc_term_view *view, const sc_grid *grid, uint64_t seed, sc_tensor *positions,
                          sc_error *err)
{
    sc_tensor weights;
    sc_rect all = { 0, 0, grid->height, grid->width };
    int code = sc_region_weights(&weights, view->region, view->region_mean, grid->height, grid->width, all, err);
    if (code)
        return code;
    sc_region_draw(&weights, (size_t)positions->shape.w, seed, positions->data);
    sc_tensor_free(&weights);
    return SCUMBLE_OK;
}

static int places_draw(const sc_term_view *view, int i, const sc_grid *grid, int most, uint64_t round,
                       sc_tensor *positions, sc_error *err)
{
    uint64_t seed = sc_random_bits(round, (uint64_t)i);
    if (view->region)
        return draw_in_region(view, grid, seed, positions, err);
    int rows, columns;
    places_cells_of(grid, most, &rows, &columns);
    for (int k = 0; k < rows * columns; k++) {
        positions->data[2 * k] =
            (float)floor((k / columns + (double)sc_random_uniform(seed, 2 * (uint64_t)k)) * grid->height / rows);
        positions->data[2 * k + 1] =
            (float)floor((k % columns + (double)sc_random_uniform(seed, 2 * (uint64_t)k + 1)) * grid->width / columns);
    }
    return SCUMBLE_OK;
}

int sc_places_begin(const sc_term_view *view, int i, const sc_grid *grid, int most, sc_error *err)
{
    sc_tensor *positions = &view->state->positions[i];
    int code = places_create(grid, most, positions, err);
    return code ? code : places_draw(view, i, grid, most, view->seed, positions, err);
}

void sc_places_look(const sc_term_view *view, int i, const sc_grid *grid, int most, uint64_t round)
{
    sc_error err; /* without memory for the weights it goes on looking where it does */
    places_draw(view, i, grid, most, round, &view->state->positions[i], &err);
    view->state->changes++;
}

sc_value sc_places_sample(const sc_term_view *view, int i, sc_value x, const sc_grid *grid, bool in_core, int most)
{
    if (view->state)
        return sc_term_gather(view, x, grid, in_core, &view->state->positions[i]);
    sc_tensor positions = { .data = NULL };
    sc_error err;
    sc_value value = SC_NO_VALUE;
    if (!places_create(grid, most, &positions, &err) && !places_draw(view, i, grid, most, view->seed, &positions, &err))
        value = sc_term_gather(view, x, grid, in_core, &positions);
    sc_tensor_free(&positions);
    return value;
}
