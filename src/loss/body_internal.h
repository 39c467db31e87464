/* SPDX-License-Identifier: MIT */
/* One tile of a body in a graph: what body.c builds and walk.c runs. */
#ifndef SC_LOSS_BODY_INTERNAL_H
#define SC_LOSS_BODY_INTERNAL_H

#include "loss/body.h"

/* What a tile's graph gives. */
typedef struct sc_tile_output {
    sc_reduced *values; /* all of the body's; SC_NO_VALUE where another stage gives them; freed by who made it */
    sc_value end;       /* the core's part of the next stage's input */
} sc_tile_output;
int sc_tile_output_create(const sc_body *body, sc_tile_output *out, sc_error *err);

/* The graph's input: the tile's window, of the picture or of the map at the cut. */
sc_value sc_body_add_window(const sc_stage *stage, sc_graph *graph, int tile);
/* A stage on a tile, from its window on. counts: NULL, or room for how many values each use has. */
int sc_body_build_tile(const sc_body *body, int stage, sc_graph *graph, sc_value window, int tile, sc_tile_output *out,
                       int *counts, sc_error *err);

#endif
