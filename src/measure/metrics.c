/* SPDX-License-Identifier: MIT */
/* The metrics of a comparison, as they are shown: names, directions, a line each. comparison.h says what they are. */
#include "measure/comparison.h"

#define METRIC(id, name, group, direction, help) \
    [SC_METRIC_##id] = { name, SCUMBLE_METRIC_##group, SCUMBLE_METRIC_##direction, help }
const scumble_metric_info sc_metrics[SC_METRIC_COUNT] = {
    METRIC(STRUCTURE, "structure", CONTENT, LOWER,
           "which places resemble each other, against the photo (self-similarity)"),
    METRIC(SSIM, "ssim", CONTENT, HIGHER, "structural similarity of the lightness to the photo's"),
    METRIC(CONTENT, "content", CONTENT, LOWER, "distance of the encoder's features from the photo's"),
    METRIC(EFFECTIVENESS, "effectiveness", STYLE, HIGHER,
           "E, closeness of Gaussians of features, weighted as people judged"),
    METRIC(GRAM, "gram", STYLE, LOWER, "distance of Gram matrices from the painting's"),
    METRIC(SWD, "swd", STYLE, LOWER, "sliced Wasserstein distance of features from the painting's"),
    METRIC(SIFID, "sifid", STYLE, LOWER, "Frechet distance of InceptionV3's features from the painting's"),
    METRIC(COPY, "copy", ARTEFACT, LOWER, "largest copy of a part of the painting, in percent of the picture"),
    METRIC(DETAIL, "detail", ARTEFACT, NEAR_ONE, "fine detail, over the painting's: more is noise, less is blur"),
    METRIC(BORDER, "border", ARTEFACT, NEAR_ONE, "colour of the rim against what is beside it, over the photo's"),
    METRIC(CHECKERBOARD, "checkerboard", ARTEFACT, NEAR_ONE, "what repeats every 2, 4 or 8 pixels, over chance"),
    METRIC(SEAM_X, "seam-x", ARTEFACT, NEAR_ONE, "of tiles: the step from right to left, over those inside"),
    METRIC(SEAM_Y, "seam-y", ARTEFACT, NEAR_ONE, "of tiles: the step from bottom to top, over those inside"),
};
#undef METRIC
