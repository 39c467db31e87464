/* SPDX-License-Identifier: MIT */
/* A device for tests whose memory the host cannot touch: pages without access, but while its kernels or copies run. Its
 * kernels are the host's own, so what it computes has the host's bytes; they wait in a queue until somebody wants to
 * know. It refuses kernels that are handed memory of the host, and notes what was uploaded. */
#ifndef SC_TESTS_REMOTE_FIXTURE_H
#define SC_TESTS_REMOTE_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "device/device.h"

enum { REMOTE_MOST_BLOCKS = 8192, REMOTE_MOST_UPLOADS = 1 << 16, REMOTE_MOST_JOBS = 1024 };
static const size_t remote_size = (size_t)1 << 30;

/* One for the whole test program. */
static struct {
    char *memory;
    struct remote_block {
        size_t offset, size_bytes;
    } blocks[REMOTE_MOST_BLOCKS]; /* what is allocated, in the order of offsets */
    int block_count;
    const void *uploads[REMOTE_MOST_UPLOADS]; /* from where, one after the other */
    int upload_count;
    struct remote_job {
        const sc_kernel *kernel;
        const sc_call *call;
    } jobs[REMOTE_MOST_JOBS]; /* that wait */
    int job_count;
    long kernels; /* that have run */
} remote;

static inline void remote_open(int access)
{
    if (mprotect(remote.memory, remote_size, access)) {
        perror("mprotect");
        abort();
    }
}

static inline bool remote_has(const void *address)
{
    const char *at = address;
    return at >= remote.memory && at < remote.memory + remote_size;
}

/* The lowest gap that is large enough. */
static inline void *remote_alloc(sc_device *device, size_t size_bytes)
{
    (void)device;
    if (!remote.memory) {
        remote.memory = mmap(NULL, remote_size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (remote.memory == MAP_FAILED)
            abort();
    }
    size_t offset = 0, needed = (size_bytes + 64) / 64 * 64;
    int i = 0;
    while (i < remote.block_count && remote.blocks[i].offset - offset < needed) {
        offset = remote.blocks[i].offset + remote.blocks[i].size_bytes;
        i++;
    }
    if (remote.block_count == REMOTE_MOST_BLOCKS || remote_size - offset < needed)
        return NULL;
    memmove(&remote.blocks[i + 1], &remote.blocks[i], (size_t)(remote.block_count - i) * sizeof *remote.blocks);
    remote.blocks[i] = (struct remote_block){ offset, needed };
    remote.block_count++;
    return remote.memory + offset;
}

static inline void remote_release(sc_device *device, void *memory)
{
    (void)device;
    int i = 0;
    if (!memory)
        return;
    while (i < remote.block_count && remote.memory + remote.blocks[i].offset != (char *)memory)
        i++;
    if (i == remote.block_count)
        abort();
    size_t page = 4096, begin = (remote.blocks[i].offset + page - 1) / page * page,
           end = (remote.blocks[i].offset + remote.blocks[i].size_bytes) / page * page;
    if (end > begin) /* pages that are not there need no protection */
        madvise(remote.memory + begin, end - begin, MADV_DONTNEED);
    remote.block_count--;
    memmove(&remote.blocks[i], &remote.blocks[i + 1], (size_t)(remote.block_count - i) * sizeof *remote.blocks);
}

static inline void remote_check(const void *address)
{
    if (address && !remote_has(address)) {
        fprintf(stderr, "a kernel of the remote device was handed memory of the host\n");
        abort();
    }
}

static inline int remote_finish(sc_device *device)
{
    int code = 0;
    if (!remote.job_count)
        return 0;
    remote_open(PROT_READ | PROT_WRITE);
    for (int i = 0; i < remote.job_count && !code; i++)
        code = sc_device_host.submit(device, remote.jobs[i].kernel, remote.jobs[i].call);
    remote_open(PROT_NONE);
    remote.kernels += remote.job_count;
    remote.job_count = 0;
    return code;
}

static inline int remote_submit(sc_device *device, const sc_kernel *kernel, const sc_call *call)
{
    for (int i = 0; i < call->input_count; i++) {
        remote_check(call->in[i]->data);
        remote_check(call->in_gradient[i] ? call->in_gradient[i]->data : NULL);
    }
    remote_check(call->out ? call->out->data : NULL);
    remote_check(call->out_gradient ? call->out_gradient->data : NULL);
    remote_check(call->saved);
    remote_check(call->scratch);
    for (int i = 0; i < SC_MAX_PREPARED; i++)
        remote_check(call->prepared[i]);
    int code = remote.job_count == REMOTE_MOST_JOBS ? remote_finish(device) : 0;
    remote.jobs[remote.job_count++] = (struct remote_job){ kernel, call };
    return code;
}

static inline int remote_upload(sc_device *device, void *to, const void *from, size_t size_bytes)
{
    if (!remote_has(to) || remote_has(from) || remote.upload_count == REMOTE_MOST_UPLOADS)
        abort();
    int code = remote_finish(device);
    remote.uploads[remote.upload_count++] = from;
    remote_open(PROT_READ | PROT_WRITE);
    memcpy(to, from, size_bytes);
    remote_open(PROT_NONE);
    return code;
}

static inline int remote_download(sc_device *device, void *to, const void *from, size_t size_bytes)
{
    if (!remote_has(from) || remote_has(to))
        abort();
    int code = remote_finish(device);
    remote_open(PROT_READ);
    memcpy(to, from, size_bytes);
    remote_open(PROT_NONE);
    return code;
}

static inline int remote_clear(sc_device *device, void *memory, size_t size_bytes)
{
    int code = remote_finish(device);
    remote_open(PROT_READ | PROT_WRITE);
    memset(memory, 0, size_bytes);
    remote_open(PROT_NONE);
    return code;
}

static const sc_device_kind remote_kind = { .name = "remote",
                                            .alloc = remote_alloc,
                                            .release = remote_release,
                                            .upload = remote_upload,
                                            .download = remote_download,
                                            .clear = remote_clear,
                                            .submit = remote_submit,
                                            .finish = remote_finish };

/* How often the host's memory at `from` was uploaded. */
static inline int remote_count_uploads(const void *from)
{
    int count = 0;
    for (int i = 0; i < remote.upload_count; i++)
        count += remote.uploads[i] == from;
    return count;
}

#endif
