/* SPDX-License-Identifier: MIT */
/* Every operator on the remote device, in a graph: values and gradients are the host's, byte for byte. And the proof
 * that it is remote: whoever touches its memory dies. */
#define _GNU_SOURCE
#include "op_driver.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/rng.h"
#include "../device_fixture.h"
#include "../graph_fixture.h"
#include "../remote_fixture.h"

enum { SMALL_CASES = 12, LARGE_CASES = 2 };

static sc_threads *threads;

/* Values, then the gradients of the inputs in `wanted`, of a graph that holds the case alone. Input 0 is written;
 * others are parameters that never change where `frozen` says so, and else ones that change before the run. */
static void run_case(const op_case *c, const sc_kernels *kernels, unsigned frozen, unsigned wanted, float **results)
{
    sc_error err = { 0 };
    sc_graph *g;
    sc_tensor r = op_tensor_random(op_case_shape(c), 5), first[SC_MAX_INPUTS], borrowed[SC_MAX_INPUTS];
    unsigned changes = 0;
    sc_value inputs[SC_MAX_INPUTS], wrt[SC_MAX_INPUTS];
    int wrt_count = 0;
    assert_int_equal(sc_graph_create(&g, device_on(kernels, threads), &err), 0);
    for (int i = 0; i < c->input_count; i++) {
        bool is_frozen = frozen >> i & 1;
        first[i] = op_tensor_random(c->in[i].shape, 99 + (uint64_t)i);
        borrowed[i] = is_frozen ? c->in[i] : first[i];
        inputs[i] = i ? sc_graph_parameter(g, "p", &borrowed[i], is_frozen ? NULL : &changes) :
                        sc_graph_input(g, "x", c->in[i].shape);
        if (wanted >> i & 1)
            wrt[wrt_count++] = inputs[i];
    }
    sc_value y = sc_graph_op(g, c->op, &c->attrs, inputs, c->input_count);
    sc_graph_keep(g, y);
    if (wrt_count)
        assert_int_equal(
            sc_graph_differentiate(g, sc_graph_mean(g, sc_graph_multiply(g, y, sc_graph_constant(g, "r", &r))), wrt,
                                   wrt_count, &err),
            0);
    if (sc_graph_plan(g, &err))
        fail_msg("%s: %s", c->op->name, err.text);
    graph_write(g, inputs[0], c->in[0].data);
    for (int i = 1; i < c->input_count; i++)
        if (!(frozen >> i & 1))
            memcpy(first[i].data, c->in[i].data, sc_shape_bytes(c->in[i].shape));
    changes++;
    assert_int_equal(sc_graph_run(g, &err), 0);
    results[0] = graph_values(g, y);
    for (int i = 0; i < wrt_count; i++)
        results[1 + i] = graph_gradient(g, wrt[i]);
    sc_graph_destroy(g);
    for (int i = 0; i < c->input_count; i++)
        sc_tensor_free(&first[i]);
    sc_tensor_free(&r);
}

static void check_case(const op_case *c, const sc_kernels *kernels, uint64_t seed)
{
    op_random random = { seed, 0 };
    unsigned all = op_case_all(c), frozen = (unsigned)op_pick(&random, 0, (1 << c->input_count) - 1) & ~1u,
             wanted =
                 c->op->backward.run ? (unsigned)op_pick(&random, 0, (1 << c->input_count) - 1) & all & ~frozen : 0;
    float *host[1 + SC_MAX_INPUTS], *far[1 + SC_MAX_INPUTS];
    fixture_kind = &sc_device_host;
    run_case(c, kernels, frozen, wanted, host);
    fixture_kind = &remote_kind;
    run_case(c, kernels, frozen, wanted, far);
    if (memcmp(host[0], far[0], sc_shape_bytes(op_case_shape(c))))
        fail_msg("%s, %s, case %d: other values", c->op->name, kernels->name, (int)seed);
    for (int i = 0, k = 1; i < c->input_count; i++)
        if (wanted >> i & 1 && memcmp(host[k], far[k], sc_shape_bytes(c->in[i].shape)))
            fail_msg("%s, %s, case %d: another gradient of input %d", c->op->name, kernels->name, (int)seed, i);
        else
            k += wanted >> i & 1;
    graph_forget_copies();
}

