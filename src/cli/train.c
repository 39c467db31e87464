/* SPDX-License-Identifier: MIT */
/* `scumble train`: a painter from paintings and a folder of photos. The options are the library's
 * (SCUMBLE_OPTIONS_TRAIN). What can be watched lies in a folder beside the painter: NAME.train/ holds photos.png, a
 * row of samples for every N steps, all of them in samples.png, losses.csv and .svg, and the checkpoint. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arguments.h"
#include "commands.h"
#include "console.h"
#include "contact_sheet.h"
#include "events.h"
#include "inputs.h"
#include "interrupt.h"
#include "paths.h"
#include "progress.h"
#include "rights.h"
#include "scumble/train.h"
#include "training.h"
#include "values.h"

enum { SAMPLE_ROWS = 8 };

typedef struct training {
    scumble *s;
    scumble_trainer *trainer;
    scumble_options *options;
    text_list words, content, option_list;
    const char *output, *resume;
    rights_settings rights;
    int64_t every, threads;
    int progress;
    training_place place;
    loss_log losses;
    loss_mean mean;
    progress_display display;
    double auc; /* of the last samples */
} training;

/* ---- the command line ------------------------------------------------------------------------------------------ */

static int cli_train_read_arguments(training *t, int argc, char **argv, bool *help)
{
    const binding bindings[] = {
        BIND("content", &t->content), BIND("output", &t->output),   BIND("every", &t->every),
        BIND("resume", &t->resume),   BIND("threads", &t->threads), BIND("progress", &t->progress),
        RIGHTS_BINDINGS(t->rights),
    };
    return arguments_parse(&train_about, argc, argv, BINDINGS(bindings), &t->option_list, &t->words, help);
}

static int cli_train_check_combinations(training *t)
{
    int status = rights_check_settings(&t->rights);
    if (status)
        return status;
    if (t->resume) {
        for (int i = 0; i < t->option_list.count; i += 2)
            if (strcmp(t->option_list.items[i], "steps") && strcmp(t->option_list.items[i], "time"))
                return console_usage(
                    "--resume goes on as it began; of the options only --steps and --time may change, not --%s",
                    t->option_list.items[i]);
        if (t->rights.mode != RIGHTS_SHOW || t->rights.permission)
            return console_usage(
                "--resume goes on as it began; --rights and --i-have-permission are for the beginning");
        if (t->words.count || t->content.count || t->output)
            return console_usage(
                "--resume knows its paintings, photos and output; give it alone: scumble train --resume %s", t->resume);
        return 0;
    }
    if (!t->words.count)
        return console_usage("there is no painting; give one: scumble train painting.jpg --content photos/");
    if (!t->content.count)
        return console_usage("there are no photos to learn on; give a folder: --content photos/");
    if (t->output && strcmp(paths_extension(t->output), "scumble"))
        return console_usage("-o is '%s'; a painter's name ends in .scumble", t->output);
    return 0;
}

static int cli_train_read_options(training *t)
{
    t->options = must(scumble_options_create(SCUMBLE_OPTIONS_TRAIN));
    return values_set(t->s, t->options, &t->option_list);
}

/* ---- opening --------------------------------------------------------------------------------------------------- */

static int open_new(training *t)
{
    text_list files = { 0 };
    int status = 0;
    for (int i = 0; i < t->words.count && !status; i++)
        status = inputs_expand_sources(t->s, t->words.items[i], &files);
    scumble_painting *styles = must(calloc((size_t)files.count + 1, sizeof *styles));
    int count = 0;
    for (; count < files.count && !status; count++) {
        scumble_image *image;
        status = rights_check(t->s, &t->rights, files.items[count], true);
        int code = status ? 0 : console_picture(t->s, files.items[count], &image);
        if (code)
            status = console_failure(t->s, code, NULL);
        if (status)
            break;
        styles[count] = (scumble_painting){ image, 1, NULL };
    }
    if (!status) {
        int code = scumble_trainer_open(t->s, t->options, styles, count, (const char *const *)t->content.items,
                                        t->content.count, &t->trainer);
        if (!code && t->rights.permission)
            code = scumble_trainer_permit(t->trainer, t->rights.permission);
        status = code ? console_failure(t->s, code, NULL) : 0;
    }
    for (int i = 0; i < count; i++) {
        scumble_image *image = (scumble_image *)(uintptr_t)styles[i].image;
        scumble_image_free(&image);
    }
    free(styles);
    text_list_free(&files);
    return status;
}

