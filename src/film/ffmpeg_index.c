/* SPDX-License-Identifier: MIT */
/* The times of a film's frames. See ffmpeg_index.h. */
#include "film/ffmpeg_index.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 4096, RATE_MOST = 100000 };

typedef struct shown {
    int64_t time, duration;
    bool key;
} shown;

static int by_time(const void *a, const void *b)
{
    const shown *x = a, *y = b;
    return (x->time > y->time) - (x->time < y->time);
}

/* Whether the file ends before what its own index names. */
static bool ends_early(const sc_ffmpeg_input *input)
{
    int64_t size = avio_size(input->format->pb);
    for (int i = avformat_index_get_entries_count(input->video) - 1; i >= 0 && size > 0; i--) {
        const AVIndexEntry *entry = avformat_index_get_entry(input->video, i);
        if (entry->pos + entry->size > size)
            return true;
    }
    return false;
}

int64_t sc_frame_index_most_time(AVRational base)
{
    return INT64_MAX / 8 / (base.num > 0 ? base.num : 1);
}

/* All packets of its pictures, in the file's order. *count: those that are shown. */
static int collect(sc_ffmpeg_input *input, shown **all, int64_t *count, sc_frame_index *index, sc_error *err)
{
    AVPacket *packet = av_packet_alloc();
    int64_t room = 0, most = sc_frame_index_most_time(index->base);
    int error = packet ? 0 : AVERROR(ENOMEM);
    index->complete = true;
    while (!error && !(error = sc_ffmpeg_input_packet(input, packet))) {
        bool hidden = packet->flags & AV_PKT_FLAG_DISCARD;
        if (*count == room) {
            room = room ? 2 * room : FIRST_ROOM;
            shown *more = realloc(*all, (size_t)room * sizeof **all);
            if (more)
                *all = more;
            else
                error = AVERROR(ENOMEM);
        }
        if (!error && !hidden && (packet->pts < -most || packet->pts > most))
            index->complete = false;
        else if (!error && !hidden)
            (*all)[(*count)++] = (shown){ packet->pts, packet->duration, packet->flags & AV_PKT_FLAG_KEY };
        av_packet_unref(packet);
    }
    av_packet_free(&packet);
    if (error == AVERROR(ENOMEM) || error == AVERROR_EXIT || input->failed)
        return sc_ffmpeg_input_fail(input, error, "read", err);
    index->cut_short = error != AVERROR_EOF || ends_early(input);
    return SCUMBLE_OK;
}

/* Whether all frames lie where this rate has them, as near as the time base can say. */
static bool has_rate(const sc_frame_index *index, AVRational base, AVRational rate)
{
    if (rate.num <= 0 || rate.den <= 0)
        return false;
    for (int64_t i = 0; i < index->count; i++) {
        int64_t expected = av_rescale_q(i, av_inv_q(rate), base), is = index->time[i] - index->time[0];
        if (expected < is - 1 || expected > is + 1)
            return false;
    }
    return true;
}

static void find_rate(sc_frame_index *index)
{
    AVRational base = index->base;
    index->constant = false;
    for (int i = 0; i < 2 && !index->constant; i++)
        if (has_rate(index, base, index->said[i])) {
            index->rate = index->said[i];
            index->constant = true;
        }
    if (index->constant)
        return;
    int64_t span = index->count > 1 ? index->time[index->count - 1] - index->time[0] : 0;
    AVRational mean = index->said[0].num > 0 ? index->said[0] : index->said[1];
    if (span > 0) { /* (count - 1) / (span * time base) */
        int num, den;
        av_reduce(&num, &den, (index->count - 1) * (int64_t)base.den, span * (int64_t)base.num, RATE_MOST);
        mean = (AVRational){ num, den };
        index->constant = has_rate(index, base, mean);
    } else
        index->constant = true;
    index->rate = mean.num > 0 && mean.den > 0 ? mean : (AVRational){ 0, 1 };
}

/* Each frame once. */
static int settle_index(sc_frame_index *index, shown *all, int64_t count, sc_error *err)
{
    if (count)
        qsort(all, (size_t)count, sizeof *all, by_time);
    index->time = malloc((size_t)(count + 1) * sizeof *index->time);
    index->keys = malloc((size_t)(count + 1) * sizeof *index->keys);
    if (!index->time || !index->keys)
        return sc_fail_memory(err, 2 * (size_t)count * sizeof *index->time);
    for (int64_t i = 0; i < count; i++)
        if (all[i].key)
            index->keys[index->key_count++] = all[i].time;
    for (int64_t i = 0; i < count; i++)
        if (!index->count || all[i].time != index->time[index->count - 1]) {
            index->time[index->count++] = all[i].time;
            index->last_duration = all[i].duration;
        }
    if (index->last_duration <= 0)
        index->last_duration = index->count > 1 ? index->time[index->count - 1] - index->time[index->count - 2] : 0;
    return SCUMBLE_OK;
}

int sc_frame_index_read(sc_frame_index *index, const char *path, int64_t max_pixels, const sc_threads *threads,
                        const atomic_bool *stop, sc_error *err)
{
    *index = (sc_frame_index){ .rate = { 0, 1 } };
    sc_ffmpeg_input *input;
    shown *all = NULL;
    int64_t count = 0;
    int code = sc_ffmpeg_input_open(&input, path, max_pixels, threads, stop, err);
    if (code)
        return code;
    sc_ffmpeg_input_only_video(input);
    index->base = input->video->time_base;
    index->said[0] = input->video->avg_frame_rate;
    index->said[1] = input->video->r_frame_rate;
    code = collect(input, &all, &count, index, err);
    if (!code && index->complete)
        code = settle_index(index, all, count, err);
    if (!code && index->complete)
        find_rate(index);
    free(all);
    sc_ffmpeg_input_close(input);
    if (code)
        sc_frame_index_free(index);
    return code;
}

void sc_frame_index_free(sc_frame_index *index)
{
    free(index->time);
    free(index->keys);
    *index = (sc_frame_index){ .rate = { 0, 1 } };
}

int64_t sc_frame_index_duration(const sc_frame_index *index, int64_t n)
{
    return n + 1 < index->count ? index->time[n + 1] - index->time[n] : index->last_duration;
}

/* How many of these times are before this one. */
static int64_t count_before(const int64_t *times, int64_t count, int64_t time)
{
    int64_t low = 0, high = count;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (times[middle] < time)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int64_t sc_frame_index_find(const sc_frame_index *index, int64_t time)
{
    return count_before(index->time, index->count, time);
}

int64_t sc_frame_index_key(const sc_frame_index *index, int64_t time)
{
    int64_t upto = count_before(index->keys, index->key_count, time + 1);
    return upto ? index->keys[upto - 1] : index->count ? index->time[0] : time;
}

void sc_frame_index_begin(sc_frame_index *index, int64_t time)
{
    int64_t before = sc_frame_index_find(index, time);
    index->count -= before;
    memmove(index->time, index->time + before, (size_t)index->count * sizeof *index->time);
    if (before)
        find_rate(index);
}
