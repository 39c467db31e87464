/* SPDX-License-Identifier: MIT */
/* One forward pass of a generator over a picture, whole or by tiles. See pass.h. */
#include "paint/pass.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nets/program/usage.h"
#include "paint/fixed.h"
#include "paint/job.h"
#include "paint/tiles.h"
#include "core/process.h"

int sc_paint_fitting(const sc_painter *painter, int extent, int *fitting, sc_error *err)
{
    return sc_paint_extend(painter->generator, extent, fitting, err);
}

/* ---- whole ----------------------------------------------------------------------------------------------------- */

static int build_whole(const sc_paint_job *e, sc_graph **graph, sc_value *x, sc_value *y, sc_error *err)
{
    int code = sc_graph_create(graph, e->options->device, err);
    if (code)
        return code;
    *x = sc_graph_input(*graph, "picture", (sc_shape){ 1, 3, e->extended_height, e->extended_width });
    code = sc_usage_build(e->program, SC_TO_PAINT, *graph, *x, true, NULL, y, err);
    sc_graph_keep(*graph, *y);
    return code;
}

static int measure_whole(const sc_paint_job *e, size_t *memory_bytes, sc_error *err)
{
    sc_graph *graph = NULL;
    sc_value x, y;
    double flops;
    int code = build_whole(e, &graph, &x, &y, err);
    if (!code)
        code = sc_graph_estimate(graph, memory_bytes, &flops, err);
    sc_graph_destroy(graph);
    return code;
}

static int paint_whole(sc_paint_job *e, sc_error *err)
{
    sc_graph *graph = NULL;
    sc_value x, y;
    sc_window all = { 0, 0, e->extended_height, e->extended_width };
    int code = build_whole(e, &graph, &x, &y, err);
    if (!code)
        code = sc_graph_plan(graph, err);
    float *picture = code ? NULL : sc_graph_lend(graph, x, SC_LOAN_TO_FILL, err), *painted = NULL;
    if (picture) {
        sc_paint_job_read(e, &all, picture);
        sc_graph_take_back(graph, x, SC_LOAN_TO_FILL);
        code = sc_graph_run_forward(graph, err);
        painted = code ? NULL : sc_graph_lend(graph, y, SC_LOAN_TO_READ, err);
    }
    if (painted) {
        sc_paint_job_write(e, &all, painted, (size_t)all.width * 3);
        sc_graph_take_back(graph, y, SC_LOAN_TO_READ);
        code = sc_threads_check(e->options->threads, err);
        if (!code && sc_paint_job_tell(e, 1))
            code = sc_fail(err, SCUMBLE_ERR_CANCELLED, "stopped");
    }
    sc_graph_destroy(graph);
    return painted ? code : err->code;
}

/* ---- whole or by tiles ----------------------------------------------------------------------------------------- */

static int64_t picture_bytes(const sc_paint_job *e)
{
    return (int64_t)e->width * e->height * 3 * (int64_t)sizeof(float);
}

/* A larger graph is no faster: its memory has to come from the kernel, page by page, and leaves the caches. */
enum { MOST_GRAPH_BYTES = 1 << 29 };
/* Left free beside bounded big buffers: what of them is touched between two looks at them, stacks, the allocator's
 * gaps. */
enum { SLACK_BYTES = 24 << 20 };

/* What of big buffers is in memory, when `share` of them may be. */
static int64_t resident(int64_t bytes, int64_t small_bytes, int64_t share)
{
    return small_bytes + (bytes - small_bytes < share ? bytes - small_bytes : share);
}

static int pass_too_large(const sc_paint_job *e, int64_t needed_bytes, int64_t limit_bytes, sc_error *err)
{
    return sc_fail(err, SCUMBLE_ERR_LIMIT,
                   "%d x %d pixels need at least %.0f MiB of memory, even in tiles, but only %.0f MiB may be used",
                   e->width, e->height, (double)needed_bytes / 1048576, (double)limit_bytes / 1048576);
}

/* What the process may hold in all, what it holds without the painting, and whether big buffers are to be bounded. */
typedef struct budget {
    int64_t limit_bytes, held_bytes;
    bool bounded;
} budget;

static budget budget_of(const sc_paint_options *options)
{
    int64_t limit_bytes = options->max_memory_bytes;
    if (limit_bytes)
        sc_big_limit((size_t)limit_bytes / SC_PICTURES_SHARE);
    sc_big_release(); /* how much of big buffers is resident at a moment is chance */
    int64_t held_bytes = sc_process_bytes();
    return (budget){ limit_bytes ? limit_bytes : held_bytes + sc_free_memory_bytes(), held_bytes, limit_bytes > 0 };
}

