/* SPDX-License-Identifier: MIT */
/* GIF and WebP: parts are decoded and encoded anew, as one animation. */
#ifndef SC_FILM_FFMPEG_ANIMATION_H
#define SC_FILM_FFMPEG_ANIMATION_H

#include "film/ffmpeg_decoder.h"
#include "film/ffmpeg_output.h"

typedef struct sc_animation {
    sc_ffmpeg_output *output; /* borrowed */
    enum AVCodecID id;
    sc_ffmpeg_filter filter;
    AVCodecContext *codec; /* NULL before the first frame */
    AVFrame *frame;
    AVPacket *packet;
    AVRational base;   /* of its times */
    int64_t last_time; /* of the last frame */
} sc_animation;

int sc_animation_begin(sc_animation *animation, sc_ffmpeg_output *output, enum AVCodecID id, sc_error *err);
/* Adds the frames of a part; times: when each of them is shown, in base. */
int sc_animation_part(sc_animation *animation, const char *path, const int64_t *times, int64_t count, AVRational base,
                      sc_error *err);
int sc_animation_end(sc_animation *animation, sc_error *err);
void sc_animation_free(sc_animation *animation);

#endif
