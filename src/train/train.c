/* SPDX-License-Identifier: MIT */
/* The trainer: what is made once, a step. See train.h. Samples are in train_samples.c, checkpoints in
 * train_checkpoint.c. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/rng.h"
#include "media/image_alpha.h"
#include "nets/program/generator.h"
#include "loss/groups.h"
#include "train/trainer.h"

/* Seeds of what is drawn independently of each other. */
enum {
    SEED_GENERATOR = 1,
    SEED_DISCRIMINATOR,
    SEED_SINGULAR,
    SEED_LOADER,
    SEED_CROPS,
    SEED_PAINTING,
    SEED_HELD_OUT,
    SEED_STEADY
};

/* The generator's learning rate rises over the first steps (weights are random, and so are the moments) and falls along
 * a cosine to a share of it. */
enum { WARM_UP_STEPS = 50 };
static const double last_rate = 0.03;
static const sc_learning generator_learning = { .first = 0.9, .second = 0.999, .averaging = 0.998 };
/* The discriminator follows a moving target: less memory in its moments. */
static const sc_learning discriminator_learning = { .rate = 4e-4, .first = 0.5, .second = 0.99, .averaging = 0.998 };

/* Steps in a row whose gradient is no number, before training is given up; steps of pictures without any contrast,
 * likewise. */
enum { MOST_BAD_STEPS = 10, FEW_BLANK_STEPS = 4, MOST_BLANK_STEPS = 20 };
static const double blank_deviation = 0.004;

static uint64_t train_seed_of(const sc_trainer *t, int what)
{
    return t->config.options.seed * 16 + (uint64_t)what;
}

size_t sc_trainer_values(const sc_trainer *t)
{
    return (size_t)t->config.options.edge * (size_t)t->config.options.edge * 3;
}

/* ---- what is made once ----------------------------------------------------------------------------------------- */

/* The paintings at the size at which they are learnt from; never enlarged. */
static int resize_paintings(sc_trainer *t, sc_error *err)
{
    int count = t->config.painting_count, code = SCUMBLE_OK;
    t->paintings = calloc((size_t)count, sizeof *t->paintings);
    t->weights = malloc((size_t)count * sizeof *t->weights);
    if (!t->paintings || !t->weights)
        return sc_fail_memory(err, (size_t)count * sizeof *t->paintings);
    memcpy(t->weights, t->config.weights, (size_t)count * sizeof *t->weights);
    for (int i = 0; i < count && !code; i++) {
        const sc_image *own = t->config.paintings[i];
        int longer = own->width > own->height ? own->width : own->height;
        double shrink = fmin(1, (double)t->config.options.style_edge / longer);
        int width = (int)fmax(1, round(own->width * shrink)), height = (int)fmax(1, round(own->height * shrink));
        code = sc_image_resize(t->config.threads, own, width, height, &t->paintings[i], err);
    }
    return code;
}

/* Of one painting, or of all, blended. */
static int train_measure_style(sc_trainer *t, int first, int count, sc_statistics *targets, sc_error *err)
{
    const sc_objective_config *c = &t->objective_config;
    double sum = 0, heaviest = 0;
    int code = SCUMBLE_OK;
    for (int i = first; i < first + count; i++) {
        sum += t->weights[i];
        heaviest = fmax(heaviest, t->weights[i]);
    }
    for (int i = first; i < first + count && !code; i++) {
        sc_statistics measured[SC_MAX_TERMS] = { { 0 } };
        sc_blend_weight weight = { t->weights[i] / sum, t->weights[i] / heaviest };
        const sc_image *painting = &t->paintings[i];
        sc_tensor visible = { .data = NULL };
        code = sc_image_weigh_visible(&visible, painting, err);
        if (!code)
            code = sc_statistics_measure(c, sc_terms_of(c, SC_ROLE_STYLE), painting->rgb, painting->height,
                                         painting->width, visible.data ? &visible : NULL, measured, err);
        sc_tensor_free(&visible);
        for (int k = 0; k < t->config.style.count && !code; k++)
            code = sc_statistics_blend(&targets[k], t->config.style.choice[k].term, &weight, &measured[k], err);
        for (int k = 0; k < t->config.style.count; k++)
            sc_statistics_free(&measured[k]);
    }
    return code ? code : sc_statistics_prepare(c, sc_terms_of(c, SC_ROLE_STYLE), targets, err);
}

