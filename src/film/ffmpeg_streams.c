/* SPDX-License-Identifier: MIT */
/* Streams beside the pictures. See ffmpeg_streams.h. */
#include "film/ffmpeg_streams.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "film/ffmpeg_source.h"
#include "film/moment.h"
#include "film/notes.h"

/* ---- metadata -------------------------------------------------------------------------------------------------- */

/* What describes a file, not a film. */
static bool is_of_the_file(const char *key)
{
    static const char *const names[] = { "major_brand", "minor_version", "compatible_brands", "encoder", "rotate",
                                         "timecode",    "alpha_mode",    "vendor_id",         "DURATION" },
                             *const beginnings[] = { "_STATISTICS", "BPS", "NUMBER_OF_", "DURATION-" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcasecmp(key, names[i]))
            return true;
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++)
        if (!strncasecmp(key, beginnings[i], strlen(beginnings[i])))
            return true;
    return false;
}

static int copy_metadata(AVDictionary **to, const AVDictionary *from)
{
    int error = 0;
    for (const AVDictionaryEntry *entry = NULL;
         error >= 0 && (entry = av_dict_get(from, "", entry, AV_DICT_IGNORE_SUFFIX));)
        if (!is_of_the_file(entry->key))
            error = av_dict_set(to, entry->key, entry->value, 0);
    return error;
}

/* The timecode of the first frame that is left. */
static int set_timecode(const sc_film_order *order, AVStream *video)
{
    const sc_film_facts *facts = sc_film_source_facts(order->film);
    char text[24];
    int64_t first, end;
    sc_film_range(order->film, &first, &end);
    if (!facts->has_timecode)
        return 0;
    sc_timecode_text(text, facts->timecode + first - facts->first, facts->drop_frame, facts->info.rate_num,
                     facts->info.rate_den);
    return av_dict_set(&video->metadata, "timecode", text, 0);
}

static int copy_chapters(const sc_film_streams *streams, AVFormatContext *to)
{
    const AVFormatContext *from = streams->input->format;
    const sc_film_cut *cut = &streams->cut;
    for (unsigned i = 0; i < from->nb_chapters; i++) {
        const AVChapter *chapter = from->chapters[i];
        AVRational base = chapter->time_base;
        int64_t begin = cut->begins ? av_rescale_q(cut->begin, cut->base, base) : INT64_MIN,
                end = cut->ends ? av_rescale_q(cut->end, cut->base, base) : INT64_MAX,
                shift = av_rescale_q(cut->shift, cut->base, base);
        if (chapter->end <= begin || chapter->start >= end)
            continue;
        AVChapter **more = av_realloc_array(to->chapters, to->nb_chapters + 1, sizeof *more), *own;
        if (more)
            to->chapters = more;
        own = more ? av_mallocz(sizeof *own) : NULL;
        if (!own)
            return AVERROR(ENOMEM);
        own->id = chapter->id;
        own->time_base = base;
        own->start = av_sat_sub64(chapter->start > begin ? chapter->start : begin, shift);
        own->end = av_sat_sub64(chapter->end < end ? chapter->end : end, shift);
        to->chapters[to->nb_chapters++] = own;
        if (copy_metadata(&own->metadata, chapter->metadata) < 0)
            return AVERROR(ENOMEM);
    }
    return 0;
}

/* ---- streams --------------------------------------------------------------------------------------------------- */

static const char *stream_kind(enum AVMediaType type)
{
    return type == AVMEDIA_TYPE_AUDIO      ? "sound" :
           type == AVMEDIA_TYPE_SUBTITLE   ? "subtitles" :
           type == AVMEDIA_TYPE_ATTACHMENT ? "an attachment" :
           type == AVMEDIA_TYPE_VIDEO      ? "a picture of the cover" :
                                             "data";
}

/* A track that says the timecode, or names or shows chapters: these are written anew. */
static bool is_written_anew(const AVStream *stream)
{
    const AVCodecParameters *codec = stream->codecpar;
    return codec->codec_tag == MKTAG('t', 'm', 'c', 'd') ||
           (codec->codec_type == AVMEDIA_TYPE_DATA && codec->codec_tag == MKTAG('t', 'e', 'x', 't')) ||
           stream->disposition & AV_DISPOSITION_TIMED_THUMBNAILS;
}

static bool can_hold(const AVOutputFormat *container, const AVStream *stream)
{
    const AVCodecParameters *codec = stream->codecpar;
    if (codec->codec_type == AVMEDIA_TYPE_ATTACHMENT)
        return !strcmp(container->name, "matroska");
    if (stream->disposition & AV_DISPOSITION_ATTACHED_PIC && strcmp(container->name, "mp4") &&
        strcmp(container->name, "mov"))
        return false;
    return avformat_query_codec(container, codec->codec_id, FF_COMPLIANCE_NORMAL) == 1;
}

