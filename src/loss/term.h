/* SPDX-License-Identifier: MIT */
/* A term of the loss: one way to compare the painted picture with its models. A new term is one file that defines an
 * sc_term and one line in terms.c.
 *
 * A term is made of pieces of graph, in two stages. `reduce` looks at the features of a picture and gives sums over its
 * positions (Gram matrices, means, samples), so that a picture may also be looked at tile by tile (tile.h) and the sums
 * of all tiles added up. What comes after is small and knows nothing of tiles: `statistics` makes of the sums what the
 * term wants to know of a photo (a content term) or a painting (a style term), which gives the targets; `losses`
 * compares the sums of the painted picture with those targets. A local term (features, details) compares position with
 * position: it reduces to maps, and its losses are means over them.
 *
 * Losses are balanced by the objective, so that alpha, beta and the terms' own weights mean the same at every size,
 * with every encoder and in every combination: each loss is divided by what it is for the photo (style: so the photo
 * has 1) or by the energy of its target (content: so a picture without any features has about 1); see sc_role. */
#ifndef SC_LOSS_TERM_H
#define SC_LOSS_TERM_H

#include "nets/encoder/encoder.h"
#include "nets/program/program.h"
#include "loss/layers.h"
#include "loss/tile.h"

enum { SC_MAX_TERMS = 8, SC_MAX_STATISTICS = 2 * SC_MAX_LAYERS };

/* Statistics of one picture, or the targets made of them. */
typedef struct sc_statistics {
    int count;
    bool changing;    /* the values may change between runs: graphs look at them where they are, */
    unsigned changes; /* and this is raised whenever they have */
    sc_tensor tensors[SC_MAX_STATISTICS];
} sc_statistics;
void sc_statistics_free(sc_statistics *statistics);
/* Of `count` terms, and the array; NULL is nothing. */
void sc_statistics_free_all(sc_statistics *statistics, int count);

/* A discriminator that the picture is to please; borrowed. Its parameters may change from run to run. */
typedef struct sc_critic {
    const sc_program *discriminator;
    int layer; /* of the encoder: whose features it sees */
} sc_critic;

/* What a term keeps from step to step, for each of its layers, as far as it is used. */
typedef struct sc_term_state {
    sc_tensor positions[SC_MAX_LAYERS]; /* (1, 2, 1, n): where the picture is looked at, as (row, column) on the layer's
                                           grid */
    sc_tensor matches[SC_MAX_LAYERS];   /* what the features there should be */
    unsigned changes;                   /* raised whenever those have changed */
    sc_value watched[SC_MAX_LAYERS];    /* what they are, in the graph of the losses */
} sc_term_state;
void sc_term_state_free(sc_term_state *state);
size_t sc_term_state_bytes(const sc_term_state *state);

/* What a term sees of one picture, in a graph. */
typedef struct sc_term_view {
    sc_graph *graph;
    const sc_encoder *encoder;
    const sc_layers *layers;
    const sc_grid *grids;         /* of each layer's features, over the whole picture */
    const sc_tensor *region;      /* (1, 1, h, w), >= 0, of any size: how much each place counts; NULL = all the same */
    double region_mean;           /* of its values */
    const sc_statistics *targets; /* losses only; NULL for an estimate */
    sc_term_state *state;         /* NULL: statistics of a model are asked for */
    const sc_critic *critic;      /* for the adversarial term; else NULL */
    uint64_t seed;                /* of random directions: the same for targets and losses of a scale */
    const sc_tiles *tiles;        /* how the picture is cut */
    /* reduce, and losses of local terms */
    sc_tile tile;
    sc_value image;           /* its window: (1, 3, h, w), RGB in 0..1; for SC_READS_PICTURE only */
    const sc_value *features; /* one for each layer: of the window, before the encoder's tap (sc_term_tap); SC_NO_VALUE:
                                 it lies in another stage (body.h), which gives the values of it */
} sc_term_view;

/* What reduce gives. */
typedef struct sc_reduced {
    sc_value value;
    sc_grid map; /* value is the core's part of a map on this grid; stride 0: it is a sum over the core's positions */
} sc_reduced;

/* How the statistics of several paintings become one target. */
typedef enum sc_blend {
    SC_BLEND_AVERAGE, /* weighted mean of equal shapes: moments, quantiles */
    SC_BLEND_JOIN,    /* side by side along the positions, as many of each as it weighs: sets of features */
} sc_blend;

/* What one value of reduce is made of. */
typedef enum sc_reads {
    SC_READS_LAYERS_APART, /* one layer: it is left out for a layer that is not there (sc_term_sees), and so is a local
                              term's loss */
    SC_READS_LAYERS_TOGETHER, /* several layers: all are there, or the term is not asked */
    SC_READS_PICTURE,         /* the picture itself: layers play no part, and are never there */
} sc_reads;

