/* SPDX-License-Identifier: MIT */
/* Fuzz target: whole painters. The bytes are orders (orders.h): each changes a valid painter's generator or
 * discriminator, or a parameter's shape. What is tested: load, paint whole and in tiles, judge, write, export and
 * import again. Painters of others are for fuzz_foreign. */
#include <jansson.h>
#include <string.h>

#include "orders.h"
#include "paint_tiny.h"

enum { SIDE = 20, MOST_EDITS = 24, MOST_VALUES = 1 << 16 }; /* MOST_VALUES: of a parameter */

static const char generator[] =
    "{\"channels\": 3, \"operations\": ["
    "{\"op\": \"conv2d\", \"inputs\": [-1, \"a\", \"v8\"], \"stride\": [2, 2], \"padding\": [1, 1, 1, 1], \"mode\": "
    "\"reflect\"},"
    "{\"op\": \"instance_norm\", \"inputs\": [0, \"u8\", \"v8\"], \"epsilon\": 1e-5}, {\"op\": \"relu\", \"inputs\": "
    "[1]},"
    "{\"op\": \"conv2d\", \"inputs\": [2, \"b\"], \"padding\": [1, 1, 1, 1], \"mode\": \"replicate\", \"relu\": true},"
    "{\"op\": \"add\", \"inputs\": [3, 2], \"factors\": [1, 1]}, {\"op\": \"resize_nearest\", \"inputs\": [4], "
    "\"factor\": 2},"
    "{\"op\": \"conv2d\", \"inputs\": [5, \"c\", \"v3\"], \"padding\": [1, 1, 1, 1], \"mode\": \"reflect\"}]}";
static const char discriminator[] =
    "{\"channels\": 32, \"operations\": ["
    "{\"op\": \"conv2d\", \"inputs\": [-1, \"d\", \"v8\"], \"stride\": [2, 2], \"padding\": [1, 1, 1, 1], \"mode\": "
    "\"replicate\"},"
    "{\"op\": \"leaky_relu\", \"inputs\": [0], \"slope\": 0.2}, {\"op\": \"conv2d\", \"inputs\": [1, \"e\", \"v1\"]}]}";

static struct parameter {
    const char *name;
    int64_t dimensions[4];
} parameters[] = {
    { "a", { 8, 3, 3, 3 } },         { "b", { 8, 8, 3, 3 } },     { "c", { 3, 8, 3, 3 } },
    { "d", { 8, 32, 3, 3 } },        { "e", { 1, 8, 1, 1 } },     { "v1", { 1, 1, 1, 1 } },
    { "v3", { 1, 3, 1, 1 } },        { "v8", { 1, 8, 1, 1 } },    { "u8", { 1, 8, 1, 1 } },
    { "v32", { 1, 32, 1, 1 } },      { "f", { 3, 3, 1, 1 } },     { "g", { 32, 32, 2, 2 } },
    { "depthwise", { 8, 1, 3, 3 } }, { "deep", { 12, 3, 1, 1 } }, { "square", { 1, 3, 64, 64 } },
    { "map", { 1, 8, 32, 32 } },     { "row", { 1, 1, 1, 64 } },  { "many", { 50, 3, 8, 8 } },
    { "tall", { 1, 3, 128, 64 } },
};
enum { PARAMETERS = sizeof parameters / sizeof *parameters };

