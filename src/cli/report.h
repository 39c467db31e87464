/* SPDX-License-Identifier: MIT */
/* The losses of a run, kept as they come, and written as CSV or drawn as SVG (logarithmic axis, one curve a term, the
 * scales marked, readable on light and on dark pages). */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include <stdint.h>

enum { LOSSES_MOST = 9 };

typedef struct loss_row {
    int iteration, scale, scale_px; /* scale 0: there are none */
    double values[LOSSES_MOST], elapsed_s;
} loss_row;

/* Start from {names, count of names}; the plot has colours for content, style, tv, total, adversarial, discriminator,
 * auc and the layers that an encoder learns. */
typedef struct loss_log {
    const char *const *names; /* of the values: the columns, and from the last on the legend */
    int name_count;
    loss_row *rows;
    int count, room;
} loss_log;
void loss_log_add(loss_log *log, const loss_row *row);
/* Adds the rows of a report_csv of the same names without scales, up to an iteration; what cannot be read is left out.
 */
void loss_log_load(loss_log *log, const char *path, int last_iteration);
void loss_log_free(loss_log *log);

/* What stands above the plot: the name of what was made (its folders are left out), and what the total is made of. */
typedef struct plot_caption {
    const char *output, *formula;
} plot_caption;

/* Return 0, or an exit code after a message. A curve that ends with NaN is not in the plot's legend. */
int report_csv(const loss_log *log, const char *path);
int report_plot(const loss_log *log, const plot_caption *caption, const char *path);

#endif