/* A photo's statistics become the content's targets: new ones the first time, new values in them later. */
static int take_content(sc_trainer *t, const float *rgb, sc_error *err)
{
    const sc_objective_config *c = &t->objective_config;
    sc_statistics measured[SC_MAX_TERMS];
    int edge = t->config.options.edge,
        code = sc_statistics_measure(c, sc_terms_of(c, SC_ROLE_CONTENT), rgb, edge, edge, NULL, measured, err);
    if (!code)
        code = sc_statistics_prepare(c, sc_terms_of(c, SC_ROLE_CONTENT), measured, err);
    for (int k = 0; k < t->config.content.count && !code; k++) {
        sc_statistics *own = &t->content[k];
        if (!own->count) {
            *own = measured[k];
            own->changing = true;
            measured[k].count = 0;
        }
        for (int i = 0; i < measured[k].count; i++)
            memcpy(own->tensors[i].data, measured[k].tensors[i].data, sc_shape_bytes(own->tensors[i].shape));
        own->changes++;
        sc_statistics_free(&measured[k]);
    }
    return code;
}

/* They are also what content losses are divided by. */
static int look_at_photo(sc_trainer *t, const float *rgb, sc_error *err)
{
    int code = take_content(t, rgb, err);
    for (int i = 0; i < t->objective_count && !code; i++)
        sc_objective_content_changed(t->objectives[i]);
    return code;
}

/* The next photo to learn from. A darker or flatter one is still divided by what it was before: else its content would
 * outweigh the style. */
static int next_photo(sc_trainer *t, uint64_t sample, sc_error *err)
{
    int code = sc_loader_next(t->loader, t->photo, err);
    if (!code)
        code = look_at_photo(t, t->photo, err);
    if (!code && t->steady && sc_steady_expose(t->steady, sample, t->photo))
        code = take_content(t, t->photo, err);
    return code;
}

static int make_objectives(sc_trainer *t, sc_error *err)
{
    int count = t->config.options.each ? t->config.painting_count : 1, edge = t->config.options.edge,
        terms = t->config.style.count;
    t->style = calloc((size_t)(count * terms) + 1, sizeof *t->style);
    t->objectives = calloc((size_t)count, sizeof *t->objectives);
    if (!t->style || !t->objectives)
        return sc_fail_memory(err, (size_t)(count * terms) * sizeof *t->style);
    int code = SCUMBLE_OK;
    for (int i = 0; i < count && !code; i++) {
        sc_statistics *style = t->style + i * terms;
        sc_region_targets of_style = { .statistics = style, .share = 1 },
                          of_content = { .statistics = t->content, .share = 1 };
        sc_objective_targets targets = { .groups = { { 1, &of_content }, { 1, &of_style } } };
        code = train_measure_style(t, i, t->config.options.each ? 1 : t->config.painting_count, style, err);
        if (!code)
            code = sc_objective_create(&t->objectives[i], &t->objective_config, edge, edge, &targets, err);
        t->objective_count += !code;
    }
    return code;
}

