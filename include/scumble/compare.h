/* SPDX-License-Identifier: MIT */
/* How good is a result? Measures painted pictures, however they were made, against the photo and the painting that they
 * come from: what was kept of the photo, what was taken from the painting, and what went wrong. Alone, the numbers
 * say little: measure the two controls as well. They are the photo unchanged and the painting itself, and a result lies
 * between them. doc/metrics.md has formulas, sources, ranges and weaknesses. In short:
 *
 *     scumble_comparison *comparison = NULL;
 *     double values[SCUMBLE_METRICS_MOST];
 *     if (!scumble_comparison_open(s, NULL, photo, painting, &comparison) &&
 *         !scumble_comparison_measure(comparison, result, values))
 *         for (int i = 0; scumble_metric_at(i); i++)
 *             printf("%s %g\n", scumble_metric_at(i)->name, values[i]);
 *     scumble_comparison_close(&comparison);
 *
 * The conventions are those of scumble.h. A comparison borrows its context and belongs to the same thread. */
#ifndef SCUMBLE_COMPARE_H
#define SCUMBLE_COMPARE_H

#include "scumble/scumble.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum scumble_metric_group {
    SCUMBLE_METRIC_CONTENT,
    SCUMBLE_METRIC_STYLE,
    SCUMBLE_METRIC_ARTEFACT
} scumble_metric_group;
/* Which values are better. */
typedef enum scumble_metric_direction {
    SCUMBLE_METRIC_LOWER,
    SCUMBLE_METRIC_HIGHER,
    SCUMBLE_METRIC_NEAR_ONE
} scumble_metric_direction;

typedef struct scumble_metric_info {
    const char *name; /* "structure" */
    scumble_metric_group group;
    scumble_metric_direction direction;
    const char *help; /* one line */
} scumble_metric_info;
enum { SCUMBLE_METRICS_MOST = 32 }; /* there will never be more */
/* The index-th metric, from 0, those of a group together; NULL beyond the last. All of it is static. */
SCUMBLE_API const scumble_metric_info *scumble_metric_at(int index);

/* A photo and a painting against which results are measured. */
typedef struct scumble_comparison scumble_comparison;

/* encoder: the network whose features are compared: vgg19, vgg16, lite, another model's name, or a model file with
 * VGG's layers relu1_1 .. relu3_4 or some of them; NULL = vgg19 if it is installed, else lite. Numbers of different
 * encoders cannot be compared. The pictures are copied. */
SCUMBLE_API int scumble_comparison_open(scumble *s, const char *encoder, const scumble_image *photo,
                                        const scumble_image *painting, scumble_comparison **comparison);
SCUMBLE_API void scumble_comparison_close(scumble_comparison **comparison);
/* One line with the encoder, the first 12 digits of its SHA-256, and the layers that measure. Valid until the
 * comparison is closed. */
SCUMBLE_API const char *scumble_comparison_describe(const scumble_comparison *comparison);
/* 1 when the encoder is VGG-19, with which the metric "effectiveness" was calibrated (Yeh et al. 2020). Else 0: the
 * metric then uses weights that were found for VGG-19. */
SCUMBLE_API int scumble_comparison_calibrated(const scumble_comparison *comparison);
/* 1 when inception_v3, which the metric "sifid" needs, is installed; else 0, and the value of sifid is NAN. */
SCUMBLE_API int scumble_comparison_has_sifid(const scumble_comparison *comparison);

/* values: one for each metric, in the order of scumble_metric_at. NAN is what cannot be measured: sifid without its
 * model, effectiveness without the layers relu1_1, relu2_1 and relu3_1, checkerboard below 96 pixels. The result is
 * measured at its own size, which must be 32 pixels or more each way (else SCUMBLE_ERR_ARGUMENT). The photo is resized
 * to it, and the painting by its long edge, but never enlarged. What is transparent is filled from its surroundings,
 * and does not count as style. The numbers are the same with any number of threads. Measuring takes about 3.5 KB of
 * memory for each pixel with vgg19, and 2 KB with lite. */
SCUMBLE_API int scumble_comparison_measure(scumble_comparison *comparison, const scumble_image *result, double *values);

/* SCUMBLE_CONTROL_PHOTO: the photo unchanged, which is best in content and has nothing of the style.
 * SCUMBLE_CONTROL_PAINTING: the painting itself, cut or mirrored to the shape of the photo, which is best in style and
 * has nothing of the content. */
typedef enum scumble_control { SCUMBLE_CONTROL_PHOTO, SCUMBLE_CONTROL_PAINTING } scumble_control;
/* The control for results of width x height pixels; measure it like a result. */
SCUMBLE_API int scumble_comparison_control(scumble_comparison *comparison, scumble_control control, int width,
                                           int height, scumble_image **picture);

/* ---- films ----------------------------------------------------------------------------------------------------- */

/* How steady is a film that was painted frame by frame? What changes in it is compared with what changes in its source:
 * each frame with an earlier one that is moved to where things are now, along the optical flow of the source, at the
 * places where that flow can be trusted. Any number of painted films of one source are measured beside each other, and
 * beside two controls: the source itself, which says how much is due to flow, light and noise; and the source blurred
 * by a Gaussian of 2 pixels, for blur makes the difference small, too. Pass the frames in their order. */
typedef struct scumble_film_comparison scumble_film_comparison;

enum {
    SCUMBLE_FILM_CONTROLS = 2,   /* the source, the source blurred */
    SCUMBLE_STEADINESS_FAR = 10, /* frames */
};

/* Of a film, or of one of its frames. This struct is final. */
typedef struct scumble_steadiness {
    /* warped difference to the frame before, and to the one 10 frames before: root of the mean square (of a film over
     * its pairs of frames), of values 0..1. NAN where there is no pair, for none reaches over a cut. Lower is
     * steadier. */
    double near, far;
    double near_seen, far_seen; /* share of the picture that was compared, 0..1; 0: there is no pair */
    /* OKLab's mean lightness and chroma less the source's: of a frame the difference; of a film its standard deviation
     * within shots: how much it pumps. */
    double lightness, chroma;
} scumble_steadiness;

/* count: painted films, 0 or more. */
SCUMBLE_API int scumble_film_comparison_open(scumble *s, int count, scumble_film_comparison **comparison);
SCUMBLE_API void scumble_film_comparison_close(scumble_film_comparison **comparison);
/* The next frame of the source and of each painted film (`count` pictures, NULL when that is 0), all of which have one
 * size, to which the source is resized. cut: 1 when a shot begins with it. values: of this frame, SCUMBLE_FILM_CONTROLS
 * + count of them, the controls first; or NULL. The pictures are copied; the last 10 of each film are kept. Alpha plays
 * no part. */
SCUMBLE_API int scumble_film_comparison_add(scumble_film_comparison *comparison, const scumble_image *source,
                                            const scumble_image *const *pictures, int cut, scumble_steadiness *values);
/* Of all frames so far, in the same order. The numbers are the same with any number of threads. */
SCUMBLE_API int scumble_film_comparison_result(const scumble_film_comparison *comparison, scumble_steadiness *values);

#ifdef __cplusplus
}
#endif
#endif
