/* SPDX-License-Identifier: MIT */
/* Steadiers of the public API: flicker is taken out of films of others. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/context.h"
#include "api/options.h"
#include "api/state.h"
#include "scumble/film.h"
#include "steady/blind.h"

struct scumble_steadier {
    scumble *s;
    sc_blind blind;
    double lambda;
    char settings[32]; /* what tells states apart */
};

static const char settings_key[] = "steadier";

int scumble_steadier_open(scumble *s, const scumble_options *film, scumble_steadier **steadier)
{
    if (steadier)
        *steadier = NULL;
    if (!sc_is_open(s) || !steadier)
        return sc_null(s, __func__);
    sc_error err = { 0 };
    scumble_options own;
    if (sc_options_take(&own, film, SCUMBLE_OPTIONS_FILM, &err))
        return sc_report(s, &err);
    scumble_steadier *made = calloc(1, sizeof *made);
    if (!made) {
        sc_fail_memory(&err, sizeof *made);
        return sc_report(s, &err);
    }
    const double steady = own.film.steady;
    made->s = s;
    made->lambda = steady / (steady < 0.9999 ? 1 - steady : 1e-4);
    snprintf(made->settings, sizeof made->settings, "steady=%.9g", steady);
    *steadier = made;
    return SCUMBLE_OK;
}

void scumble_steadier_close(scumble_steadier **steadier)
{
    if (!steadier || !*steadier)
        return;
    sc_blind_forget(&(*steadier)->blind);
    free(*steadier);
    *steadier = NULL;
}

int scumble_steadier_begin(scumble_steadier *steadier)
{
    if (!steadier)
        return sc_null(NULL, __func__);
    sc_blind_forget(&steadier->blind);
    return SCUMBLE_OK;
}

int scumble_steadier_next(scumble_steadier *steadier, const scumble_image *painted, const scumble_image *source,
                          scumble_image **result)
{
    if (result)
        *result = NULL;
    if (!steadier || !painted || !source || !result)
        return sc_null(steadier ? steadier->s : NULL, __func__);
    sc_error err = { 0 };
    sc_image made;
    if (!sc_blind_next(&steadier->blind, steadier->s->threads, steadier->lambda, &painted->image, &source->image, &made,
                       NULL, &err))
        sc_context_image(&made, NULL, result, &err);
    return sc_report(steadier->s, &err);
}

int scumble_steadier_save(scumble_steadier *steadier, const char *path)
{
    if (!steadier || !path)
        return sc_null(steadier ? steadier->s : NULL, __func__);
    sc_error err = { 0 };
    sc_weights *state;
    if (!sc_state_create(&state, settings_key, steadier->settings, &err))
        sc_blind_save(&steadier->blind, state, &err);
    return sc_state_write(steadier->s, state, path, &err);
}

int scumble_steadier_restore(scumble_steadier *steadier, const char *path)
{
    if (!steadier || !path)
        return sc_null(steadier ? steadier->s : NULL, __func__);
    sc_error err = { 0 };
    sc_weights *state;
    const char *then;
    int code = sc_state_read(steadier->s, &state, path, settings_key, &then, &err);
    if (!code && (!then || strcmp(then, steadier->settings)))
        code = sc_fail(&err, SCUMBLE_ERR_ARGUMENT, "the state belongs to another film: %s, not %s",
                       then ? then : "no state of a steadier", steadier->settings);
    if (!code)
        sc_blind_load(&steadier->blind, state, &err);
    return sc_state_taken(steadier->s, state, path, &err);
}
