/* SPDX-License-Identifier: MIT */
/* The objective at work: losses, gradient, balance, and targets that follow the picture. See objective.h. */
#include <string.h>

#include "loss/objective_internal.h"

static sc_role role_of(const sc_objective *o, const sc_objective_part *p)
{
    return o->config.groups[p->group].role;
}

static size_t image_values(const sc_objective *o)
{
    return (size_t)o->body.height * (size_t)o->body.width * 3;
}

/* The head's inputs to fill, or their gradients. */
static int borrow_values(sc_objective *o, sc_tensor *tensors, sc_loan loan, sc_error *err)
{
    for (int i = 0; i < o->body.value_count; i++) {
        tensors[i].data = sc_graph_lend(o->graph, o->values[i], loan, err);
        if (!tensors[i].data)
            return err->code;
    }
    return SCUMBLE_OK;
}

static void return_values(sc_objective *o, sc_tensor *tensors, sc_loan loan)
{
    for (int i = 0; i < o->body.value_count; i++) {
        if (tensors[i].data)
            sc_graph_take_back(o->graph, o->values[i], loan);
        tensors[i].data = NULL;
    }
}

static int sum_tiles(sc_objective *o, const float *x, sc_error *err)
{
    int code = borrow_values(o, o->sums, SC_LOAN_TO_FILL, err);
    for (int i = 0; i < o->body.value_count && !code; i++)
        memset(o->sums[i].data, 0, sc_shape_bytes(o->sums[i].shape));
    if (!code)
        code = sc_body_sum(&o->body, x, o->sums, err);
    return_values(o, o->sums, SC_LOAN_TO_FILL);
    return code;
}

/* The losses at x. */
static int evaluate_run_forward(sc_objective *o, const float *x, sc_error *err)
{
    int code = SCUMBLE_OK;
    if (sc_body_is_tiled(&o->body))
        code = sum_tiles(o, x, err);
    else
        sc_graph_write(o->graph, o->image, 0, x, image_values(o));
    return code ? code : sc_graph_run_forward(o->graph, err);
}

/* dL_total/dx after a run. */
static int read_gradient(sc_objective *o, const float *x, float *gradient, sc_error *err)
{
    if (!sc_body_is_tiled(&o->body))
        return sc_graph_read_gradient(o->graph, o->image, gradient, err);
    int code = borrow_values(o, o->slopes, SC_LOAN_OF_GRADIENT, err);
    if (!code)
        code = sc_body_gradient(&o->body, x, o->slopes, gradient, err);
    return_values(o, o->slopes, SC_LOAN_OF_GRADIENT);
    return code;
}

int sc_objective_balance(sc_objective *o, const float *reference, sc_error *err)
{
    int code = evaluate_run_forward(o, reference, err);
    for (int i = 0; i < o->part_count && !code; i++) {
        sc_objective_part *p = &o->parts[i];
        if (role_of(o, p) == SC_ROLE_STYLE)
            sc_objective_set_divisor(o, p, sc_graph_scalar(o->graph, p->loss) + 0.01 * p->energy);
    }
    return code;
}

void sc_objective_content_changed(sc_objective *o)
{
    for (int i = 0; i < o->part_count; i++) {
        sc_objective_part *p = &o->parts[i];
        if (role_of(o, p) == SC_ROLE_CONTENT || role_of(o, p) == SC_ROLE_LEGIBLE) {
            p->energy = p->use->choice->term->energy(p->use->targets, p->index);
            sc_objective_set_divisor(o, p, p->energy);
        }
    }
}

int sc_objective_critic_features(const sc_objective *o, float *features, sc_error *err)
{
    int u = 0;
    while (o->body.uses[u].choice->term != &sc_term_adversarial)
        u++;
    return sc_graph_read(o->graph, o->values[o->body.uses[u].first_value], features, err);
}

int sc_objective_divisor_count(const sc_objective *o)
{
    int count = 0;
    for (int i = 0; i < o->part_count; i++)
        count += o->parts[i].divisor != SC_NO_VALUE;
    return count;
}

void sc_objective_divisors(const sc_objective *o, float *divisors)
{
    for (int i = 0; i < o->part_count; i++)
        if (o->parts[i].divisor != SC_NO_VALUE)
            *divisors++ = sc_graph_scalar(o->graph, o->parts[i].divisor);
}

void sc_objective_set_divisors(sc_objective *o, const float *divisors)
{
    for (int i = 0; i < o->part_count; i++)
        if (o->parts[i].divisor != SC_NO_VALUE)
            sc_objective_write(o, o->parts[i].divisor, *divisors++);
}

bool sc_objective_refreshes(const sc_objective *o)
{
    for (int u = 0; u < o->body.use_count; u++)
        if (o->body.uses[u].choice->term->refresh || o->body.uses[u].choice->term->look)
            return true;
    return false;
}

int sc_objective_refresh(sc_objective *o, const float *picture, uint64_t round, sc_error *err)
{
    for (int u = 0; u < o->body.use_count; u++) {
        sc_term_view view = sc_body_view(&o->body, &o->body.uses[u], o->graph);
        if (o->body.uses[u].choice->term->look)
            o->body.uses[u].choice->term->look(&view, round);
    }
    int code = evaluate_run_forward(o, picture, err);
    for (int u = 0; u < o->body.use_count && !code; u++) {
        sc_term_view view = sc_body_view(&o->body, &o->body.uses[u], o->graph);
        if (o->body.uses[u].choice->term->refresh)
            code = o->body.uses[u].choice->term->refresh(&view, o->config.device, err);
    }
    return code;
}

static sc_losses read_losses(const sc_objective *o)
{
    sc_losses losses = { .count = 0 };
    for (int g = 0; g < o->config.group_count; g++)
        if (o->losses[g] != SC_NO_VALUE)
            sc_losses_add(&losses, o->config.groups[g].name, (double)sc_graph_scalar(o->graph, o->losses[g]));
    sc_losses_add(&losses, "total", (double)sc_graph_scalar(o->graph, o->total));
    return losses;
}

int sc_objective_evaluate(sc_objective *o, const float *x, float *gradient, sc_losses *losses, sc_error *err)
{
    int code = evaluate_run_forward(o, x, err);
    if (!code)
        code = sc_graph_run_backward(o->graph, err);
    if (!code)
        code = read_gradient(o, x, gradient, err);
    if (code)
        return code;
    *losses = read_losses(o);
    return SCUMBLE_OK;
}
