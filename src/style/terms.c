/* SPDX-License-Identifier: MIT */
/* The terms by name, and what they share. See term.h. */
#include <glib.h>
#include <math.h>
#include <string.h>

#include "core/nearest.h"
#include "style/region.h"
#include "style/term.h"

static const sc_term *const content_terms[] = { &sc_term_feature, &sc_term_structure, &sc_term_detail, NULL };
static const sc_term *const style_terms[] = { &sc_term_gram, &sc_term_cross_gram, &sc_term_w2, &sc_term_sliced, &sc_term_histogram, &sc_term_neighbour, &sc_term_nnfm, NULL };

/* ---- parsing ------------------------------------------------------------------------------------------------------ */

static int find_term(const sc_term *const *all, const char *name, const char *option, const sc_term **term, sc_error *err)
{
    const char *names[SC_MAX_TERMS];
    char list[256] = "", hint[SC_HINT_BYTES];
    int count = 0;
    for (; all[count]; count++) {
        names[count] = all[count]->name;
        g_strlcat(list, count ? ", " : "", sizeof list);
        g_strlcat(list, names[count], sizeof list);
        if (!strcmp(names[count], name)) {
            *term = all[count];
            return SCUMBLE_OK;
        }
    }
    return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "--%s: there is no term '%.40s'; there are %s%s", option, name, list,
                   sc_nearest_hint(name, names, count, hint));
}

static int parse_one(sc_terms *terms, const sc_term *const *all, char *text, const char *option, sc_error *err)
{
    struct sc_term_choice *choice = &terms->choice[terms->count];
    choice->weight = 1;
    char *colon = strchr(text, ':'), *end;
    if (colon) {
        *colon = 0;
        choice->weight = g_ascii_strtod(colon + 1, &end);
        if (end == colon + 1 || *end || !(choice->weight > 0 && choice->weight <= SC_MAX_WEIGHT))
            return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "--%s: '%.40s' is not a weight for %.40s; a positive number up to %.0f is needed", option,
                           colon + 1, text, SC_MAX_WEIGHT);
    }
    int code = find_term(all, text, option, &choice->term, err);
    for (int i = 0; i < terms->count && !code; i++)
        if (terms->choice[i].term == choice->term)
            code = sc_fail(err, SCUMBLE_ERR_ARGUMENT, "--%s names the term %s twice", option, text);
    terms->count += !code;
    return code;
}

int sc_terms_parse(sc_terms *terms, sc_role role, const sc_encoder *encoder, const char *text, const char *option, const char *layers,
                   const char *layers_option, sc_error *err)
{
    terms->count = 0;
    const sc_term *const *all = role == SC_ROLE_CONTENT ? content_terms : style_terms;
    char **parts = g_strsplit(text, ",", -1);
    int code = *parts ? SCUMBLE_OK : sc_fail(err, SCUMBLE_ERR_ARGUMENT, "--%s names no term", option);
    for (char **part = parts; *part && !code; part++) /* no term can come twice, so they fit */
        code = parse_one(terms, all, g_strstrip(*part), option, err);
    g_strfreev(parts);
    const char *own = role == SC_ROLE_CONTENT ? sc_encoder_default_content_layers(encoder) : sc_encoder_default_style_layers(encoder);
    for (int i = 0; i < terms->count && !code; i++) {
        struct sc_term_choice *choice = &terms->choice[i];
        if (!*layers && choice->term->layers)
            code = choice->term->layers(encoder, &choice->layers, err);
        else
            code = sc_layers_parse(&choice->layers, encoder, *layers ? layers : own, layers_option, err);
    }
    return code;
}

/* ---- shared ------------------------------------------------------------------------------------------------------- */

void sc_statistics_free(sc_statistics *statistics)
{
    for (int i = 0; i < statistics->count; i++)
        sc_tensor_free(&statistics->tensors[i]);
    statistics->count = 0;
}

sc_value sc_term_target(const sc_term_view *view, int i, sc_value like)
{
    if (view->targets)
        return sc_graph_constant(view->graph, "target", &view->targets->tensors[i]);
    return sc_graph_input(view->graph, "target", sc_graph_shape(view->graph, like));
}

sc_value sc_term_weighted(const sc_term_view *view, int i)
{
    return sc_term_weigh(view, view->features[i]);
}

sc_value sc_term_weigh(const sc_term_view *view, sc_value x)
{
    if (!view->region)
        return x;
    sc_shape shape = sc_graph_shape(view->graph, x);
    sc_tensor weights;
    sc_error err;
    if (sc_region_weights(&weights, view->region, shape.h, shape.w, &err))
        return SC_NO_VALUE; /* the graph then fails for want of memory too */
    for (size_t k = 0; k < sc_shape_count(weights.shape); k++)
        weights.data[k] = sqrtf(weights.data[k]);
    sc_value value = sc_graph_multiply(view->graph, x, sc_graph_constant(view->graph, "weights", &weights));
    sc_tensor_free(&weights);
    return value;
}

sc_value sc_term_resize(const sc_term_view *view, sc_value x, int height, int width, bool antialias)
{
    return (view->wrap ? sc_graph_resize_tile : sc_graph_resize_bilinear)(view->graph, x, height, width, antialias);
}

int sc_term_square_losses(const sc_term_view *view, sc_value *statistics, int count)
{
    for (int i = 0; i < count; i++)
        statistics[i] = sc_graph_mean_square(view->graph, statistics[i], sc_term_target(view, i, statistics[i]));
    return count;
}

double sc_term_target_energy(const sc_statistics *targets, int loss)
{
    return sc_mean_square_of(&targets->tensors[loss], NULL);
}

double sc_term_cosine_energy(const sc_statistics *targets, int loss)
{
    (void)targets, (void)loss;
    return 1;
}

double sc_mean_square_of(const sc_tensor *a, const sc_tensor *b)
{
    size_t count = sc_shape_count(a->shape);
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        double d = (double)a->data[i] - (b ? (double)b->data[i] : 0);
        sum += d * d;
    }
    return sum / (double)count;
}
