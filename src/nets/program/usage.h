/* SPDX-License-Identifier: MIT */
/* What a program that came from a file is used for, and what it must therefore be: the one place where that is checked,
 * when it is loaded (for some extents) and each time that it becomes a graph (for the extents at which it runs).
 * Without it, a program of other extents would be read, or written, beyond its buffers by those who trust the result to
 * be a picture. */
#ifndef SC_NETS_PROGRAM_USAGE_H
#define SC_NETS_PROGRAM_USAGE_H

#include "nets/program/program.h"

/* Of an input (1, channels, h, w): to paint, a picture (1, 3, h, w) is made of a picture (1, 3, h, w); to judge, a map
 * of scores (1, 1, h', w'), h' <= h and w' <= w. */
typedef enum sc_usage { SC_TO_PAINT, SC_TO_JUDGE } sc_usage;

/* Whether it is fit for it, for several extents; whether all its numbers are numbers; and whether what it takes is
 * within what such networks need, so that a file can neither fill the memory nor keep the processor busy without end.
 * One sentence in err says what is wrong. */
int sc_usage_check(const sc_program *program, sc_usage usage, sc_error *err);
/* The same for one input, given the shape of each operation's result (operation_count of them). */
int sc_usage_check_shapes(const sc_program *program, sc_usage usage, sc_shape input, const sc_shape *results,
                          sc_error *err);
/* Multiplications and additions, about (what is small in any network counts as one a value), and values of all results.
 */
void sc_usage_cost(const sc_program *program, sc_shape input, const sc_shape *results, double *work, double *values);
/* sc_program_build of a program for this use: refused where it does not fit x. */
int sc_usage_build(const sc_program *program, sc_usage usage, sc_graph *graph, sc_value x, bool frozen,
                   sc_value *parameters, sc_value *result, sc_error *err);

#endif
