/* SPDX-License-Identifier: MIT */
/* One line of text as a picture, for captions. libvips draws it with Pango and whatever font the system calls "sans",
 * so its pixels may differ between machines. */
#include "media/image_internal.h"
#include "media/vips_library.h"
#include "media/vips_turn.h"

#include <string.h>

/* Drawn letters: ink only; Xoffset and Yoffset say where it lies in its line. NULL with *err set when there is nothing
 * to draw with. */
static VipsImage *draw_text(const char *text, int height, sc_error *err)
{
    static const double points = 10,
                        per_line = 0.8; /* a line of "sans" is about 1.2 times as high as the font's size */
    char *markup = g_markup_escape_text(text, -1);
    VipsImage *ink = NULL;
    int dpi = (int)(per_line * height * 72 / points + 0.5);
    if (vips_text(&ink, markup, "font", "sans 10", "dpi", dpi > 0 ? dpi : 1, NULL))
        sc_fail_vips(err, SCUMBLE_ERR_UNSUPPORTED,
                     "the text '%.60s' cannot be drawn (it takes libvips with Pango, and a font)", text);
    g_free(markup);
    return ink;
}

/* The ink becomes alpha over black; what stands out of the line is cut off. */
static void image_text_put(sc_image *image, const VipsImage *ink, const uint8_t *mask)
{
    for (int y = 0; y < ink->Ysize; y++) {
        int row = y + (ink->Yoffset > 0 ? ink->Yoffset : 0);
        for (int x = 0; x < ink->Xsize && row < image->height; x++)
            image->alpha[(size_t)row * (size_t)image->width + (size_t)x] =
                (float)mask[(size_t)y * (size_t)ink->Xsize + (size_t)x] / 255;
    }
}

typedef struct caption {
    sc_image *image;
    const char *text;
    int height;
} caption;

static int image_text_make_caption(void *context, sc_error *err)
{
    const caption *c = context;
    sc_image *image = c->image;
    const char *text = c->text;
    int height = c->height, code;
    VipsImage *ink = draw_text(text, height, err);
    if (!ink)
        return SCUMBLE_ERR_UNSUPPORTED;
    size_t bytes = 0;
    void *mask = ink->Bands == 1 && ink->BandFmt == VIPS_FORMAT_UCHAR ? vips_image_write_to_memory(ink, &bytes) : NULL;
    code = mask ? sc_image_create(image, ink->Xsize, height, true, err) :
                  sc_fail_vips(err, SCUMBLE_ERR_UNSUPPORTED, "the text '%.60s' cannot be drawn", text);
    if (!code)
        image_text_put(image, ink, mask);
    g_free(mask);
    g_object_unref(ink);
    return code;
}

int sc_image_text(sc_image *image, const char *text, int height, sc_error *err)
{
    *image = (sc_image){ 0 };
    if (!*text || !g_utf8_validate(text, -1, NULL) || strpbrk(text, "\r\n"))
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "a caption must be one line of UTF-8 text that is not empty");
    int code = sc_media_init(err);
    return code ? code : sc_vips_turn(NULL, image_text_make_caption, &(caption){ image, text, height }, err);
}
