/* SPDX-License-Identifier: MIT */
/* A program whose norms are known is one without norms: they become factors and constants of the convolutions before
 * them, and what is made of means of channels alone becomes parameters. It paints in one pass, whole or by tiles. */
#ifndef SC_PAINT_FIXED_H
#define SC_PAINT_FIXED_H

#include "paint/canvas.h"

/* The canvas' program with the norms of the canvas (canvas->norms), on pictures of its size. Caller frees. */
int sc_canvas_fix(const sc_canvas *canvas, sc_device *device, sc_program **fixed, sc_error *err);

#endif
