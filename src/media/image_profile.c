/* SPDX-License-Identifier: MIT */
/* ICC conversions. Relative colorimetric with black point compensation, which is what painting programs do by default.
 *
 * libvips has these too, but hands Little CMS integers, and for 16-bit pixels that means a coarse three-dimensional
 * table: dark saturated colours come back up to 12/255 off (through its connection space up to 30/255). Here deep
 * pixels and everything written go through the floating-point path, which is exact and slow (0.13 s per megapixel and
 * thread), and 8-bit pixels through the fixed-point one (0.02 s), whose steps are a fifth of 1/255. It stops at the
 * edge of sRGB, so what lands there is looked at again by the floating-point path, which goes on beyond. */
#include "media/image_profile.h"

#include <lcms2.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define INTENT INTENT_RELATIVE_COLORIMETRIC
#define FLAGS (cmsFLAGS_NOCACHE | cmsFLAGS_BLACKPOINTCOMPENSATION) /* no cache: rows are converted by many threads */

/* What is more than a rounding of profiles: little near black, where curves are steep. And what no real colour reaches.
 */
static const float least_below = 1 / 32768.0f, least_above = 1 / 2048.0f, most_beyond = 64;

struct sc_profile {
    cmsHTRANSFORM transform;
    cmsHTRANSFORM exact; /* of a reader of RGB: float to float */
    int channels;
    bool deep;
};

static void delete_transforms(const sc_profile *profile)
{
    if (profile->transform)
        cmsDeleteTransform(profile->transform);
    if (profile->exact)
        cmsDeleteTransform(profile->exact);
}

/* There are dozens of profiles that all mean sRGB. One is known by what it does: a grid of colours comes back
 * unchanged. */
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

/* exact may be NULL. */
static sc_profile *image_profile_wrap(cmsHTRANSFORM transform, cmsHTRANSFORM exact, int channels, bool deep)
{
    sc_profile own = { .transform = transform, .exact = exact, .channels = channels, .deep = deep };
    sc_profile *made = transform ? malloc(sizeof *made) : NULL;
    if (made)
        *made = own;
    else
        delete_transforms(&own);
    return made;
}

sc_profile *sc_profile_reader(const void *icc, size_t size_bytes, int channels, bool deep)
{
    cmsHPROFILE profile = open_profile(icc, size_bytes, channels), srgb = profile ? cmsCreate_sRGBProfile() : NULL;
    cmsHTRANSFORM transform = NULL, exact = NULL;
    if (srgb && !(channels == 3 && means_srgb(profile, srgb))) {
        cmsUInt32Number type = channels == 1 ? (deep ? TYPE_GRAY_FLT : TYPE_GRAY_8) :
                               channels == 3 ? (deep ? TYPE_RGB_FLT : TYPE_RGB_8) :
                                               (deep ? TYPE_CMYK_FLT : TYPE_CMYK_8);
        transform = cmsCreateTransform(profile, type, srgb, deep ? TYPE_RGB_FLT : TYPE_RGB_16, INTENT, FLAGS);
        if (channels == 3 && !deep)
            exact = cmsCreateTransform(profile, TYPE_RGB_FLT, srgb, TYPE_RGB_FLT, INTENT, FLAGS);
    }
    if (srgb)
        cmsCloseProfile(srgb);
    if (profile)
        cmsCloseProfile(profile);
    return image_profile_wrap(transform, exact, channels, deep);
}

sc_profile *sc_profile_writer(const void *icc, size_t size_bytes)
{
    cmsHPROFILE profile = open_profile(icc, size_bytes, 3), srgb = profile ? cmsCreate_sRGBProfile() : NULL;
    cmsHTRANSFORM transform =
        srgb ? cmsCreateTransform(srgb, TYPE_RGB_FLT, profile, TYPE_RGB_FLT, INTENT, FLAGS) : NULL;
    if (srgb)
        cmsCloseProfile(srgb);
    if (profile)
        cmsCloseProfile(profile);
    return image_profile_wrap(transform, NULL, 3, true);
}

void sc_profile_free(sc_profile *profile)
{
    if (profile)
        delete_transforms(profile);
    free(profile);
}

