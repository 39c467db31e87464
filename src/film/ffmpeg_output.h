/* SPDX-License-Identifier: MIT */
/* A file, or standard output, as FFmpeg's muxers write it: under a temporary name beside its own until it is whole. */
#ifndef SC_FILM_FFMPEG_OUTPUT_H
#define SC_FILM_FFMPEG_OUTPUT_H

#include <stdatomic.h>

#include "core/threads.h"
#include "film/ffmpeg_library.h"

typedef struct sc_ffmpeg_output {
    AVFormatContext *format;
    char *path, *temporary; /* temporary NULL: it is written straight */
    bool begun;             /* the header is written */
    const sc_threads *threads;
    const atomic_bool *stop; /* gives up when set; NULL = never */
} sc_ffmpeg_output;

/* path: "-" is standard output. stop and threads may be NULL. */
int sc_ffmpeg_output_open(sc_ffmpeg_output *output, const char *path, const AVOutputFormat *container,
                          const sc_threads *threads, const atomic_bool *stop, sc_error *err);
/* Writes the header. options are taken. */
int sc_ffmpeg_output_begin(sc_ffmpeg_output *output, AVDictionary **options, sc_error *err);
/* Times are in the stream's own time base. Takes what packet refers to. */
int sc_ffmpeg_output_write(sc_ffmpeg_output *output, AVPacket *packet, sc_error *err);
/* Writes the end. The file is whole, under its temporary name. */
int sc_ffmpeg_output_end(sc_ffmpeg_output *output, sc_error *err);
/* The same, and gives it its name. */
int sc_ffmpeg_output_finish(sc_ffmpeg_output *output, sc_error *err);
/* Frees; what was not finished is removed. Harmless on a zeroed one. */
void sc_ffmpeg_output_discard(sc_ffmpeg_output *output);
/* The sentence for an error of FFmpeg's. */
int sc_ffmpeg_output_fail(const sc_ffmpeg_output *output, int error, sc_error *err);

#endif
