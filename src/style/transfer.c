/* SPDX-License-Identifier: MIT */
/* The run: for each scale from coarse to fine, targets, objective, optimiser, iterations. See transfer.h. */
#define _GNU_SOURCE
#include "style/transfer.h"

#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/file.h"
#include "style/groups.h"
#include "style/palette_transport.h"
#include "style/periodic.h"
#include "style/region.h"
#include "style/transfer_internal.h"

/* ---- set-up ---------------------------------------------------------------------------------------------------- */

static sc_padding_mode padding_mode(scumble_padding padding)
{
    switch (padding) {
    case SCUMBLE_PADDING_ZERO: return SC_PAD_ZERO;
    case SCUMBLE_PADDING_REFLECT: return SC_PAD_REFLECT;
    case SCUMBLE_PADDING_REPLICATE: break;
    }
    return SC_PAD_REPLICATE;
}

/* "w2:1 of relu1_1:1,relu2_1:1; sliced:0.5 of ..." */
static char *describe_terms(const sc_encoder *encoder, const sc_terms *terms)
{
    GString *text = g_string_new(NULL);
    for (int t = 0; t < terms->count; t++) {
        const struct sc_term_choice *choice = &terms->choice[t];
        g_string_append_printf(text, "%s%s:%g of ", t ? "; " : "", choice->term->name, choice->weight);
        for (int i = 0; i < choice->layers.count; i++)
            g_string_append_printf(text, "%s%s:%g", i ? "," : "",
                                   sc_encoder_layer_name(encoder, choice->layers.index[i]), choice->layers.weight[i]);
    }
    return g_string_free(text, FALSE);
}

static void describe(sc_transfer *t)
{
    char *content = describe_terms(t->config.encoder, sc_terms_of(&t->config, SC_ROLE_CONTENT));
    char *style = describe_terms(t->config.encoder, sc_terms_of(&t->config, SC_ROLE_STYLE));
    t->description = sc_format("encoder  %s (%s)\ncontent  %s; alpha %g\nstyle    %s; beta %g\ntv       %g",
                               sc_encoder_name(t->config.encoder), sc_encoder_licence(t->config.encoder), content,
                               t->options.alpha, style, t->options.beta, t->options.tv);
    g_free(content);
    g_free(style);
}

static int copy_styles(sc_transfer *t, const sc_transfer_setup *setup, sc_error *err)
{
    size_t count = (size_t)setup->style_count;
    t->styles = calloc(count, sizeof *t->styles);
    t->style_masks = calloc(count, sizeof *t->style_masks);
    t->style_weights = calloc(count, sizeof *t->style_weights);
    t->keys = calloc(count, sizeof *t->keys);
    if (!t->keys || !t->styles || !t->style_masks || !t->style_weights)
        return sc_fail_memory(err, count * sizeof *t->styles);
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += setup->style_weights[i];
    for (size_t i = 0; i < count; i++) {
        t->styles[i] = setup->styles[i];
        t->style_masks[i] = setup->style_masks ? setup->style_masks[i] : NULL;
        t->style_weights[i] = setup->style_weights[i] / sum;
        t->keys[i] = sc_painting_key((int)i, t->style_masks[i]);
    }
    t->paintings.count = setup->style_count;
    t->paintings.cache = &t->cache;
    t->paintings.keys = t->keys;
    t->paintings.styles = t->styles;
    t->paintings.masks = t->style_masks;
    t->paintings.weights = t->style_weights;
    t->paintings.style_scale = t->options.style_scale;
    t->paintings.rotations = t->options.rotations ? 4 : 1;
    return SCUMBLE_OK;
}

static int pool_moments(sc_transfer *t, sc_error *err)
{
    sc_colour_moments *moments = calloc((size_t)t->paintings.count, sizeof *moments);
    int code = moments ? SCUMBLE_OK : sc_fail_memory(err, (size_t)t->paintings.count * sizeof *moments);
    for (int i = 0; i < t->paintings.count && !code; i++)
        code = sc_colour_measure(t->threads, t->styles[i], &moments[i], err);
    if (!code)
        sc_colour_pool(&t->style_moments, moments, t->style_weights, t->paintings.count);
    free(moments);
    return code;
}

