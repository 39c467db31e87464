/* SPDX-License-Identifier: MIT */
/* A picture while a generator paints it (pass.c): where it lies in what the generator sees, whose extents may have to
 * be larger, what is read beyond its edges, and what of the generator's result is its own. */
#ifndef SC_PAINT_JOB_H
#define SC_PAINT_JOB_H

#include "paint/canvas.h"
#include "paint/paint.h" /* circle: paint.c, which paints by passes, that are made of jobs with its options */
#include "paint/shift.h"

/* One picture to be painted. */
typedef struct sc_paint_job {
    const sc_painter *painter;
    const sc_program *program; /* the painter's generator, or that without norms */
    const sc_paint_options *options;
    int width, height;                   /* of the picture; */
    int extended_width, extended_height; /* of what the generator sees, in which */
    int left, top;                       /* the picture begins there */
    const sc_image *photo;
    sc_image *result;
    sc_paint_progress progress;
    void *user;
} sc_paint_job;

/* The least extent from `extent` on that the generator can take: a multiple of its step, and enough for all that is
 * reflected. */
int sc_paint_extend(const sc_program *program, int extent, int *extended, sc_error *err);
/* With the picture at the left and the top of what the generator sees; photo, result and progress are yet to be set. */
int sc_paint_job_begin(sc_paint_job *job, const sc_painter *painter, const sc_paint_options *options, int width,
                       int height, sc_error *err);
/* The picture begins elsewhere on the grid. */
int sc_paint_job_place(sc_paint_job *job, const sc_paint_shift *shift, sc_error *err);

/* The ends of tiles (sc_paint_ends); user: the job. */
void sc_paint_job_read(void *user, const sc_window *window, float *to);
void sc_paint_job_write(void *user, const sc_window *part, const float *from, size_t row_values);
int sc_paint_job_tell(void *user, double share);

#endif
