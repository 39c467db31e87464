/* SPDX-License-Identifier: MIT */
/* For fuzz_foreign: a published network's file, changed by orders: attributes, operators, what a node reads, the order
 * of nodes, shapes and values of what is stored, extents that are promised. What comes out is a well-formed ONNX file
 * again. Messages lie in one block of memory that is given back whole, so that they may be pointed to from several
 * places. */
#ifndef SC_TESTS_FOREIGN_ONNX_H
#define SC_TESTS_FOREIGN_ONNX_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "orders.h"
#include "weights/onnx.h"

enum { ONNX_MOST_FILES = 24, ONNX_ARENA = 8 << 20, ONNX_MOST_BYTES = 1 << 18 }; /* of one tensor */

static sc_mapped_file onnx_files[ONNX_MOST_FILES];
static int onnx_file_count;
static char *onnx_arena;
static size_t onnx_used;

static inline void *onnx_take(void *data, size_t size)
{
    (void)data;
    size = (size + 15) & ~(size_t)15;
    if (size > ONNX_ARENA - onnx_used)
        return NULL;
    onnx_used += size;
    return memset(onnx_arena + onnx_used - size, 0, size);
}

static inline void onnx_leave(void *data, void *memory)
{
    (void)data, (void)memory;
}

static inline int onnx_no_dot(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* All files of a folder, by their names. */
static inline void onnx_set_up(const char *folder)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, onnx_no_dot, alphasort);
    onnx_arena = malloc(ONNX_ARENA);
    if (count < 1 || !onnx_arena)
        abort();
    for (int i = 0; i < count; i++) {
        sc_error err = { 0 };
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        if (onnx_file_count < ONNX_MOST_FILES && sc_file_map(&onnx_files[onnx_file_count++], path, &err))
            abort();
        free(entries[i]);
    }
    free(entries);
}

static inline ScOnnx__Model *onnx_read(int file)
{
    ProtobufCAllocator allocator = { onnx_take, onnx_leave, NULL };
    onnx_used = 0;
    ScOnnx__Model *model = sc_onnx__model__unpack(&allocator, onnx_files[file].size_bytes, onnx_files[file].data);
    if (!model || !model->graph)
        abort();
    return model;
}

/* ---- changes --------------------------------------------------------------------------------------------------- */

static const int64_t onnx_numbers[] = { 0,   1,   2,   3,    -1,    -2,     4,         5,         7,        8,
                                        9,   16,  24,  32,   40,    48,     63,        64,        65,       127,
                                        128, 255, 256, 1000, 65536, -65536, 1ll << 31, INT64_MAX, INT64_MIN };
static const char *const onnx_operators[] = {
    "Add",        "Mul",          "Sub",      "Div",         "Relu",
    "LeakyRelu",  "Tanh",         "Sigmoid",  "Conv",        "ConvTranspose",
    "Pad",        "Resize",       "Concat",   "Slice",       "InstanceNormalization",
    "Transpose",  "Reshape",      "MaxPool",  "AveragePool", "GlobalAveragePool",
    "ReduceMean", "Clip",         "Shape",    "Gather",      "Cast",
    "Expand",     "Unsqueeze",    "Identity", "Max",         "Min",
    "Round",      "DepthToSpace", "Sqrt",     "Pow",         "Split",
};
#define ONNX_COUNT(array) ((int)(sizeof(array) / sizeof *(array)))

static inline int64_t onnx_number(orders *o)
{
    return onnx_numbers[orders_next(o, ONNX_COUNT(onnx_numbers))];
}

/* The name of a map or of something stored; "": none. Two bytes, as a network has more nodes than one can count. */
static inline char *onnx_name(orders *o, const ScOnnx__Graph *g)
{
    int which = orders_next(o, 256) * 256 + orders_next(o, 256);
    which %= (int)(g->n_node + g->n_initializer) + 2;
    if (which < (int)g->n_node)
        return g->node[which]->n_output ? g->node[which]->output[0] : (char *)(uintptr_t) "";
    which -= (int)g->n_node;
    if (which < (int)g->n_initializer)
        return g->initializer[which]->name;
    return which == (int)g->n_initializer && g->n_input ? g->input[0]->name : (char *)(uintptr_t) "";
}