static int set_colour(sc_transfer *t, const sc_image *colours, sc_error *err)
{
    static const char *const words[] = { "style", "photo", "luminance", "match" };
    t->paintings.colour = SC_COLOUR_PALETTE;
    for (int i = 0; i < (int)(sizeof words / sizeof *words); i++)
        if (!strcmp(t->options.colour, words[i]))
            t->paintings.colour = (sc_colour_mode)i;
    if (t->paintings.colour == SC_COLOUR_MATCH)
        return pool_moments(t, err);
    if (t->paintings.colour != SC_COLOUR_PALETTE)
        return SCUMBLE_OK;
    t->paintings.colours = &t->colours;
    return sc_image_resize(colours, colours->width, colours->height, &t->colours, err);
}

static int set_up(sc_transfer *t, const sc_transfer_setup *setup, sc_error *err)
{
    const scumble_options *o = &t->options;
    t->config = (sc_objective_config){
        .encoder = setup->encoder,
        .backend = setup->backend,
        .threads = setup->threads,
        .seed = o->seed,
        .wrap = o->tileable,
        .encoder_options = { .override_padding = true,
                             .padding = o->tileable ? SC_PAD_CIRCULAR : padding_mode(o->padding) },
    };
    t->config.encoder_options.pooling = o->pooling == SCUMBLE_POOL_MAX     ? SC_POOLING_MAX :
                                        o->pooling == SCUMBLE_POOL_AVERAGE ? SC_POOLING_AVERAGE :
                                                                             SC_POOLING_MODEL;
    int code = sc_groups_of_options(&t->config, o, err);
    if (!code)
        code = copy_styles(t, setup, err);
    if (!code)
        code = set_colour(t, setup->colours, err);
    if (!code && setup->init)
        code = sc_image_resize(setup->init, setup->init->width, setup->init->height, &t->init, err);
    if (code)
        return code;
    sc_big_release(); /* how much of big buffers is resident at a moment is chance */
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
    t->pace = 1;
    if (t->options.tv < 0)
        t->options.tv = sc_encoder_default_tv(setup->encoder);
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
    sc_transfer_end_scale(t);
    sc_image_free(&t->x);
    sc_image_free(&t->photo);
    sc_tensor_free(&t->coverage);
    free(t->identity);
    t->identity = NULL;
}

void sc_transfer_free(sc_transfer *t)
{
    if (!t)
        return;
    end_run(t);
    sc_target_cache_free(&t->cache);
    free(t->keys);
    sc_image_free(&t->init);
    sc_image_free(&t->colours);
    free(t->styles);
    free(t->style_masks);
    free(t->style_weights);
    free(t->description);
    free(t);
}

const scumble_options *sc_transfer_options(const sc_transfer *t)
{
    return &t->options;
}

const char *sc_transfer_describe(const sc_transfer *t)
{
    return t->description;
}

sc_position sc_transfer_position(const sc_transfer *t)
{
    return t->position;
}

int sc_transfer_iterations(const sc_transfer *t)
{
    return t->options.stop_after ? t->options.stop_after : t->options.iterations;
}

sc_losses sc_transfer_losses(const sc_transfer *t)
{
    return t->losses;
}

/* ---- progress -------------------------------------------------------------------------------------------------- */

/* The optimiser's picture within 0..1, which L-BFGS and a pyramid may leave. */
void sc_transfer_take(sc_transfer *t, float *to)
{
    const float *result = sc_optimizer_result(t->optimizer);
    size_t count = (size_t)t->x.width * (size_t)t->x.height * 3;
    if (t->gradient) {
        sc_variable_to_picture(t->variable, result, to);
        result = to;
    }
    for (size_t i = 0; i < count; i++)
        to[i] = result[i] < 0 ? 0 : result[i] > 1 ? 1 : result[i];
}

typedef struct run {
    scumble_progress_fn progress;
    void *user;
    double started_s, all_s; /* when it began; what it would take, at pace 1 */
    bool told;               /* t->remark has been reported */
    bool asked;              /* the callback asked to stop */
} run;

/* What the rest will take: as was foretold, at the pace of what has been done. */
static double time_left(const sc_transfer *t, const run *r)
{
    double left_s = sc_transfer_left_s(t, true), done_s = r->all_s - left_s;
    if (t->position.iterations_done >= sc_transfer_iterations(t))
        return 0;
    return left_s * (done_s > 0 ? (sc_now_s() - r->started_s) / done_s : t->pace);
}

