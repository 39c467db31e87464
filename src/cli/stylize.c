/* SPDX-License-Identifier: MIT */
/* `scumble stylize`: reads the command line and leads the job: checks first, then the network and the styles once, then
 * photo by photo. The options of a style are the library's (SCUMBLE_OPTIONS_STYLE); only what concerns files and
 * display is named here. */
#define _GNU_SOURCE
#include "stylize.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arguments.h"
#include "commands.h"
#include "console.h"
#include "events.h"
#include "inputs.h"
#include "interrupt.h"
#include "paths.h"
#include "progress.h"
#include "recipe.h"
#include "streams.h"
#include "scumble/match.h"

/* ---- the command line ---- */

int stylize_check_flags(job *j)
{
    const settings *set = &j->set;
    if (set->from && set->resume)
        return console_usage(
            "--from and --resume do not go together; a checkpoint has its recipe in it, so give --resume alone");
    if (set->look_in.count && !set->from && !set->resume)
        return console_usage("--look-in says where the files of a recipe are; give --from or --resume too");
    if (recipe_check_folders(&set->look_in))
        return EXIT_USAGE;
    if (set->every && !set->preview)
        return console_usage("--every says how often --preview is written; give --preview FILE too");
    if (set->automatic && (set->from || set->resume || set->preset))
        return console_usage("--auto finds settings for each photo, which %s sets; give one of the two",
                             set->from   ? "--from" :
                             set->resume ? "--resume" :
                                           "--preset");
    if (console_is_quiet() && set->verbose)
        return console_usage("-q and -v contradict each other; give one");
    if (console_is_quiet() && set->progress == PROGRESS_BAR)
        return console_usage("-q and --progress bar contradict each other; give one");
    int status = rights_check_settings(&set->rights);
    if (!status)
        status = steer_parse(&j->steering, &set->at);
    return status ? status : variations_check_flags(j);
}

static int stylize_check_combinations(job *j)
{
    const settings *set = &j->set;
    bool repeats = set->from || set->resume;
    int status = stylize_check_flags(j);
    if (status)
        return status;
    if (!j->words.count && !repeats)
        return console_usage("there is no photo; give one: scumble stylize photo.jpg --style painting.jpg");
    if (!j->styles.count && !repeats)
        return console_usage("there is no style; give a painting: --style painting.jpg");
    if (set->resume && j->words.count > 1)
        return console_usage("--resume goes on with one picture, but there are %d photos", j->words.count);
    return 0;
}

int stylize_parse(job *j, const command_about *command, int argc, char **argv, const binding *more, int more_count,
                  bool *help)
{
    settings *set = &j->set;
    const binding own[] = {
        BIND("style-mask", &j->style_masks),
        BIND("output", &set->output),
        BIND("format", &set->format),
        BIND("variations", &set->variations),
        BIND("sheet", &set->sheet),
        BIND("bits", &set->bits),
        BIND("quality", &set->quality),
        BIND("icc", &set->icc),
        BIND("recipe", &set->recipe),
        BIND("skip-existing", &set->skip_existing),
        BIND("no-recipe", &set->no_recipe),
        BIND("csv", &set->csv),
        BIND("plot", &set->plot),
        BIND("preview", &set->preview),
        BIND("every", &set->every),
        BIND("from", &set->from),
        BIND("at", &set->at),
        BIND("look-in", &set->look_in),
        BIND("resume", &set->resume),
        BIND("checkpoint", &set->checkpoint),
        BIND("checkpoint-every", &set->checkpoint_every),
        BIND("threads", &set->threads),
        BIND("max-pixels", &set->max_pixels),
        BIND("progress", &set->progress),
        BIND("json", &set->json),
        BIND("dry-run", &set->dry_run),
        RIGHTS_BINDINGS(set->rights),
        BIND("verbose", &set->verbose),
    };
    enum { OWN = sizeof own / sizeof *own };
    binding *all = must(calloc(OWN + (size_t)more_count, sizeof *all));
    memcpy(all, own, sizeof own);
    memcpy(all + OWN, more, sizeof *more * (size_t)more_count);
    int status = arguments_parse(command, argc, argv, all, OWN + more_count, &j->options, &j->words, help);
    free(all);
    return status;
}

