/* SPDX-License-Identifier: MIT */
/* Running a program tile by tile. See tiles.h. */
#include "paint/tiles.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nets/program/usage.h"
#include "loss/moments.h"
#include "paint/stored.h"

int sc_paint_tiles_create(sc_paint_tiles *t, const sc_program *program, sc_device *device, int height, int width,
                          bool wrap, int64_t room_bytes, sc_error *err)
{
    *t = (sc_paint_tiles){ .device = device, .threads = device->threads };
    int code = sc_canvas_create(&t->canvas, program, height, width, wrap, err);
    if (!code)
        code = sc_canvas_check(&t->canvas, err);
    if (!code)
        code = sc_usage_check_shapes(program, SC_TO_PAINT, t->canvas.shapes[0], t->canvas.shapes + 1, err);
    if (!code)
        code = sc_paint_stages_create(&t->stages, &t->canvas, room_bytes, err);
    size_t count = (size_t)t->stages.count;
    if (!code) {
        t->tiles = calloc(count, sizeof *t->tiles);
        t->flops = calloc(count, sizeof *t->flops);
        if (!t->tiles || !t->flops)
            code = sc_fail_memory(err, count * sizeof *t->tiles);
    }
    if (code)
        sc_paint_tiles_free(t);
    return code;
}

void sc_paint_tiles_free(sc_paint_tiles *t)
{
    sc_paint_stages_free(&t->stages);
    sc_canvas_free(&t->canvas);
    free(t->tiles);
    free(t->flops);
    *t = (sc_paint_tiles){ 0 };
}

/* ---- one tile -------------------------------------------------------------------------------------------------- */

static bool paints(const sc_paint_tiles *t, int stage, int map)
{
    return stage == t->stages.count - 1 && map == t->canvas.count - 1;
}

/* This stage is to have a tile's part of the map: to measure it, to store it, or to paint it. */
static bool is_target(const sc_paint_tiles *t, int stage, int map)
{
    const sc_paint_stage *s = &t->stages.stage[stage];
    return s->measured[map] || s->stored[map] || paints(t, stage, map);
}

static void find_windows(const sc_paint_tiles *t, int stage, sc_rect core, sc_window *windows)
{
    for (int m = 0; m < t->canvas.count; m++)
        windows[m] = is_target(t, stage, m) ? sc_canvas_part(&t->canvas, m, core) : (sc_window){ 0 };
    sc_canvas_follow(&t->canvas, t->stages.stage[stage].given, windows);
}

/* The graph of a tile: inputs for what is given, and the operations. */
static int build(const sc_paint_tiles *t, int stage, const sc_window *windows, sc_graph *graph, sc_value *values,
                 sc_error *err)
{
    const sc_paint_stage *s = &t->stages.stage[stage];
    for (int m = 0; m < t->canvas.count; m++) {
        values[m] = SC_NO_VALUE;
        if (s->given[m] && windows[m].height)
            values[m] = sc_graph_input(graph, "window",
                                       (sc_shape){ 1, t->canvas.shapes[m].c, windows[m].height, windows[m].width });
    }
    int code = sc_canvas_build(&t->canvas, s->given, windows, graph, values, err);
    for (int m = 1; m < t->canvas.count && !code; m++)
        if (is_target(t, stage, m) && values[m] != SC_NO_VALUE)
            sc_graph_keep(graph, values[m]);
    return code;
}

/* Room for the windows and the values of a tile. */
typedef struct notes {
    sc_window *windows;
    sc_value *values;
} notes;

static int create_notes(const sc_paint_tiles *t, notes *n, sc_error *err)
{
    size_t count = (size_t)t->canvas.count;
    *n = (notes){ calloc(count, sizeof *n->windows), calloc(count, sizeof *n->values) };
    return n->windows && n->values ? SCUMBLE_OK : sc_fail_memory(err, count * sizeof *n->windows);
}

static void free_notes(notes *n)
{
    free(n->windows);
    free(n->values);
}

/* ---- how large tiles are --------------------------------------------------------------------------------------- */

