/* SPDX-License-Identifier: MIT */
/* FFmpeg's filters between decoder and picture: fields to frames, high dynamic range to standard range. */
#ifndef SC_FILM_FFMPEG_FILTER_H
#define SC_FILM_FFMPEG_FILTER_H

#include "core/error.h"
#include "film/ffmpeg_library.h"

typedef struct sc_ffmpeg_filter {
    AVFilterGraph *graph;
    AVFilterContext *in, *out; /* of the graph */
    AVRational base;           /* of the frames that come out */
} sc_ffmpeg_filter;

/* A chain for frames like this one, as `ffmpeg -vf` takes it. rate: 0/1 = not known. */
int sc_ffmpeg_filter_open(sc_ffmpeg_filter *filter, const AVFrame *like, AVRational base, AVRational rate,
                          const char *chain, sc_error *err);
void sc_ffmpeg_filter_close(sc_ffmpeg_filter *filter);
/* FFmpeg's codes. Takes what frame refers to; NULL: there are no more. */
int sc_ffmpeg_filter_send(sc_ffmpeg_filter *filter, AVFrame *frame);
int sc_ffmpeg_filter_receive(sc_ffmpeg_filter *filter, AVFrame *frame);

#endif
