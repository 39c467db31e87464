/* SPDX-License-Identifier: MIT */
/* Files that are not quite what their format says, and still whole: JPEG data without the end marker, and
 * floating-point TIFF whose values are the codes 0..255 or 0..65535 and not light. What is done is noted. See
 * image_mend.h. */
#include "media/image_mend.h"

#include <stdlib.h>
#include <string.h>

enum { COEFFICIENTS = 64, NOT_SENT = 0xff };

/* What the header of a scan (from its count of components on, up to `end`) brings: each component's coefficients from
 * the first to the last, all but their `low` lowest bits. By the component's number. */
static void read_scan(const uint8_t *scan, const uint8_t *end, uint8_t missing_bits[256][COEFFICIENTS])
{
    int count = scan[0];
    const uint8_t *range = scan + 1 + 2 * count;
    if (end - scan < 4 + 2 * count)
        return;
    for (int i = 0; i < count; i++)
        for (int k = range[0]; k <= range[1] && k < COEFFICIENTS; k++)
            missing_bits[scan[1 + 2 * i]][k] = range[2] & 15;
}

bool sc_mend_has_scans(const void *data, size_t size_bytes)
{
    const uint8_t *file = data, *frame = NULL;
    uint8_t missing_bits[256][COEFFICIENTS];
    memset(missing_bits, NOT_SENT, sizeof missing_bits);
    for (size_t at = 2; at + 4 <= size_bytes;) {
        if (file[at] != 0xff || file[at + 1] == 0xff || file[at + 1] == 0 ||
            (file[at + 1] & 0xf8) == 0xd0) { /* of a scan's data, or padding */
            at++;
            continue;
        }
        size_t length = (size_t)file[at + 2] << 8 | file[at + 3];
        const uint8_t *body = file + at + 4;
        if (length < 2 || length > size_bytes - at - 2)
            break;
        if (file[at + 1] == 0xc2 && length >= 8 && length >= 8 + 3 * (size_t)body[5])
            frame = body;
        else if (file[at + 1] == 0xda && length >= 3)
            read_scan(body, file + at + 2 + length, missing_bits);
        at += 2 + length;
    }
    for (int i = 0; frame && i < frame[5]; i++)
        for (int k = 0; k < COEFFICIENTS; k++)
            if (missing_bits[frame[6 + 3 * i]][k])
                return false;
    return true;
}

int sc_mend_jpeg(const void *data, size_t size_bytes, void **mended, sc_error *err)
{
    *mended = malloc(size_bytes + 2);
    if (!*mended)
        return sc_fail_memory(err, size_bytes);
    memcpy(*mended, data, size_bytes);
    memcpy((char *)*mended + size_bytes, "\xff\xd9", 2);
    return SCUMBLE_OK;
}

/* Largest value and mean of the colour channels; false where the pixels cannot be read, or are not all finite and
 * positive. */
static bool measure(VipsImage *image, int bands, double *most, double *mean)
{
    VipsImage *plain = NULL;
    if (vips_cast(image, &plain, VIPS_FORMAT_FLOAT, NULL))
        return false;
    VipsRegion *region = vips_region_new(plain);
    double sum = 0;
    bool good = true;
    *most = 0;
    for (int y = 0; y < plain->Ysize && good; y++) {
        VipsRect row = { 0, y, plain->Xsize, 1 };
        good = !vips_region_prepare(region, &row);
        const float *at = good ? (const float *)(const void *)VIPS_REGION_ADDR(region, 0, y) : NULL;
        for (int x = 0; x < plain->Xsize && good; x++, at += plain->Bands)
            for (int c = 0; c < bands && good; c++) {
                good = at[c] >= 0 && at[c] <= 65535.5f;
                *most = VIPS_MAX(*most, (double)at[c]);
                sum += (double)at[c];
            }
    }
    g_object_unref(region);
    g_object_unref(plain);
    *mean = sum / ((double)image->Xsize * image->Ysize * bands);
    return good;
}

double sc_mend_code_range(VipsImage *image, int bands)
{
    double most, mean;
    if (!measure(image, bands, &most, &mean))
        return 0;
    /* Light has its white at 1: a picture whose mean is 8 would be white nearly everywhere. */
    return most > 255.5 && mean > 2048 ? 65535 : most <= 255.5 && mean > 8 ? 255 : 0;
}

int sc_mend_codes(VipsImage *image, int bands, double range, VipsImage **mended)
{
    VipsObject *owner = VIPS_OBJECT(vips_image_new());
    VipsImage **t = (VipsImage **)vips_object_local_array(owner, 2);
    int failed = vips_linear1(image, &t[0], 65535 / range, 0.5, NULL) ||
                 vips_cast(t[0], &t[1], VIPS_FORMAT_USHORT, NULL) ||
                 vips_copy(t[1], mended, "interpretation",
                           bands == 1 ? VIPS_INTERPRETATION_GREY16 : VIPS_INTERPRETATION_RGB16, NULL);
    g_object_unref(owner);
    return failed;
}
