/* SPDX-License-Identifier: MIT */
/* The sizes at which photo and painting are compared, and the controls. See controls.h. */
#include "measure/controls.h"

#include <math.h>
#include <string.h>

#include "media/image_alpha.h"

int sc_comparison_check_size(int width, int height, sc_error *err)
{
    if (width < SC_COMPARISON_LEAST || height < SC_COMPARISON_LEAST)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                       "a picture of %d x %d is too small to measure; %d pixels or more are needed", width, height,
                       SC_COMPARISON_LEAST);
    return SCUMBLE_OK;
}

int sc_comparison_resize_painting(sc_threads *threads, const sc_image *painting, int long_edge, sc_image *resized,
                                  sc_error *err)
{
    int edge = painting->width > painting->height ? painting->width : painting->height,
        least = SC_COMPARISON_LEAST_PAINTING;
    double scale = edge > long_edge ? (double)long_edge / edge : 1;
    int width = (int)fmax(1, round(painting->width * scale)), height = (int)fmax(1, round(painting->height * scale));
    if (width < least || height < least)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "at this size the painting is %d x %d; %d pixels or more are needed",
                       width, height, least);
    if (sc_image_is_invisible(painting))
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED,
                       "the painting is wholly transparent: there is no style to be seen in it");
    return sc_image_resize(threads, painting, width, height, resized, err);
}

int sc_comparison_photo(sc_threads *threads, const sc_image *photo, int width, int height, sc_image *control,
                        sc_error *err)
{
    int code = sc_comparison_check_size(width, height, err);
    return code ? code : sc_image_resize(threads, photo, width, height, control, err);
}

/* Where a mirrored row of `extent` pixels is read for position i, which may lie outside. */
static int comparison_mirrored(int i, int extent)
{
    i %= 2 * extent;
    i = i < 0 ? i + 2 * extent : i;
    return i < extent ? i : 2 * extent - 1 - i;
}

int sc_comparison_painting(sc_threads *threads, const sc_image *painting, int width, int height, sc_image *control,
                           sc_error *err)
{
    sc_image from;
    int code = sc_comparison_check_size(width, height, err);
    if (!code)
        code = sc_comparison_resize_painting(threads, painting, width > height ? width : height, &from, err);
    if (code)
        return code;
    code = sc_image_create(control, width, height, from.alpha != NULL, err);
    for (int y = 0; y < height && !code; y++)
        for (int x = 0; x < width; x++) {
            int from_y = comparison_mirrored(y + (from.height - height) / 2, from.height),
                from_x = comparison_mirrored(x + (from.width - width) / 2, from.width);
            size_t to_at = (size_t)y * (size_t)width + (size_t)x,
                   from_at = (size_t)from_y * (size_t)from.width + (size_t)from_x;
            memcpy(control->rgb + 3 * to_at, from.rgb + 3 * from_at, 3 * sizeof(float));
            if (from.alpha)
                control->alpha[to_at] = from.alpha[from_at];
        }
    sc_image_free(&from);
    return code;
}
