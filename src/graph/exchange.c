/* SPDX-License-Identifier: MIT */
/* Values in and out of a planned graph, between its runs, and parameters to where it runs. See graph.h. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graph/internal.h"

/* ---- parameters ------------------------------------------------------------------------------------------------ */

static int exchange_settle(sc_graph *g, sc_value_info *value, sc_error *err)
{
    int code =
        value->resident ? SCUMBLE_OK : sc_device_hold(g->device, &value->host, value->changes, &value->resident, err);
    if (code)
        return code;
    value->tensor.data = sc_device_settle(g->device, value->resident, err);
    return value->tensor.data ? SCUMBLE_OK : err->code;
}

int sc_graph_settle(sc_graph *g, sc_error *err)
{
    int code = SCUMBLE_OK;
    for (int k = 0; k < g->order_count && !code; k++) {
        const sc_node *node = &g->nodes[g->order[k]];
        for (int i = 0; i < node->input_count && !code; i++) {
            sc_value_info *value = &g->values[node->inputs[i]];
            if (value->kind == SC_VALUE_PARAMETER && (value->changes || !value->resident))
                code = exchange_settle(g, value, err);
        }
    }
    return code;
}

/* ---- in and out ------------------------------------------------------------------------------------------------ */

static float *memory_of(const sc_graph *g, sc_value value, sc_loan loan)
{
    assert(g->planned && value >= 0 && value < g->value_count);
    const sc_value_info *info = &g->values[value];
    return loan == SC_LOAN_OF_GRADIENT ? info->gradient.data : info->tensor.data;
}

static size_t bytes_of(const sc_graph *g, sc_value value)
{
    return sc_shape_bytes(g->values[value].bare.shape);
}

static void upload(sc_graph *g, float *to, const float *from, size_t size_bytes)
{
    int code = g->device->kind->upload(g->device, to, from, size_bytes);
    if (code && !g->error.code)
        sc_fail(&g->error, code, "values could not be copied to the device");
}

void sc_graph_write(sc_graph *g, sc_value input, size_t first, const float *from, size_t count)
{
    upload(g, memory_of(g, input, SC_LOAN_TO_FILL) + first, from, count * sizeof *from);
}

/* The host has what parameters borrow. */
static bool is_at_hand(const sc_graph *g, sc_value value, sc_loan loan)
{
    return loan == SC_LOAN_TO_READ && g->values[value].kind == SC_VALUE_PARAMETER;
}

static int copy_out(sc_graph *g, sc_value value, sc_loan loan, float *to, sc_error *err)
{
    const float *from = memory_of(g, value, loan);
    if (is_at_hand(g, value, loan)) {
        memcpy(to, g->values[value].host.data, bytes_of(g, value));
        return SCUMBLE_OK;
    }
    if (!from)
        return sc_fail(err, SCUMBLE_ERR_INTERNAL, "value %d of the graph has not been kept", value);
    int code = g->device->kind->download(g->device, to, from, bytes_of(g, value));
    return code ? sc_fail(err, code, "values could not be copied from the device") : SCUMBLE_OK;
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

/* ---- loans ----------------------------------------------------------------------------------------------------- */

float *sc_graph_lend(sc_graph *g, sc_value value, sc_loan loan, sc_error *err)
{
    float **lent = &g->values[value].lent[loan];
    if (g->device->kind->shares_memory && !is_at_hand(g, value, loan)) {
        float *memory = memory_of(g, value, loan);
        if (!memory)
            sc_fail(err, SCUMBLE_ERR_INTERNAL, "value %d of the graph has not been kept", value);
        return memory;
    }
    assert(!*lent);
    *lent = sc_aligned_alloc(bytes_of(g, value));
    if (!*lent)
        sc_fail_memory(err, bytes_of(g, value));
    else if (loan != SC_LOAN_TO_FILL && copy_out(g, value, loan, *lent, err)) {
        free(*lent);
        *lent = NULL;
    }
    return *lent;
}

void sc_graph_take_back(sc_graph *g, sc_value value, sc_loan loan)
{
    float **lent = &g->values[value].lent[loan];
    if (!*lent)
        return;
    if (loan == SC_LOAN_TO_FILL)
        upload(g, memory_of(g, value, loan), *lent, bytes_of(g, value));
    free(*lent);
    *lent = NULL;
}