/* Non-zero: stop, for the callback or options.stop_after says so. */
static int report(sc_transfer *t, void *of_run, const char *note)
{
    run *r = of_run;
    if (!note && !r->told && *t->remark)
        note = t->remark;
    r->told |= note == t->remark;
    bool ends =
        sc_transfer_iterations(t) < t->options.iterations && t->position.iterations_done >= sc_transfer_iterations(t);
    if (!r->progress)
        return ends;
    const sc_scale *scale = &t->scales.scale[t->position.scale];
    scumble_progress progress = {
        .scale = t->position.scale + 1,
        .scales = t->scales.count,
        .scale_px = scale->width > scale->height ? scale->width : scale->height,
        .iteration = t->position.iterations_done,
        .iterations = sc_transfer_iterations(t),
        .content = sc_loss_named(&t->losses, "content"),
        .style = sc_loss_named(&t->losses, "style"),
        .tv = sc_loss_named(&t->losses, "tv"),
        .total = t->losses.total,
        .elapsed_s = t->position.elapsed_s + sc_now_s() - r->started_s,
        .eta_s = time_left(t, r),
        .note = note,
    };
    double before = t->position.elapsed_s;
    t->position.elapsed_s = progress.elapsed_s; /* for a checkpoint from the callback */
    r->asked = r->progress(&progress, r->user) != 0;
    t->position.elapsed_s = before;
    return ends || r->asked;
}

/* ---- the run --------------------------------------------------------------------------------------------------- */

static void *copy_of(const void *data, size_t size_bytes)
{
    void *copy = data ? malloc(size_bytes) : NULL;
    return copy ? memcpy(copy, data, size_bytes) : NULL;
}

/* How much of each pixel is painted: the masks together, at most all of it. */
static int make_coverage(sc_transfer *t, const sc_guides *guides, sc_error *err)
{
    if (!guides->masks)
        return SCUMBLE_OK;
    int code = sc_tensor_create(&t->coverage, (sc_shape){ 1, 1, t->photo.height, t->photo.width }, err);
    for (int i = 0; i < t->paintings.count && !code; i++) {
        sc_tensor region;
        code = sc_region_resize(&region, guides->masks[i], t->photo.height, t->photo.width, err);
        for (size_t k = 0; !code && k < sc_shape_count(region.shape); k++) {
            float sum = t->coverage.data[k] + region.data[k];
            t->coverage.data[k] = sum > 1 ? 1 : sum;
        }
        if (!code)
            sc_tensor_free(&region);
    }
    return code;
}

/* What no mask covers stays the photo. */
static void uncover_photo(const sc_transfer *t, sc_image *result)
{
    for (size_t i = 0; t->coverage.data && i < sc_shape_count(t->coverage.shape); i++)
        for (size_t c = 3 * i; c < 3 * i + 3; c++)
            result->rgb[c] = t->photo.rgb[c] + t->coverage.data[i] * (result->rgb[c] - t->photo.rgb[c]);
}

static int set_colours(sc_transfer *t, sc_image *result, sc_error *err)
{
    switch (t->paintings.colour) {
    case SC_COLOUR_LUMINANCE: return sc_colour_take_chroma(t->threads, result, &t->photo, err);
    case SC_COLOUR_MATCH:
        return sc_colour_match_chroma(t->threads, result, &t->photo, &t->style_moments, t->config.wrap, err);
    case SC_COLOUR_PALETTE: return sc_colour_to_palette(t->threads, result, &t->colours, t->config.wrap, err);
    case SC_COLOUR_STYLE:
    case SC_COLOUR_PHOTO: break;
    }
    return SCUMBLE_OK;
}

/* The picture at the size of the result, in the colours asked for, with alpha and what else the output inherits. */
static int finish(sc_transfer *t, const sc_image *x, sc_image *result, sc_error *err)
{
    int code = sc_transfer_resize(t, x, t->photo.width, t->photo.height, result, err);
    if (code)
        return code;
    code = set_colours(t, result, err);
    if (!code) {
        uncover_photo(t, result);
        code = sc_image_keep_beyond(result, &t->photo, 1, t->coverage.data, err);
    }
    if (!code)
        code = sc_image_inherit(result, &t->photo, err);
    if (code)
        sc_image_free(result);
    return code;
}

int sc_transfer_snapshot(sc_transfer *t, sc_image *image, sc_error *err)
{
    if (!t->x.rgb || !t->photo.rgb)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                       "there is no picture yet: a snapshot is taken during a run or after one");
    if (!t->optimizer) /* the run has ended */
        return finish(t, &t->x, image, err);
    sc_image now;
    int code = sc_image_create(&now, t->x.width, t->x.height, false, err);
    if (code)
        return code;
    sc_transfer_take(t, now.rgb);
    code = finish(t, &now, image, err);
    sc_image_free(&now);
    return code;
}

