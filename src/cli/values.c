/* SPDX-License-Identifier: MIT */
/* Values of the library's options. See values.h. */
#include "values.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "console.h"

int values_set(scumble *s, scumble_options *options, const text_list *given)
{
    for (int i = 0; i < given->count; i += 2) {
        int code = scumble_options_set(s, options, given->items[i], given->items[i + 1]);
        if (code)
            return console_failure(s, code, NULL);
    }
    return 0;
}

bool values_given(const text_list *given, const char *name)
{
    for (int i = 0; i < given->count; i += 2)
        if (!strcmp(given->items[i], name))
            return true;
    return false;
}

char *values_text(const scumble_options *options, const char *name)
{
    char text[1024];
    return text_copy(scumble_options_get(NULL, options, name, text, sizeof text) ? "" : text);
}

double values_number(const scumble_options *options, const char *name)
{
    double value;
    scumble_options_get_number(NULL, options, name, &value);
    return value;
}

uint64_t values_seed(const scumble_options *options, const char *name)
{
    char *text = values_text(options, name);
    uint64_t value = strtoull(text, NULL, 10);
    free(text);
    return value;
}

void values_put(scumble_options *options, const char *name, uint64_t value)
{
    char text[32];
    snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    scumble_options_set(NULL, options, name, text);
}
