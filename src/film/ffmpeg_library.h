/* SPDX-License-Identifier: MIT */
/* FFmpeg's headers, with its libraries loaded when the first film needs them, as libvips is (media/vips_library.h):
 * most of what scumble does has nothing to do with films, and starts without them. The functions have their own names
 * and types, but are called through pointers. A function that is not in the list cannot be linked: add it to both
 * lists. */
#ifndef SC_FILM_FFMPEG_LIBRARY_H
#define SC_FILM_FFMPEG_LIBRARY_H

#include <libavcodec/avcodec.h>
#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavformat/avformat.h>
#include <libavutil/pixdesc.h>

#include "core/error.h"

/* clang-format off */
#define SC_FFMPEG_FUNCTIONS(X) \
    X(av_calloc) X(av_codec_get_id) X(av_compare_ts) X(av_dict_free) X(av_dict_get) X(av_dict_set) \
    X(av_dict_set_int) X(av_find_best_stream) X(av_frame_alloc) X(av_frame_free) X(av_frame_get_buffer) \
    X(av_frame_move_ref) X(av_frame_unref) X(av_free) X(av_get_pix_fmt) X(av_get_pix_fmt_name) X(av_guess_format) \
    X(av_guess_sample_aspect_ratio) X(av_interleaved_write_frame) X(av_log_set_callback) X(av_malloc) X(av_mallocz) \
    X(av_packet_alloc) X(av_packet_free) X(av_packet_rescale_ts) X(av_packet_unref) X(av_pix_fmt_desc_get) \
    X(av_read_frame) X(av_read_image_line2) X(av_realloc_array) X(av_reduce) X(av_rescale_q) X(av_seek_frame) \
    X(av_strdup) X(av_strerror) X(av_write_image_line2) X(av_write_trailer) X(avcodec_alloc_context3) \
    X(avcodec_find_decoder) X(avcodec_find_decoder_by_name) X(avcodec_find_encoder_by_name) X(avcodec_flush_buffers) \
    X(avcodec_free_context) X(avcodec_get_name) X(avcodec_open2) X(avcodec_parameters_alloc) \
    X(avcodec_parameters_copy) X(avcodec_parameters_free) X(avcodec_parameters_from_context) \
    X(avcodec_parameters_to_context) X(avcodec_receive_frame) X(avcodec_receive_packet) X(avcodec_send_frame) \
    X(avcodec_send_packet) X(avformat_alloc_context) X(avformat_alloc_output_context2) X(avformat_close_input) \
    X(avformat_find_stream_info) X(avformat_free_context) X(avformat_index_get_entries_count) \
    X(avformat_index_get_entry) X(avformat_new_stream) X(avformat_open_input) X(avformat_query_codec) \
    X(avformat_write_header) X(avio_alloc_context) X(avio_closep) X(avio_context_free) X(avio_flush) X(avio_open2) \
    X(avio_size) X(avio_write) \
    SC_FFMPEG_SIDE_DATA(X)
/* Where side data of streams lie, differs between FFmpeg 5 and 7. */
#if LIBAVCODEC_VERSION_MAJOR >= 61
#define SC_FFMPEG_SIDE_DATA(X) X(av_packet_side_data_get) X(av_packet_side_data_new)
#else
#define SC_FFMPEG_SIDE_DATA(X) X(av_stream_get_side_data) X(av_stream_add_side_data)
#endif
/* Of libavfilter, which brings many libraries more, and is loaded when a film needs filters. */
#define SC_FFMPEG_FILTER_FUNCTIONS(X) \
    X(av_buffersink_get_frame) X(av_buffersink_get_time_base) X(av_buffersrc_add_frame_flags) \
    X(avfilter_get_by_name) X(avfilter_graph_alloc) X(avfilter_graph_config) X(avfilter_graph_create_filter) \
    X(avfilter_graph_free) X(avfilter_graph_parse_ptr) X(avfilter_inout_alloc) X(avfilter_inout_free)
/* clang-format on */

/* Filled in by sc_ffmpeg_load and sc_ffmpeg_load_filters; called before it, a function is NULL. */
typedef struct sc_ffmpeg_library {
#define X(name) __typeof__(name) *name;
    SC_FFMPEG_FUNCTIONS(X) SC_FFMPEG_FILTER_FUNCTIONS(X)
#undef X
} sc_ffmpeg_library;
extern sc_ffmpeg_library sc_ffmpeg;

