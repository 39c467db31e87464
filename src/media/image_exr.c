/* SPDX-License-Identifier: MIT */
/* OpenEXR through libvips. See image_exr.h. */
#include "media/image_exr.h"

#include <stdlib.h>

#include "media/image_internal.h"
#include "media/vips_library.h"

/* What an opaque pixel has as alpha: libvips before 8.15 scales it. */
static float opaque_alpha(void)
{
    return vips_version(0) == 8 && vips_version(1) < 15 ? 255 : 1;
}

int sc_image_exr_read(const char *path, int width, int height, sc_image_exr_row *row, void *user, sc_error *err)
{
    VipsImage *image = NULL;
    const float most = opaque_alpha();
    vips_error_clear();
    if (!vips_type_find("VipsOperation", "openexrload") ||
        vips_call("openexrload", path, &image, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on", VIPS_FAIL_ON_TRUNCATED,
                  NULL) ||
        image->Xsize != width || image->Ysize != height || image->Bands != 4 || image->BandFmt != VIPS_FORMAT_FLOAT) {
        VIPS_UNREF(image);
        return sc_fail_vips(err, SCUMBLE_ERR_UNSUPPORTED, "'%s' cannot be read by libvips", path);
    }
    VipsRegion *region = vips_region_new(image);
    float *rgba = malloc((size_t)width * 4 * sizeof *rgba);
    int code = rgba ? SCUMBLE_OK : sc_fail_memory(err, (size_t)width * 4 * sizeof *rgba);
    for (int y = 0; y < height && !code; y++) {
        const VipsRect area = { 0, y, width, 1 };
        if (vips_region_prepare(region, &area)) {
            code = sc_fail_vips(err, SCUMBLE_ERR_FORMAT, "'%s' is damaged or cut short", path);
            break;
        }
        const float *from = (const float *)(const void *)VIPS_REGION_ADDR(region, 0, y);
        for (size_t i = 0; i < 4 * (size_t)width; i++)
            rgba[i] = i % 4 == 3 ? from[i] / most : from[i];
        row(user, y, rgba);
    }
    free(rgba);
    g_object_unref(region);
    g_object_unref(image);
    vips_error_clear();
    return code;
}
