/* SPDX-License-Identifier: MIT */
/* A term of the loss on one layer's features. A term is two things: the statistic of a picture that it compares (built
 * into a graph, so that any picture's can be computed), and the loss between the optimised picture's features and target
 * statistics. A new term is one file that defines an sc_term.
 *
 * Every term is normalised per layer, so that alpha and beta mean the same at every size and with every encoder: `norm` gets the target
 * and the content picture's own statistic, and returns what the loss is divided by. */
#ifndef SC_STYLE_TERM_H
#define SC_STYLE_TERM_H

#include "graph/graph.h"

typedef struct sc_term {
    const char *name;
    /* Adds the statistic of `feature` to the graph; the feature itself is allowed. */
    sc_value (*statistic)(sc_graph *graph, sc_value feature);
    /* The divisor: > 0. `own` is the content picture's statistic at this scale. */
    double (*norm)(const sc_tensor *target, const sc_tensor *own);
    /* Adds the scalar loss, not yet divided. `target` is a constant of the graph. */
    sc_value (*loss)(sc_graph *graph, sc_value feature, sc_value target);
} sc_term;

extern const sc_term sc_term_feature; /* content: mean squared feature difference (Gatys et al. 2016, eq. 1) */
extern const sc_term sc_term_gram;    /* style: squared Gram distance (Gatys et al. 2016, eq. 4) */

/* Mean over all values of a^2, or of (a - b)^2; b may be NULL. In double. */
double sc_mean_square_of(const sc_tensor *a, const sc_tensor *b);

#endif