/* The balance of the style losses: what they are for some photos, on average. */
static int train_balance(sc_trainer *t, sc_error *err)
{
    enum { PHOTOS = 8 };
    size_t count = (size_t)sc_objective_divisor_count(t->objectives[0]);
    float *own = malloc((count + 1) * sizeof *own);
    double *sums = calloc(count + 1, sizeof *sums);
    int code = own && sums ? SCUMBLE_OK : sc_fail_memory(err, count * sizeof *sums);
    for (int i = 0; i < t->objective_count && !code; i++) {
        memset(sums, 0, count * sizeof *sums);
        for (int k = 0; k < PHOTOS && !code; k++) {
            code = sc_loader_held_out(t->loader, (uint64_t)k, t->rgb, err);
            if (!code)
                code = sc_objective_balance(t->objectives[i], t->rgb, err);
            if (!code)
                sc_objective_divisors(t->objectives[i], own);
            for (size_t n = 0; n < count && !code; n++)
                sums[n] += 1 / (double)own[n] / PHOTOS;
        }
        for (size_t n = 0; n < count; n++)
            own[n] = (float)(1 / sums[n]);
        if (!code)
            sc_objective_set_divisors(t->objectives[i], own);
    }
    free(own);
    free(sums);
    return code;
}

/* Root mean square of the layer's features of the paintings' patches: what the discriminator is scaled by. */
static int measure_features(sc_trainer *t, sc_shape *shape, double *rms, sc_error *err)
{
    enum { PATCHES = 8 };
    double sum = 0;
    int code = SCUMBLE_OK;
    for (int i = 0; i < PATCHES && !code; i++) {
        sc_tensor features;
        code = sc_crops_take(t->crops, (uint64_t)i, t->rgb, err);
        if (!code)
            code = sc_judge_look(t->judge, t->rgb, &features, NULL, err);
        if (!code) {
            *shape = features.shape;
            sum += sc_mean_square_of(&features, NULL) / PATCHES;
        }
    }
    *rms = sqrt(sum);
    return code;
}

static int make_judge(sc_trainer *t, sc_error *err)
{
    sc_judge_config config = {
        .encoder = t->config.encoder,
        .encoder_options = t->objective_config.encoder_options,
        .layer = t->config.layer,
        .discriminator = t->discriminator_program,
        .device = t->config.device,
    };
    sc_judge_free(t->judge);
    return sc_judge_create(&t->judge, &config, t->config.options.edge, t->config.options.edge, err);
}

static int make_discriminator(sc_trainer *t, sc_error *err)
{
    sc_shape shape;
    double rms;
    int code = make_judge(t, err);
    if (!code)
        code = measure_features(t, &shape, &rms, err);
    if (!code)
        code =
            sc_discriminator_create(&t->discriminator_program, shape.c, rms, train_seed_of(t, SEED_DISCRIMINATOR), err);
    if (!code)
        code = make_judge(t, err);
    if (!code)
        code =
            sc_learner_create(&t->discriminator, t->discriminator_program, true, train_seed_of(t, SEED_SINGULAR), err);
    if (!code)
        code = sc_tensor_create(&t->seen, shape, err);
    if (!code)
        code = sc_contest_create(&t->contest, t->discriminator_program, shape, t->config.options.photos,
                                 t->config.device, err);
    t->critic = (sc_critic){ t->discriminator_program, t->config.layer };
    t->objective_config.critic = &t->critic;
    return code;
}

static int make_generator(sc_trainer *t, sc_error *err)
{
    sc_generator_shape shape;
    if (!sc_generator_size(t->config.options.size, &shape))
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                       "there is no generator of size '%s'; there are small, medium and large", t->config.options.size);
    int code = sc_generator_create(&t->generator_program, &shape, train_seed_of(t, SEED_GENERATOR), err);
    if (!code)
        code = sc_learner_create(&t->generator, t->generator_program, false, 0, err);
    if (!code)
        code = sc_generator_graph_create(&t->generator_graph, t->generator_program, t->config.options.edge,
                                         t->config.device, err);
    if (!code && t->config.options.steady > 0)
        code = sc_steady_create(&t->steady, t->generator_program, t->config.options.edge, train_seed_of(t, SEED_STEADY),
                                t->config.device, err);
    return code;
}

static int open_loader(sc_trainer *t, uint64_t first_sample, sc_error *err)
{
    sc_loader_options options = { .paths = t->config.photos,
                                  .path_count = t->config.photo_path_count,
                                  .edge = t->config.options.edge,
                                  .seed = train_seed_of(t, SEED_LOADER),
                                  .first_sample = first_sample,
                                  .held_out = SC_TRAIN_SAMPLES,
                                  .limits = t->config.limits };
    sc_loader_close(t->loader);
    t->loader = NULL;
    return sc_loader_open(&t->loader, &options, err);
}