static const char *const templates[] = {
    "{\"op\": \"relu\", \"inputs\": [-1]}",
    "{\"op\": \"tanh\", \"inputs\": [-1]}",
    "{\"op\": \"sigmoid\", \"inputs\": [-1]}",
    "{\"op\": \"leaky_relu\", \"inputs\": [-1], \"slope\": 0.1}",
    "{\"op\": \"pad\", \"inputs\": [-1], \"padding\": [1, 1, 1, 1], \"mode\": \"circular\"}",
    "{\"op\": \"max_pool2d\", \"inputs\": [-1], \"size\": [2, 2], \"stride\": [2, 2]}",
    ("{\"op\": \"average_pool2d\", \"inputs\": [-1], \"size\": [3, 3], \"stride\": [1, 1], \"padding\": [1, 1, 1, 1], "
     "\"include_padding\": true}"),
    "{\"op\": \"resize_nearest\", \"inputs\": [-1], \"factor\": 2}",
    "{\"op\": \"resize_bilinear\", \"inputs\": [-1], \"factor\": 2, \"align_corners\": true}",
    "{\"op\": \"instance_norm\", \"inputs\": [-1, \"u8\", \"v8\"], \"epsilon\": 1e-5}",
    "{\"op\": \"batch_norm\", \"inputs\": [-1, \"v8\", \"u8\", \"u8\", \"v8\"], \"epsilon\": 1e-5}",
    "{\"op\": \"add\", \"inputs\": [-1, -1], \"factors\": [1, 1]}",
    "{\"op\": \"multiply\", \"inputs\": [-1, -1]}",
    "{\"op\": \"concat\", \"inputs\": [-1, -1]}",
    "{\"op\": \"depth_to_space\", \"inputs\": [-1], \"block\": 2}",
    "{\"op\": \"conv2d\", \"inputs\": [-1, \"b\"]}",
    "{\"op\": \"conv2d\", \"inputs\": [-1, \"depthwise\"], \"groups\": 8, \"padding\": [1, 1, 1, 1]}",
    "{\"op\": \"crop\", \"inputs\": [-1], \"cut\": [1, 1, 1, 1]}",
    "{\"op\": \"channel_mean\", \"inputs\": [-1]}",
    "{\"op\": \"exp\", \"inputs\": [-1]}",
    "{\"op\": \"square_root\", \"inputs\": [-1]}",
    "{\"op\": \"reciprocal\", \"inputs\": [-1]}",
};
static const struct {
    const char *name;
    int count;
} fields[] = {
    { "stride", 2 }, { "dilation", 2 }, { "groups", 1 }, { "padding", 4 },
    { "size", 2 },   { "block", 1 },    { "factor", 1 }, { "cut", 4 },
};
static const char *const flags[] = { "relu", "include_padding", "ceil_mode", "align_corners", "by_channel", "sum" };
static const char *const modes[] = { "zero", "replicate", "reflect", "circular" };
static const int numbers[] = { 0,  1,  2,  3,  4,  5,  6,  7,   8,   9,    12,    15,    16, 17,
                               31, 32, 33, 48, 63, 64, 65, 128, 255, 1024, 65535, 65536, -1 };
#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))

/* What an operation at `place` may read, and a little that it may not. */
static json_t *some_operand(orders *o, int place)
{
    int which = orders_next(o, place + 2 + PARAMETERS);
    return which < place + 2 ? json_integer(which - 1) : json_string(parameters[which - place - 2].name);
}

/* Operations from `place` on move by one: what they read moves with them, and who read what lay before the new one
 * reads it. */
static void insert(orders *o, json_t *operations)
{
    int count = (int)json_array_size(operations), place = count ? orders_next(o, count + 1) : 0;
    json_t *added = json_loads(templates[orders_next(o, COUNT(templates))], 0, NULL),
           *inputs = json_object_get(added, "inputs");
    for (size_t i = 0; i < json_array_size(inputs); i++)
        if (json_is_integer(json_array_get(inputs, i)))
            json_array_set_new(inputs, i, json_integer(place - 1));
    for (int k = place; k < count; k++) {
        json_t *later = json_object_get(json_array_get(operations, (size_t)k), "inputs");
        for (size_t i = 0; i < json_array_size(later); i++) {
            json_int_t in = json_integer_value(json_array_get(later, i));
            if (json_is_integer(json_array_get(later, i)) && in >= place - 1)
                json_array_set_new(later, i, json_integer(in + 1));
        }
    }
    json_array_insert_new(operations, (size_t)place, added);
}

static void set_field(orders *o, json_t *operation)
{
    int f = orders_next(o, COUNT(fields)), count = fields[f].count;
    json_t *list = json_object_get(operation, fields[f].name);
    if (count == 1) {
        json_object_set_new(operation, fields[f].name, json_integer(numbers[orders_next(o, COUNT(numbers))]));
        return;
    }
    if (!json_is_array(list)) {
        json_object_set_new(operation, fields[f].name, list = json_array());
        for (int i = 0; i < count; i++)
            json_array_append_new(list, json_integer(f == 4 || f == 0));
    }
    int which = orders_next(o, count + 1), number = numbers[orders_next(o, COUNT(numbers))];
    for (int i = 0; i < count; i++)
        if (which == count || which == i)
            json_array_set_new(list, (size_t)i, json_integer(number));
}

static void set_number(orders *o, json_t *operation)
{
    static const double reals[] = { 0, 1, -1, 0.5, 1e-30, 1e30, -1e38, 3e38 };
    double real = reals[orders_next(o, COUNT(reals))];
    switch (orders_next(o, 3)) {
    case 0: json_object_set_new(operation, "epsilon", json_real(real)); break;
    case 1: json_object_set_new(operation, "slope", json_real(real)); break;
    default: json_object_set_new(operation, "factors", json_pack("[f, f]", real, 1.0));
    }
}

