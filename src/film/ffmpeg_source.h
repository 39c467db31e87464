/* SPDX-License-Identifier: MIT */
/* Films that FFmpeg reads, for the list of kinds. */
#ifndef SC_FILM_FFMPEG_SOURCE_H
#define SC_FILM_FFMPEG_SOURCE_H

#include "film/film.h"

extern const sc_film_source_kind sc_ffmpeg_source_kind;

#endif
