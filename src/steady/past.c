/* SPDX-License-Identifier: MIT */
/* See past.h. */
#include "steady/past.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

static size_t past_pixels(const sc_image *image)
{
    return (size_t)image->width * (size_t)image->height;
}

/* ---- keeping --------------------------------------------------------------------------------------------------- */

static void past_frame_free(sc_past_frame *frame)
{
    sc_big_free(frame->luma);
    sc_big_free(frame->ripe);
    sc_image_free(&frame->result);
    *frame = (sc_past_frame){ 0 };
}

void sc_past_forget(sc_past *past)
{
    for (int i = 0; i < past->count; i++)
        past_frame_free(&past->frames[i]);
    past->count = 0;
}

int sc_past_add(sc_past *past, float *luma, float *ripe, const sc_image *result, sc_error *err)
{
    sc_past_frame frame = { .luma = luma, .ripe = ripe };
    int code = sc_image_create(&frame.result, result->width, result->height, false, err);
    if (code) {
        past_frame_free(&frame);
        return code;
    }
    memcpy(frame.result.rgb, result->rgb, 3 * past_pixels(result) * sizeof *result->rgb);
    if (past->count == past->most)
        past_frame_free(&past->frames[--past->count]);
    memmove(past->frames + 1, past->frames, (size_t)past->count * sizeof *past->frames);
    past->frames[0] = frame;
    past->count++;
    return SCUMBLE_OK;
}

/* ---- states ---------------------------------------------------------------------------------------------------- */

int sc_past_save(const sc_past *past, sc_weights *state, sc_error *err)
{
    int code = SCUMBLE_OK;
    for (int i = 0; i < past->count && !code; i++) {
        const sc_past_frame *f = &past->frames[i];
        const int64_t size[] = { f->result.height, f->result.width, 3 };
        char name[32];
        snprintf(name, sizeof name, "past.%d.luma", i);
        code = sc_weights_lend(state, name, size, 2, f->luma, err);
        snprintf(name, sizeof name, "past.%d.ripe", i);
        if (!code)
            code = sc_weights_lend(state, name, size, 2, f->ripe, err);
        snprintf(name, sizeof name, "past.%d.result", i);
        if (!code)
            code = sc_weights_lend(state, name, size, 3, f->result.rgb, err);
    }
    return code;
}

bool sc_past_sound(const sc_weight *tensor)
{
    for (size_t i = 0; i < tensor->count; i++)
        if (!(fabsf(tensor->values[i]) <= 16))
            return false;
    return true;
}

static const sc_weight *past_tensor(const sc_weights *state, int frame, const char *what, int dimensions)
{
    char name[32];
    snprintf(name, sizeof name, "past.%d.%s", frame, what);
    const sc_weight *found = sc_weights_find(state, name);
    return found && found->dimension_count == dimensions ? found : NULL;
}

static float *past_copy(const sc_weight *tensor, sc_error *err)
{
    float *copy = sc_big_alloc(tensor->count * sizeof *copy, err);
    return copy ? memcpy(copy, tensor->values, tensor->count * sizeof *copy) : NULL;
}

int sc_past_load(sc_past *past, const sc_weights *state, sc_error *err)
{
    sc_past_forget(past);
    for (int i = SC_PAST_FRAMES - 1; i >= 0; i--) {
        const sc_weight *luma = past_tensor(state, i, "luma", 2), *ripe = past_tensor(state, i, "ripe", 2),
                        *rgb = past_tensor(state, i, "result", 3);
        if (!luma && !ripe && !rgb)
            continue;
        if (!luma || !ripe || !rgb || !luma->count || rgb->count != 3 * luma->count || ripe->count != luma->count ||
            rgb->dimensions[1] != luma->dimensions[1] || rgb->dimensions[1] > INT32_MAX ||
            rgb->dimensions[0] > INT32_MAX ||
            (past->count && (rgb->dimensions[1] != past->frames[0].result.width ||
                             rgb->dimensions[0] != past->frames[0].result.height)) ||
            !sc_past_sound(luma) || !sc_past_sound(ripe) || !sc_past_sound(rgb))
            return sc_fail(err, SCUMBLE_ERR_FORMAT, "what it says of %d frames before is damaged", i + 1);
        float *own = past_copy(luma, err), *own_ripe = own ? past_copy(ripe, err) : NULL;
        sc_image result = { .width = (int)rgb->dimensions[1], .height = (int)rgb->dimensions[0], .rgb = rgb->values };
        if (!own_ripe) {
            sc_big_free(own);
            return err->code;
        }
        int code = sc_past_add(past, own, own_ripe, &result, err);
        if (code)
            return code;
    }
    return SCUMBLE_OK;
}
