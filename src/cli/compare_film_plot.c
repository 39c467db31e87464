/* SPDX-License-Identifier: MIT */
/* How steady films are over time, as SVG: the warped difference of each frame from the one before, and its lightness
 * less the source's. See compare_film.h. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare_film.h"
#include "paths.h"
#include "report.h"

enum { WIDTH = 900, LEFT = 78, RIGHT = 872, PANEL = 200, PANELS = 2, TOP = 96, APART = 268, POINTS_MOST = 1000 };

typedef struct panel {
    const char *title;
    size_t offset; /* of the value in scumble_steadiness */
    int top;
    double low, high;
} panel;

static double value_at(const panel *p, const film_row *row, int64_t frame)
{
    double value;
    memcpy(&value, (const char *)&row->frames[frame] + p->offset, sizeof value);
    return value;
}

static void fit(panel *p, const film_measurements *m)
{
    for (int i = 0; i < m->row_count; i++)
        for (int64_t f = 0; f < m->frames; f++) {
            double value = value_at(p, &m->rows[i], f);
            if (isfinite(value))
                p->low = fmin(p->low, value), p->high = fmax(p->high, value);
        }
    double room = fmax(0.05 * (p->high - p->low), 1e-3);
    p->low -= p->low < 0 ? room : 0;
    p->high += room;
}

static double plot_x(const film_measurements *m, double frame)
{
    return LEFT + frame / fmax((double)m->frames - 1, 1) * (RIGHT - LEFT);
}

static double plot_y(const panel *p, double value)
{
    return p->top + PANEL - (value - p->low) / (p->high - p->low) * PANEL;
}

/* 1, 2 or 5 times a power of ten: at most `most` of them in the range. */
static double round_step(double range, int most)
{
    double step = pow(10, floor(log10(range / most)));
    return range / step <= most       ? step :
           range / (2 * step) <= most ? 2 * step :
           range / (5 * step) <= most ? 5 * step :
                                        10 * step;
}

static void put_panel(FILE *out, const panel *p, const film_measurements *m)
{
    double step = round_step(p->high - p->low, 6), wide = fmax(round_step(fmax((double)m->frames - 1, 1), 12), 1);
    fprintf(out, "<text x=\"%d\" y=\"%d\">%s</text>\n", LEFT, p->top - 12, p->title);
    for (double i = ceil(p->low / step); i * step <= p->high; i++)
        fprintf(out,
                "<line class=\"%s\" x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\"/>\n<text class=\"soft number end\" "
                "x=\"%d\" y=\"%.1f\">%g</text>\n",
                i == 0 ? "axis" : "grid", LEFT, plot_y(p, i * step), RIGHT, plot_y(p, i * step), LEFT - 9,
                plot_y(p, i * step) + 4.5, i * step);
    for (double f = 0; f < (double)m->frames; f += wide)
        fprintf(out, "<text class=\"soft number middle\" x=\"%.1f\" y=\"%d\">%.0f</text>\n", plot_x(m, f),
                p->top + PANEL + 20, f);
    for (int i = 1; i < m->shots && m->firsts[i] < m->frames; i++)
        fprintf(out, "<line class=\"scale\" x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\"/>\n",
                plot_x(m, (double)m->firsts[i] - 0.5), p->top, plot_x(m, (double)m->firsts[i] - 0.5), p->top + PANEL);
}

/* Of the style sheet that all plots have. */
static const char *colour_class(const film_measurements *m, int row)
{
    static const char *const others[] = { "style", "other0", "adversarial", "other2", "other1" };
    int result = row - SCUMBLE_FILM_CONTROLS - m->rows[SCUMBLE_FILM_CONTROLS].independent;
    return row == 0 ? "total" : row == 1 ? "tv" : result < 0 ? "auc" : others[(size_t)result % 5];
}

/* Mean of as many frames as share a point; the pen is lifted where there is no value, and at cuts. */
static void put_course(FILE *out, const panel *p, const film_measurements *m, int row)
{
    int64_t stride = 1 + m->frames / POINTS_MOST;
    bool down = false;
    fprintf(out, "<path class=\"curve %s\" d=\"", colour_class(m, row));
    for (int64_t f = 0, shot = 0; f < m->frames; f += stride) {
        double sum = 0;
        int count = 0;
        for (int64_t k = f; k < f + stride && k < m->frames; k++) {
            double value = value_at(p, &m->rows[row], k);
            sum += isfinite(value) ? value : 0;
            count += isfinite(value);
        }
        int64_t before = shot;
        while (shot + 1 < m->shots && m->firsts[shot + 1] <= f)
            shot++;
        down = down && count && shot == before;
        if (count)
            fprintf(out, down ? "L%.1f %.1f" : "M%.1f %.1fh0",
                    plot_x(m, (double)f + (double)((stride < m->frames - f ? stride : m->frames - f) - 1) / 2),
                    plot_y(p, sum / count));
        down = count > 0;
    }
    fputs("\"/>\n", out);
}

static void put_names(FILE *out, const film_measurements *m, int y)
{
    for (int i = 0; i < m->row_count; i++, y += 24) {
        char *label = compare_film_label(&m->rows[i]);
        fprintf(out, "<path class=\"curve %s\" d=\"M%d %dh26\"/>\n<text x=\"%d\" y=\"%d\">", colour_class(m, i), LEFT,
                y, LEFT + 36, y + 5);
        report_put_escaped(out, label ? label : i ? "the source, blurred" : "the source itself");
        fputs("</text>\n", out);
        free(label);
    }
}

int compare_film_plot(const film_measurements *m, const char *path)
{
    panel panels[PANELS] = {
        { "warped difference from the frame before", offsetof(scumble_steadiness, near), TOP, 0, 0 },
        { "mean lightness less the source's", offsetof(scumble_steadiness, lightness), TOP + APART, 0, 0 },
    };
    const int names = TOP + PANELS * APART, height = names + 24 * m->row_count + 8;
    char *text = NULL, *name = paths_name(m->source);
    size_t size = 0;
    FILE *out = must(open_memstream(&text, &size));
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" "
            "role=\"img\">\n%s<rect class=\"page\" width=\"%d\" height=\"%d\"/>\n<text class=\"title\" x=\"%d\" "
            "y=\"32\">",
            WIDTH, height, WIDTH, height, report_style_sheet, WIDTH, height, LEFT);
    report_put_escaped(out, name);
    fprintf(out, ": how steady</text>\n<text class=\"soft\" x=\"%d\" y=\"54\">by frames; dashed: cuts</text>\n", LEFT);
    for (int k = 0; k < PANELS; k++) {
        fit(&panels[k], m);
        put_panel(out, &panels[k], m);
        for (int i = 0; i < m->row_count; i++)
            put_course(out, &panels[k], m, i);
    }
    put_names(out, m, names);
    fputs("</svg>\n", out);
    fclose(out);
    int status = paths_write(path, must(text));
    free(text);
    free(name);
    return status;
}
