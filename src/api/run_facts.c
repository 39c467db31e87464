/* SPDX-License-Identifier: MIT */
/* What recipes tell of a run: its facts as they are now, its identity, and whether a state is of it. */
#include <stdlib.h>
#include <string.h>

#include "api/style.h"

sc_recipe_source sc_source_fact(const sc_source *source, double weight)
{
    return (sc_recipe_source){ source->path, source->sha256, weight, &source->rights };
}

void sc_guide_facts(const sc_guide_set *set, sc_recipe_source masks[SC_MOST_STYLES], sc_recipe_facts *facts)
{
    for (int i = 0; i < set->mask_count; i++)
        masks[i] = sc_source_fact(&set->mask_sources[i], 0);
    facts->masks = masks;
    facts->mask_count = set->mask_count;
    facts->protect = sc_source_fact(&set->protect_source, 0);
    facts->faces = set->faces;
}

static sc_position stopped_at(const scumble_run *r)
{
    sc_position at = sc_run_position(r->run);
    return at.iterations_done < r->style->options.style.iterations ? at : (sc_position){ 0 };
}

/* Calls use(facts) with the facts of this run as they are now. */
static char *with_facts(const scumble_run *r, bool with_result, char *(*use)(const sc_recipe_facts *))
{
    const scumble_style *t = r->style;
    size_t count = (size_t)t->painting_count;
    sc_recipe_source masks[SC_MOST_STYLES], *sources = calloc(2 * count, sizeof *sources);
    if (!sources)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        sources[i] = sc_source_fact(&t->paintings[i].source, t->paintings[i].weight);
        sources[count + i] = sc_source_fact(&t->paintings[i].mask_source, 0);
    }
    const sc_scales *scales = with_result ? sc_run_scales(r->run) : NULL;
    sc_recipe_facts facts = {
        .options = &t->options.style,
        .encoder = t->encoder,
        .content = sc_source_fact(&r->content_source, 0),
        .styles = sources,
        .style_masks = sources + count,
        .texture_width = r->texture_width,
        .texture_height = r->texture_height,
        .style_count = t->painting_count,
        .palette = { t->options.style.colour, t->palette.sha256, 0, &t->palette.rights },
        .start = r->start ? sc_source_fact(&r->start_source, 0) :
                            (sc_recipe_source){ t->options.style.init, t->start.sha256, 0, &t->start.rights },
        .reference = sc_source_fact(r->run ? &r->reference_source : &r->reference_now, 0),
        .reference_mask = sc_source_fact(r->run ? &r->reference_mask_source : &r->reference_mask_now, 0),
        .events = r->run ? sc_run_events(r->run) : NULL,
        .resumed = r->state ? sc_weights_metadata(r->state, "recipe") : NULL,
        .losses = r->run ? sc_run_losses(r->run) : (sc_losses){ 0 },
        .computed_with = t->s->device->kernels->describe(),
        .stopped = with_result ? stopped_at(r) : (sc_position){ 0 },
        .width = scales ? scales->width : 0,
        .height = scales ? scales->height : 0,
    };
    sc_guide_facts(r->first, masks, &facts);
    if (r->run)
        sc_run_tiling(r->run, &facts.tiling);
    char *text = use(&facts);
    free(sources);
    return text;
}

char *sc_api_run_recipe(const scumble_run *r, bool with_result)
{
    return with_facts(r, with_result, sc_recipe_write);
}

char *sc_api_run_identity(const scumble_run *r)
{
    return with_facts(r, false, sc_recipe_identity);
}

/* A checkpoint of an earlier version that is of this run gets the name that the run has now. */
static int rename_state(scumble_run *r, sc_error *err)
{
    const char *named = sc_weights_metadata(r->state, "identity");
    char *then = with_facts(r, false, sc_recipe_identity_then), *now = sc_api_run_identity(r);
    int code = !then || !now                     ? sc_fail_memory(err, 4096) :
               named && strcmp(named, then) == 0 ? sc_weights_set_metadata(r->state, "identity", now, err) :
                                                   SCUMBLE_OK;
    free(then);
    free(now);
    return code;
}

int sc_api_check_state(scumble_run *r, bool subject, sc_error *err)
{
    char *now = sc_api_run_recipe(r, false);
    if (!now)
        return sc_fail_memory(err, 4096);
    char *difference = sc_recipe_difference(sc_weights_metadata(r->state, "recipe"), now, subject);
    free(now);
    int code = difference ?
                   sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                           "the checkpoint belongs to another run: %s; go on as it began, or begin anew", difference) :
                   SCUMBLE_OK;
    free(difference);
    return code || !subject ? code : rename_state(r, err);
}
