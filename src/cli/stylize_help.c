/* SPDX-License-Identifier: MIT */
/* The help that stylize and texture have in common: presets, the library's options, output, and how it runs. See
 * stylize.h. */
#include <stdlib.h>

#include "arguments.h"
#include "progress.h"
#include "rights.h"
#include "stylize.h"

/* The flags of one line of the help for a library option: "--init content|noise|style|FILE". */
static void print_option(const scumble_option_info *option)
{
    char *flags =
        text_format("--%s%s%s", option->name, option->argument ? " " : "", option->argument ? option->argument : "");
    char *help = text_flags(text_format("%s (%s)", option->help, option->default_text));
    help_row(option->group, flags, help);
    free(help);
    free(flags);
}

/* "painterly, faithful, ..."; caller frees. */
static char *preset_names(void)
{
    int count;
    const scumble_preset_info *presets = scumble_preset_list(&count);
    char *names = text_copy("");
    for (int i = 0; i < count; i++) {
        char *longer = text_format("%s%s%s", names, i ? ", " : "", presets[i].name);
        free(names);
        names = longer;
    }
    return names;
}

void stylize_help(bool (*takes)(const char *option))
{
    int count;
    char *names = preset_names(), *presets = text_format("%s; or what suits", names);
    if (!takes)
        help_row("Preset", "--preset NAME | --auto", presets);
    free(presets);
    free(names);
    const scumble_option_info *options = scumble_option_list(&count);
    for (int i = 0; i < count; i++)
        if (!takes || takes(options[i].name))
            print_option(&options[i]);
    help_row("Output", "-o, --output OUT  --format png|...", "file, folder/, '{n}-{name}.{ext}', or - (stdout)");
    help_row("Output", takes ? "--variations N" : "--variations N|presets|styles", "several candidates of each");
    help_row("Output", "--sheet FILE", "original and candidates in one picture");
    help_row("Output", "--bits 8|16  --quality N  --icc srgb|keep", "depth; JPEG, WebP, AVIF: 1..100; colour profile");
    help_row("Output", takes ? "--recipe FILE  --no-recipe" : "--recipe FILE  --no-recipe  --keep-gps",
             takes ? "the recipe as JSON; none in the picture" : "the recipe as JSON; none in the picture; the place");
    help_row("Output", "--skip-existing  --no-clobber", "leave out what is made; replace no file");
    help_row("Output", "--csv FILE  --plot FILE.svg", "the losses of every iteration");
    help_row("Output", "--preview FILE  --every N", "the picture every N iterations (10)");
    rights_help();
    help_row("Again", "--from FILE  --resume FILE  --look-in FOLDER", "repeat; go on; where the files are");
    help_row("Again", "--checkpoint FILE  --checkpoint-every N", "where Ctrl-C leaves one; and how often besides");
    help_row("Run", "--threads N  --max-pixels N", "processors; refuse larger pictures");
    help_row("Run", "--progress " PROGRESS_CHOICES, "json: an object a line on stdout");
    help_row("Run", "--dry-run  --json  -q, --quiet  -v, --verbose", "only say what it would take; say less; more");
    help_reading();
}
