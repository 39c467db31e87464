/* SPDX-License-Identifier: MIT */
/* `scumble compare --film`: what it is asked, what it has measured, and its forms. compare_film.c measures,
 * compare_film_report.c shows, compare_film_plot.c draws. */
#ifndef CLI_COMPARE_FILM_H
#define CLI_COMPARE_FILM_H

#include "compare_report.h"

/* A control or a painted film. */
typedef struct film_row {
    const char *path;           /* NULL: a control of the library */
    bool independent;           /* what --independent names */
    scumble_steadiness whole;   /* of all frames */
    scumble_steadiness *frames; /* (frames of the measurements) */
} film_row;

/* Rows: the library's controls, what was painted frame by frame, and the results. */
typedef struct film_measurements {
    const char *source, *style; /* style NULL: it is not measured */
    film_row *rows;
    int row_count;
    int width, height;        /* that are compared */
    int64_t frames, pairs[2]; /* pairs: of frames that are near and far apart */
    const int64_t *firsts;    /* of shots, and the end of the source: (shots + 1), borrowed from the source */
    int shots;
    measurements pictures; /* the mean of some frames, as one pair */
    int samples;
} film_measurements;

typedef struct film_comparing {
    bool wanted;
    const char *from, *to, *independent, *plot;
    int64_t samples; /* frames whose style is measured */
    /* as for pictures */
    const text_list *results;
    const char *content, *style, *encoder;
    int64_t size;
    int progress;
    bool json;
} film_comparing;

/* Measures and shows. Returns 0, or an exit code after a message. */
int compare_films(scumble *s, const film_comparing *asked);

/* What a row is called; caller frees. */
char *compare_film_label(const film_row *row);
void compare_film_print_table(const film_measurements *m);
/* All numbers; caller frees. */
json_t *compare_film_json(const film_measurements *m);
/* An SVG file; returns 0, or an exit code after a message. */
int compare_film_plot(const film_measurements *m, const char *path);

#endif
