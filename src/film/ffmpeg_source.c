/* SPDX-License-Identifier: MIT */
/* Films that FFmpeg reads, as a source. A pass over the packets (ffmpeg_index.c) tells the number and the times of all
 * frames before the first one is decoded; where the packets of a file do not say their times, frames are counted as
 * they come, and a jump begins at the start. */
#include "film/ffmpeg_source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "film/ffmpeg_decoder.h"
#include "film/ffmpeg_index.h"
#include "film/ffmpeg_pixels.h"
#include "film/moment.h"
#include "film/notes.h"
#include "film/turn.h"
#include "media/image_alpha.h"

enum { MOST_THREADS = 8 };

typedef struct ffmpeg_source {
    sc_film_source base;
    sc_film_request request;
    int64_t most;               /* pixels in a frame */
    char *path, *codec, *notes; /* texts of the facts */
    sc_ffmpeg_input *input;
    sc_ffmpeg_decoder decoder;
    sc_frame_index index;
    sc_turn turn;
    AVFrame *frame, *ahead; /* ahead: decoded already, to be read next */
    bool has_ahead;
    int64_t next;      /* the number of the next frame, where they are counted */
    int64_t last_time; /* of the last frame that was read; AV_NOPTS_VALUE: none */
    int64_t wanted;    /* frames before this time (or this number, where they are counted) are dropped */
    bool indexed;
    bool opaque; /* its format has alpha, but its pictures have none */
} ffmpeg_source;

/* ---- opening --------------------------------------------------------------------------------------------------- */

static bool ffmpeg_source_takes(const char *path)
{
    (void)path;
    return true;
}

static int source_begin(ffmpeg_source *s, const sc_threads *threads, sc_error *err)
{
    int count = sc_threads_count(s->request.limits->threads);
    int code = sc_ffmpeg_input_open(&s->input, s->path, s->most, threads, s->request.stop, err);
    if (!code) {
        sc_ffmpeg_input_only_video(s->input);
        code = sc_ffmpeg_decoder_open(&s->decoder, s->input, s->index.rate, s->most,
                                      count < MOST_THREADS ? count : MOST_THREADS, err);
    }
    return code;
}

static void source_end(ffmpeg_source *s)
{
    sc_ffmpeg_decoder_close(&s->decoder);
    sc_ffmpeg_input_close(s->input);
    s->input = NULL;
    if (s->has_ahead)
        av_frame_unref(s->ahead);
    s->has_ahead = false;
}

static void ffmpeg_source_close(sc_film_source *source)
{
    ffmpeg_source *s = (ffmpeg_source *)source;
    if (!s)
        return;
    source_end(s);
    if (s->frame)
        av_frame_free(&s->frame);
    if (s->ahead)
        av_frame_free(&s->ahead);
    sc_frame_index_free(&s->index);
    free(s->path);
    free(s->codec);
    free(s->notes);
    free(s);
}

/* ---- facts ----------------------------------------------------------------------------------------------------- */

/* "01:00:00:12" as a number of frames. */
static void find_timecode(sc_film_facts *facts, const ffmpeg_source *s)
{
    const AVDictionaryEntry *entry = av_dict_get(s->input->video->metadata, "timecode", NULL, 0);
    if (!entry)
        entry = av_dict_get(s->input->format->metadata, "timecode", NULL, 0);
    sc_moment moment;
    sc_error none;
    if (entry && !sc_moment_read(&moment, entry->value, &none) && moment.kind == SC_MOMENT_TIMECODE) {
        facts->has_timecode = true;
        facts->timecode = sc_moment_frames(&moment, facts->info.rate_num, facts->info.rate_den);
        facts->drop_frame = moment.drop;
    }
}

