/* SPDX-License-Identifier: MIT */
/* A style and its last run, for tests that paint whole pictures. */
#ifndef TESTS_RUN_FIXTURE_H
#define TESTS_RUN_FIXTURE_H

#include <stdlib.h>

#include "api/options.h"
#include "run/run.h"

typedef struct easel {
    sc_style *style;
    sc_run *run; /* NULL: none yet, or it failed */
} easel;

/* After every iteration; non-zero: stop. */
typedef int (*look_fn)(sc_run *run, void *user);

static inline int easel_create(easel **e, const sc_style_setup *setup, sc_error *err)
{
    *e = calloc(1, sizeof **e);
    if (!*e)
        return sc_fail_memory(err, sizeof **e);
    int code = sc_style_create(&(*e)->style, setup, err);
    if (code) {
        free(*e);
        *e = NULL;
    }
    return code;
}

static inline void easel_free(easel *e)
{
    if (!e)
        return;
    sc_run_free(e->run);
    sc_style_free(e->style);
    free(e);
}

/* To the end, or until look stops it: then SCUMBLE_ERR_CANCELLED. In both cases *result is the picture. */
static inline int easel_paint(easel *e, const sc_subject *subject, const char *identity, const sc_weights *resume,
                              look_fn look, void *user, sc_image *result, sc_error *err)
{
    *result = (sc_image){ 0 };
    sc_run_free(e->run);
    int code = sc_run_create(&e->run, e->style, subject, identity, resume, err);
    bool stopped = false;
    while (!code && !stopped) {
        int before = sc_run_position(e->run).iterations_done;
        code = sc_run_step(e->run, 0, err);
        if (!code && sc_run_position(e->run).iterations_done > before && look)
            stopped = look(e->run, user) != 0;
        if (sc_run_done(e->run))
            break;
    }
    if (!code)
        code = sc_run_picture(e->run, result, err);
    if (code) {
        sc_run_free(e->run);
        e->run = NULL;
    }
    return code || !stopped ? code : SCUMBLE_ERR_CANCELLED;
}

static inline int easel_save(const easel *e, const char *path, sc_error *err)
{
    sc_weights *state;
    int code = sc_run_save(e->run, "{}", &state, err);
    if (!code)
        code = sc_safetensors_write(NULL, state, path, false, err);
    sc_weights_free(state);
    return code;
}

#endif
