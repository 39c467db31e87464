/* SPDX-License-Identifier: MIT */
/* Moments of a film as people write them: from and to. */
#ifndef SC_FILM_MOMENT_H
#define SC_FILM_MOMENT_H

#include <stdbool.h>

#include "core/error.h"

typedef enum sc_moment_kind {
    SC_MOMENT_SECONDS,  /* num / den seconds after the film's start */
    SC_MOMENT_FRAMES,   /* num is a frame's number */
    SC_MOMENT_TIMECODE, /* num seconds and `frames` frames, by the clock that is on the film */
} sc_moment_kind;

typedef struct sc_moment {
    sc_moment_kind kind;
    int64_t num, den;
    int64_t frames;
    bool drop; /* a timecode that leaves numbers out */
} sc_moment;

/* "62.5", "1:02.5", "00:01:02.5", "00:01:02:12", "00:01:02;12", "1500f". */
int sc_moment_read(sc_moment *moment, const char *text, sc_error *err);
/* A timecode as a number of frames, at this rate. */
int64_t sc_moment_frames(const sc_moment *timecode, int rate_num, int rate_den);

/* And back: "01:00:00:12"; text: 24 bytes. */
void sc_timecode_text(char *text, int64_t frames, bool drop, int rate_num, int rate_den);

#endif
