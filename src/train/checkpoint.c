/* SPDX-License-Identifier: MIT */
/* The head of a checkpoint, written and read. See checkpoint.h. */
#include "train/checkpoint.h"

#include <string.h>

#include "optimise/optimizer.h"

static const struct {
    const char *format, *what, *command;
} kinds[] = {
    [SC_TRAINING_PAINTER] = { "scumble.training/1", "a painter", "scumble train" },
    [SC_TRAINING_ENCODER] = { "scumble.distillation/1", "an encoder", "scumble train encoder" },
};

static int checkpoint_put_head(const sc_checkpoint *c, sc_weights *state, sc_error *err)
{
    int code = sc_weights_set_metadata(state, "format", kinds[c->training].format, err);
    if (!code)
        code = sc_weights_set_metadata(state, "identity", c->identity, err);
    if (!code)
        code = sc_weights_set_metadata(state, "recipe", c->recipe, err);
    if (!code)
        code = sc_state_put_number(state, "steps", (double)c->steps, err);
    return code ? code : sc_state_put_number(state, "elapsed_s", c->elapsed_s, err);
}

int sc_checkpoint_begin(const sc_checkpoint *checkpoint, sc_weights **state, sc_error *err)
{
    int code = sc_weights_create(state, err);
    if (code)
        return code;
    code = checkpoint_put_head(checkpoint, *state, err);
    if (code) {
        sc_weights_free(*state);
        *state = NULL;
    }
    return code;
}

int sc_checkpoint_write(sc_weights *state, const char *path, int code, sc_error *err)
{
    if (!code)
        code = sc_weights_sort(state, err);
    if (!code)
        code = sc_safetensors_write(NULL, state, path, false, err);
    sc_weights_free(state);
    return code;
}

int sc_checkpoint_check(const sc_weights *state, sc_training training, sc_error *err)
{
    sc_training other = training == SC_TRAINING_PAINTER ? SC_TRAINING_ENCODER : SC_TRAINING_PAINTER;
    const char *format = sc_weights_metadata(state, "format");
    if (format && !strcmp(format, kinds[training].format))
        return SCUMBLE_OK;
    if (format && !strcmp(format, kinds[other].format))
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED,
                       "this is %s in training, not %s; `resume` it with the command '%s'", kinds[other].what,
                       kinds[training].what, kinds[other].command);
    return sc_fail(err, SCUMBLE_ERR_FORMAT, "this is no checkpoint of %s in training", kinds[training].what);
}

int sc_checkpoint_read(sc_checkpoint *c, const sc_weights *state, const char *inputs, sc_error *err)
{
    double steps;
    const char *identity = sc_weights_metadata(state, "identity");
    int code = sc_checkpoint_check(state, c->training, err);
    if (!code && (!identity || strcmp(identity, c->identity)))
        code = sc_fail(err, SCUMBLE_ERR_ARGUMENT, "the checkpoint is from a training with other %s", inputs);
    if (!code)
        code = sc_state_get_number(state, "steps", &steps, err);
    if (!code)
        code = sc_state_get_number(state, "elapsed_s", &c->elapsed_s, err);
    if (!code && !(steps >= 0 && steps < 1e15))
        code = sc_fail(err, SCUMBLE_ERR_FORMAT, "the checkpoint is damaged");
    c->steps = code ? 0 : (int64_t)steps;
    return code;
}
