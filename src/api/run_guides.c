/* SPDX-License-Identifier: MIT */
/* Guides and references of runs: before the first step they are part of what is painted, after it each is an event. */
#include <stdlib.h>
#include <string.h>

#include "api/style.h"
#include "loss/region.h"

const char sc_no_guides[] = "a texture takes no masks and protects nothing";

sc_guides sc_guides_of(const sc_guide_set *set)
{
    return (sc_guides){ .pieces = set->pieces,
                        .piece_count = set->piece_count,
                        .masks = set->places,
                        .protect = set->protect.data || set->faces ? &set->protect : NULL };
}

sc_guides sc_guides_now(const scumble_run *r)
{
    sc_guides guides = sc_guides_of(r->guides);
    guides.protect = r->protect.data ? &r->protect : NULL;
    guides.reference = r->reference ? &r->reference->image : NULL;
    guides.reference_mask = r->reference_mask.data ? &r->reference_mask : NULL;
    return guides;
}

/* As the run began. */
static json_t *first_guides(const scumble_run *r)
{
    sc_recipe_source masks[SC_MOST_STYLES];
    sc_recipe_facts facts = { .mask_count = 0 };
    sc_guide_facts(r->first, masks, &facts);
    facts.reference = sc_source_fact(&r->reference_source, 0);
    facts.reference_mask = sc_source_fact(&r->reference_mask_source, 0);
    return sc_recipe_guides(&facts);
}

/* The guides as the last event noted them, or as the run began; without `keys` (up to three, NULL: fewer). */
static json_t *noted_guides(const scumble_run *r, const char *const keys[3])
{
    const json_t *events = sc_run_events(r->run);
    json_t *noted = NULL;
    for (size_t i = json_array_size(events); i > 0 && !noted; i--) {
        const json_t *event = json_array_get(events, i - 1);
        if (!strcmp(json_string_value(json_object_get(event, "set")), "guides"))
            noted = json_deep_copy(json_object_get(event, "to"));
    }
    if (!noted)
        noted = first_guides(r);
    for (int i = 0; i < 3; i++)
        if (keys[i])
            json_object_del(noted, keys[i]);
    return noted;
}

/* Tells a run that has begun. facts: what is new, in place of `keys`. */
static int tell_guides(scumble_run *r, const sc_guides *guides, const sc_recipe_facts *facts, const char *const keys[3],
                       sc_error *err)
{
    json_t *note = noted_guides(r, keys), *more = sc_recipe_guides(facts);
    if (!note || !more || json_object_update(note, more)) {
        json_decref(note);
        json_decref(more);
        return sc_fail_memory(err, 1024);
    }
    json_decref(more);
    return sc_run_set_guides(r->run, guides, note, err);
}

static int tell_regions(scumble_run *r, sc_error *err)
{
    static const char *const keys[3] = { "masks", "protect", "faces" };
    sc_recipe_source masks[SC_MOST_STYLES];
    sc_recipe_facts facts = { .reference.sha256 = "", .reference_mask.sha256 = "" };
    sc_guide_facts(r->guides, masks, &facts);
    sc_guides guides = sc_guides_now(r), before = *sc_run_guides(r->run);
    guides.reference = before.reference;
    guides.reference_mask = before.reference_mask;
    return tell_guides(r, &guides, &facts, keys, err);
}

static int tell_reference(scumble_run *r, sc_error *err)
{
    static const char *const keys[3] = { "reference", "reference_mask", NULL };
    sc_recipe_facts facts = { .protect.sha256 = "",
                              .reference = sc_source_fact(&r->reference_now, 0),
                              .reference_mask = sc_source_fact(&r->reference_mask_now, 0) };
    sc_guides own = sc_guides_now(r), guides = *sc_run_guides(r->run);
    guides.reference = own.reference;
    guides.reference_mask = own.reference_mask;
    return tell_guides(r, &guides, &facts, keys, err);
}

/* The run takes set over, on failure too. */
static int change_regions(scumble_run *r, sc_guide_set *set, sc_error *err)
{
    sc_guide_set *old = r->guides;
    sc_tensor old_protect = r->protect;
    r->guides = set;
    r->protect = (sc_tensor){ .data = NULL };
    int code =
        r->content ? sc_guides_protect(r->style->s->threads, &r->protect, set, &r->content->image, err) : SCUMBLE_OK;
    if (!code && r->run)
        code = tell_regions(r, err);
    if (code) {
        sc_tensor_free(&r->protect);
        r->protect = old_protect;
        r->guides = old;
        sc_guides_free(set);
        return code;
    }
    sc_tensor_free(&old_protect);
    sc_guides_free(old);
    return SCUMBLE_OK;
}

int scumble_run_guide(scumble_run *r, const scumble_guides *guides)
{
    if (!r)
        return sc_null(NULL, __func__);
    scumble_guides own;
    if (sc_guides_take(r->style->s, &own, guides, __func__))
        return r->style->s->error.code;
    if (r->texture_width && guides)
        return sc_misuse(r->style->s, sc_no_guides);
    sc_error err = { 0 };
    sc_guide_set *set = NULL;
    int code = sc_guides_make(&set, r->style, guides ? &own : NULL, &err);
    if (!code && r->content && (code = sc_guides_fit(set, r->content->image.width, r->content->image.height, &err)))
        sc_guides_free(set);
    if (!code)
        code = change_regions(r, set, &err);
    if (!code && !r->run) {
        sc_guides_free(r->first);
        r->first = sc_guides_share(set);
    }
    return sc_report(r->style->s, &err);
}

/* What a reference is, of a run or of a call. */
typedef struct held {
    scumble_image *image;
    sc_tensor region;
    sc_source source, mask_source;
} held;

static void free_held(held *h)
{
    scumble_image_free(&h->image);
    sc_tensor_free(&h->region);
    free(h->source.path);
    free(h->mask_source.path);
}

static held swap_held(scumble_run *r, const held *h)
{
    held old = { r->reference, r->reference_mask, r->reference_now, r->reference_mask_now };
    r->reference = h->image;
    r->reference_mask = h->region;
    r->reference_now = h->source;
    r->reference_mask_now = h->mask_source;
    return old;
}

static int make_held(scumble *s, held *h, const scumble_image *reference, const scumble_image *mask, sc_error *err)
{
    *h = (held){ .image = sc_image_share(reference) };
    int code = reference ? sc_source_remember(s, &h->source, reference, err) : SCUMBLE_OK;
    if (code || !reference || !mask)
        return code;
    code = sc_source_remember(s, &h->mask_source, mask, err);
    return code ?
               code :
               sc_region_from_image(s->threads, &h->region, &mask->image, mask->image.height, mask->image.width, err);
}

int scumble_run_reference(scumble_run *r, const scumble_image *reference, const scumble_image *mask)
{
    if (!r)
        return sc_null(NULL, __func__);
    sc_error err = { 0 };
    held made;
    int code = make_held(r->style->s, &made, reference, mask, &err);
    if (!code) {
        held old = swap_held(r, &made);
        code = r->run ? tell_reference(r, &err) : SCUMBLE_OK;
        made = code ? swap_held(r, &old) : old; /* what is not kept */
    }
    free_held(&made);
    return sc_report(r->style->s, &err);
}
