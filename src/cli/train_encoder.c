/* SPDX-License-Identifier: MIT */
/* `scumble train encoder`: an encoder of one's own, distilled from others with a folder of pictures. The options are
 * the library's (SCUMBLE_OPTIONS_DISTIL). Beside NAME.safetensors lies NAME.train with losses.csv and .svg and the
 * checkpoint. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arguments.h"
#include "commands.h"
#include "console.h"
#include "events.h"
#include "interrupt.h"
#include "paths.h"
#include "progress.h"
#include "scumble/distil.h"
#include "training.h"
#include "values.h"

typedef struct distillation {
    scumble *s;
    scumble_distiller *distiller;
    scumble_options *options;
    text_list teachers, content, option_list;
    const char *output, *resume;
    int64_t every, threads;
    int progress;
    training_place place;
    loss_log losses;
    loss_mean mean;
    progress_display display;
} distillation;

/* ---- the command line ------------------------------------------------------------------------------------------ */

static int train_encoder_read_arguments(distillation *d, int argc, char **argv, bool *help)
{
    const binding bindings[] = {
        BIND("content", &d->content), BIND("output", &d->output),   BIND("every", &d->every),
        BIND("resume", &d->resume),   BIND("threads", &d->threads), BIND("progress", &d->progress),
    };
    return arguments_parse(&train_encoder_about, argc, argv, BINDINGS(bindings), &d->option_list, &d->teachers, help);
}

static int train_encoder_check_combinations(const distillation *d)
{
    if (d->resume) {
        for (int i = 0; i < d->option_list.count; i += 2)
            if (strcmp(d->option_list.items[i], "steps") && strcmp(d->option_list.items[i], "time"))
                return console_usage(
                    "--resume goes on as it began; of the options only --steps and --time may change, not --%s",
                    d->option_list.items[i]);
        if (d->teachers.count || d->content.count || d->output)
            return console_usage(
                "--resume knows its teachers, pictures and output; give it alone: scumble train encoder --resume %s",
                d->resume);
        return 0;
    }
    if (!d->teachers.count)
        return console_usage(
            "there is no teacher; give an encoder: scumble train encoder vgg19 --content photos/ -o mine.safetensors");
    if (!d->content.count)
        return console_usage("there are no pictures to learn on; give a folder: --content photos/");
    if (!d->output || strcmp(paths_extension(d->output), "safetensors"))
        return console_usage("%s%s%s; an encoder needs a name that ends in .safetensors",
                             d->output ? "-o is '" : "there is no -o", d->output ? d->output : "",
                             d->output ? "'" : "");
    return 0;
}

static int train_encoder_read_options(distillation *d)
{
    d->options = must(scumble_options_create(SCUMBLE_OPTIONS_DISTIL));
    return values_set(d->s, d->options, &d->option_list);
}

static int open_distiller(distillation *d)
{
    scumble_config config = { .size = sizeof config, .threads = (int)d->threads };
    arguments_reading(&config);
    int code = scumble_open(&d->s, &config);
    if (code)
        return console_failure(d->s, code, NULL);
    int status = train_encoder_read_options(d);
    if (status)
        return status;
    int64_t steps = values_given(&d->option_list, "steps") ? (int64_t)values_number(d->options, "steps") : 0;
    if (d->resume)
        code = scumble_distiller_resume(d->s, d->place.checkpoint, steps, values_number(d->options, "time"),
                                        &d->distiller);
    else
        code = scumble_distiller_open(d->s, d->options, (const char *const *)d->teachers.items, d->teachers.count,
                                      (const char *const *)d->content.items, d->content.count, &d->distiller);
    if (code)
        return console_failure(d->s, code, NULL);
    if (d->resume) {
        char *csv = training_place_file(&d->place, "losses.csv");
        loss_log_load(&d->losses, csv, scumble_distiller_progress(d->distiller)->done);
        free(csv);
    }
    return 0;
}

/* ---- showing how it goes --------------------------------------------------------------------------------------- */

/* "1_1 .52  2_1 .71": the layers' shares. Caller frees. */
static char *shares_text(const distillation *d, const double *shares)
{
    const char *names[SCUMBLE_DISTIL_LAYERS];
    int count = scumble_distiller_layers(d->distiller, names);
    char *text = text_copy("");
    for (int i = 0; i < count; i++) {
        char *longer = text_format("%s%s%s %.2f", text, i ? "  " : "", names[i] + strlen("relu"), shares[i]);
        free(text);
        text = longer;
    }
    return text;
}

