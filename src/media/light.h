/* SPDX-License-Identifier: MIT */
/* What a picture in scene light (OpenEXR) has beside its colours, for an output of that kind: how far its light goes
 * beyond white, and its file's header and other channels.
 *
 * Networks and measures see 0..1. Light up to white goes through sRGB's curve; where a picture is brighter, what lies
 * above the knee (0.8 by that curve) is compressed, smoothly and so that it can be undone: with x the light by sRGB's
 * curve, which goes on above 1, and X that of the light that shall become 1,
 *     y = x for x <= k,   y = k + (1 - k) log(1 + a (x - k)) / log(1 + a (X - k)) above,
 * a such that both have the slope 1 at the knee. Negative light is mapped by the same curve made odd. The light that
 * becomes 1 is the first of 1, 4, 16, 64, ... that the picture does not exceed: so the curve seldom changes in a film,
 * and needs to know nothing of other frames. */
#ifndef SC_MEDIA_LIGHT_H
#define SC_MEDIA_LIGHT_H

#include <math.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct sc_light {
    atomic_int users;  /* pictures that share it: it never changes once it is read */
    float most;        /* the light that the curve brings to 1: 1, 4, 16, ... */
    int width, height; /* of the file's picture; the other channels belong to that size alone */
    uint8_t *header;   /* the file's first bytes, with all of its header; owned */
    size_t header_bytes;
    int part;        /* the one that was read */
    char layer[256]; /* what stands before R, G, B and A in the names of the painted channels: "beauty." or "" */
    bool grey;       /* its colour was Y alone */
    /* the other channels, in the header's order and types, each height * width values, black outside the data window;
     * owned, big; NULL = there are none */
    uint8_t *others;
    size_t others_bytes;
    char names[200]; /* of these channels, "Z, id, ..." */
} sc_light;

/* May be NULL; returns it, for one more owner. */
sc_light *sc_light_share(sc_light *light);
/* May be NULL. */
void sc_light_free(sc_light *light);

/* The curve above made ready. */
typedef struct sc_light_curve {
    float slope, span; /* a, log(1 + a (X - k)); slope 0: sRGB's curve alone */
} sc_light_curve;
sc_light_curve sc_light_curve_of(float most);
/* The least of 1, 4, 16, ... that is not less. */
float sc_light_most(float brightest);
/* sRGB's curve (IEC 61966-2-1), which goes on above 1, and straight on below 0; and back. */
static inline float sc_srgb_encode(float linear)
{
    return linear <= 0.0031308f ? 12.92f * linear : 1.055f * powf(linear, 1 / 2.4f) - 0.055f;
}
static inline float sc_srgb_decode(float value)
{
    return value <= 0.04045f ? value / 12.92f : powf((value + 0.055f) / 1.055f, 2.4f);
}

/* From linear light to a value that is within 0..1 for light within 0..most, and back. */
float sc_light_encode(const sc_light_curve *curve, float linear);
float sc_light_decode(const sc_light_curve *curve, float value);

#endif
