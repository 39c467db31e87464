/* SPDX-License-Identifier: MIT */
/* Joins parts by their packets, with the film's times, and with what it has beside its pictures. A packet is decoded
 * before it is shown, by at most `delay` frames: packet k is decoded at the time of frame k - delay, which is never
 * after its own. See ffmpeg_join.h. */
#include "film/ffmpeg_join.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "film/ffmpeg_animation.h"
#include "film/ffmpeg_encoder.h"
#include "film/ffmpeg_streams.h"
#include "film/ffmpeg_survey.h"

static const int64_t MOST_TIME = INT64_MAX / 64; /* in the base of a join */

typedef struct join {
    const sc_film_order *order;
    sc_film_choice choice;
    const scumble_frame *frames;
    sc_survey survey;
    sc_ffmpeg_output output;
    AVStream *video;
    sc_film_streams streams;
    AVRational base; /* of the frames' times: 1 / den */
    int64_t shift;   /* subtracted from them */
} join;

/* ---- times ----------------------------------------------------------------------------------------------------- */

/* When frame n of the new film is shown, in base; before the first one they go on backwards. */
static int64_t time_of(const join *j, int64_t n)
{
    const scumble_frame *frame = &j->frames[n < 0 ? 0 : n];
    int64_t time =
        av_sat_sub64(av_rescale_q(frame->time, (AVRational){ frame->time_num, frame->time_den }, j->base), j->shift);
    if (n >= 0)
        return time;
    int64_t step = j->survey.count > 1 ? time_of(j, 1) - time_of(j, 0) : 1;
    return time + n * (step > 0 ? step : 1);
}

static int64_t duration_of(const join *j, int64_t n)
{
    const scumble_frame *frame = &j->frames[n];
    if (frame->duration > 0)
        return av_rescale_q(frame->duration, (AVRational){ frame->time_num, frame->time_den }, j->base);
    const scumble_film_info *info = sc_film_about(j->order->film);
    return n + 1 < j->survey.count ? time_of(j, n + 1) - time_of(j, n) :
                                     av_rescale_q(1, (AVRational){ info->rate_den, info->rate_num }, j->base);
}

static int check_times(const join *j, int64_t frame_count, sc_error *err)
{
    if (frame_count != j->survey.count)
        return sc_fail(err, SCUMBLE_ERR_FORMAT,
                       "the parts have %lld frames, and there are times for %lld: a part is missing or damaged, or is "
                       "of another film",
                       (long long)j->survey.count, (long long)frame_count);
    for (int64_t n = 0; n < j->survey.count; n++) {
        if (j->frames[n].time_num < 1 || j->frames[n].time_den < 1)
            return sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                           "the time of frame %lld is in units of %d/%d seconds, which is none", (long long)n,
                           j->frames[n].time_num, j->frames[n].time_den);
        if (time_of(j, n) < -MOST_TIME || time_of(j, n) > MOST_TIME)
            return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "frame %lld is shown at %lld * %d/%d s, which no film can say",
                           (long long)n, (long long)j->frames[n].time, j->frames[n].time_num, j->frames[n].time_den);
        if (n && time_of(j, n) <= time_of(j, n - 1))
            return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "frame %lld is not shown later than the one before",
                           (long long)n);
    }
    return SCUMBLE_OK;
}

/* What of the film is left out, and where the new one begins: at 0 where its beginning is cut off, or where no stream
 * of it begins at 0 or before. */
static sc_film_cut find_cut(join *j)
{
    int64_t first, end, least = 0, last = j->survey.count - 1;
    const sc_film_facts *facts = sc_film_source_facts(j->order->film);
    sc_film_range(j->order->film, &first, &end);
    sc_film_cut cut = { .base = j->base,
                        .begins = first > facts->first,
                        .ends = end >= 0 && facts->info.frames && end < facts->first + facts->info.frames,
                        .begin = time_of(j, 0),
                        .end = time_of(j, last) + duration_of(j, last) };
    AVRational base;
    bool copies = sc_film_streams_start(&j->streams, &least, &base);
    if (cut.begins)
        cut.shift = cut.begin;
    else if (copies && least > 0)
        cut.shift = av_rescale_q(least, base, j->base);
    j->shift = cut.shift;
    return cut;
}

/* ---- the output ------------------------------------------------------------------------------------------------ */

static int turn_stream(join *j)
{
    int32_t matrix[9];
    if (!sc_film_turn_matrix(j->order, &j->choice, matrix))
        return 0;
#if LIBAVCODEC_VERSION_MAJOR >= 61
    AVPacketSideData *data =
        av_packet_side_data_new(&j->video->codecpar->coded_side_data, &j->video->codecpar->nb_coded_side_data,
                                AV_PKT_DATA_DISPLAYMATRIX, sizeof matrix, 0);
    if (data)
        memcpy(data->data, matrix, sizeof matrix);
    return data ? 0 : AVERROR(ENOMEM);
#else
    uint8_t *data = av_malloc(sizeof matrix);
    if (data)
        memcpy(data, matrix, sizeof matrix);
    int error =
        data ? av_stream_add_side_data(j->video, AV_PKT_DATA_DISPLAYMATRIX, data, sizeof matrix) : AVERROR(ENOMEM);
    if (error < 0)
        av_free(data);
    return error;
#endif
}

