/* SPDX-License-Identifier: MIT */
/* The sizes at which photo and painting are compared, and what they are then: the controls of a comparison. */
#ifndef SC_MEASURE_CONTROLS_H
#define SC_MEASURE_CONTROLS_H

#include "media/image.h"

enum { SC_COMPARISON_LEAST = 32, SC_COMPARISON_LEAST_PAINTING = 20 }; /* pixels of an edge */

/* SCUMBLE_ERR_ARGUMENT for pictures that are too small to be measured. */
int sc_comparison_check_size(int width, int height, sc_error *err);
/* The painting with this long edge, or its own if that is less. */
int sc_comparison_resize_painting(sc_threads *threads, const sc_image *painting, int long_edge, sc_image *resized,
                                  sc_error *err);
/* The controls for pictures of width x height: the photo, and the middle of the painting at the scale at which it is
 * compared, mirrored where it does not reach. Opaque. Free with sc_image_free. */
int sc_comparison_photo(sc_threads *threads, const sc_image *photo, int width, int height, sc_image *control,
                        sc_error *err);
int sc_comparison_painting(sc_threads *threads, const sc_image *painting, int width, int height, sc_image *control,
                           sc_error *err);

#endif
