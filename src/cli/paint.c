/* SPDX-License-Identifier: MIT */
/* One picture of `scumble stylize` or `scumble texture`: load, estimate, paint with progress, write what was asked for;
 * on Ctrl-C the best picture so far and a checkpoint. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "console.h"
#include "events.h"
#include "interrupt.h"
#include "outputs.h"
#include "paths.h"
#include "progress.h"
#include "report.h"
#include "streams.h"
#include "stylize.h"
#include "unfinished.h"

/* What the progress callback works on. */
typedef struct task_run {
    job *j;
    const task *t;
    progress_display display;
    loss_log losses;
    int64_t iteration, iterations;
    int failed; /* exit code of what was to be set in mid-run and could not be */
    bool preview_failed, checkpoint_failed, checkpoint_written;
} task_run;

/* NULL for a texture. */
static const char *photo_of(const job *j, const task *t)
{
    return j->texture ? NULL : t->photo;
}

/* Says why this picture failed; a batch's messages name the photo. */
static int fail_task(const job *j, const task *t, int code)
{
    const char *text = scumble_error_text(j->s);
    text = *text ? text : scumble_error_name(code);
    if (j->task_count > 1 && !strstr(text, t->photo))
        console_error("%s: %s", t->photo, text);
    else
        console_error("%s", text);
    events_error(text, photo_of(j, t));
    return console_exit_code(code);
}

/* ---- during the run ---- */

static void write_preview(task_run *e)
{
    scumble_image *picture = NULL;
    scumble_save_options options = { .size = sizeof options, .bits = outputs_small_bits(e->t->preview, NULL) };
    int code = scumble_run_picture(e->j->run, &picture);
    if (!code)
        code = scumble_image_save(e->j->s, picture, e->t->preview, &options);
    scumble_image_free(&picture);
    if (code && !e->preview_failed)
        console_warning("no preview: %s", scumble_error_text(e->j->s));
    e->preview_failed = code != 0;
}

static int cli_paint_write_checkpoint(task_run *e)
{
    int code = scumble_run_save(e->j->run, e->t->checkpoint);
    if (code && !e->checkpoint_failed)
        console_error("no checkpoint: %s", scumble_error_text(e->j->s));
    e->checkpoint_failed = code != 0;
    e->checkpoint_written |= !code;
    return code;
}

static int on_task_progress(const scumble_event *event, void *user)
{
    task_run *e = user;
    const settings *set = &e->j->set;
    e->iteration = event->done;
    e->iterations = event->of;
    if (e->t->csv || e->t->plot)
        loss_log_add(&e->losses, event);
    progress_show(&e->display, event);
    scumble_run *run = e->j->run;
    int code = steer_apply(&e->j->steering, run, (int)e->iteration);
    if (code)
        return e->failed = fail_task(e->j, e->t, code);
    if (e->t->preview && e->iteration % set->every == 0)
        write_preview(e);
    bool ends = scumble_run_done(run);
    if (ends ? set->checkpoint != NULL :
               set->checkpoint_every && e->iteration % set->checkpoint_every == 0) /* to go on from, or further */
        cli_paint_write_checkpoint(e);
    return interrupt_signal();
}

/* ---- after it ---- */

/* A copy of a name, or of what it is for a picture that was stopped. NULL for NULL. Caller frees. */
static char *report_name(const task_run *e, const char *path)
{
    return !path ? NULL : e->t->stopped ? paths_unfinished(path) : text_copy(path);
}

/* Of the plot: a texture has no content. Caller frees. */
static char *formula_of(const job *j)
{
    const scumble_options *o = scumble_style_options(j->style);
    char *content = j->texture ? text_copy("") : text_format("%g \303\227 content + ", values_number(o, "alpha"));
    char *formula =
        text_format("total = %s%g \303\227 style + %g \303\227 tv (the terms are drawn without their weights)", content,
                    values_number(o, "beta"), values_number(o, "tv"));
    free(content);
    return formula;
}

