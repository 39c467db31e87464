/* SPDX-License-Identifier: MIT */
/* Statistics of a shot, pass by pass. See statistics.h. */
#include "paint/statistics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "paint/sizes.h"

/* Measuring takes about as long as so many paintings. */
static const double measuring = 3;

static int statistics_allocate(sc_paint_statistics **statistics, int passes, sc_error *err)
{
    sc_paint_statistics *s = calloc(1, sizeof *s);
    if (s)
        s->passes = calloc((size_t)passes, sizeof *s->passes);
    if (!s || !s->passes) {
        free(s);
        return sc_fail_memory(err, (size_t)passes * sizeof *s->passes);
    }
    s->count = passes;
    *statistics = s;
    return SCUMBLE_OK;
}

void sc_paint_statistics_free(sc_paint_statistics *s)
{
    for (int i = 0; s && i < s->count; i++)
        sc_paint_known_free(&s->passes[i]);
    if (s)
        free(s->passes);
    free(s);
}

/* ---- measuring ------------------------------------------------------------------------------------------------- */

/* Of each sample. */
typedef struct gathering {
    sc_paint_work work; /* its photo is the sample in hand */
    int count;
    const sc_image *const *samples;
    sc_image *periodic; /* what is painted where the result repeats, or empty */
    sc_image *painted;  /* at the size before */
    sc_image *inputs;   /* what the generator sees; empty: the sample itself */
    const sc_image **seen;
} gathering;

static const sc_image *statistics_sample(const gathering *g, int i)
{
    return g->periodic[i].rgb ? &g->periodic[i] : g->samples[i];
}

static int measure_pass(gathering *g, sc_paint_known *known, sc_paint_size at, sc_error *err)
{
    int code = SCUMBLE_OK;
    for (int i = 0; i < g->count && !code; i++) {
        g->work.photo = statistics_sample(g, i);
        code = sc_paint_input(&g->work, &g->painted[i], at, &g->inputs[i], err);
        g->seen[i] = g->inputs[i].rgb ? &g->inputs[i] : g->work.photo;
    }
    g->work.own = measuring * g->count * at.width * at.height;
    if (!code)
        code = sc_paint_known_measure(known, g->work.painter, g->seen, g->count, g->work.options, sc_paint_report,
                                      &g->work, err);
    g->work.done += g->work.own;
    for (int i = 0; i < g->count; i++)
        sc_image_free(&g->inputs[i]);
    return code ? code : sc_paint_known_end(known, g->work.options->device, err);
}

static int measure_passes(gathering *g, sc_paint_statistics *s, const sc_paint_sizes *sizes, sc_error *err)
{
    int code = SCUMBLE_OK;
    for (int p = 0; p < s->count && !code; p++) {
        sc_paint_size at = sizes->at[p];
        code = sc_paint_known_begin(&s->passes[p], g->work.painter, at.width, at.height, g->work.options, err);
        if (!code)
            code = measure_pass(g, &s->passes[p], at, err);
        for (int i = 0; i < g->count && !code && p < s->count - 1; i++) {
            g->work.photo = statistics_sample(g, i);
            code = sc_paint_at(&g->work, &s->passes[p], at, &g->painted[i], err);
        }
    }
    return code ? code : sc_threads_check(g->work.options->threads, err);
}

static int check_samples(const sc_image *const *samples, int count, sc_error *err)
{
    if (count < 1)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "statistics of a shot need at least one of its frames");
    for (int i = 1; i < count; i++)
        if (samples[i]->width != samples[0]->width || samples[i]->height != samples[0]->height)
            return sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                           "frames of a shot have one size, but the first one is %d x %d pixels and another %d x %d",
                           samples[0]->width, samples[0]->height, samples[i]->width, samples[i]->height);
    return SCUMBLE_OK;
}

static int gather_statistics(gathering *g, sc_paint_statistics **statistics, sc_error *err)
{
    sc_paint_sizes sizes;
    const sc_paint_options *options = g->work.options;
    int code = sc_paint_sizes_plan(&sizes, g->work.painter, options, g->samples[0]->width, g->samples[0]->height, err);
    g->work.width = sizes.result.width;
    for (int i = 0; i < g->count && !code && options->tileable; i++)
        code = sc_paint_make_periodic(options, g->samples[i], &g->periodic[i], err);
    for (int p = 0; p < sizes.count && !code; p++)
        g->work.all += (double)sizes.at[p].width * sizes.at[p].height * g->count * (measuring + (p < sizes.count - 1));
    if (!code)
        code = statistics_allocate(statistics, sizes.count, err);
    return code ? code : measure_passes(g, *statistics, &sizes, err);
}

