/* SPDX-License-Identifier: MIT */
/* A photo's details and libvips: the resolution that a loader found, and the fields of which libvips makes EXIF where
 * it writes some. */
#include "media/image_internal.h"
#include "media/vips_library.h"

#include <stdlib.h>
#include <string.h>

int sc_image_orientation(VipsImage *image)
{
    int orientation = vips_image_get_orientation(image);
    return orientation >= 1 && orientation <= 8 ? orientation : 1;
}

/* Where a file says nothing, libvips says one dot a millimetre. */
void sc_details_settle(sc_details *details, VipsImage *image)
{
    double per_mm[2] = { image->Xres, image->Yres };
    bool known = per_mm[0] >= 0.01 && per_mm[0] <= 4000 && per_mm[1] >= 0.01 && per_mm[1] <= 4000 &&
                 (per_mm[0] != 1 || per_mm[1] != 1);
    if (!known && !sc_details_resolution(details, per_mm)) {
        for (int i = SC_DETAIL_ACROSS; i <= SC_DETAIL_UNIT; i++)
            *details->text[i] = 0;
        return;
    }
    if (sc_image_orientation(image) >= 5) {
        double across = per_mm[0];
        per_mm[0] = per_mm[1];
        per_mm[1] = across;
    }
    sc_details_set_resolution(details, per_mm);
}

/* libvips cuts the last words in brackets off, which it adds itself when it reads. */
static void set_field(VipsImage *out, const char *directory, const char *name, const char *text)
{
    char *field = g_strconcat("exif-", directory, "-", name, NULL), *value = g_strconcat(text, " ()", NULL);
    vips_image_set_string(out, field, value);
    g_free(value);
    g_free(field);
}

void sc_details_to_vips(const sc_details *details, bool keep_place, bool srgb, VipsImage *out)
{
    static const char *const directories[] = {
        [SC_DIRECTORY_IMAGE] = "ifd0", [SC_DIRECTORY_EXIF] = "ifd2", [SC_DIRECTORY_GPS] = "ifd3"
    };
    vips_image_set_string(out, VIPS_META_RESOLUTION_UNIT, "in");
    set_field(out, "ifd2", "ColorSpace", srgb ? "1" : "65535"); /* 65535: another, as the profile says */
    for (sc_detail i = 0; details && i < SC_DETAIL_COUNT; i++) {
        const sc_detail_info *row = sc_detail_row(i);
        if (row->exif && *details->text[i] && (keep_place || !sc_detail_is_place(i)))
            set_field(out, directories[row->directory], row->exif, details->text[i]);
    }
    if (details && *details->text[SC_DETAIL_CAPTION])
        vips_image_set_string(out, VIPS_META_IMAGEDESCRIPTION, details->text[SC_DETAIL_CAPTION]); /* of TIFF */
}

int sc_image_copy_details(const sc_image *from, sc_image *to, sc_error *err)
{
    free(to->details);
    to->details = from->details ? malloc(sizeof *to->details) : NULL;
    if (from->details && !to->details)
        return sc_fail_memory(err, sizeof *to->details);
    if (from->details)
        *to->details = *from->details;
    return SCUMBLE_OK;
}
