/* SPDX-License-Identifier: MIT */
/* Pictures to packets: the pictures of a part, whose times are the numbers of its frames. */
#ifndef SC_FILM_FFMPEG_ENCODER_H
#define SC_FILM_FFMPEG_ENCODER_H

#include "film/ffmpeg_codecs.h"
#include "film/ffmpeg_pixels.h"
#include "film/turn.h"

typedef struct sc_ffmpeg_encoder {
    AVCodecContext *codec;
    AVFrame *frame;
    AVPacket *packet;
    sc_coding coding;
    sc_turn turn;
    int64_t count; /* frames so far */
} sc_ffmpeg_encoder;

/* header: the container wants what describes the stream apart from it. */
int sc_ffmpeg_encoder_open(sc_ffmpeg_encoder *encoder, const sc_film_choice *choice, const sc_film_order *order,
                           bool header, sc_error *err);
void sc_ffmpeg_encoder_close(sc_ffmpeg_encoder *encoder);
/* The next picture; NULL = there are no more. */
int sc_ffmpeg_encoder_send(sc_ffmpeg_encoder *encoder, const sc_image *image, sc_error *err);
/* Whether there was another packet, which is then in encoder->packet, in the codec's time base; a failure is in err. */
bool sc_ffmpeg_encoder_receive(sc_ffmpeg_encoder *encoder, sc_error *err);
/* How the colours of an output are coded, and tagged. */
typedef struct sc_film_tags {
    enum AVColorSpace matrix;
    enum AVColorPrimaries primaries;
    enum AVColorTransferCharacteristic transfer;
    enum AVColorRange range;
    enum AVChromaLocation place;
} sc_film_tags;
sc_film_tags sc_film_output_tags(const sc_film_order *order, const sc_film_choice *choice);
/* The matrix that a container is to be told for a picture of this size; false: none. */
bool sc_film_turn_matrix(const sc_film_order *order, const sc_film_choice *choice, int32_t matrix[9]);

#endif
