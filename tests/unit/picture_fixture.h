/* SPDX-License-Identifier: MIT */
/* A picture for tests of the objective. Include after cmocka.h. */
#ifndef TESTS_PICTURE_FIXTURE_H
#define TESTS_PICTURE_FIXTURE_H

#include <math.h>

#include "core/rng.h"
#include "media/image.h"

/* A smooth picture with noise; `hue` shifts its colours. Its waves are so long that no two places are alike: where
 * self-similarities tie, |D - D_photo| has a kink. */
static sc_image picture(int width, int height, uint64_t seed, float hue)
{
    sc_image image;
    sc_error err;
    assert_int_equal(sc_image_create(&image, width, height, false, &err), 0);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            for (int c = 0; c < 3; c++) {
                size_t i = ((size_t)y * (size_t)width + (size_t)x) * 3 + (size_t)c;
                image.rgb[i] =
                    0.5f + 0.25f * sinf(0.07f * (float)x * (1 + hue) + (float)c + hue) * cosf(0.11f * (float)y - hue) +
                    0.25f * (sc_random_uniform(seed, i) - 0.5f);
            }
    return image;
}

#endif
