/* SPDX-License-Identifier: MIT */
/* `--progress json`: one JSON object a line on stdout, flushed, for other programs. Every object has "event":
 *   start     photo, output, width, height, memory_bytes, time_s (from the picture's beginning to its file), tile_edge
 * (0 = whole)
 *   progress  scale, scales, scale_px, iteration, iterations, content, style, tv, total, elapsed_s, eta_s
 *             in a batch also: picture (1 ..), pictures, all_eta_s (for what is left of all)
 *             of a training: iteration, iterations, content, style, adversarial, tv, total,
 *             discriminator, elapsed_s, eta_s
 *             of an encoder's: iteration, iterations, unexplained (an object: the layers' shares), total,
 *             elapsed_s, eta_s
 *   note      message
 *   error     message, photo (when one failed)
 *   total     pictures, time_s: of --dry-run --json, the last line
 *   done      photo, output, width, height, iterations, elapsed_s, interrupted, checkpoint (when written)
 * A texture has no photo. A value that is not a finite number is null. Names that are not UTF-8 have U+FFFD in place of
 * the bad bytes. */
#ifndef CLI_EVENTS_H
#define CLI_EVENTS_H

#include "scumble/distil.h"
#include "scumble/train.h"

#include <stdbool.h>

void events_start(const char *photo, const char *output, const scumble_estimate *estimate);
/* picture: its number of `pictures`; all_left_s: negative = not known. */
void events_progress(const scumble_progress *progress, int picture, int pictures, double all_left_s);
void events_training(const scumble_train_progress *progress);
void events_distillation(const scumble_distil_progress *progress, const char *const *names, int count);
void events_total(int pictures, double time_s);
void events_note(const char *message);
void events_error(const char *message, const char *photo);

typedef struct done_event {
    const char *photo, *output, *checkpoint;
    int width, height, iterations;
    double elapsed_s;
    bool interrupted;
} done_event;
void events_done(const done_event *done);

#endif
