/* SPDX-License-Identifier: MIT */
/* Numbered sequences of pictures: a pattern whose file name has one number, `f.%04d.png` or `f.####.exr`. What reading
 * (sequence_source.c) and writing (sequence_sink.c) have in common is here. */
#ifndef SC_FILM_SEQUENCE_H
#define SC_FILM_SEQUENCE_H

#include "film/film.h"

enum { SC_SEQUENCE_DIGITS = 9 }; /* of a number, at most */

/* A pattern, cut at its number. */
typedef struct sc_sequence_pattern {
    char *before, *after; /* with the folder, and with the ending; owned */
    int digits;           /* at least so many, filled up with 0 */
} sc_sequence_pattern;

/* Where the number stands in a pattern of pictures, and how long it is there. False as below. */
bool sc_sequence_find(const char *path, size_t *begin, size_t *length);
/* False: the path is no pattern of pictures, for it has no number, or two, or not the ending of a picture; or there is
 * no memory. Free what is true. */
bool sc_sequence_parse(sc_sequence_pattern *pattern, const char *path);
void sc_sequence_free(sc_sequence_pattern *pattern);
/* The path of the picture with this number; caller frees; NULL when out of memory. */
char *sc_sequence_path(const sc_sequence_pattern *pattern, int64_t number);
/* The number that a frame of the film has in a sequence that is made of it (frames counted from the film's from): that
 * of its picture, or, of a film that is no sequence, one more than its own. */
int64_t sc_sequence_number(const sc_film *film, int64_t frame);
/* The picture that a frame is written to; *file: caller frees. SCUMBLE_ERR_ARGUMENT when the path is no pattern. */
int sc_sequence_frame_path(const sc_film *film, const char *path, int64_t frame, char **file, sc_error *err);

extern const sc_film_source_kind sc_sequence_source_kind;
extern const sc_film_sink_kind sc_sequence_sink_kind;
/* The picture of this number (counted as the source does) in a source of this kind; NULL: there is none. */
const char *sc_sequence_source_file(const sc_film_source *source, int64_t number);

#endif
