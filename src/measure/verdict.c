/* SPDX-License-Identifier: MIT */
/* Judging a picture and drawing the map. See verdict.h. */
#include "measure/verdict.h"

#include <math.h>

#include "media/image_alpha.h"

enum { LEAST_EDGE = 32 };
static const float full_colour = 2; /* the score from which on a patch has its full colour */

static int shrink(sc_threads *threads, const sc_image *image, int edge, sc_image *small, sc_error *err)
{
    int longer = image->width > image->height ? image->width : image->height;
    double scale = fmin(1, (double)edge / longer);
    int width = (int)fmax(1, round(image->width * scale)), height = (int)fmax(1, round(image->height * scale));
    if (width < LEAST_EDGE || height < LEAST_EDGE)
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED,
                       "a picture of %d x %d pixels is too small to be judged; %d on both sides are the least", width,
                       height, LEAST_EDGE);
    if (sc_image_is_invisible(image))
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED,
                       "the picture is wholly transparent: there is nothing in it to be judged");
    return sc_image_resize(threads, image, width, height, small, err);
}

/* Scores as a picture, from blue = -full_colour (0) to orange (1), as large as `like`. */
static int verdict_enlarge(sc_threads *threads, const sc_tensor *scores, const sc_image *like, sc_image *large,
                           sc_error *err)
{
    sc_image own;
    int code = sc_image_create(&own, scores->shape.w, scores->shape.h, false, err);
    for (size_t i = 0; !code && i < sc_shape_count(scores->shape) * 3; i++)
        own.rgb[i] = 0.5f + 0.5f * fminf(1, fmaxf(-1, scores->data[i / 3] / full_colour));
    if (!code)
        code = sc_image_resize(threads, &own, like->width, like->height, large, err);
    sc_image_free(&own);
    return code;
}

static void colour(sc_image *image, const sc_image *scores)
{
    static const float real[3] = { 1.0f, 0.55f, 0.1f }, other[3] = { 0.1f, 0.35f, 0.95f };
    for (size_t i = 0; i < (size_t)image->width * (size_t)image->height; i++) {
        float *p = image->rgb + 3 * i, grey = 0.3f * p[0] + 0.6f * p[1] + 0.1f * p[2], v = 2 * scores->rgb[3 * i] - 1,
              weight = 0.75f * fabsf(v);
        for (int c = 0; c < 3; c++)
            p[c] = (1 - weight) * grey + weight * (v > 0 ? real : other)[c] * (0.35f + 0.65f * grey);
    }
}

static int judge(sc_verdict *verdict, const sc_judge_config *config, sc_image *image, sc_error *err)
{
    sc_judge *judge;
    sc_tensor scores;
    sc_image large = { 0 };
    int code = sc_judge_create(&judge, config, image->height, image->width, err);
    if (code)
        return code;
    code = sc_judge_look(judge, image->rgb, NULL, &scores, err);
    size_t count = code ? 0 : sc_shape_count(scores.shape), above = 0;
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += (double)scores.data[i];
        above += scores.data[i] > 0;
    }
    verdict->score = sum / (double)count;
    verdict->share = (double)above / (double)count;
    if (!code)
        code = verdict_enlarge(config->device->threads, &scores, image, &large, err);
    if (!code)
        colour(image, &large);
    sc_image_free(&large);
    sc_judge_free(judge);
    return code;
}

int sc_verdict_on(sc_verdict *verdict, const sc_judge_config *config, const sc_image *image, int edge, sc_error *err)
{
    *verdict = (sc_verdict){ 0 };
    sc_image small;
    int code = shrink(config->device->threads, image, edge, &small, err);
    if (code)
        return code;
    sc_image_free(&(sc_image){ .alpha = small.alpha });
    small.alpha = NULL;
    code = judge(verdict, config, &small, err);
    if (code)
        sc_image_free(&small);
    else
        verdict->map = small;
    return code;
}
