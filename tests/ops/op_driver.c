/* SPDX-License-Identifier: MIT */
/* Runs one operator's kernels. See op_driver.h. */
#include "op_driver.h"

#include <math.h>
#include <string.h>

#include "core/rng.h"
#include "../prepare_fixture.h"

enum { GUARD = 64, POISON = 0xff }; /* four bytes of 0xff are a NaN */

sc_tensor op_tensor(sc_shape shape)
{
    sc_tensor tensor;
    sc_error err = { 0 };
    assert_int_equal(sc_tensor_create(&tensor, shape, &err), SCUMBLE_OK);
    return tensor;
}

sc_tensor op_tensor_random(sc_shape shape, uint64_t seed)
{
    sc_tensor tensor = op_tensor(shape);
    for (size_t i = 0; i < sc_shape_count(shape); i++)
        tensor.data[i] = sc_random_normal(seed, i);
    return tensor;
}

static sc_tensor filled(sc_shape shape, float value)
{
    sc_tensor tensor = op_tensor(shape);
    for (size_t i = 0; i < sc_shape_count(shape); i++)
        tensor.data[i] = value;
    return tensor;
}

/* Poisoned memory with a guard behind it. */
static void *guarded(size_t size_bytes)
{
    unsigned char *memory = sc_aligned_alloc(size_bytes + GUARD);
    assert_non_null(memory);
    memset(memory, POISON, size_bytes + GUARD);
    return memory;
}

static void check_and_free(void *memory, size_t size_bytes, const char *op)
{
    const unsigned char *bytes = memory;
    for (size_t i = 0; memory && i < GUARD; i++)
        if (bytes[size_bytes + i] != POISON)
            fail_msg("%s wrote beyond its scratch or saved memory of %zu bytes", op, size_bytes);
    free(memory);
}

static int run_parts(const sc_kernel *kernel, const sc_call *call, op_order order)
{
    int parts = kernel->parts ? kernel->parts(call) : 1;
    assert_true(parts >= 1);
    for (int pass = 0; pass < (order == OP_TWICE ? 2 : 1); pass++)
        for (int i = 0; i < parts; i++) {
            int part = order == OP_BACKWARDS ? parts - 1 - i : i;
            assert_int_equal(kernel->run(call, part, part % call->thread_count), SCUMBLE_OK);
        }
    if (kernel->finish)
        assert_int_equal(kernel->finish(call), SCUMBLE_OK);
    return parts;
}

/* `before` may be NULL; it has the same scratch. */
static int run_kernel(const sc_kernel *before, const sc_kernel *kernel, sc_call *call, op_order order, const char *op)
{
    size_t scratch_bytes = kernel->scratch_bytes ? kernel->scratch_bytes(call) : 0;
    call->scratch = scratch_bytes ? guarded(scratch_bytes) : NULL;
    if (before)
        run_parts(before, call, order);
    int parts = run_parts(kernel, call, order);
    check_and_free(call->scratch, scratch_bytes, op);
    call->scratch = NULL;
    return parts;
}

static sc_choice choose(const op_case *c, const op_options *o, const sc_tensor *bare, const sc_tensor *out)
{
    sc_node_info info = { .op = c->op, .wanted = o->wanted, .frozen = o->frozen };
    info.call = (sc_call){
        .attrs = &c->attrs, .input_count = c->input_count, .out = out, .thread_count = o->threads ? o->threads : 1
    };
    for (int i = 0; i < c->input_count; i++)
        info.call.in[i] = &bare[i];
    sc_choice choice = { 0 };
    sc_error err = { 0 };
    const sc_kernels *backend = o->backend ? o->backend : &sc_kernels_reference;
    assert_int_equal(backend->choose(&info, &choice, &err), SCUMBLE_OK);
    return choice;
}

/* Backward with only the data that reads asked for. */
static void run_backward(const op_case *c, const op_options *o, const sc_choice *choice, sc_call call, op_result *r)
{
    unsigned (*reads_of)(const sc_call *, unsigned) = choice->reads ? choice->reads : c->op->reads;
    unsigned reads = reads_of ? reads_of(&call, o->wanted) : 0;
    sc_tensor bare[SC_MAX_INPUTS], bare_out = { r->out.shape, NULL };
    for (int i = 0; i < c->input_count; i++) {
        bare[i] = (sc_tensor){ c->in[i].shape, NULL };
        call.in[i] = reads & (unsigned)SC_READS_INPUT_0 << i ? &c->in[i] : &bare[i];
        if (!(o->wanted >> i & 1))
            continue;
        call.accumulate[i] = o->accumulate >> i & 1;
        r->gradient[i] = filled(c->in[i].shape, call.accumulate[i] ? 0.25f : NAN);
        call.in_gradient[i] = &r->gradient[i];
    }
    call.out = reads & SC_READS_OUTPUT ? &r->out : &bare_out;
    call.out_gradient = o->out_gradient;
    r->backward_parts = run_kernel(choice->before_backward, choice->backward ? choice->backward : &c->op->backward,
                                   &call, o->order, c->op->name);
}

