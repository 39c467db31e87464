/* SPDX-License-Identifier: MIT */
/* When the frames of a film are shown, from a pass over its packets: nothing is decoded. */
#ifndef SC_FILM_FFMPEG_INDEX_H
#define SC_FILM_FFMPEG_INDEX_H

#include "film/ffmpeg_input.h"

/* In the order of time, in the stream's time base. */
typedef struct sc_frame_index {
    int64_t *time;
    int64_t *keys; /* the times of those that can be decoded without others before them */
    int64_t count, key_count;
    bool complete;            /* every packet says its time, which makes sense; else there is nothing in here */
    bool cut_short;           /* reading ended in an error, or before what the file says of itself */
    bool constant;            /* one rate all through, as far as the time base can say it */
    AVRational rate;          /* of its frames, on the mean; 0/1 = not known */
    AVRational base, said[2]; /* of the times; rates that the file and its codec claim */
    int64_t last_duration;    /* 0 = not known */
} sc_frame_index;

int sc_frame_index_read(sc_frame_index *index, const char *path, int64_t max_pixels, const sc_threads *threads,
                        const atomic_bool *stop, sc_error *err);
void sc_frame_index_free(sc_frame_index *index);
/* Times beyond this one, before or after 0, are taken for none: with them one could not reckon. */
int64_t sc_frame_index_most_time(AVRational base);
/* Leaves out the frames before this time, which cannot be decoded. */
void sc_frame_index_begin(sc_frame_index *index, int64_t time);
/* The last time at or before this one where decoding can begin; the first frame's where there is none. */
int64_t sc_frame_index_key(const sc_frame_index *index, int64_t time);
/* For how long frame n is shown: until the next one. 0 = not known. */
int64_t sc_frame_index_duration(const sc_frame_index *index, int64_t n);
/* The number of the first frame at this time, or after it. */
int64_t sc_frame_index_find(const sc_frame_index *index, int64_t time);

#endif
