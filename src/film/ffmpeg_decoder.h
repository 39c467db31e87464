/* SPDX-License-Identifier: MIT */
/* The frames of a film as FFmpeg decodes them, in the order of time, after the filters that they need. */
#ifndef SC_FILM_FFMPEG_DECODER_H
#define SC_FILM_FFMPEG_DECODER_H

#include "film/ffmpeg_filter.h"
#include "film/ffmpeg_input.h"

typedef struct sc_ffmpeg_decoder {
    sc_ffmpeg_input *input; /* borrowed */
    AVCodecContext *codec;
    AVPacket *packet;
    AVFrame *frame;          /* decoded, before the filters */
    sc_ffmpeg_filter filter; /* its graph is NULL where none is needed */
    AVRational rate;
    AVFrame *first;       /* without pixels: what the first frame was like, as all are to be; its width is 0 before */
    bool hdr, fields;     /* what the filters are for; the first frame says so, of all: jumps leave it as it is */
    bool begun;           /* a frame has been decoded since it was opened or flushed: filters are set up */
    bool drained;         /* the decoder was told that there are no more packets */
    bool filter_ended;    /* and the filter, that there are no more frames */
    int last_error;       /* of a packet that could not be decoded; 0 = none */
    int64_t first_packet; /* the time of the first packet since it was opened or flushed */
} sc_ffmpeg_decoder;

/* threads: of the decoder itself. rate: of the film, 0/1 = not known. */
int sc_ffmpeg_decoder_open(sc_ffmpeg_decoder *decoder, sc_ffmpeg_input *input, AVRational rate, int64_t max_pixels,
                           int threads, sc_error *err);
void sc_ffmpeg_decoder_close(sc_ffmpeg_decoder *decoder);
/* The next frame; its pts is in the stream's time base, or AV_NOPTS_VALUE. False: the last one is past, or *err says
 * what is wrong. What cannot be decoded is left out. */
bool sc_ffmpeg_decoder_read(sc_ffmpeg_decoder *decoder, AVFrame *frame, sc_error *err);
/* After a jump in the input: what was decoded ahead is forgotten. */
void sc_ffmpeg_decoder_flush(sc_ffmpeg_decoder *decoder);

#endif
