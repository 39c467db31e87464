/* SPDX-License-Identifier: MIT */
/* Adam, averages and spectral norms. See learner.h. Plain loops on one thread: there are some 10^5 values, and a step's
 * networks cost a thousand times more. */
#include "train/learner.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/rng.h"
#include "optimise/optimizer.h"

static const double epsilon = 1e-8; /* Adam's */

/* A convolution's weights as a matrix: outputs x everything else. */
static bool is_matrix(const struct sc_parameter *p)
{
    return strstr(p->name, ".weight") != NULL;
}

static size_t learner_size_of(const struct sc_parameter *p)
{
    return sc_shape_count(p->value.shape);
}

/* ---- spectral norms -------------------------------------------------------------------------------------------- */

/* v / |v| */
static void learner_normalise(double *v, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += v[i] * v[i];
    double norm = sqrt(sum) + 1e-12;
    for (size_t i = 0; i < count; i++)
        v[i] /= norm;
}

/* One step of power iteration from u on: v = W^T u and u = W v, each made a unit vector; returns sigma = |W v|. W: rows
 * x columns; v has room for a row. */
static double iterate(const float *w, size_t rows, size_t columns, float *u, double *v)
{
    memset(v, 0, columns * sizeof *v);
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < columns; c++)
            v[c] += (double)w[r * columns + c] * u[r];
    learner_normalise(v, columns);
    double sum = 0;
    for (size_t r = 0; r < rows; r++) {
        double product = 0;
        for (size_t c = 0; c < columns; c++)
            product += (double)w[r * columns + c] * v[c];
        u[r] = (float)product;
        sum += product * product;
    }
    double sigma = sqrt(sum) + 1e-12;
    for (size_t r = 0; r < rows; r++)
        u[r] = (float)(u[r] / sigma);
    return sigma;
}

/* One iteration for each matrix: the singular vectors and norms. v has room for the most columns. */
static void find_norms(sc_learner *l, double *v)
{
    const float *values = l->values;
    float *u = l->singular;
    for (int i = 0; i < l->program->parameter_count; i++) {
        const struct sc_parameter *p = &l->program->parameters[i];
        size_t count = learner_size_of(p), rows = (size_t)p->value.shape.n;
        l->sigmas[i] = 1;
        if (is_matrix(p)) {
            l->sigmas[i] = (float)iterate(values, rows, count / rows, u, v);
            u += rows;
        }
        values += count;
    }
}

/* The program's parameters from the values, or others. */
static void publish(sc_learner *l, const float *values)
{
    for (int i = 0; i < l->program->parameter_count; i++) {
        struct sc_parameter *p = &l->program->parameters[i];
        float sigma = l->sigmas ? l->sigmas[i] : 1;
        for (size_t k = 0; k < learner_size_of(p); k++)
            p->value.data[k] = *values++ / sigma;
    }
    l->program->changes++;
}

/* From the gradient with respect to P = W / sigma to that with respect to W: (dL/dP - <dL/dP, P> u v^T) / sigma (Miyato
 * et al. 2018, eq. 12), v = W^T u / sigma. */
static void through_norms(sc_learner *l, double *v)
{
    float *gradient = l->gradient;
    const float *u = l->singular, *values = l->values;
    for (int i = 0; i < l->program->parameter_count; i++) {
        const struct sc_parameter *p = &l->program->parameters[i];
        size_t count = learner_size_of(p), rows = (size_t)p->value.shape.n, columns = count / rows;
        if (is_matrix(p)) {
            double product = 0, sigma = l->sigmas[i];
            memset(v, 0, columns * sizeof *v);
            for (size_t k = 0; k < count; k++) {
                product += (double)gradient[k] * p->value.data[k];
                v[k % columns] += (double)values[k] * u[k / columns];
            }
            learner_normalise(v, columns);
            for (size_t k = 0; k < count; k++)
                gradient[k] = (float)((gradient[k] - product * u[k / columns] * v[k % columns]) / sigma);
            u += rows;
        }
        gradient += count;
        values += count;
    }
}

