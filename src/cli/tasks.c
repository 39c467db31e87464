/* SPDX-License-Identifier: MIT */
/* What `scumble stylize` and `scumble texture` will write, decided and checked before anything is computed: names from
 * -o and the other output flags, no input and no other output overwritten, folders there and writable, formats known.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "console.h"
#include "events.h"
#include "outputs.h"
#include "paths.h"
#include "progress.h"
#include "streams.h"
#include "stylize.h"

static const char default_name[] = "{name}-{style}.png", again_name[] = "{name}-{style}-again.png";
static const char texture_name[] = "{name}-texture.png", texture_again_name[] = "{name}-texture-again.png";

/* ---- names ---- */

/* The pattern, for this candidate, filled in. */
static char *tasks_fill(const job *j, const char *pattern, const template_values *values)
{
    char *varied = variations_pattern(j, pattern), *filled = paths_fill(varied, values);
    free(varied);
    return filled;
}

static char *name_in_folder(const job *j, const char *form, const template_values *values)
{
    const char *folder = j->set.output;
    char *name = tasks_fill(j, form, values), *path = folder ? paths_join(folder, name) : text_copy(name);
    free(name);
    return path;
}

static char *output_name(const job *j, const template_values *values)
{
    const settings *set = &j->set;
    if (set->output && !outputs_is_folder(set->output))
        return tasks_fill(j, set->output, values);
    char *path = name_in_folder(j, j->texture ? texture_name : default_name, values);
    if (set->from && paths_same_file(path, set->from)) { /* the picture that is being repeated stays */
        free(path);
        path = name_in_folder(j, j->texture ? texture_again_name : again_name, values);
    }
    return path;
}

static char *filled_or_null(const job *j, const char *pattern, const template_values *values)
{
    return pattern ? tasks_fill(j, pattern, values) : NULL;
}

static void name_task(const job *j, task *t, int photo, const char *style, const variation *v)
{
    const settings *set = &j->set;
    t->number = photo + 1;
    t->variation = v;
    t->photo = text_copy(j->photos.items[photo]);
    char *name = paths_name(t->photo), *extension = outputs_extension(t->photo);
    template_values values = { .name = name,
                               .style = v->style < 0 ? style : v->label,
                               .variation = v->label ? v->label : "",
                               .extension = extension,
                               .number = t->number,
                               .total = j->photos.count };
    t->output = output_name(j, &values);
    t->unfinished = paths_unfinished(t->output);
    t->preview = filled_or_null(j, set->preview, &values);
    t->recipe = filled_or_null(j, set->recipe, &values);
    t->csv = filled_or_null(j, set->csv, &values);
    t->plot = filled_or_null(j, set->plot, &values);
    t->checkpoint = set->checkpoint ? tasks_fill(j, set->checkpoint, &values) :
                    set->format     ? NULL :
                                      text_format("%s.checkpoint", t->output);
    values.style = style;
    if (set->sheet && v == &j->variations[j->variation_count - 1])
        t->sheet = paths_fill(set->sheet, &values);
    free(extension);
    free(name);
}

/* ---- streams ---- */

int tasks_open_streams(job *j)
{
    settings *set = &j->set;
    int status = streams_output(&set->output, &set->format, !set->dry_run);
    text_list *const masks[] = { &j->masks, &j->style_masks };
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < masks[k]->count && !status; i++)
            status = regions_means_none(masks[k]->items[i]) ? 0 : streams_input(&masks[k]->items[i]);
    if (!status && j->protect && !regions_means_none(j->protect))
        status = streams_input(&j->protect);
    for (int i = 0; i < j->options.count && !status; i += 2)
        if (!strcmp(j->options.items[i], "init") || !strcmp(j->options.items[i], "colour"))
            status = streams_input(&j->options.items[i + 1]);
    if (!status && set->from) {
        j->recipe_file = text_copy(set->from);
        status = streams_input(&j->recipe_file);
        set->from = j->recipe_file;
    }
    if (!status && set->format && !set->dry_run && set->progress == PROGRESS_JSON)
        status = console_usage("--progress json writes to standard output, and so may -o '%s'; give the picture a file",
                               set->output);
    if (!status && set->format && (set->variations || set->sheet))
        status = console_usage("-o is '%s', which takes one picture; %s needs a file, or a folder", set->output,
                               set->sheet ? "--sheet" : "--variations");
    if (!status && set->format && set->checkpoint_every && !set->checkpoint)
        status = console_usage("--checkpoint-every needs a name for it, for -o '%s' gives none; give --checkpoint FILE",
                               set->output);
    return status;
}

