/* SPDX-License-Identifier: MIT */
/* The stages of a program. See stages.h. */
#include "paint/stages.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* To write a byte to a temporary file, or to read it back, costs as much as so many multiplications and additions. Two
 * processors do some 100 of them a nanosecond, and a disk a byte or so. It decides over time alone: results are the
 * same but for rounding. */
static const double flops_per_byte = 100;

typedef struct scheduler {
    const sc_canvas *canvas;
    sc_paint_stages *stages;
    int *level;           /* of each map: how many norms follow one another up to it; it can be made in that stage */
    int *made;            /* the first stage that makes it; -1: none so far */
    bool *worth, *wanted; /* worth being stored; wanted by the stage in hand */
} scheduler;

static const sc_operation *operation_of(const scheduler *s, int map)
{
    return &s->canvas->program->operations[map - 1];
}

static void find_levels(scheduler *s)
{
    for (int m = 1; m < s->canvas->count; m++) {
        const sc_operation *o = operation_of(s, m);
        for (int k = 0; k < o->input_count; k++)
            if (!sc_operand_is_parameter(o->inputs[k]) && s->level[sc_map_of(o->inputs[k])] > s->level[m])
                s->level[m] = s->level[sc_map_of(o->inputs[k])];
        s->level[m] += sc_canvas_measures(o);
    }
}

static double map_bytes(const scheduler *s, int map)
{
    return (double)sc_shape_bytes(s->canvas->shapes[map]);
}

/* Multiplications and additions of one operation, about. */
static double paint_stages_work_of(const scheduler *s, int map)
{
    const sc_operation *o = operation_of(s, map);
    double out = (double)sc_shape_count(s->canvas->shapes[map]);
    sc_shape inputs[SC_MAX_INPUTS];
    for (int k = 0; k < o->input_count; k++)
        inputs[k] = sc_operand_is_parameter(o->inputs[k]) ?
                        s->canvas->program->parameters[sc_operand_parameter(o->inputs[k])].value.shape :
                        s->canvas->shapes[sc_map_of(o->inputs[k])];
    double flops = sc_operation_flops(o, inputs, s->canvas->shapes[map]);
    return flops > 0 ? flops : 4 * out;
}

/* A map is worth being stored when making it from what is stored costs more than reading it, by half, since it has to
 * be written too. */
static void find_worth(scheduler *s, double byte_cost, double *cost)
{
    cost[0] = byte_cost * map_bytes(s, 0);
    for (int m = 1; m < s->canvas->count; m++) {
        const sc_operation *o = operation_of(s, m);
        double made = paint_stages_work_of(s, m), read = byte_cost * map_bytes(s, m);
        if (o->op->locality == SC_LOOKS_FOR_A_MEAN) /* once it is known it costs nothing */
            continue;
        for (int k = 0; k < o->input_count; k++)
            made += sc_operand_is_parameter(o->inputs[k]) ? 0 : cost[sc_map_of(o->inputs[k])];
        s->worth[m] = made > 1.5 * read;
        cost[m] = s->worth[m] ? read : made;
    }
}

/* The maps that norms of this stage's level look at; in the last stage the result. */
static void want_targets(scheduler *s, int stage, const bool *reached)
{
    memset(s->wanted, 0, (size_t)s->canvas->count * sizeof *s->wanted);
    for (int m = 1; m < s->canvas->count; m++) {
        const sc_operation *o = operation_of(s, m);
        if (!reached[m] || !sc_canvas_measures(o) || s->level[m] != stage + 1)
            continue;
        int input = sc_map_of(o->inputs[0]);
        s->wanted[input] = s->stages->stage[stage].measured[input] = true;
    }
    s->wanted[s->canvas->count - 1] |= stage == s->stages->count - 1;
}

static void want_inputs(const scheduler *s, int map, bool *wanted)
{
    const sc_operation *o = operation_of(s, map);
    for (int k = 0; k < o->input_count; k++)
        if (!sc_operand_is_parameter(o->inputs[k]))
            wanted[sc_map_of(o->inputs[k])] = true;
}

/* The map that a norm with given parameters, or the ReLU of one, is made of; 0 for other maps. */
static int normalised(const scheduler *s, int map)
{
    const sc_operation *o = operation_of(s, map);
    if (o->op == &sc_op_relu && o->inputs[0] >= 0)
        o = operation_of(s, sc_map_of(o->inputs[0]));
    bool norm =
        o->op == &sc_op_instance_norm && sc_operand_is_parameter(o->inputs[1]) && sc_operand_is_parameter(o->inputs[2]);
    return norm ? sc_map_of(o->inputs[0]) : 0;
}

/* A norm that is known costs nothing while its map is read anyway, nor does a ReLU behind it. */
static void give_norms(const scheduler *s, bool *given)
{
    for (int m = s->canvas->count - 1; m > 0; m--) { /* a norm's map comes before it: given because it is stored */
        int from = normalised(s, m);
        given[m] = given[m] || (s->wanted[m] && from && given[from]);
    }
}

