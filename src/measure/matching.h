/* SPDX-License-Identifier: MIT */
/* Descriptors of pictures and of files, the latter from a cache where there is one. */
#ifndef SC_MEASURE_MATCHING_H
#define SC_MEASURE_MATCHING_H

#include "measure/descriptor.h"

typedef struct sc_matching sc_matching;
/* encoder and threads are borrowed. The cache is $XDG_CACHE_HOME/scumble/descriptors.sqlite, else that in ~/.cache; it
 * is opened for the first file. */
int sc_matching_create(sc_matching **matching, const sc_encoder *encoder, sc_threads *threads, sc_error *err);
void sc_matching_free(sc_matching *matching);
/* Of a picture; long_edge: as in sc_describe. */
int sc_matching_describe(sc_matching *matching, const sc_image *image, int long_edge, sc_descriptor *descriptor,
                         sc_error *err);
/* Of a file, at the usual long edge. limits may be NULL. */
int sc_matching_describe_file(sc_matching *matching, const char *path, const sc_image_limits *limits,
                              sc_descriptor *descriptor, sc_error *err);

#endif
