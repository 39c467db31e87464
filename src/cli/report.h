/* SPDX-License-Identifier: MIT */
/* The losses of a run, kept as they come, and written as CSV or drawn as SVG (logarithmic axis, one curve a term, the
 * scales marked, readable on light and on dark pages). */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include <stdint.h>
#include <stdio.h>

#include "scumble/scumble.h"

typedef struct loss_row {
    int64_t iteration;
    int scale, scale_px; /* scale_px 0: there are no scales */
    double elapsed_s;
} loss_row;

typedef struct loss_column {
    char *name;
    double *values; /* of each row; NaN where there is none */
} loss_column;

/* Start from {0}. There is a column for each loss that any row has, in the order of the events. */
typedef struct loss_log {
    loss_column *columns;
    int column_count;
    loss_row *rows;
    int count, room;
} loss_log;
/* The losses of this event, and where it stands. */
void loss_log_add(loss_log *log, const scumble_event *event);
/* Adds the rows of a report_csv without scales, up to an iteration; what cannot be read is left out. */
void loss_log_load(loss_log *log, const char *path, int64_t last_iteration);
void loss_log_free(loss_log *log);

/* What stands above the plot: the name of what was made (its folders are left out), and what the total is made of. */
typedef struct plot_caption {
    const char *output, *formula;
} plot_caption;

/* Return 0, or an exit code after a message. A curve that ends with NaN is not in the plot's legend. */
int report_csv(const loss_log *log, const char *path);
int report_plot(const loss_log *log, const plot_caption *caption, const char *path);

/* For plots of other things: their colours on light and on dark pages; text from outside as SVG has it. */
extern const char report_style_sheet[];
void report_put_escaped(FILE *out, const char *text);

#endif