/* Fills in the settings, styles and words. */
static int stylize_read_arguments(job *j, int argc, char **argv, bool *help)
{
    text_list styles = { 0 };
    const char *protect = NULL;
    const binding photos_only[] = {
        BIND("style", &styles),
        BIND("mask", &j->masks),
        BIND("protect", &protect),
        BIND("faces", &j->faces),
        BIND("preset", &j->set.preset),
        BIND("auto", &j->set.automatic),
        BIND("keep-gps", &j->set.keep_gps),
    };
    int status = stylize_parse(j, &stylize_about, argc, argv, BINDINGS(photos_only), help);
    for (int i = 0; !status && !*help && i < styles.count; i++)
        status = style_files_add(&j->styles, "--style", styles.items[i]);
    j->protect = protect ? text_copy(protect) : NULL;
    if (!status && !*help)
        status = stylize_check_combinations(j);
    text_list_free(&styles);
    return status;
}

/* ---- the job ---- */

static int stylize_open_context(job *j)
{
    scumble_config config = { .size = sizeof config, .threads = (int)j->set.threads, .max_pixels = j->set.max_pixels };
    arguments_reading(&config);
    int code = scumble_open(&j->s, &config);
    return code ? console_failure(j->s, code, NULL) : 0;
}

/* What all inputs say of their rights. */
static int check_rights(const job *j)
{
    const rights_settings *set = &j->set.rights;
    char *colour = values_text(j->resolved, "colour"), *init = values_text(j->resolved, "init");
    const char *const others[] = { j->protect, colour, init }; /* files or words */
    int status = 0;
    for (int i = 0; !j->texture && i < j->photos.count; i++)
        rights_check(j->s, set, j->photos.items[i], false);
    for (int i = 0; i < j->styles.count && !status; i++) {
        status = rights_check(j->s, set, j->styles.items[i].path, true);
        rights_check(j->s, set, j->styles.items[i].mask, false);
    }
    for (int i = 0; i < j->masks.count; i++)
        rights_check(j->s, set, j->masks.items[i], false);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (others[i] && paths_exists(others[i]))
            rights_check(j->s, set, others[i], false);
    free(colour);
    free(init);
    return status;
}

/* Everything that can be known without the network: options and files. */
static int prepare_job(job *j)
{
    int status = stylize_open_context(j);
    j->resolved = must(scumble_options_create(SCUMBLE_OPTIONS_STYLE));
    for (int i = 0; !status && !j->texture && i < j->words.count; i++)
        status = inputs_expand_sources(j->s, j->words.items[i], &j->photos);
    if (!status && (j->set.from || j->set.resume))
        status = recipe_load(j);
    if (j->texture && !j->width)
        j->width = j->height = TEXTURE_SIZE;
    if (!status)
        status = variations_make(j);
    if (!status)
        status = style_files_check(&j->styles);
    if (!status)
        status = regions_prepare(j);
    if (!status)
        status = check_rights(j);
    if (!status && j->texture) /* what is made is named after it */
        text_list_add(&j->photos, text_copy(j->styles.items[0].path));
    if (!status)
        status = tasks_make(j);
    if (!status)
        status = regions_check_sizes(j);
    if (!status && !j->set.dry_run)
        status = tasks_try_saving(j);
    return status;
}

/* The paintings of a candidate: index *first and the next ones. */
static int styles_of(const job *j, const variation *v, int *first)
{
    *first = v->style < 0 ? 0 : v->style;
    return v->style < 0 ? j->styles.count : 1;
}

