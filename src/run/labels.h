/* SPDX-License-Identifier: MIT */
/* Label masks: pictures whose flat colours name regions. What has one colour in the photo's mask is painted with what
 * has the same colour in a painting's mask (Champandard 2016, "Semantic Style Transfer and Turning Two-Bit Doodles into
 * Fine Artworks", gave such masks to style transfer). Here they are taken apart into regions (region.h), one a colour.
 * Black is no label: what is black is not painted, or does not count. */
#ifndef SC_RUN_LABELS_H
#define SC_RUN_LABELS_H

#include "core/threads.h"
#include "media/image.h"
#include "tensor/tensor.h"

enum {
    SC_MAX_LABELS = 64,
    SC_LABEL_TOLERANCE =
        24, /* of 255: colours that differ by no more in any channel are one (JPEG noise, another program's rounding) */
};

typedef struct sc_labels {
    int count;
    uint8_t rgb[SC_MAX_LABELS][3];
    double share[SC_MAX_LABELS]; /* of the picture, for messages; edges not counted */
} sc_labels;

/* Functions that take threads end when these are cancelled: those that return a code say so, and leave nothing. */

/* True when any pixel is not grey, by more than the tolerance. Transparent pixels are black here and below. */
bool sc_labels_has_colour(const sc_threads *threads, const sc_image *mask);
/* The colours of a mask's flat areas, the largest first; an area counts from a 2000th of the picture on.
 * SCUMBLE_ERR_UNSUPPORTED when there are more than SC_MAX_LABELS, or none though the picture is not black: it is no
 * label mask then. */
int sc_labels_find(const sc_threads *threads, sc_labels *labels, const sc_image *mask, sc_error *err);
/* The label of (about) this colour, or -1. */
int sc_labels_match(const sc_labels *labels, const uint8_t rgb[3]);
/* The label of each pixel, or labels->count for black, into map (height * width). What has no label's colour, as
 * smoothed edges have, counts as the most similar of the labels around it. */
int sc_labels_assign(const sc_threads *threads, const sc_labels *labels, const sc_image *mask, uint8_t *map,
                     sc_error *err);
/* 1 where the map has the label, else 0: (1, 1, height, width). Caller frees. */
int sc_labels_region(const sc_threads *threads, sc_tensor *region, const uint8_t *map, int label, int height, int width,
                     sc_error *err);

#endif
