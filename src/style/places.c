/* SPDX-License-Identifier: MIT */
/* Positions at which a term looks at a picture when looking everywhere would be too much. See term.h. */
#include <math.h>

#include "core/rng.h"
#include "style/region.h"
#include "style/term.h"

/* Of a lattice of at most `most` positions. */
typedef struct lattice {
    int rows, columns, stride;
} lattice;

static lattice lattice_on(const sc_grid *grid, int most)
{
    lattice l;
    l.stride = (int)ceil(sqrt((double)grid->height * grid->width / most));
    for (l.stride = l.stride < 1 ? 1 : l.stride;; l.stride++) { /* a line of pixels has no room to shrink in one direction */
        l.rows = (grid->height + l.stride - 1) / l.stride;
        l.columns = (grid->width + l.stride - 1) / l.stride;
        if ((double)l.rows * l.columns <= most)
            return l;
    }
}

sc_shape sc_places_shape(const sc_grid *grid, int most)
{
    lattice l = lattice_on(grid, most);
    return (sc_shape){ 1, 2, 1, l.rows * l.columns };
}

static int draw(const sc_term_view *view, const sc_grid *grid, uint64_t round, sc_tensor *positions, sc_error *err)
{
    sc_tensor weights;
    int code = sc_region_weights(&weights, view->region, view->region_mean, grid->height, grid->width, (sc_rect){ 0, 0, grid->height, grid->width }, err);
    if (code)
        return code;
    sc_region_draw(&weights, (size_t)positions->shape.w, (double)sc_random_uniform(round, (uint64_t)grid->stride), positions->data);
    sc_tensor_free(&weights);
    return SCUMBLE_OK;
}

static int fill(const sc_term_view *view, const sc_grid *grid, int most, uint64_t round, sc_tensor *positions, sc_error *err)
{
    if (view->region)
        return draw(view, grid, round, positions, err);
    lattice l = lattice_on(grid, most);
    uint64_t stream = (uint64_t)grid->stride;
    int dy = (int)(sc_random_bits(round, stream) % (uint64_t)l.stride), dx = (int)(sc_random_bits(round, stream + 1000) % (uint64_t)l.stride);
    float *to = positions->data;
    for (int y = 0; y < l.rows; y++)
        for (int x = 0; x < l.columns; x++) { /* round the border */
            *to++ = (float)((y * l.stride + dy) % grid->height);
            *to++ = (float)((x * l.stride + dx) % grid->width);
        }
    return SCUMBLE_OK;
}

int sc_places_begin(const sc_term_view *view, int i, const sc_grid *grid, int most, sc_error *err)
{
    int code = sc_tensor_create(&view->state->positions[i], sc_places_shape(grid, most), err);
    return code ? code : fill(view, grid, most, 0, &view->state->positions[i], err);
}

void sc_places_look(const sc_term_view *view, int i, const sc_grid *grid, int most, uint64_t round)
{
    sc_error err; /* without memory for the weights it goes on looking where it does */
    fill(view, grid, most, round, &view->state->positions[i], &err);
}

sc_value sc_places_sample(const sc_term_view *view, int i, sc_value x, const sc_grid *grid, bool in_core, int most)
{
    if (view->state)
        return sc_term_gather(view, x, grid, in_core, &view->state->positions[i]);
    sc_tensor positions;
    sc_error err;
    sc_value value = SC_NO_VALUE;
    if (sc_tensor_create(&positions, sc_places_shape(grid, most), &err))
        return SC_NO_VALUE;
    if (!fill(view, grid, most, 0, &positions, &err))
        value = sc_term_gather(view, x, grid, in_core, &positions);
    sc_tensor_free(&positions);
    return value;
}
