/* SPDX-License-Identifier: MIT */
/* YUV4MPEG2. See y4m.h. */
#include "film/y4m.h"

#include <stdio.h>
#include <string.h>

const char *sc_y4m_chroma(enum AVPixelFormat format, enum AVChromaLocation place)
{
    switch (format) {
    case AV_PIX_FMT_YUV420P: return place == AVCHROMA_LOC_CENTER ? "420jpeg" : "420mpeg2";
    case AV_PIX_FMT_YUV422P: return "422";
    case AV_PIX_FMT_YUV444P: return "444";
    case AV_PIX_FMT_YUV420P10: return "420p10 XYSCSS=420P10";
    case AV_PIX_FMT_YUV422P10: return "422p10 XYSCSS=422P10";
    case AV_PIX_FMT_YUV444P10: return "444p10 XYSCSS=444P10";
    default: return NULL;
    }
}

/* What is written so far is on its way; FFmpeg's code. */
static int push(AVIOContext *io)
{
    avio_flush(io);
    return io->error < 0 ? io->error : 0;
}

int sc_y4m_begin(AVIOContext *io, const AVCodecContext *codec)
{
    char line[200];
    AVRational rate = codec->framerate, shape = codec->sample_aspect_ratio;
    const char *chroma = sc_y4m_chroma(codec->pix_fmt, codec->chroma_sample_location);
    if (!chroma)
        return AVERROR(EINVAL);
    int length = snprintf(line, sizeof line, "YUV4MPEG2 W%d H%d F%d:%d Ip A%d:%d C%s\n", codec->width, codec->height,
                          rate.num, rate.den, shape.num, shape.den, chroma);
    avio_write(io, (const unsigned char *)line, length);
    return push(io);
}

int sc_y4m_write(AVIOContext *io, const AVFrame *frame)
{
    const AVPixFmtDescriptor *d = av_pix_fmt_desc_get(frame->format);
    avio_write(io, (const unsigned char *)"FRAME\n", 6);
    for (int c = 0; c < 3; c++) {
        int width = c ? -(-frame->width >> d->log2_chroma_w) : frame->width,
            height = c ? -(-frame->height >> d->log2_chroma_h) : frame->height;
        for (int y = 0; y < height; y++)
            avio_write(io, frame->data[c] + (ptrdiff_t)y * frame->linesize[c], width * d->comp[c].step);
    }
    return push(io);
}
