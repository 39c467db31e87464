/* SPDX-License-Identifier: MIT */
/* A term of the loss: one way to compare the painted picture with its models. A new term is one file that defines an sc_term and
 * one line in terms.c.
 *
 * A term is made of two pieces of graph. `statistics` computes what the term wants to know of a picture: run once for each scale on the
 * photo (a content term) or on every painting (a style term), it gives the targets. `losses` compares the painted picture's features with
 * those targets: a part of the objective's graph, and so differentiated by it.
 *
 * Losses are balanced by the objective, so that alpha, beta and the terms' own weights mean the same at every size, with every encoder and
 * in every combination: each loss is divided by what it is for the photo (style: so the photo has 1) or by the energy of its
 * target (content: so a picture without any features has about 1). */
#ifndef SC_STYLE_TERM_H
#define SC_STYLE_TERM_H

#include "nets/encoder.h"
#include "style/layers.h"

enum { SC_MAX_TERMS = 8, SC_MAX_STATISTICS = 2 * SC_MAX_LAYERS };

/* Statistics of one picture, or the targets made of them. */
typedef struct sc_statistics {
    int count;
    sc_tensor tensors[SC_MAX_STATISTICS];
} sc_statistics;
void sc_statistics_free(sc_statistics *statistics);

/* Values of a term's graph that its refresh reads and writes; for each of its losses, as far as they are used. */
typedef struct sc_term_links {
    int count;
    sc_value watched[SC_MAX_LAYERS];   /* features of the picture */
    sc_value matched[SC_MAX_LAYERS];   /* inputs: what they should be */
    sc_value positions[SC_MAX_LAYERS]; /* inputs: where the picture is looked at, */
    sc_shape pictures[SC_MAX_LAYERS];  /* in features of this shape, */
    sc_value weights[SC_MAX_LAYERS];   /* constants: by these weights; SC_NO_VALUE = everywhere alike */
} sc_term_links;

/* What a term sees of one picture, in a graph. */
typedef struct sc_term_view {
    sc_graph *graph;
    const sc_encoder *encoder;
    sc_value image;                  /* (1, 3, h, w), RGB in 0..1 */
    const sc_layers *layers;
    const sc_value *features;        /* one for each layer */
    const sc_tensor *region;         /* (1, 1, h, w), >= 0, of any size: how much each place counts; NULL = all the same */
    const sc_tensor *weights;        /* the same on the grid of each layer (1, 1, h, w), mean 1; or NULL */
    const sc_statistics *targets;    /* losses only; NULL for an estimate */
    sc_term_links *links;            /* losses only */
    uint64_t seed;                   /* of random directions: the same for targets and losses of a scale */
    bool wrap;                       /* the picture is a torus */
} sc_term_view;

/* How the statistics of several paintings become one target. */
typedef enum sc_blend {
    SC_BLEND_AVERAGE, /* weighted mean of equal shapes: moments, quantiles */
    SC_BLEND_JOIN,    /* side by side along the positions, as many of each as it weighs: sets of features */
} sc_blend;

typedef struct sc_term {
    const char *name;
    sc_blend blend;
    /* The layers to use when the user names none. NULL = the encoder's own for content or style. */
    int (*layers)(const sc_encoder *encoder, sc_layers *layers, sc_error *err);
    /* Adds the statistics and returns how many there are. */
    int (*statistics)(const sc_term_view *view, sc_value *statistics);
    /* Makes targets of blended statistics, in place. NULL = they are the targets. */
    int (*prepare)(sc_statistics *statistics, const sc_layers *layers, const sc_encoder *encoder, sc_error *err);
    /* Adds scalar losses, not yet balanced, and returns how many. */
    int (*losses)(const sc_term_view *view, sc_value *losses);
    bool by_layer; /* loss i weighs as layer i does; else they all weigh the same */
    /* What loss i would be for a picture without features: > 0 unless the target is blank. */
    double (*energy)(const sc_statistics *targets, int loss);
    /* Where the picture is looked at from now on: writes links->positions, other ones for every `round`. NULL = it stays. */
    void (*look)(const sc_term_links *links, sc_graph *graph, uint64_t round);
    /* Targets that follow the picture: reads links->watched from the graph, which has been run, and writes links->matched.
     * NULL = there are none. */
    int (*refresh)(const sc_term_links *links, sc_graph *graph, const sc_statistics *targets, const sc_backend *backend, sc_threads *threads,
                   sc_error *err);
} sc_term;

extern const sc_term sc_term_feature;    /* content: mean squared feature difference */
extern const sc_term sc_term_structure;  /* content: self-similarity */
extern const sc_term sc_term_detail;     /* content: Laplacian of the picture */
extern const sc_term sc_term_gram;       /* style: Gram matrices */
extern const sc_term sc_term_cross_gram; /* style: Gram matrices between neighbouring layers */
extern const sc_term sc_term_w2;         /* style: Wasserstein-2 distance of Gaussians */
extern const sc_term sc_term_sliced;     /* style: sliced optimal transport */
extern const sc_term sc_term_histogram;  /* style: exact histogram matching of every channel */
extern const sc_term sc_term_neighbour;  /* style: nearest neighbours of hypercolumns */
extern const sc_term sc_term_nnfm;       /* style: nearest neighbours, layer by layer */

/* The terms that an option names, as "w2:1,sliced:0.5", with the layers of each. */
typedef struct sc_terms {
    int count;
    struct sc_term_choice {
        const sc_term *term;
        double weight; /* > 0 as written; they are divided by their sum */
        sc_layers layers;
    } choice[SC_MAX_TERMS];
} sc_terms;
typedef enum sc_role { SC_ROLE_CONTENT, SC_ROLE_STYLE } sc_role;
/* `layers`: the layers that the user wants for every term; "" = each term's own. `option` and `layers_option` are the options' names for
 * the error sentence. */
int sc_terms_parse(sc_terms *terms, sc_role role, const sc_encoder *encoder, const char *text, const char *option, const char *layers,
                   const char *layers_option, sc_error *err);

/* For the terms. */

/* Target i as a value of the graph: a constant, or for an estimate an input with the shape of `like`. */
sc_value sc_term_target(const sc_term_view *view, int i, sc_value like);
/* The features of layer i times the square root of the positions' weights: their Gram matrix is the weighted one. */
sc_value sc_term_weighted(const sc_term_view *view, int i);
/* Values (1, c, h, w) on any grid times the square root of the weights there. */
sc_value sc_term_weigh(const sc_term_view *view, sc_value x);
/* Resized bilinearly; what repeats wraps round. */
sc_value sc_term_resize(const sc_term_view *view, sc_value x, int height, int width, bool antialias);
/* Each of the picture's `count` statistics becomes its mean squared distance to its target, in place. Returns count. */
int sc_term_square_losses(const sc_term_view *view, sc_value *statistics, int count);
/* Energies: of a squared distance, the target's mean square; of a cosine distance, 1. */
double sc_term_target_energy(const sc_statistics *targets, int loss);
double sc_term_cosine_energy(const sc_statistics *targets, int loss);
/* Mean over all values of a^2, or of (a - b)^2; b may be NULL. In double. */
double sc_mean_square_of(const sc_tensor *a, const sc_tensor *b);
/* to (as many vectors as queries has positions) = for each query the key nearest by the cosine of what they differ from their means; ties go to the first.
 * queries, keys: (1, d, h, w). */
int sc_nearest_keys(const sc_tensor *queries, const sc_tensor *keys, float *to, const sc_backend *backend, sc_threads *threads, sc_error *err);

#endif
