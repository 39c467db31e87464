/* SPDX-License-Identifier: MIT */
/* Decoding. See ffmpeg_decoder.h. */
#include "film/ffmpeg_decoder.h"

#include <stdlib.h>
#include <string.h>

/* ---- opening --------------------------------------------------------------------------------------------------- */

/* FFmpeg's own decoder of VP8 and VP9 leaves alpha out; libvpx' has it. */
static const AVCodec *find_decoder(const AVStream *video)
{
    const AVDictionaryEntry *alpha = av_dict_get(video->metadata, "alpha_mode", NULL, 0);
    const AVCodec *codec = NULL;
    if (alpha && !strcmp(alpha->value, "1"))
        codec = avcodec_find_decoder_by_name(video->codecpar->codec_id == AV_CODEC_ID_VP8 ? "libvpx" : "libvpx-vp9");
    return codec ? codec : avcodec_find_decoder(video->codecpar->codec_id);
}

int sc_ffmpeg_decoder_open(sc_ffmpeg_decoder *decoder, sc_ffmpeg_input *input, AVRational rate, int64_t max_pixels,
                           int threads, sc_error *err)
{
    const AVCodecParameters *said = input->video->codecpar;
    *decoder = (sc_ffmpeg_decoder){ .input = input, .rate = rate, .first_packet = AV_NOPTS_VALUE };
    if ((int64_t)said->width * said->height > max_pixels)
        return sc_fail(err, SCUMBLE_ERR_LIMIT, "'%s' has pictures of %d x %d pixels, more than the limit of %lld",
                       input->path, said->width, said->height, (long long)max_pixels);
    const AVCodec *codec = find_decoder(input->video);
    if (!codec)
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED, "'%s' cannot be decoded: this FFmpeg has no decoder for %s",
                       input->path, avcodec_get_name(said->codec_id));
    decoder->codec = avcodec_alloc_context3(codec);
    decoder->packet = av_packet_alloc();
    decoder->frame = av_frame_alloc();
    decoder->first = av_frame_alloc();
    int error = decoder->codec && decoder->packet && decoder->frame && decoder->first ? 0 : AVERROR(ENOMEM);
    if (!error)
        error = avcodec_parameters_to_context(decoder->codec, said);
    if (error >= 0) {
        decoder->codec->pkt_timebase = input->video->time_base;
        decoder->codec->max_pixels = max_pixels;
        decoder->codec->thread_count = threads;
        error = avcodec_open2(decoder->codec, codec, NULL);
    }
    if (error < 0) {
        sc_ffmpeg_decoder_close(decoder);
        return sc_ffmpeg_input_fail(input, error, "decode", err);
    }
    return SCUMBLE_OK;
}

void sc_ffmpeg_decoder_close(sc_ffmpeg_decoder *decoder)
{
    if (!decoder->input)
        return;
    sc_ffmpeg_filter_close(&decoder->filter);
    avcodec_free_context(&decoder->codec);
    av_packet_free(&decoder->packet);
    av_frame_free(&decoder->frame);
    av_frame_free(&decoder->first);
    decoder->input = NULL;
}

/* ---- filters --------------------------------------------------------------------------------------------------- */

static bool has_fields(const AVFrame *frame)
{
#if LIBAVUTIL_VERSION_MAJOR >= 59
    return frame->flags & AV_FRAME_FLAG_INTERLACED;
#else
    return frame->interlaced_frame;
#endif
}

static bool is_hdr(const AVFrame *frame)
{
    return frame->color_trc == AVCOL_TRC_SMPTE2084 || frame->color_trc == AVCOL_TRC_ARIB_STD_B67;
}

/* What all frames are taken for, seen from the first one. */
static void take_first(sc_ffmpeg_decoder *decoder, const AVFrame *frame)
{
    AVFrame *first = decoder->first;
    first->width = frame->width;
    first->height = frame->height;
    first->format = frame->format;
    first->sample_aspect_ratio = frame->sample_aspect_ratio;
    first->colorspace = frame->colorspace;
    first->color_range = frame->color_range;
    decoder->fields = has_fields(frame);
    decoder->hdr = is_hdr(frame);
}

/* What the frames need. White paper has 203 cd/m2 in high dynamic range (ITU-R BT.2408): that becomes nearly white;
 * colours up to half of it stay as they are, and the lights above it get the rest. */
static int decoder_begin(sc_ffmpeg_decoder *decoder, const AVFrame *frame, sc_error *err)
{
    decoder->begun = true;
    if (!decoder->first->width)
        take_first(decoder, frame);
    static const char bwdif[] = "bwdif=mode=send_frame:parity=auto:deint=interlaced",
                      sdr[] =
                          "zscale=t=linear:npl=203,format=gbrpf32le,zscale=p=bt709,tonemap=mobius:param=0.5:desat=0,"
                          "zscale=t=bt709:m=gbr:r=full,format=gbrpf32le";
    char chain[sizeof bwdif + sizeof sdr + 1] = "";
    if (decoder->fields)
        strcat(chain, bwdif);
    if (decoder->fields && decoder->hdr)
        strcat(chain, ",");
    if (decoder->hdr)
        strcat(chain, sdr);
    if (!*chain)
        return SCUMBLE_OK;
    return sc_ffmpeg_filter_open(&decoder->filter, decoder->first, decoder->input->video->time_base, decoder->rate,
                                 chain, err);
}

