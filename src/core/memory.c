/* SPDX-License-Identifier: MIT */
/* Big buffers in temporary files, and the thread that keeps them from filling the memory. See memory.h. */
#define _GNU_SOURCE
#include "core/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/thread.h"

typedef struct mapping {
    struct mapping *next;
    void *memory;
    size_t size_bytes;
} mapping;

typedef struct watcher {
    pthread_t id;
    atomic_bool quit;
    int statm;     /* -1 without /proc */
    size_t others; /* bytes of resident file pages that are none of ours, about */
} watcher;

enum { POLL_US = 1000, HUGE_PAGE_BYTES = 2 << 20, HUGE_BYTES = 2 << 20 };
#define PACE_S 0.0005

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* under lock */
static mapping *mappings;
static size_t limit_bytes;
static watcher *watching; /* while there are mappings */
static int unmapping;     /* threads that give a mapping back */
static pthread_cond_t unmapped = PTHREAD_COND_INITIALIZER;
/* for a glance without the lock */
static atomic_bool any; /* mappings */
static _Atomic double looked_s;

void *sc_aligned_alloc(size_t size_bytes)
{
    void *memory;
    bool large = size_bytes >= HUGE_BYTES;
    if (posix_memalign(&memory, large ? HUGE_PAGE_BYTES : 64, size_bytes ? size_bytes : 1))
        return NULL;
    if (large) /* strided kernels touch more small pages than the processor keeps addresses of; but no page shall be
                  more than is asked for */
        madvise(memory, size_bytes / HUGE_PAGE_BYTES * HUGE_PAGE_BYTES, MADV_HUGEPAGE);
    return memory;
}

/* ---- what is resident ------------------------------------------------------------------------------------------ */

/* Of file and shared pages that the process has mapped; our own cannot be told from its program and libraries. */
static bool resident_file_bytes(int statm, size_t *bytes)
{
    char text[128];
    ssize_t length = statm < 0 ? -1 : pread(statm, text, sizeof text - 1, 0);
    unsigned long long shared;
    text[length < 0 ? 0 : length] = 0;
    if (sscanf(text, "%*u %*u %llu", &shared) != 1)
        return false;
    *bytes = (size_t)shared * (size_t)sysconf(_SC_PAGESIZE);
    return true;
}

static void drop_pages(void)
{
    for (const mapping *m = mappings; m; m = m->next)
        madvise(m->memory, m->size_bytes, MADV_DONTNEED);
}

/* Drops what is resident when it is half the limit; the other half is for what is touched until the next look. */
static void look(watcher *w)
{
    size_t resident;
    bool known = resident_file_bytes(w->statm, &resident);
    if (limit_bytes && (!known || resident > w->others + limit_bytes / 2)) {
        drop_pages();
        /* What is left now is not ours, or has been touched again since: others' pages may be fewer, but are not at
         * once so many more. */
        if (resident_file_bytes(w->statm, &resident))
            w->others = resident < w->others ? resident : w->others + (resident - w->others) / 16;
    }
    atomic_store(&looked_s, sc_now_s());
}

static void *watch(void *argument)
{
    watcher *self = argument;
    while (!atomic_load(&self->quit)) {
        usleep(POLL_US);
        pthread_mutex_lock(&lock);
        look(self);
        pthread_mutex_unlock(&lock);
    }
    return NULL;
}

void sc_big_pace(void)
{
    if (!atomic_load_explicit(&any, memory_order_relaxed) || sc_now_s() < atomic_load(&looked_s) + PACE_S)
        return;
    pthread_mutex_lock(&lock);
    if (watching)
        look(watching);
    pthread_mutex_unlock(&lock);
}

void sc_big_release(void)
{
    pthread_mutex_lock(&lock);
    drop_pages();
    pthread_mutex_unlock(&lock);
}

void sc_big_limit(size_t resident_bytes)
{
    pthread_mutex_lock(&lock);
    limit_bytes = resident_bytes;
    pthread_mutex_unlock(&lock);
}

static bool is_big(size_t size_bytes)
{
    pthread_mutex_lock(&lock);
    bool big = limit_bytes && size_bytes > SC_BIG_BYTES;
    pthread_mutex_unlock(&lock);
    return big;
}

/* ---- the list -------------------------------------------------------------------------------------------------- */

static void free_watcher(watcher *w)
{
    if (w->statm >= 0)
        close(w->statm);
    free(w);
}

static watcher *start_watching(void)
{
    watcher *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    w->statm = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    resident_file_bytes(w->statm, &w->others);
    if (!sc_thread_start(&w->id, NULL, watch, w))
        return w;
    free_watcher(w);
    return NULL;
}

static bool memory_add(void *memory, size_t size_bytes)
{
    mapping *m = malloc(sizeof *m);
    if (!m)
        return false;
    pthread_mutex_lock(&lock);
    if (!watching)
        watching = start_watching();
    bool added = watching != NULL;
    if (added) {
        *m = (mapping){ .next = mappings, .memory = memory, .size_bytes = size_bytes };
        mappings = m;
        atomic_store(&any, true);
    }
    pthread_mutex_unlock(&lock);
    if (!added)
        free(m);
    return added;
}

/* Takes it off the list, for the caller to free; NULL when it was not there. With the last one the watcher ends. */
static mapping *take_off(const void *memory)
{
    watcher *unneeded = NULL;
    pthread_mutex_lock(&lock);
    mapping **at = &mappings;
    while (*at && (*at)->memory != memory)
        at = &(*at)->next;
    mapping *m = *at;
    if (m) {
        *at = m->next;
        if (!mappings) {
            unneeded = watching;
            watching = NULL;
            atomic_store(&any, false);
        }
    }
    pthread_mutex_unlock(&lock);
    if (unneeded) {
        atomic_store(&unneeded->quit, true);
        pthread_join(unneeded->id, NULL);
        free_watcher(unneeded);
    }
    return m;
}

