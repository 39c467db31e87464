/* SPDX-License-Identifier: MIT */
/* Films that FFmpeg writes, as a sink. A whole film is written as one part, hidden beside it, which is then joined with
 * what else the film has: so it is the same as one of several parts. What goes to a pipe is written straight. */
#include "film/ffmpeg_sink.h"

#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "film/ffmpeg_encoder.h"
#include "film/ffmpeg_join.h"
#include "film/ffmpeg_output.h"
#include "film/ffmpeg_streams.h"
#include "film/notes.h"
#include "film/y4m.h"

typedef struct ffmpeg_sink {
    sc_film_sink base;
    sc_film_order order; /* with texts of its own */
    char *texts[5];      /* those */
    sc_film_choice choice;
    sc_ffmpeg_output output;
    sc_ffmpeg_encoder encoder;
    bool whole;            /* output, which stays hidden, is the only part of a whole film */
    scumble_frame *frames; /* the frames of a whole film so far */
    int64_t count, room;
} ffmpeg_sink;

static bool ffmpeg_sink_takes(const char *path)
{
    (void)path;
    return true;
}

static void ffmpeg_sink_discard(sc_film_sink *sink)
{
    ffmpeg_sink *s = (ffmpeg_sink *)sink;
    if (!s)
        return;
    sc_ffmpeg_encoder_close(&s->encoder);
    sc_ffmpeg_output_discard(&s->output);
    free(s->frames);
    free(s->base.notes);
    for (size_t i = 0; i < sizeof s->texts / sizeof *s->texts; i++)
        free(s->texts[i]);
    free(s);
}

/* The order outlives the call that brought it, and so must its texts. */
static bool keep_texts(ffmpeg_sink *s)
{
    const char **texts[] = { &s->order.path, &s->order.comment, &s->order.output.codec, &s->order.output.recipe,
                             &s->order.output.as };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (*texts[i]) {
            s->texts[i] = strdup(*texts[i]);
            *texts[i] = s->texts[i];
            if (!s->texts[i])
                return false;
        }
    return true;
}

/* NUT keeps the packets of any codec as they are; Matroska alone has a place for the alpha of VP9. */
static int open_part(ffmpeg_sink *s, sc_error *err)
{
    const sc_film_choice *choice = &s->choice;
    bool straight = choice->codec->id == AV_CODEC_ID_WRAPPED_AVFRAME, matroska = choice->codec->id == AV_CODEC_ID_VP9;
    if (!straight && sc_file_is_stream(s->order.path))
        return sc_fail(err, SCUMBLE_ERR_IO,
                       "cannot write '%s': it is a device or pipe, not a file; a film on standard output is `-`",
                       s->order.path);
    s->whole = !straight && !s->order.output.part;
    const AVOutputFormat *container =
        straight ? choice->container : av_guess_format(matroska ? "matroska" : "nut", NULL, NULL);
    if (sc_ffmpeg_output_open(&s->output, s->order.path, container, s->order.threads, s->order.stop, err) ||
        sc_ffmpeg_encoder_open(&s->encoder, choice, &s->order, !straight, err))
        return err->code;
    /* What stops painting does not spoil what is being written; but who reads a pipe may have stopped, too. */
    if (s->output.temporary)
        s->output.threads = NULL;
    if (straight) {
        int error = sc_y4m_begin(s->output.format->pb, s->encoder.codec);
        return error < 0 ? sc_ffmpeg_output_fail(&s->output, error, err) : SCUMBLE_OK;
    }
    AVStream *stream = avformat_new_stream(s->output.format, NULL);
    if (!stream || avcodec_parameters_from_context(stream->codecpar, s->encoder.codec) < 0)
        return sc_fail_memory(err, 4096);
    stream->time_base = s->encoder.codec->time_base;
    stream->avg_frame_rate = s->encoder.codec->framerate;
    stream->sample_aspect_ratio = s->encoder.codec->sample_aspect_ratio;
    if (matroska && choice->format == AV_PIX_FMT_YUVA420P)
        av_dict_set(&stream->metadata, "alpha_mode", "1", 0);
    AVDictionary *options = NULL;
    return sc_ffmpeg_output_begin(&s->output, &options, err);
}

