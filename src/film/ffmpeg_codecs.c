/* SPDX-License-Identifier: MIT */
/* Codecs and containers. See ffmpeg_codecs.h. Of AV1's encoders libaom comes first: SVT's prints. */
#include "film/ffmpeg_codecs.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "film/ffmpeg_pixels.h"
#include "film/notes.h"

static const sc_film_codec codecs[] = {
    { "h264", { "libx264" }, { "yuv420p", NULL, "yuv420p10le", NULL }, 18, 51, false, true, false, AV_CODEC_ID_H264 },
    { "hevc", { "libx265" }, { "yuv420p", NULL, "yuv420p10le", NULL }, 20, 51, true, true, false, AV_CODEC_ID_HEVC },
    { "prores", { "prores_ks" }, { NULL, NULL, "yuv422p10le", NULL }, 0, 0, true, false, false, AV_CODEC_ID_PRORES },
    { "prores4444",
      { "prores_ks" },
      { NULL, NULL, "yuv444p10le", "yuva444p10le" },
      0,
      0,
      true,
      false,
      false,
      AV_CODEC_ID_PRORES },
    { "vp9",
      { "libvpx-vp9" },
      { "yuv420p", "yuva420p", "yuv420p10le", NULL },
      26,
      63,
      false,
      false,
      false,
      AV_CODEC_ID_VP9 },
    { "av1",
      { "libaom-av1", "libsvtav1" },
      { "yuv420p", NULL, "yuv420p10le", NULL },
      26,
      63,
      true,
      false,
      false,
      AV_CODEC_ID_AV1 },
    { "ffv1", { "ffv1" }, { "bgr0", "bgra", "gbrp10le", "gbrap10le" }, 0, 0, true, false, false, AV_CODEC_ID_FFV1 },
    { "gif", { "ffv1" }, { "bgr0", "bgra", NULL, NULL }, 0, 0, false, false, true, AV_CODEC_ID_GIF },
    { "webp", { "ffv1" }, { "bgr0", "bgra", NULL, NULL }, 0, 0, false, false, true, AV_CODEC_ID_WEBP },
    { "y4m",
      { "wrapped_avframe" },
      { "yuv444p", NULL, "yuv444p10le", NULL },
      0,
      0,
      true,
      false,
      false,
      AV_CODEC_ID_WRAPPED_AVFRAME },
};
enum { CODECS = sizeof codecs / sizeof *codecs };

/* Endings of names, FFmpeg's muxers, and the codec where none is named. */
static const struct {
    const char *ending, *muxer, *codec;
} containers[] = {
    { "mp4", "mp4", "h264" },      { "m4v", "mp4", "h264" },   { "mov", "mov", "h264" },
    { "mkv", "matroska", "h264" }, { "webm", "webm", "vp9" },  { "nut", "nut", "ffv1" },
    { "gif", "gif", "gif" },       { "webp", "webp", "webp" }, { "y4m", "yuv4mpegpipe", "y4m" },
};
enum { CONTAINERS = sizeof containers / sizeof *containers };

static const sc_film_codec *codec_named(const char *name)
{
    for (int i = 0; i < CODECS; i++)
        if (!strcmp(codecs[i].name, name))
            return &codecs[i];
    return NULL;
}

static bool codec_fits(const sc_film_codec *codec, const AVOutputFormat *container)
{
    const char *name = container->name;
    if (!strcmp(name, "gif") || !strcmp(name, "webp") || codec->animation)
        return !strcmp(name, codec->name);
    if (!strcmp(name, "yuv4mpegpipe") || codec->id == AV_CODEC_ID_WRAPPED_AVFRAME)
        return !strcmp(name, "yuv4mpegpipe") && codec->id == AV_CODEC_ID_WRAPPED_AVFRAME;
    if (!strcmp(name, "mov") && (codec->id == AV_CODEC_ID_VP9 || codec->id == AV_CODEC_ID_AV1))
        return false; /* of these the muxer says so late */
    return !strcmp(name, "nut") || avformat_query_codec(container, codec->id, FF_COMPLIANCE_NORMAL) == 1;
}

static const AVCodec *encoder_of(const sc_film_codec *codec)
{
    for (int i = 0; i < 3 && codec->encoders[i]; i++) {
        const AVCodec *encoder = avcodec_find_encoder_by_name(codec->encoders[i]);
        if (encoder)
            return encoder;
    }
    return NULL;
}

/* "h264, hevc": what there is for a container. */
static void list_codecs(const AVOutputFormat *container, char *text, size_t size)
{
    size_t length = 0;
    *text = 0;
    for (int i = 0; i < CODECS; i++)
        if (codec_fits(&codecs[i], container) && encoder_of(&codecs[i]))
            length += (size_t)snprintf(text + length, size - length, "%s%s", length ? ", " : "", codecs[i].name);
}

