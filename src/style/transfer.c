/* SPDX-License-Identifier: MIT */
/* The run: for each scale from coarse to fine, targets, objective, optimiser, iterations. See transfer.h. */
#define _GNU_SOURCE
#include "style/transfer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/file.h"
#include "core/rng.h"
#include "style/colour.h"
#include "style/transfer_internal.h"

/* ---- set-up ------------------------------------------------------------------------------------------------------- */

static sc_padding_mode padding_mode(scumble_padding padding)
{
    switch (padding) {
    case SCUMBLE_PADDING_ZERO: return SC_PAD_ZERO;
    case SCUMBLE_PADDING_REFLECT: return SC_PAD_REFLECT;
    case SCUMBLE_PADDING_CIRCULAR: return SC_PAD_CIRCULAR;
    case SCUMBLE_PADDING_REPLICATE: break;
    }
    return SC_PAD_REPLICATE;
}

static int parse_layers(sc_transfer *t, sc_error *err)
{
    const sc_encoder *encoder = t->config.encoder;
    const char *content = t->options.content_layers, *style = t->options.style_layers;
    int code = sc_layers_parse(&t->config.content_layers, encoder, *content ? content : sc_encoder_default_content_layers(encoder), "content-layers", err);
    if (!code)
        code = sc_layers_parse(&t->config.style_layers, encoder, *style ? style : sc_encoder_default_style_layers(encoder), "style-layers", err);
    return code;
}

static char *describe_layers(const sc_encoder *encoder, const sc_layers *layers)
{
    char *text = sc_format("%s", "");
    for (int i = 0; i < layers->count && text; i++) {
        char *longer = sc_format("%s%s%s:%g", text, i ? "," : "", sc_encoder_layer_name(encoder, layers->index[i]), layers->weight[i]);
        free(text);
        text = longer;
    }
    return text;
}

static void describe(sc_transfer *t)
{
    char *content = describe_layers(t->config.encoder, &t->config.content_layers);
    char *style = describe_layers(t->config.encoder, &t->config.style_layers);
    if (content && style)
        t->description = sc_format("encoder  %s (%s)\ncontent  %s, alpha %g\nstyle    %s, beta %g\ntv       %g",
                                   sc_encoder_name(t->config.encoder), sc_encoder_licence(t->config.encoder), content, t->options.alpha, style,
                                   t->options.beta, t->config.tv);
    free(content);
    free(style);
}

static int copy_styles(sc_transfer *t, const sc_transfer_setup *setup, sc_error *err)
{
    size_t count = (size_t)setup->style_count;
    t->styles = calloc(count, sizeof *t->styles);
    t->style_pointers = calloc(count, sizeof *t->style_pointers);
    t->style_weights = calloc(count, sizeof *t->style_weights);
    if (!t->styles || !t->style_pointers || !t->style_weights)
        return sc_fail_memory(err, count * sizeof *t->styles);
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += setup->style_weights[i];
    for (size_t i = 0; i < count; i++) {
        const sc_image *style = setup->styles[i];
        int code = sc_image_resize(style, style->width, style->height, &t->styles[i], err);
        if (code)
            return code;
        t->palette.count = (int)i + 1;
        t->style_pointers[i] = &t->styles[i];
        t->style_weights[i] = setup->style_weights[i] / sum;
    }
    t->palette.styles = t->style_pointers;
    t->palette.weights = t->style_weights;
    t->palette.style_scale = t->options.style_scale;
    t->palette.colour = t->options.colour;
    return SCUMBLE_OK;
}

static int set_up(sc_transfer *t, const sc_transfer_setup *setup, sc_error *err)
{
    const scumble_options *o = &t->options;
    t->config = (sc_objective_config){
        .encoder = setup->encoder, .backend = setup->backend, .threads = setup->threads,
        .content_term = &sc_term_feature, .style_term = &sc_term_gram,
        .alpha = o->alpha, .beta = o->beta, .tv = o->tv, .circular = o->padding == SCUMBLE_PADDING_CIRCULAR,
        .encoder_options = { .override_padding = true, .padding = padding_mode(o->padding) },
    };
    t->config.encoder_options.pooling = o->pooling == SCUMBLE_POOL_MAX ? SC_POOLING_MAX :
                                        o->pooling == SCUMBLE_POOL_AVERAGE ? SC_POOLING_AVERAGE : SC_POOLING_MODEL;
    if (o->tv < 0)
        t->config.tv = sc_encoder_default_tv(setup->encoder);
    int code = parse_layers(t, err);
    if (!code)
        code = copy_styles(t, setup, err);
    if (!code && setup->init)
        code = sc_image_resize(setup->init, setup->init->width, setup->init->height, &t->init, err);
    if (code)
        return code;
    t->base_bytes = sc_process_bytes();
    describe(t);
    return t->description ? SCUMBLE_OK : sc_fail_memory(err, 1024);
}

