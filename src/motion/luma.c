/* SPDX-License-Identifier: MIT */
/* See luma.h. */
#include "motion/luma.h"

#include "core/memory.h"

typedef struct luma_job {
    const float *rgb;
    float *luma;
} luma_job;

static void luma_block(void *argument, size_t begin, size_t end)
{
    const luma_job *j = argument;
    for (size_t i = begin; i < end; i++)
        j->luma[i] = sc_motion_luma(j->rgb[3 * i], j->rgb[3 * i + 1], j->rgb[3 * i + 2]);
}

int sc_image_luma(sc_threads *threads, const sc_image *image, float **luma, sc_error *err)
{
    size_t pixels = (size_t)image->width * (size_t)image->height;
    *luma = sc_big_alloc(pixels * sizeof **luma, err);
    if (!*luma)
        return err->code;
    sc_threads_blocks(threads, pixels, luma_block, &(luma_job){ image->rgb, *luma });
    return SCUMBLE_OK;
}
