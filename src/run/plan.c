/* SPDX-License-Identifier: MIT */
/* The plan of a run. See plan.h. */
#include "run/plan.h"

#include <stdlib.h>

#include "core/memory.h"
#include "loss/region.h"

typedef struct arrays {
    const sc_image **styles;
    const sc_tensor **masks;
    double *weights;
    uint64_t *keys;
    sc_colour_moments *moments;
} arrays;

static void free_arrays(arrays *a)
{
    free(a->styles);
    free(a->masks);
    free(a->weights);
    free(a->keys);
    free(a->moments);
}

static arrays arrays_of(const sc_paintings *p)
{
    return (arrays){ (const sc_image **)(uintptr_t)p->styles, (const sc_tensor **)(uintptr_t)p->masks,
                     (double *)(uintptr_t)p->weights, (uint64_t *)(uintptr_t)p->keys,
                     (sc_colour_moments *)(uintptr_t)p->moments };
}

static int create_arrays(arrays *a, size_t count, sc_error *err)
{
    *a = (arrays){ calloc(count, sizeof *a->styles), calloc(count, sizeof *a->masks), calloc(count, sizeof *a->weights),
                   calloc(count, sizeof *a->keys), calloc(count, sizeof *a->moments) };
    if (a->styles && a->masks && a->weights && a->keys && a->moments)
        return SCUMBLE_OK;
    free_arrays(a);
    return sc_fail_memory(err, count * sizeof *a->styles);
}

/* Of a piece: what of the painting counts. */
static int piece_moments(const sc_plan *plan, const sc_piece *piece, sc_colour_moments *moments, sc_error *err)
{
    const sc_style *style = plan->style;
    const sc_image *painting = style->paintings[piece->painting];
    sc_tensor counts;
    if (!piece->counts) {
        *moments = style->moments[piece->painting];
        return SCUMBLE_OK;
    }
    int code = sc_region_resize(style->threads, &counts, piece->counts, painting->height, painting->width, err);
    if (code)
        return code;
    code = sc_colour_measure_part(style->threads, painting, counts.data, moments, err);
    sc_tensor_free(&counts);
    return code;
}

/* Each piece's, and those of all, as much of each as it weighs. */
static int measure_pieces(sc_plan *plan, const sc_piece *pieces, const double *weights, int count,
                          sc_colour_moments *moments, sc_colour_moments *pooled, sc_error *err)
{
    int code = SCUMBLE_OK;
    for (int i = 0; i < count && !code; i++)
        code = piece_moments(plan, &pieces[i], &moments[i], err);
    if (!code)
        sc_colour_pool(pooled, moments, weights, count);
    return code;
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

/* Rows that compare with what is not there are empty. */
static void keep_rows(sc_plan *plan, sc_role role, bool there)
{
    for (int g = 0; g < plan->config.group_count; g++)
        if (plan->config.groups[g].role == role)
            plan->config.groups[g].terms.count = there ? plan->style->config.groups[g].terms.count : 0;
}

int sc_plan_guide(sc_plan *plan, const sc_guides *guides, sc_error *err)
{
    const sc_style *style = plan->style;
    const sc_piece *pieces = guides->pieces ? guides->pieces : style->pieces;
    int count = guides->pieces ? guides->piece_count : style->painting_count;
    arrays made;
    sc_colour_moments pooled = plan->moments;
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
        code = measure_pieces(plan, pieces, made.weights, count, made.moments, &pooled, err);
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
    plan->paintings.moments = made.moments;
    plan->moments = pooled;
    plan->paintings.count = count;
    plan->guides = guides_need(guides, count);
    plan->guided = (sc_guided){ .masks = guides->masks != NULL,
                                .protect = guides->protect != NULL,
                                .legible = sc_plan_has_content(plan) && style->options.legible > 0,
                                .reference = guides->reference != NULL };
    keep_rows(plan, SC_ROLE_LEGIBLE, plan->guided.legible);
    keep_rows(plan, SC_ROLE_REFERENCE, plan->guided.reference);
    plan->regions = sc_guided_regions(&plan->guided, count);
    return SCUMBLE_OK;
}

void sc_plan_forget_content(sc_plan *plan)
{
    plan->plain = true;
    plan->guided.legible = false;
    sc_groups_drop(&plan->config, SC_ROLE_CONTENT);
    keep_rows(plan, SC_ROLE_LEGIBLE, false);
}

bool sc_plan_has_content(const sc_plan *plan)
{
    return plan->content_width && !plan->plain;
}

bool sc_plan_is_texture(const sc_plan *plan)
{
    return !plan->content_width;
}

static bool has_colours_of_paintings(const sc_plan *plan)
{
    return plan->paintings.colour == SC_COLOUR_STYLE || plan->paintings.colour == SC_COLOUR_MATCH;
}

bool sc_plan_recolours(const sc_plan *plan)
{
    return has_colours_of_paintings(plan) && plan->style->options.recolour > 0 && plan->content_width;
}

sc_variable_kind sc_plan_variable(const sc_plan *plan)
{
    bool grey = plan->paintings.colour == SC_COLOUR_LUMINANCE || (has_colours_of_paintings(plan) && plan->style->grey);
    switch (plan->style->options.variable) {
    case SC_CHOSE_PIXELS: return SC_VARIABLE_PIXELS;
    case SC_CHOSE_PYRAMID: return SC_VARIABLE_PYRAMID;
    default: return grey ? SC_VARIABLE_GREY : SC_VARIABLE_SUBSAMPLED;
    }
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
