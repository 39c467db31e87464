/* SPDX-License-Identifier: MIT */
/* See sight.h. */
#include "motion/sight.h"

#include "core/memory.h"

void sc_sight_free(sc_sight *sight)
{
    sc_flow_free(&sight->flow);
    sc_big_free(sight->trust);
    sight->trust = NULL;
}

typedef struct looking {
    sc_sight *sights;
    const float *luma;
    int width, height;
    sc_threads *threads;
    sc_flow back[SC_SIGHTS_MOST];
    sc_error errors[2 * SC_SIGHTS_MOST];
} looking;

static int look_part(void *argument, int part, int thread)
{
    (void)thread;
    looking *l = argument;
    sc_sight *s = &l->sights[part / 2];
    bool back = part % 2;
    const float *from = back ? s->luma : l->luma, *to = back ? l->luma : s->luma;
    sc_flow *flow = back ? &l->back[part / 2] : &s->flow;
    sc_error *err = &l->errors[part];
    sc_threads *own;
    int code = sc_threads_create_beside(&own, l->threads, 1, err);
    if (!code)
        code = sc_flow_measure(own, from, to, l->width, l->height, s->detail, flow, err);
    sc_threads_destroy(own);
    return code;
}

int sc_sights_look(sc_threads *threads, sc_sight *sights, int count, const float *luma, int width, int height,
                   sc_error *err)
{
    looking l = { .sights = sights, .luma = luma, .width = width, .height = height, .threads = threads };
    sc_threads_run(threads, 2 * count, look_part, &l);
    for (int i = 0; i < 2 * count && !err->code; i++)
        if (l.errors[i].code)
            *err = l.errors[i];
    int code = err->code ? err->code : sc_threads_check(threads, err);
    for (int i = 0; i < count && !code; i++)
        code = sc_flow_trust(threads, &sights[i].flow, &l.back[i], &sights[i].trust, err);
    for (int i = 0; i < count; i++)
        sc_flow_free(&l.back[i]);
    return code;
}
