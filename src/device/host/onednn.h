/* SPDX-License-Identifier: MIT */
/* The part of oneDNN that the host uses; onednn*.c are the only files that see dnnl.h. oneDNN is built with OpenMP
 * and would cut work by the number of threads; every call here runs on the calling thread alone. */
#ifndef SC_DEVICE_HOST_ONEDNN_H
#define SC_DEVICE_HOST_ONEDNN_H

#include "device/host/conv_shape.h"

/* Adds oneDNN's engines to those that `state` lacks, where oneDNN has them, and to the choice what they want prepared.
 * Fails for want of memory only. */
int sc_onednn_conv_create(const sc_node_info *node, sc_conv_state *state, sc_choice *choice, sc_error *err);
void sc_onednn_conv_destroy(sc_onednn_conv *conv); /* NULL is harmless */

#endif
