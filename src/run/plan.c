/* SPDX-License-Identifier: MIT */
/* The plan of a run. See plan.h. */
#include "run/plan.h"

#include <stdlib.h>

#include "core/memory.h"

typedef struct arrays {
    const sc_image **styles;
    const sc_tensor **masks;
    double *weights;
    uint64_t *keys;
} arrays;

static void free_arrays(arrays *a)
{
    free(a->styles);
    free(a->masks);
    free(a->weights);
    free(a->keys);
}

static arrays arrays_of(const sc_paintings *p)
{
    return (arrays){ (const sc_image **)(uintptr_t)p->styles, (const sc_tensor **)(uintptr_t)p->masks,
                     (double *)(uintptr_t)p->weights, (uint64_t *)(uintptr_t)p->keys };
}

static int create_arrays(arrays *a, size_t count, sc_error *err)
{
    *a = (arrays){ calloc(count, sizeof *a->styles), calloc(count, sizeof *a->masks), calloc(count, sizeof *a->weights),
                   calloc(count, sizeof *a->keys) };
    if (a->styles && a->masks && a->weights && a->keys)
        return SCUMBLE_OK;
    free_arrays(a);
    return sc_fail_memory(err, count * sizeof *a->styles);
}

/* Of all pieces, as much of each as it weighs. */
static int pool_moments(sc_plan *plan, const sc_piece *pieces, const double *weights, int count, sc_error *err)
{
    sc_colour_moments *moments = calloc((size_t)count, sizeof *moments);
    if (!moments)
        return sc_fail_memory(err, (size_t)count * sizeof *moments);
    for (int i = 0; i < count; i++)
        moments[i] = plan->style->moments[pieces[i].painting];
    sc_colour_pool(&plan->moments, moments, weights, count);
    free(moments);
    return SCUMBLE_OK;
}

static void add_region(sc_need *sum, const sc_tensor *region)
{
    sc_need own = sc_big_need(region ? (int64_t)sc_shape_bytes(region->shape) : 0);
    sc_need_add(sum, &own);
}

static sc_need guides_need(const sc_guides *guides, int count)
{
    sc_need sum = { 0 };
    for (int i = 0; i < count; i++) {
        add_region(&sum, guides->pieces ? guides->pieces[i].counts : NULL);
        add_region(&sum, guides->masks ? guides->masks[i] : NULL);
    }
    add_region(&sum, guides->protect);
    add_region(&sum, guides->reference_mask);
    sc_need reference = guides->reference ? sc_image_need(guides->reference) : (sc_need){ 0 };
    sc_need_add(&sum, &reference);
    return sum;
}

int sc_plan_guide(sc_plan *plan, const sc_guides *guides, sc_error *err)
{
    const sc_style *style = plan->style;
    const sc_piece *pieces = guides->pieces ? guides->pieces : style->pieces;
    int count = guides->pieces ? guides->piece_count : style->painting_count;
    arrays made;
    int code = create_arrays(&made, (size_t)count, err);
    if (code)
        return code;
    double sum = 0;
    for (int i = 0; i < count; i++)
        sum += plan->weights[pieces[i].painting];
    for (int i = 0; i < count; i++) {
        made.styles[i] = style->paintings[pieces[i].painting];
        made.masks[i] = pieces[i].counts;
        made.weights[i] = plan->weights[pieces[i].painting] / sum;
        made.keys[i] = sc_painting_key(pieces[i].painting, pieces[i].counts);
    }
    if (style->moments)
        code = pool_moments(plan, pieces, made.weights, count, err);
    if (code) {
        free_arrays(&made);
        return code;
    }
    arrays old = arrays_of(&plan->paintings);
    free_arrays(&old);
    plan->paintings.styles = made.styles;
    plan->paintings.masks = made.masks;
    plan->paintings.weights = made.weights;
    plan->paintings.keys = made.keys;
    plan->paintings.count = count;
    for (int g = 0; g < plan->config.group_count; g++)
        if (plan->config.groups[g].role == SC_ROLE_REFERENCE)
            plan->config.groups[g].terms.count = guides->reference ? style->config.groups[g].terms.count : 0;
    plan->guides = guides_need(guides, count);
    plan->guided = (sc_guided){ guides->masks != NULL, guides->protect != NULL, guides->reference != NULL };
    plan->regions = sc_guided_regions(&plan->guided, count);
    return SCUMBLE_OK;
}

void sc_plan_forget_content(sc_plan *plan)
{
    plan->plain = true;
    sc_groups_drop(&plan->config, SC_ROLE_CONTENT);
}

bool sc_plan_is_texture(const sc_plan *plan)
{
    return !plan->content_width;
}

int sc_plan_iterations(const sc_style *style)
{
    return style->options.stop_after ? style->options.stop_after : style->options.iterations;
}

void sc_plan_scales(sc_plan *plan, int width, int height, int iterations)
{
    const sc_style_options *o = &plan->style->options;
    bool texture = sc_plan_is_texture(plan);
    plan->paintings.texture_edge = !texture ? 0 : width > height ? width : height;
    sc_scales_plan(&plan->scales, width, height,
                   &(sc_scale_rule){ .count = plan->sequel ? plan->sequel_scales : o->scales,
                                     .iterations = plan->sequel ? plan->sequel : o->iterations,
                                     .factor = o->scale_factor,
                                     .coarsest = texture ? SC_TEXTURE_COARSEST : SC_COARSEST,
                                     .step = plan->config.wrap ? SC_TILE_STEP : 1 });
    if (!plan->sequel && iterations > o->iterations)
        plan->scales.scale[plan->scales.count - 1].iterations += iterations - o->iterations;
}

int sc_plan_create(sc_plan *plan, sc_style *style, const sc_subject *subject, sc_error *err)
{
    const sc_style_options *o = &style->options;
    int width = subject->content ? subject->content->width : subject->width,
        height = subject->content ? subject->content->height : subject->height;
    bool texture = !subject->content && subject->texture;
    *plan = (sc_plan){ .style = style,
                       .weights = subject->weights ? subject->weights : style->weights,
                       .config = style->config,
                       .paintings = { .style_scale = o->style_scale,
                                      .rotations = o->rotations ? 4 : 1,
                                      .colour = style->colour,
                                      .colours = &style->colours,
                                      .cache = &style->cache },
                       .content_width = texture ? 0 : width,
                       .content_height = texture ? 0 : height,
                       .photo = subject->content ? sc_image_need(subject->content) :
                                texture          ? (sc_need){ 0 } :
                                                   sc_big_need(sc_image_bytes(width, height)),
                       .loaded = subject->content != NULL,
                       .sequel = subject->sequel,
                       .sequel_scales = subject->sequel_scales,
                       .tiling = subject->tiling ? *subject->tiling : style->tiling,
                       .tiles_stay = subject->tiling != NULL };
    if (subject->start) {
        sc_need start = sc_image_need(subject->start);
        sc_need_add(&plan->photo, &start);
    }
    if (texture)
        sc_groups_drop(&plan->config, SC_ROLE_CONTENT);
    else
        sc_result_size(width, height, o->size, &width, &height);
    sc_plan_scales(plan, width, height, sc_plan_iterations(style));
    return sc_plan_guide(plan, &subject->guides, err);
}

void sc_plan_free(sc_plan *plan)
{
    arrays own = arrays_of(&plan->paintings);
    free_arrays(&own);
    *plan = (sc_plan){ .style = NULL };
}
