/* SPDX-License-Identifier: MIT */
/* Files as FFmpeg reads them. See ffmpeg_input.h. */
#define _GNU_SOURCE
#include "film/ffmpeg_input.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { IO_BYTES = 1 << 16, LOOK_MS = 50 };

/* A file is never waited for, so only a pipe is left within a read: FFmpeg keeps what a read failed with. */
static bool input_is_stopped(const sc_ffmpeg_input *input)
{
    return (input->pipe && input->stop && atomic_load_explicit(input->stop, memory_order_relaxed)) ||
           sc_threads_cancelled(input->threads);
}

static int input_interrupt(void *user)
{
    return input_is_stopped(user);
}

static int input_read(void *user, uint8_t *buffer, int size)
{
    sc_ffmpeg_input *input = user;
    for (;;) {
        if (input_is_stopped(input))
            return AVERROR_EXIT;
        struct pollfd wait = { .fd = input->descriptor, .events = POLLIN };
        if (input->pipe && poll(&wait, 1, LOOK_MS) == 0)
            continue;
        ssize_t got = read(input->descriptor, buffer, (size_t)size);
        if (got > 0)
            return (int)got;
        if (got == 0)
            return AVERROR_EOF;
        if (errno != EINTR && errno != EAGAIN) {
            input->failed = errno;
            return AVERROR(errno);
        }
    }
}

static int64_t input_seek(void *user, int64_t offset, int whence)
{
    sc_ffmpeg_input *input = user;
    struct stat info;
    if (whence & AVSEEK_SIZE)
        return fstat(input->descriptor, &info) ? AVERROR(errno) : info.st_size;
    off_t at = lseek(input->descriptor, offset, whence & ~AVSEEK_FORCE);
    return at < 0 ? AVERROR(errno) : at;
}

/* What a playlist, a reference or a script in a file would open. */
static int refuse_to_open(AVFormatContext *format, AVIOContext **io, const char *url, int flags, AVDictionary **options)
{
    (void)format, (void)url, (void)flags, (void)options;
    *io = NULL;
    return AVERROR(EACCES);
}

int sc_ffmpeg_input_fail(const sc_ffmpeg_input *input, int error, const char *verb, sc_error *err)
{
    char why[AV_ERROR_MAX_STRING_SIZE] = "";
    if (sc_threads_check(input->threads, err))
        return err->code;
    if (input->failed)
        return sc_fail_errno(err, input->failed, verb, input->path);
    if (error == AVERROR_EXIT)
        return sc_fail(err, SCUMBLE_ERR_CANCELLED, "stopped by the caller");
    if (error == AVERROR(ENOMEM))
        return sc_fail_memory(err, 1 << 20);
    if (error == AVERROR(EACCES))
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED,
                       "cannot %s '%s': it names other files, and only what is in one file is read", verb, input->path);
    const bool own = AVUNERROR(error) > 4096 && !av_strerror(error, why, sizeof why); /* else of the system: misleads */
    return sc_fail(err, SCUMBLE_ERR_FORMAT, "cannot %s '%s': it is no film that FFmpeg reads, or is damaged%s%s%s",
                   verb, input->path, own ? " (" : "", own ? why : "", own ? ")" : "");
}

static int open_descriptor(sc_ffmpeg_input *input, sc_error *err)
{
    struct stat info;
    bool standard = !strcmp(input->path, "-");
    input->descriptor = standard ? fcntl(0, F_DUPFD_CLOEXEC, 0) : open(input->path, O_RDONLY | O_CLOEXEC);
    if (input->descriptor < 0 || fstat(input->descriptor, &info))
        return sc_fail_errno(err, errno, "open", input->path);
    if (S_ISDIR(info.st_mode))
        return sc_fail(err, SCUMBLE_ERR_IO, "'%s' is a folder, not a film", input->path);
    input->pipe = standard || !S_ISREG(info.st_mode); /* it is opened once, and read from where it stands */
    if (S_ISREG(info.st_mode) && info.st_size == 0)
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "'%s' is empty: a film is needed", input->path);
    return SCUMBLE_OK;
}

/* The best one whose pictures are a film: covers of sound are none. */
static AVStream *find_video(AVFormatContext *format)
{
    int best = av_find_best_stream(format, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);
    if (best >= 0 && !(format->streams[best]->disposition & AV_DISPOSITION_ATTACHED_PIC))
        return format->streams[best];
    for (unsigned i = 0; i < format->nb_streams; i++)
        if (format->streams[i]->codecpar->codec_type == AVMEDIA_TYPE_VIDEO &&
            !(format->streams[i]->disposition & AV_DISPOSITION_ATTACHED_PIC))
            return format->streams[i];
    return NULL;
}