int sc_paint_graph_room(const sc_painter *painter, int width, int height, const sc_paint_options *options,
                        int64_t *graph_bytes, sc_error *err)
{
    sc_paint_cost cost;
    int code = sc_paint_estimate(painter, width, height, options, 0, &cost, err);
    budget b = budget_of(options);
    int64_t pictures = 2 * (int64_t)sc_image_bytes(width, height), left = b.limit_bytes - b.held_bytes - SLACK_BYTES,
            share = b.limit_bytes / SC_PICTURES_SHARE;
    left -= pictures < share ? pictures : share;
    *graph_bytes = left > MOST_GRAPH_BYTES ? MOST_GRAPH_BYTES : left > 1 ? left : 1;
    return code;
}

/* Where graphs were bounded before, that decides alone. */
static bool pass_exceeds(const sc_paint_job *e, const budget *b, int64_t needed_bytes)
{
    return needed_bytes > b->limit_bytes && !e->options->graph_bytes;
}

static int create_tiles(const sc_paint_job *e, int64_t room_bytes, sc_paint_tiles *tiles, sc_error *err)
{
    return sc_paint_tiles_create(tiles, e->program, e->options->device, e->extended_height, e->extended_width,
                                 e->options->tileable, room_bytes, err);
}

/* Stored maps are in memory when they fit there, and else in temporary files. */
static int create_fitting_tiles(const sc_paint_job *e, budget *b, sc_paint_tiles *tiles, sc_error *err)
{
    int64_t in_memory = b->limit_bytes - b->held_bytes - picture_bytes(e) - MOST_GRAPH_BYTES;
    int code = create_tiles(e, INT64_MAX, tiles, err);
    if (code || (!b->bounded && tiles->stages.stored_bytes <= in_memory))
        return code;
    b->bounded = true;
    sc_big_limit((size_t)b->limit_bytes / SC_PICTURES_SHARE);
    sc_paint_tiles_free(tiles);
    return create_tiles(e, sc_big_room() - picture_bytes(e), tiles, err);
}

/* Of a picture that repeats 0 where it is its only tile: that is how it is painted whole. */
static int tile_edge(const sc_paint_job *e, const sc_paint_tiles *tiles)
{
    int edge = sc_paint_tiles_edge(tiles);
    return !e->options->tileable || edge < e->extended_width || edge < e->extended_height ? edge : 0;
}

/* Into tiles that fit beside what else is held. */
static int fit_tiles(const sc_paint_job *e, budget *b, sc_paint_tiles *tiles, sc_paint_cost *cost, sc_error *err)
{
    int code = create_fitting_tiles(e, b, tiles, err);
    if (code)
        return code;
    int64_t stored = tiles->stages.stored_bytes, share = b->bounded ? b->limit_bytes / SC_PICTURES_SHARE : INT64_MAX;
    int64_t beside = b->held_bytes + resident(stored + picture_bytes(e), tiles->stages.small_bytes, share) +
                     (b->bounded ? SLACK_BYTES : 0);
    int64_t left = e->options->graph_bytes ? e->options->graph_bytes : b->limit_bytes - beside;
    code = e->options->tile_pixels > 0 ?
               sc_paint_tiles_cut(tiles, e->options->tile_pixels, err) :
               sc_paint_tiles_fit(tiles, left < MOST_GRAPH_BYTES ? left : MOST_GRAPH_BYTES, err);
    if (!code)
        *cost = (sc_paint_cost){ beside + (int64_t)tiles->network_bytes, b->bounded ? stored : 0, tile_edge(e, tiles) };
    if (!code && !(e->options->tile_pixels > 0) && pass_exceeds(e, b, cost->memory_bytes))
        code = pass_too_large(e, cost->memory_bytes, b->limit_bytes, err);
    if (code)
        sc_paint_tiles_free(tiles);
    return code;
}

/* Whole (tiles->tiles is then NULL), or in which tiles. photo_bytes: of the photo, when it will be loaded yet. What
 * cannot be painted by parts is painted whole where that fits. One that repeats is never painted whole: tiles go on
 * into the next period. */