static int add_stream(sc_film_streams *streams, unsigned i, sc_ffmpeg_output *output)
{
    const AVStream *from = streams->input->format->streams[i];
    const AVOutputFormat *container = output->format->oformat;
    AVStream *to = avformat_new_stream(output->format, NULL);
    if (!to || avcodec_parameters_copy(to->codecpar, from->codecpar) < 0 ||
        copy_metadata(&to->metadata, from->metadata) < 0)
        return AVERROR(ENOMEM);
    if (container->codec_tag &&
        av_codec_get_id(container->codec_tag, to->codecpar->codec_tag) != to->codecpar->codec_id)
        to->codecpar->codec_tag = 0;
    to->time_base = from->time_base;
    to->disposition = from->disposition;
    to->sample_aspect_ratio = from->sample_aspect_ratio;
    streams->to[i] = to->index;
    return 0;
}

/* What no film of ours has is said. */
static void say_dropped(const AVStream *stream, char **notes)
{
    const AVDictionaryEntry *what = av_dict_get(stream->metadata, "handler_name", NULL, 0);
    if (is_written_anew(stream))
        return;
    if (stream->codecpar->codec_type == AVMEDIA_TYPE_VIDEO)
        sc_notes_add(notes, "Other pictures of the film (stream %d, %s) are left out: one stream is painted.",
                     stream->index, avcodec_get_name(stream->codecpar->codec_id));
    else
        sc_notes_add(notes, "The film's data (stream %d%s%.40s) are left out: sound and subtitles alone are copied.",
                     stream->index, what ? ", " : "", what ? what->value : "");
}

/* Whether it is copied; what cannot be is said. */
static bool is_copied(const sc_ffmpeg_input *input, unsigned i, const AVOutputFormat *container, char **notes)
{
    const AVStream *stream = input->format->streams[i];
    enum AVMediaType type = stream->codecpar->codec_type;
    bool cover = type == AVMEDIA_TYPE_VIDEO && stream->disposition & AV_DISPOSITION_ATTACHED_PIC;
    if (stream == input->video)
        return false;
    if (type != AVMEDIA_TYPE_AUDIO && type != AVMEDIA_TYPE_SUBTITLE && type != AVMEDIA_TYPE_ATTACHMENT && !cover) {
        say_dropped(stream, notes);
        return false;
    }
    if (can_hold(container, stream))
        return true;
    sc_notes_add(notes, "The film's %s (%s) is left out: %s cannot hold it.", stream_kind(type),
                 avcodec_get_name(stream->codecpar->codec_id),
                 strcmp(container->name, "yuv4mpegpipe") ? container->name : "YUV4MPEG2");
    return false;
}

static int add_streams(sc_film_streams *streams, sc_ffmpeg_output *output, char **notes)
{
    AVFormatContext *from = streams->input->format;
    int error = 0;
    streams->to = malloc((from->nb_streams + 1) * sizeof *streams->to);
    streams->packet = av_packet_alloc();
    if (!streams->to || !streams->packet)
        return AVERROR(ENOMEM);
    for (unsigned i = 0; i < from->nb_streams && error >= 0; i++) {
        bool copied = is_copied(streams->input, i, output->format->oformat, notes);
        streams->to[i] = -1;
        from->streams[i]->discard = copied ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
        if (copied)
            error = add_stream(streams, i, output);
    }
    return error;
}

/* Opens the film's file. *input stays NULL where there is none. */
static int open_file(sc_ffmpeg_input **input, const sc_film_order *order, char **notes, sc_error *err)
{
    const scumble_film_info *info = sc_film_about(order->film);
    *input = NULL;
    if (sc_film_its_source(order->film)->kind != &sc_ffmpeg_source_kind)
        return SCUMBLE_OK;
    if (info->seekable)
        return sc_ffmpeg_input_open(input, info->path, SC_IMAGE_MAX_PIXELS, order->threads, order->stop, err);
    if (info->sound)
        sc_notes_add(notes, "The film's sound is left out: it came through a pipe.");
    return SCUMBLE_OK;
}

int sc_film_streams_say(const sc_film_order *order, const AVOutputFormat *container, char **notes, sc_error *err)
{
    sc_ffmpeg_input *input;
    int code = open_file(&input, order, notes, err);
    for (unsigned i = 0; input && i < input->format->nb_streams; i++)
        is_copied(input, i, container, notes);
    sc_ffmpeg_input_close(input);
    return code;
}

int sc_film_streams_open(sc_film_streams *streams, const sc_film_order *order, sc_ffmpeg_output *output,
                         AVStream *video, char **notes, sc_error *err)
{
    *streams = (sc_film_streams){ .input = NULL };
    int code = open_file(&streams->input, order, notes, err);
    if (code || !streams->input)
        return code;
    int error = add_streams(streams, output, notes);
    if (error >= 0)
        error = copy_metadata(&output->format->metadata, streams->input->format->metadata);
    if (error >= 0)
        error = copy_metadata(&video->metadata, streams->input->video->metadata);
    if (error >= 0)
        error = set_timecode(order, video);
    video->disposition = streams->input->video->disposition;
    if (error < 0)
        code = sc_ffmpeg_output_fail(output, error, err);
    if (code)
        sc_film_streams_close(streams);
    return code;
}

