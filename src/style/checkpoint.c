/* SPDX-License-Identifier: MIT */
/* Checkpoints: a safetensors file with the picture, the optimiser's state and the position. Numbers that are not
 * float32 are kept as text in the metadata, bit for bit, so that a resumed run ends with the same bytes. */
#include <stdlib.h>
#include <string.h>

#include "style/transfer_internal.h"

static const char format[] = "scumble.checkpoint/2";

static int put_divisors(sc_transfer *t, sc_weights *state, sc_error *err)
{
    size_t count = (size_t)sc_objective_divisor_count(t->objective);
    float *divisors;
    int code = sc_weights_add(state, "divisors", &(int64_t){ (int64_t)count }, 1, &divisors, err);
    if (!code)
        sc_objective_divisors(t->objective, divisors);
    return code;
}

static int get_divisors(sc_transfer *t, const sc_weights *state, sc_error *err)
{
    size_t count = (size_t)sc_objective_divisor_count(t->objective);
    float *divisors = malloc((count + 1) * sizeof *divisors);
    if (!divisors)
        return sc_fail_memory(err, count * sizeof *divisors);
    int code = sc_state_get(state, "divisors", divisors, count, err);
    if (!code)
        sc_objective_set_divisors(t->objective, divisors);
    free(divisors);
    return code;
}

static int put_all(sc_transfer *t, sc_weights *state, const char *recipe, sc_error *err)
{
    int code = sc_weights_set_metadata(state, "format", format, err);
    if (!code)
        code = sc_weights_set_metadata(state, "identity", t->identity, err);
    if (!code && recipe)
        code = sc_weights_set_metadata(state, "recipe", recipe, err);
    const struct {
        const char *name;
        double value;
    } numbers[] = {
        { "scale", t->position.scale },
        { "iteration", t->position.iteration },
        { "iterations_done", t->position.iterations_done },
        { "elapsed_s", t->position.elapsed_s },
        { "width", t->photo.width },
        { "height", t->photo.height },
        { "content", sc_loss_named(&t->losses, "content") },
        { "style", sc_loss_named(&t->losses, "style") },
        { "tv", sc_loss_named(&t->losses, "tv") },
        { "total", t->losses.total },
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers && !code; i++)
        code = sc_state_put_number(state, numbers[i].name, numbers[i].value, err);
    if (!code)
        code = sc_state_put(state, "x", t->values, sc_variable_count(t->variable), err);
    if (!code && t->query)
        code = sc_state_put(state, "query", t->query, (size_t)t->x.width * (size_t)t->x.height * 3, err);
    if (!code)
        code = put_divisors(t, state, err);
    if (!code)
        code = sc_optimizer_save(t->optimizer, state, err);
    return code ? code : sc_weights_sort(state, err);
}

int sc_transfer_checkpoint(sc_transfer *t, const char *path, const char *recipe, sc_error *err)
{
    if (!t->optimizer || !t->identity)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                       "there is no run to save: a checkpoint is written during a run or after a cancelled one");
    sc_weights *state;
    int code = sc_weights_create(&state, err);
    if (code)
        return code;
    code = put_all(t, state, recipe, err);
    if (!code)
        code = sc_safetensors_write(state, path, false, err);
    sc_weights_free(state);
    return code;
}

/* Larger than what the options make of the photo it never was: a file does not decide how much memory is taken. */
static int check_size(sc_transfer *t, double width, double height, sc_error *err)
{
    const sc_image *content = t->subject->content;
    sc_scales plan;
    sc_transfer_plan(t, !content, content ? content->width : t->subject->width,
                     content ? content->height : t->subject->height, &plan);
    if (width >= 1 && width <= plan.width && height >= 1 && height <= plan.height)
        return SCUMBLE_OK;
    return sc_fail(err, SCUMBLE_ERR_FORMAT,
                   "the checkpoint's picture of %.0f x %.0f pixels does not fit this run, of %d x %d", width, height,
                   plan.width, plan.height);
}

/* Numbers from a file, which may be anything. */
static bool fits(const sc_scales *plan, double scale, double iteration, double done)
{
    if (!(scale >= 0 && scale < plan->count && iteration >= 0 && iteration <= plan->scale[(int)scale].iterations))
        return false;
    double expected = iteration;
    for (int k = 0; k < (int)scale; k++)
        expected += plan->scale[k].iterations;
    return done == expected;
}

sc_position sc_checkpoint_position(const sc_weights *state, const sc_scales *plan)
{
    double scale, iteration, done;
    sc_error err;
    bool known = !sc_state_get_number(state, "scale", &scale, &err) &&
                 !sc_state_get_number(state, "iteration", &iteration, &err) &&
                 !sc_state_get_number(state, "iterations_done", &done, &err);
    if (!known || !fits(plan, scale, iteration, done))
        return (sc_position){ 0 };
    return (sc_position){ .scale = (int)scale, .iteration = (int)iteration, .iterations_done = (int)done };
}

int sc_transfer_restore_position(sc_transfer *t, const sc_weights *state, const char *identity, sc_error *err)
{
    const char *found = sc_weights_metadata(state, "format"), *same = sc_weights_metadata(state, "identity");
    if (!found || strcmp(found, format) != 0)
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "this is not a checkpoint of scumble");
    if (!same || strcmp(same, identity) != 0)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                       "the checkpoint belongs to another run: photo, painting, encoder or options differ; give the "
                       "same ones as then");
    double scale, iteration, done, width, height;
    int code = sc_state_get_number(state, "width", &width, err);
    if (!code)
        code = sc_state_get_number(state, "height", &height, err);
    if (!code)
        code = check_size(t, width, height, err);
    if (!code) /* the size of then: with --max-memory, today's plan could differ */
        sc_transfer_scales(t, !t->subject->content, (int)width, (int)height, &t->scales);
    if (!code)
        code = sc_state_get_number(state, "scale", &scale, err);
    if (!code)
        code = sc_state_get_number(state, "iteration", &iteration, err);
    if (!code)
        code = sc_state_get_number(state, "iterations_done", &done, err);
    if (!code)
        code = sc_state_get_number(state, "elapsed_s", &t->position.elapsed_s, err);
    if (code)
        return code;
    if (!fits(&t->scales, scale, iteration, done))
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "the checkpoint's position does not fit this run");
    t->position.scale = (int)scale;
    t->position.iteration = (int)iteration;
    t->position.iterations_done = (int)done;
    return SCUMBLE_OK;
}

int sc_transfer_restore_picture(sc_transfer *t, const sc_weights *state, sc_error *err)
{
    int code = sc_state_get(state, "x", t->values, sc_variable_count(t->variable), err);
    if (!code && t->query)
        code = sc_state_get(state, "query", t->query, (size_t)t->x.width * (size_t)t->x.height * 3, err);
    if (!code && t->query)
        code = sc_objective_refresh(t->objective, t->query, sc_transfer_round(t), err);
    if (!code)
        code = get_divisors(t, state, err);
    if (!code)
        code = sc_optimizer_load(t->optimizer, state, err);
    return code || !t->position.iteration ?
               code :
               sc_transfer_refresh_now_and_then(t, err); /* at a plan's end it was not due, and may be now */
}
