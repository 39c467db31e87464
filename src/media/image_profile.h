/* SPDX-License-Identifier: MIT */
/* ICC profiles to and from sRGB, with Little CMS (image_profile.c is its only user). */
#ifndef SC_MEDIA_IMAGE_PROFILE_H
#define SC_MEDIA_IMAGE_PROFILE_H

#include "core/error.h"

/* A conversion made ready. Rows may be converted by several threads at once. */
typedef struct sc_profile sc_profile;

/* From pixels with `channels` (1 grey, 3 RGB, 4 CMYK) of 16 bits (deep) or 8 in a profile to sRGB. NULL when there is
 * nothing to convert: the profile is damaged, is for another number of channels, or means sRGB. Caller frees. */
sc_profile *sc_profile_reader(const void *icc, size_t size_bytes, int channels, bool deep);
/* From float sRGB to float values of an RGB profile; NULL when it is no usable RGB profile. Caller frees. */
sc_profile *sc_profile_writer(const void *icc, size_t size_bytes);
void sc_profile_free(sc_profile *profile);

/* Reader: `count` pixels of unsigned integers to RGB in 0..1. Of an RGB profile, rgb + beyond is the colour where sRGB
 * does not have it (sc_image.beyond); elsewhere, and of other profiles, beyond is 0. True when any is not. `scratch`
 * holds 4 * count floats. */
bool sc_profile_read(const sc_profile *profile, const void *in, float *rgb, float *beyond, float *scratch,
                     size_t count);
/* Writer: in place; colours beyond sRGB are such sums. */
void sc_profile_write(const sc_profile *profile, float *rgb, size_t count);

#endif
