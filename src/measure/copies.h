/* SPDX-License-Identifier: MIT */
/* What of a painting stands in a picture again, as a part and not as texture: its ghosts.
 *
 * Pictures are looked at with a long edge of SC_COPIES_EDGE pixels at most, in cells of 8 x 8 pixels: means of the
 * features of one layer, each channel without the painting's mean and over its deviation, of length 1. The likeness of
 * two cells is the mean cosine of their 3 x 3 surroundings. A cell of the picture is *found* when the cell of the
 * painting that it is most like is like it indeed, more so than anything else in the painting (texture is found in
 * many places, an object in one; Lowe 2004) and than the photo at this place. A copy grows from such a cell to
 * neighbours that are found too, or hardly differ from the painting's, at the place beside the neighbour's or one cell
 * off (Barnes et al. 2009 call such fields coherent). */
#ifndef SC_MEASURE_COPIES_H
#define SC_MEASURE_COPIES_H

#include "measure/features.h"

enum {
    SC_COPIES_EDGE = 512, /* pixels */
    SC_COPIES_LEAST = 96, /* pixels of an edge, below which a picture has too few cells */
};

/* (channels, height * width), columns of length 1. */
typedef struct sc_cells {
    int height, width, channels;
    float *columns; /* NULL: there are none */
} sc_cells;

/* Begin with features of one layer of stride 4 (features.h says what to set) and threads, the rest zero. */
typedef struct sc_copies {
    sc_features features;
    sc_threads *threads;
    float *mean, *scale; /* (channels), of the painting; one allocation */
    sc_cells painting, photo;
} sc_copies;

void sc_copies_free(sc_copies *copies);
/* Forgets the painting and the photo. */
void sc_copies_clear(sc_copies *copies);
/* A painting at the size at which it is compared with pictures of this long edge; then a photo of their size. */
int sc_copies_keep_painting(sc_copies *copies, const sc_image *painting, int long_edge, sc_error *err);
int sc_copies_keep_photo(sc_copies *copies, const sc_image *photo, sc_error *err);
/* The area of the largest copy in percent of the picture's, which has the photo's size: the cells of the copy or those
 * that it was taken from, whichever are fewer. Up to 0.2 is chance. */
int sc_copies_largest(sc_copies *copies, const sc_image *picture, double *percent, sc_error *err);

#endif
