/* SPDX-License-Identifier: MIT */
/* --at, and the events of a recipe: what is set in the middle of a run. */
#ifndef SCUMBLE_CLI_STEER_H
#define SCUMBLE_CLI_STEER_H

#include "scumble/run.h"
#include "text.h"

typedef struct steering {
    struct steering_event {
        int iteration; /* after so many */
        char *name, *value;
    } * events;
    int count;
} steering;

/* Adds what --at says, "30:beta=3" or "30:beta=3,tv=0.1". Returns 0 or an exit code. */
int steer_parse(steering *s, const text_list *at);
/* Adds the events of a recipe; `path` is where it is from. Returns 0 or an exit code. */
int steer_take_recipe(steering *s, scumble *context, const char *json, const char *path);
/* Sets what is due after this iteration. Returns 0 or a scumble code. */
int steer_apply(const steering *s, scumble_run *run, int iteration);
void steer_free(steering *s);

#endif
