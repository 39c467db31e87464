/* SPDX-License-Identifier: MIT */
/* Shared by the tests of programs and painters: threads, a check that says what failed, and small painters. Include
 * after cmocka.h. */
#ifndef TESTS_PROGRAM_FIXTURE_H
#define TESTS_PROGRAM_FIXTURE_H

#include "nets/program/generator.h"
#include "nets/store/painter.h"

static sc_threads *pool;
static sc_error err;

#define MUST(call)                               \
    do {                                         \
        if (call)                                \
            fail_msg("%s: %s", #call, err.text); \
    } while (0)

static inline int start_pool(void **state)
{
    (void)state;
    return sc_threads_create(&pool, 2, &err);
}

static inline int stop_pool(void **state)
{
    (void)state;
    sc_threads_destroy(pool);
    return 0;
}

/* A generator of random weights; caller frees. */
static inline sc_program *generator_of(sc_generator_shape shape, uint64_t seed)
{
    sc_program *program;
    MUST(sc_generator_create(&program, &shape, seed, &err));
    return program;
}

/* Of the size "small", with so many blocks. */
static inline sc_program *small_generator(int blocks, uint64_t seed)
{
    sc_generator_shape shape;
    assert_true(sc_generator_size("small", &shape));
    shape.blocks = blocks;
    return generator_of(shape, seed);
}

/* Takes the program over. texts: NULL: nothing but a range of 0..1. Caller frees. */
static inline sc_painter *painter_of(sc_program *program, const sc_painter *texts)
{
    sc_painter *painter;
    MUST(sc_painter_create(&painter, program, NULL, texts ? texts : &(sc_painter){ .range = 1 }, &err));
    return painter;
}

#endif