#define av_buffersink_get_frame sc_ffmpeg.av_buffersink_get_frame
#define av_buffersink_get_time_base sc_ffmpeg.av_buffersink_get_time_base
#define av_buffersrc_add_frame_flags sc_ffmpeg.av_buffersrc_add_frame_flags
#define av_calloc sc_ffmpeg.av_calloc
#define av_codec_get_id sc_ffmpeg.av_codec_get_id
#define av_compare_ts sc_ffmpeg.av_compare_ts
#define av_dict_free sc_ffmpeg.av_dict_free
#define av_dict_get sc_ffmpeg.av_dict_get
#define av_dict_set sc_ffmpeg.av_dict_set
#define av_dict_set_int sc_ffmpeg.av_dict_set_int
#define av_find_best_stream sc_ffmpeg.av_find_best_stream
#define av_frame_alloc sc_ffmpeg.av_frame_alloc
#define av_frame_free sc_ffmpeg.av_frame_free
#define av_frame_get_buffer sc_ffmpeg.av_frame_get_buffer
#define av_frame_move_ref sc_ffmpeg.av_frame_move_ref
#define av_frame_unref sc_ffmpeg.av_frame_unref
#define av_free sc_ffmpeg.av_free
#define av_get_pix_fmt sc_ffmpeg.av_get_pix_fmt
#define av_get_pix_fmt_name sc_ffmpeg.av_get_pix_fmt_name
#define av_guess_format sc_ffmpeg.av_guess_format
#define av_guess_sample_aspect_ratio sc_ffmpeg.av_guess_sample_aspect_ratio
#define av_interleaved_write_frame sc_ffmpeg.av_interleaved_write_frame
#define av_log_set_callback sc_ffmpeg.av_log_set_callback
#define av_malloc sc_ffmpeg.av_malloc
#define av_mallocz sc_ffmpeg.av_mallocz
#define av_packet_alloc sc_ffmpeg.av_packet_alloc
#define av_packet_free sc_ffmpeg.av_packet_free
#define av_packet_rescale_ts sc_ffmpeg.av_packet_rescale_ts
#define av_packet_side_data_get sc_ffmpeg.av_packet_side_data_get
#define av_packet_side_data_new sc_ffmpeg.av_packet_side_data_new
#define av_packet_unref sc_ffmpeg.av_packet_unref
#define av_pix_fmt_desc_get sc_ffmpeg.av_pix_fmt_desc_get
#define av_read_frame sc_ffmpeg.av_read_frame
#define av_read_image_line2 sc_ffmpeg.av_read_image_line2
#define av_realloc_array sc_ffmpeg.av_realloc_array
#define av_reduce sc_ffmpeg.av_reduce
#define av_rescale_q sc_ffmpeg.av_rescale_q
#define av_seek_frame sc_ffmpeg.av_seek_frame
#define av_strdup sc_ffmpeg.av_strdup
#define av_stream_add_side_data sc_ffmpeg.av_stream_add_side_data
#define av_stream_get_side_data sc_ffmpeg.av_stream_get_side_data
#define av_strerror sc_ffmpeg.av_strerror
#define av_write_image_line2 sc_ffmpeg.av_write_image_line2
#define av_write_trailer sc_ffmpeg.av_write_trailer
#define avcodec_alloc_context3 sc_ffmpeg.avcodec_alloc_context3
#define avcodec_find_decoder sc_ffmpeg.avcodec_find_decoder
#define avcodec_find_decoder_by_name sc_ffmpeg.avcodec_find_decoder_by_name
#define avcodec_find_encoder_by_name sc_ffmpeg.avcodec_find_encoder_by_name
#define avcodec_flush_buffers sc_ffmpeg.avcodec_flush_buffers
#define avcodec_free_context sc_ffmpeg.avcodec_free_context
#define avcodec_get_name sc_ffmpeg.avcodec_get_name
#define avcodec_open2 sc_ffmpeg.avcodec_open2
#define avcodec_parameters_alloc sc_ffmpeg.avcodec_parameters_alloc
#define avcodec_parameters_copy sc_ffmpeg.avcodec_parameters_copy
#define avcodec_parameters_free sc_ffmpeg.avcodec_parameters_free
#define avcodec_parameters_from_context sc_ffmpeg.avcodec_parameters_from_context
#define avcodec_parameters_to_context sc_ffmpeg.avcodec_parameters_to_context
#define avcodec_receive_frame sc_ffmpeg.avcodec_receive_frame
#define avcodec_receive_packet sc_ffmpeg.avcodec_receive_packet
#define avcodec_send_frame sc_ffmpeg.avcodec_send_frame
#define avcodec_send_packet sc_ffmpeg.avcodec_send_packet
#define avfilter_get_by_name sc_ffmpeg.avfilter_get_by_name
#define avfilter_graph_alloc sc_ffmpeg.avfilter_graph_alloc
#define avfilter_graph_config sc_ffmpeg.avfilter_graph_config
#define avfilter_graph_create_filter sc_ffmpeg.avfilter_graph_create_filter
#define avfilter_graph_free sc_ffmpeg.avfilter_graph_free
#define avfilter_graph_parse_ptr sc_ffmpeg.avfilter_graph_parse_ptr
#define avfilter_inout_alloc sc_ffmpeg.avfilter_inout_alloc
#define avfilter_inout_free sc_ffmpeg.avfilter_inout_free
#define avformat_alloc_context sc_ffmpeg.avformat_alloc_context
#define avformat_alloc_output_context2 sc_ffmpeg.avformat_alloc_output_context2
#define avformat_close_input sc_ffmpeg.avformat_close_input
#define avformat_find_stream_info sc_ffmpeg.avformat_find_stream_info
#define avformat_free_context sc_ffmpeg.avformat_free_context
#define avformat_index_get_entries_count sc_ffmpeg.avformat_index_get_entries_count
#define avformat_index_get_entry sc_ffmpeg.avformat_index_get_entry
#define avformat_new_stream sc_ffmpeg.avformat_new_stream
#define avformat_open_input sc_ffmpeg.avformat_open_input
#define avformat_query_codec sc_ffmpeg.avformat_query_codec
#define avformat_write_header sc_ffmpeg.avformat_write_header
#define avio_alloc_context sc_ffmpeg.avio_alloc_context
#define avio_closep sc_ffmpeg.avio_closep
#define avio_context_free sc_ffmpeg.avio_context_free
#define avio_flush sc_ffmpeg.avio_flush
#define avio_open2 sc_ffmpeg.avio_open2
#define avio_size sc_ffmpeg.avio_size
#define avio_write sc_ffmpeg.avio_write

/* Loads libavformat, libavcodec and libavutil for the rest of the process. Where they were not there before, nothing of
 * what they say is printed. Thread-safe. SCUMBLE_ERR_UNSUPPORTED without them, naming the file that is missing. */
int sc_ffmpeg_load(sc_error *err);
/* libavfilter as well. */
int sc_ffmpeg_load_filters(sc_error *err);

#endif
