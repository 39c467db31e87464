/* SPDX-License-Identifier: MIT */
/* The progress line. See progress.h. */
#define _GNU_SOURCE
#include "progress.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "console.h"
#include "events.h"
#include "text.h"

enum { BAR_LEAST = 6, BAR_MOST = 30, LINE_MOST = 512 };
static const double redraw_s = 0.1;

/* What a line may hold, from all to the least; the widest that fits is drawn. */
enum { PART_BAR = 1, PART_TERMS = 2, PART_TV = 4, PART_SPEED = 8, PART_TOTAL = 16, PART_LEFT = 32 };
static const unsigned layouts[] = {
    PART_BAR | PART_TERMS | PART_TV | PART_SPEED | PART_TOTAL | PART_LEFT,
    PART_BAR | PART_TERMS | PART_SPEED | PART_TOTAL | PART_LEFT,
    PART_BAR | PART_TERMS | PART_TOTAL | PART_LEFT,
    PART_BAR | PART_TOTAL | PART_LEFT,
    PART_TOTAL | PART_LEFT,
    PART_LEFT,
    0,
};

double progress_now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

progress_display progress_begin(int mode, int number, int total)
{
    if (mode == PROGRESS_AUTO)
        mode = console_is_terminal() && !console_is_quiet() ? PROGRESS_BAR : PROGRESS_NONE;
    return (progress_display){ .mode = mode, .number = number, .total = total, .drawn_s = -1 };
}

__attribute__((format(printf, 3, 4))) static void append(char *line, size_t size, const char *format, ...)
{
    size_t used = strlen(line);
    va_list args;
    va_start(args, format);
    vsnprintf(line + used, size - used, format, args);
    va_end(args);
}

static void append_bar(char *line, size_t size, int columns, double share)
{
    bool utf8 = console_is_utf8();
    int full = share > 0 ? (int)(share * columns + 0.5) : 0;
    for (int i = 0; i < columns; i++)
        append(line, size, "%s", utf8 ? (i < full ? "━" : "╌") : (i < full ? "#" : "."));
    append(line, size, "  ");
}

double progress_all_left_s(const progress_display *display, double elapsed_s, double left_s)
{
    if (!isfinite(left_s) || left_s < 0)
        return -1;
    return left_s + (display->total - display->number) * (display->past_s + display->beside_s + elapsed_s + left_s) /
                        (display->past + 1);
}

/* "0:12 left", and in a batch ", 2:10 for all". */
static void append_left(const progress_display *display, char *line, size_t size, double elapsed_s, double left_s)
{
    char clock[32];
    append(line, size, "%s left", text_clock(left_s, clock));
    if (display->total > 1)
        append(line, size, ", %s for all", text_clock(progress_all_left_s(display, elapsed_s, left_s), clock));
}

static int digits(int number)
{
    return snprintf(NULL, 0, "%d", number);
}

/* The numbers have fixed widths, so that the bar stands still. The line without its bar in `before` (what stands left
 * of it) and `after`; returns the columns of both. */
static int compose_line(const progress_display *display, const scumble_progress *p, unsigned parts, char *before,
                        char *after)
{
    before[0] = after[0] = 0;
    if (display->total > 1)
        append(before, LINE_MOST, "%d of %d  ", display->number, display->total);
    append(before, LINE_MOST, "%d px  %*d/%d  ", p->scale_px, digits(p->iterations), p->iteration, p->iterations);
    if (parts & PART_TERMS && !display->no_content)
        append(after, LINE_MOST, "content %-7.3g ", p->content);
    if (parts & PART_TERMS)
        append(after, LINE_MOST, "style %-7.3g ", p->style);
    if (parts & PART_TV)
        append(after, LINE_MOST, "tv %-6.2g ", p->tv);
    if (parts & PART_TOTAL)
        append(after, LINE_MOST, "total %-7.3g ", p->total);
    if (parts & PART_SPEED)
        append(after, LINE_MOST, "%4.3g it/s  ", display->seconds_each > 0 ? 1 / display->seconds_each : 0);
    if (parts & PART_LEFT)
        append_left(display, after, LINE_MOST, p->elapsed_s, p->eta_s);
    return (int)(strlen(before) + strlen(after));
}

