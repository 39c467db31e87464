/* SPDX-License-Identifier: MIT */
/* Chains of FFmpeg's filters. See ffmpeg_filter.h. */
#include "film/ffmpeg_filter.h"

#include <stdio.h>
#include <string.h>

static int link_chain(sc_ffmpeg_filter *filter, const AVFrame *like, AVRational base, AVRational rate,
                      const char *chain)
{
    char source[300];
    AVRational shape = like->sample_aspect_ratio.num > 0 ? like->sample_aspect_ratio : (AVRational){ 1, 1 };
    int length = snprintf(source, sizeof source, "video_size=%dx%d:pix_fmt=%d:time_base=%d/%d:pixel_aspect=%d/%d",
                          like->width, like->height, like->format, base.num, base.den, shape.num, shape.den);
    if (rate.num > 0)
        length += snprintf(source + length, sizeof source - (size_t)length, ":frame_rate=%d/%d", rate.num, rate.den);
#if LIBAVFILTER_VERSION_MAJOR >= 10
    snprintf(source + length, sizeof source - (size_t)length, ":colorspace=%d:range=%d", like->colorspace,
             like->color_range);
#endif
    AVFilterInOut *inputs = NULL, *outputs = NULL;
    int error =
        avfilter_graph_create_filter(&filter->in, avfilter_get_by_name("buffer"), "in", source, NULL, filter->graph);
    if (error >= 0)
        error = avfilter_graph_create_filter(&filter->out, avfilter_get_by_name("buffersink"), "out", NULL, NULL,
                                             filter->graph);
    if (error >= 0) {
        inputs = avfilter_inout_alloc();
        outputs = avfilter_inout_alloc();
        error = inputs && outputs ? 0 : AVERROR(ENOMEM);
    }
    if (error >= 0) {
        *outputs = (AVFilterInOut){ .name = av_strdup("in"), .filter_ctx = filter->in };
        *inputs = (AVFilterInOut){ .name = av_strdup("out"), .filter_ctx = filter->out };
        error = avfilter_graph_parse_ptr(filter->graph, chain, &inputs, &outputs, NULL);
    }
    avfilter_inout_free(&inputs);
    avfilter_inout_free(&outputs);
    return error < 0 ? error : avfilter_graph_config(filter->graph, NULL);
}

int sc_ffmpeg_filter_open(sc_ffmpeg_filter *filter, const AVFrame *like, AVRational base, AVRational rate,
                          const char *chain, sc_error *err)
{
    *filter = (sc_ffmpeg_filter){ .base = base };
    if (sc_ffmpeg_load_filters(err))
        return err->code;
    filter->graph = avfilter_graph_alloc();
    if (!filter->graph)
        return sc_fail_memory(err, 4096);
    filter->graph->nb_threads = 1;
    int error = link_chain(filter, like, base, rate, chain);
    if (error < 0) {
        char why[AV_ERROR_MAX_STRING_SIZE] = "";
        av_strerror(error, why, sizeof why);
        sc_ffmpeg_filter_close(filter);
        return sc_fail(err, error == AVERROR(ENOMEM) ? SCUMBLE_ERR_MEMORY : SCUMBLE_ERR_UNSUPPORTED,
                       "this FFmpeg cannot filter pictures by '%s' (%s)", chain, why);
    }
    filter->base = av_buffersink_get_time_base(filter->out);
    return SCUMBLE_OK;
}

void sc_ffmpeg_filter_close(sc_ffmpeg_filter *filter)
{
    if (filter->graph)
        avfilter_graph_free(&filter->graph);
    *filter = (sc_ffmpeg_filter){ .graph = NULL };
}

int sc_ffmpeg_filter_send(sc_ffmpeg_filter *filter, AVFrame *frame)
{
    return av_buffersrc_add_frame_flags(filter->in, frame, 0);
}

int sc_ffmpeg_filter_receive(sc_ffmpeg_filter *filter, AVFrame *frame)
{
    return av_buffersink_get_frame(filter->out, frame);
}
