/* SPDX-License-Identifier: MIT */
/* For fuzz_foreign: a generator of PyTorch's fast-neural-style or AnimeGANv2, changed by orders (tensors missing,
 * doubled, of other names, shapes and values, wrapped in others), as a .pth in PyTorch's older form. All tensors are
 * views of one storage, so that a file is small. */
#ifndef SC_TESTS_FOREIGN_PTH_H
#define SC_TESTS_FOREIGN_PTH_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nets/program/generator.h"
#include "orders.h"

enum { PTH_GENERATORS = 3, PTH_VARIANTS, PTH_MOST_TENSORS = 160, PTH_VALUES = 1 << 14, PTH_SPECIAL = 8 };

typedef struct pth_tensor {
    char name[128];
    int dimensions[4], dimension_count;
    int special; /* 0; else the number of a value that all of it has */
} pth_tensor;

typedef struct pth_file {
    pth_tensor tensors[PTH_MOST_TENSORS];
    int count;
    int wrapping; /* in PTH_WRAPPINGS */
} pth_file;

static pth_file pth_variants[PTH_VARIANTS];
static const float pth_special[PTH_SPECIAL] = { 0, 1, -1, NAN, INFINITY, -3e38f, 1e-38f, 255 };

static inline void pth_add(pth_file *f, const char *name, const int64_t *dimensions, int count)
{
    if (f->count == PTH_MOST_TENSORS || count > 4)
        abort();
    pth_tensor *t = &f->tensors[f->count++];
    *t = (pth_tensor){ .dimension_count = count };
    for (int i = 0; i < count; i++)
        t->dimensions[i] = (int)dimensions[i];
    snprintf(t->name, sizeof t->name, "%s", name);
}

/* animegan2: a state dictionary of AnimeGANv2; of this and of the generators that are made here, names and shapes are
 * taken. */
static inline void pth_set_up(const char *animegan2)
{
    static const sc_generator_shape shapes[PTH_GENERATORS] = { { 2, 5, 3, false },
                                                               { 4, 5, 9, true },
                                                               { 2, 7, 5, true } };
    sc_error err = { 0 };
    for (int i = 0; i < PTH_VARIANTS; i++) {
        sc_program *program = NULL;
        sc_weights *set;
        bool made = i < PTH_GENERATORS;
        if (made ? sc_generator_create(&program, &shapes[i], 1, &err) || sc_weights_create(&set, &err) ||
                       sc_program_to_weights(program, "", NULL, set, &err) :
                   sc_weights_load(NULL, &set, animegan2, &err))
            abort();
        for (int k = 0; k < set->tensor_count; k++)
            pth_add(&pth_variants[i], set->tensors[k].name, set->tensors[k].dimensions,
                    set->tensors[k].dimension_count);
        sc_weights_free(set);
        sc_program_free(program);
    }
}

/* ---- changes --------------------------------------------------------------------------------------------------- */

static inline int pth_count(const pth_tensor *t)
{
    int64_t count = 1;
    for (int i = 0; i < t->dimension_count; i++)
        count *= t->dimensions[i];
    return count < PTH_VALUES ? (int)count : PTH_VALUES;
}

static inline void pth_rename(orders *o, pth_tensor *t)
{
    static const char *const names[] = { "conv1.conv2d.weight",
                                         "in1.weight",
                                         "in1.running_mean",
                                         "res1.conv1.conv2d.weight",
                                         "res6.conv1.conv2d.weight",
                                         "res0.in1.bias",
                                         "res99.in2.weight",
                                         "block_a.0.1.weight",
                                         "block_c.1.layers.0.1.weight",
                                         "out_layer.0.weight",
                                         "deconv3.conv2d.weight",
                                         "module.deconv3.conv2d.weight",
                                         "deconv1.conv2d.bias",
                                         "",
                                         "other.weight" };
    snprintf(t->name, sizeof t->name, "%s", names[orders_next(o, sizeof names / sizeof *names)]);
}

