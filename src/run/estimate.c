/* SPDX-License-Identifier: MIT */
/* What a scale needs, memory and work, from graphs that are planned and never run; the tiles that fit a limit; and what
 * a run will take. Of work and time forecast.c and speed.c know more. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/process.h"
#include "optimise/optimizer.h"
#include "run/plan.h"
#include "optimise/variable.h"

static int64_t image_bytes(int width, int height)
{
    return (int64_t)width * height * 3 * (int64_t)sizeof(float);
}

/* Targets without statistics, for an objective that is only to be estimated. regions: of the style. */
static void forecast_targets(const sc_objective_config *config, sc_region_targets *regions, int count,
                             sc_objective_targets *targets)
{
    static sc_region_targets everywhere = { .share = 1 };
    *targets = (sc_objective_targets){ .forecast = true };
    for (int g = 0; g < config->group_count; g++) {
        bool style = config->groups[g].role == SC_ROLE_STYLE;
        targets->groups[g] = (struct sc_group_targets){ style ? count : 1, style ? regions : &everywhere };
    }
}

/* The objective, and one evaluation of it. keys: of each region. */
static int objective_need(const sc_plan *p, const sc_objective_config *config, const sc_scale *scale,
                          const sc_keys *keys, sc_need *n, sc_error *err)
{
    int regions = p->regions;
    int count = regions ? regions : 1;
    sc_objective_targets targets;
    sc_objective *objective = NULL;
    sc_objective_cost cost = { 0 };
    sc_tensor weights = { { 1, 1, 1, 1 },
                          &(float){ 1 } }; /* one pixel stands for them all, however large the picture */
    sc_region_targets *of_style = calloc((size_t)count, sizeof *of_style);
    int code = of_style ? SCUMBLE_OK : sc_fail_memory(err, (size_t)count * sizeof *of_style);
    for (int r = 0; r < count && !code; r++)
        of_style[r] = (sc_region_targets){ .weights = regions ? &weights : NULL, .share = 1.0 / count };
    forecast_targets(config, of_style, count, &targets);
    if (!code)
        code = sc_objective_create(&objective, config, scale->height, scale->width, &targets, err);
    if (!code)
        code = sc_objective_estimate(objective, &cost, err);
    n->network_bytes = (int64_t)cost.network_bytes;
    n->map_bytes = (int64_t)cost.map_bytes;
    n->evaluation = (sc_work){ .of = { [SC_WORK_EVALUATIONS] = 1,
                                       [SC_WORK_EVALUATION_FLOPS] = cost.flops,
                                       [SC_WORK_GRAPHS] = 2 * cost.pass_graphs } };
    n->pass = (sc_work){
        .of = { [SC_WORK_PASSES] = 1, [SC_WORK_PASS_FLOPS] = cost.pass_flops, [SC_WORK_GRAPHS] = cost.pass_graphs }
    };
    n->refreshes = !code && sc_objective_refreshes(objective);
    if (n->refreshes)
        n->search = (sc_work){
            .of = { [SC_WORK_SEARCHES] = 1, [SC_WORK_SEARCH_FLOPS] = sc_objective_search_flops(objective, keys) }
        };
    n->tile_edge = cost.tile_edge;
    if (regions) /* the regions at this size, the coverage, what is protected */
        n->pictures_bytes = (regions + 2) * image_bytes(scale->width, scale->height) / 3;
    sc_objective_free(objective);
    free(of_style);
    return code;
}

/* What the paintings take. */
typedef struct styles_cost {
    int64_t measuring_bytes; /* one after the other: the resized picture, its graph (a painting may have more pixels
                                than the result), and what there is of the targets by then */
    int64_t map_bytes;       /* of one after the other: features that are big buffers */
    int64_t targets_bytes;   /* of all of them */
    int64_t search_bytes; /* for nearest neighbours, beside the features that are searched: the same as unit vectors */
    sc_keys *keys;        /* of each region; the array is the caller's */
    sc_work work;         /* of measuring them all and making them ready */
} styles_cost;

/* Turned paintings are measured for the terms that join. */
static int turned_flops(const sc_objective_config *config, const sc_terms *terms, int height, int width, double *flops,
                        sc_error *err)
{
    sc_terms joined = { 0 };
    sc_statistics_cost cost;
    for (int t = 0; t < terms->count; t++)
        if (terms->choice[t].term->blend == SC_BLEND_JOIN)
            joined.choice[joined.count++] = terms->choice[t];
    int code = sc_statistics_estimate(config, &joined, height, width, &cost, err);
    *flops = cost.flops;
    return code;
}