static sc_rect largest_tile(const sc_paint_tiles *t, int stage, sc_window *windows)
{
    const sc_tiles *tiles = &t->tiles[stage];
    sc_rect largest = { 0 };
    double most = -1;
    for (int i = 0; i < sc_tiles_count(tiles); i++) {
        sc_rect core = sc_tiles_get(tiles, i).core;
        double values = 0;
        find_windows(t, stage, core, windows);
        for (int m = 0; m < t->canvas.count; m++)
            values += (double)windows[m].height * windows[m].width * t->canvas.shapes[m].c;
        if (values > most) {
            most = values;
            largest = core;
        }
    }
    return largest;
}

/* Memory of the largest tile's graph; and the work of all tiles, as if they were all like this one. */
static int estimate(sc_paint_tiles *t, int stage, size_t *memory_bytes, sc_error *err)
{
    notes n;
    sc_graph *graph = NULL;
    double flops;
    int code = create_notes(t, &n, err);
    if (!code)
        code = sc_graph_create(&graph, t->device, err);
    if (!code) {
        sc_rect core = largest_tile(t, stage, n.windows);
        find_windows(t, stage, core, n.windows);
        code = build(t, stage, n.windows, graph, n.values, err);
        if (!code)
            code = sc_graph_estimate(graph, memory_bytes, &flops, err);
        if (!code)
            t->flops[stage] =
                flops * t->canvas.shapes[0].h * t->canvas.shapes[0].w / ((double)core.height * core.width);
    }
    sc_graph_destroy(graph);
    free_notes(&n);
    return code;
}

/* How far beyond a part of the picture its windows reach, in pixels. */
static int halo_of(const sc_paint_tiles *t, int stage, int step, sc_window *windows)
{
    sc_shape picture = t->canvas.shapes[0];
    sc_rect middle = { picture.h / 2 / step * step, picture.w / 2 / step * step, step, step };
    double most = 0;
    find_windows(t, stage, middle, windows);
    for (int m = 0; m < t->canvas.count; m++) {
        sc_shape own = t->canvas.shapes[m];
        if (!windows[m].height || (own.h == 1 && own.w == 1)) /* what belongs to the whole picture lies nowhere */
            continue;
        double high = (double)picture.h / t->canvas.shapes[m].h, wide = (double)picture.w / t->canvas.shapes[m].w;
        most = fmax(most, fmax(middle.top - windows[m].top * high, middle.left - windows[m].left * wide));
    }
    return (int)ceil(most);
}

static int cut_stage(sc_paint_tiles *t, int stage, double pixels, size_t *memory_bytes, sc_error *err)
{
    notes n;
    int code = create_notes(t, &n, err);
    if (!code) {
        int step = sc_program_step(t->canvas.program);
        t->tiles[stage] = sc_tiles_cut(t->canvas.shapes[0].h, t->canvas.shapes[0].w, pixels, step,
                                       halo_of(t, stage, step, n.windows), t->canvas.wrap);
    }
    free_notes(&n);
    return code ? code : estimate(t, stage, memory_bytes, err);
}

int sc_paint_tiles_cut(sc_paint_tiles *t, double pixels, sc_error *err)
{
    int code = SCUMBLE_OK;
    t->network_bytes = 0;
    for (int s = 0; s < t->stages.count && !code; s++) {
        size_t bytes;
        code = cut_stage(t, s, pixels, &bytes, err);
        t->network_bytes = !code && bytes > t->network_bytes ? bytes : t->network_bytes;
    }
    return code;
}

/* Sizes are taken from a coarse scale, so that a few bytes more or less make no others. */
static double size_on_scale(int k)
{
    return SC_LEAST_TILE * SC_LEAST_TILE * exp2(0.5 * k);
}

/* The largest on the scale that fits, by halving. */
static int fit_stage(sc_paint_tiles *t, int stage, int64_t network_bytes, size_t *memory_bytes, sc_error *err)
{
    double pixels = (double)t->canvas.shapes[0].h * t->canvas.shapes[0].w;
    int fits = 0, too_large = 1;
    while (size_on_scale(too_large) < pixels)
        too_large++;
    int code = cut_stage(t, stage, size_on_scale(too_large), memory_bytes, err); /* all in one */
    if (code || (int64_t)*memory_bytes <= network_bytes)
        return code;
    while (!code && too_large - fits > 1) {
        int middle = (fits + too_large) / 2;
        code = cut_stage(t, stage, size_on_scale(middle), memory_bytes, err);
        *((int64_t)*memory_bytes <= network_bytes ? &fits : &too_large) = middle;
    }
    return code ? code : cut_stage(t, stage, size_on_scale(fits), memory_bytes, err);
}

