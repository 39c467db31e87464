/* SPDX-License-Identifier: MIT */
/* ONNX networks as programs, and programs as ONNX networks, which game engines, browsers and telephones run. */
#ifndef SC_NETS_ONNX_ONNX_H
#define SC_NETS_ONNX_ONNX_H

#include "nets/program/program.h"
#include "weights/onnx.h"

/* A network from picture to picture: one input (1, 3, height, width), RGB, whose extents may be free. *range: 1 or 255
 * when the network ends by clipping to 0..1 or 0..255 (the clip itself is left out), 1 when it ends with a sigmoid, or
 * with tanh: then the program scales to -1..1 and back. Else 0: the file does not say. What scumble has no operation
 * for is refused with the operator's name.
 *
 * Extents that a network computes are known while it is read, for a picture of one size. It is read for two sizes, and
 * both must give the same program, so that nothing of one size stays in it. (Both are multiples of 64: that a network
 * fills up other sizes itself is not seen, and not needed.) */
int sc_program_from_onnx(sc_program **program, double *range, const sc_onnx_model *model, sc_error *err);

/* Whether the network works in -1..1, as it ends with tanh. Of a model that sc_program_from_onnx reads. */
bool sc_onnx_is_signed(const sc_onnx_model *model);

/* Whether a generator works in 0..1 or 0..255, found by trying, as no file says it: a picture in 0..255 goes through
 * it, and where the 1st and the 99th percentile of what comes out are more than 4 apart, *range is 255, else 1.
 * (Instance norms take the input's range away, so that what comes out has the range that it was trained for.)
 * SCUMBLE_ERR_LIMIT when that would take too long, _FORMAT when values come out that are not numbers. */
int sc_program_try_range(const sc_program *program, double *range, sc_error *err);

/* What is written beside the network; each may be NULL. */
typedef struct sc_onnx_texts {
    const char *name, *licence, *source, *recipe;
} sc_onnx_texts;

/* As an ONNX file with operators of version 13 (19 when a border repeats): input "picture" and output "painted",
 * float32 (1, 3, height, width), RGB 0..1, with free height and width. The result is clipped to 0..1. range: what the
 * program sees and gives, 1 or 255. Extents that are no multiples of sc_program_step are filled up by reflection at the
 * bottom and the right, and cut again. *data: the caller's to free. */
int sc_program_to_onnx(const sc_program *program, double range, const sc_onnx_texts *texts, void **data,
                       size_t *size_bytes, sc_error *err);

#endif