bool sc_film_streams_start(const sc_film_streams *streams, int64_t *least, AVRational *base)
{
    bool found = false;
    for (unsigned i = 0; streams->input && i < streams->input->format->nb_streams; i++) {
        const AVStream *stream = streams->input->format->streams[i];
        bool used = streams->to[i] >= 0 || stream == streams->input->video;
        if (!used || stream->start_time == AV_NOPTS_VALUE || stream->disposition & AV_DISPOSITION_ATTACHED_PIC)
            continue;
        if (!found || av_compare_ts(stream->start_time, stream->time_base, *least, *base) < 0) {
            *least = stream->start_time;
            *base = stream->time_base;
        }
        found = true;
    }
    return found;
}

int sc_film_streams_cut(sc_film_streams *streams, const sc_film_cut *cut, sc_ffmpeg_output *output, sc_error *err)
{
    streams->cut = *cut;
    if (!streams->input)
        return SCUMBLE_OK;
    if (copy_chapters(streams, output->format) < 0)
        return sc_fail_memory(err, 4096);
    if (cut->begins) /* where that fails, what comes before is read and left out */
        av_seek_frame(streams->input->format, -1, av_rescale_q(cut->begin, cut->base, AV_TIME_BASE_Q),
                      AVSEEK_FLAG_BACKWARD);
    return SCUMBLE_OK;
}

/* Whether it lies within the cut, in the new film's time then. */
static bool move_packet(const sc_film_cut *cut, const AVStream *from, AVPacket *packet)
{
    AVRational base = from->time_base;
    int64_t time = packet->pts != AV_NOPTS_VALUE ? packet->pts : packet->dts;
    if (from->disposition & AV_DISPOSITION_ATTACHED_PIC)
        return true;
    if (time == AV_NOPTS_VALUE)
        return false;
    if (cut->ends && av_compare_ts(time, base, cut->end, cut->base) >= 0)
        return false;
    if (cut->begins && av_compare_ts(time, base, cut->begin, cut->base) < 0) {
        int64_t begin = av_rescale_q(cut->begin, cut->base, base);
        if (from->codecpar->codec_type != AVMEDIA_TYPE_SUBTITLE || av_sat_add64(time, packet->duration) <= begin)
            return false;
        packet->duration =
            av_sat_sub64(packet->duration, av_sat_sub64(begin, time)); /* words that are still to be read */
        packet->pts = packet->dts = begin;
    }
    int64_t shift = av_rescale_q(cut->shift, cut->base, base);
    packet->pts = packet->pts != AV_NOPTS_VALUE ? av_sat_sub64(packet->pts, shift) : AV_NOPTS_VALUE;
    packet->dts = packet->dts != AV_NOPTS_VALUE ? av_sat_sub64(packet->dts, shift) : AV_NOPTS_VALUE;
    return true;
}

/* The next packet that is wanted, in its own stream's time base. */
static int next_packet(sc_film_streams *streams, sc_error *err)
{
    while (!streams->has_packet && !streams->past) {
        AVPacket *packet = streams->packet;
        int error = sc_ffmpeg_input_packet(streams->input, packet);
        if (error == AVERROR_EXIT || error == AVERROR(ENOMEM) || (error < 0 && streams->input->failed))
            return sc_ffmpeg_input_fail(streams->input, error, "read", err);
        if (error < 0) {
            streams->past = true;
            break;
        }
        int i = packet->stream_index;
        streams->has_packet = i < (int)streams->input->format->nb_streams && streams->to[i] >= 0 &&
                              move_packet(&streams->cut, streams->input->format->streams[i], packet);
        if (!streams->has_packet)
            av_packet_unref(packet);
    }
    return SCUMBLE_OK;
}

int sc_film_streams_copy(sc_film_streams *streams, sc_ffmpeg_output *output, bool all, int64_t upto, AVRational base,
                         sc_error *err)
{
    while (streams->input && !next_packet(streams, err) && streams->has_packet) {
        AVPacket *packet = streams->packet;
        const AVStream *from = streams->input->format->streams[packet->stream_index];
        AVStream *to = output->format->streams[streams->to[packet->stream_index]];
        int64_t time = packet->dts != AV_NOPTS_VALUE ? packet->dts : packet->pts;
        if (!all && time != AV_NOPTS_VALUE && av_compare_ts(time, from->time_base, upto, base) > 0)
            return SCUMBLE_OK;
        packet->stream_index = to->index;
        packet->pos = -1;
        av_packet_rescale_ts(packet, from->time_base, to->time_base);
        streams->has_packet = false;
        if (sc_ffmpeg_output_write(output, packet, err))
            return err->code;
    }
    return err->code;
}

void sc_film_streams_close(sc_film_streams *streams)
{
    if (streams->packet)
        av_packet_free(&streams->packet);
    free(streams->to);
    sc_ffmpeg_input_close(streams->input);
    *streams = (sc_film_streams){ .input = NULL };
}
