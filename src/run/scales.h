/* SPDX-License-Identifier: MIT */
/* The plan of a run: the sizes from coarse to fine, and how many iterations each gets. */
#ifndef SC_RUN_SCALES_H
#define SC_RUN_SCALES_H

enum { SC_MAX_SCALES = 16, SC_AUTOMATIC_SIZE = 512, SC_COARSEST = 96, SC_TEXTURE_COARSEST = 48, SC_TILE_STEP = 16 };

typedef struct sc_scale {
    int width, height;
    int iterations;
} sc_scale;

typedef struct sc_scales {
    int width, height; /* of the result; the last scale is as large, or larger by less than a step */
    int count;
    sc_scale scale[SC_MAX_SCALES];
} sc_scales;

/* The size of the result: long edge `size`; 0 = the content's own, at most SC_AUTOMATIC_SIZE; -1 = the content's own.
 */
void sc_result_size(int content_width, int content_height, int size, int *width, int *height);
typedef struct sc_scale_rule {
    int count;      /* 0 = as many scales as there are down to about `coarsest` on the long edge */
    double factor;  /* between the sizes of neighbouring scales, > 1 */
    int iterations; /* in all */
    int coarsest;   /* in pixels */
    int step; /* edges of all scales are rounded up to multiples of it; SC_TILE_STEP for what tiles: after four poolings
                 the last column must still be a neighbour of the first */
} sc_scale_rule;

/* Each finer scale gets fewer iterations: it starts from a picture that is nearly right, and costs four times as much.
 */
void sc_scales_plan(sc_scales *scales, int width, int height, const sc_scale_rule *rule);

/* Where a run stands: all that its state must hold, with x and the optimiser. */
typedef struct sc_position {
    int scale;           /* index */
    int iteration;       /* done at this scale */
    int iterations_done; /* over all scales */
    double elapsed_s;    /* in its steps, those before it was saved included */
} sc_position;

#endif
