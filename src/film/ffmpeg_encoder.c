/* SPDX-License-Identifier: MIT */
/* Encoding. See ffmpeg_encoder.h. The number of an encoder's threads is fixed, for some write other bytes with another
 * one. */
#include "film/ffmpeg_encoder.h"

#include <stdio.h>
#include <string.h>

enum { THREADS = 4, KEY_S = 4, KEY_FRAMES = 10000 }; /* a picture that stands alone at least every 4 s */

/* ---- opening --------------------------------------------------------------------------------------------------- */

bool sc_film_turn_matrix(const sc_film_order *order, const sc_film_choice *choice, int32_t matrix[9])
{
    const sc_film_facts *facts = sc_film_source_facts(order->film);
    if (!choice->keeps_turn || !facts->look.turned)
        return false;
    memcpy(matrix, facts->look.matrix, sizeof facts->look.matrix);
    matrix[6] = (int32_t)((int64_t)matrix[6] * order->output.width / facts->info.width); /* where its corner goes */
    matrix[7] = (int32_t)((int64_t)matrix[7] * order->output.height / facts->info.height);
    return true;
}

/* Colours as the film has them, as far as they are those of a screen. Where a container says nothing of them, so that
 * readers go by the size, by the size. */
sc_film_tags sc_film_output_tags(const sc_film_order *order, const sc_film_choice *choice)
{
    const sc_film_look *look = &sc_film_source_facts(order->film)->look;
    const AVPixFmtDescriptor *d = av_pix_fmt_desc_get(choice->format);
    bool rgb = d->flags & AV_PIX_FMT_FLAG_RGB, hd = order->output.width >= 1280 || order->output.height >= 720;
    bool mute = !strcmp(choice->container->name, "nut") || choice->codec->id == AV_CODEC_ID_WRAPPED_AVFRAME;
    bool says_place = choice->format == AV_PIX_FMT_YUV420P && look->chroma_place == AVCHROMA_LOC_CENTER &&
                      choice->codec->id == AV_CODEC_ID_WRAPPED_AVFRAME;
    enum AVColorSpace usual = hd ? AVCOL_SPC_BT709 : AVCOL_SPC_SMPTE170M, matrix = look->coefficients;
    if (mute || matrix == AVCOL_SPC_RGB || matrix == AVCOL_SPC_UNSPECIFIED)
        matrix = usual;
    else if (matrix == AVCOL_SPC_YCGCO || matrix == AVCOL_SPC_BT2020_CL || matrix == AVCOL_SPC_ICTCP)
        matrix = AVCOL_SPC_BT709;
    bool primaries = look->primaries > 0 && look->primaries != AVCOL_PRI_UNSPECIFIED,
         transfer = look->transfer > 0 && look->transfer != AVCOL_TRC_UNSPECIFIED;
    bool full = look->range == AVCOL_RANGE_JPEG && choice->codec->id != AV_CODEC_ID_PRORES && !mute;
    return (sc_film_tags){ .matrix = rgb ? AVCOL_SPC_RGB : matrix,
                           .primaries = primaries                     ? look->primaries :
                                        matrix == AVCOL_SPC_SMPTE170M ? AVCOL_PRI_SMPTE170M :
                                        matrix == AVCOL_SPC_BT470BG   ? AVCOL_PRI_BT470BG :
                                                                        AVCOL_PRI_BT709,
                           .transfer = transfer ? look->transfer : AVCOL_TRC_BT709,
                           .range = full || rgb ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG,
                           .place = look->chroma_place > AVCHROMA_LOC_UNSPECIFIED && (!mute || says_place) ?
                                        look->chroma_place :
                                        AVCHROMA_LOC_LEFT };
}

static void set_coding(sc_ffmpeg_encoder *encoder, sc_film_tags tags)
{
    AVCodecContext *codec = encoder->codec;
    codec->colorspace = tags.matrix;
    codec->color_primaries = tags.primaries;
    codec->color_trc = tags.transfer;
    codec->color_range = tags.range;
    codec->chroma_sample_location = tags.place;
    encoder->coding = (sc_coding){ .matrix = tags.matrix == AVCOL_SPC_RGB ? AVCOL_SPC_BT709 : tags.matrix,
                                   .full = tags.range == AVCOL_RANGE_JPEG,
                                   .place = tags.place };
}