static int open_trainer(training *t)
{
    scumble_config config = { .size = sizeof config, .threads = (int)t->threads };
    arguments_reading(&config);
    int code = scumble_open(&t->s, &config);
    if (code)
        return console_failure(t->s, code, NULL);
    int status = cli_train_read_options(t);
    if (status || !t->resume)
        return status ? status : open_new(t);
    int64_t steps = values_given(&t->option_list, "steps") ? (int64_t)values_number(t->options, "steps") : 0;
    code = scumble_trainer_resume(t->s, t->place.checkpoint, steps, values_number(t->options, "time"), &t->trainer);
    if (code)
        return console_failure(t->s, code, NULL);
    char *csv = training_place_file(&t->place, "losses.csv");
    loss_log_load(&t->losses, csv, scumble_trainer_progress(t->trainer)->done);
    free(csv);
    return 0;
}

/* ---- showing how it goes --------------------------------------------------------------------------------------- */

/* Beside what the contest is about, which comes first, stands how it goes. */
static void note_losses(training *t, const scumble_event *e)
{
    enum { CONTEST = 2 };
    bool contest = values_number(scumble_trainer_options(t->trainer), "discriminator") > 0;
    scumble_event noted = *e;
    scumble_loss *losses = must(calloc((size_t)e->loss_count + 1, sizeof *losses));
    memcpy(losses, e->losses, (size_t)e->loss_count * sizeof *losses);
    if (contest) {
        memmove(losses + CONTEST + 1, losses + CONTEST, (size_t)(e->loss_count - CONTEST) * sizeof *losses);
        losses[CONTEST] = (scumble_loss){ "auc", t->auc };
    }
    noted.losses = losses;
    noted.loss_count += contest;
    loss_mean_add(&t->mean, &t->losses, &noted);
    free(losses);
}

static void say_complaints(const training *t)
{
    for (const char *complaint; (complaint = scumble_trainer_complaint(t->trainer));)
        console_warning("left out: %s", complaint);
}

/* Samples, plot, checkpoint: what fails is said, and training goes on. */
static bool save_image(training *t, const scumble_image *image, const char *name)
{
    char *path = training_place_file(&t->place, name);
    bool failed = image && scumble_image_save(t->s, image, path, NULL);
    if (failed)
        console_warning("no %s: %s", name, scumble_error_text(t->s));
    free(path);
    return !failed;
}

static int cli_train_by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The photos and up to SAMPLE_ROWS rows: the first, the last, and between them each at about twice the steps of the one
 * before. */
static void cli_train_write_sheet(training *t)
{
    char *pattern = training_place_file(&t->place, "step-*.png"),
         *photos = training_place_file(&t->place, "photos.png"),
         *output = training_place_file(&t->place, "samples.png");
    text_list rows = { 0 };
    if (!inputs_expand(pattern, &rows) && rows.count) {
        qsort(rows.items, (size_t)rows.count, sizeof *rows.items, cli_train_by_name);
        sheet_picture pictures[SAMPLE_ROWS + 1] = { { .path = photos } };
        int count = 1;
        for (int i = 0; i < rows.count && count <= SAMPLE_ROWS; i = i ? 2 * i + 1 : 1)
            pictures[count++].path = rows.items[i];
        if (count <= SAMPLE_ROWS && strcmp(pictures[count - 1].path, rows.items[rows.count - 1]))
            pictures[count++].path = rows.items[rows.count - 1];
        contact_sheet sheet = {
            output, pictures, count, (int)values_number(scumble_trainer_options(t->trainer), "crop"), 1, 4,
            0,      true,     NULL
        };
        contact_sheet_write(t->s, &sheet);
    }
    text_list_free(&rows);
    free(pattern);
    free(photos);
    free(output);
}

static void write_samples(training *t, int64_t step)
{
    scumble_image *photos = NULL, *painted = NULL;
    if (scumble_trainer_sample(t->trainer, &photos, &painted, &t->auc)) {
        console_warning("no samples: %s", scumble_error_text(t->s));
        return;
    }
    char *name = text_format("step-%07lld.png", (long long)step);
    if (save_image(t, photos, "photos.png") && save_image(t, painted, name))
        cli_train_write_sheet(t);
    scumble_image_free(&photos);
    scumble_image_free(&painted);
    free(name);
}

static void write_losses(const training *t)
{
    const scumble_options *o = scumble_trainer_options(t->trainer);
    double steady = values_number(o, "steady");
    char *more = steady > 0 ? text_format(" + %g \303\227 steady", steady) : text_format("%s", "");
    char *formula = text_format("total = %g \303\227 content + %g \303\227 style + %g \303\227 adversarial + %g "
                                "\303\227 tv%s (the terms are drawn without their weights)",
                                values_number(o, "alpha"), values_number(o, "beta"), values_number(o, "gamma"),
                                values_number(o, "tv"), more);
    training_write_losses(&t->place, &t->losses, formula);
    free(formula);
    free(more);
}

static int cli_train_write_checkpoint(training *t)
{
    int code = scumble_trainer_checkpoint(t->trainer, t->place.checkpoint);
    if (code)
        console_error("no checkpoint: %s", scumble_error_text(t->s));
    return code;
}

