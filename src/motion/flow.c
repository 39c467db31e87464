/* SPDX-License-Identifier: MIT */
/* See flow.h. */
#include "motion/flow.h"

#include "core/memory.h"

int sc_flow_create(sc_flow *flow, int width, int height, sc_error *err)
{
    size_t bytes = (size_t)width * (size_t)height * sizeof(float);
    *flow = (sc_flow){ .width = width, .height = height, .u = sc_big_zeroed(bytes, err) };
    flow->v = flow->u ? sc_big_zeroed(bytes, err) : NULL;
    if (flow->v)
        return SCUMBLE_OK;
    sc_flow_free(flow);
    return err->code;
}

void sc_flow_free(sc_flow *flow)
{
    sc_big_free(flow->u);
    sc_big_free(flow->v);
    *flow = (sc_flow){ 0 };
}