static void edit_operation(orders *o, json_t *operations, int count)
{
    int place = orders_next(o, count);
    json_t *operation = json_array_get(operations, (size_t)place), *inputs = json_object_get(operation, "inputs"),
           *other;
    switch (orders_next(o, 9)) {
    case 0: set_field(o, operation); break;
    case 1: set_number(o, operation); break;
    case 2: json_object_set_new(operation, flags[orders_next(o, COUNT(flags))], json_boolean(orders_next(o, 2))); break;
    case 3: json_object_set_new(operation, "mode", json_string(modes[orders_next(o, COUNT(modes))])); break;
    case 4:
        json_array_set_new(inputs, (size_t)orders_next(o, (int)json_array_size(inputs)), some_operand(o, place));
        break;
    case 5: json_array_append_new(inputs, some_operand(o, place)); break;
    case 6: json_array_remove(inputs, json_array_size(inputs) - 1); break;
    case 7: json_array_remove(operations, (size_t)place); break;
    default: /* another place in the order */
        other = json_incref(operation);
        json_array_remove(operations, (size_t)place);
        json_array_insert_new(operations, (size_t)orders_next(o, count), other);
    }
}

/* A parameter's extents, and never so many values that it would be slow. */
static void edit_parameter(orders *o, struct parameter *all)
{
    static const int extents[] = { 1, 2, 3, 4, 5, 7, 8, 9, 16, 24, 32, 33, 64, 96, 1000 };
    struct parameter *p = &all[orders_next(o, PARAMETERS)], old = *p;
    p->dimensions[orders_next(o, 4)] = extents[orders_next(o, COUNT(extents))];
    if (p->dimensions[0] * p->dimensions[1] * p->dimensions[2] * p->dimensions[3] > MOST_VALUES)
        *p = old;
}

static void edit(orders *o, json_t *programs[2], struct parameter *all)
{
    json_t *program = programs[orders_next(o, 3) == 0], *operations = json_object_get(program, "operations");
    int count = (int)json_array_size(operations);
    switch (orders_next(o, 8)) {
    case 0:
    case 1: insert(o, operations); break;
    case 2: edit_parameter(o, all); break;
    case 3:
        if (orders_next(o, 8) == 0)
            json_object_set_new(program, "channels", json_integer(numbers[orders_next(o, COUNT(numbers))]));
        break;
    default:
        if (count)
            edit_operation(o, operations, count);
    }
}

static float values[MOST_VALUES]; /* every parameter's */

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    for (int i = 0; i < MOST_VALUES; i++)
        values[i] = (float)(i * 7919 % 101) / 101 - 0.45f;
    fuzz_set_up();
    return 0;
}

static void put(sc_weights *weights, const char *prefix, const struct parameter *p)
{
    char name[64];
    sc_error err = { 0 };
    snprintf(name, sizeof name, "%s%s", prefix, p->name);
    if (sc_weights_lend(weights, name, p->dimensions, 4, values, &err))
        abort();
}

static sc_weights *weights_of(json_t *programs[2], const struct parameter *all)
{
    static const char *const facts[][2] = { { "format", "scumble.painter/1" },
                                            { "name", "fuzzed" },
                                            { "range", "1" },
                                            { "encoder", "lite" },
                                            { "layer", "relu1_1" } };
    sc_weights *weights;
    sc_error err = { 0 };
    if (sc_weights_create(&weights, &err))
        abort();
    for (int i = 0; i < COUNT(facts); i++)
        sc_weights_set_metadata(weights, facts[i][0], facts[i][1], &err);
    for (int i = 0; i < 2; i++) {
        char *text = json_dumps(programs[i], JSON_COMPACT);
        sc_weights_set_metadata(weights, i ? "discriminator" : "generator", text, &err);
        free(text);
        for (int k = 0; k < PARAMETERS; k++)
            put(weights, i ? "discriminator." : "generator.", &all[k]);
    }
    if (sc_weights_sort(weights, &err))
        abort();
    return weights;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    orders o = { data, size };
    sc_error err = { 0 };
    sc_painter *painter;
    struct parameter own[PARAMETERS];
    memcpy(own, parameters, sizeof own);
    json_t *programs[2] = { json_loads(generator, 0, NULL), json_loads(discriminator, 0, NULL) };
    int width = 1 + orders_next(&o, SIDE), height = 1 + orders_next(&o, SIDE), tile = 64 << orders_next(&o, 6);
    for (int i = 0; i < MOST_EDITS && o.size; i++)
        edit(&o, programs, own);
    sc_weights *weights = weights_of(programs, own);
    int code = sc_painter_from_weights(&painter, weights, &err);
    fuzz_check(code, &err);
    if (!code) {
        fuzz_paint(painter, width, height, 0, false);
        fuzz_paint(painter, width + 16, height + 16, tile, false);
        fuzz_paint(painter, width, height, tile, true);
        fuzz_judge(painter, 32 + width % 2, 32 + height % 5);
        fuzz_rewrite(painter);
    }
    sc_painter_free(painter);
    sc_weights_free(weights);
    json_decref(programs[0]);
    json_decref(programs[1]);
    return 0;
}