void sc_big_watch(const void *memory, size_t size_bytes)
{
    if (is_big(size_bytes))
        memory_add((void *)(uintptr_t)memory, size_bytes); /* without it the pages stay, and do no harm but that */
}

void sc_big_unwatch(const void *memory)
{
    free(take_off(memory));
}

/* ---- giving back ------------------------------------------------------------------------------------------------- */

/* The kernel takes some tenths of a second a gigabyte to forget a file's pages, which nobody has to wait for but who
 * wants new ones. */
static void *unmap(void *argument)
{
    mapping *m = argument;
    munmap(m->memory, m->size_bytes);
    free(m);
    pthread_mutex_lock(&lock);
    unmapping--;
    pthread_cond_broadcast(&unmapped);
    pthread_mutex_unlock(&lock);
    return NULL;
}

static void wait_unmapped(void)
{
    pthread_mutex_lock(&lock);
    while (unmapping)
        pthread_cond_wait(&unmapped, &lock);
    pthread_mutex_unlock(&lock);
}

static void unmap_beside(mapping *m)
{
    pthread_t id;
    pthread_attr_t attributes;
    pthread_mutex_lock(&lock);
    unmapping++;
    pthread_mutex_unlock(&lock);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    if (sc_thread_start(&id, &attributes, unmap, m))
        unmap(m);
    pthread_attr_destroy(&attributes);
}

/* ---- buffers --------------------------------------------------------------------------------------------------- */

static int open_without_name(const char *folder)
{
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR)) /* the file system, or the kernel, does not have it */
        return fd;
    char path[4096];
    if (snprintf(path, sizeof path, "%s/scumble-XXXXXX", folder) >= (int)sizeof path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        unlink(path);
    return fd;
}

/* Room for all of it now: a full disk would else be a SIGBUS in the middle of a run. 0, or an errno. */
static int memory_reserve(int fd, size_t size_bytes)
{
    struct rlimit most;
    struct statvfs disk;
    if (!getrlimit(RLIMIT_FSIZE, &most) && size_bytes > most.rlim_cur) /* trying would raise SIGXFSZ */
        return EFBIG;
    /* Trying what cannot succeed would leave other processes without room for a while. No blocks at all: a tmpfs
     * without a limit. */
    if (!fstatvfs(fd, &disk) && disk.f_blocks && size_bytes / disk.f_frsize >= disk.f_bavail)
        return ENOSPC;
    int failed;
    do
        failed = posix_fallocate(fd, 0, (off_t)size_bytes);
    while (failed == EINTR);
    return failed;
}

const char *sc_big_folder(void)
{
    const char *folder = secure_getenv("TMPDIR");
    return folder && *folder ? folder : "/var/tmp"; /* on a disk, where /tmp may be memory */
}

int64_t sc_big_room(void)
{
    wait_unmapped();
    struct statvfs room;
    return statvfs(sc_big_folder(), &room) ? 0 : (int64_t)room.f_bavail * (int64_t)room.f_frsize;
}

static void *map_file(size_t size_bytes, sc_error *err)
{
    const char *folder = sc_big_folder();
    int fd = open_without_name(folder), failed = fd < 0 ? errno : memory_reserve(fd, size_bytes);
    void *memory = failed ? MAP_FAILED : mmap(NULL, size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (!failed && memory == MAP_FAILED)
        failed = errno;
    if (fd >= 0)
        close(fd);
    if (!failed)
        return memory;
    char verb[64];
    snprintf(verb, sizeof verb, "reserve %.1f MiB in", (double)size_bytes / 1048576);
    sc_fail_errno(err, failed, verb, folder);
    sc_error_prefix(err, "a temporary file for what is beyond the memory limit, in TMPDIR or else /var/tmp");
    return NULL;
}

static void *map_big(size_t size_bytes, sc_error *err)
{
    wait_unmapped();
    void *memory = map_file(size_bytes, err);
    if (!memory || memory_add(memory, size_bytes))
        return memory;
    munmap(memory, size_bytes);
    sc_fail(err, SCUMBLE_ERR_MEMORY, "not enough memory: one more thread cannot be started");
    return NULL;
}

static void *plain(size_t size_bytes, sc_error *err)
{
    void *memory = sc_aligned_alloc(size_bytes);
    if (!memory)
        sc_fail_memory(err, size_bytes);
    return memory;
}

/* Whole pages of private memory that the kernel is told to forget are zero when they are touched next. That costs
 * nothing now, and later it is the threads of a pool that touch them. */
static void memory_clear(char *memory, size_t size_bytes)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), begin = (page - (uintptr_t)memory % page) % page,
           end = size_bytes > begin ? begin + (size_bytes - begin) / page * page : 0;
    bool forgotten = size_bytes >= HUGE_BYTES && !madvise(memory + begin, end - begin, MADV_DONTNEED);
    memset(memory, 0, forgotten ? begin : size_bytes);
    if (forgotten)
        memset(memory + end, 0, size_bytes - end);
}

void *sc_big_alloc(size_t size_bytes, sc_error *err)
{
    return is_big(size_bytes) ? map_big(size_bytes, err) : plain(size_bytes, err);
}

void *sc_big_zeroed(size_t size_bytes, sc_error *err)
{
    if (is_big(size_bytes))
        return map_big(size_bytes, err); /* a new file is zero */
    void *memory = plain(size_bytes, err);
    if (memory)
        memory_clear(memory, size_bytes);
    return memory;
}

void sc_big_free(void *memory)
{
    mapping *m = memory ? take_off(memory) : NULL;
    if (m)
        unmap_beside(m);
    else
        free(memory);
}