/* Plot and checkpoint: what fails is said, and training goes on. */
static void train_encoder_take_stock(const distillation *d)
{
    training_write_losses(&d->place, &d->losses,
                          "of each layer, the share of the teacher's variance that is not explained; total: their sum");
    if (scumble_distiller_checkpoint(d->distiller, d->place.checkpoint))
        console_error("no checkpoint: %s", scumble_error_text(d->s));
}

/* ---- training -------------------------------------------------------------------------------------------------- */

static int finish_distillation(distillation *d, int signal)
{
    char time[32];
    double unexplained[SCUMBLE_DISTIL_LAYERS];
    scumble_event at = *scumble_distiller_progress(d->distiller);
    text_time(at.elapsed_s, time);
    if (at.done % d->every)
        train_encoder_take_stock(d);
    int code = signal ? 0 : scumble_distiller_save(d->distiller, d->place.output, unexplained);
    if (code)
        return console_failure(d->s, code, NULL);
    if (signal)
        console_info("stopped after %lld of %lld steps (%s); to go on: scumble train encoder --resume %s",
                     (long long)at.done, (long long)at.of, time, d->place.folder);
    else {
        unlink(d->place.checkpoint); /* it has served */
        char *shares = shares_text(d, unexplained);
        console_info("wrote %s (%lld steps, %s); of pictures held out it leaves unexplained: %s", d->place.output,
                     (long long)at.done, time, shares);
        free(shares);
    }
    training_tell_done(&d->place, &at, signal != 0);
    return signal ? EXIT_SIGNAL + signal : 0;
}

static int distil_all_steps(distillation *d)
{
    int code = 0;
    while (!code && !scumble_distiller_done(d->distiller) && !interrupt_signal()) {
        interrupt_cancels(d->s);
        code = scumble_distiller_step(d->distiller);
        interrupt_cancels(NULL);
        if (code)
            break;
        const scumble_event *e = scumble_distiller_progress(d->distiller);
        progress_show(&d->display, e);
        loss_mean_add(&d->mean, &d->losses, e);
        for (const char *complaint; (complaint = scumble_distiller_complaint(d->distiller));)
            console_warning("left out: %s", complaint);
        if (e->done % d->every == 0)
            train_encoder_take_stock(d);
    }
    progress_end(&d->display);
    if (code == SCUMBLE_ERR_CANCELLED && interrupt_signal())
        code = 0; /* the step that was broken off is not taken */
    scumble_cancel_clear(d->s);
    return code ? console_failure(d->s, code, NULL) : finish_distillation(d, interrupt_signal());
}

static int run_distillation(distillation *d)
{
    int64_t photos, parameters;
    const char *names[SCUMBLE_DISTIL_LAYERS];
    d->display = progress_begin(d->progress, NULL, 1, 1);
    if (d->progress == PROGRESS_JSON)
        events_begin("distil");
    int status = training_place_choose(&d->place, d->resume, d->output, "safetensors", "train encoder");
    if (!status)
        status = training_place_check(&d->place, &d->teachers);
    if (!status)
        status = training_place_check(&d->place, &d->content);
    if (!status)
        status = open_distiller(d);
    if (!status) {
        scumble_distiller_facts(d->distiller, &photos, &parameters);
        console_info("an encoder up to %s (%lld values) learns from %lld pictures; watch %s",
                     names[scumble_distiller_layers(d->distiller, names) - 1], (long long)parameters, (long long)photos,
                     d->place.folder);
        events_start(&(start_event){ .output = d->place.output, .time_s = -1 });
        interrupt_watch();
        interrupt_hold(true);
        status = distil_all_steps(d);
        interrupt_hold(false);
    }
    return status;
}

int command_train_encoder(int argc, char **argv)
{
    distillation d = { .every = 100 };
    bool help = false;
    int status = train_encoder_read_arguments(&d, argc, argv, &help);
    if (!status && !help)
        status = train_encoder_check_combinations(&d);
    if (!status && !help)
        status = run_distillation(&d);
    scumble_distiller_close(&d.distiller);
    scumble_options_free(&d.options);
    scumble_close(&d.s);
    loss_log_free(&d.losses);
    loss_mean_free(&d.mean);
    text_list_free(&d.teachers);
    text_list_free(&d.content);
    text_list_free(&d.option_list);
    training_place_free(&d.place);
    return status;
}