/* Looks into the streams, which decodes some frames, but no larger ones. */
static int find_streams(sc_ffmpeg_input *input, int64_t max_pixels)
{
    unsigned count = input->format->nb_streams; /* there may be more afterwards */
    AVDictionary **options = av_calloc(count + 1, sizeof *options);
    int error = options ? 0 : AVERROR(ENOMEM);
    for (unsigned i = 0; i < count && error >= 0; i++)
        error = av_dict_set_int(&options[i], "max_pixels", max_pixels, 0);
    if (error >= 0)
        error = avformat_find_stream_info(input->format, options);
    for (unsigned i = 0; i < count && options; i++)
        av_dict_free(&options[i]);
    av_free(options);
    return error;
}

static int open_format(sc_ffmpeg_input *input, int64_t max_pixels, sc_error *err)
{
    uint8_t *buffer = av_malloc(IO_BYTES);
    AVIOContext *io =
        buffer ? avio_alloc_context(buffer, IO_BYTES, 0, input, input_read, NULL, input->pipe ? NULL : input_seek) :
                 NULL;
    input->format = io ? avformat_alloc_context() : NULL;
    if (!input->format) {
        if (io)
            avio_context_free(&io);
        av_free(buffer);
        return sc_fail_memory(err, IO_BYTES);
    }
    AVFormatContext *format = input->format;
    format->pb = io;
    format->flags |= AVFMT_FLAG_CUSTOM_IO;
    format->io_open = refuse_to_open;
    format->interrupt_callback = (AVIOInterruptCB){ .callback = input_interrupt, .opaque = input };
    AVDictionary *options = NULL;
    int error = av_dict_set(&options, "protocol_whitelist", "none", 0); /* lists open files without asking io_open */
    if (error >= 0)
        error = avformat_open_input(&input->format, NULL, NULL, &options);
    av_dict_free(&options);
    if (error < 0) { /* avformat_open_input frees the format alone */
        avformat_free_context(input->format);
        input->format = NULL;
        av_free(io->buffer);
        avio_context_free(&io);
        return sc_ffmpeg_input_fail(input, error, "open", err);
    }
    error = find_streams(input, max_pixels);
    if (error < 0)
        return sc_ffmpeg_input_fail(input, error, "read", err);
    input->video = find_video(format);
    if (!format->nb_streams)
        return sc_fail(
            err, SCUMBLE_ERR_FORMAT,
            "'%s' has no streams (FFmpeg takes it for %s), as a recording that broke off before it said what "
            "is in it",
            input->path, format->iformat->long_name ? format->iformat->long_name : format->iformat->name);
    if (!input->video)
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "'%s' has no moving pictures (FFmpeg takes it for %s)", input->path,
                       format->iformat->long_name ? format->iformat->long_name : format->iformat->name);
    return sc_threads_check(input->threads, err);
}

int sc_ffmpeg_input_open(sc_ffmpeg_input **input, const char *path, int64_t max_pixels, const sc_threads *threads,
                         const atomic_bool *stop, sc_error *err)
{
    *input = NULL;
    int code = sc_ffmpeg_load(err);
    if (code)
        return code;
    sc_ffmpeg_input *in = calloc(1, sizeof *in);
    if (!in || !(in->path = strdup(path))) {
        free(in);
        return sc_fail_memory(err, sizeof *in);
    }
    in->descriptor = -1;
    in->stop = stop;
    in->threads = threads;
    code = open_descriptor(in, err);
    if (!code)
        code = open_format(in, max_pixels, err);
    if (code)
        sc_ffmpeg_input_close(in);
    else
        *input = in;
    return code;
}

void sc_ffmpeg_input_close(sc_ffmpeg_input *input)
{
    if (!input)
        return;
    if (input->format) {
        AVIOContext *io = input->format->pb;
        avformat_close_input(&input->format);
        av_free(io->buffer);
        avio_context_free(&io);
    }
    if (input->descriptor >= 0)
        close(input->descriptor);
    free(input->path);
    free(input);
}

int sc_ffmpeg_input_packet(sc_ffmpeg_input *input, AVPacket *packet)
{
    for (;;) {
        int error = av_read_frame(input->format, packet);
        if (error >= 0 && packet->stream_index < (int)input->format->nb_streams &&
            input->format->streams[packet->stream_index]->discard == AVDISCARD_ALL) {
            av_packet_unref(packet);
            continue;
        }
        if (error != AVERROR(EAGAIN))
            return error;
        if (input_is_stopped(input))
            return AVERROR_EXIT;
    }
}

void sc_ffmpeg_input_only_video(sc_ffmpeg_input *input)
{
    for (unsigned i = 0; i < input->format->nb_streams; i++)
        if (input->format->streams[i] != input->video)
            input->format->streams[i]->discard = AVDISCARD_ALL;
}

const uint8_t *sc_ffmpeg_side_data(const AVStream *stream, enum AVPacketSideDataType type, size_t *bytes)
{
    *bytes = 0;
#if LIBAVCODEC_VERSION_MAJOR >= 61
    const AVCodecParameters *parameters = stream->codecpar;
    const AVPacketSideData *found =
        av_packet_side_data_get(parameters->coded_side_data, parameters->nb_coded_side_data, type);
    if (found)
        *bytes = found->size;
    return found ? found->data : NULL;
#else
    return av_stream_get_side_data(stream, type, bytes);
#endif
}