/* Little CMS goes on in a straight line below 0, which makes the greens of ProPhoto -7. Here the curve of sRGB is odd
 * instead. */
static float to_odd(float v)
{
    float light = v / -12.92f;
    return light > 0.0031308f ? 0.055f - 1.055f * powf(light, 1 / 2.4f) : v;
}

static float from_odd(float v)
{
    return v < -0.04045f ? -12.92f * powf((0.055f - v) / 1.055f, 2.4f) : v;
}

/* One pixel: what the exact colour has beyond rgb, which is within 0..1. */
static bool measure_beyond(const float exact[3], const float rgb[3], float beyond[3])
{
    bool outside = false, real = true;
    for (int c = 0; c < 3; c++) {
        outside = outside || exact[c] < -least_below || exact[c] > 1 + least_above;
        real = real && fabsf(exact[c]) <= most_beyond;
    }
    for (int c = 0; c < 3 && outside && real; c++)
        beyond[c] = to_odd(exact[c]) - rgb[c];
    return outside && real;
}

static bool read_deep(const sc_profile *profile, const uint16_t *in, float *rgb, float *beyond, float *scratch,
                      size_t count)
{
    const float scale = profile->channels == 4 ? 100.0f / 65535.0f : 1 / 65535.0f; /* inks are in percent */
    bool any = false;
    for (size_t i = 0; i < count * (size_t)profile->channels; i++)
        scratch[i] = (float)in[i] * scale;
    cmsDoTransform(profile->transform, scratch, rgb, (cmsUInt32Number)count);
    for (size_t i = 0; i < count; i++) {
        float exact[3];
        memcpy(exact, rgb + 3 * i, sizeof exact);
        for (size_t c = 3 * i; c < 3 * i + 3; c++)
            rgb[c] = rgb[c] > 0 ? (rgb[c] < 1 ? rgb[c] : 1) : 0;
        if (profile->channels == 3)
            any |= measure_beyond(exact, rgb + 3 * i, beyond + 3 * i);
    }
    return any;
}

/* Whether what the fixed-point path made of a pixel may be all that sRGB had of it. Greys are greys in both. */
static bool is_at_edge(const uint8_t in[3], const float rgb[3])
{
    const float near = 1 / 255.0f;
    bool edge = false;
    for (int c = 0; c < 3; c++)
        edge = edge || rgb[c] <= near || rgb[c] >= 1 - near;
    return edge && !(in[0] == in[1] && in[1] == in[2]);
}

static bool image_profile_read_edge(const sc_profile *profile, const uint8_t *in, const float *rgb, float *beyond,
                                    size_t count)
{
    enum { RUN = 128 };
    float exact[RUN][3];
    size_t which[RUN], next = 0;
    bool any = false;
    while (next < count) {
        cmsUInt32Number run = 0;
        for (; next < count && run < RUN; next++)
            if (is_at_edge(in + 3 * next, rgb + 3 * next)) {
                for (size_t c = 0; c < 3; c++)
                    exact[run][c] = (float)in[3 * next + c] / 255.0f;
                which[run++] = next;
            }
        cmsDoTransform(profile->exact, exact, exact, run);
        for (cmsUInt32Number k = 0; k < run; k++)
            any |= measure_beyond(exact[k], rgb + 3 * which[k], beyond + 3 * which[k]);
    }
    return any;
}

bool sc_profile_read(const sc_profile *profile, const void *in, float *rgb, float *beyond, float *scratch, size_t count)
{
    memset(beyond, 0, 3 * count * sizeof *beyond);
    if (profile->deep)
        return read_deep(profile, in, rgb, beyond, scratch, count);
    uint16_t *wide = (uint16_t *)(void *)scratch;
    cmsDoTransform(profile->transform, in, wide, (cmsUInt32Number)count);
    for (size_t i = 0; i < 3 * count; i++)
        rgb[i] = (float)wide[i] / 65535.0f;
    return profile->exact && image_profile_read_edge(profile, in, rgb, beyond, count);
}

void sc_profile_write(const sc_profile *profile, float *rgb, size_t count)
{
    for (size_t i = 0; i < 3 * count; i++)
        rgb[i] = from_odd(rgb[i]);
    cmsDoTransform(profile->transform, rgb, rgb, (cmsUInt32Number)count);
}