/* ---- checks ---- */

char *tasks_unfinished_report(const task *t, int which)
{
    const char *const reports[TASK_REPORTS] = { t->recipe, t->csv, t->plot, t->sheet };
    return reports[which] ? paths_unfinished(reports[which]) : NULL;
}

/* The words in braces are known, and {variation} stands for something. */
static int check_words(const job *j, const char *flag, const char *text)
{
    int status = paths_check_template(flag, text);
    if (!status && strstr(text, "{variation}") && !strcmp(flag, "--sheet"))
        status = console_usage("--sheet is '%s', but a sheet shows all variations; leave {variation} out", text);
    else if (!status && strstr(text, "{variation}") && !j->set.variations)
        status = console_usage(
            "%s is '%s', but there is only one variation; give --variations N, or leave {variation} out", flag, text);
    return status;
}

/* A flag's file that every photo would share. */
static int tasks_check_pattern(const job *j, const char *flag, const char *text)
{
    if (!text)
        return 0;
    int status = check_words(j, flag, text);
    if (!status && j->photos.count > 1 && !paths_is_template(text))
        status =
            console_usage("%s is '%s', one file for %d photos; use {name} or {n} in it", flag, text, j->photos.count);
    return status;
}

static int check_patterns(const job *j)
{
    const settings *set = &j->set;
    int status = 0;
    if (set->output && !outputs_is_folder(set->output))
        status = check_words(j, "-o", set->output);
    if (set->output && !status)
        status = outputs_check_pattern(set->output, j->photos.count);
    const char *const others[][2] = {
        { "--preview", set->preview }, { "--recipe", set->recipe },         { "--csv", set->csv },
        { "--plot", set->plot },       { "--checkpoint", set->checkpoint }, { "--sheet", set->sheet }
    };
    for (size_t i = 0; !status && i < sizeof others / sizeof *others; i++)
        status = tasks_check_pattern(j, others[i][0], others[i][1]);
    return status;
}

static int check_task(const settings *set, const task *t)
{
    int status = set->format ? 0 : outputs_check_picture("-o", t->output);
    if (!status && t->preview)
        status = outputs_check_picture("--preview", t->preview);
    if (!status && t->sheet)
        status = outputs_check_picture("--sheet", t->sheet);
    if (status || set->dry_run)
        return status;
    status = outputs_check_written("-o", t->output);
    if (!status)
        status = outputs_check_written("-o, when stopped,", t->unfinished);
    const char *const files[][2] = {
        { "--preview", t->preview }, { "--recipe", t->recipe },         { "--csv", t->csv },
        { "--plot", t->plot },       { "--checkpoint", t->checkpoint }, { "--sheet", t->sheet }
    };
    for (size_t i = 0; !status && i < sizeof files / sizeof *files; i++)
        if (files[i][1])
            status = paths_check_output(files[i][0], files[i][1]);
    for (int i = 0; !status && i < TASK_REPORTS; i++) {
        char *unfinished = tasks_unfinished_report(t, i);
        status = unfinished ? paths_check_output("what is left when stopped", unfinished) : 0;
        free(unfinished);
    }
    return status;
}

/* No file is written twice, and no input is written at all. */
static int tasks_check_clashes(const job *j)
{
    file_roles roles = { 0 };
    for (int i = 0; i < j->styles.count; i++) {
        outputs_add(&roles, j->styles.items[i].path, NULL);
        outputs_add(&roles, j->styles.items[i].mask, NULL);
    }
    for (int i = 0; i < j->masks.count; i++)
        outputs_add(&roles, j->masks.items[i], NULL);
    outputs_add(&roles, j->protect, NULL);
    outputs_add(&roles, j->set.from, NULL);
    if (j->set.resume && j->tasks[0].checkpoint &&
        !paths_same_file(j->set.resume, j->tasks[0].checkpoint)) /* the next checkpoint may take its place */
        outputs_add(&roles, j->set.resume, NULL);
    static const char *const named[] = { "init", "colour", "encoder" }; /* files or words */
    for (size_t i = 0; i < sizeof named / sizeof *named; i++) {
        char *name = values_text(j->resolved, named[i]);
        if (paths_exists(name))
            outputs_add_own(&roles, name, NULL);
        else
            free(name);
    }
    for (int i = 0; i < j->task_count; i++) {
        const task *t = &j->tasks[i];
        outputs_add(&roles, t->photo, NULL);
        outputs_add_picture(&roles, t->output, "-o");
        outputs_add_picture(&roles, t->unfinished, "-o, when stopped,");
        outputs_add(&roles, t->preview, "--preview");
        outputs_add(&roles, t->recipe, "--recipe");
        outputs_add(&roles, t->csv, "--csv");
        outputs_add(&roles, t->plot, "--plot");
        outputs_add(&roles, t->checkpoint, "--checkpoint");
        outputs_add(&roles, t->sheet, "--sheet");
        for (int k = 0; k < TASK_REPORTS; k++)
            outputs_add_own(&roles, tasks_unfinished_report(t, k), "what is left when stopped");
    }
    return outputs_check_clashes(&roles);
}

