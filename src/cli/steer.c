/* SPDX-License-Identifier: MIT */
/* What is set in the middle of a run. See steer.h. */
#include "steer.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "console.h"

static void steer_add(steering *s, int iteration, const char *name, const char *value)
{
    s->events = must(realloc(s->events, ((size_t)s->count + 1) * sizeof *s->events));
    s->events[s->count++] = (struct steering_event){ iteration, text_copy(name), text_copy(value) };
}

/* "beta=3,tv=0.1" */
static int parse_settings(steering *s, int iteration, char *settings)
{
    for (char *rest = settings, *one; (one = strsep(&rest, ","));) {
        char *value = strchr(one, '=');
        if (!value || value == one || !value[1])
            return -1;
        *value = 0;
        char *end;
        double number = strtod(value + 1, &end);
        bool count = !strcmp(one, "iterations");
        if (!scumble_run_settable(one) || *end || !(number >= (count ? iteration : 0) && number <= (count ? 1e5 : 1e9)))
            return -1;
        steer_add(s, iteration, one, value + 1);
    }
    return 0;
}

int steer_parse(steering *s, const text_list *at)
{
    for (int i = 0; i < at->count; i++) {
        char *copy = text_copy(at->items[i]), *end;
        errno = 0;
        long iteration = strtol(copy, &end, 10);
        int wrong = end == copy || *end != ':' || errno || iteration < 1 || iteration > 100000 ||
                    parse_settings(s, (int)iteration, end + 1);
        free(copy);
        if (wrong)
            return console_usage(
                "--at: '%s' is not of the form N:OPTION=VALUE, as 30:beta=3 for a beta of 3 after 30 "
                "iterations; alpha, beta and tv take numbers from 0 on, iterations whole ones from N on",
                at->items[i]);
    }
    return 0;
}

int steer_take_recipe(steering *s, scumble *context, const char *json, const char *path)
{
    int iteration, code;
    const char *name, *value;
    for (int i = 0; !(code = scumble_recipe_event(context, json, i, &iteration, &name, &value)); i++)
        steer_add(s, iteration, name, value);
    return code == SCUMBLE_ERR_NOT_FOUND ? 0 : console_failure(context, code, path) ? EXIT_FAILED : 0;
}

int steer_apply(const steering *s, scumble_run *run, int iteration)
{
    int code = 0;
    for (int i = 0; i < s->count && !code; i++)
        if (s->events[i].iteration == iteration)
            code = scumble_run_set(run, s->events[i].name, s->events[i].value);
    return code;
}

void steer_free(steering *s)
{
    for (int i = 0; i < s->count; i++) {
        free(s->events[i].name);
        free(s->events[i].value);
    }
    free(s->events);
    *s = (steering){ NULL, 0 };
}
