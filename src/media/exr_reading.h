/* SPDX-License-Identifier: MIT */
/* The two halves of reading OpenEXR: the header (exr_read.c), then the pixels (exr_pixels.c). */
#ifndef SC_MEDIA_EXR_READING_H
#define SC_MEDIA_EXR_READING_H

#include <stdatomic.h>

#include "media/exr_file.h"
#include "media/image_decode.h"

/* Where a chunk is decoded; one per thread. */
typedef struct sc_exr_bench {
    exr_decode_pipeline_t pipeline;
    bool begun;
    uint8_t *bytes; /* the chunk's channels, one after the other */
    size_t size_bytes;
} sc_exr_bench;

typedef struct sc_exr_reading {
    const char *name; /* for sentences */
    const char *path; /* of the file; NULL: it lies in memory */
    sc_exr_file file;
    int part, parts;
    bool tiled;
    exr_attr_box2i_t display, data;
    int width, height, data_width, data_height; /* of the two */
    const exr_attr_chlist_t *channels;
    char layer[256];
    bool grey;
    int colour[SC_EXR_COLOURS]; /* indices of channels; -1 = it has none; those of R, G and B are one when it is grey */
    size_t place[SC_EXR_MOST_CHANNELS]; /* where each other channel begins in light->others */
    size_t others_bytes;
    double matrix[9];
    bool converts; /* by the matrix */
    const sc_decode_watch *watch;
    sc_image *image;
    sc_light *light;
    int lines, tile_width, tile_height, across; /* of chunks: lines, or extents of tiles and how many lie in a row */
    sc_exr_bench *benches;
    atomic_bool glows; /* light without any alpha was met */
    float most;        /* of the curve, as it is asked for; 0 = by the picture */
    sc_light_curve curve;
    bool colours_alone; /* the other channels could not be read */
} sc_exr_reading;

/* Whether the channel is a colour, or alpha, of the picture. */
static inline bool sc_exr_is_colour(const sc_exr_reading *r, int channel)
{
    for (int i = 0; i < SC_EXR_COLOURS; i++)
        if (r->colour[i] == channel)
            return true;
    return false;
}

/* Fills r->image, whose pixels are there, and r->light, whose header is; its planes are made here. */
int sc_exr_read_pixels(sc_exr_reading *r, sc_error *err);

#endif