/* What -v tells of the style; of a texture not the second line, the content's. */
static void announce_terms(const job *j)
{
    const char *all = scumble_style_describe(j->style), *content = j->texture ? strstr(all, "\ncontent ") : NULL;
    const char *rest = content ? strchr(content + 1, '\n') : NULL;
    char *lines = rest ? text_format("%.*s%s", (int)(content - all), all, rest) : text_copy(all);
    console_info_lines(lines);
    free(lines);
}

/* Candidates of the same paintings are told of once. */
static void announce_styles(const job *j, const variation *v)
{
    char *encoder = values_text(j->resolved, "encoder");
    int first, count = v == j->variations || v->style >= 0 ? styles_of(j, v, &first) : 0;
    for (int i = 0; i < count; i++) {
        const style_file *style = &j->styles.items[first + i];
        char *weight = count > 1 ? text_format(", weight %g", style->weight) : text_copy("");
        console_info("style %s%s%s%s", style->path, weight, i ? "" : "; encoder ", i ? "" : encoder);
        free(weight);
    }
    free(encoder);
    if (j->set.verbose) {
        console_info_lines(scumble_describe(j->s));
        announce_terms(j);
    }
}

static int stylize_open_style(job *j, const variation *v)
{
    int first, count = styles_of(j, v, &first);
    return style_files_open(j->s, &j->styles, first, count, j->resolved, &j->style);
}

/* A run with the masks of this candidate, and the state to go on from. */
static int stylize_begin_run(job *j, const variation *v)
{
    int first, count = styles_of(j, v, &first), code = scumble_run_open(j->style, &j->run);
    if (!code)
        code = regions_apply(j, first, count);
    if (!code && j->set.resume)
        code = scumble_run_restore(j->run, j->set.resume);
    return code;
}

/* --auto: what suits the photo and the first of the paintings, but for what the command line says. */
static int choose_settings(job *j, const task *t, const variation *v)
{
    int first;
    styles_of(j, v, &first);
    scumble_image *photo = NULL, *painting = NULL;
    scumble_match_settings found;
    int code = console_picture(j->s, t->photo, &photo);
    if (!code)
        code = console_picture(j->s, j->styles.items[first].path, &painting);
    if (!code)
        code = scumble_match_settings_of(j->s, photo, painting, &found);
    scumble_image_free(&photo);
    scumble_image_free(&painting);
    if (code)
        return console_failure(j->s, code, NULL);
    char beta[32], scale[32];
    snprintf(beta, sizeof beta, "%.2g", found.beta);
    snprintf(scale, sizeof scale, "%.2g", found.style_scale);
    const char *const options[][2] = { { "beta", beta }, { "style-scale", scale }, { "colour", found.colour } };
    for (size_t i = 0; i < sizeof options / sizeof *options && !code; i++)
        if (!values_given(&j->options, options[i][0]))
            code = scumble_options_set(j->s, j->resolved, options[i][0], options[i][1]);
    char *colour = values_text(j->resolved, "colour");
    if (!code)
        console_info("auto: beta %g, style-scale %g, colour %s", values_number(j->resolved, "beta"),
                     values_number(j->resolved, "style-scale"), colour);
    free(colour);
    return code ? console_failure(j->s, code, NULL) : 0;
}

/* Closes the style that is open and makes ready for another one, unless it serves this task too (*serves). */
static int change_style(job *j, const task *t, bool *serves)
{
    const variation *v = t->variation;
    *serves = j->style && j->opened == v && (!j->set.automatic || j->opened_for == t->photo);
    if (*serves)
        return 0;
    scumble_style_close(&j->style);
    j->opened = v;
    j->opened_for = t->photo;
    scumble_options_free(&j->resolved);
    j->resolved = must(scumble_options_copy(v->options));
    return j->set.automatic ? choose_settings(j, t, v) : 0;
}

