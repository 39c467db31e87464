/* SPDX-License-Identifier: MIT */
/* What a long job tells of itself: painting, applying a painter, training, distilling, downloads. There is one shape
 * for all of them, which `--progress json` prints as well; doc/events.md lists the jobs, their stages and units. */
#ifndef SCUMBLE_EVENT_H
#define SCUMBLE_EVENT_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* This struct is final. */
typedef struct scumble_loss {
    const char *name; /* "style"; static */
    double value;
} scumble_loss;

/* It belongs to the library, strings and losses included. Later versions may add fields at its end. */
typedef struct scumble_event {
    const char *job; /* "stylize", "texture", "apply", "film", "train", "distil", "match", "compare" or "pull" */
    /* what is under way: "scale", "paint", "frame", "shots", "frames", "steps", "measure" or "download" */
    const char *stage;
    int stage_number, stages; /* 1 .. stages */
    int size_px;              /* the long edge in pixels at which this stage works; 0 = it says nothing */
    int64_t done, of;         /* over all stages; of 0 = not known */
    const char *unit;         /* of both: "iterations", "steps", "pixels", "parts", "frames", "pictures" or "bytes" */
    /* of the last iteration or step: each by its name, without its weight, and at the end "total", the weighted sum;
     * none where nothing is minimised, or before the first step */
    const scumble_loss *losses;
    int loss_count;
    double elapsed_s; /* since the job began, earlier parts of one that was resumed included */
    double eta_s;     /* about how long it still takes; below 0 = not known */
    const char *note; /* a sentence that the user should read, or NULL */
} scumble_event;

/* Called on the thread that called the function which takes it. The event is valid during the call. Non-zero stops the
 * job, which then returns SCUMBLE_ERR_CANCELLED. */
typedef int (*scumble_event_fn)(const scumble_event *event, void *user);

#ifdef __cplusplus
}
#endif

#endif
