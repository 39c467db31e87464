/* SPDX-License-Identifier: MIT */
/* The display of a running transfer: one redrawn line on a terminal, fitted to its width, or JSON lines, or nothing.
 * And a plain line for downloads. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "scumble/scumble.h"

enum { PROGRESS_AUTO, PROGRESS_BAR, PROGRESS_JSON, PROGRESS_NONE };
#define PROGRESS_CHOICES "auto|bar|json|none"

typedef struct progress_display {
    int mode;                                 /* PROGRESS_BAR, _JSON or _NONE */
    int number, total;                        /* picture of the batch; total 1 = no batch */
    int past;                                 /* pictures of the batch before this one, */
    double past_s;                            /* and the time that they took: from these, the time left for all */
    double beside_s;                          /* what this one takes beside what is reported: to load it, to write it */
    double drawn_s, previous_s, seconds_each; /* last drawing; last iteration; smoothed time of an iteration */
    bool no_content;                          /* a texture: there is no such term */
    bool noted;                               /* the last report carried a note */
} progress_display;

/* A clock that only goes forward, in seconds. */
double progress_now_s(void);
/* Resolves PROGRESS_AUTO: a bar on a terminal unless the console is quiet, else nothing. */
progress_display progress_begin(int mode, int number, int total);
void progress_show(progress_display *display, const scumble_progress *progress);
/* What is done of all, when that is all there is to tell: "1 of 3  photo.jpg  45%  0:12 left, 2:10 for all". Not as
 * JSON. */
void progress_show_share(progress_display *display, const char *name, int64_t done, int64_t all, double elapsed_s);
/* What is left of the batch, with `left_s` left of this picture after `elapsed_s`: the others take as long as those so
 * far. Negative: not known. */
double progress_all_left_s(const progress_display *display, double elapsed_s, double left_s);
void progress_end(progress_display *display);

/* "vgg19  120 MiB of 548 MiB  12 MiB/s  0:35 left" */
void progress_show_download(const char *name, int64_t done_bytes, int64_t total_bytes, double elapsed_s);

#endif