static void find_look(ffmpeg_source *s, const AVFrame *frame)
{
    sc_film_look *look = &s->base.facts.look;
    size_t bytes;
    const uint8_t *matrix = sc_ffmpeg_side_data(s->input->video, AV_PKT_DATA_DISPLAYMATRIX, &bytes);
    if (matrix && bytes >= sizeof look->matrix) {
        memcpy(look->matrix, matrix, sizeof look->matrix);
        if (!sc_turn_of(look->matrix, &s->turn))
            sc_notes_add(&s->notes, "The film is to be shown turned by no whole quarter: it is left as it lies.");
        look->turned = sc_turn_any(&s->turn);
    }
    AVRational shape = av_guess_sample_aspect_ratio(s->input->format, s->input->video, NULL);
    look->pixel_num = shape.num;
    look->pixel_den = shape.den;
    bool guessed;
    sc_coding coding = sc_coding_of(frame, &guessed);
    look->coefficients = coding.matrix;
    look->range = coding.full ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
    look->chroma_place = coding.place;
    look->primaries = coding.matrix == AVCOL_SPC_BT709 ? AVCOL_PRI_BT709 : frame->color_primaries;
    look->transfer = frame->color_trc;
    snprintf(look->format, sizeof look->format, "%s", av_get_pix_fmt_name(s->decoder.first->format));
    if (guessed)
        sc_notes_add(&s->notes, "The film does not say how its colours are coded: %s is assumed, by its size.",
                     coding.matrix == AVCOL_SPC_BT709 ? "BT.709" : "BT.601");
    const char *unread = s->decoder.hdr ? NULL : sc_coding_unread(frame->colorspace);
    if (unread)
        sc_notes_add(&s->notes, "The film's colours are coded in a way that is not read (%s): they will look wrong.",
                     unread);
    if (s->decoder.hdr)
        sc_notes_add(&s->notes, "The film has a high dynamic range (%s): it is mapped to what a screen shows (BT.709).",
                     frame->color_trc == AVCOL_TRC_SMPTE2084 || s->decoder.codec->color_trc == AVCOL_TRC_SMPTE2084 ?
                         "PQ" :
                         "HLG");
    else if (sc_coding_is_wide(frame->color_primaries))
        sc_notes_add(&s->notes, "The film has wide colours (%s): they are brought into those of BT.709.",
                     frame->color_primaries == AVCOL_PRI_BT2020 ? "BT.2020" : "P3");
    if (s->decoder.hdr || sc_coding_is_wide(frame->color_primaries)) {
        look->primaries = AVCOL_PRI_BT709;
        look->transfer = AVCOL_TRC_BT709;
        look->coefficients = AVCOL_SPC_BT709;
        look->range = AVCOL_RANGE_MPEG;
    }
    if (s->decoder.fields)
        sc_notes_add(&s->notes, "The film is interlaced: its fields become whole frames (bwdif).");
}

static bool has_sound(const AVFormatContext *format)
{
    for (unsigned i = 0; i < format->nb_streams; i++)
        if (format->streams[i]->codecpar->codec_type == AVMEDIA_TYPE_AUDIO)
            return true;
    return false;
}

static void find_times(ffmpeg_source *s)
{
    scumble_film_info *info = &s->base.facts.info;
    const AVStream *video = s->input->video;
    AVRational rate = s->index.rate.num > 0         ? s->index.rate :
                      video->avg_frame_rate.num > 0 ? video->avg_frame_rate :
                      video->r_frame_rate.num > 0   ? video->r_frame_rate :
                                                      (AVRational){ s->request.rate_num, s->request.rate_den };
    info->rate_num = rate.num;
    info->rate_den = rate.den;
    info->seekable = !s->input->pipe;
    if (s->input->format->duration > 0 && !s->input->pipe)
        info->duration_s = (double)s->input->format->duration / AV_TIME_BASE;
    if (!s->indexed || !s->index.count)
        return;
    info->frames = s->index.count;
    info->variable_rate = !s->index.constant;
    int64_t last = s->index.count - 1;
    info->duration_s = (double)(s->index.time[last] + sc_frame_index_duration(&s->index, last) - s->index.time[0]) *
                       av_q2d(video->time_base);
    if (s->index.cut_short)
        sc_notes_add(&s->notes, "The film is damaged or cut short: %lld of its frames can be read.",
                     (long long)s->index.count);
}

static int find_facts(ffmpeg_source *s, sc_error *err)
{
    sc_film_facts *facts = &s->base.facts;
    scumble_film_info *info = &facts->info;
    find_times(s);
    find_look(s, s->ahead);
    s->codec = strdup(avcodec_get_name(s->input->video->codecpar->codec_id));
    info->path = s->path;
    info->codec = s->codec;
    info->width = s->turn.swap ? s->ahead->height : s->ahead->width;
    info->height = s->turn.swap ? s->ahead->width : s->ahead->height;
    info->bits = sc_pixels_bits(s->decoder.first->format);
    info->alpha = sc_pixels_alpha(s->ahead->format) && !s->opaque;
    info->sound = has_sound(s->input->format);
    info->notes = s->notes ? s->notes : "";
    find_timecode(facts, s);
    if (!sc_pixels_known(s->ahead->format))
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED,
                       "'%s' has pictures of the format %s, which are not read: RGB, YCbCr and grey are", s->path,
                       av_get_pix_fmt_name(s->ahead->format));
    return s->codec ? SCUMBLE_OK : sc_fail_memory(err, 32);
}