static size_t most_columns(const sc_program *program)
{
    size_t most = 1;
    for (int i = 0; i < program->parameter_count; i++) {
        size_t columns = learner_size_of(&program->parameters[i]) / (size_t)program->parameters[i].value.shape.n;
        most = columns > most ? columns : most;
    }
    return most;
}

/* Room for a right singular vector. It is small; without it there is no step. */
static double *make_right(const sc_program *program)
{
    return malloc(most_columns(program) * sizeof(double));
}

/* ---- life ------------------------------------------------------------------------------------------------------ */

static int create_singular(sc_learner *l, uint64_t seed, sc_error *err)
{
    enum { WARM_UP = 20 };
    for (int i = 0; i < l->program->parameter_count; i++)
        if (is_matrix(&l->program->parameters[i]))
            l->singular_count += (size_t)l->program->parameters[i].value.shape.n;
    l->singular = malloc((l->singular_count + 1) * sizeof *l->singular);
    l->sigmas = malloc(((size_t)l->program->parameter_count + 1) * sizeof *l->sigmas);
    double *v = make_right(l->program);
    if (!l->singular || !l->sigmas || !v) {
        free(v);
        return sc_fail_memory(err, l->singular_count * sizeof *l->singular);
    }
    for (size_t i = 0; i < l->singular_count; i++)
        l->singular[i] = sc_random_normal(seed, i);
    for (int i = 0; i < WARM_UP; i++)
        find_norms(l, v);
    publish(l, l->values);
    free(v);
    return SCUMBLE_OK;
}

int sc_learner_create(sc_learner **learner, sc_program *program, bool spectral, uint64_t seed, sc_error *err)
{
    *learner = NULL;
    sc_learner *l = calloc(1, sizeof *l);
    if (!l)
        return sc_fail_memory(err, sizeof *l);
    l->program = program;
    l->count = sc_program_size(program);
    float **const vectors[] = { &l->values, &l->gradient, &l->first, &l->second, &l->average };
    int code = SCUMBLE_OK;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors && !code; i++) {
        *vectors[i] = calloc(l->count + 1, sizeof **vectors[i]);
        if (!*vectors[i])
            code = sc_fail_memory(err, l->count * sizeof **vectors[i]);
    }
    float *to = l->values;
    for (int i = 0; i < program->parameter_count && !code; i++) {
        memcpy(to, program->parameters[i].value.data, learner_size_of(&program->parameters[i]) * sizeof *to);
        to += learner_size_of(&program->parameters[i]);
    }
    if (!code)
        memcpy(l->average, l->values, l->count * sizeof *l->values);
    if (!code && spectral)
        code = create_singular(l, seed, err);
    if (code)
        sc_learner_free(l);
    else
        *learner = l;
    return code;
}

void sc_learner_free(sc_learner *learner)
{
    if (!learner)
        return;
    float *const vectors[] = { learner->values,  learner->gradient, learner->first, learner->second,
                               learner->average, learner->singular, learner->sigmas };
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
        free(vectors[i]);
    free(learner);
}

/* ---- learning -------------------------------------------------------------------------------------------------- */

int sc_learner_collect(sc_learner *l, sc_graph *graph, const sc_value *values, float weight, sc_error *err)
{
    float *to = l->gradient;
    for (int i = 0; i < l->program->parameter_count; i++) {
        const float *own = sc_graph_lend(graph, values[i], SC_LOAN_OF_GRADIENT, err);
        if (!own)
            return err->code;
        size_t count = learner_size_of(&l->program->parameters[i]);
        for (size_t k = 0; k < count; k++)
            to[k] += weight * own[k];
        to += count;
        sc_graph_take_back(graph, values[i], SC_LOAN_OF_GRADIENT);
    }
    return SCUMBLE_OK;
}

void sc_learner_forget(sc_learner *l)
{
    memset(l->gradient, 0, l->count * sizeof *l->gradient);
}