/* Quality, and what each encoder needs for parts that can be joined: groups of pictures that stand alone, and the same
 * description of the stream each time. */
static void set_encoder_options(AVDictionary **options, AVCodecContext *codec, const sc_film_codec *kind,
                                const scumble_film_output *output)
{
    char text[40];
    const char *name = codec->codec->name;
    snprintf(text, sizeof text, "%d", output->crf >= 0 ? output->crf : kind->crf);
    if (output->bitrate)
        codec->bit_rate = output->bitrate;
    else if (kind->most_crf)
        av_dict_set(options, "crf", text, 0);
    if (!strcmp(name, "libx264"))
        av_dict_set(options, "x264-params", "open-gop=0:stitchable=1", 0);
    else if (!strcmp(name, "libx265"))
        av_dict_set(options, "x265-params", "open-gop=0:log-level=none:frame-threads=2:repeat-headers=0:info=0", 0);
    else if (!strcmp(name, "libvpx-vp9") || !strcmp(name, "libaom-av1")) {
        av_dict_set(options, "cpu-used", *name == 'l' && name[3] == 'v' ? "3" : "6", 0);
        if (codec->pix_fmt == AV_PIX_FMT_YUVA420P)
            av_dict_set(options, "auto-alt-ref", "0", 0);
    } else if (!strcmp(name, "ffv1")) {
        av_dict_set(options, "level", "3", 0);
        av_dict_set(options, "slicecrc", "1", 0);
    } else if (!strcmp(name, "prores_ks")) {
        av_dict_set(options, "profile", !strcmp(kind->name, "prores") ? "hq" : "4444", 0);
        av_dict_set(options, "vendor", "apl0", 0);
        if (codec->pix_fmt == AV_PIX_FMT_YUVA444P10)
            av_dict_set(options, "alpha_bits", "16", 0);
    }
}

static int set_encoder_up(sc_ffmpeg_encoder *encoder, const sc_film_choice *choice, const sc_film_order *order,
                          bool header)
{
    AVCodecContext *codec = encoder->codec;
    const scumble_film_info *info = sc_film_about(order->film);
    const sc_film_look *look = &sc_film_source_facts(order->film)->look;
    int32_t matrix[9];
    if (sc_film_turn_matrix(order, choice, matrix))
        sc_turn_of(matrix, &encoder->turn);
    codec->width = encoder->turn.swap ? order->output.height : order->output.width;
    codec->height = encoder->turn.swap ? order->output.width : order->output.height;
    codec->pix_fmt = choice->format;
    codec->time_base = (AVRational){ info->rate_den, info->rate_num };
    codec->framerate = (AVRational){ info->rate_num, info->rate_den };
    codec->sample_aspect_ratio = (AVRational){ look->pixel_num, look->pixel_den > 0 ? look->pixel_den : 1 };
    int64_t frames = KEY_S * (int64_t)info->rate_num / info->rate_den + 1;
    codec->gop_size = frames < KEY_FRAMES ? (int)frames : KEY_FRAMES;
    codec->thread_count = THREADS;
    codec->strict_std_compliance = FF_COMPLIANCE_UNOFFICIAL; /* FFV1 and raw pictures of more than 8 bits */
    codec->flags |= AV_CODEC_FLAG_BITEXACT | (header ? AV_CODEC_FLAG_GLOBAL_HEADER : 0);
    set_coding(encoder, sc_film_output_tags(order, choice));
    AVDictionary *options = NULL;
    set_encoder_options(&options, codec, choice->codec, &order->output);
    int error = avcodec_open2(codec, choice->encoder, &options);
    av_dict_free(&options);
    return error;
}

