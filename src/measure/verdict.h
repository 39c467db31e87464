/* SPDX-License-Identifier: MIT */
/* A discriminator's verdict on a whole picture: how much it takes it for a real work of the style that it learnt, and
 * where. */
#ifndef SC_MEASURE_VERDICT_H
#define SC_MEASURE_VERDICT_H

#include "media/image.h"
#include "measure/judge.h"

typedef struct sc_verdict {
    double score; /* the mean over all patches; the discriminator was trained to give real works above 1, all else below
                     -1 */
    double share; /* of patches with a score above 0 */
    sc_image map; /* the picture in grey, as large as it was judged, under a colour for each patch: orange where it is
                     taken for real, blue where not */
} sc_verdict;

/* Long edge: the picture is shrunk to it before (never enlarged): strokes should be as large as they were in training.
 * SCUMBLE_ERR_UNSUPPORTED for pictures of less than 32 pixels on a side. Caller frees verdict->map. */
int sc_verdict_on(sc_verdict *verdict, const sc_judge_config *config, const sc_image *image, int edge, sc_error *err);

#endif
