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

/* Of the library's options those that mean something without a photo. */
static bool takes(const char *option)
{
    static const char *const names[] = {
        "iterations", "stop-after", "scales",    "scale-factor", "init",         "seed",         "tileable",
        "tv",         "colour",     "rotations", "style-terms",  "style-layers", "style-scale",  "encoder",
        "pooling",    "grid",       "padding",   "optimizer",    "variable",     "learning-rate"
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(names[i], option))
            return true;
    return false;
}

static bool explained(const char *option)
{
    return takes(option) && strcmp(option, "init") && strcmp(option, "colour");
}

static int print_help(void)
{
    puts("usage: scumble texture PAINTING [--style PAINTING]... [--size WIDTHxHEIGHT] [-o OUT] [flags]\n"
         "A picture of any size that is painted as PAINTING is, of nothing in particular.\n");
    help_row("Picture", "--style PAINTING[:WEIGHT]", "another painting, to be blended in");
    help_row("Picture", "--size WIDTHxHEIGHT|N", "in pixels, or N x N (512)");
    help_row("Picture", "--init noise|style|FILE", "what to start from (noise)");
    help_row("Picture", "--style-mask MASK", "what of the k-th painting counts; or none");
    help_row("Picture", "--colour style|FILE", "whose colours; FILE: a palette (style)");
    stylize_help(explained);
    return EXIT_DONE;
}

/* ---- the command line ---- */

static bool read_edge(const char *text, int *edge)
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
    bool good = read_edge(width, &j->width) && read_edge(cross ? cross + 1 : width, &j->height);
    free(width);
    return good ? 0 :
                  console_usage(
                      "--size is '%s'; it must be WIDTHxHEIGHT, or one number for a square, each from 1 to %d pixels",
                      text, LARGEST);
}

static int check_combinations(const job *j)
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
    if (!j->style_count && !j->set.from && !j->set.resume)
        return console_usage("there is no painting; give one: scumble texture painting.jpg");
    return 0;
}

static int read_arguments(job *j, int argc, char **argv, bool *help)
{
    const char *size = NULL;
    text_list styles = { 0 };
    int count;
    flag *flags = stylize_flags(j, &styles, takes, &count);
    flags = must(realloc(flags, sizeof *flags * ((size_t)count + 1)));
    flags[count++] = (flag){ "size", 0, FLAG_TEXT, "WIDTHxHEIGHT", &size, 0, 0 };
    int status = arguments_parse(j->command, argc, argv, flags, count, &j->words, help);
    free(flags);
    bool read = !status && !*help;
    if (read && j->words.count)
        status = stylize_take_style(j, "the painting", j->words.items[0]);
    for (int i = 0; read && !status && i < styles.count; i++)
        status = stylize_take_style(j, "--style", styles.items[i]);
    if (read && !status && size)
        status = read_size(j, size);
    if (read && !status)
        status = check_combinations(j);
    text_list_free(&styles);
    return status;
}

int command_texture(int argc, char **argv)
{
    job j = { .command = "texture", .texture = true, .set = { .bits = -1 } };
    bool help = false;
    int status = read_arguments(&j, argc, argv, &help);
    if (!status && !help)
        status = stylize_run(&j);
    stylize_free(&j);
    return help && !status ? print_help() : status;
}
