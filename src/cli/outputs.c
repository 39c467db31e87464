/* SPDX-License-Identifier: MIT */
/* Checks of what will be written. See outputs.h. */
#define _GNU_SOURCE
#include "outputs.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "console.h"
#include "interrupt.h"
#include "paths.h"
#include "streams.h"

bool outputs_is_folder(const char *output)
{
    return output[strlen(output) - 1] == '/' || paths_is_folder(output);
}

char *outputs_extension(const char *photo)
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

int outputs_check_pattern(const char *output, int photo_count)
{
    if (photo_count < 2 || outputs_is_folder(output) || paths_is_template(output))
        return 0;
    return console_usage(
        "-o is '%s', one file for %d photos; give a folder (-o results/) or a name with {name} or {n} in it", output,
        photo_count);
}

int outputs_check_picture(const char *flag, const char *path)
{
    if (scumble_image_writable(path))
        return 0;
    const char *extension = paths_extension(path);
    if (*extension)
        return console_usage("%s is '%s', but scumble cannot write .%s pictures; use .png, .jpg, .webp or .tif", flag,
                             path, extension);
    return console_usage("%s is '%s', which has no ending that names a format; add .png, .jpg, .webp or .tif%s", flag,
                         path, strcmp(flag, "-o") ? "" : ", or a '/' for a folder");
}

int outputs_make_folder(const char *output)
{
    if (output[strlen(output) - 1] != '/' || paths_is_folder(output) || !mkdir(output, 0777))
        return 0;
    console_error("cannot make the folder '%s' that -o names: %s", output, strerror(errno));
    return EXIT_FAILED;
}

int outputs_check_named(const char *output, const char *photo)
{
    if (output || !streams_is_input(photo))
        return 0;
    return console_usage("'%s' gives the result no name; give one with -o, or -o - for standard output", photo);
}

/* NULL: the recipe lies in the picture. Caller frees. */
static char *sidecar_of(const char *picture)
{
    return scumble_image_keeps_metadata(picture) || paths_is_special(picture) ? NULL : text_format("%s.json", picture);
}

int outputs_check_written(const char *flag, const char *picture)
{
    char *sidecar = sidecar_of(picture);
    int status = paths_check_output(flag, picture);
    if (!status && sidecar)
        status = paths_check_output(flag, sidecar);
    free(sidecar);
    return status;
}

int outputs_check_photo(const char *path)
{
    if (paths_is_folder(path))
        console_error("'%s' is a folder, not a picture", path);
    else if (access(path, R_OK))
        console_error("cannot read the photo '%s': %s", path, strerror(errno));
    else
        return 0;
    return EXIT_FAILED;
}

/* ---- clashes --------------------------------------------------------------------------------------------------- */

void outputs_add(file_roles *roles, const char *path, const char *flag)
{
    if (!path || (flag && paths_is_special(path))) /* /dev/null may be named twice */
        return;
    roles->items = must(realloc(roles->items, sizeof *roles->items * ((size_t)roles->count + 1)));
    roles->items[roles->count++] = (struct file_role){ paths_key(path), NULL, path, flag };
}

void outputs_add_own(file_roles *roles, char *path, const char *flag)
{
    int before = roles->count;
    outputs_add(roles, path, flag);
    if (roles->count > before)
        roles->items[before].own = path;
    else
        free(path);
}

void outputs_add_picture(file_roles *roles, const char *path, const char *flag)
{
    outputs_add(roles, path, flag);
    outputs_add_own(roles, sidecar_of(path), flag);
}

static int compare_roles(const void *a, const void *b)
{
    const struct file_role *first = a, *second = b;
    int order = strcmp(first->key, second->key);
    return order ? order : (first->flag != NULL) - (second->flag != NULL);
}

static int clash(const struct file_role *a, const struct file_role *b)
{
    if (!a->flag)
        console_error("%s would overwrite the input '%s'; choose another name", b->flag, a->path);
    else if (!strcmp(a->flag, "--map"))
        console_error("--map gives two pictures the name '%s'; judge them one after the other", b->path);
    else if (!strcmp(a->flag, b->flag))
        console_error("%s gives two pictures the name '%s'; use {n} in it: %s", a->flag, b->path,
                      strcmp(a->flag, "-o") ? "FILE-{n}" : "-o 'results/{n}-{name}.png'");
    else
        console_error("%s and %s both name the file '%s'; choose another name for one", a->flag, b->flag, b->path);
    return EXIT_USAGE;
}

int outputs_check_clashes(file_roles *roles)
{
    int status = 0;
    if (roles->count)
        qsort(roles->items, (size_t)roles->count, sizeof *roles->items, compare_roles);
    for (int i = 1; i < roles->count && !status; i++)
        if (roles->items[i].flag && !strcmp(roles->items[i].key, roles->items[i - 1].key))
            status = clash(&roles->items[i - 1], &roles->items[i]);
    for (int i = 0; i < roles->count; i++) {
        free(roles->items[i].key);
        free(roles->items[i].own);
    }
    free(roles->items);
    *roles = (file_roles){ 0 };
    return status;
}

/* ---- depth ----------------------------------------------------------------------------------------------------- */

int outputs_bits(int choice)
{
    static const int bits[] = { 8, 16, 32 };
    return choice < 0 ? 0 : bits[choice];
}

static bool is_exr(const char *output, const char *format)
{
    return !strcasecmp(format ? format : paths_extension(output), "exr");
}

int outputs_small_bits(const char *output, const char *format)
{
    return is_exr(output, format) ? 16 : 8;
}

void outputs_say_note(const scumble_image *result, const char *output, const char *format)
{
    if (is_exr(output, format) && scumble_image_note(result))
        console_warning("%s", scumble_image_note(result));
}

/* ---- the trial ------------------------------------------------------------------------------------------------- */

static int outputs_probe_saving(scumble *s, const scumble_image *picture, const char *output,
                                const scumble_save_options *options)
{
    char *folder = paths_folder(output),
         *name = text_format(".scumble-trial-%ld.%s", (long)getpid(), paths_extension(output));
    bool stream = paths_is_special(output);
    char *trial = stream ? text_copy("/dev/null") : paths_join(folder, name);
    interrupt_hold(true); /* what is written now is removed in any case */
    int code = scumble_image_save(s, picture, trial, options);
    if (!stream)
        unlink(trial);
    interrupt_hold(false);
    int status = interrupt_signal() ? EXIT_SIGNAL + interrupt_signal() : 0;
    if (code) {
        char *text = text_replace(scumble_error_text(s), trial, output);
        console_error("%s", *text ? text : scumble_error_name(code));
        status = console_exit_code(code);
        free(text);
    }
    free(trial);
    free(name);
    free(folder);
    return status;
}

int outputs_try_saving(scumble *s, const char *const *outputs, int count, const scumble_save_options *options)
{
    enum { SIDE = 16 };
    float grey[SIDE * SIDE * 3];
    for (int i = 0; i < SIDE * SIDE * 3; i++)
        grey[i] = 0.5f;
    scumble_image *picture = NULL;
    int code = scumble_image_create(s, SIDE, SIDE, grey, NULL, &picture),
        status = code ? console_failure(s, code, NULL) : 0;
    char *last = NULL;
    for (int i = 0; !status && i < count; i++) {
        char *folder = paths_folder(outputs[i]), *kind = text_format("%s/%s", folder, paths_extension(outputs[i]));
        if (!last || strcmp(last, kind))
            status = outputs_probe_saving(s, picture, outputs[i], options);
        free(folder);
        free(last);
        last = kind;
    }
    free(last);
    scumble_image_free(&picture);
    return status;
}