int stylize_open_run(job *j, const task *t)
{
    const variation *v = t->variation;
    bool serves;
    int status = change_style(j, t, &serves);
    if (status)
        return status;
    int code = serves ? 0 : stylize_open_style(j, v);
    if (!code)
        code = stylize_begin_run(j, v);
    if (code) {
        scumble_run_close(&j->run);
        scumble_style_close(&j->style);
        j->hopeless = v->style < 0;
        return console_failure(j->s, code, NULL);
    }
    if (!serves)
        j->unannounced = v;
    return 0;
}

void stylize_announce(job *j)
{
    if (j->unannounced)
        announce_styles(j, j->unannounced);
    j->unannounced = NULL;
}

static void summarize_job(const job *j, int done, int failed)
{
    if (j->task_count < 2 || !failed)
        return;
    console_error("%d of %d pictures %s; these failed:", done, j->task_count, j->set.dry_run ? "can be made" : "made");
    for (int i = 0; i < j->task_count; i++)
        if (j->tasks[i].failed && j->tasks[i].variation->label)
            console_error("  %s (%s)", j->tasks[i].photo, j->tasks[i].variation->label);
        else if (j->tasks[i].failed)
            console_error("  %s", j->tasks[i].photo);
}

/* After a photo's last candidate, or after the last one before Ctrl-C. */
static int stylize_write_sheet(const job *j, int index)
{
    int last = index;
    while (last + 1 < j->task_count && j->tasks[last + 1].number == j->tasks[index].number)
        last++;
    if (!j->tasks[last].sheet || j->set.dry_run || (last != index && !interrupt_signal()))
        return 0;
    return variations_sheet(j, last);
}

/* A failing photo does not stop the others; Ctrl-C does. */
static int paint_all_tasks(job *j)
{
    int done = 0, failed = 0, last = 0, sheets_failed = 0;
    for (int i = 0; i < j->task_count; i++) {
        task *t = &j->tasks[i];
        if (!t->failed && !t->there) {
            last = paint_task(j, i);
            if (j->hopeless)
                return last;
            t->made = !last || last >= EXIT_SIGNAL;
            t->failed = !t->made;
        }
        done += !t->failed;
        failed += t->failed;
        sheets_failed += stylize_write_sheet(j, i) != 0;
        if (last >= EXIT_SIGNAL || interrupt_signal())
            return EXIT_SIGNAL + interrupt_signal();
    }
    summarize_job(j, done, failed);
    tasks_say_total(j, done);
    return !failed && !sheets_failed ? EXIT_DONE : j->task_count == 1 && failed ? last : EXIT_FAILED;
}

int stylize_run(job *j)
{
    j->since_s = progress_now_s();
    j->set.progress = j->set.json ? PROGRESS_JSON : j->set.progress;
    int status = tasks_open_streams(j);
    if (status)
        return status;
    interrupt_watch();
    if (j->set.progress == PROGRESS_JSON)
        events_begin(j->command);
    if (j->set.preview && !j->set.every)
        j->set.every = 10;
    status = prepare_job(j);
    return status ? status : paint_all_tasks(j);
}

void stylize_free(job *j)
{
    scumble_run_close(&j->run);
    scumble_style_close(&j->style);
    scumble_text_free(&j->json);
    scumble_options_free(&j->resolved);
    scumble_close(&j->s);
    tasks_free(j);
    variations_free(j);
    style_list_free(&j->styles);
    free(j->protect);
    free(j->recipe_file);
    text_list_free(&j->set.look_in);
    text_list_free(&j->set.at);
    steer_free(&j->steering);
    text_list_free(&j->style_masks);
    text_list_free(&j->masks);
    text_list_free(&j->photos);
    text_list_free(&j->words);
    text_list_free(&j->options);
}

int command_stylize(int argc, char **argv)
{
    job j = { .command = "stylize", .set = { .bits = -1 } };
    bool help = false;
    int status = stylize_read_arguments(&j, argc, argv, &help);
    if (!status && !help)
        status = stylize_run(&j);
    stylize_free(&j);
    return status;
}
