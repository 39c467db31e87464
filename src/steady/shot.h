/* SPDX-License-Identifier: MIT */
/* The frames of a shot, one after the other, painted so that they stay steady: the first as any picture; each later one
 * from what is known of it from the frames before (guess.h).
 * - In a style it is optimised from there at the finest scale alone, and the term `temporal` holds it to what is known
 *   (Ruder, Dosovitskiy, Brox 2016, "Artistic Style Transfer for Videos").
 * - By a painter it is painted with the statistics of the whole shot (Wang et al. 2020, "Consistent Video Style
 *   Transfer via Relaxation and Regularization"), and its strokes go with the camera (paint/shift.h).
 * Then what is known is blended in, all of it where nothing moves or changes, so that a still picture stands still. */
#ifndef SC_STEADY_SHOT_H
#define SC_STEADY_SHOT_H

#include "paint/paint.h"
#include "run/run.h"
#include "optimise/optimizer.h"
#include "steady/guess.h"

typedef struct sc_shot sc_shot;

/* All of it is borrowed for as long as the shot lives. Either style or painter. */
typedef struct sc_shot_setup {
    sc_style *style;
    const sc_painter *painter;
    const sc_paint_options *paint;
    sc_threads *threads;
    double steady;  /* 0..1; 0: each frame by itself */
    int iterations; /* of frames after the first, in a style */
} sc_shot_setup;

int sc_shot_create(sc_shot **shot, const sc_shot_setup *setup, sc_error *err);
void sc_shot_free(sc_shot *shot);
/* What was before is forgotten. samples: frames of the shot, all of one size, for a painter's statistics; count 0:
 * those of its first frame. */
int sc_shot_begin(sc_shot *shot, const sc_image *const *samples, int count, sc_error *err);

/* How much each painting of the style counts from the next frame on, >= 0, not all 0; borrowed until the next call or
 * the shot's end; NULL: as the style has it. Guides of frames must have pieces of those alone that count. */
void sc_shot_weigh(sc_shot *shot, const double *weights);

/* The next frame is painted already: it stands as it is, and later frames follow it. painted: of any size. */
int sc_shot_stand(sc_shot *shot, const sc_image *frame, const sc_image *painted, sc_error *err);
/* The next frame leans, by share (0..1), on another result of it, of the same size as the results (one that was painted
 * from a later frame backward), beside what is known from the frames before. Borrowed until it is painted. */
void sc_shot_lean(sc_shot *shot, const sc_image *picture, double share);

/* Told after each iteration, or as a painter goes on: how much is done, of how much; losses NULL: of a painter. Not 0:
 * stop. */
typedef int (*sc_shot_progress)(void *user, int64_t done, int64_t of, const sc_losses *losses);
/* The next frame. guides: of its style, or NULL. *result is made anew, caller frees with sc_image_free; on failure it
 * is zeroed, and the shot stands before this frame: SCUMBLE_ERR_CANCELLED when progress stopped it. */
int sc_shot_paint(sc_shot *shot, const sc_image *frame, const sc_guides *guides, sc_shot_progress progress, void *user,
                  sc_image *result, sc_error *err);

/* How frames are cut into tiles, which stays as it was with the first one, whatever memory is free later: a text for
 * another shot that is to cut alike, before its first frame. "" = no frame has come yet. */
enum { SC_SHOT_TILES_TEXT = SC_TILING_TEXT };
void sc_shot_tiles(const sc_shot *shot, char text[SC_SHOT_TILES_TEXT]);
int sc_shot_set_tiles(sc_shot *shot, const char *text, sc_error *err);

/* What later frames look back to, lent until the next frame; and back. */
int sc_shot_save(const sc_shot *shot, sc_weights *state, sc_error *err);
int sc_shot_load(sc_shot *shot, const sc_weights *state, sc_error *err);

#endif
