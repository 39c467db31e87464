/* SPDX-License-Identifier: MIT */
/* Artefacts. See artefacts.h. */
#include "measure/artefacts.h"

#include <math.h>

#include "measure/luma.h"

static const float *pixel(const sc_image *image, int x, int y)
{
    return image->rgb + ((size_t)y * (size_t)image->width + (size_t)x) * 3;
}

double sc_artefact_detail(const sc_threads *threads, const sc_image *image)
{
    double sum = 0;
    for (int y = 1; y < image->height - 1 && !sc_threads_cancelled(threads); y++)
        for (int x = 1; x < image->width - 1; x++) {
            double laplacian = sc_luma(pixel(image, x - 1, y)) + sc_luma(pixel(image, x + 1, y)) +
                               sc_luma(pixel(image, x, y - 1)) + sc_luma(pixel(image, x, y + 1)) -
                               4 * sc_luma(pixel(image, x, y));
            sum += laplacian * laplacian;
        }
    return sum / ((double)(image->width - 2) * (image->height - 2));
}

/* Mean Y'CbCr (JPEG's) of a rectangle. */
static void artefacts_mean_colour(const sc_image *image, int left, int top, int width, int height, double colour[3])
{
    double rgb[3] = { 0 };
    for (int y = top; y < top + height; y++)
        for (int x = left; x < left + width; x++)
            for (int k = 0; k < 3; k++)
                rgb[k] += pixel(image, x, y)[k] / ((double)width * height);
    colour[0] = 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2];
    colour[1] = (rgb[2] - colour[0]) / 1.772;
    colour[2] = (rgb[0] - colour[0]) / 1.402;
}

double sc_artefact_border(const sc_image *image)
{
    int w = image->width, h = image->height;
    const int sides[4][2][4] = {
        { { 0, 0, w, SC_ARTEFACT_FRAME },
          { SC_ARTEFACT_FRAME, SC_ARTEFACT_FRAME, w - 2 * SC_ARTEFACT_FRAME, SC_ARTEFACT_FRAME } },
        { { 0, h - SC_ARTEFACT_FRAME, w, SC_ARTEFACT_FRAME },
          { SC_ARTEFACT_FRAME, h - 2 * SC_ARTEFACT_FRAME, w - 2 * SC_ARTEFACT_FRAME, SC_ARTEFACT_FRAME } },
        { { 0, 0, SC_ARTEFACT_FRAME, h },
          { SC_ARTEFACT_FRAME, SC_ARTEFACT_FRAME, SC_ARTEFACT_FRAME, h - 2 * SC_ARTEFACT_FRAME } },
        { { w - SC_ARTEFACT_FRAME, 0, SC_ARTEFACT_FRAME, h },
          { w - 2 * SC_ARTEFACT_FRAME, SC_ARTEFACT_FRAME, SC_ARTEFACT_FRAME, h - 2 * SC_ARTEFACT_FRAME } },
    };
    double sum = 0;
    for (int side = 0; side < 4; side++) {
        double outer[3], inner[3], square = 0;
        const int *o = sides[side][0], *i = sides[side][1];
        artefacts_mean_colour(image, o[0], o[1], o[2], o[3], outer);
        artefacts_mean_colour(image, i[0], i[1], i[2], i[3], inner);
        for (int k = 0; k < 3; k++)
            square += (outer[k] - inner[k]) * (outer[k] - inner[k]);
        sum += sqrt(square) / 4;
    }
    return sum;
}

/* Squared difference of two rows of `count` pixels, `stride` floats apart each. */
static double row_difference(const float *a, const float *b, int count, size_t stride)
{
    double sum = 0;
    for (int i = 0; i < count; i++, a += stride, b += stride)
        for (int k = 0; k < 3; k++)
            sum += ((double)a[k] - b[k]) * ((double)a[k] - b[k]);
    return sum;
}

double sc_artefact_seam(const sc_threads *threads, const sc_image *image, bool across)
{
    int extent = across ? image->width : image->height, count = across ? image->height : image->width;
    size_t line = 3 * (size_t)image->width, next = across ? 3 : line, along = across ? line : 3;
    double inside = 0;
    for (int i = 0; i + 1 < extent && !sc_threads_cancelled(threads); i++)
        inside += row_difference(image->rgb + (size_t)i * next, image->rgb + (size_t)(i + 1) * next, count, along);
    double wrap = row_difference(image->rgb, image->rgb + (size_t)(extent - 1) * next, count, along);
    return wrap / fmax(inside / (extent - 1), 1e-12);
}