int sc_transfer_create(sc_transfer **transfer, const sc_transfer_setup *setup, sc_error *err)
{
    *transfer = NULL;
    sc_transfer *t = calloc(1, sizeof *t);
    if (!t)
        return sc_fail_memory(err, sizeof *t);
    t->backend = setup->backend;
    t->threads = setup->threads;
    t->options = *setup->options;
    int code = set_up(t, setup, err);
    if (code) {
        sc_transfer_free(t);
        return code;
    }
    *transfer = t;
    return SCUMBLE_OK;
}

static void end_run(sc_transfer *t)
{
    sc_optimizer_free(t->optimizer);
    sc_objective_free(t->objective);
    sc_image_free(&t->x);
    sc_image_free(&t->photo);
    free(t->identity);
    t->optimizer = NULL;
    t->objective = NULL;
    t->identity = NULL;
}

void sc_transfer_free(sc_transfer *t)
{
    if (!t)
        return;
    end_run(t);
    for (int i = 0; i < t->palette.count; i++)
        sc_image_free(&t->styles[i]);
    sc_palette_free(&t->palette);
    sc_image_free(&t->init);
    free(t->styles);
    free(t->style_pointers);
    free(t->style_weights);
    free(t->description);
    free(t);
}

const char *sc_transfer_describe(const sc_transfer *t)
{
    return t->description;
}

sc_losses sc_transfer_losses(const sc_transfer *t)
{
    return t->losses;
}

/* ---- one scale ---------------------------------------------------------------------------------------------------- */

static int evaluate(void *user, const float *x, float *gradient, double *f, sc_error *err)
{
    sc_transfer *t = user;
    int code = sc_objective_evaluate(t->objective, x, gradient, &t->evaluated, err);
    *f = t->evaluated.total;
    return code;
}

int sc_transfer_make_optimizer(sc_transfer *t, sc_error *err)
{
    sc_optimizer_free(t->optimizer);
    t->optimizer = NULL;
    sc_problem problem = {
        .count = (size_t)t->x.width * (size_t)t->x.height * 3, .threads = t->threads, .evaluate = evaluate, .user = t,
    };
    if (t->options.optimizer == SCUMBLE_ADAM)
        return sc_adam_create(&t->optimizer, &problem, t->x.rgb, &(sc_adam_options){ t->options.learning_rate, 0.99, true }, err);
    return sc_lbfgs_create(&t->optimizer, &problem, t->x.rgb, err);
}

/* Gaussian noise around mid-grey, as wide as a photograph's values. */
static void fill_noise(sc_image *image, uint64_t seed)
{
    size_t count = (size_t)image->width * (size_t)image->height * 3;
    for (size_t i = 0; i < count; i++) {
        float v = 0.5f + 0.2f * sc_random_normal(seed, i);
        image->rgb[i] = v < 0 ? 0 : v > 1 ? 1 : v;
    }
}

static int start_picture(sc_transfer *t, const sc_image *content, const sc_scale *scale, sc_error *err)
{
    const char *init = t->options.init;
    if (strcmp(init, "noise") == 0) {
        int code = sc_image_create(&t->x, scale->width, scale->height, false, err);
        if (!code)
            fill_noise(&t->x, t->options.seed);
        return code;
    }
    const sc_image *source = strcmp(init, "content") == 0 ? content : strcmp(init, "style") == 0 ? &t->styles[0] : &t->init;
    int code = sc_image_resize(source, scale->width, scale->height, &t->x, err);
    free(t->x.alpha); /* the whole rectangle is painted; the result takes the photo's alpha */
    t->x.alpha = NULL;
    return code;
}

/* The start of the next scale: the last scale's result, enlarged. When the run began with the photo, what enlarging lost is put back from
 * the photo: photo + enlarged (result - photo as it was at that scale). Fine detail is then changed into the style rather than invented. */
