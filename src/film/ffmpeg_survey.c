/* SPDX-License-Identifier: MIT */
/* The packets of parts. See ffmpeg_survey.h. */
#include "film/ffmpeg_survey.h"

#include <stdlib.h>
#include <string.h>

#include "media/image.h"

static int compare_times(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* The times of a part's packets, appended to survey->shown. */
static int collect_part(sc_survey *survey, sc_ffmpeg_input *input, sc_error *err)
{
    AVPacket *packet = av_packet_alloc();
    int error = packet ? 0 : AVERROR(ENOMEM);
    while (!error && !(error = sc_ffmpeg_input_packet(input, packet))) {
        if (!(survey->count & (survey->count + 1))) { /* room for 2^n - 1 */
            int64_t *more = realloc(survey->shown, (size_t)(2 * survey->count + 2) * sizeof *more);
            if (more)
                survey->shown = more;
            else
                error = AVERROR(ENOMEM);
        }
        if (!error && packet->pts == AV_NOPTS_VALUE)
            error = AVERROR_INVALIDDATA;
        if (!error)
            survey->shown[survey->count++] = packet->pts;
        av_packet_unref(packet);
    }
    av_packet_free(&packet);
    return error == AVERROR_EOF ? SCUMBLE_OK : sc_ffmpeg_input_fail(input, error, "join", err);
}

/* Times to numbers, from `first` on. */
static int rank_part(sc_survey *survey, int64_t first, const char *path, sc_error *err)
{
    int64_t count = survey->count - first, *own = survey->shown + first;
    if (count < 1)
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "the part '%s' has no frames", path);
    int64_t *sorted = malloc((size_t)count * sizeof *sorted);
    if (!sorted)
        return sc_fail_memory(err, (size_t)count * sizeof *sorted);
    memcpy(sorted, own, (size_t)count * sizeof *sorted);
    qsort(sorted, (size_t)count, sizeof *sorted, compare_times);
    int code = SCUMBLE_OK;
    for (int64_t i = 1; i < count && !code; i++)
        if (sorted[i] == sorted[i - 1])
            code = sc_fail(err, SCUMBLE_ERR_FORMAT, "the part '%s' has two frames at the same time", path);
    for (int64_t i = 0; i < count && !code; i++) {
        const int64_t *found = bsearch(&own[i], sorted, (size_t)count, sizeof *sorted, compare_times);
        own[i] = first + (found - sorted);
        if (first + i - own[i] > survey->delay)
            survey->delay = first + i - own[i];
    }
    free(sorted);
    return code;
}

static bool is_like(const AVCodecParameters *a, const AVCodecParameters *b)
{
    return a->codec_id == b->codec_id && a->width == b->width && a->height == b->height && a->format == b->format &&
           a->extradata_size == b->extradata_size &&
           (!a->extradata_size || !memcmp(a->extradata, b->extradata, (size_t)a->extradata_size));
}

static int survey_part(sc_survey *survey, const char *path, const char *first_path, const sc_threads *threads,
                       const atomic_bool *stop, sc_error *err)
{
    sc_ffmpeg_input *input;
    int64_t before = survey->count;
    int code = sc_ffmpeg_input_open(&input, path, SC_IMAGE_MAX_PIXELS, threads, stop, err);
    if (code)
        return code;
    sc_ffmpeg_input_only_video(input);
    if (!survey->codec) {
        survey->codec = avcodec_parameters_alloc();
        if (!survey->codec || avcodec_parameters_copy(survey->codec, input->video->codecpar) < 0)
            code = sc_fail_memory(err, 4096);
    } else if (!is_like(survey->codec, input->video->codecpar))
        code = sc_fail(err, SCUMBLE_ERR_FORMAT,
                       "the parts '%s' and '%s' are not of one film: size, codec or settings differ", first_path, path);
    if (!code)
        code = collect_part(survey, input, err);
    if (!code)
        code = rank_part(survey, before, path, err);
    sc_ffmpeg_input_close(input);
    return code;
}

int sc_survey_parts(sc_survey *survey, const char *const *parts, int count, const sc_threads *threads,
                    const atomic_bool *stop, sc_error *err)
{
    *survey = (sc_survey){ .frames = calloc((size_t)count, sizeof *survey->frames) };
    int code = survey->frames ? SCUMBLE_OK : sc_fail_memory(err, (size_t)count * sizeof *survey->frames);
    for (int i = 0; i < count && !code; i++) {
        int64_t before = survey->count;
        code = survey_part(survey, parts[i], parts[0], threads, stop, err);
        survey->frames[i] = survey->count - before;
    }
    if (code)
        sc_survey_free(survey);
    return code;
}

void sc_survey_free(sc_survey *survey)
{
    free(survey->shown);
    free(survey->frames);
    if (survey->codec)
        avcodec_parameters_free(&survey->codec);
    *survey = (sc_survey){ .count = 0 };
}
