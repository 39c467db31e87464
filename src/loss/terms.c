/* SPDX-License-Identifier: MIT */
/* The terms by name, and what they share. See term.h. */
#include <glib.h>
#include <string.h>

#include "core/nearest.h"
#include "core/spelling.h"
#include "loss/term.h"

static const sc_term *const content_terms[] = { &sc_term_feature, &sc_term_structure, &sc_term_detail, NULL };
static const sc_term *const style_terms[] = { &sc_term_gram,      &sc_term_cross_gram, &sc_term_w2,   &sc_term_sliced,
                                              &sc_term_histogram, &sc_term_neighbour,  &sc_term_nnfm, NULL };

/* ---- parsing --------------------------------------------------------------------------------------------------- */

static int find_term(const sc_term *const *all, const char *name, const char *option, const sc_term **term,
                     sc_error *err)
{
    const char *names[SC_MAX_TERMS];
    char list[256] = "", hint[SC_HINT_BYTES];
    int count = 0;
    for (; all[count]; count++) {
        names[count] = all[count]->name;
        g_strlcat(list, count ? ", " : "", sizeof list);
        g_strlcat(list, names[count], sizeof list);
        if (sc_same_spelling(names[count], name)) {
            *term = all[count];
            return SCUMBLE_OK;
        }
    }
    return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "`%s`: there is no term '%.40s'; there are %s%s", option, name, list,
                   sc_nearest_hint(name, names, count, hint));
}

static int terms_parse_one(sc_terms *terms, const sc_term *const *all, char *text, const char *option, sc_error *err)
{
    struct sc_term_choice *choice = &terms->choice[terms->count];
    choice->weight = 1;
    char *colon = strchr(text, ':'), *end;
    if (colon) {
        *colon = 0;
        choice->weight = g_ascii_strtod(colon + 1, &end);
        if (end == colon + 1 || *end || !(choice->weight > 0 && choice->weight <= SC_MAX_WEIGHT))
            return sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                           "`%s`: '%.40s' is not a weight for %.40s; a positive number up to %.0f is needed", option,
                           colon + 1, text, SC_MAX_WEIGHT);
    }
    int code = find_term(all, text, option, &choice->term, err);
    for (int i = 0; i < terms->count && !code; i++)
        if (terms->choice[i].term == choice->term)
            code = sc_fail(err, SCUMBLE_ERR_ARGUMENT, "`%s` names the term %s twice", option, text);
    terms->count += !code;
    return code;
}

int sc_terms_parse(sc_terms *terms, sc_role role, const sc_encoder *encoder, const char *text, const char *option,
                   const char *layers, const char *layers_option, sc_error *err)
{
    terms->count = 0;
    const sc_term *const *all = role == SC_ROLE_CONTENT ? content_terms : style_terms;
    char **parts = g_strsplit(text, ",", -1);
    int code = *parts ? SCUMBLE_OK : sc_fail(err, SCUMBLE_ERR_ARGUMENT, "`%s` names no term", option);
    for (char **part = parts; *part && !code; part++) /* no term can come twice, so they fit */
        code = terms_parse_one(terms, all, g_strstrip(*part), option, err);
    g_strfreev(parts);
    const char *own =
        role == SC_ROLE_CONTENT ? sc_encoder_default_content_layers(encoder) : sc_encoder_default_style_layers(encoder);
    for (int i = 0; i < terms->count && !code; i++) {
        struct sc_term_choice *choice = &terms->choice[i];
        if (!*layers && choice->term->layers)
            code = choice->term->layers(encoder, &choice->layers, err);
        else
            code = sc_layers_parse(&choice->layers, encoder, *layers ? layers : own, layers_option, err);
    }
    return code;
}
