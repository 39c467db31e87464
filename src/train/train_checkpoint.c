/* SPDX-License-Identifier: MIT */
/* What a trainer leaves behind: painters to paint with, and checkpoints to go on from, which hold all numbers bit for
 * bit. A checkpoint's identity, a hash over the options, the encoder and the paintings, keeps it from being gone on
 * with under others. More photos, or more steps, may come. */
#include <stdio.h>
#include <stdlib.h>

#include "core/file.h"
#include "optimise/optimizer.h"
#include "train/checkpoint.h"
#include "train/trainer.h"

int sc_trainer_save_painter(const sc_trainer *t, const sc_painter *texts, const char *path, sc_error *err)
{
    sc_painter painter = *texts;
    sc_weights *weights;
    painter.range = 1;
    painter.generator = t->generator_program;
    painter.discriminator = t->discriminator_program;
    int code = sc_trainer_check(t, err);
    if (!code)
        code = sc_painter_to_weights(&painter, t->generator->average, &weights, err);
    if (code)
        return code;
    code = sc_safetensors_write(NULL, weights, path, true, err);
    sc_weights_free(weights);
    return code;
}

/* ---- identity -------------------------------------------------------------------------------------------------- */

static int terms_text(const sc_terms *terms, char *text, size_t size)
{
    int used = 0;
    for (int i = 0; i < terms->count && used < (int)size; i++) {
        const struct sc_term_choice *c = &terms->choice[i];
        used += snprintf(text + used, size - (size_t)used, " %s:%.17g", c->term->name, c->weight);
        for (int k = 0; k < c->layers.count && used < (int)size; k++)
            used += snprintf(text + used, size - (size_t)used, ",%d:%.17g", c->layers.index[k], c->layers.weight[k]);
    }
    return used < (int)size ? used : (int)size - 1;
}

static void train_checkpoint_identify(const sc_trainer *t, char hex[65])
{
    const sc_train_options *o = &t->config.options;
    char text[8192];
    int used =
        snprintf(text, sizeof text, "%s %.17g %.17g %.17g %.17g %.17g %d %d %.17g %d %d %d %llu %d %s", o->size,
                 o->alpha, o->beta, o->gamma, o->tv, o->photos, o->discriminator, o->each, o->rate, o->batch, o->edge,
                 o->style_edge, (unsigned long long)o->seed, t->config.layer, sc_encoder_sha256(t->config.encoder));
    if (o->steady > 0) /* checkpoints from before there was such an option fit */
        used += snprintf(text + used, sizeof text - (size_t)used, " steady %.17g", o->steady);
    used += terms_text(&t->config.content, text + used, sizeof text - (size_t)used);
    used += terms_text(&t->config.style, text + used, sizeof text - (size_t)used);
    for (int i = 0; i < t->config.painting_count && used < (int)sizeof text - 128; i++) {
        const sc_image *p = &t->paintings[i];
        char own[65];
        sc_sha256(NULL, p->rgb, (size_t)p->width * (size_t)p->height * 3 * sizeof *p->rgb, own);
        used += snprintf(text + used, sizeof text - (size_t)used, " %dx%d %.16s %.17g", p->width, p->height, own,
                         t->weights[i]);
    }
    sc_sha256(NULL, text, (size_t)used, hex);
}

/* ---- checkpoints ----------------------------------------------------------------------------------------------- */

static int put_divisors(const sc_trainer *t, int i, sc_weights *state, sc_error *err)
{
    char name[32];
    float *to;
    snprintf(name, sizeof name, "divisors%d", i);
    int code = sc_weights_add(state, name, &(int64_t){ sc_objective_divisor_count(t->objectives[i]) }, 1, &to, err);
    if (!code)
        sc_objective_divisors(t->objectives[i], to);
    return code;
}

static int get_divisors(sc_trainer *t, int i, const sc_weights *state, sc_error *err)
{
    char name[32];
    size_t count = (size_t)sc_objective_divisor_count(t->objectives[i]);
    float *values = malloc((count + 1) * sizeof *values);
    if (!values)
        return sc_fail_memory(err, count * sizeof *values);
    snprintf(name, sizeof name, "divisors%d", i);
    int code = sc_state_get(state, name, values, count, err);
    if (!code)
        sc_objective_set_divisors(t->objectives[i], values);
    free(values);
    return code;
}

int sc_trainer_save(const sc_trainer *t, const char *recipe, double elapsed_s, const char *path, sc_error *err)
{
    sc_checkpoint head = {
        .training = SC_TRAINING_PAINTER, .recipe = recipe, .steps = t->steps, .elapsed_s = elapsed_s
    };
    sc_weights *state;
    train_checkpoint_identify(t, head.identity);
    int code = sc_trainer_check(t, err);
    if (!code)
        code = sc_checkpoint_begin(&head, &state, err);
    if (code)
        return code;
    for (int i = 0; i < t->objective_count && !code; i++)
        code = put_divisors(t, i, state, err);
    if (!code)
        code = sc_learner_save(t->generator, "generator", state, err);
    if (!code && t->discriminator)
        code = sc_learner_save(t->discriminator, "discriminator", state, err);
    return sc_checkpoint_write(state, path, code, err);
}

int sc_trainer_load(sc_trainer *t, const sc_weights *state, double *elapsed_s, sc_error *err)
{
    sc_checkpoint head = { .training = SC_TRAINING_PAINTER };
    train_checkpoint_identify(t, head.identity);
    int code = sc_checkpoint_read(&head, state, "options or paintings, or another encoder", err);
    *elapsed_s = head.elapsed_s;
    for (int i = 0; i < t->objective_count && !code; i++)
        code = get_divisors(t, i, state, err);
    if (!code)
        code = sc_learner_load(t->generator, "generator", state, err);
    if (!code && t->discriminator)
        code = sc_learner_load(t->discriminator, "discriminator", state, err);
    return code ? code : sc_trainer_seek(t, head.steps, err);
}
