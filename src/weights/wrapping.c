/* SPDX-License-Identifier: MIT */
/* What stands around a network in a file, and what of a file nothing was made of. See weights.h. Files of others hold
 * networks within wrappers of their trainers (DataParallel's "module.", checkpoints with optimisers and second
 * networks): the prefix is taken off, and what is left over can be named. */
#define _GNU_SOURCE
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "weights/weights.h"

/* ---- prefixes -------------------------------------------------------------------------------------------------- */

/* Whether the name is a prefix, of whole words, and then the anchor; how long the prefix is. */
static bool wrapping_ends_with(const char *name, const char *anchor, size_t *prefix)
{
    size_t length = strlen(name), own = strlen(anchor);
    *prefix = length - own;
    return length >= own && !strcmp(name + *prefix, anchor) && (!*prefix || name[*prefix - 1] == '.');
}

static bool wrapping_holds(const char *prefix, size_t length, const char *word)
{
    return memmem(prefix, length, word, strlen(word)) != NULL;
}

/* The higher, the likelier what is wanted of a file with several networks. */
static int rank_of(const char *prefix, size_t length)
{
    return !length ? 3 :
           wrapping_holds(prefix, length, "ema") ?
                     2 :
                     wrapping_holds(prefix, length, "gen") || wrapping_holds(prefix, length, "netG") ||
                         wrapping_holds(prefix, length, "encoder");
}

int sc_weights_unwrap(sc_weights **part, const sc_weights *whole, const char *anchor, sc_error *err)
{
    const char *prefix = NULL;
    size_t length = 0, own;
    *part = NULL;
    for (int i = 0; i < whole->tensor_count; i++)
        if (wrapping_ends_with(whole->tensors[i].name, anchor, &own) &&
            (!prefix || rank_of(whole->tensors[i].name, own) > rank_of(prefix, length))) {
            prefix = whole->tensors[i].name;
            length = own;
        }
    if (!prefix)
        return SCUMBLE_OK;
    sc_weights *p;
    int code = sc_weights_create(&p, err);
    if (code)
        return code;
    p->whole = whole;
    p->layout = whole->layout;
    p->format = whole->format;
    p->prefix = strndup(prefix, length);
    if (!p->prefix)
        code = sc_fail_memory(err, length);
    for (int i = 0; i < whole->tensor_count && !code; i++) {
        const sc_weight *t = &whole->tensors[i];
        if (!strncmp(t->name, p->prefix, length) && t->name[length])
            code = sc_weights_lend(p, t->name + length, t->dimensions, t->dimension_count, t->values, err);
    }
    if (!code)
        code = sc_weights_sort(p, err);
    if (code)
        sc_weights_free(p);
    else
        *part = p;
    return code;
}

/* ---- what was used --------------------------------------------------------------------------------------------- */

void sc_weights_use(const sc_weights *weights, const sc_weight *tensor)
{
    if (!tensor || !weights->used)
        return;
    weights->used[tensor - weights->tensors] = true;
    char *name = NULL;
    if (weights->whole && asprintf(&name, "%s%s", weights->prefix, tensor->name) >= 0)
        sc_weights_use(weights->whole, sc_weights_find(weights->whole, name));
    free(name);
}

int sc_weights_next_unused(const sc_weights *weights, int from)
{
    while (from < weights->tensor_count && weights->used && weights->used[from])
        from++;
    return from < weights->tensor_count ? from : -1;
}

char *sc_weights_unused(const sc_weights *weights)
{
    enum { SHOWN = 4, LETTERS = 60 };
    char *text = NULL;
    size_t size;
    int count = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return NULL;
    for (int i = sc_weights_next_unused(weights, 0); i >= 0; i = sc_weights_next_unused(weights, i + 1))
        count++;
    if (count)
        fprintf(out, "%d tensor%s", count, count > 1 ? "s" : "");
    for (int i = sc_weights_next_unused(weights, 0), k = 0; i >= 0 && k < SHOWN;
         i = sc_weights_next_unused(weights, i + 1), k++) {
        fputs(k ? ", '" : ": '", out);
        for (const char *p = weights->tensors[i].name; *p && p < weights->tensors[i].name + LETTERS; p++)
            fputc(iscntrl((unsigned char)*p) ? '?' : *p, out);
        fputc('\'', out);
    }
    if (count > SHOWN)
        fprintf(out, " and %d more", count - SHOWN);
    return fclose(out) ? (free(text), NULL) : text;
}
