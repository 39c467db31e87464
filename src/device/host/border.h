/* SPDX-License-Identifier: MIT */
/* The padding of a convolution's pictures, and the gradient that falls on it. */
#ifndef SC_DEVICE_HOST_BORDER_H
#define SC_DEVICE_HOST_BORDER_H

#include "device/host/conv_shape.h"

/* Where position i of a padded row (0 = first inside) of `extent` reads: an inside position, or -1 for 0. */
int sc_pad_source(int i, int extent, int before, int after, sc_padding_mode mode);
/* Row y of a picture (n, h, w, ci) with its padding: padding.left + w + padding.right pixels. */
void sc_pad_line(const sc_conv_shape *shape, const float *picture, int y, float *line);

/* The gradient of a padded picture's outside (for all modes but zero): kept aside while parts write the inside, and
 * added to the inside pixels that it repeats by sc_border_fold. Layout: rows above, rows below (each of the padded
 * width), then for each inside row its pixels left and right. */
size_t sc_border_bytes(const sc_conv_shape *shape);
/* Offset in floats of outside pixel (y, x) of picture n; coordinates of the picture, so negative above and left. */
size_t sc_border_offset(const sc_conv_shape *shape, int n, int y, int x);
/* Row y (outside, too) of the gradient of picture n, in_gradient[0] and the border, which is at the beginning of the
 * scratch memory. `from` holds `columns` pixels from the left padding on, those behind them are zeros; NULL: all are.
 */
void sc_border_store_row(const sc_call *call, const sc_conv_shape *shape, int n, int y, const float *from, int columns);
void sc_border_fold(const sc_conv_shape *shape, const float *border, float *gradient);

#endif