static int train_make_all(sc_trainer *t, sc_error *err)
{
    size_t bytes = sc_trainer_values(t) * sizeof(float);
    t->rgb = malloc(bytes);
    t->photo = malloc(bytes);
    t->painted = malloc(bytes);
    t->gradient = malloc(bytes);
    if (!t->rgb || !t->photo || !t->painted || !t->gradient)
        return sc_fail_memory(err, bytes);
    int code = open_loader(t, 0, err);
    if (!code)
        code = resize_paintings(t, err);
    if (!code) /* also where there is no discriminator: it refuses what is too small */
        code = sc_crops_create(&t->crops, t->paintings, t->weights, t->config.painting_count, t->config.options.edge,
                               train_seed_of(t, SEED_CROPS), err);
    if (!code && t->config.options.discriminator)
        code = make_discriminator(t, err);
    if (!code)
        code = sc_loader_held_out(t->loader, 0, t->rgb, err);
    if (!code)
        code = look_at_photo(t, t->rgb, err);
    if (!code)
        code = make_objectives(t, err);
    if (!code)
        code = train_balance(t, err);
    return code ? code : make_generator(t, err);
}

/* make_objectives gives the first two their targets. */
static void add_groups(sc_trainer *t)
{
    const sc_train_options *o = &t->config.options;
    sc_objective_config *c = &t->objective_config;
    sc_terms critic = { 1, { { &sc_term_adversarial, 1, { 1, { t->config.layer }, { 1 } } } } };
    sc_groups_add(c, "content", o->alpha, &t->config.content);
    sc_groups_add(c, "style", o->beta, &t->config.style);
    if (o->discriminator)
        sc_groups_add(c, "adversarial", o->gamma, &critic);
    sc_groups_add(c, "tv", o->tv, NULL);
}

int sc_trainer_create(sc_trainer **trainer, const sc_train_config *config, sc_error *err)
{
    *trainer = NULL;
    sc_trainer *t = calloc(1, sizeof *t);
    if (!t)
        return sc_fail_memory(err, sizeof *t);
    t->config = *config;
    const sc_train_options *o = &t->config.options;
    t->objective_config = (sc_objective_config){
        .encoder = config->encoder,
        .device = config->device,
        .threads = config->threads,
        .seed = o->seed,
        .encoder_options = { .override_padding = true, .padding = SC_PAD_REPLICATE },
    };
    add_groups(t);
    int code = train_make_all(t, err);
    if (code)
        sc_trainer_free(t);
    else
        *trainer = t;
    return code;
}

void sc_trainer_free(sc_trainer *t)
{
    if (!t)
        return;
    sc_loader_close(t->loader);
    sc_crops_free(t->crops);
    sc_tensor_free(&t->seen);
    sc_generator_graph_free(&t->generator_graph);
    sc_steady_free(t->steady);
    sc_contest_free(&t->contest);
    sc_judge_free(t->judge);
    for (int i = 0; i < t->objective_count; i++)
        sc_objective_free(t->objectives[i]);
    for (int k = 0; t->style && k < (t->config.options.each ? t->config.painting_count : 1) * t->config.style.count;
         k++)
        sc_statistics_free(&t->style[k]);
    for (int k = 0; k < SC_MAX_TERMS; k++)
        sc_statistics_free(&t->content[k]);
    for (int i = 0; t->paintings && i < t->config.painting_count; i++)
        sc_image_free(&t->paintings[i]);
    sc_learner_free(t->generator);
    sc_learner_free(t->discriminator);
    sc_program_free(t->generator_program);
    sc_program_free(t->discriminator_program);
    void *const memory[] = { t->weights,  t->style, t->objectives, t->paintings, t->rgb, t->photo, t->painted,
                             t->gradient, t };
    for (size_t i = 0; i < sizeof memory / sizeof *memory; i++)
        free(memory[i]);
}

