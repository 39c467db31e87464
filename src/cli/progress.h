/* SPDX-License-Identifier: MIT */
/* The display of a long job, whichever it is: one redrawn line on a terminal, fitted to its width, or JSON lines
 * (events.h), or nothing. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "scumble/scumble.h"

enum { PROGRESS_AUTO, PROGRESS_BAR, PROGRESS_JSON, PROGRESS_NONE };
#define PROGRESS_CHOICES "auto|bar|json|none"

typedef struct progress_display {
    bool bar;                                 /* there is a line */
    const char *name;                         /* what is in hand, where the line says it; NULL = nothing */
    int number, total;                        /* picture of the batch; total 1 = no batch */
    int past;                                 /* pictures of the batch before this one, */
    double past_s;                            /* and the time that they took: from these, the time left for all */
    double beside_s;                          /* what this one takes beside what is reported: to load it, to write it */
    double began_s;                           /* on the clock */
    double drawn_s, previous_s, seconds_each; /* last drawing; last report; smoothed time between reports */
    bool noted;                               /* the last report carried a note */
} progress_display;

/* A clock that only goes forward, in seconds. */
double progress_now_s(void);
/* mode: PROGRESS_AUTO is a line on a terminal unless the console is quiet, else nothing. */
progress_display progress_begin(int mode, const char *name, int number, int total);
void progress_show(progress_display *display, const scumble_event *event);
/* Only the line, of an event that is no news to programs. */
void progress_redraw(progress_display *display, const scumble_event *event);
/* The same for what the program itself does, picture by picture: `done` of `of` are measured. */
void progress_show_measured(progress_display *display, const char *job, int done, int of);
void progress_end(progress_display *display);

#endif
