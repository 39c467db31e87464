/* SPDX-License-Identifier: MIT */
/* The engines that conv.c chooses from; oneDNN's are in onednn.h. */
#ifndef SC_DEVICE_HOST_CONV_ENGINES_H
#define SC_DEVICE_HOST_CONV_ENGINES_H

#include "device/host/conv_shape.h"

extern const sc_kernel sc_winograd_forward, sc_winograd_input, sc_winograd_weights;
bool sc_winograd_fits(const sc_conv_shape *shape);
/* At most 4 input channels (a net's first layer). */
extern const sc_kernel sc_narrow_forward, sc_narrow_input;
bool sc_narrow_fits(const sc_conv_shape *shape);
/* At most 4 output channels (a net's last layer), stride 1. */
extern const sc_kernel sc_few_forward, sc_few_input, sc_few_weights;
bool sc_few_fits(const sc_conv_shape *shape);
/* 1 x 1, stride 1, no padding: a matrix product. */
extern const sc_kernel sc_pointwise_forward, sc_pointwise_input, sc_pointwise_weights;
bool sc_pointwise_fits(const sc_conv_shape *shape);

#endif
