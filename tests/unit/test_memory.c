/* SPDX-License-Identifier: MIT */
/* Big buffers: the same values in a temporary file as in ordinary memory, resident pages within the limit whoever
 * touches them, a sentence where the file has no room, and nothing left behind. */
#define _GNU_SOURCE
#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/file.h"
#include "core/memory.h"
#include "media/image.h"
#include "optimise/optimizer.h"
#include "tensor/vector.h"

static const size_t MIB = 1 << 20;
static char folder[256];
static sc_threads *pool;

static int set_up(void **state)
{
    (void)state;
    sc_error err;
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/scumble-test-XXXXXX", base ? base : "/var/tmp");
    return !mkdtemp(folder) || setenv("TMPDIR", folder, 1) || sc_threads_create(&pool, 4, &err);
}

static int tear_down(void **state)
{
    (void)state;
    sc_threads_destroy(pool);
    return rmdir(folder); /* fails when something was left in it */
}

static int no_limit(void **state)
{
    (void)state;
    sc_big_limit(0);
    return setenv("TMPDIR", folder, 1);
}

static int entries(void)
{
    int count = 0;
    DIR *dir = opendir(folder);
    while (dir && readdir(dir))
        count++;
    closedir(dir);
    return count - 2;
}

/* A line of /proc/self/status, in bytes. */
static size_t status_bytes(const char *format)
{
    char line[256];
    unsigned long kib = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file) && sscanf(line, format, &kib) != 1)
        ;
    if (file)
        fclose(file);
    return kib * 1024;
}

/* True when the process's peak of resident memory could be set back to what is resident now. */
static bool forget_peak(void)
{
    FILE *file = fopen("/proc/self/clear_refs", "w");
    bool written = file && fputs("5", file) >= 0;
    return file && fclose(file) == 0 && written;
}

static void *big(size_t size_bytes)
{
    sc_error err = { 0 };
    void *memory = sc_big_zeroed(size_bytes, &err);
    if (!memory)
        fail_msg("%s", err.text);
    return memory;
}

static void is_in_a_file_only_with_a_limit(void **state)
{
    (void)state;
    size_t before = status_bytes("RssFile: %lu kB") + status_bytes("RssShmem: %lu kB");
    char *ordinary = big(32 * MIB);
    memset(ordinary, 1, 32 * MIB);
    assert_true(status_bytes("RssFile: %lu kB") + status_bytes("RssShmem: %lu kB") < before + 8 * MIB);
    sc_big_limit(1024 * MIB);
    char *mapped = big(32 * MIB), *small = big(1 * MIB);
    for (size_t i = 0; i < 32 * MIB; i += 4096)
        assert_int_equal(mapped[i], 0);
    memset(mapped, 1, 32 * MIB);
    assert_true(status_bytes("RssFile: %lu kB") + status_bytes("RssShmem: %lu kB") > before + 24 * MIB);
    sc_big_release();
    assert_true(status_bytes("RssFile: %lu kB") + status_bytes("RssShmem: %lu kB") < before + 8 * MIB);
    assert_memory_equal(mapped, ordinary, 32 * MIB);
    assert_int_equal(entries(), 0);
    sc_big_limit(0); /* what is mapped stays mapped, and is freed as such */
    assert_int_equal(mapped[12345], 1);
    sc_big_free(mapped);
    sc_big_free(small);
    sc_big_free(ordinary);
    sc_big_free(NULL);
}

/* Two resizings and an optimiser's run, with every vector beyond the threshold. */
static int valley(void *user, const float *x, float *gradient, double *f, sc_error *err)
{
    (void)err;
    size_t count = *(size_t *)user;
    *f = 0;
    for (size_t i = 0; i < count; i++) {
        float to = (float)(i % 251) / 250, stretch = 1 + (float)(i % 7), d = x[i] - to;
        *f += (double)(stretch * d * d);
        gradient[i] = 2 * stretch * d;
    }
    return 0;
}

