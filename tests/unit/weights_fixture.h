/* SPDX-License-Identifier: MIT */
/* Shared by the tests of the model readers: where files lie, and what is expected of sets and of refusals. */
#ifndef SC_TESTS_WEIGHTS_FIXTURE_H
#define SC_TESTS_WEIGHTS_FIXTURE_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/file.h"
#include "weights/weights.h"

/* A string literal as bytes, with its NULs and without the last one. */
#define BYTES(literal) (const uint8_t *)(literal), sizeof(literal) - 1

static inline char *corpus_path(const char *name)
{
    return sc_format("%s/tests/fuzz/corpus/%s", SCUMBLE_SOURCE_ROOT, name);
}

static inline sc_weights *load_corpus(const char *name)
{
    sc_error err = { 0 };
    sc_weights *weights = NULL;
    char *path = corpus_path(name);
    if (sc_weights_load(NULL, &weights, path, &err))
        fail_msg("%s", err.text);
    free(path);
    return weights;
}

/* The tensor with this name and shape ("2x3"; "" for a scalar). */
static inline const float *values_of(const sc_weights *weights, const char *name, const char *shape)
{
    const sc_weight *tensor = sc_weights_find(weights, name);
    if (!tensor)
        fail_msg("there is no tensor '%s'", name);
    char text[256] = "";
    size_t count = 1;
    for (int i = 0; i < tensor->dimension_count; i++) {
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%lld", i ? "x" : "",
                 (long long)tensor->dimensions[i]);
        count *= (size_t)tensor->dimensions[i];
    }
    assert_string_equal(text, shape);
    assert_int_equal(tensor->count, count);
    assert_int_equal((uintptr_t)tensor->values % 64, 0);
    return tensor->values;
}

static inline void check_value(float value, double expected)
{
    if (!(fabs((double)value - expected) <= 1e-6 * (1 + fabs(expected))))
        fail_msg("%.9g instead of %.9g", (double)value, expected);
}

/* A tensor's shape, first and last value and sum. */
static inline void check_tensor(const sc_weights *weights, const char *name, const char *shape, double first,
                                double last, double sum)
{
    const float *values = values_of(weights, name, shape);
    size_t count = sc_weights_find(weights, name)->count;
    double total = 0;
    for (size_t i = 0; i < count; i++)
        total += (double)values[i];
    check_value(values[0], first);
    check_value(values[count - 1], last);
    if (!(fabs(total - sum) <= 1e-4 * (1 + fabs(sum))))
        fail_msg("the sum of %s is %.9g instead of %.9g", name, total, sum);
}

/* A refusal: an error code, no set, and a sentence that holds `part`. */
static inline void check_refusal(int code, const sc_weights *weights, const sc_error *err, const char *what,
                                 const char *part)
{
    if (!code || weights)
        fail_msg("%s was accepted", what);
    if (err->code != code || !err->text[0] || strlen(err->text) >= sizeof err->text || !strstr(err->text, part))
        fail_msg("%s: the sentence '%s' (%d, %d) does not say '%s'", what, err->text, code, err->code, part);
}

#endif