static void every_operator(void **state)
{
    (void)state;
    const sc_kernels *const sets[2] = { &sc_kernels_reference, &sc_kernels_host };
    for (int set = 0; set < 2; set++)
        for (int i = 0; sc_ops[i]; i++)
            for (uint64_t seed = 1; seed <= SMALL_CASES + LARGE_CASES; seed++) {
                op_case c;
                op_case_random(&c, sc_ops[i], seed + 500, seed > SMALL_CASES);
                check_case(&c, sets[set], seed);
                op_case_free(&c);
            }
    assert_true(remote.kernels > 1000);
    assert_int_equal(remote.block_count, 0); /* all of it was given back */
}

static bool dies(void (*touch)(char *memory), char *memory)
{
    fflush(NULL);
    pid_t child = fork();
    if (!child) {
        signal(SIGSEGV, SIG_DFL);
        touch(memory);
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return !(WIFEXITED(status) && !WEXITSTATUS(status));
}

static void read_it(char *memory)
{
    static volatile char sink;
    sink = *(volatile char *)memory;
    (void)sink;
}

static void write_it(char *memory)
{
    *(volatile char *)memory = 1;
}

static void nothing(char *memory)
{
    (void)memory;
}

/* Its memory cannot be touched, before and after copies and kernels. */
static void it_is_remote(void **state)
{
    (void)state;
    sc_error err = { 0 };
    fixture_kind = &remote_kind;
    sc_device *device = device_on(&sc_kernels_host, threads);
    float values[4] = { 1, -2, 3, -4 }, back[4];
    float *x = remote_kind.alloc(device, sizeof values), *y = remote_kind.alloc(device, sizeof values);
    sc_tensor in = { { 1, 4, 1, 1 }, x }, out = { { 1, 4, 1, 1 }, y };
    sc_call call = { .input_count = 1, .in = { &in }, .out = &out, .thread_count = 1 };
    assert_true(!dies(nothing, (char *)x) && dies(read_it, (char *)x) && dies(write_it, (char *)x));
    assert_int_equal(remote_kind.upload(device, x, values, sizeof values), 0);
    assert_int_equal(remote_kind.submit(device, &sc_op_relu.forward, &call), 0);
    assert_int_equal(remote_kind.finish(device), 0);
    assert_true(dies(read_it, (char *)y) && dies(write_it, (char *)x));
    assert_int_equal(remote_kind.download(device, back, y, sizeof back), 0);
    for (int i = 0; i < 4; i++)
        assert_true(back[i] == (values[i] > 0 ? values[i] : 0));
    remote_kind.release(device, x);
    remote_kind.release(device, y);
    /* A graph's values are there, too: what is lent is not the graph's. */
    sc_graph *g;
    assert_int_equal(sc_graph_create(&g, device, &err), 0);
    sc_value a = sc_graph_input(g, "a", in.shape), b = sc_graph_relu(g, a);
    sc_graph_keep(g, b);
    assert_int_equal(sc_graph_plan(g, &err), 0);
    float *fill = sc_graph_lend(g, a, SC_LOAN_TO_FILL, &err);
    assert_false(remote_has(fill));
    memcpy(fill, values, sizeof values);
    sc_graph_take_back(g, a, SC_LOAN_TO_FILL);
    assert_int_equal(sc_graph_run(g, &err), 0);
    const float *lent = sc_graph_lend(g, b, SC_LOAN_TO_READ, &err);
    assert_false(remote_has(lent));
    assert_memory_equal(lent, back, sizeof back);
    sc_graph_destroy(g); /* which ends the loan */
}

static int set_up(void **state)
{
    (void)state;
    sc_error err;
    return sc_threads_create(&threads, 2, &err);
}

static int tear_down(void **state)
{
    (void)state;
    sc_threads_destroy(threads);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(it_is_remote), cmocka_unit_test(every_operator) };
    return cmocka_run_group_tests_name("remote", tests, set_up, tear_down);
}