/* FFmpeg gives the pictures of every GIF with alpha. */
static int look_for_alpha(ffmpeg_source *s, sc_error *err)
{
    sc_image image;
    sc_coding coding = sc_coding_of(s->ahead, NULL);
    if (s->input->video->codecpar->codec_id != AV_CODEC_ID_GIF || !sc_pixels_known(s->ahead->format))
        return SCUMBLE_OK;
    int code = sc_pixels_read(s->ahead, &coding, &image, err);
    s->opaque = !code && sc_image_is_opaque(&image);
    sc_image_free(&image);
    return code;
}

/* The first frame, which says what all are like. */
static int read_first(ffmpeg_source *s, sc_error *err)
{
    if (sc_ffmpeg_decoder_read(&s->decoder, s->ahead, err)) {
        s->has_ahead = true;
        return look_for_alpha(s, err);
    }
    if (err->code)
        return err->code;
    char why[AV_ERROR_MAX_STRING_SIZE] = "there are none in it";
    if (s->decoder.last_error)
        av_strerror(s->decoder.last_error, why, sizeof why);
    return sc_fail(err, SCUMBLE_ERR_FORMAT, "no frame of '%s' can be decoded: %s", s->path, why);
}

static int ffmpeg_source_open(sc_film_source **source, const char *path, const sc_film_request *request, sc_error *err)
{
    *source = NULL;
    int code = sc_ffmpeg_load(err);
    if (code)
        return code;
    ffmpeg_source *s = calloc(1, sizeof *s);
    if (!s)
        return sc_fail_memory(err, sizeof *s);
    s->base.kind = &sc_ffmpeg_source_kind;
    s->request = *request;
    s->most = request->limits->max_pixels ? request->limits->max_pixels : SC_IMAGE_MAX_PIXELS;
    s->path = strdup(path);
    s->frame = av_frame_alloc();
    s->ahead = av_frame_alloc();
    s->last_time = s->wanted = AV_NOPTS_VALUE;
    const sc_threads *threads = request->limits->threads;
    code = s->path && s->frame && s->ahead ? source_begin(s, threads, err) : sc_fail_memory(err, 4096);
    if (!code && !s->input->pipe) {
        code = sc_frame_index_read(&s->index, path, s->most, threads, request->stop, err);
        s->indexed = !code && s->index.complete;
        s->decoder.rate = s->index.rate;
    }
    if (!code)
        code = read_first(s, err);
    s->indexed = s->indexed && !code && s->ahead->pts != AV_NOPTS_VALUE;
    if (s->indexed)
        sc_frame_index_begin(&s->index, s->ahead->pts);
    if (!code)
        code = find_facts(s, err);
    if (!code) { /* from here on, whoever asks for frames says when to stop */
        s->input->threads = NULL;
        *source = &s->base;
    } else
        ffmpeg_source_close(&s->base);
    return code;
}

/* ---- reading --------------------------------------------------------------------------------------------------- */

/* The frame's number and times. False: it is one that was there before, or is not wanted. */
static bool place_frame(ffmpeg_source *s, const AVFrame *frame, scumble_frame *told)
{
    AVRational base = s->input->video->time_base, rate = { s->base.facts.info.rate_num, s->base.facts.info.rate_den };
    int64_t time = frame->pts, most = sc_frame_index_most_time(base);
    if (time < -most || time > most)
        time = s->last_time == AV_NOPTS_VALUE ? 0 : av_sat_add64(s->last_time, av_rescale_q(1, av_inv_q(rate), base));
    if (s->last_time != AV_NOPTS_VALUE && time <= s->last_time) {
        if (s->indexed)
            return false;
        time = av_sat_add64(s->last_time, 1);
    }
    s->last_time = time;
    int64_t number = s->indexed ? sc_frame_index_find(&s->index, time) : s->next++;
    *told = (scumble_frame){ .number = number, .time = time, .time_num = base.num, .time_den = base.den };
    if (s->indexed && number < s->index.count)
        told->duration = sc_frame_index_duration(&s->index, number);
    else
#if LIBAVUTIL_VERSION_MAJOR >= 58
        told->duration = frame->duration > 0 ? frame->duration : 0;
#else
        told->duration = frame->pkt_duration > 0 ? frame->pkt_duration : 0;
#endif
    return s->wanted == AV_NOPTS_VALUE || (s->indexed ? time : number) >= s->wanted;
}

