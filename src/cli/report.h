/* SPDX-License-Identifier: MIT */
/* The losses of a run, kept as they come, and written as CSV or drawn as SVG (logarithmic axis, one curve a term, the scales marked,
 * readable on light and on dark pages). */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include "scumble/scumble.h"

typedef struct loss_row {
    int scale, scale_px, iteration;
    double content, style, tv, total, elapsed_s;
} loss_row;

/* Start from {0}. */
typedef struct loss_log {
    loss_row *rows;
    int count, room;
} loss_log;
void loss_log_add(loss_log *log, const scumble_progress *progress);
void loss_log_free(loss_log *log);

/* What stands above the plot. */
typedef struct plot_caption {
    const char *title;
    double alpha, beta, tv;
} plot_caption;

/* Return 0, or an exit code after a message. */
int report_csv(const loss_log *log, const char *path);
int report_plot(const loss_log *log, const plot_caption *caption, const char *path);

#endif