static void draw_line(const progress_display *display, const scumble_progress *p)
{
    char before[LINE_MOST], after[LINE_MOST], line[2 * LINE_MOST + 4 * BAR_MOST];
    int width = console_width() - 1, used = 0;
    size_t i = 0;
    for (; i < sizeof layouts / sizeof *layouts; i++) {
        used = compose_line(display, p, layouts[i], before, after);
        if (used + (layouts[i] & PART_BAR ? BAR_LEAST + 2 : 0) <= width || !layouts[i])
            break;
    }
    snprintf(line, sizeof line, "%s", before);
    int room = width - used - 2;
    if (layouts[i] & PART_BAR)
        append_bar(line, sizeof line, room < BAR_MOST ? room : BAR_MOST,
                   p->iterations > 0 ? (double)p->iteration / p->iterations : 0);
    append(line, sizeof line, "%s", after);
    console_line(line);
}

static void show_note(progress_display *display, const char *note)
{
    if (note && !display->noted && display->mode == PROGRESS_JSON)
        events_note(note);
    if (note && !display->noted)
        console_warning("%s", note);
    display->noted = note != NULL;
}

void progress_show(progress_display *display, const scumble_progress *progress)
{
    double now = progress_now_s(), each = now - display->previous_s;
    if (display->previous_s > 0)
        display->seconds_each = display->seconds_each > 0 ? 0.8 * display->seconds_each + 0.2 * each : each;
    display->previous_s = now;
    show_note(display, progress->note);
    if (display->mode == PROGRESS_JSON)
        events_progress(progress, display->number, display->total,
                        progress_all_left_s(display, progress->elapsed_s, progress->eta_s));
    bool last = progress->iteration == progress->iterations;
    if (display->mode != PROGRESS_BAR || (!last && now - display->drawn_s < redraw_s))
        return;
    display->drawn_s = now;
    draw_line(display, progress);
}

void progress_show_share(progress_display *display, const char *name, int64_t done, int64_t all, double elapsed_s)
{
    char before[LINE_MOST] = "", after[96], line[2 * LINE_MOST + 4 * BAR_MOST];
    double share = all > 0 ? (double)done / (double)all : 1;
    if (display->mode != PROGRESS_BAR || (done < all && elapsed_s - display->drawn_s < redraw_s))
        return;
    display->drawn_s = elapsed_s;
    if (display->total > 1)
        append(before, sizeof before, "%d of %d  ", display->number, display->total);
    int width = console_width() - 1, used;
    snprintf(after, sizeof after, "%3.0f%%  ", 100 * share);
    append_left(display, after, sizeof after, elapsed_s, share > 0 ? elapsed_s * (1 - share) / share : -1);
    used = (int)strlen(after);
    used += (int)strlen(before);
    snprintf(line, sizeof line, "%s", before);
    if (used + (int)strlen(name) + 2 + BAR_LEAST + 2 <= width) {
        append(line, sizeof line, "%s  ", name);
        used += (int)strlen(name) + 2;
    }
    int room = width - used - 2;
    if (room >= BAR_LEAST)
        append_bar(line, sizeof line, room < BAR_MOST ? room : BAR_MOST, share);
    append(line, sizeof line, "%.*s",
           width < used && width > (int)strlen(before) ? width - (int)strlen(before) : (int)sizeof after, after);
    console_line(line);
}

void progress_end(progress_display *display)
{
    if (display->mode == PROGRESS_BAR)
        console_line_clear();
}

void progress_show_download(const char *name, int64_t done_bytes, int64_t total_bytes, double elapsed_s)
{
    char line[LINE_MOST], done[32], total[32], speed[32], clock[32];
    double rate = elapsed_s > 0.5 ? (double)done_bytes / elapsed_s : 0;
    snprintf(line, sizeof line, "%s  %s", name, text_size(done_bytes, done));
    if (total_bytes > 0)
        append(line, sizeof line, " of %s", text_size(total_bytes, total));
    if (rate > 0)
        append(line, sizeof line, "  %s/s", text_size((int64_t)rate, speed));
    if (rate > 0 && total_bytes > done_bytes)
        append(line, sizeof line, "  %s left", text_clock((double)(total_bytes - done_bytes) / rate, clock));
    int width = console_width() - 1;
    if ((int)strlen(line) > width)
        line[width] = 0;
    console_line(line);
}
