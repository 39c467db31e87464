/* SPDX-License-Identifier: MIT */
/* A run: one picture painted in a style, from coarse to fine (Gatys, Ecker, Bethge 2016, "Image Style Transfer Using
 * Convolutional Neural Networks"). It is made, stepped, set, looked at, saved, made again from what was saved, freed. A
 * branch is a run made from another one's state and set otherwise. */
#ifndef SC_RUN_RUN_H
#define SC_RUN_RUN_H

#include <jansson.h>

#include "run/style.h"
#include "run/tiling.h"
#include "weights/weights.h"

typedef struct sc_run sc_run;

/* identity: stands for subject, style and options in states (copied). resume: a state to go on from (borrowed until the
 * first step), which must be of the same identity (SCUMBLE_ERR_ARGUMENT); or NULL. The style and the subject are
 * borrowed for as long as the run lives. Nothing is painted yet. *run is NULL on failure. */
int sc_run_create(sc_run **run, sc_style *style, const sc_subject *subject, const char *identity,
                  const sc_weights *resume, sc_error *err);
void sc_run_free(sc_run *run);

/* One iteration, or more until budget_s seconds have gone by; at the start of a scale what must be made for it comes
 * first. Does nothing when the run is done. On failure and on SCUMBLE_ERR_CANCELLED the run stands where its last
 * iteration left it, and may be stepped again. */
int sc_run_step(sc_run *run, double budget_s, sc_error *err);
/* All iterations have been made. */
bool sc_run_done(const sc_run *run);
sc_position sc_run_position(const sc_run *run);
/* In all, over all scales. */
int sc_run_iterations(const sc_run *run);
/* Of the scale at which it stands, and how many there are. */
const sc_scales *sc_run_scales(const sc_run *run);
/* The tiles of its scales; "auto" when none is cut. */
void sc_run_tiling(const sc_run *run, sc_tiling *tiling);
/* The same of all scales, also where none is cut: what other runs are to keep (subject.tiling). */
void sc_run_cuts(const sc_run *run, sc_tiling *tiling);
/* Of the last iteration. */
sc_losses sc_run_losses(const sc_run *run);
/* What there is to be said about the last step, a sentence; NULL = nothing. Static or borrowed until the next step. */
const char *sc_run_note(const sc_run *run);
/* What the rest will take, about. */
double sc_run_left_s(const sc_run *run);

/* Each of these is an event: it is noted with the iterations that were done before it, and what was noted belongs to
 * the state. The function that is minimised is another one from there on. */
/* The weight of a loss group, by the name of its option (alpha, beta, tv) or its own (groups.h). */
int sc_run_set_weight(sc_run *run, const char *name, double weight, sc_error *err);
/* How many iterations there are in all: fewer, and the run is done sooner; more, and it goes on at the last scale. */
int sc_run_set_iterations(sc_run *run, int iterations, sc_error *err);
/* Other guides; they are borrowed as those of the subject. note: what is noted of them (its reference is stolen). */
int sc_run_set_guides(sc_run *run, const sc_guides *guides, json_t *note, sc_error *err);
/* Those that it has now. Borrowed. */
const sc_guides *sc_run_guides(const sc_run *run);
/* What was set: an array of objects {"iteration": N, "set": NAME, "to": VALUE}. Borrowed. */
const json_t *sc_run_events(const sc_run *run);

/* The picture as it is now, at the size of the result, in the colours and with all else that the result has. Caller
 * frees with sc_image_free. */
int sc_run_picture(sc_run *run, sc_image *picture, sc_error *err);
/* How much of each pixel of the result is painted, (1, 1, h, w); the rest is the photo. Empty: all of it. Borrowed. */
const sc_tensor *sc_run_coverage(const sc_run *run);
/* Frees what is needed to go on; the picture stays. When cancelled all stays. */
int sc_run_rest(sc_run *run, sc_error *err);
/* Whether there is a picture: after the first step, or one that was cancelled when the first scale was made. */
bool sc_run_has_picture(const sc_run *run);

/* All that is needed to go on, now or later: to be written, or given to sc_run_create. recipe: text to be kept with it,
 * or NULL. The values are the run's own until its next step or
 * change, unless sc_weights_own is called. Caller frees with sc_weights_free. */
int sc_run_save(sc_run *run, const char *recipe, sc_weights **state, sc_error *err);

#endif
