/* SPDX-License-Identifier: MIT */
/* The program `scumble`: finds the subcommand. Everything it can do is in the library's public headers. */
#include <fcntl.h>
#include <locale.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "console.h"
#include "help.h"
#include "paths.h"
#include "text.h"
#include "scumble/scumble.h"

typedef int command_run(int argc, char **argv);

static const struct {
    const command_about *about;
    command_run *run;
} commands[] = {
    { &stylize_about, command_stylize },
    { &apply_about, command_apply },
    { &film_about, command_film },
    { &train_about, command_train },
    { &train_encoder_about, command_train_encoder },
    { &match_about, command_match },
    { &guide_about, command_guide },
    { &judge_about, command_judge },
    { &compare_about, command_compare },
    { &texture_about, command_texture },
    { &provenance_about, command_provenance },
    { &presets_about, command_presets },
    { &sheet_about, command_sheet },
    { &inspect_about, command_inspect },
    { &models_about, command_models },
};
enum { COMMANDS = sizeof commands / sizeof *commands };

static command_run *find_run(const char *name)
{
    for (int i = 0; i < COMMANDS; i++)
        if (scumble_same_name(commands[i].about->name, name))
            return commands[i].run;
    return NULL;
}

static int unknown_command(const char *word)
{
    const char *names[COMMANDS];
    char hint[128];
    for (int i = 0; i < COMMANDS; i++)
        names[i] = commands[i].about->name;
    if (word[0] == '-')
        return console_usage("unknown option %s before the command; options come after it: scumble stylize %s ...",
                             word, word);
    if (paths_exists(word) || strchr(word, '.'))
        return console_usage("'%s' is not a command; to paint a picture: scumble stylize %s --style PAINTING", word,
                             word);
    return console_usage("there is no command '%s'%s", word, text_did_you_mean(word, names, COMMANDS, hint));
}

/* "scumble help stylize" is "scumble stylize --help"; second: the second word of "train encoder", or NULL. */
static int help_of(const char *word, const char *second)
{
    char help[] = "--help", *argv[] = { help, NULL };
    char *both = text_format("%s %s", word, second ? second : "");
    command_run *run = find_run(both) ? find_run(both) : find_run(word);
    free(both);
    return run ? run(1, argv) : unknown_command(word);
}

static int dispatch_command(int argc, char **argv)
{
    if (argc < 2) {
        help_print_commands(stderr);
        return EXIT_USAGE;
    }
    const char *word = argv[1];
    if (!strcmp(word, "--help") || !strcmp(word, "-h") || !strcmp(word, "help")) {
        if (argc > 2)
            return help_of(argv[2], argc > 3 ? argv[3] : NULL);
        help_print_commands(stdout);
        return EXIT_DONE;
    }
    if (!strcmp(word, "--version") || !strcmp(word, "-V") || !strcmp(word, "version")) {
        printf("scumble %s\n", scumble_version());
        return EXIT_DONE;
    }
    command_run *run = find_run(word);
    return run ? run(argc - 2, argv + 2) : unknown_command(word);
}

/* A standard stream that is closed would be the next file that is opened: what was meant for it would go in there. */
static void fill_closed_streams(void)
{
    for (int fd = 0; fd < 3; fd++)
        if (fcntl(fd, F_GETFD) < 0 &&
            open("/dev/null", fd ? O_RDONLY : O_WRONLY) < 0) /* the wrong way round: to use it fails */
            return;
}

int main(int argc, char **argv)
{
    fill_closed_streams();
    setlocale(LC_CTYPE, "");
    mallopt(M_MMAP_THRESHOLD,
            128 * 1024); /* as it begins; else it grows, and between what is freed are gaps that no picture fits into */
    signal(SIGXFSZ, SIG_IGN); /* a file that grows past the limit is an error like a full disk, and cleaned up after */
    return console_end(dispatch_command(argc, argv));
}
