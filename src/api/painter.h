/* SPDX-License-Identifier: MIT */
/* What a public painter is made of; shared by painter.c and judge.c only. */
#ifndef SC_API_PAINTER_H
#define SC_API_PAINTER_H

#include "api/transfer.h"
#include "nets/painters.h"
#include "scumble/painter.h"

struct scumble_painter {
    scumble *s;
    sc_painter *inner;
    sc_painter_origin origin;
    scumble_painter_info about;
    scumble_paint_fn progress; /* of the run, with the user's pointer and the pixels of the picture */
    void *user;
    int64_t pixels;
    char *recipe;
    bool running; /* the callback may not paint with it */
};

#endif
