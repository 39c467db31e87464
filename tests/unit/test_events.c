/* SPDX-License-Identifier: MIT */
/* Events as the program shows and keeps them: the line, JSON, CSV and plot take whatever losses there are, by name,
 * also one that no library has yet and that begins in the middle of a run. */
#define _GNU_SOURCE
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "events.h"
#include "progress.h"
#include "report.h"
#include "training.h"

static char folder[] = "/tmp/scumble-events.XXXXXX";

static const char *in_folder(const char *name)
{
    static char path[4][96];
    static int next;
    next = (next + 1) % 4;
    snprintf(path[next], sizeof path[next], "%s/%s", folder, name);
    return path[next];
}

static int start(void **state)
{
    (void)state;
    setenv("COLUMNS", "140", 1);
    return !mkdtemp(folder);
}

static int stop(void **state)
{
    (void)state;
    static const char *const names[] = { "out", "l.csv", "again.csv", "l.svg", "losses.csv", "losses.svg" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unlink(in_folder(names[i]));
    return rmdir(folder);
}

/* A file's bytes; caller frees. */
static char *read_text(const char *path)
{
    char *text = calloc(1, 1 << 20);
    FILE *in = fopen(path, "r");
    assert_non_null(in);
    size_t length = fread(text, 1, (1 << 20) - 1, in);
    text[length] = 0;
    fclose(in);
    return text;
}

static void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("'%s' is not in '%s'", part, text);
}

/* The second kind of run: from the third iteration on it has a loss more, which nobody here knows. */
static const scumble_loss few[] = { { "content", 0.5 }, { "style", 0.25 }, { "total", 2 } },
                          more[] = { { "content", 0.5 }, { "ripple", 0.125 }, { "style", 0.25 }, { "total", 3 } };

static scumble_event event_at(int iteration, int size_px)
{
    bool has_more = iteration > 2;
    return (scumble_event){ .job = "stylize",
                            .stage = "scale",
                            .stage_number = 1,
                            .stages = 1,
                            .size_px = size_px,
                            .done = iteration,
                            .of = 4,
                            .unit = "iterations",
                            .losses = has_more ? more : few,
                            .loss_count = has_more ? 4 : 3,
                            .elapsed_s = iteration,
                            .eta_s = 4 - iteration };
}

static loss_log four_rows(int size_px)
{
    loss_log log = { .columns = NULL };
    for (int i = 1; i <= 4; i++) {
        scumble_event e = event_at(i, size_px);
        loss_log_add(&log, &e);
    }
    return log;
}

/* A column where the events have it, empty where there was no such loss; and what is written is read again. */
static void csv_has_a_column_for_each_loss(void **state)
{
    (void)state;
    loss_log log = four_rows(64), read = { .columns = NULL };
    assert_int_equal(report_csv(&log, in_folder("l.csv")), 0);
    loss_log_free(&log);
    char *text = read_text(in_folder("l.csv"));
    assert_string_equal(text, "iteration,scale,scale_px,content,ripple,style,total,elapsed_s\n"
                              "1,1,64,0.5,,0.25,2,1.000\n2,1,64,0.5,,0.25,2,2.000\n"
                              "3,1,64,0.5,0.125,0.25,3,3.000\n4,1,64,0.5,0.125,0.25,3,4.000\n");
    free(text);
    log = four_rows(0);
    assert_int_equal(report_csv(&log, in_folder("l.csv")), 0);
    loss_log_load(&read, in_folder("l.csv"), 3);
    assert_true(read.count == 3 && read.column_count == 4);
    assert_string_equal(read.columns[1].name, "ripple");
    assert_true(isnan(read.columns[1].values[0]) && read.columns[1].values[2] == 0.125);
    for (int i = read.count; i < 1000; i++) { /* room is made for rows and columns */
        scumble_event e = event_at(4, 0);
        loss_log_add(&read, &e);
    }
    assert_true(read.columns[3].values[999] == 3 && read.columns[0].values[999] == 0.5);
    loss_log_free(&read);
    loss_log_free(&log);
}

static void a_training_from_before_keeps_its_columns(void **state)
{
    (void)state;
    FILE *out = fopen(in_folder("l.csv"), "w");
    fputs("iteration,discriminator,auc,total,elapsed_s\n1,2,0.5,7,0.100\n2,1,nonsense,7,0.200\n3,1,0.75,6\n"
          "3,1.5,0.75,6,0.300\n4,1,1,1,1\n",
          out);
    fclose(out);
    loss_log log = { .columns = NULL };
    loss_log_load(&log, in_folder("l.csv"), 3);
    assert_int_equal(log.count, 2); /* whole lines, up to the third step */
    scumble_event e = event_at(4, 0);
    loss_log_add(&log, &e);
    assert_int_equal(report_csv(&log, in_folder("again.csv")), 0);
    char *text = read_text(in_folder("again.csv"));
    assert_string_equal(text, "iteration,content,ripple,style,discriminator,auc,total,elapsed_s\n"
                              "1,,,,2,0.5,7,0.100\n3,,,,1.5,0.75,6,0.300\n4,0.5,0.125,0.25,,,3,4.000\n");
    free(text);
    loss_log_free(&log);
}