/* A painting's part of the work: measured `rotations` times. */
static int add_style_work(const sc_plan *p, const sc_objective_config *config, int style, int height, int width,
                          const sc_statistics_cost *own, sc_work *work, sc_error *err)
{
    const sc_image *image = p->paintings.styles[style];
    double turned = 0, pixels = (double)width * height;
    int more = p->paintings.rotations - 1;
    int code =
        more ? turned_flops(config, sc_terms_of(config, SC_ROLE_STYLE), height, width, &turned, err) : SCUMBLE_OK;
    work->of[SC_WORK_MEASURED_PIXELS] += pixels * (1 + (turned > 0 ? more : 0));
    work->of[SC_WORK_MEASURE_FLOPS] += own->flops + more * turned;
    work->of[SC_WORK_GRAPHS] += own->graphs * (1 + (turned > 0 ? more : 0));
    work->of[SC_WORK_PIXELS] += (double)image->width * image->height + pixels * (1 + more);
    return code;
}

/* What a painting adds to the keys of its region. */
static void add_keys(sc_keys *keys, const sc_statistics_cost *own, double share, int rotations)
{
    for (int term = 0; term < SC_MAX_TERMS; term++)
        for (int i = 0; i < SC_MAX_STATISTICS; i++)
            keys->count[term][i] += rotations * ceil(own->keys.count[term][i] * share);
}

static int styles_cost_at(const sc_plan *p, const sc_scale *scale, double tile_pixels, styles_cost *cost, sc_error *err)
{
    const sc_paintings *all = &p->paintings;
    sc_objective_config config = p->config;
    config.tile_pixels = tile_pixels;
    sc_fit_layers(&config, all, scale);
    bool by_style = p->regions == all->count;
    double heaviest = 0, searched = 0, targets = 0;
    for (int i = 0; i < all->count; i++)
        heaviest = fmax(heaviest, all->weights[i]);
    sc_keys *keys = cost->keys;
    *cost = (styles_cost){ .keys = keys, .work.of[SC_WORK_PREPARED] = by_style ? all->count : 1 };
    if (keys)
        memset(keys, 0, (size_t)all->count * sizeof *keys);
    int code = SCUMBLE_OK;
    for (int i = 0; i < all->count && !code; i++) {
        int width, height;
        sc_statistics_cost own;
        sc_style_size(all, i, scale->width > scale->height ? scale->width : scale->height, &width, &height);
        code = sc_statistics_estimate(&config, sc_terms_of(&config, SC_ROLE_STYLE), height, width, &own, err);
        double share = all->rotations * (by_style ? 1 : all->weights[i] / heaviest);
        double before = targets + (share - share / all->rotations) * (double)own.joined_bytes;
        int64_t needed = code ? 0 : image_bytes(width, height) + (int64_t)own.measuring_bytes + (int64_t)before;
        cost->measuring_bytes = needed > cost->measuring_bytes ? needed : cost->measuring_bytes;
        cost->map_bytes = !code && (int64_t)own.map_bytes > cost->map_bytes ? (int64_t)own.map_bytes : cost->map_bytes;
        targets += share * (double)own.joined_bytes + (by_style || i == 0 ? (double)own.averaged_bytes : 0);
        searched =
            by_style ? fmax(searched, share * (double)own.largest_bytes) : searched + share * (double)own.largest_bytes;
        if (keys)
            add_keys(&keys[by_style ? i : 0], &own, share / all->rotations, all->rotations);
        if (keys && !code)
            code = add_style_work(p, &config, i, height, width, &own, &cost->work, err);
    }
    sc_statistics_cost picture;
    if (!code)
        code = sc_statistics_estimate(&config, sc_terms_of(&config, SC_ROLE_STYLE), scale->height, scale->width,
                                      &picture, err);
    cost->targets_bytes = (int64_t)targets;
    cost->search_bytes = code ? 0 : (int64_t)searched + (int64_t)picture.largest_bytes;
    return code;
}

/* The targets of all scales before this one: they stay, for further photos, unless they are made for one photo's
 * colours. */
static int kept_targets_bytes(const sc_plan *p, const sc_scale *first, const sc_scale *scale, int64_t *bytes,
                              sc_error *err)
{
    bool kept = p->paintings.colour != SC_COLOUR_PHOTO && p->paintings.colour != SC_COLOUR_LUMINANCE;
    int code = SCUMBLE_OK;
    *bytes = 0;
    for (; first < scale && kept && !code; first++) {
        styles_cost cost = { .keys = NULL };
        code = styles_cost_at(p, first, 0, &cost, err);
        *bytes += cost.targets_bytes;
    }
    return code;
}

