/* SPDX-License-Identifier: MIT */
/* Which painting suits a photo? A score from 0 to 100, foretold from the features of both within a moment, with its
 * reasons and with settings for the transfer. In short:
 *
 *     scumble_descriptor *photo = NULL, *painting = NULL;
 *     scumble_match match;
 *     if (!scumble_descriptor_load(s, "photo.jpg", &photo) && !scumble_descriptor_load(s, "painting.jpg", &painting) &&
 *         !scumble_match_pair(s, photo, painting, &match))
 *         printf("%.0f of 100, beta %.1f\n", match.score, match.settings.beta);
 *     scumble_descriptor_free(&photo), scumble_descriptor_free(&painting);
 *
 * What the score foretells, how it was fitted and how well it does on pairs that it had not seen is told in
 * doc/match.md. The conventions are those of scumble.h. */
#ifndef SCUMBLE_MATCH_H
#define SCUMBLE_MATCH_H

#include "scumble/scumble.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What is kept of a picture for this: some 22000 numbers, however large it is. Does not borrow its context. */
typedef struct scumble_descriptor scumble_descriptor;
/* Of a file. Kept in a cache, $XDG_CACHE_HOME/scumble/descriptors.sqlite or else in ~/.cache, which is told by the
 * file's bytes and is bounded to 512 MiB; without a usable folder there is none. */
SCUMBLE_API int scumble_descriptor_load(scumble *s, const char *path, scumble_descriptor **descriptor);
/* Of a picture. */
SCUMBLE_API int scumble_descriptor_create(scumble *s, const scumble_image *image, scumble_descriptor **descriptor);
SCUMBLE_API void scumble_descriptor_free(scumble_descriptor **descriptor);

/* Reasons of a score, by index. */
typedef struct scumble_match_reason {
    const char *name;       /* "colours" */
    const char *good, *bad; /* a phrase for a pair in which it helps, or harms: "colours close to the photo's" */
} scumble_match_reason;
/* All reasons; the array and its strings are static. count may be NULL. */
SCUMBLE_API const scumble_match_reason *scumble_match_reason_list(int *count);
enum { SCUMBLE_MATCH_REASONS = 5 };

/* What fits a pair, as values of scumble_options. */
typedef struct scumble_match_settings {
    double beta; /* 1..32: with it the picture should keep as much of the photo's structure as pictures do by default */
    double style_scale; /* 0.5, 0.7 or 1 */
    const char *colour; /* "style", "luminance" or "match"; static */
} scumble_match_settings;

typedef struct scumble_match {
    double score;   /* 0..100: how many of 100 pairs should come out worse */
    double outcome; /* what is foretold: log of the squared sliced Wasserstein distance between the features of picture
                       and painting, over their variance, at the usual closeness to the photo. Lower is better; -5 .. 0
                       were seen */
    double reasons[SCUMBLE_MATCH_REASONS]; /* what each does to it, in standard deviations of outcomes: above 0 it
                                              helps, below it harms */
    scumble_match_settings settings;       /* style_scale 1: see scumble_match_settings_of */
} scumble_match;
SCUMBLE_API int scumble_match_pair(scumble *s, const scumble_descriptor *photo, const scumble_descriptor *painting,
                                   scumble_match *match);
/* Settings for a pair, the scale of the style among them, for which the painting is looked at in several sizes. */
SCUMBLE_API int scumble_match_settings_of(scumble *s, const scumble_image *photo, const scumble_image *painting,
                                          scumble_match_settings *settings);
/* The values that the model was made of, as JSON {"relu1_1": -0.8, ...}; free *json with scumble_text_free. */
SCUMBLE_API int scumble_match_measures(scumble *s, const scumble_descriptor *photo, const scumble_descriptor *painting,
                                       char **json);

#ifdef __cplusplus
}
#endif

#endif
