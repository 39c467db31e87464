/* SPDX-License-Identifier: MIT */
/* --range and --channels: what pictures a network of others takes and gives, where its file does not say so. */
#ifndef CLI_PIXELS_H
#define CLI_PIXELS_H

#include "scumble/painter.h"

#define RANGE_CHOICES "auto|0..1|-1..1|0..255" /* in the order of scumble_network_range */

typedef struct pixel_settings {
    int range, channels;
} pixel_settings;

#define PIXEL_BINDINGS(settings) BIND("range", &(settings).range), BIND("channels", &(settings).channels)

static inline scumble_network_pixels pixels_of(const pixel_settings *set)
{
    return (scumble_network_pixels){ .size = sizeof(scumble_network_pixels),
                                     .range = (scumble_network_range)set->range,
                                     .bgr = set->channels };
}

#endif
