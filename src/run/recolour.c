/* SPDX-License-Identifier: MIT */
/* The colours that a photo is painted in: the mean and the covariance of the paintings' (Pitie and Kokaram 2007), so
 * that the start, the content's features and the style agree on what is light and what is dark. Where masks say which
 * painting goes where, each place gets the colours of its own. */
#include <stdlib.h>

#include "loss/region.h"
#include "run/run_internal.h"

/* What the photo has where mask i lets a painting go; without masks, all over. */
static int photo_moments(const sc_run *r, int i, sc_colour_moments *moments, sc_error *err)
{
    const sc_guides *guides = &r->subject.guides;
    sc_tensor region = { .data = NULL };
    int code = SCUMBLE_OK;
    if (r->subject.moments) {
        *moments = *r->subject.moments;
        return SCUMBLE_OK;
    }
    if (guides->masks)
        code =
            sc_region_resize(r->plan.style->threads, &region, guides->masks[i], r->photo.height, r->photo.width, err);
    if (!code)
        code = sc_colour_measure_part(r->plan.style->threads, &r->photo, region.data, moments, err);
    sc_tensor_free(&region);
    return code;
}

/* The photo's colours to the paintings', as far as the options say. */
int sc_run_find_recolouring(sc_run *r, sc_error *err)
{
    sc_paintings *paintings = &r->plan.paintings;
    bool apart = r->subject.guides.masks != NULL;
    int count = apart ? paintings->count : 1, code = SCUMBLE_OK;
    free(r->recolour);
    r->recolour = NULL;
    paintings->recolour = NULL;
    if (!sc_plan_recolours(&r->plan))
        return SCUMBLE_OK;
    r->recolour = calloc((size_t)count, sizeof *r->recolour);
    if (!r->recolour)
        return sc_fail_memory(err, (size_t)count * sizeof *r->recolour);
    for (int i = 0; i < count && !code; i++) {
        sc_colour_moments own;
        code = photo_moments(r, i, &own, err);
        if (code)
            break;
        sc_colour_map map = sc_colour_map_monge(&own, apart ? &paintings->moments[i] : &r->plan.moments, false);
        r->recolour[i] = sc_colour_map_fade(&map, sc_run_options_of(r)->recolour);
    }
    paintings->recolour = code ? NULL : r->recolour;
    return code;
}
