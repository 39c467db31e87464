/* SPDX-License-Identifier: MIT */
/* Faces: the picture as the detector wants it, its boxes as we want them, and the mask. What is a face is decided in
 * face_detector_dlib.cpp. */
#include "media/faces.h"

#include <math.h>
#include <stdlib.h>

#include "media/face_detector.h"

/* The pixels that the detector looks at. Its smallest face is 80 pixels wide, whatever the picture, so that this is a
 * balance of time (50 ms) and of how small a face may be. A number of pixels and not a longest edge, lest panoramas
 * become stripes. */
#define WORK_PIXELS (1024.0 * 768.0)
/* Small pictures are enlarged, but no further than there is something to see. */
#define MAX_ENLARGEMENT 4.0

/* The ellipse of a face, in units of the detector's square: half axes, and how far its centre lies above the square's.
 */
#define ELLIPSE_X 0.6f
#define ELLIPSE_Y 0.8f
#define ELLIPSE_RAISE 0.1f
/* The mask falls from 1 at the ellipse to 0 at this many times its radius. */
#define RIM 1.5f

bool sc_faces_available(void)
{
    const char *why;
    return sc_face_detector_load(&why) != NULL;
}

static int work_extent(int extent, double scale)
{
    return (int)fmax(1, lround(extent * scale));
}

/* Luma (BT.601) in 8 bits, (h, w), at the working size; NULL after an error. Caller frees. */
static unsigned char *grey_picture(sc_threads *threads, const sc_image *image, int width, int height, sc_error *err)
{
    sc_image small;
    if (sc_image_resize(threads, image, width, height, &small, err))
        return NULL;
    size_t pixels = (size_t)width * (size_t)height;
    unsigned char *grey = malloc(pixels);
    if (!grey)
        sc_fail_memory(err, pixels);
    for (size_t i = 0; grey && i < pixels; i++) {
        const float *p = small.rgb + 3 * i;
        float y = 0.299f * p[0] + 0.587f * p[1] + 0.114f * p[2];
        grey[i] = (unsigned char)(255 * fminf(fmaxf(y, 0), 1) + 0.5f);
    }
    sc_image_free(&small);
    return grey;
}

/* By falling score; a fixed order for equal ones. */
static int compare_faces(const void *a, const void *b)
{
    const sc_face *f = a, *g = b;
    if (f->score != g->score)
        return f->score > g->score ? -1 : 1;
    if (f->y != g->y)
        return f->y < g->y ? -1 : 1;
    return (f->x > g->x) - (f->x < g->x);
}

/* All faces, in order; faces has room for SC_FACES_MAX. */
static int find_all(sc_threads *threads, const sc_image *image, sc_face *faces, int *count, sc_error *err)
{
    *count = 0;
    const char *why;
    sc_face_detector_fn *run = sc_face_detector_load(&why);
    if (!run)
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED,
                       "there is no face detector (%s): 'make faces' in the folder of scumble's source builds it", why);
    double scale = fmin(sqrt(WORK_PIXELS / ((double)image->width * image->height)), MAX_ENLARGEMENT);
    int width = work_extent(image->width, scale), height = work_extent(image->height, scale);
    if (width < SC_FACE_DETECTOR_WINDOW || height < SC_FACE_DETECTOR_WINDOW)
        return 0;
    unsigned char *grey = grey_picture(threads, image, width, height, err);
    if (!grey)
        return err->code;
    float boxes[SC_FACES_MAX][5];
    int code = run(grey, width, height, boxes, SC_FACES_MAX, count);
    free(grey);
    if (code)
        return sc_fail(err, code,
                       code == SCUMBLE_ERR_MEMORY ? "not enough memory to look for faces" : "the face detector failed");
    float sx = (float)image->width / (float)width, sy = (float)image->height / (float)height;
    for (int i = 0; i < *count; i++)
        faces[i] = (sc_face){ .x = boxes[i][0] * sx,
                              .y = boxes[i][1] * sy,
                              .width = boxes[i][2] * sx,
                              .height = boxes[i][3] * sy,
                              .score = boxes[i][4] };
    qsort(faces, (size_t)*count, sizeof *faces, compare_faces);
    return 0;
}

int sc_faces_find(sc_threads *threads, const sc_image *image, sc_face *faces, int capacity, int *count, sc_error *err)
{
    sc_face all[SC_FACES_MAX];
    if (find_all(threads, image, all, count, err))
        return err->code;
    for (int i = 0; i < *count && i < capacity; i++)
        faces[i] = all[i];
    return 0;
}

static int clamp_int(float value, int most)
{
    return value < 0 ? 0 : value > (float)most ? most : (int)value;
}

/* Raises mask to 1 - smoothstep(1, RIM, r), where r is the distance from the centre in radii of the ellipse. */
static void add_ellipse(const sc_image *image, const sc_face *face, float *mask)
{
    float a = ELLIPSE_X * face->width, b = ELLIPSE_Y * face->height;
    float cx = face->x + 0.5f * face->width, cy = face->y + (0.5f - ELLIPSE_RAISE) * face->height;
    int x0 = clamp_int(cx - RIM * a, image->width), x1 = clamp_int(cx + RIM * a + 1, image->width);
    int y0 = clamp_int(cy - RIM * b, image->height), y1 = clamp_int(cy + RIM * b + 1, image->height);
    for (int y = y0; y < y1; y++)
        for (int x = x0; x < x1; x++) {
            float dx = ((float)x + 0.5f - cx) / a, dy = ((float)y + 0.5f - cy) / b;
            float t = (RIM - sqrtf(dx * dx + dy * dy)) / (RIM - 1);
            t = fminf(fmaxf(t, 0), 1);
            float *value = &mask[(size_t)y * (size_t)image->width + (size_t)x];
            *value = fmaxf(*value, t * t * (3 - 2 * t));
        }
}

int sc_faces_mask(sc_threads *threads, const sc_image *image, float *mask, int *count, sc_error *err)
{
    sc_face faces[SC_FACES_MAX];
    int found;
    int code = find_all(threads, image, faces, &found, err);
    if (count)
        *count = found;
    if (code)
        return code;
    size_t pixels = (size_t)image->width * (size_t)image->height;
    for (size_t i = 0; i < pixels; i++)
        mask[i] = 0;
    for (int i = 0; i < found && !sc_threads_cancelled(threads); i++)
        add_ellipse(image, &faces[i], mask);
    return sc_threads_check(threads, err);
}
