/* SPDX-License-Identifier: MIT */
/* What a scale needs, added up from what its parts say that they need; the tiles that fit a limit; and what a run will
 * take. Of work and time forecast.c and speed.c know more. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/process.h"
#include "run/plan.h"

/* Not at the same time: the paintings are measured, then the objective works, and searches for neighbours now and then.
 * The last search is the peak where it needs more than the optimiser's history grows after it; by tiles that lies in
 * files. */
static sc_need peak_of(const sc_plan *p, const sc_scale *scale, const sc_targets_cost *targets,
                       const sc_objective_cost *objective, bool tiled)
{
    sc_need early = sc_scale_work_need(p, scale, sc_last_refresh(scale->iterations)),
            late = sc_scale_work_need(p, scale, scale->iterations), working = objective->need;
    bool searching = tiled || targets->paintings.search.temporary > late.big - early.big;
    sc_need_add(&working, &targets->paintings.targets);
    if (searching)
        sc_need_add(&working, &targets->paintings.search);
    sc_need peak = sc_need_in_turn(&targets->paintings.measuring, &working);
    sc_need_add(&peak, searching && !tiled ? &early : &late);
    return peak;
}

/* Without the process; the scales before it have left their targets. tile_pixels 0: it is not cut. */
static int scale_need(const sc_plan *p, int k, double tile_pixels, sc_scale_need *n, sc_error *err)
{
    const sc_scale *scale = &p->scales.scale[k];
    sc_targets_cost targets;
    sc_objective_cost objective;
    sc_need kept, run = sc_run_need(p);
    sc_objective_config config = p->config;
    config.tile_pixels = tile_pixels;
    sc_fit_layers(&config, &p->paintings, scale);
    sc_keys *keys = calloc((size_t)p->paintings.count, sizeof *keys);
    int code = keys ? sc_targets_estimate(&config, &p->paintings, &p->guided, scale, keys, &targets, err) :
                      sc_fail_memory(err, (size_t)p->paintings.count * sizeof *keys);
    if (!code)
        code = sc_objective_foretell(&config, scale->height, scale->width, p->regions, keys, &objective, err);
    free(keys);
    if (!code)
        code = sc_paintings_estimate_kept(&p->paintings, &p->config, p->guided.masks, p->scales.scale, k, &kept, err);
    if (code)
        return code;
    *n = (sc_scale_need){ .memory = peak_of(p, scale, &targets, &objective, tile_pixels > 0),
                          .tile_edge = objective.tile_edge,
                          .refreshes = objective.refreshes,
                          .evaluation = objective.evaluation,
                          .pass = objective.pass,
                          .search = objective.search,
                          .photo = targets.photo.work,
                          .paintings = targets.paintings.measuring.work };
    sc_need_add(&n->memory, &targets.regions);
    sc_need_add(&n->memory, &targets.maps);
    sc_need_add(&n->memory, &kept);
    sc_need_add(&n->memory, &run);
    return SCUMBLE_OK;
}

/* The same, and what the process then holds. */
static int need_within(const sc_plan *p, int k, double tile_pixels, sc_scale_need *n, sc_error *err)
{
    sc_need all = sc_style_need(p->style);
    int code = scale_need(p, k, tile_pixels, n, err);
    if (code)
        return code;
    bool bounded = tile_pixels > 0 || p->style->options.max_memory_bytes;
    int64_t share = p->limit_bytes / SC_PICTURES_SHARE;
    sc_need_add(&all, &p->photo);
    sc_need_add(&all, &p->guides);
    sc_need_add(&all, &n->memory);
    n->tile_pixels = tile_pixels;
    n->plans = 1;
    n->bytes = sc_need_small(&all) + (bounded && all.big > share ? share : all.big);
    return sc_threads_check(p->style->threads, err);
}

/* The largest tiles that fit the limit, and how often that had to be asked: between the least, which must fit, and the
 * whole picture, which does not, by halving the ratio. */
static int find_tiles(const sc_plan *p, int k, sc_scale_need *n, sc_error *err)
{
    const double precision = 1.02;
    const sc_scale *scale = &p->scales.scale[k];
    int code = need_within(p, k, 0, n, err), plans = 2;
    if (code || n->bytes <= p->limit_bytes)
        return code;
    double fits = SC_LEAST_TILE, too_large = (double)scale->width * scale->height;
    code = need_within(p, k, fits, n, err);
    if (!code && n->bytes > p->limit_bytes)
        return sc_fail(err, SCUMBLE_ERR_LIMIT,
                       "%d x %d pixels need at least %.0f MiB of memory, even in tiles, but only %.0f MiB may be used",
                       scale->width, scale->height, (double)n->bytes / 1048576, (double)p->limit_bytes / 1048576);
    while (!code && too_large > precision * fits) {
        sc_scale_need own;
        double middle = floor(sqrt(fits * too_large));
        plans++;
        code = need_within(p, k, middle, &own, err);
        if (!code && own.bytes <= p->limit_bytes) {
            fits = middle;
            *n = own;
        } else
            too_large = middle;
    }
    n->plans = plans;
    return code;
}