static int add_video(join *j, sc_error *err)
{
    const sc_film_facts *facts = sc_film_source_facts(j->order->film);
    const char *container = j->choice.container->name;
    j->video = avformat_new_stream(j->output.format, NULL);
    if (!j->video || avcodec_parameters_copy(j->video->codecpar, j->survey.codec) < 0)
        return sc_fail_memory(err, 4096);
    AVCodecParameters *codec = j->video->codecpar;
    sc_film_tags tags = sc_film_output_tags(j->order, &j->choice);
    codec->color_space = tags.matrix;
    codec->color_primaries = tags.primaries;
    codec->color_trc = tags.transfer;
    codec->color_range = tags.range;
    codec->chroma_location = tags.place;
    codec->format = j->choice.format;
    bool apple = !strcmp(container, "mp4") || !strcmp(container, "mov");
    if (codec->codec_id == AV_CODEC_ID_HEVC && apple)
        codec->codec_tag = MKTAG('h', 'v', 'c', '1'); /* what Apple's players take */
    else if (codec->codec_id != AV_CODEC_ID_PRORES)
        codec->codec_tag = 0;
    if (facts->look.pixel_num > 0)
        codec->sample_aspect_ratio = j->video->sample_aspect_ratio =
            (AVRational){ facts->look.pixel_num, facts->look.pixel_den };
    if (!facts->info.variable_rate)
        j->video->avg_frame_rate = (AVRational){ facts->info.rate_num, facts->info.rate_den };
    j->video->time_base = j->base;
    int error = turn_stream(j);
    if (error >= 0 && codec->codec_id == AV_CODEC_ID_VP9 && j->choice.format == AV_PIX_FMT_YUVA420P)
        error = av_dict_set(&j->video->metadata, "alpha_mode", "1", 0);
    return error < 0 ? sc_ffmpeg_output_fail(&j->output, error, err) : SCUMBLE_OK;
}

/* Beside what the film's own comment says. */
static int set_comment(join *j)
{
    AVDictionary **metadata = &j->output.format->metadata;
    const AVDictionaryEntry *own = av_dict_get(*metadata, "comment", NULL, 0);
    if (!j->order->comment)
        return 0;
    char *both = own && *own->value ? sc_format("%s\n%s", j->order->comment, own->value) : strdup(j->order->comment);
    int error = both ? av_dict_set(metadata, "comment", both, 0) : AVERROR(ENOMEM);
    free(both);
    return error;
}

static int begin_output(join *j, char **notes, sc_error *err)
{
    if (sc_ffmpeg_output_open(&j->output, j->order->path, j->choice.container, j->order->threads, j->order->stop,
                              err) ||
        add_video(j, err) || sc_film_streams_open(&j->streams, j->order, &j->output, j->video, notes, err))
        return err->code;
    sc_film_cut cut = find_cut(j);
    if (sc_film_streams_cut(&j->streams, &cut, &j->output, err))
        return err->code;
    AVDictionary *options = NULL;
    int error = set_comment(j);
    if (error >= 0 && j->choice.keeps_turn)
        error = av_dict_set(&options, "movflags", "+faststart", 0);
    if (error < 0) {
        av_dict_free(&options);
        return sc_fail_memory(err, 4096);
    }
    return sc_ffmpeg_output_begin(&j->output, &options, err);
}

/* ---- packets --------------------------------------------------------------------------------------------------- */

static int join_part(join *j, const char *path, int64_t *k, sc_error *err)
{
    sc_ffmpeg_input *input;
    int code = sc_ffmpeg_input_open(&input, path, SC_IMAGE_MAX_PIXELS, j->order->threads, j->order->stop, err);
    if (code)
        return code;
    sc_ffmpeg_input_only_video(input);
    AVPacket *packet = av_packet_alloc();
    int error = packet ? 0 : AVERROR(ENOMEM);
    while (!code && !error && !(error = sc_ffmpeg_input_packet(input, packet))) {
        if (*k >= j->survey.count)
            error = AVERROR_INVALIDDATA;
        else if (!(code = sc_threads_check(j->order->threads, err))) {
            int64_t n = j->survey.shown[*k];
            packet->pts = time_of(j, n);
            packet->dts = time_of(j, (*k)++ - j->survey.delay);
            packet->duration = duration_of(j, n);
            packet->stream_index = j->video->index;
            packet->pos = -1;
            code = sc_film_streams_copy(&j->streams, &j->output, false, packet->dts, j->base, err);
            av_packet_rescale_ts(packet, j->base, j->video->time_base);
            if (!code)
                code = sc_ffmpeg_output_write(&j->output, packet, err);
        }
        av_packet_unref(packet);
    }
    if (!code && error != AVERROR_EOF)
        code = sc_ffmpeg_input_fail(input, error, "join", err);
    if (packet)
        av_packet_free(&packet);
    sc_ffmpeg_input_close(input);
    return code;
}

