/* SPDX-License-Identifier: MIT */
/* Which painting suits a photo? The features of both foretell a score from 0 to 100 within a moment, with reasons and
 * with settings for the style. In short:
 *
 *     scumble_descriptor *photo = NULL, *painting = NULL;
 *     scumble_match match;
 *     if (!scumble_descriptor_load(s, "photo.jpg", &photo) && !scumble_descriptor_load(s, "painting.jpg", &painting) &&
 *         !scumble_match_pair(s, photo, painting, &match))
 *         printf("%.0f of 100, beta %.1f\n", match.score, match.settings.beta);
 *     scumble_descriptor_free(&photo), scumble_descriptor_free(&painting);
 *
 * doc/match.md tells what the score foretells, how it was fitted, and how well it does on pairs that it had not seen.
 * The conventions are those of scumble.h. */
#ifndef SCUMBLE_MATCH_H
#define SCUMBLE_MATCH_H

#include "scumble/scumble.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What is kept of a picture to match it: some 22000 numbers, however large it is. It does not borrow its context. */
typedef struct scumble_descriptor scumble_descriptor;
/* The descriptor of a file. It is kept in a cache of at most 512 MiB, $XDG_CACHE_HOME/scumble/descriptors.sqlite (by
 * default under ~/.cache), which knows a file by its bytes. When the folder cannot be used, there is no cache. */
SCUMBLE_API int scumble_descriptor_load(scumble *s, const char *path, scumble_descriptor **descriptor);
/* The descriptor of a picture, without the cache. */
SCUMBLE_API int scumble_descriptor_create(scumble *s, const scumble_image *image, scumble_descriptor **descriptor);
SCUMBLE_API void scumble_descriptor_free(scumble_descriptor **descriptor);

/* Reasons of a score, by index. */
typedef struct scumble_match_reason {
    const char *name; /* "colours" */
    /* a phrase for a pair in which it helps, such as "colours close to the photo's", and for one in which it harms */
    const char *good, *bad;
} scumble_match_reason;
/* The index-th reason, from 0; NULL beyond the last. All of it is static. */
SCUMBLE_API const scumble_match_reason *scumble_match_reason_at(int index);
enum { SCUMBLE_MATCH_REASONS = 5 };

/* Settings that suit a pair, as values of options of a style; this struct is final. */
typedef struct scumble_match_settings {
    /* 1..32: with this weight the picture should keep as much of the photo's structure as pictures usually do */
    double beta;
    double style_scale; /* 0.5, 0.7 or 1 */
    const char *colour; /* "style", "luminance" or "match"; static */
} scumble_match_settings;

/* What is foretold of a pair; this struct is final. */
typedef struct scumble_match {
    double score; /* 0..100: how many of 100 pairs should come out worse */
    /* what is foretold: the logarithm of the squared sliced Wasserstein distance between the features of picture and
     * painting, divided by their variance, at the usual closeness to the photo. Lower is better; values from -5 to 0
     * were seen. */
    double outcome;
    /* how much each reason changes the outcome, in standard deviations of outcomes: above 0 it helps, below 0 it harms
     * */
    double reasons[SCUMBLE_MATCH_REASONS];
    scumble_match_settings settings; /* style_scale is always 1 here: see scumble_match_settings_of */
} scumble_match;
SCUMBLE_API int scumble_match_pair(scumble *s, const scumble_descriptor *photo, const scumble_descriptor *painting,
                                   scumble_match *match);
/* Settings for a pair, with the scale of the style: for that the painting is looked at in several sizes. */
SCUMBLE_API int scumble_match_settings_of(scumble *s, const scumble_image *photo, const scumble_image *painting,
                                          scumble_match_settings *settings);
/* The measures behind the score, as JSON {"relu1_1": -0.8, ...}. Free *json with scumble_text_free. */
SCUMBLE_API int scumble_match_measures(scumble *s, const scumble_descriptor *photo, const scumble_descriptor *painting,
                                       char **json);

#ifdef __cplusplus
}
#endif

#endif