int sc_paint_statistics_create(sc_paint_statistics **statistics, const sc_painter *painter,
                               const sc_image *const *samples, int count, const sc_paint_options *options,
                               sc_paint_progress progress, void *user, sc_error *err)
{
    *statistics = NULL;
    int code = check_samples(samples, count, err);
    if (code)
        return code;
    sc_image *images = calloc(3 * (size_t)count, sizeof *images);
    gathering g = { .work = { .painter = painter, .options = options, .progress = progress, .user = user },
                    .count = count,
                    .samples = samples,
                    .periodic = images,
                    .painted = images + count,
                    .inputs = images + 2 * count,
                    .seen = calloc((size_t)count, sizeof *g.seen) };
    code = images && g.seen ? gather_statistics(&g, statistics, err) :
                              sc_fail_memory(err, 3 * (size_t)count * sizeof *images);
    for (int i = 0; i < 3 * count && images; i++)
        sc_image_free(&images[i]);
    free(images);
    free(g.seen);
    if (code) {
        sc_paint_statistics_free(*statistics);
        *statistics = NULL;
    }
    return code;
}

/* ---- files ----------------------------------------------------------------------------------------------------- */

enum { STATISTICS_NAME = 160 };

static void statistics_name(char name[STATISTICS_NAME], const char *prefix, int pass, int map, const char *what)
{
    snprintf(name, STATISTICS_NAME, "%s%d.%d.%s", prefix, pass, map, what);
}

static int write_vector(sc_weights *weights, const char *name, const sc_tensor *tensor, sc_error *err)
{
    float *to;
    int code = sc_weights_add(weights, name, &(int64_t){ tensor->shape.c }, 1, &to, err);
    if (!code)
        memcpy(to, tensor->data, sc_shape_bytes(tensor->shape));
    return code;
}

int sc_paint_statistics_save(const sc_paint_statistics *s, const char *prefix, sc_weights *weights, sc_error *err)
{
    char name[STATISTICS_NAME];
    int code = SCUMBLE_OK;
    for (int p = 0; p < s->count; p++)
        for (int m = 0; m < s->passes[p].canvas.count && !code; m++) {
            const sc_canvas_norm *norm = &s->passes[p].canvas.norms[m];
            if (!norm->mean.data)
                continue;
            statistics_name(name, prefix, p, m, "mean");
            code = write_vector(weights, name, &norm->mean, err);
            statistics_name(name, prefix, p, m, "variance");
            if (!code)
                code = write_vector(weights, name, &norm->variance, err);
        }
    return code;
}

static int read_vector(const sc_weights *weights, const char *name, float least, sc_tensor *tensor, sc_error *err)
{
    const sc_weight *w = sc_weights_find(weights, name);
    bool fits = w && w->count == sc_shape_count(tensor->shape);
    for (size_t i = 0; fits && i < w->count; i++)
        fits = isfinite(w->values[i]) && w->values[i] >= least;
    if (!fits)
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "statistics of a shot '%s' are %s", name,
                       w ? "not those of this painter" : "missing");
    memcpy(tensor->data, w->values, sc_shape_bytes(tensor->shape));
    sc_weights_use(weights, w);
    return SCUMBLE_OK;
}

static int read_pass(sc_paint_known *known, const char *prefix, int pass, const sc_weights *weights, sc_error *err)
{
    char name[STATISTICS_NAME];
    int code = SCUMBLE_OK;
    for (int m = 0; m < known->canvas.count && !code; m++) {
        sc_canvas_norm *norm = &known->canvas.norms[m];
        if (!norm->mean.data)
            continue;
        statistics_name(name, prefix, pass, m, "mean");
        code = read_vector(weights, name, -HUGE_VALF, &norm->mean, err);
        statistics_name(name, prefix, pass, m, "variance");
        if (!code)
            code = read_vector(weights, name, 0, &norm->variance, err);
    }
    return code;
}

int sc_paint_statistics_load(sc_paint_statistics **statistics, const sc_painter *painter, int width, int height,
                             const sc_paint_options *options, const char *prefix, const sc_weights *weights,
                             sc_error *err)
{
    sc_paint_sizes sizes;
    *statistics = NULL;
    int code = sc_paint_sizes_plan(&sizes, painter, options, width, height, err);
    if (!code)
        code = statistics_allocate(statistics, sizes.count, err);
    for (int p = 0; p < sizes.count && !code; p++) {
        sc_paint_known *known = &(*statistics)->passes[p];
        code = sc_paint_known_begin(known, painter, sizes.at[p].width, sizes.at[p].height, options, err);
        if (!code)
            code = read_pass(known, prefix, p, weights, err);
        if (!code)
            code = sc_paint_known_end(known, options->device, err);
    }
    if (code) {
        sc_paint_statistics_free(*statistics);
        *statistics = NULL;
    }
    return code;
}