/* ---- a step ---------------------------------------------------------------------------------------------------- */

/* With which painting a sample is compared: drawn by their weights. */
static sc_objective *objective_for(const sc_trainer *t, uint64_t sample)
{
    double drawn = sc_random_uniform(train_seed_of(t, SEED_PAINTING), sample);
    int i = 0;
    while (i + 1 < t->objective_count && drawn >= t->weights[i])
        drawn -= t->weights[i++];
    return t->objectives[i];
}

static int contest_sample(sc_trainer *t, const sc_objective *objective, uint64_t sample, float share, double *loss,
                          sc_error *err)
{
    sc_tensor features;
    int code = sc_objective_critic_features(objective, t->seen.data, err);
    if (!code) {
        sc_contest_show(&t->contest, SC_GENERATED, &t->seen);
        code = sc_crops_take(t->crops, sample, t->rgb, err);
    }
    if (!code)
        code = sc_judge_look(t->judge, t->rgb, &features, NULL, err);
    if (!code)
        sc_contest_show(&t->contest, SC_REAL, &features);
    if (!code && t->config.options.photos > 0) {
        code = sc_judge_look(t->judge, t->photo, &features, NULL, err);
        if (!code)
            sc_contest_show(&t->contest, SC_PHOTO, &features);
    }
    return code ? code : sc_contest_learn(&t->contest, share, t->discriminator, loss, err);
}

/* The largest standard deviation of a channel over the positions of a picture (1, 3, h, w): near 0 where it is of one
 * colour, whatever the colour. */
static double deviation_of(const float *rgb, size_t positions)
{
    double most = 0;
    for (int c = 0; c < 3; c++) {
        double sum = 0, squares = 0;
        for (size_t i = 0; i < positions; i++) {
            double value = (double)rgb[i * 3 + (size_t)c];
            sum += value;
            squares += value * value;
        }
        double mean = sum / (double)positions;
        most = fmax(most, squares / (double)positions - mean * mean);
    }
    return sqrt(most);
}

/* What was made of a photo of one colour says nothing of the generator. */
static void note_contrast(sc_trainer *t)
{
    size_t positions = sc_trainer_values(t) / 3;
    if (deviation_of(t->photo, positions) < blank_deviation)
        return;
    t->deviation = fmax(t->deviation, deviation_of(t->painted, positions));
}

static void add_losses(const sc_trainer *t, const sc_losses *own, double contest, double steady, double w,
                       sc_losses *losses)
{
    if (t->config.options.discriminator) { /* the contest stands first */
        sc_losses_add(losses, "discriminator", w * contest);
        sc_losses_add(losses, "adversarial", 0);
    }
    for (int i = 0; i < own->count - 1; i++)
        sc_losses_add(losses, own->of[i].name, w * own->of[i].value);
    if (t->steady)
        sc_losses_add(losses, "steady", w * steady);
    sc_losses_add(losses, "total", w * (sc_losses_total(own) + t->config.options.steady * steady));
}

static int learn_from(sc_trainer *t, uint64_t sample, float share, sc_losses *losses, sc_error *err)
{
    sc_objective *objective = objective_for(t, sample);
    sc_losses own;
    double contest = 0, steady = 0;
    int code = next_photo(t, sample, err);
    if (!code)
        code = sc_generator_graph_paint(&t->generator_graph, t->photo, t->painted, err);
    if (!code)
        code = sc_objective_evaluate(objective, t->painted, t->gradient, &own, err);
    if (!code && t->steady)
        code = sc_steady_learn(t->steady, sample, t->photo, t->painted, (float)t->config.options.steady, share,
                               t->gradient, t->generator, &steady, err);
    if (!code)
        code = sc_generator_graph_learn(&t->generator_graph, t->gradient, share, t->generator, err);
    if (!code)
        note_contrast(t);
    if (!code && t->config.options.discriminator)
        code = contest_sample(t, objective, sample, share, &contest, err);
    if (!code)
        add_losses(t, &own, contest, steady, (double)share, losses);
    return code;
}

