/* SPDX-License-Identifier: MIT */
/* Parts to a whole film; see sc_film_sink_kind.join. */
#ifndef SC_FILM_FFMPEG_JOIN_H
#define SC_FILM_FFMPEG_JOIN_H

#include "film/ffmpeg_codecs.h"

int sc_ffmpeg_join(const sc_film_order *order, const char *const *parts, int count, const scumble_frame *frames,
                   int64_t frame_count, char **notes, sc_error *err);

#endif
