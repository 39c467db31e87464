/* SPDX-License-Identifier: MIT */
/* The generator's and the discriminator's graphs. See parts.h. */
#include "train/parts.h"

#include <stdlib.h>
#include <string.h>

#include "nets/program/usage.h"

static sc_value *make_parameters(const sc_program *program, sc_error *err)
{
    sc_value *parameters = malloc(((size_t)program->parameter_count + 1) * sizeof *parameters);
    if (!parameters)
        sc_fail_memory(err, (size_t)program->parameter_count * sizeof *parameters);
    for (int i = 0; parameters && i < program->parameter_count; i++)
        parameters[i] = SC_NO_VALUE;
    return parameters;
}

/* ---- the generator --------------------------------------------------------------------------------------------- */

/* The loss is <painted, slope>, whose gradient with respect to `painted` is the slope. */
static int build_generator_graph(sc_generator_graph *b, const sc_program *generator, int edge, sc_error *err)
{
    sc_shape shape = { 1, 3, edge, edge };
    b->photo = sc_graph_input(b->graph, "photo", shape);
    int code = sc_usage_build(generator, SC_TO_PAINT, b->graph, b->photo, false, b->parameters, &b->painted, err);
    if (code)
        return code;
    b->slope = sc_graph_input(b->graph, "slope", shape);
    sc_graph_keep(b->graph, b->painted);
    sc_value mean = sc_graph_mean(b->graph, sc_graph_multiply(b->graph, b->painted, b->slope));
    sc_value loss = sc_graph_add(b->graph, (float)sc_shape_count(shape), mean, 0, mean);
    code = sc_graph_differentiate(b->graph, loss, b->parameters, generator->parameter_count, err);
    return code ? code : sc_graph_plan(b->graph, err);
}

int sc_generator_graph_create(sc_generator_graph *g, const sc_program *generator, int edge, sc_device *device,
                              sc_error *err)
{
    *g = (sc_generator_graph){ .parameters = make_parameters(generator, err) };
    int code = g->parameters ? sc_graph_create(&g->graph, device, err) : err->code;
    return code ? code : build_generator_graph(g, generator, edge, err);
}

void sc_generator_graph_free(sc_generator_graph *g)
{
    sc_graph_destroy(g->graph);
    free(g->parameters);
    *g = (sc_generator_graph){ 0 };
}

static size_t count_of(const sc_graph *graph, sc_value value)
{
    return sc_shape_count(sc_graph_shape(graph, value));
}

int sc_generator_graph_paint(sc_generator_graph *g, const float *photo, float *painted, sc_error *err)
{
    sc_graph_write(g->graph, g->photo, 0, photo, count_of(g->graph, g->photo));
    int code = sc_graph_run_forward(g->graph, err);
    return code ? code : sc_graph_read(g->graph, g->painted, painted, err);
}

int sc_generator_graph_learn(sc_generator_graph *g, const float *slope, float weight, sc_learner *learner,
                             sc_error *err)
{
    sc_graph_write(g->graph, g->slope, 0, slope, count_of(g->graph, g->slope));
    int code = sc_graph_run_backward(g->graph, err);
    return code ? code : sc_learner_collect(learner, g->graph, g->parameters, weight, err);
}

/* ---- the discriminator ----------------------------------------------------------------------------------------- */

/* weight * mean max(0, 1 + sign D(features)) */
static int add_hinge(sc_contest *c, const sc_program *discriminator, sc_shape shape, int which, float sign,
                     float weight, sc_error *err)
{
    sc_graph *g = c->graph;
    sc_value score;
    c->features[which] = sc_graph_input(g, "features", shape);
    int code = sc_usage_build(discriminator, SC_TO_JUDGE, g, c->features[which], false, c->parameters, &score, err);
    if (code)
        return code;
    float one = 1;
    sc_value margin = sc_graph_constant(g, "margin", &(sc_tensor){ { 1, 1, 1, 1 }, &one });
    sc_value mean = sc_graph_mean(g, sc_graph_relu(g, sc_graph_add(g, sign, score, 1, margin)));
    c->loss =
        c->loss == SC_NO_VALUE ? sc_graph_add(g, weight, mean, 0, mean) : sc_graph_add(g, 1, c->loss, weight, mean);
    return SCUMBLE_OK;
}

static int build_contest(sc_contest *c, const sc_program *discriminator, sc_shape shape, double photos, sc_error *err)
{
    const float signs[3] = { -1, 1, 1 }, weights[3] = { 1, (float)(1 - photos), (float)photos };
    int code = SCUMBLE_OK;
    for (int i = 0; i < 3 && !code; i++)
        if (weights[i] > 0)
            code = add_hinge(c, discriminator, shape, i, signs[i], weights[i], err);
    if (code)
        return code;
    sc_graph_keep(c->graph, c->loss);
    code = sc_graph_differentiate(c->graph, c->loss, c->parameters, discriminator->parameter_count, err);
    return code ? code : sc_graph_plan(c->graph, err);
}

int sc_contest_create(sc_contest *contest, const sc_program *discriminator, sc_shape features, double photos,
                      sc_device *device, sc_error *err)
{
    *contest = (sc_contest){ .features = { SC_NO_VALUE, SC_NO_VALUE, SC_NO_VALUE },
                             .loss = SC_NO_VALUE,
                             .parameters = make_parameters(discriminator, err) };
    int code = contest->parameters ? sc_graph_create(&contest->graph, device, err) : err->code;
    return code ? code : build_contest(contest, discriminator, features, photos, err);
}

void sc_contest_free(sc_contest *contest)
{
    sc_graph_destroy(contest->graph);
    free(contest->parameters);
    *contest = (sc_contest){ 0 };
}

void sc_contest_show(sc_contest *contest, int which, const sc_tensor *features)
{
    if (contest->features[which] != SC_NO_VALUE)
        sc_graph_write(contest->graph, contest->features[which], 0, features->data, sc_shape_count(features->shape));
}

int sc_contest_learn(sc_contest *contest, float weight, sc_learner *learner, double *loss, sc_error *err)
{
    int code = sc_graph_run(contest->graph, err);
    if (!code)
        code = sc_learner_collect(learner, contest->graph, contest->parameters, weight, err);
    if (!code)
        *loss = (double)sc_graph_scalar(contest->graph, contest->loss);
    return code;
}