static int choose_codec(sc_film_choice *choice, const sc_film_order *order, const char *name, sc_error *err)
{
    const scumble_film_output *output = &order->output;
    const char *dot = strrchr(name, '.'), *ending = !strcmp(name, "-") ? "y4m" : dot ? dot + 1 : "";
    int i = 0;
    while (i < CONTAINERS && strcasecmp(containers[i].ending, ending))
        i++;
    if (i == CONTAINERS)
        return sc_fail(
            err, SCUMBLE_ERR_UNSUPPORTED,
            "'%s' does not say what film to write: its name must end in .mp4, .m4v, .mov, .mkv, .webm, .nut, "
            ".gif, .webp or .y4m, or be a pattern for pictures, with one number (frame.%%04d.png)",
            name);
    const char *wanted = output->codec ? output->codec : containers[i].codec;
    if (!output->codec && output->alpha && !strcmp(containers[i].muxer, "mov"))
        wanted = "prores4444";
    choice->container = av_guess_format(containers[i].muxer, NULL, NULL);
    choice->keeps_turn = !strcmp(containers[i].muxer, "mp4") || !strcmp(containers[i].muxer, "mov");
    if (!choice->container)
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED, "this FFmpeg cannot write .%s", ending);
    choice->codec = codec_named(wanted);
    bool known = choice->codec, held = known && codec_fits(choice->codec, choice->container);
    choice->encoder = held ? encoder_of(choice->codec) : NULL;
    if (choice->encoder)
        return SCUMBLE_OK;
    char list[200];
    list_codecs(choice->container, list, sizeof list);
    return sc_fail(err, known ? SCUMBLE_ERR_UNSUPPORTED : SCUMBLE_ERR_ARGUMENT, "`codec`: %s .%s: it can be %s",
                   !known ? "there is no such codec for" :
                   !held  ? "that cannot be in" :
                            "this FFmpeg has no encoder for that in",
                   ending, list);
}

/* FFV1 and raw pictures keep a film's own format, so that nothing is lost; but grey, for paint has colours. */
static enum AVPixelFormat own_format(const sc_film_order *order, const sc_film_codec *codec, int bits)
{
    static const char *const kept[] = { "yuv420p",     "yuv422p",      "yuv444p",     "yuv420p10le", "yuv422p10le",
                                        "yuv444p10le", "yuv420p12le",  "yuv422p12le", "yuv444p12le", "yuva420p",
                                        "yuva444p",    "yuva444p10le", "gbrp10le",    "gbrp12le",    "gbrap10le",
                                        "gbrp16le",    "gbrap16le" };
    const char *name = sc_film_source_facts(order->film)->look.format;
    bool raw = codec->id == AV_CODEC_ID_WRAPPED_AVFRAME;
    for (size_t i = 0; i < (raw ? 6 : sizeof kept / sizeof *kept); i++) {
        enum AVPixelFormat format = strcmp(kept[i], name) ? AV_PIX_FMT_NONE : av_get_pix_fmt(name);
        if (format != AV_PIX_FMT_NONE && sc_pixels_alpha(format) == (order->output.alpha != 0) &&
            (!bits || bits == sc_pixels_bits(format)))
            return format;
    }
    return AV_PIX_FMT_NONE;
}

static int choose_format(sc_film_choice *choice, const sc_film_order *order, char **notes, sc_error *err)
{
    const scumble_film_output *output = &order->output;
    const sc_film_codec *codec = choice->codec;
    bool lossless = codec->id == AV_CODEC_ID_FFV1 || codec->id == AV_CODEC_ID_WRAPPED_AVFRAME;
    choice->format = lossless ? own_format(order, codec, output->bits) : AV_PIX_FMT_NONE;
    if (choice->format != AV_PIX_FMT_NONE)
        return SCUMBLE_OK;
    bool deep = output->bits ? output->bits > 8 : codec->deep && sc_film_about(order->film)->bits > 8;
    if (!codec->deep && codec->formats[2] && !output->bits && sc_film_about(order->film)->bits > 8)
        sc_notes_add(notes,
                     "The film has %d bits a channel, and 8 are written: many players do not show %s with 10, which "
                     "`bits` 10 gives.",
                     sc_film_about(order->film)->bits, codec->name);
    if (!codec->formats[0] && !output->bits)
        deep = true;
    if (!codec->formats[2] && !output->bits)
        deep = false;
    if ((output->bits && output->bits != 8 && output->bits != 10) || !codec->formats[2 * deep])
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED, "`bits`: %s has %s bits a channel, not %d", codec->name,
                       !codec->formats[0] ? "10" :
                       !codec->formats[2] ? "8" :
                                            "8 or 10",
                       output->bits);
    const char *name = codec->formats[2 * deep + (output->alpha != 0)];
    if (!name && output->alpha) {
        name = codec->formats[2 * deep];
        sc_notes_add(notes, "The alpha is left out, over black: %s has none%s.", codec->name,
                     codec->formats[1] ? " with 10 bits" : " (prores4444, vp9 and ffv1 have)");
    }
    if (codec->even && (output->width % 2 || output->height % 2)) {
        name = deep ? "yuv444p10le" : "yuv444p";
        sc_notes_add(
            notes,
            "The film is %d x %d pixels: with an odd width or height %s needs chroma of the full size (4:4:4), "
            "which some players do not show.",
            output->width, output->height, codec->name);
    }
    choice->format = av_get_pix_fmt(name);
    return SCUMBLE_OK;
}

int sc_film_choose(sc_film_choice *choice, const sc_film_order *order, char **notes, sc_error *err)
{
    const scumble_film_output *output = &order->output;
    *choice = (sc_film_choice){ 0 };
    if (sc_ffmpeg_load(err) || choose_codec(choice, order, output->part ? output->as : order->path, err))
        return err->code;
    if (!strcmp(choice->codec->name, "prores") && output->width % 2) { /* FFmpeg's loses half of the last column */
        choice->codec = codec_named("prores4444");
        sc_notes_add(notes, "The film is %d pixels wide: ProRes 422 is for even widths, so ProRes 4444 is written.",
                     output->width);
    }
    const sc_film_codec *codec = choice->codec;
    if (output->crf > codec->most_crf && codec->most_crf)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "`crf`: it is from 0 (best) to %d with %s; got %d", codec->most_crf,
                       codec->name, output->crf);
    if ((output->crf >= 0 || output->bitrate) && !codec->most_crf)
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED, "`%s`: %s has one quality", output->bitrate ? "bitrate" : "crf",
                       codec->name);
    return choose_format(choice, order, notes, err);
}
