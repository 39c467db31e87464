/* SPDX-License-Identifier: MIT */
/* A painter: a trained generator, which paints any picture in one style in one forward pass, with what belongs to it:
 * the discriminator that it was trained against, when there is one, and where it comes from. Native form: safetensors
 * with metadata "format" = "scumble.painter/1", "name", "licence", "source", "recipe" (JSON: how it was trained),
 * "range", "size", "generator" and "discriminator" (programs as JSON, program.h), "encoder", "encoder_sha256" and
 * "layer" (the features that the discriminator sees), and tensors generator.<parameter>, discriminator.<parameter>. */
#ifndef SC_NETS_STORE_PAINTER_H
#define SC_NETS_STORE_PAINTER_H

#include "nets/program/program.h"

enum { SC_PAINTER_SIZE = 512 }; /* usual among public networks too */

typedef struct sc_painter {
    char *name, *licence, *source, *recipe; /* owned; "" when unknown */
    double range; /* the generator sees and gives RGB in 0..range: 1, or 255 in many public networks */
    int size;     /* long edge of the pictures that it learnt at, in pixels: its strokes are meant for such */
    sc_program *generator;
    sc_program *discriminator;              /* NULL: there is none */
    char *encoder, *encoder_sha256, *layer; /* owned; "" without a discriminator */
    const char *form; /* of its file, static: "scumble", "PyTorch" or "ONNX"; NULL: it is of none */
    bool is_signed;   /* the network itself works in -1..1; the generator scales from and to 0..range */
    bool is_bgr;      /* the network itself takes and gives blue first; the generator swaps */
    bool guessed;     /* its file does not say the range, which was found by trying */
    char *unused; /* owned; what of its file nothing was made of: "2 tensors: 'a', 'b'"; "" when all of it was used */
} sc_painter;

/* "0..1", "0..255", "-1..1": what the network itself works in. text: 32 bytes, returned. */
const char *sc_painter_range(const sc_painter *painter, char text[32]);
/* Reads a native file, a .pth of PyTorch's fast-neural-style or of AnimeGANv2, or an ONNX network, told apart by their
 * content. Where an ONNX file does not say the range, it is found by trying (sc_program_try_range). Caller frees. */
int sc_painter_load(sc_painter **painter, const char *path, sc_error *err);
/* What a user knows of the pictures that a network of others takes and gives, over what its file says or was found by
 * trying. high 0: nothing of the range; else it is 0..1, -1..1 or 0..255. SCUMBLE_ERR_UNSUPPORTED for a native file,
 * which says all itself. */
typedef struct sc_painter_pixels {
    double low, high;
    bool bgr;
} sc_painter_pixels;
int sc_painter_tell(sc_painter *painter, const sc_painter_pixels *pixels, sc_error *err);
/* From the bytes of a native file, or a set of weights that was read from one. */
int sc_painter_parse(sc_painter **painter, const void *data, size_t size_bytes, sc_error *err);
int sc_painter_from_weights(sc_painter **painter, const sc_weights *weights, sc_error *err);
/* Takes the programs over, also when it fails; texts are copied and may be NULL. A size of 0 is what the recipe says
 * ("style-size"), or else SC_PAINTER_SIZE. */
int sc_painter_create(sc_painter **painter, sc_program *generator, sc_program *discriminator, const sc_painter *texts,
                      sc_error *err);
void sc_painter_free(sc_painter *painter);
/* Its native form; caller frees with sc_weights_free. generator: the values to write in place of the program's own, or
 * NULL. */
int sc_painter_to_weights(const sc_painter *painter, const float *generator, sc_weights **weights, sc_error *err);
/* Writes it, atomically: float16, which costs no visible quality. */
int sc_painter_save(const sc_painter *painter, const char *path, sc_error *err);
/* The generator as an ONNX network (nets/onnx/onnx.h), atomically. */
int sc_painter_save_onnx(const sc_painter *painter, const char *path, sc_error *err);

#endif
