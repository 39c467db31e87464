/* SPDX-License-Identifier: MIT */
/* Values in and out of a planned graph, between its runs. See graph.h. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "graph/internal.h"

static float *memory_of(const sc_graph *g, sc_value value, sc_loan loan)
{
    assert(g->planned && value >= 0 && value < g->value_count);
    const sc_value_info *info = &g->values[value];
    return loan == SC_LOAN_OF_GRADIENT ? info->gradient.data : info->tensor.data;
}

void sc_graph_write(sc_graph *g, sc_value input, size_t first, const float *from, size_t count)
{
    memcpy(memory_of(g, input, SC_LOAN_TO_FILL) + first, from, count * sizeof *from);
}

static int copy_out(sc_graph *g, sc_value value, sc_loan loan, float *to, sc_error *err)
{
    const float *from = memory_of(g, value, loan);
    if (!from)
        return sc_fail(err, SCUMBLE_ERR_INTERNAL, "value %d of the graph has not been kept", value);
    memcpy(to, from, sc_shape_bytes(g->values[value].tensor.shape));
    return SCUMBLE_OK;
}

int sc_graph_read(sc_graph *g, sc_value value, float *to, sc_error *err)
{
    return copy_out(g, value, SC_LOAN_TO_READ, to, err);
}

int sc_graph_read_gradient(sc_graph *g, sc_value value, float *to, sc_error *err)
{
    return copy_out(g, value, SC_LOAN_OF_GRADIENT, to, err);
}

float sc_graph_scalar(sc_graph *g, sc_value value)
{
    float number;
    sc_error err;
    return copy_out(g, value, SC_LOAN_TO_READ, &number, &err) ? NAN : number;
}

float *sc_graph_lend(sc_graph *g, sc_value value, sc_loan loan, sc_error *err)
{
    float *memory = memory_of(g, value, loan);
    if (!memory)
        sc_fail(err, SCUMBLE_ERR_INTERNAL, "value %d of the graph has not been kept", value);
    return memory;
}

void sc_graph_take_back(sc_graph *g, sc_value value, sc_loan loan)
{
    (void)memory_of(g, value, loan);
}
