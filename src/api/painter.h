/* SPDX-License-Identifier: MIT */
/* What a public painter is made of; what else is known of one; shared by painter.c, judge.c and describe.c. */
#ifndef SC_API_PAINTER_H
#define SC_API_PAINTER_H

#include <jansson.h>

#include "api/event.h"
#include "api/style.h"
#include "nets/store/painters.h"
#include "paint/paint.h"
#include "scumble/painter.h"

struct scumble_painter {
    scumble *s;
    sc_painter *inner;
    sc_painter_origin origin;
    sc_painter_pixels told; /* of its pictures, when it was opened */
    scumble_painter_info about;
    scumble_paint_estimate estimate; /* the last one */
    scumble_event_fn progress;       /* of the run, with the user's pointer, */
    void *user;
    int64_t pixels;   /* of the picture, */
    int size_px;      /* the long edge of the result, */
    double started_s; /* and the time at which it began */
    char *recipe;
    char range[32];
    bool running; /* the callback may not paint with it */
};

/* What the inside takes of the options (NULL: defaults). */
int sc_api_paint_options(const scumble_painter *p, const scumble_options *given, sc_paint_options *options,
                         sc_error *err);
/* The recipe; photo and result NULL: of no picture in particular. Caller frees; NULL when out of memory. */
char *sc_api_painter_recipe(const scumble_painter *p, const sc_source *photo, const sc_paint_options *options,
                            const sc_image *result);

/* What a painter was trained on, as its recipe, `training` in scumble_painter_info, says: an array of names without
 * folders, hashes, rights. NULL when it does not say. */
json_t *sc_training_paintings(const char *training);

#endif
