/* SPDX-License-Identifier: MIT */
/* What several of the files that are written say in the same words. See reference.h. */
#include <stdlib.h>
#include <string.h>

#include "cli/reference/reference.h"
#include "cli/text.h"

void each_word(const char *words, word_fn *act, void *user)
{
    while (*words) {
        int length = (int)strcspn(words, "|");
        act(words, length, user);
        words += length + (words[length] == '|');
    }
}

char *command_word(const command_about *command, const char *between)
{
    return text_replace(command->name, " ", between);
}

/* "1 to 100", "1 or more", "a number from 0 to 1"; "" where there is nothing to say. */
static char *range_text(const command_option *option)
{
    const scumble_option_info *info = &option->info;
    bool number = info->kind == SCUMBLE_OPTION_NUMBER || info->kind == SCUMBLE_OPTION_AUTOMATIC ||
                  info->kind == SCUMBLE_OPTION_WHOLE || info->kind == SCUMBLE_OPTION_SIZE;
    if (!number)
        return text_copy("");
    if (info->highest >= 1e9)
        return text_format("%g or more", info->lowest);
    return text_format("%.10g to %.10g", info->lowest, info->highest);
}

char *option_facts(const command_option *option)
{
    char *range = range_text(option);
    const char *text = option->info.default_text;
    bool said = text && *text && option_takes_value(option);
    char *facts = !*range && !said ? text_copy("") :
                                     text_format(" (%s%s%s%s)", range, *range && said ? "; " : "",
                                                 said ? "default: " : "", said ? text : "");
    free(range);
    return facts;
}
