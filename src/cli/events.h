/* SPDX-License-Identifier: MIT */
/* `--progress json`: one JSON object a line on stdout, flushed, for other programs; of one shape for all commands,
 * which doc/events.md describes. A field that says nothing is null, and so is a value that is no finite number. Names
 * that are not UTF-8 have U+FFFD in place of the bad bytes. Before events_begin nothing is printed. */
#ifndef CLI_EVENTS_H
#define CLI_EVENTS_H

#include <jansson.h>
#include <stdbool.h>

#include "scumble/scumble.h"

/* From here on events are printed, of this job (scumble_event.job; static). */
void events_begin(const char *job);
bool events_are_printed(void);

/* What is about to be done. NULL, 0 or below 0: it says nothing. */
typedef struct start_event {
    const char *photo, *output;
    int width, height; /* of the result */
    int64_t memory_bytes, free_bytes;
    int tile_edge; /* 0 = it is not cut */
    double time_s;
    int64_t disk_bytes;
} start_event;
void events_start(const start_event *start);
/* picture: its number of `pictures`; all_left_s: for what is left of all, negative = not known. */
void events_progress(const scumble_event *event, int picture, int pictures, double all_left_s);
/* A sentence that the user should read; the console tells its warnings here, too. */
void events_note(const char *message);
/* What failed, and for which photo (or NULL). */
void events_error(const char *message, const char *photo);
/* The end of a command that failed: tells the error, unless one has been told. */
void events_failed(const char *message);
void events_total(int pictures, double time_s);

typedef struct done_event {
    const char *photo, *output, *checkpoint;
    int width, height; /* of a picture */
    int64_t done, of;
    const char *unit;
    double elapsed_s;
    bool interrupted;
    json_t *result; /* of a command that finds something out; its reference is taken over */
} done_event;
void events_done(const done_event *done);

#endif
