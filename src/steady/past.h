/* SPDX-License-Identifier: MIT */
/* The last frames of a shot and their results. */
#ifndef SC_STEADY_PAST_H
#define SC_STEADY_PAST_H

#include "media/image.h"
#include "weights/weights.h"

enum { SC_PAST_FRAMES = 4 };

typedef struct sc_past_frame {
    float *luma;     /* of the frame, height * width, 0..1, owned, big */
    float *ripe;     /* the same: how long each place has been painted, from 0 = just uncovered to 1 */
    sc_image result; /* of the same size; rgb alone */
} sc_past_frame;

/* Zeroed, but for `most`: nothing is known. */
typedef struct sc_past {
    int most;                             /* frames that are kept, 1..SC_PAST_FRAMES */
    int count;                            /* of frames that are known */
    sc_past_frame frames[SC_PAST_FRAMES]; /* the newest first; all of one size */
} sc_past;

/* luma, ripe: taken over in any case; result: copied, of the same size as those before. The oldest frame is forgotten.
 */
int sc_past_add(sc_past *past, float *luma, float *ripe, const sc_image *result, sc_error *err);
void sc_past_forget(sc_past *past);

/* Whether a state's values may be those of pictures: numbers, and near 0..1. */
bool sc_past_sound(const sc_weight *tensor);
/* As tensors "past.K.luma", "past.K.ripe" (h, w) and "past.K.result" (h, w, 3), lent; and back, copied. */
int sc_past_save(const sc_past *past, sc_weights *state, sc_error *err);
int sc_past_load(sc_past *past, const sc_weights *state, sc_error *err);

#endif