/* The tiles that are asked for, if they fit; a little more is no reason to paint another picture. Those of a film stay:
 * what is free is then not looked at again, but a limit holds. */
static int take_tiles(sc_plan *p, int k, sc_scale_need *n, sc_error *err)
{
    const double tolerance = 1.05;
    double pixels;
    if (!sc_tiling_find(&p->tiling, &p->scales.scale[k], &pixels))
        return find_tiles(p, k, n, err);
    int code = need_within(p, k, pixels, n, err);
    if (code || (double)n->bytes <= tolerance * (double)p->limit_bytes)
        return code;
    if (p->tiles_stay && p->style->options.max_memory_bytes)
        return sc_fail(err, SCUMBLE_ERR_LIMIT,
                       "%d x %d pixels need %.0f MiB of memory as the frames before were cut, but only %.0f MiB may be "
                       "used",
                       p->scales.scale[k].width, p->scales.scale[k].height, (double)n->bytes / 1048576,
                       (double)p->limit_bytes / 1048576);
    if (p->tiles_stay)
        return SCUMBLE_OK;
    p->unfit = true;
    return find_tiles(p, k, n, err);
}

/* As the option says; or what is there already, of what is counted, and what is free. */
static int64_t estimate_limit_of(const sc_plan *p)
{
    if (p->style->options.max_memory_bytes)
        return p->style->options.max_memory_bytes;
    sc_need there = sc_style_need(p->style);
    if (p->loaded)
        sc_need_add(&there, &p->photo);
    sc_need_add(&there, &p->guides);
    int64_t free_bytes = sc_free_memory_bytes(), held = sc_need_small(&there) + there.big;
    return free_bytes < INT64_MAX - held ? held + free_bytes : INT64_MAX;
}

int sc_plan_cut(sc_plan *p, sc_scale_need needs[SC_MAX_SCALES], sc_error *err)
{
    int code = SCUMBLE_OK;
    p->limit_bytes = estimate_limit_of(p);
    p->unfit = false;
    for (int k = p->scales.count - 1; k >= 0 && !code; k--) { /* the last one needs most, and is to be named */
        code = take_tiles(p, k, &needs[k], err);
        p->tile_pixels[k] = code ? 0 : needs[k].tile_pixels;
    }
    return code;
}

void sc_plan_tiling(const sc_plan *p, bool whole, sc_tiling *tiling)
{
    bool any = whole;
    *tiling = (sc_tiling){ 0 };
    for (int k = 0; k < p->scales.count; k++)
        any = any || p->tile_pixels[k] > 0;
    for (int k = 0; k < p->scales.count && any; k++) {
        tiling->of[k].width = p->scales.scale[k].width;
        tiling->of[k].height = p->scales.scale[k].height;
        tiling->of[k].pixels = p->tile_pixels[k];
        tiling->count++;
    }
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

static int estimate_plan(sc_plan *p, const sc_weights *resume, sc_estimate *estimate, sc_error *err)
{
    sc_scale_need needs[SC_MAX_SCALES];
    int code = sc_plan_cut(p, needs, err);
    estimate->width = p->scales.width;
    estimate->height = p->scales.height;
    estimate->free_bytes = sc_free_memory_bytes();
    if (code)
        return code;
    const sc_scale_need *last = &needs[p->scales.count - 1];
    estimate->tile_edge = last->tile_edge;
    estimate->memory_bytes = last->bytes;
    sc_position from = resume ? sc_state_position(resume, &p->scales) : (sc_position){ 0 };
    sc_forecast_make(&p->style->forecast, p, needs);
    code = sc_plan_estimate_time(p, &from, estimate, err);
    if (code)
        return code;
    return estimate->tile_edge ? check_disk(&p->scales, sc_plan_is_texture(p), last->memory.big, err) : SCUMBLE_OK;
}

int sc_style_estimate(sc_style *style, const sc_subject *subject, const sc_weights *resume, sc_estimate *estimate,
                      sc_error *err)
{
    sc_plan plan;
    *estimate = (sc_estimate){ 0 };
    int code = sc_plan_create(&plan, style, subject, err);
    if (!code)
        code = estimate_plan(&plan, resume, estimate, err);
    sc_plan_free(&plan);
    return code;
}