static int next_picture(sc_transfer *t, const sc_image *content, const sc_scale *scale, sc_error *err)
{
    sc_image larger, small = { 0 }, blurred = { 0 };
    int code = sc_image_resize(&t->x, scale->width, scale->height, &larger, err);
    if (code)
        return code;
    if (strcmp(t->options.init, "content") == 0) {
        code = sc_image_resize(content, t->x.width, t->x.height, &small, err);
        if (!code)
            code = sc_image_resize(&small, scale->width, scale->height, &blurred, err);
        size_t count = (size_t)scale->width * (size_t)scale->height * 3;
        for (size_t i = 0; i < count && !code; i++) {
            float v = larger.rgb[i] + content->rgb[i] - blurred.rgb[i];
            larger.rgb[i] = v < 0 ? 0 : v > 1 ? 1 : v;
        }
        sc_image_free(&small);
        sc_image_free(&blurred);
    }
    if (code) {
        sc_image_free(&larger);
        return code;
    }
    sc_image_free(&t->x);
    t->x = larger;
    return SCUMBLE_OK;
}

/* The optimiser's picture within 0..1, which L-BFGS may leave. `to` may be x itself. */
static void take_result(sc_transfer *t, float *to)
{
    const float *result = sc_optimizer_result(t->optimizer);
    size_t count = (size_t)t->x.width * (size_t)t->x.height * 3;
    for (size_t i = 0; i < count; i++)
        to[i] = result[i] < 0 ? 0 : result[i] > 1 ? 1 : result[i];
}

typedef struct run {
    scumble_progress_fn progress;
    void *user;
    double started_s;
} run;

/* What the rest will take: an iteration costs as its pixels, measured at this scale. */
static double time_left(const sc_transfer *t, double iteration_s)
{
    const sc_scale *now = &t->scales.scale[t->position.scale];
    double pixels = (double)now->width * now->height;
    double left = now->iterations - t->position.iteration;
    for (int k = t->position.scale + 1; k < t->scales.count; k++)
        left += t->scales.scale[k].iterations * ((double)t->scales.scale[k].width * t->scales.scale[k].height / pixels);
    return left * iteration_s;
}

static int report(sc_transfer *t, const run *r, double iteration_s, const char *note)
{
    if (!r->progress)
        return 0;
    const sc_scale *scale = &t->scales.scale[t->position.scale];
    scumble_progress progress = {
        .scale = t->position.scale + 1, .scales = t->scales.count,
        .scale_px = scale->width > scale->height ? scale->width : scale->height,
        .iteration = t->position.iterations_done, .iterations = t->options.iterations,
        .content = t->losses.content, .style = t->losses.style, .tv = t->losses.tv, .total = t->losses.total,
        .elapsed_s = t->position.elapsed_s + sc_now_s() - r->started_s, .eta_s = time_left(t, iteration_s), .note = note,
    };
    double before = t->position.elapsed_s;
    t->position.elapsed_s = progress.elapsed_s; /* for a checkpoint from the callback */
    int stop = r->progress(&progress, r->user);
    t->position.elapsed_s = before;
    return stop;
}

static int iterate(sc_transfer *t, const run *r, sc_error *err)
{
    const sc_scale *scale = &t->scales.scale[t->position.scale];
    double started_s = sc_now_s();
    int first = t->position.iteration;
    while (t->position.iteration < scale->iterations) {
        sc_step step;
        int code = sc_optimizer_step(t->optimizer, &step, err);
        if (code)
            return code;
        if (t->evaluated.total == step.f)
            t->losses = t->evaluated;
        t->position.iteration++;
        t->position.iterations_done++;
        if (report(t, r, (sc_now_s() - started_s) / (t->position.iteration - first), step.note))
            return sc_fail(err, SCUMBLE_ERR_CANCELLED, "stopped after %d of %d iterations", t->position.iterations_done, t->options.iterations);
    }
    return SCUMBLE_OK;
}

static int run_scale(sc_transfer *t, const sc_image *content, const sc_weights *resume, const run *r, sc_error *err)
{
    const sc_scale *scale = &t->scales.scale[t->position.scale];
    sc_objective_config config = t->config;
    sc_targets targets;
    int code = sc_targets_create(&targets, &config, &t->palette, content, scale, err);
    if (code)
        return code;
    code = t->x.rgb ? next_picture(t, &targets.content, scale, err) : start_picture(t, &targets.content, scale, err);
    if (!code)
        code = sc_objective_create(&t->objective, &config, scale->height, scale->width, &targets.content_target, &targets.own_style, targets.style, err);
    sc_targets_free(&targets);
    if (!code)
        code = sc_transfer_make_optimizer(t, err);
    if (!code && resume)
        code = sc_transfer_restore_picture(t, resume, err);
    if (!code)
        code = iterate(t, r, err);
    sc_objective_free(t->objective);
    t->objective = NULL;
    return code;
}

