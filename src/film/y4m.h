/* SPDX-License-Identifier: MIT */
/* YUV4MPEG2, what programs hand films to each other in through pipes: a line of text, then raw frames. (FFmpeg's own
 * writer of it is wrong for odd widths with 10 bits.) */
#ifndef SC_FILM_Y4M_H
#define SC_FILM_Y4M_H

#include "film/ffmpeg_library.h"

/* How the format is called in the first line; NULL = it has no such format. */
const char *sc_y4m_chroma(enum AVPixelFormat format, enum AVChromaLocation place);
/* FFmpeg's codes. pixel: the shape of a pixel. */
int sc_y4m_begin(AVIOContext *io, const AVCodecContext *codec);
int sc_y4m_write(AVIOContext *io, const AVFrame *frame);

#endif
