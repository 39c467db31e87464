/* SPDX-License-Identifier: MIT */
/* `scumble guide`: doc/choosing.md, which is part of the program, as text for a terminal. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>

#include "arguments.h"
#include "commands.h"
#include "console.h"

extern const char sc_choosing_data[], sc_choosing_data_end[]; /* embedded.S */

/* Markdown reads as text: but pictures are left out, and headlines lose their signs. */
static void print_guide(void)
{
    for (const char *line = sc_choosing_data, *next; line < sc_choosing_data_end; line = next) {
        const char *end = memchr(line, '\n', (size_t)(sc_choosing_data_end - line));
        next = end ? end + 1 : sc_choosing_data_end;
        if (*line == '!') {
            next += next < sc_choosing_data_end && *next == '\n'; /* and the empty line behind it */
            continue;
        }
        if (*line == '#')
            while (line < next && (*line == '#' || *line == ' '))
                line++;
        fwrite(line, 1, (size_t)(next - line), stdout);
    }
}

int command_guide(int argc, char **argv)
{
    text_list words = { 0 };
    bool help = false;
    int status = arguments_parse(&guide_about, argc, argv, NULL, 0, NULL, &words, &help);
    if (!status && !help && words.count)
        status = console_usage("guide takes no '%s'; scumble guide prints all", words.items[0]);
    text_list_free(&words);
    if (status || help)
        return status;
    print_guide();
    return EXIT_DONE;
}
