/* SPDX-License-Identifier: MIT */
/* A program (nets/program/program.h) on a part of a picture. What a part of one map needs of the maps before it is
 * followed backward, operation by operation: that gives each map its window. Windows reach as far as the program looks
 * and no further; at the picture's edges they end where the picture does, and only there is padded. So the program on a
 * window gives what it gives there on the whole picture, whatever the strides. Of a picture that repeats there are no
 * edges: nothing is padded, and windows go on into the next period. Instance norms and means of channels are the
 * exception: their statistics are those of the whole picture, and have to be known before (stages.c). */
#ifndef SC_PAINT_CANVAS_H
#define SC_PAINT_CANVAS_H

#include "nets/program/program.h"

/* The maps of a program are numbered: 0 is the picture, i + 1 the result of operation i. */
static inline int sc_map_of(sc_operand operand)
{
    return operand + 1;
}

/* Mean and biased variance of a map's channels over the whole picture, each (1, c, 1, 1); 0 until somebody writes them;
 * no data where no norm reads them. */
typedef struct sc_canvas_norm {
    sc_tensor mean, variance, zero; /* zero: as many zeros */
} sc_canvas_norm;

/* It wants statistics of a whole map, its first input. */
static inline bool sc_canvas_measures(const sc_operation *o)
{
    return o->op == &sc_op_instance_norm || o->op == &sc_op_channel_mean;
}

/* A program for a picture of one size. */
typedef struct sc_canvas {
    const sc_program *program;
    bool
        wrap; /* the picture repeats: so does every map, shapes are those of one period, and windows may lie anywhere */
    int count;             /* of maps: operations + 1 */
    sc_shape *shapes;      /* of each map, whole */
    bool *still;           /* of each map, of a picture that repeats: it is one value a channel; else NULL */
    sc_canvas_norm *norms; /* of each map */
} sc_canvas;

/* height, width: multiples of the program's step. Borrows the program. On failure *canvas is zeroed; free with
 * sc_canvas_free, which clears it. */
int sc_canvas_create(sc_canvas *canvas, const sc_program *program, int height, int width, bool wrap, sc_error *err);
void sc_canvas_free(sc_canvas *canvas);
/* SCUMBLE_ERR_UNSUPPORTED, and which operation it is, when one looks at the whole picture at once and is no instance
 * norm. */
int sc_canvas_check(const sc_canvas *canvas, sc_error *err);

/* The values of an operand that is a parameter. */
static inline const float *sc_canvas_parameter(const sc_canvas *canvas, sc_operand operand)
{
    return canvas->program->parameters[sc_operand_parameter(operand)].value.data;
}

/* A part of a map, in its own positions; height 0: none. */
typedef sc_rect sc_window;

/* Makes `window` the smallest that holds it and `needed`. */
void sc_window_join(sc_window *window, const sc_window *needed);
/* The part of a map that belongs to a part of the picture: those of parts that make up the picture make up the map. */
sc_window sc_canvas_part(const sc_canvas *canvas, int map, sc_rect part);
/* From the windows that are wanted, of some maps, to those of all that they are made of. given[m]: map m is there
 * already, and needs nothing. */
void sc_canvas_follow(const sc_canvas *canvas, const bool *given, sc_window *windows);
/* Adds the operations to a graph, each for its window. values[m]: an input of the graph for what is given or the
 * picture, written here for the others (SC_NO_VALUE where there is no window). Instance norms are those that are known.
 */
int sc_canvas_build(const sc_canvas *canvas, const bool *given, const sc_window *windows, sc_graph *graph,
                    sc_value *values, sc_error *err);

#endif