static void the_plot_has_a_curve_for_each_loss(void **state)
{
    (void)state;
    loss_log log = four_rows(64);
    assert_int_equal(report_plot(&log, &(plot_caption){ "out.png", "total" }, in_folder("l.svg")), 0);
    char *text = read_text(in_folder("l.svg"));
    assert_has(text, "<path class=\"curve ripple other1\" d=\"M");
    assert_has(text, ">ripple</text>");
    assert_has(text, ".other1 { stroke: #");
    free(text);
    loss_log_free(&log);
}

/* Means over steps, by name; rows for all steps when there are few. */
static void a_trainings_losses_are_means(void **state)
{
    (void)state;
    loss_log log = { .columns = NULL };
    loss_mean mean = { .losses = NULL };
    for (int i = 1; i <= 2500; i++) {
        scumble_loss losses[] = { { "odd", i % 2 }, { "total", i } };
        scumble_event e = event_at(1, 0);
        e.done = i, e.of = 2500, e.losses = losses, e.loss_count = 2;
        loss_mean_add(&mean, &log, &e);
    }
    assert_int_equal(log.count, 834); /* each of three steps, and the rest */
    assert_true(log.rows[0].iteration == 3 && log.rows[833].iteration == 2500);
    assert_float_equal(log.columns[0].values[0], 2 / 3.0, 1e-12);
    assert_float_equal(log.columns[1].values[1], 5, 1e-12);
    training_place place = { .output = (char *)"x.scumble", .folder = folder };
    training_write_losses(&place, &log, "total");
    char *text = read_text(in_folder("losses.svg"));
    assert_has(text, "<path class=\"curve odd other0\" d=\"M");
    free(text);
    loss_mean_free(&mean);
    loss_log_free(&log);
}

/* What show() writes to a stream; caller frees. */
static char *written_to(int stream, void (*show)(void))
{
    fflush(NULL);
    int kept = dup(stream);
    FILE *out = fopen(in_folder("out"), "w");
    dup2(fileno(out), stream);
    show();
    fflush(NULL);
    dup2(kept, stream);
    close(kept);
    fclose(out);
    return read_text(in_folder("out"));
}

static void show_line(void)
{
    progress_display display = progress_begin(PROGRESS_BAR, NULL, 1, 1);
    scumble_event e = event_at(4, 64);
    progress_show(&display, &e);
    progress_end(&display);
}

static void print_events(void)
{
    events_begin("stylize");
    scumble_event e = event_at(4, 64);
    e.eta_s = -1;
    e.note = "the `learning_rate` is high";
    events_progress(&e, 1, 1, -1);
}

static void the_line_and_json_tell_each_loss(void **state)
{
    (void)state;
    char *text = written_to(STDOUT_FILENO, show_line); /* before events_begin nothing is printed */
    assert_string_equal(text, "");
    free(text);
    text = written_to(STDERR_FILENO, show_line);
    assert_has(text, "64 px  4/4  ");
    assert_has(text, "content 0.5     ripple 0.125   style 0.25    total 3 ");
    free(text);
    setenv("COLUMNS", "80", 1); /* the last terms go first */
    text = written_to(STDERR_FILENO, show_line);
    assert_has(text, "content 0.5     ripple 0.125   total 3 ");
    free(text);
    text = written_to(STDOUT_FILENO, print_events);
    assert_string_equal(
        text, "{\"event\":\"progress\",\"job\":\"stylize\",\"stage\":\"scale\",\"stage_number\":1,\"stages\":1,"
              "\"size_px\":64,\"done\":4,\"of\":4,\"unit\":\"iterations\",\"losses\":{\"content\":0.5,"
              "\"ripple\":0.125,\"style\":0.25,\"total\":3.0},\"elapsed_s\":4.0,\"eta_s\":null,"
              "\"note\":\"the --learning-rate is high\"}\n");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csv_has_a_column_for_each_loss),
        cmocka_unit_test(a_training_from_before_keeps_its_columns),
        cmocka_unit_test(the_plot_has_a_curve_for_each_loss),
        cmocka_unit_test(a_trainings_losses_are_means),
        cmocka_unit_test(the_line_and_json_tell_each_loss),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
