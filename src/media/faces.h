/* SPDX-License-Identifier: MIT */
/* Faces in a photo: where they are, and a soft mask over them. An optional part: without a detector (Meson's feature
 * `faces`) or its module both functions fail with a sentence that says what to install.
 *
 * The detector finds upright faces seen from the front or half from the side, whose width is at least about 8 % of the
 * picture's; not profiles, not faces that something covers. Now and then it takes something else for a face. */
#ifndef SC_MEDIA_FACES_H
#define SC_MEDIA_FACES_H

#include "media/image.h"

typedef struct sc_face {
    float x, y, width,
        height;  /* pixels of the picture: the square from the brows to the chin. It may reach over the edges */
    float score; /* distance from the detector's threshold; above 0, above 1 is a sure one */
} sc_face;

/* More faces than these are not looked for in one picture. */
#define SC_FACES_MAX 256

/* True when there is a detector; loads it. */
bool sc_faces_available(void);

/* *count is the number of faces found, at most SC_FACES_MAX; the best min(capacity, *count) of them go to faces
 * (capacity values, NULL when 0), by falling score. The picture is looked at as grey, alpha ignored, resampled to about
 * 1024 x 768 pixels (enlarged four times at most). Same result at any thread count; may be called from several threads
 * at once. SCUMBLE_ERR_UNSUPPORTED without a detector; on failure *count is 0. */
int sc_faces_find(sc_threads *threads, const sc_image *image, sc_face *faces, int capacity, int *count, sc_error *err);

/* mask: (1, 1, height, width) of the picture, all written: 1 on a face, 0 away from faces, between them a smooth rim of
 * half a face's radius. A face is an ellipse from the hairline to below the chin; where several overlap, the largest
 * value counts. count (may be NULL) as above. SCUMBLE_ERR_UNSUPPORTED without a detector; on failure mask is not
 * touched. */
int sc_faces_mask(sc_threads *threads, const sc_image *image, float *mask, int *count, sc_error *err);

#endif
