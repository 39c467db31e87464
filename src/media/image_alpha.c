/* SPDX-License-Identifier: MIT */
/* Filling of what is transparent, by a pyramid ("pull-push": Gortler et al. 1996, "The Lumigraph", section 3.4). See
 * image_alpha.h.
 *
 * Pull: a pixel of the next level is the mean of four, weighted, and its weight w' = min(1, sum w): known as soon as
 * enough of them are. Push, from the 1 x 1 level down: c = w c + (1 - w) (the level above, bilinear). The weights of
 * the picture itself are alpha when it is pulled; what can be seen at all, however little, keeps its colour. */
#include "media/image_alpha.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"

/* Up to here nothing can be seen, in 16 bits either; resizing leaves such values. */
static const float hidden = 1e-6f;

/* Values of a pixel of a level: colour, not premultiplied, and weight. */
enum { VALUES = 4, WEIGHT = 3, MOST_LEVELS = 32 };

typedef struct level {
    int width, height;
    float *data; /* (height, width, VALUES) */
} level;

static int image_alpha_halved(int extent)
{
    return (extent + 1) / 2;
}

/* Adds a pixel with a weight to a sum. */
static void image_alpha_add(float *sum, const float *colour, float weight)
{
    for (int c = 0; c < 3; c++)
        sum[c] += weight * colour[c];
    sum[WEIGHT] += weight;
}

/* One pixel of `to`, from the image where from is NULL. */
static void pull_pixel(const sc_image *image, const level *from, int width, int height, int x, int y, float *to)
{
    float sum[VALUES] = { 0 };
    for (int v = 2 * y; v < 2 * y + 2 && v < height; v++)
        for (int u = 2 * x; u < 2 * x + 2 && u < width; u++) {
            size_t at = (size_t)v * (size_t)width + (size_t)u;
            if (from)
                image_alpha_add(sum, from->data + VALUES * at, from->data[VALUES * at + WEIGHT]);
            else if (image->alpha[at] > hidden)
                image_alpha_add(sum, image->rgb + 3 * at, image->alpha[at]);
        }
    for (int c = 0; c < 3; c++)
        to[c] = sum[WEIGHT] > 0 ? sum[c] / sum[WEIGHT] : 0.5f;
    to[WEIGHT] = fminf(1, sum[WEIGHT]);
}

/* Makes the level above: of the image where from is NULL. */
static int pull(const sc_threads *threads, const sc_image *image, const level *from, level *to, sc_error *err)
{
    int width = from ? from->width : image->width, height = from ? from->height : image->height;
    *to = (level){ .width = image_alpha_halved(width), .height = image_alpha_halved(height) };
    size_t pixels = (size_t)to->width * (size_t)to->height;
    to->data = sc_big_alloc(pixels * VALUES * sizeof *to->data, err);
    if (!to->data)
        return err->code;
    for (int y = 0; y < to->height && !sc_threads_cancelled(threads); y++)
        for (int x = 0; x < to->width; x++)
            pull_pixel(image, from, width, height, x, y,
                       to->data + VALUES * ((size_t)y * (size_t)to->width + (size_t)x));
    return sc_threads_check(threads, err);
}

/* The level's colour at pixel (x, y) of the one below: bilinear, so 9, 3, 3 and 1 sixteenths of four pixels. */
static void image_alpha_enlarge(const level *from, int x, int y, float *colour)
{
    int near_x = x / 2, near_y = y / 2, far_x = near_x + (x % 2 ? 1 : -1), far_y = near_y + (y % 2 ? 1 : -1);
    far_x = far_x < 0 || far_x >= from->width ? near_x : far_x;
    far_y = far_y < 0 || far_y >= from->height ? near_y : far_y;
    const float *near = from->data + VALUES * (size_t)near_y * (size_t)from->width,
                *far = from->data + VALUES * (size_t)far_y * (size_t)from->width;
    for (int c = 0; c < 3; c++)
        colour[c] = (9 * near[VALUES * near_x + c] + 3 * near[VALUES * far_x + c] + 3 * far[VALUES * near_x + c] +
                     far[VALUES * far_x + c]) /
                    16;
}

/* A pixel at (x, y) of the level below `from`. */
static void image_alpha_mix(const level *from, int x, int y, float *pixel)
{
    float above[3];
    image_alpha_enlarge(from, x, y, above);
    for (int c = 0; c < 3; c++)
        pixel[c] = pixel[WEIGHT] * pixel[c] + (1 - pixel[WEIGHT]) * above[c];
}

static void image_alpha_push(const sc_threads *threads, const level *from, level *to)
{
    float *at = to->data;
    for (int y = 0; y < to->height && !sc_threads_cancelled(threads); y++)
        for (int x = 0; x < to->width; x++, at += VALUES)
            if (at[WEIGHT] < 1)
                image_alpha_mix(from, x, y, at);
}

static void push_image(const sc_threads *threads, const level *from, sc_image *image)
{
    for (int y = 0; y < image->height && !sc_threads_cancelled(threads); y++)
        for (int x = 0; x < image->width; x++) {
            size_t at = (size_t)y * (size_t)image->width + (size_t)x;
            if (image->alpha[at] > hidden)
                continue;
            image_alpha_enlarge(from, x, y, image->rgb + 3 * at);
            if (image->beyond)
                memset(image->beyond + 3 * at, 0, 3 * sizeof *image->beyond);
        }
}

static float least_alpha(const sc_image *image)
{
    size_t pixels = (size_t)image->width * (size_t)image->height;
    float least = 1;
    for (size_t i = 0; image->alpha && i < pixels; i++)
        least = fminf(least, image->alpha[i]);
    return least;
}

int sc_image_fill_hidden(sc_threads *threads, sc_image *image, sc_error *err)
{
    if (least_alpha(image) > hidden)
        return SCUMBLE_OK;
    level levels[MOST_LEVELS];
    int count = 0, code;
    do {
        code = pull(threads, image, count ? &levels[count - 1] : NULL, &levels[count], err);
        count += !code;
    } while (!code && (levels[count - 1].width > 1 || levels[count - 1].height > 1));
    for (int i = count - 2; i >= 0 && !code; i--)
        image_alpha_push(threads, &levels[i + 1], &levels[i]);
    if (!code)
        push_image(threads, &levels[0], image);
    if (!code)
        code = sc_threads_check(threads, err);
    for (int i = 0; i < count; i++)
        sc_big_free(levels[i].data);
    return code;
}

bool sc_image_is_opaque(const sc_image *image)
{
    return least_alpha(image) >= 1;
}

bool sc_image_is_invisible(const sc_image *image)
{
    size_t pixels = (size_t)image->width * (size_t)image->height;
    for (size_t i = 0; image->alpha && i < pixels; i++)
        if (image->alpha[i] >= 1 / 255.0f)
            return false;
    return image->alpha != NULL;
}

int sc_image_weigh_visible(sc_tensor *weights, const sc_image *image, sc_error *err)
{
    if (sc_image_is_opaque(image))
        return SCUMBLE_OK;
    size_t pixels = (size_t)image->width * (size_t)image->height;
    bool fresh = !weights->data;
    int code = fresh ? sc_tensor_create(weights, (sc_shape){ 1, 1, image->height, image->width }, err) : SCUMBLE_OK;
    for (size_t i = 0; i < pixels && !code; i++)
        weights->data[i] = (fresh ? 1 : weights->data[i]) * image->alpha[i];
    return code;
}
