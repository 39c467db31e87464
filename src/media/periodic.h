/* SPDX-License-Identifier: MIT */
/* Pictures that tile, made of pictures that do not: the periodic component of Moisan 2011, "Periodic Plus Smooth Image
 * Decomposition", J. Math. Imaging Vis. 39. A picture u is p + s; s is as smooth as can be and has u's jumps from each
 * border to the opposite one, so that p has none, and looks like u but for its shading near the borders. */
#ifndef SC_MEDIA_PERIODIC_H
#define SC_MEDIA_PERIODIC_H

#include "core/threads.h"
#include "media/image.h"

/* image becomes its periodic component, within 0..1, and what it has beyond sRGB that of its own; alpha stays. The same
 * bytes at any thread count. Only fails for want of memory, and then leaves rgb as it was. */
int sc_image_make_periodic(sc_threads *threads, sc_image *image, sc_error *err);

#endif
