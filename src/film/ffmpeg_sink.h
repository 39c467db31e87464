/* SPDX-License-Identifier: MIT */
/* Films that FFmpeg writes, for the list of kinds. */
#ifndef SC_FILM_FFMPEG_SINK_H
#define SC_FILM_FFMPEG_SINK_H

#include "film/film.h"

extern const sc_film_sink_kind sc_ffmpeg_sink_kind;

#endif
