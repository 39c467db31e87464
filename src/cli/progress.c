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

/* What a line holds. */
enum { PART_BAR = 1, PART_NAME = 2, PART_SPEED = 4, PART_TOTAL = 8, PART_LEFT = 16, PART_ALL = 31 };
typedef struct layout {
    unsigned parts;
    int terms; /* the first so many losses, beside the total */
} layout;

double progress_now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

progress_display progress_begin(int mode, const char *name, int number, int total)
{
    bool bar = mode == PROGRESS_BAR || (mode == PROGRESS_AUTO && console_is_terminal() && !console_is_quiet());
    return (progress_display){
        .bar = bar, .name = name, .number = number, .total = total, .began_s = progress_now_s(), .drawn_s = -1
    };
}

__attribute__((format(printf, 2, 3))) static void append(char line[LINE_MOST], const char *format, ...)
{
    size_t used = strlen(line);
    va_list args;
    va_start(args, format);
    vsnprintf(line + used, LINE_MOST - used, format, args);
    va_end(args);
}

static void append_bar(char line[LINE_MOST], int columns, double share)
{
    bool utf8 = console_is_utf8();
    int full = share > 0 ? (int)(share * columns + 0.5) : 0;
    for (int i = 0; i < columns; i++)
        append(line, "%s", utf8 ? (i < full ? "━" : "╌") : (i < full ? "#" : "."));
    append(line, "  ");
}

/* What is left of the batch, with left_s left of this picture after elapsed_s: the others take as long as those so far.
 * Negative: not known. */
static double all_left_s(const progress_display *display, double elapsed_s, double left_s)
{
    if (!isfinite(left_s) || left_s < 0)
        return -1;
    return left_s + (display->total - display->number) * (display->past_s + display->beside_s + elapsed_s + left_s) /
                        (display->past + 1);
}

/* "0:12 left", and in a batch ", 2:10 for all". */
static void append_left(const progress_display *display, char line[LINE_MOST], const scumble_event *e)
{
    char clock[32];
    append(line, "%s left", text_clock(e->eta_s, clock));
    if (display->total > 1)
        append(line, ", %s for all", text_clock(all_left_s(display, e->elapsed_s, e->eta_s), clock));
}

static bool counts(const scumble_event *e, const char *unit)
{
    return !strcmp(e->unit, unit);
}

/* "512 px   12/200  ", "  45%  " or "120 MiB of 548 MiB  ": in fixed widths, so that the bar stands still. */
static void append_count(char line[LINE_MOST], const scumble_event *e)
{
    char done[32], of[32];
    if (counts(e, "bytes") && e->of)
        append(line, "%s of %s  ", text_size(e->done, done), text_size(e->of, of));
    else if (counts(e, "bytes"))
        append(line, "%s  ", text_size(e->done, done));
    else if (counts(e, "pixels"))
        append(line, "%3.0f%%  ", e->of ? 100.0 * (double)e->done / (double)e->of : 100);
    else {
        if (e->size_px)
            append(line, "%d px  ", e->size_px);
        append(line, "%*lld/%lld  ", snprintf(NULL, 0, "%lld", (long long)e->of), (long long)e->done, (long long)e->of);
    }
}

static void append_speed(const progress_display *display, char line[LINE_MOST], const scumble_event *e)
{
    char size[32];
    if (counts(e, "bytes") && e->elapsed_s > 0.5)
        append(line, "%s/s  ", text_size((int64_t)((double)e->done / e->elapsed_s), size));
    else if (counts(e, "iterations") || counts(e, "steps") || counts(e, "frames"))
        append(line, "%4.3g %s/s  ", display->seconds_each > 0 ? 1 / display->seconds_each : 0,
               counts(e, "iterations") ? "it" : e->unit);
}

