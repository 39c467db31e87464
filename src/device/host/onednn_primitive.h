/* SPDX-License-Identifier: MIT */
/* One convolution of fixed extents by oneDNN 2.6 or 3, and the layouts of its weights; onednn_conv.c makes whole nodes
 * of them. What differs between the two versions is in onednn_primitive.c alone. All of it runs on the calling thread,
 * between sc_onednn_enter and _leave. */
#ifndef SC_DEVICE_HOST_ONEDNN_PRIMITIVE_H
#define SC_DEVICE_HOST_ONEDNN_PRIMITIVE_H

#include <dnnl.h>

#include "device/host/conv_shape.h"

/* A tensor's extents and layout, owned by who made it: oneDNN's own descriptor, which is a struct in oneDNN 2 and
 * hidden in oneDNN 3. */
typedef struct sc_onednn_desc sc_onednn_desc;
void sc_onednn_desc_destroy(sc_onednn_desc *desc); /* NULL is harmless */
size_t sc_onednn_desc_bytes(const sc_onednn_desc *desc);
/* Descriptors as layouts of weights that are prepared. */
extern const sc_layout_kind sc_onednn_layouts;

/* The weights of `shape` as a graph holds them: out, kh, kw, in; with groups, group, out, kh, kw, in. NULL for want of
 * memory. */
sc_onednn_desc *sc_onednn_weights_desc(const sc_conv_shape *shape);

typedef enum sc_onednn_direction { SC_ONEDNN_FORWARD, SC_ONEDNN_INPUT, SC_ONEDNN_WEIGHTS } sc_onednn_direction;

/* Without padding; all members 0 where there is none. */
typedef struct sc_onednn_primitive {
    dnnl_primitive_t handle;
    sc_onednn_desc *x, *w, *y, *pad; /* input, weights, output (or their gradients), scratchpad */
    size_t pad_bytes;                /* a multiple of 64 */
} sc_onednn_primitive;

/* From input_rows x input_columns to output_rows x shape->ow pixels of one picture, channels last; the rest as in
 * `shape`. The weights have the layout `weights`, or where that is NULL the one that suits oneDNN best: primitive->w.
 * dnnl_unimplemented where oneDNN has plain loops only. */
dnnl_status_t sc_onednn_primitive_create(sc_onednn_primitive *primitive, dnnl_engine_t engine,
                                         const sc_conv_shape *shape, sc_onednn_direction direction, size_t input_rows,
                                         size_t input_columns, size_t output_rows, const sc_onednn_desc *weights);
void sc_onednn_primitive_destroy(sc_onednn_primitive *primitive); /* leaves all members 0 */

/* One tensor that a primitive reads or writes: DNNL_ARG_..., what it is like, where it lies. */
typedef struct sc_onednn_argument {
    int name;
    const sc_onednn_desc *desc;
    const void *data;
} sc_onednn_argument;
/* At most 4 arguments. SCUMBLE_OK, _ERR_MEMORY or _ERR_INTERNAL. */
int sc_onednn_execute(dnnl_engine_t engine, dnnl_primitive_t handle, const sc_onednn_argument *arguments, int count);

/* Copies weights from one layout to another; what oneDNN compiles for it leaves values out in 3.7, which Debian 13 has
 * (uxlfoundation/oneDNN, issue 3280). SCUMBLE_OK, _ERR_MEMORY or _ERR_INTERNAL. */
int sc_onednn_reorder(const sc_onednn_desc *from_desc, const float *from, const sc_onednn_desc *to_desc, float *to);

#endif