/* After so many iterations: x, the photo at this size, the targets' copy of it, and what the optimiser keeps. */
static int64_t vectors_bytes(const sc_plan *p, const sc_scale *scale, int iterations)
{
    bool pyramid = p->style->options.variable == SC_CHOSE_PYRAMID;
    sc_variable_kind kind = pyramid ? SC_VARIABLE_PYRAMID : SC_VARIABLE_PIXELS;
    size_t count = sc_variable_count_of(kind, scale->width, scale->height, 0);
    size_t bytes =
        p->style->options.optimizer == SC_CHOSE_ADAM ? sc_adam_bytes(count) : sc_lbfgs_bytes(count, iterations);
    bytes += sc_variable_bytes(kind, scale->width, scale->height, 0, sc_threads_count(p->style->threads));
    bytes += pyramid ? count * sizeof(float) + (size_t)image_bytes(scale->width, scale->height) : 0;
    return (int64_t)bytes + 3 * image_bytes(scale->width, scale->height);
}

/* At `scale`, of the scales from `first` on, when it is cut into tiles of so many pixels (0 = not cut): what the
 * process holds anyway, pictures, targets, and either a painting's graph or objective and search. The photo's maps stay
 * when the objective works by tiles. */
static int scale_need(const sc_plan *p, const sc_scale *first, const sc_scale *scale, double tile_pixels,
                      int64_t limit_bytes, sc_need *n, sc_error *err)
{
    *n = (sc_need){ 0 };
    sc_objective_config config = p->config;
    config.tile_pixels = tile_pixels;
    sc_fit_layers(&config, &p->paintings, scale);
    styles_cost styles = { .keys = calloc((size_t)p->paintings.count, sizeof *styles.keys) };
    sc_statistics_cost photo = { 0 };
    int64_t kept_bytes = 0;
    int code = styles.keys ? styles_cost_at(p, scale, tile_pixels, &styles, err) :
                             sc_fail_memory(err, (size_t)p->paintings.count * sizeof *styles.keys);
    if (!code)
        code = objective_need(p, &config, scale, styles.keys, n, err);
    free(styles.keys);
    if (!code)
        code = kept_targets_bytes(p, first, scale, &kept_bytes, err);
    if (!code)
        code = sc_statistics_estimate(&config, sc_terms_of(&config, SC_ROLE_CONTENT), scale->height, scale->width,
                                      &photo, err);
    if (code)
        return code;
    n->paintings = styles.work;
    if (sc_terms_of(&config, SC_ROLE_CONTENT)->count)
        n->photo = (sc_work){ .of = { [SC_WORK_MEASURED_PIXELS] = (double)scale->width * scale->height,
                                      [SC_WORK_MEASURE_FLOPS] = photo.flops,
                                      [SC_WORK_GRAPHS] = photo.graphs } };
    int64_t vectors = vectors_bytes(p, scale, scale->iterations),
            at_search = vectors_bytes(p, scale, sc_last_refresh(scale->iterations));
    if (!tile_pixels && styles.search_bytes > vectors - at_search) /* the last search is the peak, or the end is */
        vectors = at_search;
    else if (!tile_pixels)
        styles.search_bytes = 0;
    int64_t work_bytes = n->network_bytes + styles.targets_bytes + styles.search_bytes;
    n->network_bytes = kept_bytes + (work_bytes > styles.measuring_bytes ? work_bytes : styles.measuring_bytes);
    n->map_bytes = styles.map_bytes > n->map_bytes ? styles.map_bytes : n->map_bytes; /* a painting's is gone by then */
    n->pictures_bytes += n->map_bytes + vectors + (tile_pixels ? (int64_t)photo.averaged_bytes : 0);
    bool bounded =
        (tile_pixels || p->style->options.max_memory_bytes) && n->pictures_bytes > limit_bytes / SC_PICTURES_SHARE;
    n->bytes =
        p->style->base_bytes + n->network_bytes + (bounded ? limit_bytes / SC_PICTURES_SHARE : n->pictures_bytes);
    return SCUMBLE_OK;
}

/* The largest tiles that fit the limit, and how often that had to be asked: between the least, which must fit, and the
 * whole picture, which does not, by halving the ratio. */