static int pass_choose(const sc_paint_job *e, int64_t photo_bytes, sc_paint_tiles *tiles, sc_paint_cost *cost,
                       sc_error *err)
{
    size_t network_bytes;
    budget b = budget_of(e->options);
    *tiles = (sc_paint_tiles){ 0 };
    b.held_bytes += b.bounded && photo_bytes > SC_BIG_BYTES ? 0 : photo_bytes;
    int code = measure_whole(e, &network_bytes, err);
    sc_paint_cost whole = { .memory_bytes = b.held_bytes + picture_bytes(e) + (int64_t)network_bytes };
    int64_t most_bytes = e->options->graph_bytes ? e->options->graph_bytes : MOST_GRAPH_BYTES;
    bool fits = !pass_exceeds(e, &b, whole.memory_bytes) && !(e->options->tile_pixels > 0) && !e->options->tileable;
    if (!code && !(fits && (int64_t)network_bytes <= most_bytes))
        code = fit_tiles(e, &b, tiles, cost, err);
    else
        *cost = whole;
    if (code != SCUMBLE_ERR_UNSUPPORTED || !fits)
        return code;
    *cost = whole;
    return SCUMBLE_OK;
}

int sc_paint_pass_estimate(const sc_painter *painter, int width, int height, const sc_paint_options *options,
                           int64_t photo_bytes, sc_paint_cost *cost, sc_error *err)
{
    sc_paint_job e;
    sc_paint_tiles tiles = { 0 };
    *cost = (sc_paint_cost){ 0 };
    int code = sc_paint_job_begin(&e, painter, options, width, height, err);
    if (!code)
        code = pass_choose(&e, photo_bytes, &tiles, cost, err);
    sc_paint_tiles_free(&tiles);
    return code;
}

static int paint_on_grid(sc_paint_job *e, const sc_paint_shift *shift, sc_error *err)
{
    sc_paint_cost cost;
    sc_paint_tiles tiles = { 0 };
    int code = sc_paint_job_place(e, shift, err);
    if (!code)
        code = pass_choose(e, 0, &tiles, &cost, err);
    if (!code)
        code = sc_image_create(e->result, e->width, e->height, false, err);
    if (!code)
        code = tiles.tiles ?
                   sc_paint_tiles_run(
                       &tiles, &(sc_paint_ends){ sc_paint_job_read, sc_paint_job_write, sc_paint_job_tell, e }, err) :
                   paint_whole(e, err);
    sc_paint_tiles_free(&tiles);
    return code;
}

/* With the scene at whole pixels. */
static int paint_between_pixels(sc_paint_job *e, const sc_paint_shift *shift, sc_error *err)
{
    sc_image photo = { 0 }, painted = { 0 }, *result = e->result;
    int code = sc_paint_translate(e->options->threads, e->photo, shift->x, shift->y, &photo, err);
    e->photo = &photo;
    e->result = &painted;
    if (!code)
        code = paint_on_grid(e, shift, err);
    sc_image_free(&photo);
    if (!code)
        code = sc_paint_translate(e->options->threads, &painted, -shift->x, -shift->y, result, err);
    sc_image_free(&painted);
    e->result = result;
    return code;
}

int sc_paint_pass(const sc_painter *painter, const sc_paint_known *known, const sc_image *photo, double scale,
                  const sc_paint_options *options, sc_paint_progress progress, void *user, sc_image *result,
                  sc_error *err)
{
    sc_paint_job e;
    sc_paint_shift shift = { 0 };
    *result = (sc_image){ 0 };
    int code = sc_paint_job_begin(&e, painter, options, photo->width, photo->height, err);
    e.photo = photo;
    e.result = result;
    e.progress = progress;
    e.user = user;
    e.program = known && known->program ? known->program : painter->generator;
    if (!options->tileable)
        shift =
            sc_paint_shift_of(options->shift_x * scale, options->shift_y * scale, sc_program_step(painter->generator));
    if (!code)
        code = shift.x != 0 || shift.y != 0 ? paint_between_pixels(&e, &shift, err) : paint_on_grid(&e, &shift, err);
    if (code)
        sc_image_free(result);
    return code;
}

/* ---- norms that are known -------------------------------------------------------------------------------------- */

int sc_paint_known_begin(sc_paint_known *known, const sc_painter *painter, int width, int height,
                         const sc_paint_options *options, sc_error *err)
{
    sc_paint_job e;
    sc_error why = { 0 };
    *known = (sc_paint_known){ .width = width, .height = height };
    int code = sc_paint_job_begin(&e, painter, options, width, height, err);
    if (!code)
        code = sc_canvas_create(&known->canvas, painter->generator, e.extended_height, e.extended_width,
                                options->tileable, err);
    if (!code && sc_canvas_check(&known->canvas, &why))
        sc_canvas_free(&known->canvas);
    return code;
}

