/* SPDX-License-Identifier: MIT */
/* A pass over the packets of parts before they are joined: which frame of the whole each of them shows. */
#ifndef SC_FILM_FFMPEG_SURVEY_H
#define SC_FILM_FFMPEG_SURVEY_H

#include "film/ffmpeg_input.h"

typedef struct sc_survey {
    int64_t *shown;           /* of each packet, part after part in the order of the file: the number of its frame */
    int64_t count, *frames;   /* of all parts; of each */
    int64_t delay;            /* at most so many packets come before that of a frame that is shown earlier */
    AVCodecParameters *codec; /* of all parts */
} sc_survey;

/* SCUMBLE_ERR_FORMAT when a part is damaged, or differs from the first. */
int sc_survey_parts(sc_survey *survey, const char *const *parts, int count, const sc_threads *threads,
                    const atomic_bool *stop, sc_error *err);
void sc_survey_free(sc_survey *survey);

#endif
