/* SPDX-License-Identifier: MIT */
/* What films are written as: codecs by scumble's names, the containers that names of files stand for, and what of both
 * suits an output. */
#ifndef SC_FILM_FFMPEG_CODECS_H
#define SC_FILM_FFMPEG_CODECS_H

#include "film/ffmpeg_library.h"
#include "film/film.h"

typedef struct sc_film_codec {
    const char *name;        /* "h264" */
    const char *encoders[3]; /* FFmpeg's, the best one first */
    const char *formats[4];  /* of pixels: 8 bits, 8 with alpha, 10, 10 with alpha; NULL = the codec has it not */
    int crf, most_crf;       /* what is good to the eye; most 0: it has none */
    bool deep;               /* 10 bits play wherever 8 do */
    bool even;               /* half chroma needs an even width and height */
    bool animation;          /* cannot be joined: its parts are FFV1, and the join encodes */
    enum AVCodecID id;
} sc_film_codec;

/* What an output is written as. */
typedef struct sc_film_choice {
    const sc_film_codec *codec;
    const AVOutputFormat *container;
    const AVCodec *encoder;    /* of the parts */
    enum AVPixelFormat format; /* of the parts */
    bool keeps_turn;           /* the container can say how pictures are turned */
} sc_film_choice;

/* Loads FFmpeg. notes: what is said about the choice is added. */
int sc_film_choose(sc_film_choice *choice, const sc_film_order *order, char **notes, sc_error *err);

#endif