static int copy_packets(join *j, const char *const *parts, int count, char **notes, sc_error *err)
{
    int64_t k = 0;
    int code = begin_output(j, notes, err);
    for (int i = 0; i < count && !code; i++)
        code = join_part(j, parts[i], &k, err);
    if (!code)
        code = sc_film_streams_copy(&j->streams, &j->output, true, 0, j->base, err);
    return code;
}

/* Pictures that cannot be joined by packets: decoded, and encoded as one animation. */
static int encode_parts(join *j, const char *const *parts, int count, char **notes, sc_error *err)
{
    sc_animation animation = { .output = NULL };
    (void)notes; /* what is left out has been said */
    j->shift = time_of(j, 0);
    int64_t *times = malloc((size_t)j->survey.count * sizeof *times), k = 0;
    if (!times)
        return sc_fail_memory(err, (size_t)j->survey.count * sizeof *times);
    for (int64_t n = 0; n < j->survey.count; n++)
        times[n] = time_of(j, n);
    int code =
        sc_ffmpeg_output_open(&j->output, j->order->path, j->choice.container, j->order->threads, j->order->stop, err);
    if (!code)
        code = sc_animation_begin(&animation, &j->output, j->choice.codec->id, err);
    for (int i = 0; i < count && !code; k += j->survey.frames[i++])
        code = sc_animation_part(&animation, parts[i], times + k, j->survey.frames[i], j->base, err);
    if (!code)
        code = sc_animation_end(&animation, err);
    sc_animation_free(&animation);
    free(times);
    return code;
}

/* A part of YUV4MPEG2: all but the first leave out the line that they begin with. */
static int append_part(join *j, const char *path, bool first, sc_error *err)
{
    unsigned char block[1 << 14];
    size_t got;
    FILE *part = fopen(path, "rb");
    if (!part)
        return sc_fail_errno(err, errno, "read", path);
    for (int c = EOF + 1; !first && c != EOF && c != '\n';)
        c = getc(part);
    while (!sc_threads_check(j->order->threads, err) && (got = fread(block, 1, sizeof block, part)) > 0)
        avio_write(j->output.format->pb, block, (int)got);
    if (!err->code && ferror(part))
        sc_fail_errno(err, EIO, "read", path);
    else if (!err->code && j->output.format->pb->error < 0)
        sc_ffmpeg_output_fail(&j->output, j->output.format->pb->error, err);
    fclose(part);
    return err->code;
}

/* Of raw frames, which are no packets. */
static int append_parts(join *j, const char *const *parts, int count, char **notes, sc_error *err)
{
    (void)notes;
    int code =
        sc_ffmpeg_output_open(&j->output, j->order->path, j->choice.container, j->order->threads, j->order->stop, err);
    for (int i = 0; i < count && !code; i++)
        code = append_part(j, parts[i], i == 0, err);
    return code;
}

/* The recipe, beside the film. */
static int write_recipe_beside(const sc_film_order *order, sc_error *err)
{
    const char *recipe = order->output.recipe;
    if (!recipe || !strcmp(order->path, "-") || sc_file_is_stream(order->path))
        return SCUMBLE_OK;
    char *path = sc_image_sidecar(order->path);
    int code = path ? sc_file_write(path, recipe, strlen(recipe), err) : sc_fail_memory(err, strlen(order->path) + 6);
    free(path);
    return code;
}

int sc_ffmpeg_join(const sc_film_order *order, const char *const *parts, int count, const scumble_frame *frames,
                   int64_t frame_count, char **notes, sc_error *err)
{
    join j = { .order = order, .frames = frames, .base = { 1, frame_count > 0 ? frames[0].time_den : 1 } };
    int code = sc_film_choose(&j.choice, order, notes, err);
    if (!code)
        code = sc_survey_parts(&j.survey, parts, count, order->threads, order->stop, err);
    if (!code)
        code = check_times(&j, frame_count, err);
    if (!code)
        code = (j.choice.codec->animation                         ? encode_parts :
                j.choice.codec->id == AV_CODEC_ID_WRAPPED_AVFRAME ? append_parts :
                                                                    copy_packets)(&j, parts, count, notes, err);
    if (!code)
        code = sc_ffmpeg_output_finish(&j.output, err);
    if (!code)
        code = write_recipe_beside(order, err);
    sc_ffmpeg_output_discard(&j.output);
    sc_film_streams_close(&j.streams);
    sc_survey_free(&j.survey);
    return code;
}
