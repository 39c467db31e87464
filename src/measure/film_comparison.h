/* SPDX-License-Identifier: MIT */
/* How steady films are that were painted from one source, frame by frame: what changes in them that does not change in
 * the source, and how much their brightness and colour pump. The same numbers at any number of threads. */
#ifndef SC_MEASURE_FILM_COMPARISON_H
#define SC_MEASURE_FILM_COMPARISON_H

#include "core/threads.h"
#include "media/image.h"
#include "scumble/compare.h"

/* Keeps SCUMBLE_STEADINESS_FAR frames of each film, no more. */
typedef struct sc_film_comparison sc_film_comparison;

/* Of so many painted films, beside the controls. Caller frees with sc_film_comparison_free. */
int sc_film_comparison_create(sc_film_comparison **created, sc_threads *threads, int count, sc_error *err);
void sc_film_comparison_free(sc_film_comparison *comparison);
/* As scumble_film_comparison_add. After a failure the frame counts for nothing; nothing else is lost. */
int sc_film_comparison_add(sc_film_comparison *comparison, const sc_image *source, const sc_image *const *pictures,
                           bool cut, scumble_steadiness *values, sc_error *err);
void sc_film_comparison_result(const sc_film_comparison *comparison, scumble_steadiness *values);

#endif