int sc_paint_tiles_fit(sc_paint_tiles *t, int64_t network_bytes, sc_error *err)
{
    int code = SCUMBLE_OK;
    t->network_bytes = 0;
    for (int s = 0; s < t->stages.count && !code; s++) {
        size_t bytes;
        code = fit_stage(t, s, network_bytes, &bytes, err);
        t->network_bytes = !code && bytes > t->network_bytes ? bytes : t->network_bytes;
    }
    return code;
}

int sc_paint_tiles_edge(const sc_paint_tiles *t)
{
    int edge = 0;
    for (int s = 0; s < t->stages.count; s++) {
        sc_rect core = sc_tiles_get(&t->tiles[s], 0).core;
        int longer = core.height > core.width ? core.height : core.width;
        edge = !edge || longer < edge ? longer : edge;
    }
    return edge;
}

/* ---- the run --------------------------------------------------------------------------------------------------- */

typedef struct run {
    sc_paint_tiles *t;
    const sc_paint_ends *ends; /* of each picture */
    int pictures, picture;     /* how many; the one in hand */
    notes notes;
    float **maps;        /* of each picture the two that follow; owned */
    float **stored;      /* of each map of the picture in hand: where it is, or NULL */
    float **spare;       /* of each map: its memory, when it is no longer needed, for another one of the same size */
    sc_moments *moments; /* of each map that the stage measures */
    sc_arena arena;
    double done, all; /* work */
} run;

/* The window of a map that is stored, or whose norm's input is. */
static int read_map(const run *r, int map, float *to, sc_error *err)
{
    const sc_program *program = r->t->canvas.program;
    const sc_window *w = &r->notes.windows[map];
    size_t c = (size_t)r->t->canvas.shapes[map].c;
    if (r->stored[map]) {
        sc_stored_read(r->t->threads, r->stored[map], r->t->canvas.shapes[map], w, NULL, to);
        return SCUMBLE_OK;
    }
    const sc_operation *o = &program->operations[map - 1];
    bool relu = o->op == &sc_op_relu;
    if (relu)
        o = &program->operations[o->inputs[0]];
    int input = sc_map_of(o->inputs[0]);
    float *factor = malloc(c * sizeof *factor);
    if (!factor)
        return sc_fail_memory(err, c * sizeof *factor);
    const float *gamma = sc_canvas_parameter(&r->t->canvas, o->inputs[1]),
                *variance = r->t->canvas.norms[input].variance.data;
    for (size_t i = 0; i < c; i++)
        factor[i] = (float)((double)gamma[i] / sqrt((double)variance[i] + (double)o->attrs.norm.epsilon));
    sc_stored_norm norm = { factor, r->t->canvas.norms[input].mean.data,
                            sc_canvas_parameter(&r->t->canvas, o->inputs[2]), relu };
    sc_stored_read(r->t->threads, r->stored[input], r->t->canvas.shapes[input], w, &norm, to);
    free(factor);
    return SCUMBLE_OK;
}

static int tiles_read_inputs(const run *r, int stage, sc_graph *graph, sc_error *err)
{
    int code = SCUMBLE_OK;
    for (int m = 0; m < r->t->canvas.count && !code; m++) {
        if (!r->t->stages.stage[stage].given[m] || r->notes.values[m] == SC_NO_VALUE)
            continue;
        float *to = sc_graph_lend(graph, r->notes.values[m], SC_LOAN_TO_FILL, err);
        if (!to)
            return err->code;
        if (m)
            code = read_map(r, m, to, err);
        else
            r->ends[r->picture].read(r->ends[r->picture].user, &r->notes.windows[m], to);
        sc_graph_take_back(graph, r->notes.values[m], SC_LOAN_TO_FILL);
    }
    return code;
}

