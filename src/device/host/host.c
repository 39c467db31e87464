/* SPDX-License-Identifier: MIT */
/* The host as a device: the program's own memory; a kernel is done when it has been submitted, on the thread pool. */
#include <stdlib.h>
#include <string.h>

#include "device/device.h"

static void *alloc(sc_device *device, size_t size_bytes)
{
    (void)device;
    return sc_aligned_alloc(size_bytes);
}

static void release(sc_device *device, void *memory)
{
    (void)device;
    free(memory);
}

static int host_copy(sc_device *device, void *to, const void *from, size_t size_bytes)
{
    (void)device;
    memcpy(to, from, size_bytes);
    return SCUMBLE_OK;
}

static int host_clear(sc_device *device, void *memory, size_t size_bytes)
{
    (void)device;
    memset(memory, 0, size_bytes);
    return SCUMBLE_OK;
}

typedef struct job {
    const sc_kernel *kernel;
    const sc_call *call;
} job;

static int host_run_part(void *argument, int part, int thread)
{
    const job *j = argument;
    return j->kernel->run(j->call, part, thread);
}

static int host_submit(sc_device *device, const sc_kernel *kernel, const sc_call *call)
{
    job j = { kernel, call };
    int code = sc_threads_run(device->threads, kernel->parts ? kernel->parts(call) : 1, host_run_part, &j);
    return code || !kernel->finish ? code : kernel->finish(call);
}

static int host_finish(sc_device *device)
{
    (void)device;
    return SCUMBLE_OK;
}

const sc_device_kind sc_device_host = { .name = "host",
                                        .shares_memory = true,
                                        .alloc = alloc,
                                        .release = release,
                                        .upload = host_copy,
                                        .download = host_copy,
                                        .clear = host_clear,
                                        .submit = host_submit,
                                        .finish = host_finish };
