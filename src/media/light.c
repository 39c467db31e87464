/* SPDX-License-Identifier: MIT */
/* Scene light: its curve, and who owns what is kept of its file. See light.h. */
#include "media/light.h"

#include <math.h>
#include <stdlib.h>

#include "core/memory.h"

static const float knee = 0.8f;

sc_light *sc_light_share(sc_light *light)
{
    if (light)
        atomic_fetch_add(&light->users, 1);
    return light;
}

void sc_light_free(sc_light *light)
{
    if (!light || atomic_fetch_sub(&light->users, 1) > 1)
        return;
    free(light->header);
    sc_big_free(light->others);
    free(light);
}

float sc_light_most(float brightest)
{
    float most = 1;
    while (most < brightest)
        most *= 4;
    return most;
}

/* The slope at the knee is 1 where (1 - k) a = log(1 + a L), L = X - k: log(1 + a L) / a falls from L, which is larger
 * than 1 - k, to 0. */
sc_light_curve sc_light_curve_of(float most)
{
    if (!(most > 1))
        return (sc_light_curve){ 0 };
    double length = (double)sc_srgb_encode(most) - (double)knee, low = 0, high = 1;
    while (log1p(high * length) > (1 - (double)knee) * high)
        high *= 2;
    for (int i = 0; i < 60; i++) {
        double middle = (low + high) / 2;
        if (log1p(middle * length) > (1 - (double)knee) * middle)
            low = middle;
        else
            high = middle;
    }
    return (sc_light_curve){ .slope = (float)high, .span = (float)log1p((double)(float)high * length) };
}

float sc_light_encode(const sc_light_curve *curve, float linear)
{
    float x = sc_srgb_encode(fabsf(linear));
    if (curve->slope > 0 && x > knee)
        x = knee + (1 - knee) * log1pf(curve->slope * (x - knee)) / curve->span;
    return copysignf(x, linear);
}

float sc_light_decode(const sc_light_curve *curve, float value)
{
    float y = fabsf(value);
    if (curve->slope > 0 && y > knee)
        y = knee + expm1f((y - knee) / (1 - knee) * curve->span) / curve->slope;
    return copysignf(sc_srgb_decode(y), value);
}
