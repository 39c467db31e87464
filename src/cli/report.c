/* SPDX-License-Identifier: MIT */
/* Losses as CSV and as an SVG plot. See report.h. */
#define _GNU_SOURCE
#include "report.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "paths.h"
#include "text.h"

static void make_room(loss_log *log)
{
    if (log->count < log->room)
        return;
    log->room = log->room ? 2 * log->room : 256;
    log->rows = must(realloc(log->rows, sizeof *log->rows * (size_t)log->room));
    for (int c = 0; c < log->column_count; c++) {
        double **values = &log->columns[c].values;
        *values = must(realloc(*values, sizeof **values * (size_t)log->room));
    }
}

/* Puts an empty column before the one at `index`. */
static void insert_column(loss_log *log, int index, const char *name)
{
    log->columns = must(realloc(log->columns, sizeof *log->columns * ((size_t)log->column_count + 1)));
    memmove(log->columns + index + 1, log->columns + index, sizeof *log->columns * (size_t)(log->column_count - index));
    log->column_count++;
    double *values = must(malloc(sizeof *values * (size_t)log->room));
    for (int i = 0; i < log->count; i++)
        values[i] = NAN;
    log->columns[index] = (loss_column){ text_copy(name), values };
}

static int find_column(const loss_log *log, const char *name)
{
    int c = 0;
    while (c < log->column_count && strcmp(log->columns[c].name, name))
        c++;
    return c;
}

void loss_log_add(loss_log *log, const scumble_event *e)
{
    make_room(log);
    for (int i = 0, next = 0; i < e->loss_count; i++) { /* a new one comes after the one before it */
        int c = find_column(log, e->losses[i].name);
        if (c == log->column_count)
            insert_column(log, c = next, e->losses[i].name);
        next = c + 1;
    }
    for (int c = 0; c < log->column_count; c++)
        log->columns[c].values[log->count] = NAN;
    for (int i = 0; i < e->loss_count; i++)
        log->columns[find_column(log, e->losses[i].name)].values[log->count] = e->losses[i].value;
    log->rows[log->count++] = (loss_row){ e->done, e->stage_number, e->size_px, e->elapsed_s };
}

enum { COLUMNS_MOST = 64 };

/* Cuts a line of CSV into its fields; returns how many there are. */
static int cut_line(char *line, char *fields[COLUMNS_MOST])
{
    int count = 0;
    line[strcspn(line, "\r\n")] = 0;
    for (char *rest = line; rest && count < COLUMNS_MOST;)
        fields[count++] = strsep(&rest, ",");
    return count;
}

void loss_log_load(loss_log *log, const char *path, int64_t last_iteration)
{
    char *heading = NULL, *line = NULL, *names[COLUMNS_MOST], *fields[COLUMNS_MOST];
    size_t heading_room = 0, room = 0;
    FILE *in = fopen(path, "r");
    int count = in && getline(&heading, &heading_room, in) > 0 ? cut_line(heading, names) : 0;
    while (count >= 2 && getline(&line, &room, in) > 0) {
        scumble_loss losses[COLUMNS_MOST];
        scumble_event row = { .losses = losses };
        double iteration;
        bool good = cut_line(line, fields) == count && text_number(fields[0], &iteration) &&
                    iteration <= (double)last_iteration && text_number(fields[count - 1], &row.elapsed_s);
        for (int i = 1; i < count - 1 && good; i++) {
            if (!*fields[i])
                continue;
            scumble_loss *loss = &losses[row.loss_count++];
            loss->name = names[i];
            good = text_number(fields[i], &loss->value);
        }
        if (!good)
            continue;
        row.done = (int64_t)iteration;
        loss_log_add(log, &row);
    }
    if (in)
        fclose(in);
    free(line);
    free(heading);
}

void loss_log_free(loss_log *log)
{
    for (int c = 0; c < log->column_count; c++) {
        free(log->columns[c].name);
        free(log->columns[c].values);
    }
    free(log->columns);
    free(log->rows);
    *log = (loss_log){ .columns = NULL };
}