typedef struct sc_term {
    const char *name;
    sc_reads reads;
    sc_blend blend;
    bool local;    /* reduces to maps; loss i is the mean over map i of something that is known at each position */
    bool by_layer; /* loss i weighs as layer i does; else they all weigh the same */
    /* The layers to use when the user names none. NULL = the encoder's own for content or style. */
    int (*layers)(const sc_encoder *encoder, sc_layers *layers, sc_error *err);
    /* Makes the state's positions and matches, before reduce and losses are asked for. NULL = there are none. */
    int (*begin)(const sc_term_view *view, sc_error *err);
    /* Adds what the features of the tile come to, and returns how many values that is, those left out included: they
     * are SC_NO_VALUE as it begins. */
    int (*reduce)(const sc_term_view *view, sc_reduced *reduced);
    /* Adds the statistics of a whole picture, and returns how many. NULL = they are what it was reduced to. */
    int (*statistics)(const sc_term_view *view, const sc_value *reduced, int count, sc_value *statistics);
    /* Makes targets of blended statistics, in place. NULL = they are the targets. */
    int (*prepare)(sc_statistics *statistics, const sc_layers *layers, const sc_encoder *encoder, sc_error *err);
    /* Adds scalar losses, not yet balanced, and returns how many. */
    int (*losses)(const sc_term_view *view, const sc_value *reduced, sc_value *losses);
    /* What loss i would be for a picture without features: > 0 unless the target is blank. NULL = it is not divided by
     * anything. */
    double (*energy)(const sc_statistics *targets, int loss);
    /* Where the picture is looked at from now on: writes the state's positions, other ones for every `round`. NULL = it
     * stays. */
    void (*look)(const sc_term_view *view, uint64_t round);
    /* Targets that follow the picture: writes the matches of what is watched in view->graph, which has been run. NULL =
     * there are none. */
    int (*refresh)(const sc_term_view *view, sc_device *device, sc_error *err);
} sc_term;

extern const sc_term sc_term_feature;     /* content: mean squared feature difference */
extern const sc_term sc_term_structure;   /* content: self-similarity */
extern const sc_term sc_term_detail;      /* content: Laplacian of the picture */
extern const sc_term sc_term_gram;        /* style: Gram matrices */
extern const sc_term sc_term_cross_gram;  /* style: Gram matrices between neighbouring layers */
extern const sc_term sc_term_w2;          /* style: Wasserstein-2 distance of Gaussians */
extern const sc_term sc_term_sliced;      /* style: sliced optimal transport */
extern const sc_term sc_term_histogram;   /* style: exact histogram matching of every channel */
extern const sc_term sc_term_neighbour;   /* style: nearest neighbours of hypercolumns */
extern const sc_term sc_term_nnfm;        /* style: nearest neighbours, layer by layer */
extern const sc_term sc_term_adversarial; /* what a critic thinks of the picture */
extern const sc_term sc_term_temporal;    /* the picture beside a reference */
extern const sc_term sc_term_tv;          /* total variation of the picture */

/* The terms that an option names, as "w2:1,sliced:0.5", with the layers of each. */
typedef struct sc_terms {
    int count;
    struct sc_term_choice {
        const sc_term *term;
        double weight; /* > 0 as written; they are divided by their sum */
        sc_layers layers;
    } choice[SC_MAX_TERMS];
} sc_terms;
/* What the picture is compared with, and by what losses are therefore divided. */
typedef enum sc_role {
    SC_ROLE_CONTENT,   /* with the photo; by the energy of the target */
    SC_ROLE_LEGIBLE,   /* with the photo where its fine structure stands out; by the energy of the target */
    SC_ROLE_STYLE,     /* with the paintings, region by region; by what the loss is for the photo */
    SC_ROLE_REFERENCE, /* with another picture of its size, where a mask says so; by nothing */
    SC_ROLE_OWN,       /* with nothing; by nothing */
} sc_role;
/* `layers`: the layers that the user wants for every term; "" = each term's own. `option` and `layers_option` are the
 * options' names for the error sentence. */
int sc_terms_parse(sc_terms *terms, sc_role role, const sc_encoder *encoder, const char *text, const char *option,
                   const char *layers, const char *layers_option, sc_error *err);

/* ---- for the terms (view.c) ---- */

/* Target i as a value of the graph: a constant, or for an estimate an input with the shape of `like`; of a map the part
 * that the core has. */