static inline void onnx_edit_attribute(orders *o, ScOnnx__Node *n)
{
    if (!n->n_attribute)
        return;
    size_t place = (size_t)orders_next(o, (int)n->n_attribute);
    ScOnnx__Attribute *a = n->attribute[place];
    int how = orders_next(o, 6);
    int64_t number = onnx_number(o);
    if (how == 0)
        n->attribute[place] = n->attribute[--n->n_attribute];
    else if (a->n_ints && how < 5)
        a->ints[orders_next(o, (int)a->n_ints)] = number;
    else if (a->n_ints)
        a->n_ints -= a->n_ints > 1;
    else if (a->n_floats)
        a->floats[orders_next(o, (int)a->n_floats)] = (float)number;
    else if (a->has_f)
        a->f = (float)number / 3;
    else if (a->has_i)
        a->i = number;
}

static inline void onnx_edit_inputs(orders *o, ScOnnx__Graph *g, ScOnnx__Node *n)
{
    size_t place = n->n_input ? (size_t)orders_next(o, (int)n->n_input) : 0;
    char *name = onnx_name(o, g), **longer;
    switch (orders_next(o, 4)) {
    case 0: n->n_input -= n->n_input > 0; break;
    case 1:
        if (!(longer = onnx_take(NULL, sizeof *longer * (n->n_input + 1))))
            return;
        for (size_t i = 0; i < n->n_input; i++)
            longer[i] = n->input[i];
        longer[n->n_input++] = name;
        n->input = longer;
        break;
    default:
        if (n->n_input)
            n->input[place] = name;
    }
}

/* Out of the list, or to another place in it; who read it when it is taken out reads what it read. */
static inline void onnx_move_node(orders *o, ScOnnx__Graph *g, size_t place, bool away)
{
    ScOnnx__Node *n = g->node[place];
    size_t to = (size_t)orders_next(o, (int)(g->n_node > 255 ? 255 : g->n_node));
    memmove(g->node + place, g->node + place + 1, sizeof *g->node * (g->n_node - place - 1));
    if (!away) {
        memmove(g->node + to + 1, g->node + to, sizeof *g->node * (g->n_node - 1 - to));
        g->node[to] = n;
        return;
    }
    g->n_node--;
    for (size_t i = 0; i < g->n_node && n->n_input && n->n_output; i++)
        for (size_t k = 0; k < g->node[i]->n_input; k++)
            if (!strcmp(g->node[i]->input[k], n->output[0]))
                g->node[i]->input[k] = n->input[0];
}

/* As many values as the dimensions say then, so that it is the network that has to be refused; but not so many that it
 * is slow. */
static inline void onnx_fill(ScOnnx__Tensor *t)
{
    int64_t count = 1, each = t->data_type == SC_ONNX_INT64 || t->data_type == SC_ONNX_DOUBLE ? 8 : 4;
    for (size_t i = 0; i < t->n_dims; i++)
        count = count > ONNX_MOST_BYTES || t->dims[i] < 0 || t->dims[i] > ONNX_MOST_BYTES ? ONNX_MOST_BYTES + 1 :
                                                                                            count * t->dims[i];
    if (!t->has_raw_data || count * each > ONNX_MOST_BYTES || !t->raw_data.len)
        return;
    uint8_t *bytes = onnx_take(NULL, (size_t)(count * each) + 1);
    for (int64_t i = 0; bytes && i < count * each; i++)
        bytes[i] = t->raw_data.data[(size_t)i % t->raw_data.len];
    if (bytes)
        t->raw_data = (ProtobufCBinaryData){ (size_t)(count * each), bytes };
}

static inline void onnx_edit_tensor(orders *o, ScOnnx__Tensor *t)
{
    int how = orders_next(o, 6);
    size_t place = t->n_dims ? (size_t)orders_next(o, (int)t->n_dims) : 0;
    int64_t number = onnx_number(o);
    if (how == 0 && t->n_dims > 1) { /* the same values in another shape */
        int64_t first = t->dims[0];
        t->dims[0] = t->dims[place];
        t->dims[place] = first;
    } else if (how == 1) {
        t->n_dims -= t->n_dims > 0;
        onnx_fill(t);
    } else if (how < 4 && t->n_dims) {
        t->dims[place] = number;
        onnx_fill(t);
    } else if (t->has_raw_data && t->raw_data.len >= 8) {
        if (t->data_type == SC_ONNX_INT64)
            memcpy(t->raw_data.data + t->raw_data.len / 8 * place % (t->raw_data.len / 8) * 8, &number, 8);
        else {
            float value = how == 4 ? (float)number : -1e38f * (float)number;
            memcpy(t->raw_data.data, &value, 4);
        }
    }
}