static int write_reports(const task_run *e)
{
    char *csv = report_name(e, e->t->csv), *plot = report_name(e, e->t->plot), *record = report_name(e, e->t->recipe);
    const job *j = e->j;
    char *formula = formula_of(j);
    plot_caption caption = { e->t->output, formula };
    int status = csv ? report_csv(&e->losses, csv) : 0;
    if (plot && report_plot(&e->losses, &caption, plot))
        status = EXIT_FAILED;
    free(formula);
    if (record) {
        char *recipe = rights_recipe(&j->set.rights, scumble_run_recipe(j->run));
        size_t length = strlen(recipe);
        char *text = text_format("%s%s", recipe, length && recipe[length - 1] == '\n' ? "" : "\n");
        if (paths_write(record, text))
            status = EXIT_FAILED;
        free(text);
        free(recipe);
    }
    free(record);
    free(plot);
    free(csv);
    return status;
}

/* The work is done but its folder has gone or filled up: better in another place than lost. */
static void save_elsewhere(const job *j, const task *t, const scumble_image *result,
                           const scumble_save_options *options)
{
    const char *folder = getenv("TMPDIR");
    scumble_save_options as_png = *options;
    as_png.bits = options->bits == 8 ? 8 : 0;
    char *name = paths_name(t->output),
         *path = text_format("%s/%s-%ld.png", folder && *folder ? folder : "/tmp", name, (long)getpid());
    if (!scumble_image_save(j->s, result, path, &as_png))
        console_error("the picture is in '%s' instead", path);
    free(path);
    free(name);
}

static int save_result(const job *j, const task *t, const scumble_image *result)
{
    scumble_save_options options = tasks_save_options(&j->set);
    char *recipe = rights_recipe(&j->set.rights, scumble_run_recipe(j->run));
    options.recipe = recipe;
    outputs_say_note(result, t->output, j->set.format);
    int code = scumble_image_save(j->s, result, t->stopped ? t->unfinished : t->output, &options);
    if (code) {
        fail_task(j, t, code);
        if (!j->set.format) /* who breaks a pipe wants no more of it */
            save_elsewhere(j, t, result, &options);
    } else if (!t->stopped)
        unfinished_remove(j, t, recipe);
    free(recipe);
    return code ? EXIT_FAILED : 0;
}

/* " --look-in FOLDER" for an input that lies neither in the working folder nor beside the checkpoint, unless it is in
 * *flags already. */
static void add_folder(char **flags, const char *input, const char *checkpoint)
{
    if (!input || !paths_exists(input) || streams_is_input(input))
        return;
    char *folder = paths_folder(input), *beside = paths_folder(checkpoint), *quoted = text_quoted(folder);
    char *one = text_format(" --look-in %s", quoted), *longer = text_format("%s%s", *flags, one);
    bool known = !strcmp(folder, ".") || !strcmp(folder, beside) || strstr(*flags, one);
    if (!known) {
        free(*flags);
        *flags = text_copy(longer);
    }
    free(longer);
    free(one);
    free(quoted);
    free(beside);
    free(folder);
}

/* The checkpoint knows names, not folders. Caller frees. */
static char *look_in_flags(const job *j, const task *t)
{
    char *flags = text_copy("");
    add_folder(&flags, photo_of(j, t), t->checkpoint);
    for (int i = 0; i < j->styles.count; i++) {
        add_folder(&flags, j->styles.items[i].path, t->checkpoint);
        add_folder(&flags, j->styles.items[i].mask, t->checkpoint);
    }
    for (int i = 0; i < j->masks.count; i++)
        add_folder(&flags, j->masks.items[i], t->checkpoint);
    static const char *const others[] = { "colour", "init", "encoder" }; /* files or words */
    add_folder(&flags, j->protect, t->checkpoint);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        char *other = values_text(j->resolved, others[i]);
        add_folder(&flags, other, t->checkpoint);
        free(other);
    }
    return flags;
}

static void say_how_to_go_on(const task_run *e)
{
    const settings *set = &e->j->set;
    char *folders = look_in_flags(e->j, e->t);
    char *checkpoint = text_quoted(e->t->checkpoint), *output = text_quoted(set->format ? "-" : e->t->output),
         quality[32] = "", bits[16] = "";
    if (set->quality)
        snprintf(quality, sizeof quality, " --quality %d", (int)set->quality);
    if (set->bits >= 0)
        snprintf(bits, sizeof bits, " --bits %d", outputs_bits(set->bits));
    const char *photo = photo_of(e->j, e->t);
    console_info("to go on: scumble %s%s --resume %s%s -o %s%s%s%s", e->j->command,
                 photo && streams_is_input(photo) ? " -" : "", checkpoint, folders, output, bits,
                 set->icc == ICC_KEEP ? " --icc keep" : "", quality);
    free(folders);
    free(output);
    free(checkpoint);
}

