/* SPDX-License-Identifier: MIT */
/* ICC conversions. Relative colorimetric with black point compensation, which is what painting programs do by default.
 *
 * libvips has these too, but hands Little CMS integers, and for 16-bit pixels that means a coarse three-dimensional table:
 * dark saturated colours come back up to 12/255 off (through its connection space up to 30/255). Here deep pixels and
 * everything written go through the floating-point path, which is exact and slow (0.13 s per megapixel and thread), and 8-bit
 * pixels through the fixed-point one (0.02 s), whose steps are a fifth of 1/255. */
#include "media/image_profile.h"

#include <lcms2.h>
#include <stdlib.h>
#include <string.h>

#define INTENT INTENT_RELATIVE_COLORIMETRIC
#define FLAGS (cmsFLAGS_NOCACHE | cmsFLAGS_BLACKPOINTCOMPENSATION) /* no cache: rows are converted by many threads */

struct sc_profile {
    cmsHTRANSFORM transform;
    int channels;
    bool deep;
};

/* There are dozens of profiles that all mean sRGB. One is known by what it does: a grid of colours comes back unchanged. */
static bool means_srgb(cmsHPROFILE profile, cmsHPROFILE srgb)
{
    enum { STEPS = 9, COUNT = STEPS * STEPS * STEPS };
    uint8_t grid[COUNT][3], result[COUNT][3];
    cmsHTRANSFORM transform = cmsCreateTransform(profile, TYPE_RGB_8, srgb, TYPE_RGB_8, INTENT, FLAGS);
    if (!transform)
        return false;
    for (int i = 0; i < COUNT; i++) {
        grid[i][0] = (uint8_t)(i % STEPS * 255 / (STEPS - 1));
        grid[i][1] = (uint8_t)(i / STEPS % STEPS * 255 / (STEPS - 1));
        grid[i][2] = (uint8_t)(i / STEPS / STEPS * 255 / (STEPS - 1));
    }
    cmsDoTransform(transform, grid, result, COUNT);
    cmsDeleteTransform(transform);
    for (int i = 0; i < COUNT; i++)
        for (int c = 0; c < 3; c++)
            if (abs(grid[i][c] - result[i][c]) > 1)
                return false;
    return true;
}

/* The opened profile if it describes pixels of that many channels. */
static cmsHPROFILE open_profile(const void *icc, size_t size_bytes, int channels)
{
    if (size_bytes < 128 || size_bytes > UINT32_MAX)
        return NULL;
    cmsHPROFILE profile = cmsOpenProfileFromMem(icc, (cmsUInt32Number)size_bytes);
    cmsColorSpaceSignature space = channels == 1 ? cmsSigGrayData : channels == 4 ? cmsSigCmykData : cmsSigRgbData;
    if (profile && cmsGetColorSpace(profile) == space)
        return profile;
    if (profile)
        cmsCloseProfile(profile);
    return NULL;
}

static sc_profile *wrap(cmsHTRANSFORM transform, int channels, bool deep)
{
    sc_profile *made = transform ? malloc(sizeof *made) : NULL;
    if (made)
        *made = (sc_profile){ .transform = transform, .channels = channels, .deep = deep };
    else if (transform)
        cmsDeleteTransform(transform);
    return made;
}

sc_profile *sc_profile_reader(const void *icc, size_t size_bytes, int channels, bool deep)
{
    cmsHPROFILE profile = open_profile(icc, size_bytes, channels), srgb = profile ? cmsCreate_sRGBProfile() : NULL;
    cmsHTRANSFORM transform = NULL;
    if (srgb && !(channels == 3 && means_srgb(profile, srgb))) {
        cmsUInt32Number type = channels == 1 ? (deep ? TYPE_GRAY_FLT : TYPE_GRAY_8)
                               : channels == 3 ? (deep ? TYPE_RGB_FLT : TYPE_RGB_8)
                                               : (deep ? TYPE_CMYK_FLT : TYPE_CMYK_8);
        transform = cmsCreateTransform(profile, type, srgb, deep ? TYPE_RGB_FLT : TYPE_RGB_16, INTENT, FLAGS);
    }
    if (srgb)
        cmsCloseProfile(srgb);
    if (profile)
        cmsCloseProfile(profile);
    return wrap(transform, channels, deep);
}

sc_profile *sc_profile_writer(const void *icc, size_t size_bytes)
{
    cmsHPROFILE profile = open_profile(icc, size_bytes, 3), srgb = profile ? cmsCreate_sRGBProfile() : NULL;
    cmsHTRANSFORM transform = srgb ? cmsCreateTransform(srgb, TYPE_RGB_FLT, profile, TYPE_RGB_FLT, INTENT, FLAGS) : NULL;
    if (srgb)
        cmsCloseProfile(srgb);
    if (profile)
        cmsCloseProfile(profile);
    return wrap(transform, 3, true);
}

void sc_profile_free(sc_profile *profile)
{
    if (profile)
        cmsDeleteTransform(profile->transform);
    free(profile);
}

void sc_profile_read(const sc_profile *profile, const void *in, float *rgb, float *scratch, size_t count)
{
    if (profile->deep) {
        const uint16_t *wide = in;
        const float scale = profile->channels == 4 ? 100.0f / 65535.0f : 1 / 65535.0f; /* inks are in percent */
        for (size_t i = 0; i < count * (size_t)profile->channels; i++)
            scratch[i] = (float)wide[i] * scale;
        cmsDoTransform(profile->transform, scratch, rgb, (cmsUInt32Number)count);
        return;
    }
    uint16_t *wide = (uint16_t *)(void *)scratch;
    cmsDoTransform(profile->transform, in, wide, (cmsUInt32Number)count);
    for (size_t i = 0; i < 3 * count; i++)
        rgb[i] = (float)wide[i] / 65535.0f;
}

void sc_profile_write(const sc_profile *profile, float *rgb, size_t count)
{
    cmsDoTransform(profile->transform, rgb, rgb, (cmsUInt32Number)count);
}