static inline void pth_edit(orders *o, pth_file *f)
{
    static const int extents[] = { 0, 1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 32, 255, 256, 1000 };
    int place = orders_next(o, f->count), other = orders_next(o, f->count);
    pth_tensor *t = &f->tensors[place], old = *t;
    switch (orders_next(o, 9)) {
    case 0: f->tensors[place] = f->tensors[--f->count]; return;
    case 1:
    case 2: t->dimensions[orders_next(o, 4)] = extents[orders_next(o, sizeof extents / sizeof *extents)]; break;
    case 3: t->dimension_count = orders_next(o, 5); break;
    case 4: pth_rename(o, t); break;
    case 5: t->special = 1 + orders_next(o, PTH_SPECIAL); break;
    case 6: /* two change places: their shapes go with their names */
        *t = f->tensors[other];
        f->tensors[other] = old;
        return;
    case 7:
        if (f->count < PTH_MOST_TENSORS) {
            f->tensors[f->count] = old;
            pth_rename(o, &f->tensors[f->count++]);
        }
        return;
    default: f->wrapping = orders_next(o, 4);
    }
    if (pth_count(t) >= PTH_VALUES)
        *t = old;
}

/* ---- writing --------------------------------------------------------------------------------------------------- */

static inline void pth_put(FILE *to, const void *bytes, size_t size)
{
    if (fwrite(bytes, 1, size, to) != size)
        abort();
}

#define PTH_PUT(to, text) pth_put(to, text, sizeof(text) - 1)

static inline void pth_text(FILE *to, const char *prefix, const char *text)
{
    uint32_t length = (uint32_t)(strlen(prefix) + strlen(text));
    PTH_PUT(to, "X");
    pth_put(to, &length, sizeof length);
    pth_put(to, prefix, strlen(prefix));
    pth_put(to, text, strlen(text));
}

static inline void pth_integer(FILE *to, int32_t value)
{
    PTH_PUT(to, "J");
    pth_put(to, &value, sizeof value);
}

/* torch._utils._rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks). With strides of 0 all values
 * are one. */
static inline void pth_tensor_put(FILE *to, const pth_tensor *t)
{
    PTH_PUT(to, "ctorch._utils\n_rebuild_tensor_v2\n((");
    pth_text(to, "", "storage");
    PTH_PUT(to, "ctorch\nFloatStorage\n");
    pth_text(to, "", "s");
    pth_text(to, "", "cpu");
    pth_integer(to, PTH_VALUES + PTH_SPECIAL);
    PTH_PUT(to, "NtQ");
    pth_integer(to, t->special ? PTH_VALUES + t->special - 1 : 0);
    PTH_PUT(to, "(");
    for (int i = 0; i < t->dimension_count; i++)
        pth_integer(to, t->dimensions[i]);
    PTH_PUT(to, "t(");
    for (int i = 0; i < t->dimension_count; i++) {
        int stride = !t->special;
        for (int k = i + 1; k < t->dimension_count; k++)
            stride *= t->dimensions[k];
        pth_integer(to, stride);
    }
    PTH_PUT(to, "t\x89"
                "ccollections\nOrderedDict\n)RtR");
}

static inline void pth_write(FILE *to, const pth_file *f)
{
    static const char *const prefixes[] = { "", "module.", "", "generator." };
    PTH_PUT(to, "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03.\x80\x02}.\x80\x02}(");
    if (f->wrapping == 2) {
        pth_text(to, "", "state_dict");
        PTH_PUT(to, "}(");
    }
    for (int i = 0; i < f->count; i++) {
        pth_text(to, prefixes[f->wrapping], f->tensors[i].name);
        pth_tensor_put(to, &f->tensors[i]);
    }
    if (f->wrapping == 2)
        PTH_PUT(to, "u");
    PTH_PUT(to, "u.\x80\x02]");
    pth_text(to, "", "s");
    PTH_PUT(to, "a.");
    int64_t count = PTH_VALUES + PTH_SPECIAL;
    pth_put(to, &count, sizeof count);
    static float values[PTH_VALUES];
    for (int i = 0; i < PTH_VALUES && !values[1]; i++)
        values[i] = (float)(i * 7919 % 101) / 303 - 0.15f;
    pth_put(to, values, sizeof values);
    pth_put(to, pth_special, sizeof pth_special);
}

#endif
