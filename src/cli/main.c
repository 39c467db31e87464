/* SPDX-License-Identifier: MIT */
/* The program `scumble`: finds the subcommand. Everything it can do is in the library's public headers. */
#include <fcntl.h>
#include <locale.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "console.h"
#include "paths.h"
#include "text.h"
#include "scumble/scumble.h"

typedef struct command {
    const char *name, *help;
    int (*run)(int argc, char **argv);
} command;

static const command commands[] = {
    { "stylize", "paint photos in the style of a painting", command_stylize },
    { "apply", "paint pictures with a trained painter, in seconds", command_apply },
    { "train", "train a painter: one style, any photo, in one pass", command_train },
    { "match", "which paintings suit a photo, with a score and reasons", command_match },
    { "guide", "how to choose a photo and a painting", command_guide },
    { "judge", "how much pictures look like real works in a style", command_judge },
    { "compare", "measure results against photo, painting and controls", command_compare },
    { "texture", "make a texture of any size from a painting", command_texture },
    { "provenance", "where a picture comes from, and whose rights it touches", command_provenance },
    { "presets", "list the presets: named sets of options for stylize", command_presets },
    { "sheet", "put pictures side by side in one", command_sheet },
    { "inspect", "see what a network sees: feature maps, Gram matrices", command_inspect },
    { "models", "list, describe, import and download networks", command_models },
};
enum { COMMANDS = sizeof commands / sizeof *commands };

static int print_help(FILE *out)
{
    fputs("usage: scumble COMMAND ...\n\n"
          "scumble paints one picture in the style of another (neural style transfer).\n\n",
          out);
    for (int i = 0; i < COMMANDS; i++)
        fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].help);
    fputs("\n  -h, --help     this text; scumble COMMAND --help for a command's flags\n"
          "  --allow-vector, --decode-timeout SECONDS\n"
          "                 in every command: read SVG and PDF too; how long a picture may take to be read\n"
          "  --version      the version\n\n"
          "A first picture:\n"
          "  scumble stylize photo.jpg --style painting.jpg -o out.png\n",
          out);
    return out == stdout ? EXIT_DONE : EXIT_USAGE;
}

static const command *find(const char *name)
{
    for (int i = 0; i < COMMANDS; i++)
        if (scumble_same_name(commands[i].name, name))
            return &commands[i];
    return NULL;
}

static int unknown_command(const char *word)
{
    const char *names[COMMANDS];
    char hint[128];
    for (int i = 0; i < COMMANDS; i++)
        names[i] = commands[i].name;
    if (word[0] == '-')
        return console_usage("unknown flag %s before the command; flags come after it: scumble stylize %s ...", word,
                             word);
    if (paths_exists(word) || strchr(word, '.'))
        return console_usage("'%s' is not a command; to paint a picture: scumble stylize %s --style PAINTING", word,
                             word);
    return console_usage("there is no command '%s'%s", word, text_did_you_mean(word, names, COMMANDS, hint));
}

/* "scumble help stylize" is "scumble stylize --help". */
static int help_of(const char *word)
{
    char help[] = "--help", *argv[] = { help, NULL };
    const command *c = find(word);
    return c ? c->run(1, argv) : unknown_command(word);
}

static int dispatch(int argc, char **argv)
{
    if (argc < 2)
        return print_help(stderr);
    const char *word = argv[1];
    if (!strcmp(word, "--help") || !strcmp(word, "-h") || !strcmp(word, "help"))
        return argc > 2 ? help_of(argv[2]) : print_help(stdout);
    if (!strcmp(word, "--version") || !strcmp(word, "-V") || !strcmp(word, "version")) {
        printf("scumble %s\n", scumble_version());
        return EXIT_DONE;
    }
    const command *c = find(word);
    return c ? c->run(argc - 2, argv + 2) : unknown_command(word);
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
    return console_end(dispatch(argc, argv));
}
