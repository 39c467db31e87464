/* SPDX-License-Identifier: MIT */
/* What `scumble stylize` and `scumble texture` will write, decided and checked before anything is computed: names from -o and the other output flags, no
 * input and no other output overwritten, folders there and writable, formats known. */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "console.h"
#include "paths.h"
#include "stylize.h"

static const char default_name[] = "{name}-{style}.png", again_name[] = "{name}-{style}-again.png";
static const char texture_name[] = "{name}-texture.png", texture_again_name[] = "{name}-texture-again.png";

/* ---- names ---- */

/* "scream" or "scream+wave"; caller frees. */
static char *style_name(const job *j)
{
    char *joined = text_copy("");
    for (int i = 0; i < j->style_count; i++) {
        char *name = paths_name(j->styles[i].path);
        char *longer = text_format("%s%s%s", joined, i ? "+" : "", name);
        free(name);
        free(joined);
        joined = longer;
    }
    return joined;
}

/* The photo's extension where scumble can write it, else "png"; caller frees. */
static char *output_extension(const char *photo)
{
    char *extension = text_copy(paths_extension(photo)), *name = text_format("x.%s", extension);
    bool writable = scumble_image_writable(name);
    free(name);
    for (char *p = extension; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    if (writable)
        return extension;
    free(extension);
    return text_copy("png");
}

static bool names_folder(const char *output)
{
    return output[strlen(output) - 1] == '/' || paths_is_folder(output);
}

/* The pattern, for this candidate, filled in. */
static char *fill(const job *j, const char *pattern, const template_values *values)
{
    char *varied = variations_pattern(j, pattern), *filled = paths_fill(varied, values);
    free(varied);
    return filled;
}

static char *name_in_folder(const job *j, const char *form, const template_values *values)
{
    const char *folder = j->set.output;
    char *name = fill(j, form, values), *path = folder ? paths_join(folder, name) : text_copy(name);
    free(name);
    return path;
}

static bool same_file(const char *path, const char *other)
{
    char *key = paths_key(path), *other_key = paths_key(other);
    bool same = !strcmp(key, other_key);
    free(other_key);
    free(key);
    return same;
}

static char *output_name(const job *j, const template_values *values)
{
    const settings *set = &j->set;
    if (set->output && !names_folder(set->output))
        return fill(j, set->output, values);
    char *path = name_in_folder(j, j->texture ? texture_name : default_name, values);
    if (set->from && same_file(path, set->from)) { /* the picture that is being repeated stays */
        free(path);
        path = name_in_folder(j, j->texture ? texture_again_name : again_name, values);
    }
    return path;
}

static char *filled_or_null(const job *j, const char *pattern, const template_values *values)
{
    return pattern ? fill(j, pattern, values) : NULL;
}

static void name_task(const job *j, task *t, int photo, const char *style, const variation *v)
{
    const settings *set = &j->set;
    t->number = photo + 1;
    t->variation = v;
    t->photo = text_copy(j->photos.items[photo]);
    char *name = paths_name(t->photo), *extension = output_extension(t->photo);
    template_values values = {.name = name, .style = v->style < 0 ? style : v->label, .variation = v->label ? v->label : "",
                              .extension = extension, .number = t->number, .total = j->photos.count};
    t->output = output_name(j, &values);
    t->preview = filled_or_null(j, set->preview, &values);
    t->recipe = filled_or_null(j, set->recipe, &values);
    t->csv = filled_or_null(j, set->csv, &values);
    t->plot = filled_or_null(j, set->plot, &values);
    t->checkpoint = set->checkpoint ? fill(j, set->checkpoint, &values) : text_format("%s.checkpoint", t->output);
    values.style = style;
    if (set->sheet && v == &j->variations[j->variation_count - 1])
        t->sheet = paths_fill(set->sheet, &values);
    free(extension);
    free(name);
}

/* ---- checks ---- */

/* The words in braces are known, and {variation} stands for something. */
static int check_words(const job *j, const char *flag, const char *text)
{
    int status = paths_check_template(flag, text);
    if (!status && strstr(text, "{variation}") && !strcmp(flag, "--sheet"))
        status = console_usage("--sheet is '%s', but a sheet shows all variations; leave {variation} out", text);
    else if (!status && strstr(text, "{variation}") && !j->set.variations)
        status = console_usage("%s is '%s', but there is only one variation; give --variations N, or leave {variation} out", flag, text);
    return status;
}

/* A flag's file that every photo would share. */
static int check_pattern(const job *j, const char *flag, const char *text)
{
    if (!text)
        return 0;
    int status = check_words(j, flag, text);
    if (!status && j->photos.count > 1 && !paths_is_template(text))
        status = console_usage("%s is '%s', one file for %d photos; use {name} or {n} in it", flag, text, j->photos.count);
    return status;
}

static int check_patterns(const job *j)
{
    const settings *set = &j->set;
    int status = 0;
    if (set->output && !names_folder(set->output)) {
        status = check_words(j, "-o", set->output);
        if (!status && j->photos.count > 1 && !paths_is_template(set->output))
            status = console_usage("-o is '%s', one file for %d photos; give a folder (-o %s/) or a name with {name} or {n} in it",
                                   set->output, j->photos.count, "results");
    }
    const char *const others[][2] = {{"--preview", set->preview}, {"--recipe", set->recipe},         {"--csv", set->csv},
                                     {"--plot", set->plot},       {"--checkpoint", set->checkpoint}, {"--sheet", set->sheet}};
    for (size_t i = 0; !status && i < sizeof others / sizeof *others; i++)
        status = check_pattern(j, others[i][0], others[i][1]);
    return status;
}

static int make_folder(const settings *set)
{
    const char *output = set->output;
    if (!output || set->dry_run || output[strlen(output) - 1] != '/' || paths_is_folder(output) || !mkdir(output, 0777))
        return 0;
    console_error("cannot make the folder '%s' that -o names: %s", output, strerror(errno));
    return EXIT_FAILED;
}

static int check_picture(const char *flag, const char *path)
{
    if (scumble_image_writable(path))
        return 0;
    const char *extension = paths_extension(path);
    if (*extension)
        return console_usage("%s is '%s', but scumble cannot write .%s pictures; use .png, .jpg, .webp or .tif", flag, path, extension);
    return console_usage("%s is '%s', which has no ending that names a format; add .png, .jpg, .webp or .tif%s", flag, path,
                         strcmp(flag, "-o") ? "" : ", or a '/' for a folder");
}

static int check_task(const settings *set, const task *t)
{
    int status = check_picture("-o", t->output);
    if (!status && t->preview)
        status = check_picture("--preview", t->preview);
    if (!status && t->sheet)
        status = check_picture("--sheet", t->sheet);
    if (status || set->dry_run)
        return status;
    const char *const files[][2] = {{"-o", t->output}, {"--preview", t->preview}, {"--recipe", t->recipe},
                                    {"--csv", t->csv}, {"--plot", t->plot},       {"--checkpoint", t->checkpoint}, {"--sheet", t->sheet}};
    for (size_t i = 0; !status && i < sizeof files / sizeof *files; i++)
        if (files[i][1])
            status = paths_check_output(files[i][0], files[i][1]);
    return status;
}

/* A photo that cannot be read fails now; the others of a batch go on. */
static void check_photo(task *t)
{
    if (paths_is_folder(t->photo))
        console_error("'%s' is a folder, not a picture", t->photo);
    else if (access(t->photo, R_OK))
        console_error("cannot read the photo '%s': %s", t->photo, strerror(errno));
    else
        return;
    t->failed = true;
}

/* One file of the job and the part it plays. */
typedef struct role {
    char *key;
    const char *path, *flag; /* flag NULL: an input */
} role;

static int compare_roles(const void *a, const void *b)
{
    const role *first = a, *second = b;
    int order = strcmp(first->key, second->key);
    return order ? order : (first->flag != NULL) - (second->flag != NULL);
}

static void add_role(role *roles, int *count, const char *path, const char *flag)
{
    struct stat info;
    bool special = path && flag && !stat(path, &info) && !S_ISREG(info.st_mode); /* /dev/null may be named twice */
    if (path && !special)
        roles[(*count)++] = (role){paths_key(path), path, flag};
}

static int clash(const role *a, const role *b)
{
    if (!a->flag)
        console_error("%s would overwrite the input '%s'; choose another name", b->flag, a->path);
    else if (!strcmp(a->flag, b->flag))
        console_error("%s gives two pictures the name '%s'; use {n} in it: %s", a->flag, b->path,
                      strcmp(a->flag, "-o") ? "FILE-{n}" : "-o 'results/{n}-{name}.png'");
    else
        console_error("%s and %s both name the file '%s'; choose another name for one", a->flag, b->flag, b->path);
    return EXIT_USAGE;
}

/* No file is written twice, and no input is written at all. */
static int check_clashes(const job *j)
{
    int count = 0, status = 0;
    role *roles = must(calloc((size_t)j->task_count * 8 + 2 * (size_t)j->style_count + (size_t)j->masks.count + 7, sizeof *roles));
    for (int i = 0; i < j->style_count; i++) {
        add_role(roles, &count, j->styles[i].path, NULL);
        add_role(roles, &count, j->styles[i].mask, NULL);
    }
    for (int i = 0; i < j->masks.count; i++)
        add_role(roles, &count, j->masks.items[i], NULL);
    add_role(roles, &count, j->protect, NULL);
    add_role(roles, &count, j->set.from, NULL);
    if (j->set.resume && !same_file(j->set.resume, j->tasks[0].checkpoint)) /* the next checkpoint may take its place */
        add_role(roles, &count, j->set.resume, NULL);
    const char *const named[] = {j->resolved.init, j->resolved.colour, j->resolved.encoder}; /* files or words */
    for (size_t i = 0; i < sizeof named / sizeof *named; i++)
        add_role(roles, &count, paths_exists(named[i]) ? named[i] : NULL, NULL);
    for (int i = 0; i < j->task_count; i++) {
        const task *t = &j->tasks[i];
        add_role(roles, &count, t->photo, NULL);
        add_role(roles, &count, t->output, "-o");
        add_role(roles, &count, t->preview, "--preview");
        add_role(roles, &count, t->recipe, "--recipe");
        add_role(roles, &count, t->csv, "--csv");
        add_role(roles, &count, t->plot, "--plot");
        add_role(roles, &count, t->checkpoint, "--checkpoint");
        add_role(roles, &count, t->sheet, "--sheet");
    }
    qsort(roles, (size_t)count, sizeof *roles, compare_roles);
    for (int i = 1; i < count && !status; i++)
        if (roles[i].flag && !strcmp(roles[i].key, roles[i - 1].key))
            status = clash(&roles[i - 1], &roles[i]);
    for (int i = 0; i < count; i++)
        free(roles[i].key);
    free(roles);
    return status;
}

int tasks_make(job *j)
{
    char *style = style_name(j);
    int status = check_patterns(j), left = 0;
    j->tasks = must(calloc((size_t)j->photos.count * (size_t)j->variation_count + 1, sizeof *j->tasks));
    for (int i = 0; !status && i < j->photos.count; i++)
        for (int k = 0; k < j->variation_count; k++)
            name_task(j, &j->tasks[j->task_count++], i, style, &j->variations[k]);
    free(style);
    if (!status)
        status = check_clashes(j);
    if (!status)
        status = make_folder(&j->set);
    for (int i = 0; !status && i < j->task_count; i++)
        status = check_task(&j->set, &j->tasks[i]);
    for (int i = 0; !status && i < j->task_count; i++) {
        if (i && j->tasks[i].number == j->tasks[i - 1].number)
            j->tasks[i].failed = j->tasks[i - 1].failed;
        else
            check_photo(&j->tasks[i]);
        left += !j->tasks[i].failed;
    }
    return status ? status : left ? 0 : EXIT_FAILED;
}

void tasks_free(job *j)
{
    for (int i = 0; i < j->task_count; i++) {
        task *t = &j->tasks[i];
        char *texts[] = {t->photo, t->output, t->preview, t->recipe, t->csv, t->plot, t->checkpoint, t->sheet};
        for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
            free(texts[k]);
    }
    free(j->tasks);
}

/* ---- the trial ---- */

scumble_save_options tasks_save_options(const settings *set)
{
    return (scumble_save_options){.bits = set->bits < 0 ? 0 : set->bits ? 16 : 8, .quality = (int)set->quality, .keep_icc = set->icc == ICC_KEEP};
}

static int try_saving(const job *j, const scumble_image *picture, const char *output)
{
    char *folder = paths_folder(output), *name = text_format(".scumble-trial-%ld.%s", (long)getpid(), paths_extension(output));
    char *trial = paths_join(folder, name);
    scumble_save_options options = tasks_save_options(&j->set);
    int code = scumble_image_save(j->s, picture, trial, &options), status = 0;
    unlink(trial);
    if (code) {
        char *text = text_replace(scumble_error_text(j->s), trial, output);
        console_error("%s", *text ? text : scumble_error_name(code));
        status = console_exit_code(code);
        free(text);
    }
    free(trial);
    free(name);
    free(folder);
    return status;
}

int tasks_try_saving(job *j)
{
    enum { SIDE = 16 };
    float grey[SIDE * SIDE * 3];
    for (int i = 0; i < SIDE * SIDE * 3; i++)
        grey[i] = 0.5f;
    scumble_image *picture = NULL;
    int code = scumble_image_create(j->s, SIDE, SIDE, grey, NULL, &picture);
    int status = code ? console_failure(j->s, code, NULL) : 0;
    text_list tried = {0};
    for (int i = 0; !status && i < j->task_count; i++) {
        char *folder = paths_folder(j->tasks[i].output);
        char *kind = text_format("%s/%s", folder, paths_extension(j->tasks[i].output));
        bool known = tried.count && !strcmp(tried.items[tried.count - 1], kind);
        free(folder);
        text_list_add(&tried, kind);
        if (!known)
            status = try_saving(j, picture, j->tasks[i].output);
    }
    text_list_free(&tried);
    scumble_image_free(&picture);
    return status;
}
