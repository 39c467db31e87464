/* SPDX-License-Identifier: MIT */
/* What stands before and behind a program: other values and another order of channels. See program.h. */
#include <stdio.h>
#include <string.h>

#include "nets/program/program.h"

static sc_operand program_ends_add_scale(sc_program *program, sc_operand x, const char *name, const double scale[2])
{
    float constant = (float)scale[1];
    sc_operand p = sc_program_parameter(program, name, (sc_shape){ 1, 1, 1, 1 }, &constant);
    return sc_program_op(program, &sc_op_add, &(sc_add_attrs){ (float)scale[0], 1 }, (sc_operand[]){ x, p }, 2);
}

/* The first channel last, and the last first: a 1 x 1 convolution. */
static sc_operand add_swap(sc_program *program, sc_operand x, const char *name)
{
    static const float weights[9] = { 0, 0, 1, 0, 1, 0, 1, 0, 0 };
    sc_operand p = sc_program_parameter(program, name, (sc_shape){ 3, 3, 1, 1 }, weights);
    return sc_program_op(program, &sc_op_conv2d, NULL, (sc_operand[]){ x, p }, 2);
}

/* Adds at most two operations; returns the result. */
static sc_operand add_end(sc_program *program, sc_operand x, const double scale[2], bool swap)
{
    char name[SC_PARAMETER_NAME];
    snprintf(name, sizeof name, "end%d.channels", program->parameter_count);
    if (swap)
        x = add_swap(program, x, name);
    snprintf(name, sizeof name, "end%d.scale", program->parameter_count);
    return scale[0] != 1 || scale[1] != 0 ? program_ends_add_scale(program, x, name, scale) : x;
}

/* The operations from `count` on, which read the input and one another, come first; what read the input reads their
 * result. */
static void move_to_front(sc_program *program, int count)
{
    sc_operation added[2];
    int more = program->operation_count - count;
    memcpy(added, program->operations + count, sizeof *added * (size_t)more);
    memmove(program->operations + more, program->operations, sizeof *added * (size_t)count);
    memcpy(program->operations, added, sizeof *added * (size_t)more);
    for (int i = 0; i < program->operation_count; i++)
        for (int k = 0; k < program->operations[i].input_count; k++) {
            sc_operand *x = &program->operations[i].inputs[k];
            if (i < more)
                *x -= *x >= 0 ? count : 0;
            else if (*x >= 0)
                *x += more;
            else if (*x == SC_PROGRAM_INPUT)
                *x = more - 1;
        }
}

int sc_program_set_ends(sc_program *program, const sc_program_ends *ends, sc_error *err)
{
    int count = program->operation_count;
    add_end(program, SC_PROGRAM_INPUT, ends->before, ends->swap);
    if (!program->error.code && program->operation_count > count)
        move_to_front(program, count);
    if (!program->error.code)
        add_end(program, program->operation_count - 1, ends->after, ends->swap);
    if (program->error.code)
        *err = program->error;
    return program->error.code;
}