/* What the file promises of its input or its result. */
static inline void onnx_edit_value(orders *o, ScOnnx__Graph *g)
{
    ScOnnx__Value *v = orders_next(o, 2) ? g->n_output ? g->output[0] : NULL : g->n_input ? g->input[0] : NULL;
    ScOnnx__TensorType *type = v && v->type ? v->type->tensor_type : NULL;
    if (!type || !type->shape || !type->shape->n_dim)
        return;
    ScOnnx__Dimension *d = type->shape->dim[orders_next(o, (int)type->shape->n_dim)];
    d->has_value = orders_next(o, 4) > 0;
    d->value = onnx_number(o);
    if (orders_next(o, 8) == 0)
        type->elem_type = SC_ONNX_UINT8;
    if (orders_next(o, 8) == 0)
        type->shape->n_dim--;
}

/* A new one that reads an old one's result, and is read in its place. */
static inline void onnx_insert(orders *o, ScOnnx__Graph *g, size_t place)
{
    static int made;
    ScOnnx__Node *old = g->node[place], *n = onnx_take(NULL, sizeof *n),
                 **longer = onnx_take(NULL, sizeof *longer * (g->n_node + 1));
    char **inputs = onnx_take(NULL, 2 * sizeof *inputs), **outputs = onnx_take(NULL, sizeof *outputs),
         *name = onnx_take(NULL, 16);
    if (!n || !longer || !inputs || !outputs || !name || !old->n_output)
        return;
    *n = (ScOnnx__Node)SC_ONNX__NODE__INIT;
    snprintf(name, 16, "new%d", made++ % 1000000);
    n->op_type = (char *)(uintptr_t)onnx_operators[orders_next(o, ONNX_COUNT(onnx_operators))];
    inputs[0] = old->output[0];
    inputs[1] = onnx_name(o, g);
    n->input = inputs;
    n->n_input = inputs[1][0] ? 2 : 1;
    outputs[0] = name;
    n->output = outputs;
    n->n_output = 1;
    for (size_t i = place + 1; i < g->n_node; i++)
        for (size_t k = 0; k < g->node[i]->n_input; k++)
            if (!strcmp(g->node[i]->input[k], old->output[0]))
                g->node[i]->input[k] = name;
    memcpy(longer, g->node, sizeof *longer * (place + 1));
    longer[place + 1] = n;
    memcpy(longer + place + 2, g->node + place + 1, sizeof *longer * (g->n_node - place - 1));
    g->node = longer;
    g->n_node++;
}

static inline void onnx_edit(orders *o, ScOnnx__Model *model)
{
    ScOnnx__Graph *g = model->graph;
    if (!g->n_node || !g->n_initializer)
        return;
    int where = orders_next(o, 256);
    size_t place = (size_t)where * 7 % g->n_node, stored = (size_t)where % g->n_initializer;
    switch (orders_next(o, 12)) {
    case 0:
    case 1: onnx_edit_attribute(o, g->node[place]); break;
    case 2:
        g->node[place]->op_type = (char *)(uintptr_t)onnx_operators[orders_next(o, ONNX_COUNT(onnx_operators))];
        break;
    case 3: onnx_edit_inputs(o, g, g->node[place]); break;
    case 4: onnx_move_node(o, g, place, false); break;
    case 5: onnx_move_node(o, g, place, true); break;
    case 6:
    case 7: onnx_edit_tensor(o, g->initializer[stored]); break;
    case 8: g->initializer[stored] = g->initializer[--g->n_initializer]; break;
    case 9: onnx_edit_value(o, g); break;
    case 10: onnx_insert(o, g, place); break;
    default:
        if (model->n_opset_import)
            model->opset_import[0]->version = 6 + orders_next(o, 18);
    }
}

static inline void onnx_write(FILE *to, const ScOnnx__Model *model)
{
    size_t size = sc_onnx__model__get_packed_size(model);
    uint8_t *bytes = malloc(size + 1);
    if (!bytes || sc_onnx__model__pack(model, bytes) != size || fwrite(bytes, 1, size, to) != size)
        abort();
    free(bytes);
}

#endif
