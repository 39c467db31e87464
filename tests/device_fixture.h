/* SPDX-License-Identifier: MIT */
/* For tests: a device with a set of kernels and a thread pool, the host unless the test says otherwise; made once for
 * each, and there until the test program ends. */
#ifndef SC_TESTS_DEVICE_FIXTURE_H
#define SC_TESTS_DEVICE_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>

#include "device/device.h"

enum { FIXTURE_DEVICES = 64 };
static sc_device *fixture_devices[FIXTURE_DEVICES];
static int fixture_device_count;
static const sc_device_kind *fixture_kind = &sc_device_host; /* of those that are asked for from here on */

static inline void destroy_fixture_devices(void)
{
    while (fixture_device_count)
        sc_device_destroy(fixture_devices[--fixture_device_count]);
}

static inline sc_device *device_on(const sc_kernels *kernels, sc_threads *threads)
{
    sc_error failure;
    for (int i = 0; i < fixture_device_count; i++)
        if (fixture_devices[i]->kind == fixture_kind && fixture_devices[i]->kernels == kernels &&
            fixture_devices[i]->threads == threads)
            return fixture_devices[i];
    if (fixture_device_count == FIXTURE_DEVICES ||
        sc_device_create(&fixture_devices[fixture_device_count], fixture_kind, kernels, threads, &failure)) {
        fprintf(stderr, "no more devices for this test\n");
        abort();
    }
    if (!fixture_device_count)
        atexit(destroy_fixture_devices);
    return fixture_devices[fixture_device_count++];
}

#endif
