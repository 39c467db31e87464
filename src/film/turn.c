/* SPDX-License-Identifier: MIT */
/* Turning of pictures. See turn.h. */
#include "film/turn.h"

#include <string.h>

bool sc_turn_of(const int32_t matrix[9], sc_turn *turn)
{
    /* x' = a x + c y, y' = b x + d y, in 1/65536 */
    int32_t a = matrix[0], b = matrix[1], c = matrix[3], d = matrix[4];
    *turn = (sc_turn){ .swap = a == 0 };
    if (a && d && !b && !c) {
        turn->flip_x = a < 0;
        turn->flip_y = d < 0;
        return true;
    }
    turn->flip_x = b < 0;
    turn->flip_y = c < 0;
    if (!a && !d && b && c)
        return true;
    *turn = (sc_turn){ .swap = false };
    return false;
}

bool sc_turn_any(const sc_turn *turn)
{
    return turn->swap || turn->flip_x || turn->flip_y;
}

/* One plane, or several interleaved values, of an upright picture of width x height and of the stored one. */
static void turn_plane(const sc_turn *turn, float *upright, float *stored, int width, int height, int values, bool back)
{
    int stored_width = turn->swap ? height : width, stored_height = turn->swap ? width : height;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            int from_x = turn->swap ? y : x, from_y = turn->swap ? x : y;
            from_x = turn->flip_x ? stored_width - 1 - from_x : from_x;
            from_y = turn->flip_y ? stored_height - 1 - from_y : from_y;
            float *here = upright + ((size_t)y * (size_t)width + (size_t)x) * (size_t)values,
                  *there = stored + ((size_t)from_y * (size_t)stored_width + (size_t)from_x) * (size_t)values;
            memcpy(back ? there : here, back ? here : there, (size_t)values * sizeof(float));
        }
}

int sc_turn_upright(const sc_turn *turn, sc_image *image, sc_error *err)
{
    sc_image upright;
    int width = turn->swap ? image->height : image->width, height = turn->swap ? image->width : image->height;
    if (sc_image_create(&upright, width, height, image->alpha != NULL, err))
        return err->code;
    turn_plane(turn, upright.rgb, image->rgb, width, height, 3, false);
    if (image->alpha)
        turn_plane(turn, upright.alpha, image->alpha, width, height, 1, false);
    upright.bits = image->bits;
    sc_image_free(image);
    *image = upright;
    return SCUMBLE_OK;
}

int sc_turn_back(const sc_turn *turn, const sc_image *image, sc_image *stored, sc_error *err)
{
    int width = image->width, height = image->height;
    if (sc_image_create(stored, turn->swap ? height : width, turn->swap ? width : height, image->alpha != NULL, err))
        return err->code;
    turn_plane(turn, image->rgb, stored->rgb, width, height, 3, true);
    if (image->alpha)
        turn_plane(turn, image->alpha, stored->alpha, width, height, 1, true);
    stored->bits = image->bits;
    return SCUMBLE_OK;
}