/* Writes the picture and its companions and says so. */
static int finish_task(task_run *e, const scumble_image *result, double elapsed_s)
{
    const job *j = e->j;
    const task *t = e->t;
    bool interrupted = t->stopped, kept = interrupted && t->checkpoint && !cli_paint_write_checkpoint(e);
    if (save_result(j, t, result))
        return EXIT_FAILED;
    int status = write_reports(e), width = scumble_image_width(result), height = scumble_image_height(result);
    bool resumed = j->set.resume && t->checkpoint && !strcmp(j->set.resume, t->checkpoint);
    if (!interrupted && (e->checkpoint_written || resumed) && !j->set.checkpoint)
        unlink(t->checkpoint); /* it has served */
    char time[32];
    text_time(elapsed_s, time);
    if (interrupted)
        console_info("stopped after %lld of %lld iterations; wrote the best picture so far to %s (%dx%d, %s)",
                     (long long)e->iteration, (long long)e->iterations, t->unfinished, width, height, time);
    else
        console_info("wrote %s (%dx%d, %lld iterations, %s)", t->output, width, height, (long long)e->iteration, time);
    if (kept)
        say_how_to_go_on(e);
    events_done(&(done_event){ .photo = photo_of(j, t),
                               .output = interrupted ? t->unfinished : t->output,
                               .checkpoint = kept ? t->checkpoint : NULL,
                               .width = width,
                               .height = height,
                               .done = e->iteration,
                               .of = e->iterations,
                               .unit = "iterations",
                               .elapsed_s = elapsed_s,
                               .interrupted = interrupted });
    return interrupted ? EXIT_SIGNAL + interrupt_signal() : status;
}

/* Of a run that was cancelled: where it stands, and the picture, if there is one. */
static void take_unfinished(task_run *e, scumble_image **result)
{
    const scumble_event *at = scumble_run_progress(e->j->run);
    if (at && at->done > 0 && !scumble_run_picture(e->j->run, result)) {
        at = scumble_run_progress(e->j->run);
        e->iteration = at->done;
        e->iterations = at->of;
    }
}

/* photo NULL: a texture. save_s: what writing the result will take. */
static int run_task(job *j, task *t, const scumble_image *photo, double save_s)
{
    task_run e = { .j = j, .t = t, .display = progress_begin(j->set.progress, NULL, j->begun, j->to_paint) };
    e.display.past = j->painted;
    e.display.past_s = j->painting_s;
    scumble_image *result = NULL;
    double start_s = progress_now_s();
    e.display.beside_s = start_s - j->since_s + save_s;
    interrupt_hold(true);
    if (photo)
        regions_look_for_faces(j, t->photo, photo);
    interrupt_cancels(j->s);
    int code = photo ? scumble_run_content(j->run, photo) : 0;
    if (!code)
        code = scumble_run_finish(j->run, on_task_progress, &e, &result);
    interrupt_cancels(NULL);
    scumble_cancel_clear(j->s);
    progress_end(&e.display);
    if (code == SCUMBLE_ERR_CANCELLED && !result)
        take_unfinished(&e, &result);
    bool interrupted = code == SCUMBLE_ERR_CANCELLED && result;
    t->stopped = interrupted && e.iteration < e.iterations; /* by the last one it is done */
    bool nothing = code == SCUMBLE_ERR_CANCELLED && !result && interrupt_signal();
    if (nothing)
        console_info("stopped before there was a picture");
    int status = e.failed             ? e.failed :
                 nothing              ? EXIT_SIGNAL + interrupt_signal() :
                 code && !interrupted ? fail_task(j, t, code) :
                                        finish_task(&e, result, progress_now_s() - start_s);
    j->painted += !code;
    j->painting_s += code ? 0 : progress_now_s() - j->since_s;
    interrupt_hold(false);
    scumble_image_free(&result);
    loss_log_free(&e.losses);
    return status;
}

/* ---- before it ---- */

