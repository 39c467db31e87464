/* SPDX-License-Identifier: MIT */
/* The rows of the objective. See groups.h. */
#include "loss/groups.h"

#include <stddef.h>
#include <string.h>

typedef struct row {
    const char *name;
    sc_role role;
    const sc_term *term; /* its only one; NULL: the user names them */
    bool trained;        /* in training alone */
    double weight;       /* unless an option says, at `weight_at` in sc_style_options (0: none does) */
    size_t weight_at, terms_at, layers_at;
    const char *weight_option, *terms_option, *layers_option; /* by which it is set, and for sentences */
    int (*layers)(const sc_encoder *encoder, sc_layers *layers, sc_error *err); /* its own; NULL: layers play no part */
} row;

/* Strokes and letters: the second and third of the encoder's style layers. */
static int fine_layers(const sc_encoder *encoder, sc_layers *layers, sc_error *err)
{
    int code = sc_layers_parse(layers, encoder, sc_encoder_default_style_layers(encoder), "style_layers", err);
    if (!code)
        sc_layers_keep(layers, 1, 2);
    return code;
}

#define AT(field) offsetof(sc_style_options, field)

static const row rows[] = {
    { "content", SC_ROLE_CONTENT, NULL, false, 0, AT(alpha), AT(content_terms), AT(content_layers), "alpha",
      "content_terms", "content_layers" },
    { "style", SC_ROLE_STYLE, NULL, false, 0, AT(beta), AT(style_terms), AT(style_layers), "beta", "style_terms",
      "style_layers" },
    { .name = "legible",
      .role = SC_ROLE_LEGIBLE,
      .term = &sc_term_feature,
      .layers = fine_layers,
      .weight_at = AT(legible),
      .weight_option = "legible" },
    { .name = "adversarial", .role = SC_ROLE_OWN, .term = &sc_term_adversarial, .trained = true },
    { .name = "temporal", .role = SC_ROLE_REFERENCE, .term = &sc_term_temporal, .weight = 100 },
    { .name = "tv", .role = SC_ROLE_OWN, .term = &sc_term_tv, .weight_at = AT(tv) },
};
enum { ROWS = sizeof rows / sizeof *rows };

static const row *row_named(const char *name)
{
    for (const row *r = rows; r < rows + ROWS; r++)
        if (!strcmp(r->name, name) || (r->weight_option && !strcmp(r->weight_option, name)))
            return r;
    return NULL;
}

static void groups_add(sc_objective_config *config, const row *r, double weight, const sc_terms *terms)
{
    sc_loss_group *group = &config->groups[config->group_count++];
    *group = (sc_loss_group){ .name = r->name, .role = r->role, .weight = weight };
    if (terms)
        group->terms = *terms;
    else
        group->terms = (sc_terms){ 1, { { .term = r->term, .weight = 1 } } };
}

void sc_groups_add(sc_objective_config *config, const char *name, double weight, const sc_terms *terms)
{
    groups_add(config, row_named(name), weight, terms);
}

bool sc_group_settable(const char *name)
{
    const row *r = row_named(name);
    return r && !r->trained;
}

int sc_group_named(const sc_objective_config *config, const char *name)
{
    const row *r = row_named(name);
    for (int g = 0; g < config->group_count && r; g++)
        if (config->groups[g].name == r->name)
            return g;
    return -1;
}

/* Of terms that look at the encoder's usual layers: not at the deepest, which sees things rather than strokes. */
static void leave_out_deepest(sc_terms *terms, const sc_encoder *encoder)
{
    sc_layers usual;
    sc_error err;
    if (sc_layers_parse(&usual, encoder, sc_encoder_default_style_layers(encoder), "style_layers", &err))
        return;
    for (int t = 0; t < terms->count; t++) {
        sc_layers *own = &terms->choice[t].layers;
        if (own->count > 1 && own->index[own->count - 1] == usual.index[usual.count - 1])
            own->count--;
    }
}

int sc_groups_of_options(sc_objective_config *config, const sc_style_options *options, sc_error *err)
{
    const char *bytes = (const char *)options;
    int code = SCUMBLE_OK;
    for (const row *r = rows; r < rows + ROWS && !code; r++) {
        double weight = r->weight;
        sc_terms terms;
        if (r->trained)
            continue;
        if (r->weight_at)
            memcpy(&weight, bytes + r->weight_at, sizeof weight);
        if (!r->term)
            code = sc_terms_parse(&terms, r->role, config->encoder, bytes + r->terms_at, r->terms_option,
                                  bytes + r->layers_at, r->layers_option, err);
        if (!code && r->role == SC_ROLE_STYLE && options->objects == SC_CHOSE_AVOID && !*options->style_layers)
            leave_out_deepest(&terms, config->encoder);
        if (!code && r->layers) {
            terms = (sc_terms){ 1, { { .term = r->term, .weight = 1 } } };
            code = r->layers(config->encoder, &terms.choice[0].layers, err);
        }
        if (!code)
            groups_add(config, r, weight, r->term && !r->layers ? NULL : &terms);
    }
    return code;
}