op_result op_run(const op_case *c, const op_options *o)
{
    op_result r = { .out = filled(op_case_shape(c), NAN) };
    sc_tensor bare[SC_MAX_INPUTS], bare_out = { r.out.shape, NULL };
    for (int i = 0; i < c->input_count; i++)
        bare[i] = (sc_tensor){ c->in[i].shape, NULL };
    sc_choice choice = choose(c, o, bare, &bare_out);
    sc_call call = { .attrs = &c->attrs, .input_count = c->input_count, .out = &r.out, .state = choice.state };
    call.thread_count = o->threads ? o->threads : 1;
    for (int i = 0; i < c->input_count; i++)
        call.in[i] = &c->in[i];
    size_t (*saved_bytes)(const sc_call *, unsigned) = choice.saved_bytes ? choice.saved_bytes : c->op->saved_bytes;
    size_t size_bytes = o->wanted && saved_bytes ? saved_bytes(&call, o->wanted) : 0;
    call.saved = size_bytes ? guarded(size_bytes) : NULL;
    make_prepared(&choice, &call);
    r.forward_parts = run_kernel(choice.before_forward, choice.forward ? choice.forward : &c->op->forward, &call,
                                 o->order, c->op->name);
    if (o->wanted)
        run_backward(c, o, &choice, call, &r);
    check_and_free(call.saved, size_bytes, c->op->name);
    forget_prepared(&choice, &call);
    if (choice.destroy)
        choice.destroy(choice.state);
    return r;
}

void op_result_free(op_result *r)
{
    sc_tensor_free(&r->out);
    for (int i = 0; i < SC_MAX_INPUTS; i++)
        sc_tensor_free(&r->gradient[i]);
}

sc_shape op_case_shape(const op_case *c)
{
    sc_call call = { .attrs = &c->attrs, .input_count = c->input_count };
    sc_tensor bare[SC_MAX_INPUTS];
    for (int i = 0; i < c->input_count; i++) {
        bare[i] = (sc_tensor){ c->in[i].shape, NULL };
        call.in[i] = &bare[i];
    }
    sc_shape shape = { 0 };
    sc_error err = { 0 };
    if (c->op->infer(&call, &shape, &err))
        fail_msg("%s refused a valid case: %s", c->op->name, err.text);
    assert_true(sc_shape_valid(shape));
    return shape;
}

bool *op_case_relu(op_case *c)
{
    return c->op == &sc_op_conv2d ? &c->attrs.conv2d.relu : c->op == &sc_op_instance_norm ? &c->attrs.norm.relu : NULL;
}

static void avoid_zero(const op_case *c, sc_tensor *r)
{
    op_case plain = *c;
    bool *relu = op_case_relu(&plain);
    if (!relu || !*relu)
        return;
    *relu = false;
    op_result result = op_run(&plain, &(op_options){ 0 });
    for (size_t i = 0; i < sc_shape_count(r->shape); i++)
        if (fabsf(result.out.data[i]) < 1e-2f)
            r->data[i] = 0;
    op_result_free(&result);
}

/* The largest of a window and 0 must be so by a margin. */
static void avoid_ties(const op_case *c, sc_tensor *r)
{
    op_case plain = *c;
    plain.op = &sc_op_conv2d;
    plain.attrs.conv2d = (sc_conv2d_attrs){ .padding = c->attrs.pooled_conv2d.padding };
    op_result result = op_run(&plain, &(op_options){ 0 });
    sc_shape o = r->shape;
    for (size_t i = 0; i < sc_shape_count(o); i++) {
        int k = (int)(i % (size_t)o.c), x = (int)(i / (size_t)o.c % (size_t)o.w),
            y = (int)(i / (size_t)o.c / (size_t)o.w);
        float most = 0, second = -INFINITY;
        for (int j = 0; j < 4; j++) {
            float value =
                result.out.data[sc_offset(result.out.shape, y / o.h, k, 2 * (y % o.h) + j / 2, 2 * x + j % 2)];
            second = fmaxf(second, fminf(most, value));
            most = fmaxf(most, value);
        }
        if (most - second < 0.1f)
            r->data[i] = 0;
    }
    op_result_free(&result);
}

void op_avoid_kinks(const op_case *c, sc_tensor *r)
{
    if (c->op == &sc_op_pooled_conv2d)
        avoid_ties(c, r);
    else
        avoid_zero(c, r);
}

unsigned op_case_all(const op_case *c)
{
    return c->op->backward.run ? ((1u << c->input_count) - 1) & ~c->op->constants : 0;
}

void op_case_free(op_case *c)
{
    for (int i = 0; i < c->input_count; i++)
        sc_tensor_free(&c->in[i]);
}

void op_assert_close(const sc_tensor *a, const sc_tensor *b, double tolerance, const char *what, uint64_t seed)
{
    assert_true(sc_shape_equal(a->shape, b->shape));
    double most = 1e-6;
    for (size_t i = 0; i < sc_shape_count(b->shape); i++)
        most = fmax(most, fabs((double)b->data[i]));
    for (size_t i = 0; i < sc_shape_count(b->shape); i++)
        if (!(fabs((double)a->data[i] - (double)b->data[i]) <= tolerance * most))
            fail_msg("%s, seed %llu: value %zu of %d x %d x %d x %d is %.9g, not %.9g (largest %.3g)", what,
                     (unsigned long long)seed, i, b->shape.n, b->shape.c, b->shape.h, b->shape.w, (double)a->data[i],
                     (double)b->data[i], most);
}

void op_assert_same_bytes(const sc_tensor *a, const sc_tensor *b, const char *what, uint64_t seed)
{
    assert_true(sc_shape_equal(a->shape, b->shape));
    if (!a->data != !b->data || (a->data && memcmp(a->data, b->data, sc_shape_bytes(a->shape))))
        fail_msg("%s, seed %llu: results differ", what, (unsigned long long)seed);
}
