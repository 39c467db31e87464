/* SPDX-License-Identifier: MIT */
/* See state.h. */
#include "api/state.h"

int sc_state_create(sc_weights **state, const char *key, const char *value, sc_error *err)
{
    int code = sc_weights_create(state, err);
    return code ? code : sc_weights_set_metadata(*state, key, value, err);
}

int sc_state_write(scumble *s, sc_weights *state, const char *path, sc_error *err)
{
    if (!err->code && !sc_weights_sort(state, err))
        sc_safetensors_write_unsynced(s->threads, state, path, err);
    sc_weights_free(state);
    return sc_report(s, err);
}

int sc_state_read(scumble *s, sc_weights **state, const char *path, const char *key, const char **value, sc_error *err)
{
    int code = sc_weights_load(s->threads, state, path, err);
    *value = code ? NULL : sc_weights_metadata(*state, key);
    return code;
}

int sc_state_taken(scumble *s, sc_weights *state, const char *path, sc_error *err)
{
    if (err->code)
        sc_error_prefix(err, "'%s' cannot be gone on with", path);
    sc_weights_free(state);
    return sc_report(s, err);
}