static void work(float *values, size_t count)
{
    sc_error err;
    sc_image image, smaller, larger;
    int height = (int)(count / 3 / 2000);
    assert_int_equal(sc_image_create(&image, 2000, height, false, &err), 0);
    for (size_t i = 0; i < count; i++)
        image.rgb[i] = (float)(i * 2654435761u % 1024u) / 1024;
    assert_int_equal(sc_image_resize(NULL, &image, 1700, height, &smaller, &err), 0);
    assert_int_equal(sc_image_resize(NULL, &smaller, 2000, height, &larger, &err), 0);
    sc_problem problem = { .count = count, .threads = pool, .evaluate = valley, .user = &count };
    sc_optimizer *optimizer;
    sc_step step;
    assert_int_equal(sc_lbfgs_create(&optimizer, &problem, larger.rgb, &err), 0);
    for (int i = 0; i < 5; i++)
        assert_int_equal(sc_optimizer_step(optimizer, &step, &err), 0);
    memcpy(values, sc_optimizer_result(optimizer), count * sizeof *values);
    sc_optimizer_free(optimizer);
    sc_image_free(&image);
    sc_image_free(&smaller);
    sc_image_free(&larger);
}

static void values_are_the_same(void **state)
{
    (void)state;
    size_t count = 2000 * 900 * 3, bytes = count * sizeof(float); /* 20 MiB */
    float *ordinary = malloc(bytes), *mapped = malloc(bytes);
    work(ordinary, count);
    sc_big_limit(48 * MIB);
    work(mapped, count);
    assert_memory_equal(ordinary, mapped, bytes);
    free(ordinary);
    free(mapped);
}

/* Five times the limit, passes over all of it by four threads. */
static void keeps_the_limit(void **state)
{
    (void)state;
    enum { BUFFERS = 5 };
    const size_t limit = 128 * MIB, count = limit / sizeof(float);
    sc_big_limit(limit);
    float *vector[BUFFERS];
    for (int i = 0; i < BUFFERS; i++)
        vector[i] = big(count * sizeof(float));
    if (!forget_peak()) {
        print_message("SKIPPED: this kernel does not forget the peak of resident memory\n");
        skip();
    }
    size_t before = status_bytes("VmHWM: %lu kB");
    for (size_t k = 0; k < count; k++)
        vector[0][k] = (float)(k % 1000);
    for (int i = 1; i < BUFFERS; i++)
        sc_vector_combine(pool, vector[i], 0, (float)i, vector[0], count);
    for (int i = 1; i < BUFFERS; i++)
        sc_vector_combine(pool, vector[i], 1, 1, vector[(i + 1) % BUFFERS], count);
    double dot = sc_vector_dot(pool, vector[1], vector[4], count);
    size_t grown = status_bytes("VmHWM: %lu kB") - before;
    for (int i = 0; i < BUFFERS; i++)
        sc_big_free(vector[i]);
    print_message("limit %zu MiB, resident at most %zu MiB more than before\n", limit / MIB, grown / MIB);
    double squares = 0;
    for (size_t k = 0; k < count; k++)
        squares += (double)((k % 1000) * (k % 1000));
    assert_true(dot == 3 * 5 * squares); /* 1 + 2 times, 4 + 1 times */
    assert_true(grown < limit);
    assert_int_equal(entries(), 0);
}

/* Files that are only read count too. */
static void watches_mapped_files(void **state)
{
    (void)state;
    sc_error err;
    char path[300];
    snprintf(path, sizeof path, "%s/file", folder);
    char *bytes = malloc(32 * MIB);
    memset(bytes, 7, 32 * MIB);
    assert_int_equal(sc_file_write(path, bytes, 32 * MIB, &err), 0);
    sc_big_limit(1024 * MIB);
    sc_mapped_file file;
    assert_int_equal(sc_file_map(&file, path, &err), 0);
    unlink(path);
    assert_memory_equal(file.data, bytes, 32 * MIB);
    size_t touched = status_bytes("RssFile: %lu kB") + status_bytes("RssShmem: %lu kB");
    sc_big_release();
    assert_true(status_bytes("RssFile: %lu kB") + status_bytes("RssShmem: %lu kB") < touched - 24 * MIB);
    assert_memory_equal(file.data, bytes, 32 * MIB);
    sc_file_unmap(&file);
    free(bytes);
}