static int run_scales(sc_transfer *t, run *r, sc_error *err)
{
    const sc_weights *resume = t->subject->resume;
    int code = SCUMBLE_OK;
    if (resume) { /* x only to have the size; its values follow once the optimiser is there */
        const sc_scale *scale = &t->scales.scale[t->position.scale];
        code = sc_image_create(&t->x, scale->width, scale->height, false, err);
    }
    while (!code && t->position.scale < t->scales.count) {
        code = sc_transfer_run_scale(t, resume, report, r, err);
        resume = NULL;
        if (code)
            break;
        sc_transfer_take(t, t->x.rgb);
        t->position.scale++;
        t->position.iteration = 0;
    }
    return code;
}

/* In place of the photo: what a texture inherits is the first painting's. */
static int make_blank(sc_transfer *t, sc_error *err)
{
    const sc_image *first = t->styles[0];
    int code = sc_image_create(&t->photo, t->scales.width, t->scales.height, false, err);
    t->photo.bits = first->bits;
    t->photo.icc = copy_of(first->icc, first->icc_bytes);
    t->photo.icc_bytes = t->photo.icc ? first->icc_bytes : 0;
    return !code && first->icc && !t->photo.icc ? sc_fail_memory(err, first->icc_bytes) : code;
}

/* The plan, and the photo at the final size. */
static int begin(sc_transfer *t, const sc_subject *subject, sc_error *err)
{
    const sc_image *content = subject->content;
    int code = SCUMBLE_OK;
    if (!content && t->paintings.colour != SC_COLOUR_STYLE && t->paintings.colour != SC_COLOUR_PALETTE)
        return sc_fail(
            err, SCUMBLE_ERR_ARGUMENT,
            "a texture has the painting's colours or a palette's: there is no photo whose colours it could take");
    t->identity = strdup(subject->identity);
    if (!t->identity)
        return sc_fail_memory(err, strlen(subject->identity));
    if (subject->resume)
        code = sc_transfer_restore_position(t, subject->resume, subject->identity, err);
    else
        sc_transfer_plan(t, !content, content ? content->width : subject->width,
                         content ? content->height : subject->height, &t->scales);
    if (!code)
        code =
            content ? sc_image_resize(content, t->scales.width, t->scales.height, &t->photo, err) : make_blank(t, err);
    if (!code && content && t->config.wrap)
        code = sc_image_make_periodic(t->threads, &t->photo, err);
    if (code)
        return code;
    *t->remark = 0;
    sc_transfer_find_content(t, content);
    sc_transfer_remark_masks(t, &subject->guides);
    code = make_coverage(t, &subject->guides, err);
    return code ? code : sc_transfer_forecast(t, content ? content->width : 0, content ? content->height : 0, err);
}

int sc_transfer_run(sc_transfer *t, const sc_subject *subject, scumble_progress_fn progress, void *user,
                    sc_image *result, sc_error *err)
{
    *result = (sc_image){ 0 };
    end_run(t);
    t->position = (sc_position){ 0 };
    t->losses = (sc_losses){ 0 };
    t->done = (sc_work){ 0 };
    t->subject = subject;
    run r = { .progress = progress, .user = user, .started_s = sc_now_s() };
    int code = begin(t, subject, err);
    r.all_s = code ? 0 : sc_transfer_left_s(t, false);
    if (!code)
        code = run_scales(t, &r, err);
    if (!code && t->speed_known &&
        r.all_s > 0) /* of this machine's own speed; what follows from the usual one says nothing of that */
        t->pace = (sc_now_s() - r.started_s) / r.all_s;
    t->position.elapsed_s += sc_now_s() - r.started_s;
    t->subject = NULL;
    if (code && code != SCUMBLE_ERR_CANCELLED) {
        end_run(t);
        return code;
    }
    if (!code) /* a cancelled run keeps it for a checkpoint */
        sc_transfer_end_scale(t);
    sc_error other;
    int failed = sc_transfer_snapshot(t, result, &other);
    if (failed)
        *err = other;
    else if (code && !r.asked) { /* it came to options.stop_after */
        *err = (sc_error){ 0 };
        code = SCUMBLE_OK;
    }
    return failed ? failed : code;
}