static int ffmpeg_source_read(sc_film_source *source, sc_image *image, scumble_frame *told, sc_error *err)
{
    ffmpeg_source *s = (ffmpeg_source *)source;
    *image = (sc_image){ 0 };
    for (;;) {
        av_frame_unref(s->frame);
        if (s->has_ahead) {
            av_frame_move_ref(s->frame, s->ahead);
            s->has_ahead = false;
        } else if (!sc_ffmpeg_decoder_read(&s->decoder, s->frame, err))
            return err->code;
        if (place_frame(s, s->frame, told))
            break;
        if (*s->request.stop) /* on the way to a frame that nobody wants any more */
            return sc_fail(err, SCUMBLE_ERR_CANCELLED, "stopped by the caller");
    }
    s->wanted = AV_NOPTS_VALUE;
    sc_coding coding = sc_coding_of(s->frame, NULL);
    int code = sc_pixels_read(s->frame, &coding, image, err);
    av_frame_unref(s->frame);
    if (s->opaque) {
        sc_big_free(image->alpha);
        image->alpha = NULL;
    }
    if (!code && sc_turn_any(&s->turn))
        code = sc_turn_upright(&s->turn, image, err);
    if (!code && image->alpha)
        code = sc_image_fill_hidden(NULL, image, err);
    if (code)
        sc_image_free(image);
    return code;
}

/* ---- seeking --------------------------------------------------------------------------------------------------- */

static int restart(ffmpeg_source *s, sc_error *err)
{
    source_end(s);
    s->next = 0;
    s->last_time = AV_NOPTS_VALUE;
    return source_begin(s, NULL, err);
}

/* Stands where decoding leads to the frame of this time. False: at the start, then. */
static bool jump(ffmpeg_source *s, int64_t time, sc_error *err)
{
    int64_t target = sc_frame_index_key(&s->index, time), back = 1;
    if (s->input->video->codecpar->video_delay > 0) /* of open groups of pictures decoders lose some of the first one */
        target = sc_frame_index_key(&s->index, target - 1);
    AVRational base = s->input->video->time_base;
    time = target; /* some files give packets from later on */
    for (int i = 0; i < 8; i++, back *= 4) {
        if (s->has_ahead)
            av_frame_unref(s->ahead);
        s->has_ahead = false;
        if (av_seek_frame(s->input->format, s->input->video->index, target, AVSEEK_FLAG_BACKWARD) < 0)
            return false;
        sc_ffmpeg_decoder_flush(&s->decoder);
        s->has_ahead = sc_ffmpeg_decoder_read(&s->decoder, s->ahead, err);
        if (err->code)
            return true;
        if (s->has_ahead && s->decoder.first_packet != AV_NOPTS_VALUE && s->decoder.first_packet <= time &&
            s->ahead->pts <= time)
            return true;
        if (target <= s->index.time[0])
            return false;
        target -= av_rescale_q(back, (AVRational){ 1, 1 }, base);
        target = target < s->index.time[0] ? s->index.time[0] : target;
    }
    return false;
}

static int ffmpeg_source_seek(sc_film_source *source, int64_t number, sc_error *err)
{
    ffmpeg_source *s = (ffmpeg_source *)source;
    if (!s->indexed) {
        int code = restart(s, err);
        s->wanted = number;
        return code;
    }
    int64_t before =
        s->decoder.fields && number > 0 ? number - 1 : number; /* a field's frame looks at its neighbours */
    int64_t last = s->index.count - 1, time = s->index.time[before < last ? before : last];
    s->last_time = AV_NOPTS_VALUE;
    int code = jump(s, time, err) ? err->code : restart(s, err);
    s->wanted = s->index.time[number < last ? number : last];
    return code;
}

static int64_t ffmpeg_source_at(const sc_film_source *source, int64_t num, int64_t den)
{
    const ffmpeg_source *s = (const ffmpeg_source *)source;
    if (!s->indexed)
        return -1;
    AVRational base = s->input->video->time_base;
    int64_t start = s->index.time[0];
    int64_t low = 0, high = s->index.count;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (av_compare_ts(s->index.time[middle] - start, base, num, (AVRational){ 1, (int)den }) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const sc_film_source_kind sc_ffmpeg_source_kind = { .takes = ffmpeg_source_takes,
                                                    .open = ffmpeg_source_open,
                                                    .close = ffmpeg_source_close,
                                                    .read = ffmpeg_source_read,
                                                    .seek = ffmpeg_source_seek,
                                                    .at = ffmpeg_source_at };