static int find_tiles(const sc_plan *p, const sc_scale *first, const sc_scale *scale, int64_t limit_bytes,
                      double *tile_pixels, sc_need *n, sc_error *err)
{
    const double precision = 1.02;
    *tile_pixels = 0;
    int code = scale_need(p, first, scale, 0, limit_bytes, n, err), plans = 2;
    n->plans = 1;
    if (code || n->bytes <= limit_bytes)
        return code;
    double fits = SC_LEAST_TILE, too_large = (double)scale->width * scale->height;
    code = scale_need(p, first, scale, fits, limit_bytes, n, err);
    if (!code && n->bytes > limit_bytes)
        return sc_fail(err, SCUMBLE_ERR_LIMIT,
                       "%d x %d pixels need at least %.0f MiB of memory, even in tiles, but only %.0f MiB may be used",
                       scale->width, scale->height, (double)n->bytes / 1048576, (double)limit_bytes / 1048576);
    while (!code && too_large > precision * fits) {
        sc_need own;
        double middle = sqrt(fits * too_large);
        plans++;
        code = scale_need(p, first, scale, middle, limit_bytes, &own, err);
        if (!code && own.bytes <= limit_bytes) {
            fits = middle;
            *n = own;
        } else
            too_large = middle;
    }
    *tile_pixels = fits;
    n->plans = plans;
    return code;
}

/* What may be used: as the option says, or what is free. */
static int64_t limit_of(const sc_plan *p)
{
    return p->style->options.max_memory_bytes ? p->style->options.max_memory_bytes :
                                                sc_process_bytes() + sc_free_memory_bytes();
}

int sc_plan_choose_tiles(const sc_plan *p, int scale, double *tile_pixels, sc_error *err)
{
    sc_need n;
    int64_t limit_bytes = limit_of(p);
    int code = find_tiles(p, p->scales.scale, &p->scales.scale[scale], limit_bytes, tile_pixels, &n, err);
    if (!code && *tile_pixels)
        sc_big_limit((size_t)limit_bytes / SC_PICTURES_SHARE);
    return code;
}

/* Big buffers that are not resident are files. */
static int check_disk(const sc_scales *scales, bool texture, int64_t file_bytes, sc_error *err)
{
    const double gib = 1073741824;
    int64_t free_bytes = sc_big_room();
    if (file_bytes <= free_bytes)
        return SCUMBLE_OK;
    double factor = sqrt(0.8 * (double)free_bytes / (double)file_bytes);
    int width = (int)(scales->width * factor), height = (int)(scales->height * factor);
    char advice[80] = "";
    if (texture && width > 0 && height > 0)
        snprintf(advice, sizeof advice, "; try `size` %dx%d", width, height);
    else if (!texture && (width >= 16 || height >= 16))
        snprintf(advice, sizeof advice, "; try `size` %d", width > height ? width : height);
    return sc_fail(err, SCUMBLE_ERR_LIMIT,
                   "%d x %d pixels do not fit into memory and need about %.1f GiB of temporary files, but only %.1f "
                   "GiB are free in %s%s",
                   scales->width, scales->height, (double)file_bytes / gib, (double)free_bytes / gib, sc_big_folder(),
                   advice);
}

int sc_plan_need(const sc_plan *p, int scale, sc_need *n, sc_error *err)
{
    double tile_pixels;
    return find_tiles(p, p->scales.scale, &p->scales.scale[scale], limit_of(p), &tile_pixels, n, err);
}

static int estimate_plan(const sc_plan *p, const sc_weights *resume, scumble_estimate *estimate, sc_error *err)
{
    sc_need n = { 0 };
    int code = sc_plan_need(p, p->scales.count - 1, &n, err);
    estimate->tile_edge = n.tile_edge;
    estimate->width = p->scales.width;
    estimate->height = p->scales.height;
    estimate->memory_bytes = n.bytes;
    estimate->free_bytes = sc_free_memory_bytes();
    sc_position from = resume ? sc_state_position(resume, &p->scales) : (sc_position){ 0 };
    if (!code)
        code = sc_plan_estimate_time(p, &n, &from, estimate, err);
    if (code)
        return code;
    return estimate->tile_edge ? check_disk(&p->scales, sc_plan_is_texture(p), n.pictures_bytes, err) : SCUMBLE_OK;
}

int sc_style_estimate(sc_style *style, const sc_subject *subject, const sc_weights *resume, scumble_estimate *estimate,
                      sc_error *err)
{
    sc_plan plan;
    *estimate = (scumble_estimate){ 0 };
    int code = sc_plan_create(&plan, style, subject, err);
    if (!code)
        code = estimate_plan(&plan, resume, estimate, err);
    sc_plan_free(&plan);
    return code;
}
