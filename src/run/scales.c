/* SPDX-License-Identifier: MIT */
/* Sizes and iterations per scale. See scales.h. */
#include "run/scales.h"

#include <math.h>

static int at_least_one(double value)
{
    long rounded = lround(value);
    return rounded < 1 ? 1 : (int)rounded;
}

void sc_result_size(int content_width, int content_height, int size, int *width, int *height)
{
    int edge = content_width > content_height ? content_width : content_height;
    if (size < 0 || (size == 0 && edge <= SC_AUTOMATIC_SIZE))
        size = edge;
    else if (size == 0)
        size = SC_AUTOMATIC_SIZE;
    *width = at_least_one((double)content_width * size / edge);
    *height = at_least_one((double)content_height * size / edge);
}

static int rounded_up(double edge, int step)
{
    return (at_least_one(edge) + step - 1) / step * step;
}

void sc_scales_plan(sc_scales *scales, int width, int height, const sc_scale_rule *rule)
{
    int edge = width > height ? width : height, count = rule->count, iterations = rule->iterations;
    scales->width = width;
    scales->height = height;
    if (count <= 0)
        for (count = 1; count < SC_MAX_SCALES && edge / pow(rule->factor, count) >= rule->coarsest; count++) {
        }
    if (count > SC_MAX_SCALES)
        count = SC_MAX_SCALES;
    while (count > 1 && edge / pow(rule->factor, count - 1) < 16)
        count--;
    if (count > iterations)
        count = iterations;
    scales->count = count;
    double weights = 0, share_of_last = pow(0.6, log2(rule->factor)); /* by which an octave's iterations fall */
    for (int k = 0; k < count; k++)
        weights += pow(share_of_last, k);
    int left = iterations;
    for (int k = 0; k < count; k++) { /* k = 0 is the coarsest */
        double factor = pow(rule->factor, k - count + 1);
        int share = k == count - 1 ? left : at_least_one(iterations * pow(share_of_last, k) / weights);
        if (share > left - (count - 1 - k))
            share = left - (count - 1 - k);
        left -= share;
        scales->scale[k] =
            (sc_scale){ rounded_up(width * factor, rule->step), rounded_up(height * factor, rule->step), share };
    }
}