int report_csv(const loss_log *log, const char *path)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = must(open_memstream(&text, &size));
    bool scales = log->count && log->rows[0].scale_px;
    fputs(scales ? "iteration,scale,scale_px," : "iteration,", out);
    for (int c = 0; c < log->column_count; c++)
        fprintf(out, "%s,", log->columns[c].name);
    fputs("elapsed_s\n", out);
    for (int i = 0; i < log->count; i++) {
        const loss_row *row = &log->rows[i];
        fprintf(out, "%lld,", (long long)row->iteration);
        if (scales)
            fprintf(out, "%d,%d,", row->scale, row->scale_px);
        for (int c = 0; c < log->column_count; c++) {
            double value = log->columns[c].values[i];
            fprintf(out, isfinite(value) ? "%.9g," : ",", value);
        }
        fprintf(out, "%.3f\n", row->elapsed_s);
    }
    fclose(out);
    int status = paths_write(path, must(text));
    free(text);
    return status;
}

/* ---- the plot -------------------------------------------------------------------------------------------------- */

enum { WIDTH = 900, HEIGHT = 520, LEFT = 78, RIGHT = 756, TOP = 96, BOTTOM = 460, POINTS_MOST = 2000 };

/* The plot's window: x in iterations, y in decimal logarithms. */
typedef struct window {
    double x0, x1, y0, y1;
} window;

static bool drawable(double value)
{
    return isfinite(value) && value > 0;
}

static window report_window_of(const loss_log *log)
{
    window w = { log->count ? (double)log->rows[0].iteration : 0,
                 log->count ? (double)log->rows[log->count - 1].iteration : 1, DBL_MAX, -DBL_MAX };
    for (int i = 0; i < log->count; i++)
        for (int c = 0; c < log->column_count; c++) {
            double value = log->columns[c].values[i];
            if (drawable(value)) {
                w.y0 = fmin(w.y0, log10(value));
                w.y1 = fmax(w.y1, log10(value));
            }
        }
    if (w.y0 > w.y1)
        w.y0 = -1, w.y1 = 1;
    double middle = (w.y0 + w.y1) / 2, half = fmax((w.y1 - w.y0) / 2 * 1.05, 0.35);
    w.y0 = middle - half, w.y1 = middle + half;
    if (w.x1 <= w.x0)
        w.x1 = w.x0 + 1;
    return w;
}

static double x_at(const window *w, double iteration)
{
    return LEFT + (iteration - w->x0) / (w->x1 - w->x0) * (RIGHT - LEFT);
}

static double y_at(const window *w, double logarithm)
{
    return BOTTOM - (logarithm - w->y0) / (w->y1 - w->y0) * (BOTTOM - TOP);
}

void report_put_escaped(FILE *out, const char *text)
{
    char *clean = text_utf8(text);
    for (const char *p = clean; *p; p++) {
        if (*p == '<' || *p == '>' || *p == '&' || *p == '"')
            fprintf(out, "&#%d;", *p);
        else if ((unsigned char)*p >= 0x20 && *p != 0x7f)
            fputc(*p, out);
    }
    free(clean);
}

const char report_style_sheet[] =
    "<style>\n"
    "  text { font: 13px system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif; fill: #24292f; }\n"
    "  .page { fill: #ffffff; } .title { font-size: 17px; font-weight: 600; } .soft { fill: #6a737d; }\n"
    "  .number { font-variant-numeric: tabular-nums; } .end { text-anchor: end; } .middle { text-anchor: middle; }\n"
    "  .grid { stroke: #e3e6ea; stroke-width: 1; } .faint { stroke: #f1f3f5; stroke-width: 1; }\n"
    "  .axis { stroke: #8b949e; stroke-width: 1; } .scale { stroke: #a6adb5; stroke-width: 1; stroke-dasharray: 4 4; "
    "}\n"
    "  .curve { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }\n"
    "  .other0 { stroke: #0a8a9e; } .other1 { stroke: #9a6700; } .other2 { stroke: #cf222e; } .other3 { stroke: "
    "#57606a; "
    "}\n"
    "  .total { stroke: #24292f; stroke-width: 2.75; } .style { stroke: #d4530c; } .content { stroke: #1f6feb; }\n"
    "  .tv { stroke: #2a8f43; stroke-dasharray: 1 4; } .discriminator { stroke: #8250df; } .adversarial { stroke: "
    "#bf3989; stroke-width: 1.25; }\n"
    "  .auc { stroke: #8250df; stroke-dasharray: 6 4; } .steady { stroke: #0a8a9e; }\n"
    "  .relu1_1 { stroke: #8250df; } .relu2_1 { stroke: #1f6feb; } .relu2_2 { stroke: #1f6feb; stroke-dasharray: 6 4; "
    "}\n"
    "  .relu3_1 { stroke: #2a8f43; } .relu3_2 { stroke: #2a8f43; stroke-dasharray: 6 4; } .relu3_4 { stroke: #2a8f43; "
    "stroke-dasharray: 1 4; }\n"
    "  .relu4_1 { stroke: #d4530c; } .relu5_1 { stroke: #bf3989; }\n"
    "  @media (prefers-color-scheme: dark) {\n"
    "    text { fill: #e6edf3; } .page { fill: #14171c; } .soft { fill: #9aa4af; } .grid { stroke: #2b3139; }\n"
    "    .faint { stroke: #1e2329; } .axis { stroke: #6e7781; } .scale { stroke: #59626d; } .total { stroke: #f0f3f6; "
    "}\n"
    "    .other0 { stroke: #4cc9dd; } .other1 { stroke: #e3b341; } .other2 { stroke: #ff7b72; } .other3 { stroke: "
    "#9aa4af; }\n"
    "    .style { stroke: #ff9b5e; } .content { stroke: #77aaff; } .tv { stroke: #66cc80; } .steady { stroke: #4cc9dd; "
    "}\n"
    "    .discriminator, .auc, .relu1_1 { stroke: #b899ff; } .adversarial, .relu5_1 { stroke: #ff80c8; }\n"
    "    .relu2_1, .relu2_2 { stroke: #77aaff; } .relu3_1, .relu3_2, .relu3_4 { stroke: #66cc80; } .relu4_1 { stroke: "
    "#ff9b5e; }\n"
    "  }\n"
    "</style>\n";