static int encoder_fail(const char *encoder, int error, sc_error *err)
{
    char why[AV_ERROR_MAX_STRING_SIZE] = "";
    if (error == AVERROR(ENOMEM))
        return sc_fail_memory(err, 1 << 20);
    av_strerror(error, why, sizeof why);
    return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED, "FFmpeg's encoder %s does not take these pictures (%s)", encoder, why);
}

int sc_ffmpeg_encoder_open(sc_ffmpeg_encoder *encoder, const sc_film_choice *choice, const sc_film_order *order,
                           bool header, sc_error *err)
{
    *encoder = (sc_ffmpeg_encoder){ .codec = avcodec_alloc_context3(choice->encoder),
                                    .frame = av_frame_alloc(),
                                    .packet = av_packet_alloc() };
    int error = encoder->codec && encoder->frame && encoder->packet ? 0 : AVERROR(ENOMEM);
    if (!error)
        error = set_encoder_up(encoder, choice, order, header);
    if (error >= 0)
        return SCUMBLE_OK;
    sc_ffmpeg_encoder_close(encoder);
    return encoder_fail(choice->encoder->name, error, err);
}

void sc_ffmpeg_encoder_close(sc_ffmpeg_encoder *encoder)
{
    if (encoder->codec)
        avcodec_free_context(&encoder->codec);
    if (encoder->frame)
        av_frame_free(&encoder->frame);
    if (encoder->packet)
        av_packet_free(&encoder->packet);
}

/* ---- pictures -------------------------------------------------------------------------------------------------- */

/* Over black, for what has no alpha. */
static int without_alpha(const sc_image *image, sc_image *over, sc_error *err)
{
    if (sc_image_create(over, image->width, image->height, false, err))
        return err->code;
    for (size_t i = 0; i < 3 * (size_t)image->width * (size_t)image->height; i++)
        over->rgb[i] = image->rgb[i] * image->alpha[i / 3];
    return SCUMBLE_OK;
}

static int fill_frame(sc_ffmpeg_encoder *encoder, const sc_image *image, sc_error *err)
{
    AVCodecContext *codec = encoder->codec;
    AVFrame *frame = encoder->frame;
    sc_image over = { 0 }, stored = { 0 };
    int code = SCUMBLE_OK;
    if (image->alpha && !sc_pixels_alpha(codec->pix_fmt)) {
        code = without_alpha(image, &over, err);
        image = &over;
    }
    if (!code && sc_turn_any(&encoder->turn)) {
        code = sc_turn_back(&encoder->turn, image, &stored, err);
        image = &stored;
    }
    av_frame_unref(frame);
    frame->width = codec->width;
    frame->height = codec->height;
    frame->format = codec->pix_fmt;
    if (!code && av_frame_get_buffer(frame, 0) < 0)
        code = sc_fail_memory(err, (size_t)codec->width * (size_t)codec->height * 4);
    if (!code)
        code = sc_pixels_write(frame, &encoder->coding, image, err);
    sc_image_free(&over);
    sc_image_free(&stored);
    frame->pts = encoder->count++;
    frame->colorspace = codec->colorspace;
    frame->color_range = codec->color_range;
    frame->color_primaries = codec->color_primaries;
    frame->color_trc = codec->color_trc;
    frame->chroma_location = codec->chroma_sample_location;
    frame->sample_aspect_ratio = codec->sample_aspect_ratio;
    return code;
}

int sc_ffmpeg_encoder_send(sc_ffmpeg_encoder *encoder, const sc_image *image, sc_error *err)
{
    if (image && fill_frame(encoder, image, err))
        return err->code;
    int error = avcodec_send_frame(encoder->codec, image ? encoder->frame : NULL);
    av_frame_unref(encoder->frame);
    return error < 0 ? encoder_fail(encoder->codec->codec->name, error, err) : SCUMBLE_OK;
}

bool sc_ffmpeg_encoder_receive(sc_ffmpeg_encoder *encoder, sc_error *err)
{
    int error = avcodec_receive_packet(encoder->codec, encoder->packet);
    if (error < 0 && error != AVERROR(EAGAIN) && error != AVERROR_EOF)
        encoder_fail(encoder->codec->codec->name, error, err);
    return error >= 0;
}