static void announce_task(const job *j, const task *t, int width, int height, const scumble_estimate *estimate)
{
    char time[32], memory[32], spare[32], tiles[48] = "";
    if (estimate->tile_edge)
        snprintf(tiles, sizeof tiles, ", in tiles of %d pixels", estimate->tile_edge);
    char *from = j->texture ? text_copy(t->photo) : text_format("%s (%dx%d)", t->photo, width, height);
    char *line = text_format("%s -> %s (%dx%d): about %s and %s of memory (%s free)%s", from, t->output,
                             estimate->width, estimate->height, text_time(estimate->time_s, time),
                             text_size(estimate->memory_bytes, memory), text_size(estimate->free_bytes, spare), tiles);
    events_start(&(start_event){ photo_of(j, t), t->output, estimate->width, estimate->height, estimate->memory_bytes,
                                 estimate->free_bytes, estimate->tile_edge, estimate->time_s });
    if (j->set.dry_run && !events_are_printed()) {
        line = streams_shown(line);
        puts(line);
    }
    if (!j->set.dry_run && j->to_paint > 1) {
        const double each_s = j->painted ? j->painting_s / j->painted : estimate->time_s;
        console_info("%d of %d, about %s for all: %s", j->begun, j->to_paint,
                     text_time(estimate->time_s + (j->to_paint - j->begun) * each_s, time), line);
    } else if (!j->set.dry_run)
        console_info("%s", line);
    free(line);
    free(from);
}

/* Of previews: a snapshot is written as the result is. */
static double previews_s(const job *j, const task *t, double save_s)
{
    double end = values_number(j->resolved, "stop-after"),
           count = end > 0 ? end : values_number(j->resolved, "iterations");
    return t->preview ? save_s * (double)((int64_t)count / j->set.every) : 0;
}

/* width, height: of the photo, or of the texture. photo_bytes: what loading the photo would take, when it is not
 * loaded. save_s: what writing the result will take. */
static int prepare_task(job *j, const task *t, int width, int height, int64_t photo_bytes, double *save_s)
{
    const scumble_estimate *found;
    stylize_announce(j);
    int code = j->texture ? scumble_run_texture(j->run, width, height) : 0;
    if (!code)
        code = scumble_run_estimate(j->run, j->texture ? 0 : width, j->texture ? 0 : height, &found);
    if (code)
        return fail_task(j, t, code);
    scumble_estimate estimate = *found;
    *save_s = estimate.save_s;
    estimate.time_s += progress_now_s() - j->since_s + (photo_bytes ? estimate.load_s : 0) + estimate.save_s +
                       previews_s(j, t, estimate.save_s); /* from its beginning to its end */
    j->estimated_s += estimate.time_s;
    announce_task(j, t, width, height, &estimate);
    return 0;
}

/* The photo cannot be read: that is so for its other candidates, too. */
static int fail_photo(job *j, int index, int code)
{
    for (int i = index + 1; i < j->task_count && j->tasks[i].number == j->tasks[index].number; i++)
        j->tasks[i].failed = true;
    return fail_task(j, &j->tasks[index], code);
}

static int only_estimate(job *j, int index)
{
    const task *t = &j->tasks[index];
    double save_s;
    int width, height;
    int code = scumble_image_probe(j->s, t->photo, &width, &height);
    return code ? fail_photo(j, index, code) :
                  prepare_task(j, t, width, height, (int64_t)width * height * 3 * (int64_t)sizeof(float), &save_s);
}

static int cli_paint_open_run(job *j, const task *t)
{
    int status = stylize_open_run(j, t);
    if (status && !j->hopeless)
        events_error(console_last_error(), photo_of(j, t));
    return status;
}

static int cli_paint(job *j, int index)
{
    task *t = &j->tasks[index];
    double save_s;
    int status = cli_paint_open_run(j, t); /* the style's limit of memory holds for pictures that come after it */
    if (status)
        return status;
    if (j->texture) {
        status = prepare_task(j, t, j->width, j->height, 0, &save_s);
        return status || j->set.dry_run ? status : run_task(j, t, NULL, save_s);
    }
    if (j->set.dry_run)
        return only_estimate(j, index);
    scumble_image *photo = NULL;
    int code = console_picture(j->s, t->photo, &photo);
    status = code ? fail_photo(j, index, code) :
                    prepare_task(j, t, scumble_image_width(photo), scumble_image_height(photo), 0, &save_s);
    if (!status)
        status = run_task(j, t, photo, save_s);
    scumble_image_free(&photo);
    return status;
}

int paint_task(job *j, int index)
{
    j->begun++;
    int status = cli_paint(j, index);
    scumble_run_close(&j->run);
    j->since_s = progress_now_s();
    return status;
}