static void put_head(FILE *out, const plot_caption *caption)
{
    const char *slash = strrchr(caption->output, '/'), *title = slash ? slash + 1 : caption->output;
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" "
            "role=\"img\">\n<title>",
            WIDTH, HEIGHT, WIDTH, HEIGHT);
    report_put_escaped(out, title);
    fprintf(out,
            ": losses</title>\n%s<rect class=\"page\" width=\"%d\" height=\"%d\"/>\n<text class=\"title\" x=\"%d\" "
            "y=\"32\">",
            report_style_sheet, WIDTH, HEIGHT, LEFT);
    report_put_escaped(out, title);
    fprintf(out, "</text>\n<text class=\"soft\" x=\"%d\" y=\"54\">%s</text>\n", LEFT, caption->formula);
}

/* A label for 10^exponent, times `factor`. */
static void put_y_label(FILE *out, double y, int factor, int exponent)
{
    fprintf(out, "<text class=\"soft number end\" x=\"%d\" y=\"%.1f\">", LEFT - 9, y + 4.5);
    if (exponent >= -3 && exponent <= 4)
        fprintf(out, "%.*f", exponent < 0 ? -exponent : 0, factor * pow(10, exponent));
    else if (factor == 1)
        fprintf(out, "10<tspan dy=\"-5\" font-size=\"10\">%s%d</tspan>", exponent < 0 ? "\342\210\222" : "",
                abs(exponent));
    else
        fprintf(out, "%d\303\22710<tspan dy=\"-5\" font-size=\"10\">%s%d</tspan>", factor,
                exponent < 0 ? "\342\210\222" : "", abs(exponent));
    fputs("</text>\n", out);
}

/* Lines at every decade (labelled, thinned out when there are many) and at 2..9 times it; with few decades 2 and 5 get
 * labels too. */
static void put_y_axis(FILE *out, const window *w)
{
    double decades = w->y1 - w->y0;
    int step = decades > 16 ? 4 : decades > 8 ? 2 : 1;
    for (int exponent = (int)floor(w->y0); exponent <= (int)ceil(w->y1); exponent++)
        for (int factor = 1; factor <= (decades < 4 ? 9 : 1); factor++) {
            double at = exponent + log10(factor), y = y_at(w, at);
            if (at < w->y0 || at > w->y1)
                continue;
            bool labelled = factor == 1 ? exponent % step == 0 : decades < 1.6 && (factor == 2 || factor == 5);
            fprintf(out, "<line class=\"%s\" x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\"/>\n",
                    labelled ? "grid" : "faint", LEFT, y, RIGHT, y);
            if (labelled)
                put_y_label(out, y, factor, exponent);
        }
}

/* 1, 2 or 5 times a power of ten, so that about `most` steps cover the range. */
static int nice_step(double range, int most)
{
    int step = 1;
    for (int i = 0; range / step > most; i++)
        step = i % 3 == 1 ? step / 2 * 5 : step * 2;
    return step;
}

