/* SPDX-License-Identifier: MIT */
/* Shared by the tests of painting: two threads and the built-in encoder, made before a group of tests and freed after
 * it. Include after cmocka.h. */
#ifndef TESTS_ENGINE_FIXTURE_H
#define TESTS_ENGINE_FIXTURE_H

#include "core/threads.h"
#include "media/image.h"
#include "nets/encoder/encoder.h"

static sc_threads *pool;
static sc_encoder *lite;

static int set_up(void **state)
{
    (void)state;
    sc_error err;
    return sc_media_init(&err) || sc_threads_create(&pool, 2, &err) || sc_encoder_create_lite(&lite, &err);
}

static int tear_down(void **state)
{
    (void)state;
    sc_encoder_free(lite);
    sc_threads_destroy(pool);
    return 0;
}

#endif