/* Kingma and Ba 2015, algorithm 1. */
static void adam(sc_learner *l, const sc_learning *how)
{
    double t = (double)l->steps, averaging = fmin(how->averaging, (1 + t) / (10 + t));
    float b1 = (float)how->first, b2 = (float)how->second, d = (float)averaging;
    float first_scale = (float)(1 / (1 - pow(how->first, t))), second_scale = (float)(1 / (1 - pow(how->second, t))),
          rate = (float)how->rate;
    for (size_t i = 0; i < l->count; i++) {
        float g = l->gradient[i];
        l->first[i] = b1 * l->first[i] + (1 - b1) * g;
        l->second[i] = b2 * l->second[i] + (1 - b2) * g * g;
        l->values[i] -= rate * l->first[i] * first_scale / (sqrtf(l->second[i] * second_scale) + (float)epsilon);
        l->average[i] = d * l->average[i] + (1 - d) * l->values[i];
    }
}

static void shorten(sc_learner *l, double norm, double most)
{
    float factor = (float)(most / norm);
    for (size_t i = 0; i < l->count && most > 0 && norm > most; i++)
        l->gradient[i] *= factor;
}

bool sc_learner_step(sc_learner *l, const sc_learning *how, double *norm)
{
    double *v = make_right(l->program), sum = 0;
    for (size_t i = 0; i < l->count; i++)
        sum += (double)l->gradient[i] * l->gradient[i];
    *norm = sqrt(sum);
    bool good = v && isfinite(*norm);
    if (good) {
        shorten(l, *norm, how->clip);
        if (l->singular)
            through_norms(l, v);
        l->steps++;
        adam(l, how);
        if (l->singular)
            find_norms(l, v);
        publish(l, l->values);
    }
    sc_learner_forget(l);
    free(v);
    return good;
}

void sc_learner_show_average(sc_learner *learner, bool average)
{
    publish(learner, average ? learner->average : learner->values);
}

/* ---- checkpoints ----------------------------------------------------------------------------------------------- */

typedef struct item {
    const char *name;
    float *values;
    size_t count;
} item;

enum { ITEMS = 6 };

static int items_of(const sc_learner *l, item items[ITEMS])
{
    const item all[ITEMS] = { { "values", l->values, l->count },
                              { "first", l->first, l->count },
                              { "second", l->second, l->count },
                              { "average", l->average, l->count },
                              { "singular", l->singular, l->singular_count },
                              { "sigmas", l->sigmas, (size_t)l->program->parameter_count } };
    memcpy(items, all, sizeof all);
    return l->singular ? ITEMS : ITEMS - 2;
}

int sc_learner_save(const sc_learner *l, const char *prefix, sc_weights *state, sc_error *err)
{
    item items[ITEMS];
    char name[64];
    snprintf(name, sizeof name, "%s.steps", prefix);
    int count = items_of(l, items), code = sc_state_put_number(state, name, (double)l->steps, err);
    for (int i = 0; i < count && !code; i++) {
        snprintf(name, sizeof name, "%s.%s", prefix, items[i].name);
        code = sc_state_put(state, name, items[i].values, items[i].count, err);
    }
    return code;
}

int sc_learner_load(sc_learner *l, const char *prefix, const sc_weights *state, sc_error *err)
{
    item items[ITEMS];
    char name[64];
    double steps;
    snprintf(name, sizeof name, "%s.steps", prefix);
    int count = items_of(l, items), code = sc_state_get_number(state, name, &steps, err);
    for (int i = 0; i < count && !code; i++) {
        snprintf(name, sizeof name, "%s.%s", prefix, items[i].name);
        code = sc_state_get(state, name, items[i].values, items[i].count, err);
    }
    if (!code && !(steps >= 0 && steps < 1e15))
        code = sc_fail(err, SCUMBLE_ERR_FORMAT, "the checkpoint's number of steps does not fit");
    if (code)
        return code;
    l->steps = (int64_t)steps;
    publish(l, l->values);
    return SCUMBLE_OK;
}