/* Measures, stores or writes the tile's part of a map. */
static int collect_map(run *r, int stage, int map, const sc_window *part, sc_graph *graph, sc_error *err)
{
    const sc_paint_stage *s = &r->t->stages.stage[stage];
    const sc_window *w = &r->notes.windows[map];
    size_t c = (size_t)r->t->canvas.shapes[map].c, row = (size_t)w->width * c;
    const float *lent = sc_graph_lend(graph, r->notes.values[map], SC_LOAN_TO_READ, err);
    if (!lent)
        return err->code;
    const float *from = lent + (size_t)(part->top - w->top) * row + (size_t)(part->left - w->left) * c;
    int code = s->measured[map] ?
                   sc_moments_add(&r->moments[map], r->t->threads, from, part->height, part->width, row, err) :
                   SCUMBLE_OK;
    if (!code && s->stored[map])
        sc_stored_write(r->t->threads, from, row, part, r->t->canvas.shapes[map], r->stored[map]);
    if (!code && paints(r->t, stage, map))
        r->ends[r->picture].write(r->ends[r->picture].user, part, from, row);
    sc_graph_take_back(graph, r->notes.values[map], SC_LOAN_TO_READ);
    return code;
}

static int tiles_collect(run *r, int stage, sc_rect core, sc_graph *graph, sc_error *err)
{
    int code = SCUMBLE_OK;
    for (int m = 0; m < r->t->canvas.count && !code; m++) {
        sc_window part = is_target(r->t, stage, m) ? sc_canvas_part(&r->t->canvas, m, core) : (sc_window){ 0 };
        if (part.height)
            code = collect_map(r, stage, m, &part, graph, err);
    }
    return code;
}

/* A map may be so small that some tiles have no part of it. */
static bool has_windows(const run *r)
{
    bool any = false;
    for (int m = 0; m < r->t->canvas.count; m++)
        any = any || r->notes.windows[m].height;
    return any;
}

static int run_tile(run *r, int stage, sc_rect core, sc_error *err)
{
    sc_graph *graph;
    find_windows(r->t, stage, core, r->notes.windows);
    if (!has_windows(r))
        return SCUMBLE_OK;
    int code = sc_graph_create(&graph, r->t->device, err);
    if (code)
        return code;
    sc_graph_use_arena(graph, &r->arena);
    code = build(r->t, stage, r->notes.windows, graph, r->notes.values, err);
    if (!code)
        code = sc_graph_plan(graph, err);
    if (!code)
        code = tiles_read_inputs(r, stage, graph, err);
    if (!code)
        code = sc_graph_run_forward(graph, err);
    if (!code)
        code = tiles_collect(r, stage, core, graph, err);
    if (!code)
        code = sc_threads_check(r->t->threads, err);
    sc_graph_destroy(graph);
    return code;
}

static void drop_spares(const run *r)
{
    for (int m = 0; m < r->t->canvas.count; m++) {
        sc_big_free(r->spare[m]);
        r->spare[m] = NULL;
    }
}

/* Memory that has been used is there; new one, or a new file, the kernel has to clear first. */
static int tiles_store(const run *r, int map, sc_error *err)
{
    size_t bytes = sc_shape_bytes(r->t->canvas.shapes[map]);
    for (int m = 0; m < r->t->canvas.count; m++)
        if (r->spare[m] && sc_shape_bytes(r->t->canvas.shapes[m]) == bytes) {
            r->stored[map] = r->spare[m];
            r->spare[m] = NULL;
            return SCUMBLE_OK;
        }
    drop_spares(r);
    r->stored[map] = sc_big_alloc(bytes, err);
    return r->stored[map] ? SCUMBLE_OK : err->code;
}

static void tiles_turn_to(run *r, int picture)
{
    size_t count = (size_t)r->t->canvas.count;
    r->picture = picture;
    r->stored = r->maps + 2 * count * (size_t)picture;
    r->spare = r->stored + count;
}

static int begin_stage(run *r, int stage, sc_error *err)
{
    const sc_paint_stage *s = &r->t->stages.stage[stage];
    int code = SCUMBLE_OK;
    for (int m = 0; m < r->t->canvas.count && !code; m++)
        if (s->measured[m])
            code = sc_moments_create(&r->moments[m], r->t->canvas.shapes[m].c, err);
    return code;
}

