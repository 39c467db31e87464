/* SPDX-License-Identifier: MIT */
/* A style: what does not depend on the photo. Encoder, paintings with what of them counts, options with the terms that
 * they name, and targets, which are kept as runs need them. Any number of runs (run.h) use it, one after the other. */
#ifndef SC_RUN_STYLE_H
#define SC_RUN_STYLE_H

#include "colour/colour_map.h"
#include "media/image.h"
#include "loss/options.h"
#include "nets/encoder/encoder.h"
#include "run/targets.h"

typedef struct sc_style sc_style;

/* What a style needs; all but the options and the arrays of pointers and weights is borrowed and must outlive it. */
typedef struct sc_style_setup {
    sc_device *device;
    sc_threads *threads;
    const sc_encoder *encoder;
    const sc_style_options *options; /* checked; copied */
    const sc_image *const *styles;
    const double *style_weights;         /* > 0 */
    const sc_tensor *const *style_masks; /* regions: what of each painting counts; an entry, or all, may be NULL */
    int style_count;
    const sc_image *colours; /* copied; when options->colour names a file */
} sc_style_setup;

int sc_style_create(sc_style **style, const sc_style_setup *setup, sc_error *err);
void sc_style_free(sc_style *style);

/* As they were given, but that tv is the encoder's default where that was asked for. Borrowed. */
const sc_style_options *sc_style_used_options(const sc_style *style);
/* Layers and weights, one line each. Borrowed. */
const char *sc_style_describe(const sc_style *style);

/* What a run paints. Everything is borrowed for as long as the run lives. */
typedef struct sc_subject {
    const sc_image *content; /* NULL: there is no photo, but a texture of width x height; or, for an estimate,
                                a photo of that size whose pixels are not known */
    int width, height;       /* without content */
    bool texture;            /* without content: which of the two it is */
    const sc_image *start;   /* what to start from; NULL = what options.init says in a word */
    /* of a frame that goes on from `start`, which is painted already: its iterations, at so many of the finest scales;
     * 0: it is no such frame */
    int sequel, sequel_scales;
    const double
        *weights; /* of the style's paintings, > 0 where a piece of the guides is of them; NULL: the style's own */
    const struct sc_tiling *tiling;   /* tiles that stay, whatever memory is free; NULL: as the style's options say */
    const sc_colour_moments *moments; /* of the photo's colours, where it is recoloured: of a shot's first frame; NULL:
                                         its own */
    int64_t round; /* of such a frame: its number, by which it looks at other places than the one before */
    sc_guides guides;
} sc_subject;

/* What a run will take; the fields are those of scumble_estimate (run.h of the public interface). */
typedef struct sc_estimate {
    int width, height;
    int64_t memory_bytes;
    double time_s;
    int64_t free_bytes;
    int tile_edge;
    double load_s, save_s;
} sc_estimate;
/* What a run with this subject will take. resume: of what is left after that state, or NULL. SCUMBLE_ERR_LIMIT when it
 * will not fit, even in tiles, and *estimate has time 0. */
int sc_style_estimate(sc_style *style, const sc_subject *subject, const sc_weights *resume, sc_estimate *estimate,
                      sc_error *err);

#endif
