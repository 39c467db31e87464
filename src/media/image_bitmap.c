/* SPDX-License-Identifier: MIT */
/* What the readers of BMP and TGA share, and the way from them to libvips. See image_bitmap.h. */
#include "media/image_bitmap.h"

#include "core/memory.h"

int sc_bitmap_size(sc_bitmap *bitmap, int64_t width, int64_t height, const char *name, const char *kind, sc_error *err)
{
    if (width < 1 || height < 1)
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "%s is a damaged %s file: it names a size of %lld x %lld pixels", name,
                       kind, (long long)width, (long long)height);
    if (width > SC_BITMAP_MAX_SIDE || height > SC_BITMAP_MAX_SIDE)
        return sc_fail(err, SCUMBLE_ERR_LIMIT, "%s has %lld x %lld pixels; a side of at most %d can be read", name,
                       (long long)width, (long long)height, SC_BITMAP_MAX_SIDE);
    bitmap->width = (int)width;
    bitmap->height = (int)height;
    return SCUMBLE_OK;
}

void sc_bitmap_settle_alpha(sc_bitmap *bitmap, uint8_t *rgba)
{
    size_t pixels = (size_t)bitmap->width * (size_t)bitmap->height;
    for (size_t i = 0; bitmap->alpha && i < pixels; i++)
        if (rgba[4 * i + 3])
            return;
    bitmap->alpha = false;
    for (size_t i = 0; i < pixels; i++)
        rgba[4 * i + 3] = 255;
}

/* An image of 3 or 4 channels over the pixels; not 0 on failure. */
static int image_bitmap_wrap(const sc_bitmap *bitmap, const uint8_t *rgba, VipsImage **image)
{
    VipsObject *owner = VIPS_OBJECT(vips_image_new());
    VipsImage **t = (VipsImage **)vips_object_local_array(owner, 2);
    t[0] = vips_image_new_from_memory(rgba, (size_t)bitmap->width * (size_t)bitmap->height * 4, bitmap->width,
                                      bitmap->height, 4, VIPS_FORMAT_UCHAR);
    int failed = !t[0] || vips_copy(t[0], &t[1], "interpretation", VIPS_INTERPRETATION_sRGB, NULL) ||
                 vips_extract_band(t[1], image, 0, "n", bitmap->alpha ? 4 : 3, NULL);
    g_object_unref(owner);
    return failed;
}

int sc_bitmap_open(sc_format_id id, const uint8_t *file, size_t size_bytes, const char *name, VipsImage **image,
                   uint8_t **pixels, sc_error *err)
{
    sc_bitmap bitmap;
    int code = (id == SC_FORMAT_BMP ? sc_bmp_read : sc_tga_read)(file, size_bytes, name, &bitmap, pixels, err);
    if (code)
        return code;
    if (!pixels) {
        *image = vips_image_new();
        vips_image_init_fields(*image, bitmap.width, bitmap.height, bitmap.alpha ? 4 : 3, VIPS_FORMAT_UCHAR,
                               VIPS_CODING_NONE, VIPS_INTERPRETATION_sRGB, 1, 1);
    } else if (image_bitmap_wrap(&bitmap, *pixels, image))
        return sc_fail_vips(err, SCUMBLE_ERR_FORMAT, "the pixels of %s cannot be used", name);
    return SCUMBLE_OK;
}