static double train_rate_at(const sc_trainer *t, double progress)
{
    double rise = fmin(1, (double)(t->steps + 1) / WARM_UP_STEPS), x = fmin(1, fmax(0, progress));
    return t->config.options.rate * rise * (last_rate + (1 - last_rate) * 0.5 * (1 + cos(3.14159265358979 * x)));
}

int sc_trainer_check(const sc_trainer *t, sc_error *err)
{
    if (t->blank_steps < FEW_BLANK_STEPS)
        return SCUMBLE_OK;
    return sc_fail(err, SCUMBLE_ERR_DIVERGED,
                   "the generator has collapsed: in the last %d steps its pictures were of one colour; begin anew with "
                   "a smaller `learning_rate`, "
                   "`gamma` or `tv`, or a larger `alpha`",
                   t->blank_steps);
}

/* Both networks go on; or, with gradients that are no numbers, none does. */
static int take_steps(sc_trainer *t, double progress, const char **note, sc_error *err)
{
    sc_learning generator = generator_learning, discriminator = discriminator_learning;
    double norm;
    generator.rate = train_rate_at(t, progress);
    bool good = sc_learner_step(t->generator, &generator, &norm);
    if (t->discriminator)
        good = sc_learner_step(t->discriminator, &discriminator, &norm) && good;
    t->bad_steps = good ? 0 : t->bad_steps + 1;
    if (t->deviation >= 0) /* there was a photo to judge by */
        t->blank_steps = t->deviation < blank_deviation ? t->blank_steps + 1 : 0;
    if (!good)
        *note = "the gradient was not a number: this step was left out";
    if (t->bad_steps == MOST_BAD_STEPS)
        return sc_fail(err, SCUMBLE_ERR_DIVERGED,
                       "the gradient was not a number in %d steps in a row; begin anew with a smaller `learning_rate`",
                       MOST_BAD_STEPS);
    return t->blank_steps < MOST_BLANK_STEPS ? SCUMBLE_OK : sc_trainer_check(t, err);
}

/* After a step that was broken off before the networks went on: all as before it. */
static void undo_step(sc_trainer *t)
{
    sc_learner_forget(t->generator);
    if (t->discriminator)
        sc_learner_forget(t->discriminator);
    sc_loader_seek(t->loader, (uint64_t)t->steps * (uint64_t)t->config.options.batch);
    t->broken_off = false;
}

int sc_trainer_step(sc_trainer *t, double progress, sc_losses *losses, const char **note, sc_error *err)
{
    int batch = t->config.options.batch, code = SCUMBLE_OK;
    if (t->broken_off)
        undo_step(t);
    *losses = (sc_losses){ .count = 0 };
    *note = NULL;
    t->deviation = -1;
    for (int i = 0; i < batch && !code; i++)
        code = learn_from(t, (uint64_t)t->steps * (uint64_t)batch + (uint64_t)i, 1 / (float)batch, losses, err);
    if (!code)
        code = sc_threads_check(t->config.threads, err);
    t->broken_off = code != SCUMBLE_OK;
    if (!code)
        code = take_steps(t, progress, note, err);
    t->steps += !code;
    return code;
}

int64_t sc_trainer_steps(const sc_trainer *trainer)
{
    return trainer->steps;
}

int64_t sc_trainer_photos(const sc_trainer *trainer)
{
    return sc_loader_count(trainer->loader);
}

int64_t sc_trainer_parameters(const sc_trainer *trainer)
{
    return (int64_t)trainer->generator->count;
}

bool sc_trainer_take_complaint(sc_trainer *trainer, char **sentence)
{
    return sc_loader_take_complaint(trainer->loader, sentence);
}

/* Goes on with the samples that come after `steps` steps. */
int sc_trainer_seek(sc_trainer *t, int64_t steps, sc_error *err)
{
    t->steps = steps;
    return open_loader(t, (uint64_t)steps * (uint64_t)t->config.options.batch, err);
}
