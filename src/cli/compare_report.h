/* SPDX-License-Identifier: MIT */
/* What `scumble compare` has measured, and its three forms. compare.c reads the command line and measures,
 * compare_report.c shows. */
#ifndef CLI_COMPARE_REPORT_H
#define CLI_COMPARE_REPORT_H

#include <jansson.h>

#include "text.h"
#include "scumble/compare.h"

/* A control or a result. */
typedef struct measured {
    const char *path; /* NULL: a control */
    int width, height;
    double values[SCUMBLE_METRICS_MOST];
} measured;

enum { CONTROLS = 2 };
/* A photo and a painting: the controls, in the order of scumble_control, and then the results. */
typedef struct measured_pair {
    char *photo, *painting;
    measured *rows; /* (row_count) */
    int row_count;
} measured_pair;

typedef struct measurements {
    measured_pair *pairs;
    int pair_count;
    bool film;                     /* it is a film's: what is said of photos is said of it */
    char *encoder;                 /* what measured: a line; NULL when nothing was measured */
    bool calibrated, sifid, seams; /* seams: they are asked for */
} measurements;

void compare_print_table(const measurements *m);
/* All numbers; caller frees. */
json_t *compare_json(const measurements *m);
void compare_print_json(const measurements *m);
/* Notes what measures, once. */
void compare_note_encoder(measurements *m, const scumble_comparison *comparison);
void compare_free_measurements(measurements *m);
/* Text from outside; a reference of the caller's. Prints the object, and takes it over. */
json_t *compare_json_text(const char *bytes);
void compare_dump(json_t *whole);
/* The rows of the help about metrics. */
void compare_print_metrics(void);
/* Photo, painting and results with their main numbers. Returns 0, or an exit code after a message. */
int compare_write_sheet(scumble *s, const measurements *m, const char *path, bool silent);

#endif