/* ---- the run ------------------------------------------------------------------------------------------------------ */

static void *copy_of(const void *data, size_t size_bytes)
{
    void *copy = data ? sc_aligned_alloc(size_bytes) : NULL;
    return copy ? memcpy(copy, data, size_bytes) : NULL;
}

/* Gives result what it inherits from the photo of its size: alpha, bit depth, ICC profile. */
static int inherit(sc_image *result, const sc_image *photo, sc_error *err)
{
    size_t alpha_bytes = (size_t)photo->width * (size_t)photo->height * sizeof *photo->alpha;
    free(result->alpha);
    free(result->icc);
    free(result->recipe);
    result->recipe = NULL;
    result->bits = photo->bits;
    result->alpha = copy_of(photo->alpha, alpha_bytes);
    result->icc = copy_of(photo->icc, photo->icc_bytes);
    result->icc_bytes = result->icc ? photo->icc_bytes : 0;
    if ((photo->alpha && !result->alpha) || (photo->icc && !result->icc))
        return sc_fail_memory(err, alpha_bytes + photo->icc_bytes);
    return SCUMBLE_OK;
}

/* The picture at the size of the result, with the photo's chroma, alpha and what else the output inherits. */
static int finish(sc_transfer *t, const sc_image *x, sc_image *result, sc_error *err)
{
    int code = sc_image_resize(x, t->photo.width, t->photo.height, result, err);
    if (code)
        return code;
    if (t->options.colour == SCUMBLE_COLOUR_LUMINANCE)
        sc_colour_restore_chroma(result, &t->photo);
    code = inherit(result, &t->photo, err);
    if (code)
        sc_image_free(result);
    return code;
}

int sc_transfer_snapshot(sc_transfer *t, sc_image *image, sc_error *err)
{
    if (!t->x.rgb || !t->photo.rgb)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "there is no picture yet: a snapshot is taken during a run or after one");
    if (!t->optimizer) /* the run has ended */
        return finish(t, &t->x, image, err);
    sc_image now;
    int code = sc_image_create(&now, t->x.width, t->x.height, false, err);
    if (code)
        return code;
    take_result(t, now.rgb);
    code = finish(t, &now, image, err);
    sc_image_free(&now);
    return code;
}

static int run_scales(sc_transfer *t, const sc_image *content, const sc_weights *resume, const run *r, sc_error *err)
{
    int code = SCUMBLE_OK;
    if (resume) { /* x only to have the size; its values follow once the optimiser is there */
        const sc_scale *scale = &t->scales.scale[t->position.scale];
        code = sc_image_create(&t->x, scale->width, scale->height, false, err);
    }
    while (!code && t->position.scale < t->scales.count) {
        code = run_scale(t, content, resume, r, err);
        resume = NULL;
        if (code)
            break;
        take_result(t, t->x.rgb);
        t->position.scale++;
        t->position.iteration = 0;
    }
    return code;
}

int sc_transfer_run(sc_transfer *t, const sc_image *content, const char *identity, const sc_weights *resume, scumble_progress_fn progress,
                    void *user, sc_image *result, sc_error *err)
{
    *result = (sc_image){ 0 };
    end_run(t);
    t->position = (sc_position){ 0 };
    t->losses = (sc_losses){ 0 };
    t->identity = strdup(identity);
    if (!t->identity)
        return sc_fail_memory(err, strlen(identity));
    int code = resume ? sc_transfer_restore_position(t, resume, identity, err) :
                        sc_transfer_plan(t, content->width, content->height, &t->scales, err);
    if (code)
        return code;
    const sc_scale *last = &t->scales.scale[t->scales.count - 1];
    code = sc_image_resize(content, last->width, last->height, &t->photo, err);
    run r = { .progress = progress, .user = user, .started_s = sc_now_s() };
    if (!code)
        code = run_scales(t, content, resume, &r, err);
    t->position.elapsed_s += sc_now_s() - r.started_s;
    if (code && code != SCUMBLE_ERR_CANCELLED) {
        end_run(t);
        return code;
    }
    if (!code) { /* a cancelled run keeps it for a checkpoint */
        sc_optimizer_free(t->optimizer);
        t->optimizer = NULL;
    }
    sc_error other;
    int failed = sc_transfer_snapshot(t, result, &other);
    if (failed)
        *err = other;
    return failed ? failed : code;
}
