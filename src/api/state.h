/* SPDX-License-Identifier: MIT */
/* Files with what a job remembers between frames, and what tells it from other jobs. */
#ifndef SC_API_STATE_H
#define SC_API_STATE_H

#include "api/context.h"
#include "weights/weights.h"

/* A new state of the job that `value` names under `key`; freed by sc_state_write, after a failure too. */
int sc_state_create(sc_weights **state, const char *key, const char *value, sc_error *err);
/* Writes it, unless `err` says that it was not filled in; freed in any case. Returns what scumble_shot_save returns. */
int sc_state_write(scumble *s, sc_weights *state, const char *path, sc_error *err);
/* A state as it was written, and its job. Caller frees with sc_weights_free. */
int sc_state_read(scumble *s, sc_weights **state, const char *path, const char *key, const char **value, sc_error *err);
/* It has been taken in, or `err` says why not; freed. Returns what scumble_shot_restore returns. */
int sc_state_taken(scumble *s, sc_weights *state, const char *path, sc_error *err);

#endif