static void put_x_axis(FILE *out, const window *w)
{
    int step = nice_step(w->x1 - w->x0, 10);
    fprintf(out, "<line class=\"axis\" x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>\n", LEFT, BOTTOM, RIGHT, BOTTOM);
    for (int i = (int)ceil(w->x0 / step) * step; i <= w->x1; i += step)
        fprintf(out, "<text class=\"soft number middle\" x=\"%.1f\" y=\"%d\">%d</text>\n", x_at(w, i), BOTTOM + 20, i);
    fprintf(out, "<text class=\"soft middle\" x=\"%d\" y=\"%d\">iteration</text>\n", (LEFT + RIGHT) / 2, BOTTOM + 42);
}

/* A dashed line where a scale begins, and its size above the plot where there is room. */
static void put_scales(FILE *out, const window *w, const loss_log *log)
{
    for (int i = 0, end; i < log->count; i = end) {
        for (end = i + 1; end < log->count && log->rows[end].scale == log->rows[i].scale; end++)
            ;
        double x = i ? x_at(w, (double)log->rows[i].iteration - 0.5) : LEFT;
        double next = end < log->count ? x_at(w, (double)log->rows[end].iteration - 0.5) : RIGHT;
        if (i)
            fprintf(out, "<line class=\"scale\" x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\"/>\n", x, TOP - 6, x,
                    BOTTOM);
        if (next - x > 56 && log->rows[i].scale_px)
            fprintf(out, "<text class=\"soft middle\" x=\"%.1f\" y=\"%d\">%d px</text>\n", (x + next) / 2, TOP - 10,
                    log->rows[i].scale_px);
    }
}

enum { OTHERS = 4, CLASS_BYTES = 96 };

/* Of a curve: what has no colour of its own in the style sheet gets one of the others'. */
static const char *class_of(const loss_log *log, int c, char class[CLASS_BYTES])
{
    snprintf(class, CLASS_BYTES, "curve %s other%d", log->columns[c].name, c % OTHERS);
    return class;
}

/* The pen is lifted where a value cannot be drawn and where a scale begins: the terms of two scales are not one curve.
 */
static void put_curve(FILE *out, const window *w, const loss_log *log, int c)
{
    int stride = 1 + log->count / POINTS_MOST, last_scale = 0;
    char class[CLASS_BYTES];
    bool down = false;
    fprintf(out, "<path class=\"%s\" d=\"", class_of(log, c, class));
    for (int i = 0; i < log->count; i += i + stride < log->count || i == log->count - 1 ? stride : log->count - 1 - i) {
        const loss_row *row = &log->rows[i];
        double value = log->columns[c].values[i];
        if (!drawable(value)) {
            down = false;
            continue;
        }
        down = down && row->scale == last_scale;
        last_scale = row->scale;
        double x = x_at(w, (double)row->iteration), y = y_at(w, log10(value));
        fprintf(out, down ? "L%.1f %.1f" : "M%.1f %.1fh0", x, y);
        down = true;
    }
    fputs("\"/>\n", out);
}

/* A texture has no content: there is nothing to draw. */
static bool has_curve(const loss_log *log, int c)
{
    for (int i = 0; i < log->count; i++)
        if (drawable(log->columns[c].values[i]))
            return true;
    return false;
}

static void put_legend(FILE *out, const loss_log *log)
{
    int y = TOP + 14, x = RIGHT + 22, step = log->column_count > 8 ? 40 : 46;
    char class[CLASS_BYTES];
    for (int c = log->column_count - 1; c >= 0; c--) {
        double last = log->count ? log->columns[c].values[log->count - 1] : NAN;
        if (isnan(last) || !has_curve(log, c))
            continue;
        fprintf(out, "<path class=\"%s\" d=\"M%d %dh26\"/>\n<text x=\"%d\" y=\"%d\">%s</text>\n",
                class_of(log, c, class), x, y, x + 36, y + 5, log->columns[c].name);
        if (isfinite(last))
            fprintf(out, "<text class=\"soft number\" x=\"%d\" y=\"%d\">%.4g</text>\n", x + 36, y + 22, last);
        y += step;
    }
}

int report_plot(const loss_log *log, const plot_caption *caption, const char *path)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = must(open_memstream(&text, &size));
    window w = report_window_of(log);
    put_head(out, caption);
    put_y_axis(out, &w);
    put_x_axis(out, &w);
    put_scales(out, &w, log);
    for (int c = 0; c < log->column_count; c++)
        put_curve(out, &w, log, c);
    put_legend(out, log);
    fputs("</svg>\n", out);
    fclose(out);
    int status = paths_write(path, must(text));
    free(text);
    return status;
}