static int ffmpeg_sink_create(sc_film_sink **sink, const sc_film_order *order, sc_error *err)
{
    *sink = NULL;
    ffmpeg_sink *s = calloc(1, sizeof *s);
    if (!s)
        return sc_fail_memory(err, sizeof *s);
    s->base.kind = &sc_ffmpeg_sink_kind;
    s->order = *order;
    int code = keep_texts(s) ? sc_film_choose(&s->choice, &s->order, &s->base.notes, err) : sc_fail_memory(err, 4096);
    if (!code)
        code = open_part(s, err);
    if (!code)
        code = sc_film_streams_say(&s->order, s->choice.container, &s->base.notes, err);
    if (!code && s->choice.codec->id == AV_CODEC_ID_WRAPPED_AVFRAME && sc_film_about(order->film)->variable_rate)
        sc_notes_add(&s->base.notes, "The film's times are left out: YUV4MPEG2 has one rate.");
    if (code)
        ffmpeg_sink_discard(&s->base);
    else
        *sink = &s->base;
    return code;
}

static int write_packets(ffmpeg_sink *s, sc_error *err)
{
    while (sc_ffmpeg_encoder_receive(&s->encoder, err)) {
        if (s->choice.codec->id == AV_CODEC_ID_WRAPPED_AVFRAME) {
            int error = sc_y4m_write(s->output.format->pb, (const AVFrame *)s->encoder.packet->data);
            av_packet_unref(s->encoder.packet);
            if (error < 0)
                return sc_ffmpeg_output_fail(&s->output, error, err);
            continue;
        }
        const AVStream *stream = s->output.format->streams[0];
        s->encoder.packet->stream_index = 0;
        if (!s->encoder.packet->duration)
            s->encoder.packet->duration = 1;
        av_packet_rescale_ts(s->encoder.packet, s->encoder.codec->time_base, stream->time_base);
        if (sc_ffmpeg_output_write(&s->output, s->encoder.packet, err))
            break;
    }
    return err->code;
}

static int ffmpeg_sink_write(sc_film_sink *sink, const sc_image *image, const scumble_frame *frame, sc_error *err)
{
    ffmpeg_sink *s = (ffmpeg_sink *)sink;
    if (s->whole && s->count == s->room) {
        int64_t room = s->room ? 2 * s->room : 1024;
        scumble_frame *more = realloc(s->frames, (size_t)room * sizeof *more);
        if (!more)
            return sc_fail_memory(err, (size_t)room * sizeof *more);
        s->frames = more;
        s->room = room;
    }
    if (s->whole)
        s->frames[s->count++] = *frame;
    int code = sc_ffmpeg_encoder_send(&s->encoder, image, err);
    return code ? code : write_packets(s, err);
}

static int ffmpeg_sink_finish(sc_film_sink *sink, sc_error *err)
{
    ffmpeg_sink *s = (ffmpeg_sink *)sink;
    s->output.threads = s->order.threads;
    int code = sc_ffmpeg_encoder_send(&s->encoder, NULL, err);
    if (!code)
        code = write_packets(s, err);
    if (code || !s->whole)
        return code ? code : sc_ffmpeg_output_finish(&s->output, err);
    const char *part = s->output.temporary;
    code = sc_ffmpeg_output_end(&s->output, err);
    return code ? code : sc_ffmpeg_join(&s->order, &part, 1, s->frames, s->count, &s->base.notes, err);
}

const sc_film_sink_kind sc_ffmpeg_sink_kind = { .takes = ffmpeg_sink_takes,
                                                .create = ffmpeg_sink_create,
                                                .write = ffmpeg_sink_write,
                                                .finish = ffmpeg_sink_finish,
                                                .discard = ffmpeg_sink_discard,
                                                .join = sc_ffmpeg_join };
