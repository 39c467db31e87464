/* SPDX-License-Identifier: MIT */
/* Golden values: numbers that other engines gave for the same weights and pictures, in safetensors files that are not
 * part of the tree. They lie in $SCUMBLE_SHARED or ../shared beside the source; without them a test skips and says so.
 */
#ifndef SC_TESTS_GOLDEN_H
#define SC_TESTS_GOLDEN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "nets/encoder/encoder.h"

static sc_error err;

#define MUST(call)                               \
    do {                                         \
        if (call)                                \
            fail_msg("%s: %s", #call, err.text); \
    } while (0)

/* The path of a shared file, or a visible skip. Caller frees. */
static inline char *shared_path(const char *name)
{
    const char *folder = getenv("SCUMBLE_SHARED");
    char *path = sc_format("%s/%s", folder ? folder : SOURCE_ROOT "/../shared", name);
    assert_non_null(path);
    if (access(path, R_OK)) {
        print_message("[  SKIPPED ] %s is not here (set SCUMBLE_SHARED)\n", path);
        free(path);
        skip();
    }
    return path;
}

static inline sc_weights *shared_weights(const char *name)
{
    char *path = shared_path(name);
    sc_weights *weights;
    MUST(sc_weights_load(NULL, &weights, path, &err));
    free(path);
    return weights;
}

/* A golden tensor (n, c, h, w; vectors and matrices lead) in the engine's layout. */
static inline sc_tensor golden_tensor(const sc_weights *golden, const char *name)
{
    const sc_weight *w = sc_weights_find(golden, name);
    if (!w)
        fail_msg("the golden file has no '%s'", name);
    int d[4] = { 1, 1, 1, 1 };
    for (int i = 0; i < w->dimension_count; i++)
        d[i] = (int)w->dimensions[i];
    sc_tensor tensor;
    MUST(sc_tensor_create(&tensor, (sc_shape){ d[0], d[1], d[2], d[3] }, &err));
    sc_tensor_from_nchw(&tensor, w->values);
    return tensor;
}

/* Largest difference over the largest golden magnitude; golden holds every (c / golden c)th channel of data. */
static inline double relative_error(const float *data, sc_shape shape, const sc_tensor *golden)
{
    sc_shape g = golden->shape;
    int step = shape.c / g.c;
    assert_int_equal(shape.h, g.h);
    assert_int_equal(shape.w, g.w);
    assert_int_equal((shape.c + step - 1) / step, g.c);
    double worst = 0, largest = 0;
    for (int n = 0; n < g.n; n++)
        for (int y = 0; y < g.h; y++)
            for (int x = 0; x < g.w; x++)
                for (int c = 0; c < g.c; c++) {
                    double wanted = golden->data[sc_offset(g, n, c, y, x)],
                           got = data[sc_offset(shape, n, c * step, y, x)];
                    if (!isfinite(got))
                        return INFINITY;
                    worst = fmax(worst, fabs(wanted - got));
                    largest = fmax(largest, fabs(wanted));
                }
    return worst / largest;
}

/* || a - b || / || b || */
static inline double relative_norm(const float *a, const float *b, size_t count)
{
    double difference = 0, norm = 0;
    for (size_t i = 0; i < count; i++) {
        difference += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
        norm += (double)b[i] * b[i];
    }
    return sqrt(difference / norm);
}

static inline void check(const char *network, const sc_kernels *backend, const char *what, double error, double limit)
{
    print_message("             %-14s %-10s %-24s %.1e (at most %.0e)\n", network, backend->name, what, error, limit);
    if (!(error <= limit))
        fail_msg("%s, %s: %s is off by %g", network, backend->name, what, error);
}

#endif
