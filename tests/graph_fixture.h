/* SPDX-License-Identifier: MIT */
/* For tests: values of graphs as copies that live until the test program ends. */
#ifndef SC_TESTS_GRAPH_FIXTURE_H
#define SC_TESTS_GRAPH_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/graph.h"

typedef struct graph_copy {
    struct graph_copy *next;
    float values[];
} graph_copy;
static graph_copy *graph_copies;

static inline void graph_forget_copies(void)
{
    while (graph_copies) {
        graph_copy *next = graph_copies->next;
        free(graph_copies);
        graph_copies = next;
    }
}

static inline float *graph_copy_of(sc_graph *graph, sc_value value,
                                   int (*read)(sc_graph *, sc_value, float *, sc_error *))
{
    sc_error failure;
    graph_copy *copy = malloc(sizeof *copy + sc_shape_bytes(sc_graph_shape(graph, value)));
    if (!copy || read(graph, value, copy->values, &failure)) {
        fprintf(stderr, "value %d of a graph cannot be read\n", value);
        abort();
    }
    if (!graph_copies)
        atexit(graph_forget_copies);
    copy->next = graph_copies;
    graph_copies = copy;
    return copy->values;
}

static inline float *graph_values(sc_graph *graph, sc_value value)
{
    return graph_copy_of(graph, value, sc_graph_read);
}

static inline float *graph_gradient(sc_graph *graph, sc_value value)
{
    return graph_copy_of(graph, value, sc_graph_read_gradient);
}

/* All values of an input. */
static inline void graph_write(sc_graph *graph, sc_value input, const void *from)
{
    sc_graph_write(graph, input, 0, from, sc_shape_count(sc_graph_shape(graph, input)));
}

#endif