/* The line without its bar in `before` (what stands left of it) and `after`; returns the columns of both. */
static int compose_line(const progress_display *display, const scumble_event *e, layout has, char before[LINE_MOST],
                        char after[LINE_MOST])
{
    int last = e->loss_count - 1;
    before[0] = after[0] = 0;
    if (display->total > 1)
        append(before, "%d of %d  ", display->number, display->total);
    if (has.parts & PART_NAME && display->name)
        append(before, "%s  ", display->name);
    append_count(before, e);
    for (int i = 0; i < has.terms; i++)
        append(after, "%s %-7.3g ", e->losses[i].name, e->losses[i].value);
    if (has.parts & PART_TOTAL && last >= 0)
        append(after, "%s %-7.3g ", e->losses[last].name, e->losses[last].value);
    if (has.parts & PART_SPEED)
        append_speed(display, after, e);
    if (has.parts & PART_LEFT && e->of)
        append_left(display, after, e);
    return (int)(strlen(before) + strlen(after));
}

/* The i-th of what a line may hold, from all to the least: first the last of the terms go, then the speed, then the
 * other terms. */
static layout layout_at(int i, int terms)
{
    static const layout least[] = {
        { PART_BAR | PART_TOTAL | PART_LEFT, 0 }, { PART_TOTAL | PART_LEFT, 0 }, { PART_LEFT, 0 }, { 0, 0 }
    };
    if (i <= 1)
        return (layout){ PART_ALL, i < terms ? terms - i : 0 };
    if (i <= terms + 1)
        return (layout){ PART_ALL & ~PART_SPEED, terms + 1 - i };
    int rest = i - terms - 2, lasts = sizeof least / sizeof *least;
    return least[rest < lasts ? rest : lasts - 1];
}

static void draw_line(const progress_display *display, const scumble_event *e)
{
    char before[LINE_MOST], after[LINE_MOST], line[LINE_MOST] = "";
    int width = console_width() - 1, terms = e->loss_count ? e->loss_count - 1 : 0, used = 0, bar = 0;
    layout now = layout_at(0, terms);
    for (int i = 0; now.parts; now = layout_at(++i, terms)) {
        used = compose_line(display, e, now, before, after);
        bar = now.parts & PART_BAR && e->of ? width - used - 2 : 0;
        if (used <= width && (!(now.parts & PART_BAR) || !e->of || bar >= BAR_LEAST))
            break;
    }
    if (!now.parts)
        used = compose_line(display, e, now, before, after);
    append(line, "%s", before);
    if (bar > 0 && now.parts & PART_BAR)
        append_bar(line, bar < BAR_MOST ? bar : BAR_MOST, e->of > 0 ? (double)e->done / (double)e->of : 0);
    append(line, "%s", after);
    if (used > width) /* not even the least fits */
        line[width > 0 ? width : 0] = 0;
    console_line(line);
}

static void show_note(progress_display *display, const char *note)
{
    if (note && !display->noted)
        console_warning("%s", note);
    display->noted = note != NULL;
}

void progress_redraw(progress_display *display, const scumble_event *e)
{
    double now = progress_now_s();
    if (!display->bar || (e->done != e->of && now - display->drawn_s < redraw_s))
        return;
    display->drawn_s = now;
    draw_line(display, e);
}

void progress_show(progress_display *display, const scumble_event *e)
{
    double now = progress_now_s(), each = now - display->previous_s;
    if (display->previous_s > 0)
        display->seconds_each = display->seconds_each > 0 ? 0.8 * display->seconds_each + 0.2 * each : each;
    display->previous_s = now;
    show_note(display, e->note);
    events_progress(e, display->number, display->total, all_left_s(display, e->elapsed_s, e->eta_s));
    progress_redraw(display, e);
}

void progress_show_measured(progress_display *display, const char *job, int done, int of)
{
    double elapsed_s = progress_now_s() - display->began_s;
    scumble_event now = { .job = job,
                          .stage = "measure",
                          .stage_number = 1,
                          .stages = 1,
                          .done = done,
                          .of = of,
                          .unit = "pictures",
                          .elapsed_s = elapsed_s,
                          .eta_s = done ? elapsed_s * (of - done) / done : -1 };
    progress_show(display, &now);
}

void progress_end(progress_display *display)
{
    if (display->bar)
        console_line_clear();
}