static void end_stage(const run *r, int stage)
{
    const sc_paint_stage *s = &r->t->stages.stage[stage];
    for (int m = 0; m < r->t->canvas.count; m++) {
        const sc_canvas_norm *norm = &r->t->canvas.norms[m];
        if (s->measured[m])
            sc_moments_finish(&r->moments[m], norm->mean.data, norm->variance.data);
    }
}

/* What no later stage reads. */
static void tiles_retire(const run *r, int stage)
{
    for (int m = 0; m < r->t->canvas.count; m++)
        if (r->stored[m] && r->t->stages.last[m] == stage) {
            r->spare[m] = r->stored[m];
            r->stored[m] = NULL;
        }
}

static int tiles_report(run *r, int stage, sc_rect core, sc_error *err)
{
    sc_shape picture = r->t->canvas.shapes[0];
    r->done += r->t->flops[stage] * core.height * core.width / ((double)picture.h * picture.w);
    const sc_paint_ends *ends = &r->ends[r->picture];
    if (ends->progress && ends->progress(ends->user, r->all > 0 ? fmin(1, r->done / r->all) : 1))
        return sc_fail(err, SCUMBLE_ERR_CANCELLED, "stopped");
    return SCUMBLE_OK;
}

static int run_picture(run *r, int stage, sc_error *err)
{
    const sc_tiles *tiles = &r->t->tiles[stage];
    int code = SCUMBLE_OK;
    for (int m = 0; m < r->t->canvas.count && !code; m++)
        if (r->t->stages.stage[stage].stored[m])
            code = tiles_store(r, m, err);
    for (int i = 0; i < sc_tiles_count(tiles) && !code; i++) {
        sc_rect core = sc_tiles_get(tiles, i).core;
        code = run_tile(r, stage, core, err);
        if (!code)
            code = tiles_report(r, stage, core, err);
    }
    tiles_retire(r, stage);
    return code;
}

static int run_stage(run *r, int stage, sc_error *err)
{
    int code = begin_stage(r, stage, err);
    for (int p = 0; p < r->pictures && !code; p++) {
        tiles_turn_to(r, p);
        code = run_picture(r, stage, err);
    }
    if (!code)
        end_stage(r, stage);
    return code;
}

static void end_run(run *r)
{
    size_t count = (size_t)r->t->canvas.count;
    for (size_t m = 0; m < 2 * count * (size_t)r->pictures && r->maps; m++)
        sc_big_free(r->maps[m]);
    for (size_t m = 0; m < count && r->moments; m++)
        sc_moments_free(&r->moments[m]);
    free(r->maps);
    free(r->moments);
    free_notes(&r->notes);
    sc_arena_free(&r->arena);
}

/* The first stages, of so many pictures. */
static int run_stages(sc_paint_tiles *t, const sc_paint_ends *ends, int pictures, int stages, sc_error *err)
{
    size_t count = (size_t)t->canvas.count;
    run r = { .t = t,
              .ends = ends,
              .pictures = pictures,
              .maps = calloc(2 * count * (size_t)pictures, sizeof *r.maps),
              .moments = calloc(count, sizeof *r.moments) };
    sc_holding held = { .device = t->device }; /* the weights stay on the device from tile to tile */
    int code = create_notes(t, &r.notes, err);
    if (!code)
        code = sc_program_hold(t->canvas.program, &held, err);
    if (!code && (!r.maps || !r.moments))
        code = sc_fail_memory(err, 2 * count * (size_t)pictures * sizeof *r.maps);
    for (int s = 0; s < stages; s++)
        r.all += t->flops[s] * pictures;
    for (int s = 0; s < stages && !code; s++)
        code = run_stage(&r, s, err);
    end_run(&r);
    sc_holding_end(&held);
    return code;
}

int sc_paint_tiles_run(sc_paint_tiles *t, const sc_paint_ends *ends, sc_error *err)
{
    return run_stages(t, ends, 1, t->stages.count, err);
}

int sc_paint_tiles_measure(sc_paint_tiles *t, const sc_paint_ends *ends, int pictures, sc_error *err)
{
    return run_stages(t, ends, pictures, t->stages.count - 1, err);
}
