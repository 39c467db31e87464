/* SPDX-License-Identifier: MIT */
/* Display matrices (of MP4 and QuickTime, nine numbers of FFmpeg's AV_PKT_DATA_DISPLAYMATRIX): pictures turned upright,
 * and back, exactly. */
#ifndef SC_FILM_TURN_H
#define SC_FILM_TURN_H

#include "media/image.h"

/* Upright pixel (x, y) is the stored one (x, y), or (y, x) with swap, counted from the other end with a flip, which is
 * along the stored axes. All false: as it is. */
typedef struct sc_turn {
    bool swap, flip_x, flip_y;
} sc_turn;

/* False: not a quarter turn or a mirror, which is then left as it is. */
bool sc_turn_of(const int32_t matrix[9], sc_turn *turn);
bool sc_turn_any(const sc_turn *turn);
/* The picture as it is stored becomes upright / the other way round; *image is made anew. */
int sc_turn_upright(const sc_turn *turn, sc_image *image, sc_error *err);
int sc_turn_back(const sc_turn *turn, const sc_image *image, sc_image *stored, sc_error *err);

#endif
