/* SPDX-License-Identifier: MIT */
/* Files as FFmpeg writes them. See ffmpeg_output.h. */
#include "film/ffmpeg_output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"

static int output_interrupt(void *user)
{
    const sc_ffmpeg_output *output = user;
    return (output->stop && atomic_load_explicit(output->stop, memory_order_relaxed)) ||
           sc_threads_cancelled(output->threads);
}

int sc_ffmpeg_output_fail(const sc_ffmpeg_output *output, int error, sc_error *err)
{
    static const int known[] = { ENOSPC, EDQUOT, EFBIG, EACCES, EROFS, ENOENT, ENOTDIR, EISDIR, EIO, EPIPE, EPERM };
    if (sc_threads_check(output->threads, err))
        return err->code;
    if (error == AVERROR_EXIT)
        return sc_fail(err, SCUMBLE_ERR_CANCELLED, "stopped by the caller");
    if (error == AVERROR(ENOMEM))
        return sc_fail_memory(err, 1 << 20);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (error == AVERROR(known[i]))
            return sc_fail_errno(err, known[i], "write", output->path);
    char why[AV_ERROR_MAX_STRING_SIZE] = "";
    av_strerror(error, why, sizeof why);
    return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED, "cannot write '%s': FFmpeg cannot put this into %s (%s)", output->path,
                   output->format && output->format->oformat ? output->format->oformat->name : "it", why);
}

int sc_ffmpeg_output_open(sc_ffmpeg_output *output, const char *path, const AVOutputFormat *container,
                          const sc_threads *threads, const atomic_bool *stop, sc_error *err)
{
    *output = (sc_ffmpeg_output){ .threads = threads, .stop = stop, .path = strdup(path) };
    sc_output place;
    bool standard = !strcmp(path, "-"), straight = standard || sc_file_is_stream(path);
    int error = output->path ? 0 : AVERROR(ENOMEM);
    if (!error && !straight) { /* says what is wrong with the place, and in the same words as for pictures */
        if (sc_output_open(&place, path, err))
            error = 1;
        else
            sc_output_discard(&place);
        output->temporary = error ? NULL : sc_temporary_name(path);
        if (!error && !output->temporary)
            error = AVERROR(ENOMEM);
    }
    const char *place_name = straight ? path : output->temporary;
    char *url = standard ? strdup("pipe:1") : place_name ? sc_format("file:%s", place_name) : NULL;
    if (!error)
        error = url ? avformat_alloc_output_context2(&output->format, container, NULL, url) : AVERROR(ENOMEM);
    if (!error) {
        output->format->interrupt_callback = (AVIOInterruptCB){ .callback = output_interrupt, .opaque = output };
        output->format->flags |= AVFMT_FLAG_BITEXACT; /* no version of FFmpeg, no date: the same bytes again */
        output->format->avoid_negative_ts = AVFMT_AVOID_NEG_TS_DISABLED; /* times stay as they are */
        if (!(output->format->oformat->flags & AVFMT_NOFILE))
            error = avio_open2(&output->format->pb, url, AVIO_FLAG_WRITE, &output->format->interrupt_callback, NULL);
    }
    free(url);
    if (error < 0)
        sc_ffmpeg_output_fail(output, error, err);
    if (error)
        sc_ffmpeg_output_discard(output);
    return error ? err->code : SCUMBLE_OK;
}

int sc_ffmpeg_output_begin(sc_ffmpeg_output *output, AVDictionary **options, sc_error *err)
{
    int error = avformat_write_header(output->format, options);
    av_dict_free(options);
    if (error < 0)
        return sc_ffmpeg_output_fail(output, error, err);
    output->begun = true;
    return SCUMBLE_OK;
}

int sc_ffmpeg_output_write(sc_ffmpeg_output *output, AVPacket *packet, sc_error *err)
{
    int error = av_interleaved_write_frame(output->format, packet);
    if (error >= 0 && output->format->pb && output->format->pb->error < 0)
        error = output->format->pb->error;
    return error < 0 ? sc_ffmpeg_output_fail(output, error, err) : SCUMBLE_OK;
}

/* Closes the file. FFmpeg's code. */
static int close_file(sc_ffmpeg_output *output)
{
    if (!output->format || !output->format->pb || output->format->oformat->flags & AVFMT_NOFILE)
        return 0;
    int before = output->format->pb->error, error = avio_closep(&output->format->pb);
    return before < 0 ? before : error;
}

int sc_ffmpeg_output_end(sc_ffmpeg_output *output, sc_error *err)
{
    int error = output->begun ? av_write_trailer(output->format) : 0, closed;
    output->begun = false;
    closed = close_file(output);
    if (error < 0 || closed < 0)
        return sc_ffmpeg_output_fail(output, closed < 0 ? closed : error, err);
    return sc_threads_check(output->threads, err);
}

int sc_ffmpeg_output_finish(sc_ffmpeg_output *output, sc_error *err)
{
    int code = sc_ffmpeg_output_end(output, err);
    if (!code && output->temporary) {
        code = sc_file_replace(output->threads, output->temporary, output->path, err);
        free(output->temporary);
        output->temporary = NULL;
    }
    return code;
}

void sc_ffmpeg_output_discard(sc_ffmpeg_output *output)
{
    if (output->begun) /* frees what the muxer holds; nobody looks at the file any more */
        av_write_trailer(output->format);
    close_file(output);
    if (output->format)
        avformat_free_context(output->format);
    if (output->temporary)
        unlink(output->temporary);
    free(output->temporary);
    free(output->path);
    *output = (sc_ffmpeg_output){ .format = NULL };
}