/* From the targets backward, to what an earlier stage has made and is worth being stored there. */
static void plan_stage(scheduler *s, int stage, const bool *reached)
{
    sc_paint_stage *own = &s->stages->stage[stage];
    want_targets(s, stage, reached);
    own->given[0] = true;
    for (int m = s->canvas->count - 1; m > 0; m--) {
        if (!s->wanted[m])
            continue;
        if (s->worth[m] && s->made[m] >= 0) {
            own->given[m] = s->stages->stage[s->made[m]].stored[m] = true;
            s->stages->last[m] = stage;
            continue;
        }
        if (operation_of(s, m)->op->locality != SC_LOOKS_FOR_A_MEAN)
            want_inputs(s, m, s->wanted);
        if (s->made[m] < 0)
            s->made[m] = stage;
    }
    give_norms(s, own->given);
}

/* What is stored between its making and its last use. */
static void count_stored(const scheduler *s)
{
    sc_paint_stages *stages = s->stages;
    stages->stored_bytes = stages->small_bytes = 0;
    for (int t = 0; t < stages->count; t++) {
        int64_t stored = 0, small = 0;
        for (int m = 1; m < s->canvas->count; m++) {
            if (s->made[m] < 0 || !stages->stage[s->made[m]].stored[m] || s->made[m] > t || stages->last[m] < t)
                continue;
            int64_t bytes = (int64_t)sc_shape_bytes(s->canvas->shapes[m]);
            stored += bytes;
            small += bytes > SC_BIG_BYTES ? 0 : bytes;
        }
        stages->stored_bytes = stored > stages->stored_bytes ? stored : stages->stored_bytes;
        stages->small_bytes = small > stages->small_bytes ? small : stages->small_bytes;
    }
}

static void paint_stages_clear(const scheduler *s)
{
    size_t count = (size_t)s->canvas->count;
    for (int t = 0; t < s->stages->count; t++)
        memset(s->stages->stage[t].given, 0, 3 * count * sizeof(bool));
    for (size_t m = 0; m < count; m++)
        s->made[m] = -1;
}

/* The maps that the result is made of: a program may hold others. */
static void find_reached(const scheduler *s, bool *reached)
{
    reached[s->canvas->count - 1] = true;
    for (int m = s->canvas->count - 1; m > 0; m--)
        if (reached[m])
            want_inputs(s, m, reached);
}

/* With dearer bytes less is stored; infinitely dear ones leave nothing. */
static void paint_stages_plan(scheduler *s, int64_t room_bytes, bool *reached, double *cost)
{
    find_reached(s, reached);
    for (double byte_cost = flops_per_byte;; byte_cost = byte_cost > 1e9 ? (double)INFINITY : 2 * byte_cost) {
        paint_stages_clear(s);
        find_worth(s, byte_cost, cost);
        for (int t = 0; t < s->stages->count; t++)
            plan_stage(s, t, reached);
        count_stored(s);
        if (s->stages->stored_bytes <= room_bytes || isinf(byte_cost))
            return;
    }
}

static int allocate_stages(scheduler *s, sc_error *err)
{
    size_t count = (size_t)s->canvas->count;
    int stages = s->level[count - 1] + 1;
    s->stages->stage = calloc((size_t)stages, sizeof *s->stages->stage);
    s->stages->last = calloc(count, sizeof *s->stages->last);
    if (!s->stages->stage || !s->stages->last)
        return sc_fail_memory(err, count * sizeof *s->stages->last);
    for (; s->stages->count < stages; s->stages->count++) {
        sc_paint_stage *stage = &s->stages->stage[s->stages->count];
        stage->given = malloc(3 * count * sizeof *stage->given);
        if (!stage->given)
            return sc_fail_memory(err, 3 * count * sizeof *stage->given);
        stage->stored = stage->given + count;
        stage->measured = stage->stored + count;
    }
    return SCUMBLE_OK;
}

int sc_paint_stages_create(sc_paint_stages *stages, const sc_canvas *canvas, int64_t room_bytes, sc_error *err)
{
    size_t count = (size_t)canvas->count;
    *stages = (sc_paint_stages){ 0 };
    int *numbers = calloc(2 * count, sizeof *numbers);
    bool *flags = calloc(3 * count, sizeof *flags);
    double *cost = calloc(count, sizeof *cost);
    scheduler s = { .canvas = canvas,
                    .stages = stages,
                    .level = numbers,
                    .made = numbers + count,
                    .worth = flags,
                    .wanted = flags + count };
    int code = numbers && flags && cost ? SCUMBLE_OK : sc_fail_memory(err, count * sizeof *cost);
    if (!code) {
        find_levels(&s);
        code = allocate_stages(&s, err);
    }
    if (!code)
        paint_stages_plan(&s, room_bytes, flags + 2 * count, cost);
    free(numbers);
    free(flags);
    free(cost);
    return code;
}

void sc_paint_stages_free(sc_paint_stages *stages)
{
    for (int t = 0; t < stages->count; t++)
        free(stages->stage[t].given);
    free(stages->stage);
    free(stages->last);
    *stages = (sc_paint_stages){ 0 };
}