static void refuses(size_t size_bytes, int code, const char *part)
{
    sc_error err = { 0 };
    void *memory = sc_big_alloc(size_bytes, &err);
    if (memory || err.code != code || !strstr(err.text, part))
        fail_msg("%s: %d '%s'", memory ? "made" : "refused", err.code, err.text);
}

static void says_what_is_missing(void **state)
{
    (void)state;
    struct statvfs disk;
    sc_big_limit(64 * MIB);
    assert_int_equal(statvfs(folder, &disk), 0);
    if (disk.f_blocks) /* else a tmpfs without a limit */
        refuses((disk.f_bavail + 1000) * disk.f_frsize, SCUMBLE_ERR_NO_SPACE, "No space left");
    struct rlimit old;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    struct rlimit less = { .rlim_cur = MIB, .rlim_max = old.rlim_max };
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &less), 0);
    refuses(32 * MIB, SCUMBLE_ERR_NO_SPACE, "File too large");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    setenv("TMPDIR", "/nowhere/at/all", 1);
    refuses(32 * MIB, SCUMBLE_ERR_NOT_FOUND, "TMPDIR or else /var/tmp: cannot reserve 32.0 MiB in '/nowhere/at/all'");
    sc_image image;
    sc_error err;
    assert_int_equal(sc_image_create(&image, 2000, 2000, true, &err), SCUMBLE_ERR_NOT_FOUND);
    assert_null(image.rgb);
    assert_int_equal(entries(), 0);
}

/* Not even when the process is killed. */
static void leaves_nothing(void **state)
{
    (void)state;
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        sc_error err;
        sc_big_limit(32 * MIB);
        char *memory = sc_big_alloc(64 * MIB, &err);
        if (memory)
            memset(memory, 1, 64 * MIB);
        _exit(!memory || write(ready[1], "x", 1) != 1 || pause());
    }
    char byte;
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(entries(), 0);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
    close(ready[0]);
    assert_int_equal(entries(), 0);
}

/* A limit that a context has set ends when the last context is closed. */
static void test_limit_ends(void **state)
{
    (void)state;
    scumble *first, *second;
    assert_int_equal(scumble_open(&first, NULL), 0);
    assert_int_equal(scumble_open(&second, NULL), 0);
    sc_big_limit(1024 * MIB);
    scumble_close(&first);
    size_t before = status_bytes("RssFile: %lu kB") + status_bytes("RssShmem: %lu kB");
    char *mapped = big(32 * MIB);
    memset(mapped, 1, 32 * MIB);
    assert_true(status_bytes("RssFile: %lu kB") + status_bytes("RssShmem: %lu kB") > before + 24 * MIB);
    sc_big_free(mapped);
    scumble_close(&second);
    before = status_bytes("RssFile: %lu kB") + status_bytes("RssShmem: %lu kB");
    char *ordinary = big(32 * MIB);
    memset(ordinary, 1, 32 * MIB);
    assert_true(status_bytes("RssFile: %lu kB") + status_bytes("RssShmem: %lu kB") < before + 8 * MIB);
    sc_big_free(ordinary);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limit_ends),
        cmocka_unit_test_teardown(is_in_a_file_only_with_a_limit, no_limit),
        cmocka_unit_test_teardown(values_are_the_same, no_limit),
        cmocka_unit_test_teardown(keeps_the_limit, no_limit),
        cmocka_unit_test_teardown(watches_mapped_files, no_limit),
        cmocka_unit_test_teardown(says_what_is_missing, no_limit),
        cmocka_unit_test_teardown(leaves_nothing, no_limit),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