static void cli_train_take_stock(training *t, int64_t step)
{
    write_samples(t, step);
    write_losses(t);
    cli_train_write_checkpoint(t);
}

/* ---- training -------------------------------------------------------------------------------------------------- */

/* What was learnt before stays: the last checkpoint, and the losses for a look at where it went wrong. */
static int fail_training(training *t, int code)
{
    int status = console_failure(t->s, code, NULL);
    write_losses(t);
    if (paths_exists(t->place.checkpoint))
        console_info("its last checkpoint is still in %s, and its losses", t->place.folder);
    return status;
}

static int finish_training(training *t, int signal)
{
    char time[32];
    scumble_event at = *scumble_trainer_progress(t->trainer);
    text_time(at.elapsed_s, time);
    if (at.done % t->every)
        cli_train_take_stock(t, at.done);
    int code = signal ? 0 : scumble_trainer_save(t->trainer, t->place.output);
    if (code)
        return fail_training(t, code);
    if (signal)
        console_info("stopped after %lld of %lld steps (%s); to go on: scumble train --resume %s", (long long)at.done,
                     (long long)at.of, time, t->place.folder);
    else {
        unlink(t->place.checkpoint); /* it has served */
        console_info("wrote %s (%lld steps, %s); samples and losses are in %s", t->place.output, (long long)at.done,
                     time, t->place.folder);
    }
    training_tell_done(&t->place, &at, signal != 0);
    return signal ? EXIT_SIGNAL + signal : 0;
}

static int train_all_steps(training *t)
{
    int code = 0;
    write_samples(t, scumble_trainer_progress(t->trainer)->done);
    while (!code && !scumble_trainer_done(t->trainer) && !interrupt_signal()) {
        interrupt_cancels(t->s);
        code = scumble_trainer_step(t->trainer);
        interrupt_cancels(NULL);
        if (code)
            break;
        const scumble_event *e = scumble_trainer_progress(t->trainer);
        progress_show(&t->display, e);
        note_losses(t, e);
        say_complaints(t);
        if (e->done % t->every == 0)
            cli_train_take_stock(t, e->done);
    }
    progress_end(&t->display);
    if (code == SCUMBLE_ERR_CANCELLED && interrupt_signal())
        code = 0; /* the step that was broken off is not taken */
    scumble_cancel_clear(t->s);
    return code ? fail_training(t, code) : finish_training(t, interrupt_signal());
}

static int run_training(training *t)
{
    int64_t photos, parameters;
    t->display = progress_begin(t->progress, NULL, 1, 1);
    if (t->progress == PROGRESS_JSON)
        events_begin("train");
    char *name = t->resume ? NULL : paths_name(t->words.items[0]),
         *output = t->output ? text_copy(t->output) : text_format("%s.scumble", name ? name : "");
    int status = training_place_choose(&t->place, t->resume, output, "scumble", "train");
    free(name);
    free(output);
    if (!status)
        status = training_place_check(&t->place, &t->words);
    if (!status)
        status = training_place_check(&t->place, &t->content);
    if (!status)
        status = open_trainer(t);
    if (!status) {
        scumble_trainer_facts(t->trainer, &photos, &parameters);
        char *size = values_text(scumble_trainer_options(t->trainer), "size");
        console_info("a %s painter of %lld values learns from %lld photos; watch %s", size, (long long)parameters,
                     (long long)photos, t->place.folder);
        free(size);
        events_start(&(start_event){ .output = t->place.output, .time_s = -1 });
        interrupt_watch();
        interrupt_hold(true);
        status = train_all_steps(t);
        interrupt_hold(false);
    }
    return status;
}

/* `train encoder ...`, or `train --encoder TEACHER ... -o NAME.safetensors`: no painter has such a name. */
static bool is_for_encoder(int argc, char **argv)
{
    bool named = argc && !strcmp(argv[0], "--encoder"), found = false;
    for (int i = 2; i < argc && named; i++)
        found |= (!strcmp(argv[i - 1], "-o") || !strcmp(argv[i - 1], "--output")) &&
                 !strcmp(paths_extension(argv[i]), "safetensors");
    return found || (argc && !strcmp(argv[0], "encoder"));
}

int command_train(int argc, char **argv)
{
    if (is_for_encoder(argc, argv))
        return command_train_encoder(argc - 1, argv + 1);
    training t = { .every = 100, .auc = 0.5 };
    bool help = false;
    int status = cli_train_read_arguments(&t, argc, argv, &help);
    if (!status && !help)
        status = cli_train_check_combinations(&t);
    if (!status && !help)
        status = run_training(&t);
    scumble_trainer_close(&t.trainer);
    scumble_options_free(&t.options);
    scumble_close(&t.s);
    loss_log_free(&t.losses);
    loss_mean_free(&t.mean);
    text_list_free(&t.words);
    text_list_free(&t.content);
    text_list_free(&t.option_list);
    training_place_free(&t.place);
    return status;
}
