/* SPDX-License-Identifier: MIT */
/* The plan of a run: the sizes from coarse to fine, and how many iterations each gets. */
#ifndef SC_STYLE_SCALES_H
#define SC_STYLE_SCALES_H

enum { SC_MAX_SCALES = 16, SC_AUTOMATIC_SIZE = 512, SC_COARSEST = 96 };

typedef struct sc_scale {
    int width, height;
    int iterations;
} sc_scale;

typedef struct sc_scales {
    int count;
    sc_scale scale[SC_MAX_SCALES];
} sc_scales;

/* The size of the result: long edge `size`; 0 = the content's own, at most SC_AUTOMATIC_SIZE; -1 = the content's own. */
void sc_result_size(int content_width, int content_height, int size, int *width, int *height);
/* count 0 = a scale for every halving down to about SC_COARSEST on the long edge. Each finer scale gets fewer iterations: it
 * starts from a picture that is nearly right, and costs four times as much. */
void sc_scales_plan(sc_scales *scales, int width, int height, int count, int iterations);

#endif