/* --skip-existing. */
static void tasks_leave_out_existing(job *j)
{
    int there = 0;
    for (int i = 0; j->set.skip_existing && i < j->task_count; i++) {
        task *t = &j->tasks[i];
        t->made = t->there = paths_exists(t->output) && !paths_is_special(t->output);
        there += t->there;
    }
    if (there)
        console_info("%d of %d pictures are there already and are left out", there, j->task_count);
}

int tasks_make(job *j)
{
    char *style = style_files_name(&j->styles);
    int status = check_patterns(j), left = 0;
    for (int i = 0; !status && i < j->photos.count; i++)
        status = outputs_check_named(j->set.output, j->photos.items[i]);
    j->tasks = must(calloc((size_t)j->photos.count * (size_t)j->variation_count + 1, sizeof *j->tasks));
    for (int i = 0; !status && i < j->photos.count; i++)
        for (int k = 0; k < j->variation_count; k++)
            name_task(j, &j->tasks[j->task_count++], i, style, &j->variations[k]);
    free(style);
    if (!status)
        status = tasks_check_clashes(j);
    if (!status && j->set.output && !j->set.dry_run)
        status = outputs_make_folder(j->set.output);
    tasks_leave_out_existing(j);
    for (int i = 0; !status && i < j->task_count; i++)
        status = j->tasks[i].there ? 0 : check_task(&j->set, &j->tasks[i]);
    for (int i = 0; !status && i < j->task_count; i++) {
        task *t = &j->tasks[i];
        if (i && t->number == t[-1].number)
            t->failed = t[-1].failed;
        else if ((t->failed = outputs_check_photo(t->photo) != 0))
            events_error(console_last_error(), j->texture ? NULL : t->photo);
        left += !j->tasks[i].failed;
        j->to_paint += !j->tasks[i].failed && !j->tasks[i].there;
    }
    return status ? status : left ? 0 : EXIT_FAILED;
}

void tasks_free(job *j)
{
    for (int i = 0; i < j->task_count; i++) {
        task *t = &j->tasks[i];
        char *texts[] = { t->photo, t->output, t->unfinished, t->preview, t->recipe,
                          t->csv,   t->plot,   t->checkpoint, t->sheet };
        for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
            free(texts[k]);
    }
    free(j->tasks);
}

/* ---- the trial ---- */

scumble_save_options tasks_save_options(const settings *set)
{
    return (scumble_save_options){ .size = sizeof(scumble_save_options),
                                   .bits = outputs_bits(set->bits),
                                   .quality = (int)set->quality,
                                   .keep_icc = set->icc == ICC_KEEP,
                                   .origin_only = set->no_recipe,
                                   .keep_gps = set->keep_gps,
                                   .format = set->format };
}

int tasks_try_saving(job *j)
{
    scumble_save_options options = tasks_save_options(&j->set);
    const char **outputs = must(calloc((size_t)j->task_count + 1, sizeof *outputs));
    int count = 0;
    for (int i = 0; i < j->task_count; i++)
        if (!j->tasks[i].there)
            outputs[count++] = j->tasks[i].output;
    int status = outputs_try_saving(j->s, outputs, count, &options);
    free(outputs);
    return status;
}

void tasks_say_total(const job *j, int count)
{
    char time[32];
    if (j->set.dry_run && events_are_printed())
        events_total(count, j->estimated_s);
    else if (j->set.dry_run && j->task_count > 1)
        printf("%d pictures: about %s\n", count, text_time(j->estimated_s, time));
}
