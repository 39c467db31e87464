/* SPDX-License-Identifier: MIT */
/* GIF and WebP. A GIF gets a palette for every frame, so that memory does not grow with its length; its dots are
 * Bayer's, which stay where they are from frame to frame. See ffmpeg_animation.h. */
#include "film/ffmpeg_animation.h"

#include <string.h>

#include "media/image.h"

int sc_animation_begin(sc_animation *animation, sc_ffmpeg_output *output, enum AVCodecID id, sc_error *err)
{
    bool gif = id == AV_CODEC_ID_GIF;
    *animation = (sc_animation){ .output = output,
                                 .id = id,
                                 .base = { 1, gif ? 100 : 1000 },
                                 .last_time = -1,
                                 .frame = av_frame_alloc(),
                                 .packet = av_packet_alloc() };
    return animation->frame && animation->packet ? SCUMBLE_OK : sc_fail_memory(err, 4096);
}

void sc_animation_free(sc_animation *animation)
{
    sc_ffmpeg_filter_close(&animation->filter);
    if (animation->codec)
        avcodec_free_context(&animation->codec);
    if (animation->frame)
        av_frame_free(&animation->frame);
    if (animation->packet)
        av_packet_free(&animation->packet);
}

static int open_codec(sc_animation *a, const AVFrame *like, sc_error *err)
{
    bool gif = a->id == AV_CODEC_ID_GIF;
    const AVCodec *encoder = avcodec_find_encoder_by_name(gif ? "gif" : "libwebp_anim");
    AVStream *stream = avformat_new_stream(a->output->format, NULL);
    AVDictionary *options = NULL, *muxer = NULL;
    if (!encoder)
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED, "this FFmpeg has no encoder for %s", gif ? "GIF" : "WebP");
    a->codec = avcodec_alloc_context3(encoder);
    if (!stream || !a->codec)
        return sc_fail_memory(err, 4096);
    a->codec->width = like->width;
    a->codec->height = like->height;
    a->codec->pix_fmt = like->format;
    a->codec->time_base = stream->time_base = a->base;
    a->codec->flags |= AV_CODEC_FLAG_BITEXACT;
    if (!gif)
        av_dict_set(&options, "quality", "85", 0);
    int error = avcodec_open2(a->codec, encoder, &options);
    av_dict_free(&options);
    if (error >= 0)
        error = avcodec_parameters_from_context(stream->codecpar, a->codec);
    if (error >= 0)
        error = av_dict_set(&muxer, "loop", "0", 0); /* for ever */
    if (error < 0)
        return sc_ffmpeg_output_fail(a->output, error, err);
    return sc_ffmpeg_output_begin(a->output, &muxer, err);
}

/* frame NULL: there are no more. */
static int encode_frame(sc_animation *a, const AVFrame *frame, sc_error *err)
{
    int error = avcodec_send_frame(a->codec, frame);
    while (error >= 0 && (error = avcodec_receive_packet(a->codec, a->packet)) >= 0) {
        a->packet->stream_index = 0;
        av_packet_rescale_ts(a->packet, a->base, a->output->format->streams[0]->time_base);
        if (sc_ffmpeg_output_write(a->output, a->packet, err))
            return err->code;
    }
    return error == AVERROR(EAGAIN) || error == AVERROR_EOF ? SCUMBLE_OK : sc_ffmpeg_output_fail(a->output, error, err);
}

/* Encodes what comes out of the filter. */
static int take_filtered(sc_animation *a, sc_error *err)
{
    AVFrame *frame = av_frame_alloc();
    int code = frame ? SCUMBLE_OK : sc_fail_memory(err, 4096), error = 0;
    while (!code && (error = sc_ffmpeg_filter_receive(&a->filter, frame)) >= 0) {
        frame->pts = av_rescale_q(frame->pts, a->filter.base, a->base);
        if (!a->codec)
            code = open_codec(a, frame, err);
        if (!code)
            code = encode_frame(a, frame, err);
        av_frame_unref(frame);
    }
    if (!code && error != AVERROR(EAGAIN) && error != AVERROR_EOF)
        code = sc_ffmpeg_output_fail(a->output, error, err);
    if (frame)
        av_frame_free(&frame);
    return code;
}

/* A frame of a part, with its time. Two at one time (of more than 100 in a second) become one. */
static int add_frame(sc_animation *a, int64_t time, AVRational base, sc_error *err)
{
    static const char gif[] = "split[a][b];[a]palettegen=stats_mode=single[p];"
                              "[b][p]paletteuse=new=1:dither=bayer:bayer_scale=3",
                      webp[] = "format=bgra";
    a->frame->pts = av_rescale_q(time, base, a->base);
    a->frame->pict_type = AV_PICTURE_TYPE_NONE;
    if (a->frame->pts <= a->last_time)
        return SCUMBLE_OK;
    a->last_time = a->frame->pts;
    if (!a->filter.graph && sc_ffmpeg_filter_open(&a->filter, a->frame, a->base, (AVRational){ 0, 1 },
                                                  a->id == AV_CODEC_ID_GIF ? gif : webp, err))
        return err->code;
    int error = sc_ffmpeg_filter_send(&a->filter, a->frame);
    return error < 0 ? sc_ffmpeg_output_fail(a->output, error, err) : take_filtered(a, err);
}

int sc_animation_part(sc_animation *a, const char *path, const int64_t *times, int64_t count, AVRational base,
                      sc_error *err)
{
    sc_ffmpeg_input *input;
    sc_ffmpeg_decoder decoder;
    int64_t n = 0;
    int code = sc_ffmpeg_input_open(&input, path, SC_IMAGE_MAX_PIXELS, a->output->threads, a->output->stop, err);
    if (code)
        return code;
    code = sc_ffmpeg_decoder_open(&decoder, input, (AVRational){ 0, 1 }, SC_IMAGE_MAX_PIXELS, 1, err);
    while (!code && n < count && sc_ffmpeg_decoder_read(&decoder, a->frame, err)) {
        code = add_frame(a, times[n++], base, err);
        av_frame_unref(a->frame);
    }
    if (!code)
        code = err->code;
    if (!code && n < count)
        code = sc_fail(err, SCUMBLE_ERR_FORMAT, "the part '%s' is damaged: a frame cannot be decoded", path);
    sc_ffmpeg_decoder_close(&decoder);
    sc_ffmpeg_input_close(input);
    return code;
}

int sc_animation_end(sc_animation *a, sc_error *err)
{
    int error = sc_ffmpeg_filter_send(&a->filter, NULL);
    if (error < 0)
        return sc_ffmpeg_output_fail(a->output, error, err);
    int code = take_filtered(a, err);
    return code ? code : encode_frame(a, NULL, err);
}