/* Tags that zscale insists on. */
static void complete_tags(AVFrame *frame)
{
    if (frame->colorspace == AVCOL_SPC_UNSPECIFIED)
        frame->colorspace = AVCOL_SPC_BT2020_NCL;
    if (frame->color_primaries == AVCOL_PRI_UNSPECIFIED)
        frame->color_primaries = AVCOL_PRI_BT2020;
    if (frame->color_range == AVCOL_RANGE_UNSPECIFIED)
        frame->color_range = AVCOL_RANGE_MPEG;
}

/* ---- frames ---------------------------------------------------------------------------------------------------- */

/* One more packet for the decoder. False at an error. */
static bool feed(sc_ffmpeg_decoder *decoder, sc_error *err)
{
    const atomic_bool *stop = decoder->input->stop; /* nothing may ever be decoded */
    int error = stop && *stop ? AVERROR_EXIT : sc_ffmpeg_input_packet(decoder->input, decoder->packet);
    if (error == AVERROR_EXIT || error == AVERROR(ENOMEM) || (error < 0 && decoder->input->failed)) {
        sc_ffmpeg_input_fail(decoder->input, error, "read", err);
        return false;
    }
    if (error < 0) { /* its end, or where it is cut short */
        decoder->drained = true;
        avcodec_send_packet(decoder->codec, NULL);
        return true;
    }
    if (decoder->packet->stream_index == decoder->input->video->index) {
        if (decoder->first_packet == AV_NOPTS_VALUE)
            decoder->first_packet = decoder->packet->pts;
        error = avcodec_send_packet(decoder->codec, decoder->packet);
        if (error < 0)
            decoder->last_error = error;
    }
    av_packet_unref(decoder->packet);
    return true;
}

/* Like sc_ffmpeg_decoder_read, before the filters. */
static bool decode_frame(sc_ffmpeg_decoder *decoder, AVFrame *frame, sc_error *err)
{
    for (;;) {
        int error = avcodec_receive_frame(decoder->codec, frame);
        if (error == 0)
            break;
        if (error == AVERROR_EOF || (decoder->drained && error == AVERROR(EAGAIN)))
            return false;
        if (error != AVERROR(EAGAIN)) {
            decoder->last_error = error;
            if (error == AVERROR(ENOMEM)) {
                sc_fail_memory(err, 1 << 20);
                return false;
            }
            continue;
        }
        if (!feed(decoder, err))
            return false;
    }
    frame->pts = frame->best_effort_timestamp;
    if (is_hdr(frame))
        complete_tags(frame);
    if (!decoder->begun && decoder_begin(decoder, frame, err))
        return false;
    const AVFrame *first = decoder->first;
    if (frame->width == first->width && frame->height == first->height && frame->format == first->format)
        return true;
    sc_fail(err, SCUMBLE_ERR_UNSUPPORTED,
            "the pictures of '%s' change from %d x %d (%s) to %d x %d (%s) on the way: only films of one size are read",
            decoder->input->path, first->width, first->height, av_get_pix_fmt_name(first->format), frame->width,
            frame->height, av_get_pix_fmt_name(frame->format));
    return false;
}

bool sc_ffmpeg_decoder_read(sc_ffmpeg_decoder *decoder, AVFrame *frame, sc_error *err)
{
    if (decoder->begun && !decoder->filter.graph)
        return decode_frame(decoder, frame, err);
    for (;;) {
        int error = decoder->filter.graph ? sc_ffmpeg_filter_receive(&decoder->filter, frame) : AVERROR(EAGAIN);
        if (error >= 0) {
            if (frame->pts != AV_NOPTS_VALUE)
                frame->pts = av_rescale_q(frame->pts, decoder->filter.base, decoder->input->video->time_base);
            return true;
        }
        if (error != AVERROR(EAGAIN)) {
            if (error != AVERROR_EOF)
                sc_ffmpeg_input_fail(decoder->input, error, "filter", err);
            return false;
        }
        if (decoder->filter_ended)
            return false;
        if (decode_frame(decoder, decoder->frame, err)) {
            if (!decoder->filter.graph) {
                av_frame_move_ref(frame, decoder->frame);
                return true;
            }
            error = sc_ffmpeg_filter_send(&decoder->filter, decoder->frame);
        } else if (err->code)
            return false;
        else if (decoder->filter.graph) {
            decoder->filter_ended = true;
            error = sc_ffmpeg_filter_send(&decoder->filter, NULL);
        } else
            return false;
        av_frame_unref(decoder->frame);
        if (error < 0 && error != AVERROR(EAGAIN)) {
            sc_ffmpeg_input_fail(decoder->input, error, "filter", err);
            return false;
        }
    }
}

void sc_ffmpeg_decoder_flush(sc_ffmpeg_decoder *decoder)
{
    avcodec_flush_buffers(decoder->codec);
    sc_ffmpeg_filter_close(&decoder->filter);
    decoder->begun = decoder->drained = decoder->filter_ended = false;
    decoder->first_packet = AV_NOPTS_VALUE;
}