void sc_paint_known_free(sc_paint_known *known)
{
    sc_holding_end(&known->held);
    sc_program_free(known->program);
    sc_canvas_free(&known->canvas);
    *known = (sc_paint_known){ 0 };
}

static bool has_norms(const sc_canvas *canvas)
{
    for (int m = 0; m < canvas->count; m++)
        if (canvas->norms[m].mean.data)
            return true;
    return false;
}

static void take_norms(sc_canvas *canvas, const sc_canvas *measured)
{
    for (int m = 0; m < canvas->count; m++)
        if (canvas->norms[m].mean.data) {
            memcpy(canvas->norms[m].mean.data, measured->norms[m].mean.data,
                   sc_shape_bytes(canvas->norms[m].mean.shape));
            memcpy(canvas->norms[m].variance.data, measured->norms[m].variance.data,
                   sc_shape_bytes(canvas->norms[m].variance.shape));
        }
}

/* Maps are stored of each picture, in half of what is free; what has no room there is made again. Where graphs are
 * bounded, as in a film, what has no room in memory is stored in files. */
static int create_measuring_tiles(const sc_paint_job *e, int count, const budget *b, sc_paint_tiles *tiles,
                                  sc_error *err)
{
    int64_t left = b->limit_bytes - b->held_bytes, room = left > 0 ? left / 2 / count : 0;
    if (!e->options->graph_bytes)
        return create_tiles(e, room, tiles, err);
    int code = create_tiles(e, INT64_MAX, tiles, err);
    if (code || tiles->stages.stored_bytes <= room)
        return code;
    sc_big_limit((size_t)b->limit_bytes / SC_PICTURES_SHARE);
    if (tiles->stages.stored_bytes <= sc_big_room() / count)
        return SCUMBLE_OK;
    sc_paint_tiles_free(tiles);
    return create_tiles(e, room, tiles, err);
}

static int measure_tiles(const sc_paint_job *e, int count, sc_paint_tiles *tiles, sc_error *err)
{
    budget b = budget_of(e->options);
    int64_t left = b.limit_bytes - b.held_bytes, most = left / 2 < MOST_GRAPH_BYTES ? left / 2 : MOST_GRAPH_BYTES,
            given = e->options->graph_bytes,
            graph_bytes = !given                   ? most :
                          given < MOST_GRAPH_BYTES ? given / 2 :
                                                     given;
    int code = create_measuring_tiles(e, count, &b, tiles, err);
    if (!code)
        code = e->options->tile_pixels > 0 ? sc_paint_tiles_cut(tiles, e->options->tile_pixels, err) :
                                             sc_paint_tiles_fit(tiles, graph_bytes, err);
    return code;
}

int sc_paint_known_measure(sc_paint_known *known, const sc_painter *painter, const sc_image *const *pictures, int count,
                           const sc_paint_options *options, sc_paint_progress progress, void *user, sc_error *err)
{
    sc_paint_tiles tiles = { 0 };
    if (!has_norms(&known->canvas))
        return SCUMBLE_OK;
    sc_paint_job *jobs = calloc((size_t)count, sizeof *jobs);
    sc_paint_ends *ends = calloc((size_t)count, sizeof *ends);
    int code = jobs && ends ? SCUMBLE_OK : sc_fail_memory(err, (size_t)count * sizeof *jobs);
    for (int i = 0; i < count && !code; i++) {
        code = sc_paint_job_begin(&jobs[i], painter, options, known->width, known->height, err);
        jobs[i].photo = pictures[i];
        jobs[i].progress = progress;
        jobs[i].user = user;
        ends[i] = (sc_paint_ends){ sc_paint_job_read, sc_paint_job_write, sc_paint_job_tell, &jobs[i] };
    }
    if (!code)
        code = measure_tiles(jobs, count, &tiles, err);
    if (!code)
        code = sc_paint_tiles_measure(&tiles, ends, count, err);
    if (!code)
        take_norms(&known->canvas, &tiles.canvas);
    sc_paint_tiles_free(&tiles);
    free(jobs);
    free(ends);
    return code;
}

int sc_paint_known_end(sc_paint_known *known, sc_device *device, sc_error *err)
{
    if (!has_norms(&known->canvas))
        return SCUMBLE_OK;
    known->held = (sc_holding){ .device = device };
    int code = sc_canvas_fix(&known->canvas, device, &known->program, err);
    return code ? code : sc_program_hold(known->program, &known->held, err);
}