sc_value sc_term_target(const sc_term_view *view, int i, const sc_grid *map, sc_value like);
/* x, on a grid, is that of the window: cut down to the core. */
sc_value sc_term_core(const sc_term_view *view, sc_value x, const sc_grid *grid);
/* Layer i is there: its values are asked for. */
bool sc_term_sees(const sc_term_view *view, int i);
/* x, of layer i, sent through the encoder's tap, which is linear: sums and samples may be taken before it, where they
 * are fewer values. */
sc_value sc_term_tap(const sc_term_view *view, int i, sc_value x);
/* The features of layer i in the window; those of the core, times the square root of the weights, whose Gram matrix is
 * the weighted one. */
sc_value sc_term_features(const sc_term_view *view, int i);
sc_value sc_term_weighted(const sc_term_view *view, int i);
/* How much each position of the core counts (1, 1, h, w), of mean 1 over the whole grid. Caller frees; with a region
 * only. */
int sc_term_weights(const sc_term_view *view, const sc_grid *grid, sc_tensor *weights, sc_error *err);
/* Values of the core times those weights, or times their square root; themselves when there is no region. */
typedef enum sc_weighing { SC_WEIGH, SC_WEIGH_ROOT } sc_weighing;
sc_value sc_term_weigh(const sc_term_view *view, sc_value x, const sc_grid *grid, sc_weighing how);
/* The core's share of a mean over the grid, of the mean over the core. */
sc_value sc_term_share(const sc_term_view *view, sc_value mean, const sc_grid *grid);
/* Gram matrix: the core's share of the whole grid's. x lies in the core. */
sc_value sc_term_gram_share(const sc_term_view *view, sc_value x, const sc_grid *grid);
/* Whether the moments of layer i are taken before the tap, which is then applied to them. */
bool sc_term_maps_moments(const sc_term_view *view, int i);
/* For reduce: the core's shares of the second moment (c, c, 1, 1) and, unless NULL, of the mean (1, c, 1, 1) of layer i
 * with its weights; then for statistics and losses the features' own, made of their sums. */
void sc_term_moments(const sc_term_view *view, int i, sc_value *moment, sc_value *mean);
sc_value sc_term_moment_of(const sc_term_view *view, int i, sc_value moment, sc_value mean);
sc_value sc_term_mean_of(const sc_term_view *view, int i, sc_value mean);
/* x, the window's part of a map on `from`, resized bilinearly as the whole map would be to `to`: the core's part of it.
 * What repeats wraps round. */
sc_value sc_term_resize(const sc_term_view *view, sc_value x, const sc_grid *from, const sc_grid *to, bool antialias);
/* The core's share of the whole map resized: all of `to`, to be summed over tiles. */
sc_value sc_term_resize_share(const sc_term_view *view, sc_value x, const sc_grid *from, const sc_grid *to,
                              bool antialias);
/* x at positions (1, 2, 1, n) of the grid: zero at those that the core has not. in_core: x holds the core, else the
 * window. With a state the positions are borrowed and may change between runs. */
sc_value sc_term_gather(const sc_term_view *view, sc_value x, const sc_grid *grid, bool in_core,
                        const sc_tensor *positions);
/* Each of the picture's `count` statistics becomes its mean squared distance to its target. Returns count. */
int sc_term_square_losses(const sc_term_view *view, const sc_value *statistics, int count, sc_value *losses);

/* ---- places.c: sampled positions ---- */

/* Makes the state's positions of layer i: all of the grid, or one drawn at random in each of at most `most` cells,
 * others for every round (the same place of every cell would leave its grid in flat areas); with a region drawn in
 * proportion to its weights. */
int sc_places_begin(const sc_term_view *view, int i, const sc_grid *grid, int most, sc_error *err);
void sc_places_look(const sc_term_view *view, int i, const sc_grid *grid, int most, uint64_t round);
/* x there, as sc_term_gather; without a state at positions drawn once. */
sc_value sc_places_sample(const sc_term_view *view, int i, sc_value x, const sc_grid *grid, bool in_core, int most);

/* ---- for all ---- */

/* Energies: of a squared distance, the target's mean square; of a cosine distance, 1. */
double sc_term_target_energy(const sc_statistics *targets, int loss);
double sc_term_cosine_energy(const sc_statistics *targets, int loss);
/* Mean over all values of a^2, or of (a - b)^2; b may be NULL. In double. */
double sc_mean_square_of(const sc_tensor *a, const sc_tensor *b);
/* For refresh: what is watched of layer i finds its matches among the keys. */
int sc_term_match(const sc_term_view *view, int i, const sc_tensor *keys, sc_device *device, sc_error *err);
/* to (as many vectors as queries has positions) = for each query the key nearest by the cosine of what they differ from
 * their means; ties go to the first. queries, keys: (1, d, h, w). */
int sc_nearest_keys(const sc_tensor *queries, const sc_tensor *keys, float *to, sc_device *device, sc_error *err);

#endif
