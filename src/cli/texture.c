/* SPDX-License-Identifier: MIT */
/* `scumble texture`: a texture of any size from paintings alone. The job is that of stylize (stylize.h) without a
 * photo; only the command line is its own. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arguments.h"
#include "commands.h"
#include "console.h"
#include "stylize.h"

enum { LARGEST = 65535 };

/* ---- the command line ---- */

static bool texture_read_edge(const char *text, int *edge)
{
    int64_t value;
    bool good = text_integer(text, &value) && *text != '+' && value >= 1 && value <= LARGEST;
    *edge = good ? (int)value : 0;
    return good;
}

/* "640x480" or "512". */
static int read_size(job *j, const char *text)
{
    const char *cross = strpbrk(text, "xX");
    char *width = text_part(text, cross ? (size_t)(cross - text) : strlen(text));
    bool good = texture_read_edge(width, &j->width) && texture_read_edge(cross ? cross + 1 : width, &j->height);
    free(width);
    return good ? 0 :
                  console_usage(
                      "--size is '%s'; it must be WIDTHxHEIGHT, or one number for a square, each from 1 to %d pixels",
                      text, LARGEST);
}

static int texture_check_combinations(job *j)
{
    static const char *const of_photos[] = { "photo", "luminance", "match" };
    int status = stylize_check_flags(j);
    if (status)
        return status;
    for (int i = 0; i < j->options.count; i += 2)
        for (int k = 0; k < 3; k++)
            if (!strcmp(j->options.items[i], "colour") && !strcmp(j->options.items[i + 1], of_photos[k]))
                return console_usage(
                    "--colour is '%s', but a texture has no photo; it must be style, or a picture with the colours",
                    of_photos[k]);
    if (j->words.count > 1)
        return console_usage(
            "one painting, please; further ones are blended in with --style: scumble texture %s --style %s",
            j->words.items[0], j->words.items[1]);
    if (!j->styles.count && !j->set.from && !j->set.resume)
        return console_usage("there is no painting; give one: scumble texture painting.jpg");
    return 0;
}

static int texture_read_arguments(job *j, int argc, char **argv, bool *help)
{
    const char *size = NULL;
    text_list styles = { 0 };
    const binding own[] = { BIND("style", &styles), BIND("size", &size) };
    int status = stylize_parse(j, &texture_about, argc, argv, BINDINGS(own), help);
    bool read = !status && !*help;
    if (read && j->words.count)
        status = style_files_add(&j->styles, "the painting", j->words.items[0]);
    for (int i = 0; read && !status && i < styles.count; i++)
        status = style_files_add(&j->styles, "--style", styles.items[i]);
    if (read && !status && size)
        status = read_size(j, size);
    if (read && !status)
        status = texture_check_combinations(j);
    text_list_free(&styles);
    return status;
}

int command_texture(int argc, char **argv)
{
    job j = { .command = "texture", .texture = true, .set = { .bits = -1 } };
    bool help = false;
    int status = texture_read_arguments(&j, argc, argv, &help);
    if (!status && !help)
        status = stylize_run(&j);
    stylize_free(&j);
    return status;
}
