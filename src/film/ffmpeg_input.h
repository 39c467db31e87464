/* SPDX-License-Identifier: MIT */
/* A file, or standard input, as FFmpeg's demuxers read it: through a descriptor of ours, so that a name is only ever a
 * file's, nothing in a file makes FFmpeg open another one, and a pipe that gives nothing can be left. */
#ifndef SC_FILM_FFMPEG_INPUT_H
#define SC_FILM_FFMPEG_INPUT_H

#include <stdatomic.h>

#include "core/threads.h"
#include "film/ffmpeg_library.h"

typedef struct sc_ffmpeg_input {
    AVFormatContext *format;
    AVStream *video; /* its pictures: the best stream of them that is no cover; of format */
    char *path;
    int descriptor;
    bool pipe;                 /* cannot go back */
    int failed;                /* errno of a read that failed; 0 = none */
    const atomic_bool *stop;   /* a read from a pipe gives up when it is set; NULL = never */
    const sc_threads *threads; /* or when these are cancelled */
} sc_ffmpeg_input;

/* Loads FFmpeg, opens, looks for streams. path: "-" is standard input. max_pixels: no larger pictures are decoded.
 * threads and stop may be NULL. */
int sc_ffmpeg_input_open(sc_ffmpeg_input **input, const char *path, int64_t max_pixels, const sc_threads *threads,
                         const atomic_bool *stop, sc_error *err);
/* Of NULL nothing. */
void sc_ffmpeg_input_close(sc_ffmpeg_input *input);
/* The next packet that is not to be thrown away: 0, AVERROR_EOF, or another of FFmpeg's errors. */
int sc_ffmpeg_input_packet(sc_ffmpeg_input *input, AVPacket *packet);
/* Only packets of its pictures are read from now on. */
void sc_ffmpeg_input_only_video(sc_ffmpeg_input *input);
/* The sentence for an error of FFmpeg's: "cannot <verb> '<path>': ...". What stopped it, if something did, comes
 * first. */
int sc_ffmpeg_input_fail(const sc_ffmpeg_input *input, int error, const char *verb, sc_error *err);

/* Side data of a stream; NULL = none. Where it is, differs between FFmpeg 5 and 7. */
const uint8_t *sc_ffmpeg_side_data(const AVStream *stream, enum AVPacketSideDataType type, size_t *bytes);

#endif
