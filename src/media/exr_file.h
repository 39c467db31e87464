/* SPDX-License-Identifier: MIT */
/* What reading and writing of OpenEXR share: a file that lies in memory, names of channels, primaries. */
#ifndef SC_MEDIA_EXR_FILE_H
#define SC_MEDIA_EXR_FILE_H

#include <openexr.h>

#include "core/error.h"

/* Of a part. What looks for layers, and OpenEXR itself, compare each with each. */
enum { SC_EXR_MOST_CHANNELS = 1024 };

/* A file in memory, or its headers alone. */
typedef struct sc_exr_file {
    const uint8_t *data;
    size_t size_bytes;
    size_t header_bytes; /* where the headers of all parts end */
    exr_context_t context;
} sc_exr_file;
/* *file stays where it is until it is closed. SCUMBLE_ERR_FORMAT for what is no OpenEXR file,
 * SCUMBLE_ERR_UNSUPPORTED for too many channels; `name` is for sentences.
 */
int sc_exr_open(sc_exr_file *file, const uint8_t *data, size_t size_bytes, const char *name, sc_error *err);
/* Harmless on a zeroed one. */
void sc_exr_close(sc_exr_file *file);
/* Refuses to print. */
void sc_exr_hush(exr_const_context_t context, exr_result_t code, const char *message);

/* R, G, B and A. */
enum { SC_EXR_RED, SC_EXR_GREEN, SC_EXR_BLUE, SC_EXR_ALPHA, SC_EXR_COLOURS };
/* Which of these a channel's name is in a layer ("beauty." or ""); -1 for none. */
int sc_exr_colour(const char *channel, const char *layer);
/* "half", "zip", ... as exrinfo says. */
const char *sc_exr_compression_name(exr_compression_t compression);

/* Row-major matrices between the linear RGB of a part and that of sRGB; false where they are the same. White is adapted
 * by Bradford's method. Chromaticities that make no sense are taken for those of BT.709. */
bool sc_exr_primaries(exr_const_context_t context, int part, double to_srgb[9], double from_srgb[9]);

#endif
