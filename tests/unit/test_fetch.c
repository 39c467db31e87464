/* SPDX-License-Identifier: MIT */
/* Downloads from a server that behaves well, badly and worse (hostile_server.py). After every failure: no final file.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>

#include "core/file.h"
#include "fetch/fetch.h"
#include "server.h"

enum { SIZE = 300000 };
static server web;
static char folder[] = "/tmp/scumble-fetch-XXXXXX";
static char path[48], part[64], info[64];
static uint8_t good[SIZE];
static char good_sha256[65];
static sc_error err;

static int remove_item(const char *name, const struct stat *s, int kind, struct FTW *where)
{
    (void)s, (void)kind, (void)where;
    return remove(name);
}

static int start(void **state)
{
    (void)state;
    for (int i = 0; i < SIZE; i++)
        good[i] = (uint8_t)(i * 31 + i / 251);
    sc_sha256(NULL, good, SIZE, good_sha256);
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/file.bin", folder);
    snprintf(part, sizeof part, "%s.part", path);
    snprintf(info, sizeof info, "%s.part.info", path);
    return server_start(&web, NULL) ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    server_stop(&web);
    nftw(folder, remove_item, 16, FTW_DEPTH | FTW_PHYS);
    return 0;
}

static int clean(void **state)
{
    (void)state;
    unlink(path);
    unlink(part);
    unlink(info);
    return 0;
}

/* ---- helpers ---- */

typedef struct watch {
    int64_t stop_at, last, total;
    int calls;
} watch;

static int on_progress(int64_t done, int64_t total, void *user)
{
    watch *w = user;
    w->calls++;
    w->last = done;
    if (total)
        w->total = total;
    return w->stop_at && done >= w->stop_at;
}

static int get_with(const char *name, const char *sha256, watch *w, int64_t max_bytes)
{
    char url[128];
    if (strstr(name, "://"))
        snprintf(url, sizeof url, "%s", name);
    else
        snprintf(url, sizeof url, "http://127.0.0.1:%d/%s", web.port, name);
    sc_fetch fetch = { .url = url,
                       .path = path,
                       .sha256_prefix = sha256,
                       .max_bytes = max_bytes,
                       .stall_s = 1,
                       .pause_ms = 20,
                       .attempts = strcmp(name, "stall") ? 0 : 1 };
    if (w) {
        fetch.progress = on_progress;
        fetch.user = w;
    }
    err = (sc_error){ 0 };
    return sc_fetch_file(&fetch, &err);
}

static int get(const char *name)
{
    return get_with(name, good_sha256, NULL, 0);
}

static int64_t size_of(const char *name)
{
    struct stat s;
    return stat(name, &s) ? -1 : (int64_t)s.st_size;
}

static void assert_good(int code)
{
    if (code)
        fail_msg("%s", err.text);
    sc_mapped_file file;
    assert_int_equal(sc_file_map(&file, path, &err), 0);
    assert_int_equal(file.size_bytes, SIZE);
    assert_memory_equal(file.data, good, SIZE);
    sc_file_unmap(&file);
    assert_int_equal(size_of(part), -1);
    assert_int_equal(size_of(info), -1);
}

/* Failed with this code, a sentence that has these words, no final file, and a part of this size (-1 = none). */
static void assert_failed(int code, int wanted, const char *words, int64_t part_bytes)
{
    if (code != wanted)
        fail_msg("code %d, not %d: %s", code, wanted, err.text);
    if (!strstr(err.text, words))
        fail_msg("'%s' is not in: %s", words, err.text);
    assert_int_equal(size_of(path), -1);
    assert_int_equal(size_of(part), part_bytes);
    assert_int_equal(size_of(info), part_bytes < 0 ? -1 : size_of(info));
}

/* ---- servers that mean well ---- */

static void downloads(void **state)
{
    (void)state;
    watch w = { 0 };
    assert_good(get_with("good", good_sha256, &w, 0));
    assert_int_equal(w.last, SIZE);
    assert_int_equal(w.total, SIZE);
}

static void overwrites_only_when_whole(void **state)
{
    (void)state;
    assert_int_equal(sc_file_write(path, "old", 3, &err), 0);
    assert_int_equal(get("wrong"), SCUMBLE_ERR_FORMAT);
    assert_int_equal(size_of(path), 3);
    assert_good(get("good"));
}

static void follows_redirects(void **state)
{
    (void)state;
    assert_good(get("redirect"));
}

static void takes_any_framing(void **state)
{
    (void)state;
    assert_good(get("no-length"));
    clean(NULL);
    assert_good(get("chunked"));
    clean(NULL);
    assert_good(get("chunked-cut"));
}

static void resumes(void **state)
{
    (void)state;
    assert_good(get("cut"));
    clean(NULL);
    assert_good(get("cut-no-ranges"));
    clean(NULL);
    assert_good(get("cut-changed?1"));
    clean(NULL);
    assert_good(get_with("cut-changed?2", NULL, NULL, 0)); /* the ETag alone tells */
    clean(NULL);
    assert_good(get("cut-changed-silently"));
    clean(NULL);
    assert_good(get("cut-wrong-range"));
    clean(NULL);
    assert_good(get("cut-always"));
    clean(NULL);
    assert_good(get("long-length"));
}

static void resumes_another_day(void **state)
{
    (void)state;
    watch w = { .stop_at = 20000 };
    int code = get_with("trickle", good_sha256, &w, 0);
    assert_int_equal(code, SCUMBLE_ERR_CANCELLED);
    int64_t kept = size_of(part);
    assert_true(kept >= 20000 && kept < SIZE);
    assert_int_equal(size_of(path), -1);
    /* the same bytes go on from another run of the same address: pretend that it was /good */
    char text[160];
    snprintf(text, sizeof text, "http://127.0.0.1:%d/good\n\"good\"\n", web.port);
    assert_int_equal(sc_file_write(info, text, strlen(text), &err), 0);
    assert_good(get_with("good", NULL, NULL, 0));
}

static void part_of_another_address_is_dropped(void **state)
{
    (void)state;
    assert_int_equal(sc_file_write(part, "rubbish", 7, &err), 0);
    assert_good(get("good"));
    clean(NULL);
    assert_int_equal(sc_file_write(part, "rubbish", 7, &err), 0);
    assert_int_equal(sc_file_write(info, "http://elsewhere/\n\"good\"\n", 25, &err), 0);
    assert_good(get("good"));
}

static void whole_part_is_taken(void **state)
{
    (void)state;
    char text[160];
    snprintf(text, sizeof text, "http://127.0.0.1:%d/good\n\"good\"\n", web.port);
    assert_int_equal(sc_file_write(part, good, SIZE, &err), 0);
    assert_int_equal(sc_file_write(info, text, strlen(text), &err), 0);
    assert_good(get("good"));
    clean(NULL);
    uint8_t *longer = calloc(1, SIZE + 10);
    assert_int_equal(sc_file_write(part, longer, SIZE + 10, &err), 0);
    assert_int_equal(sc_file_write(info, text, strlen(text), &err), 0);
    free(longer);
    assert_good(get("good"));
}

static void tries_again(void **state)
{
    (void)state;
    assert_good(get("busy"));
    clean(NULL);
    assert_good(get("stall-once"));
}

/* ---- servers that do not ---- */

static void refuses_wrong_bytes(void **state)
{
    (void)state;
    assert_failed(get("wrong"), SCUMBLE_ERR_FORMAT, "SHA-256", -1);
    assert_failed(get("short-length"), SCUMBLE_ERR_FORMAT, "SHA-256", -1);
    assert_failed(get_with("good", "12345678", NULL, 0), SCUMBLE_ERR_FORMAT, "not 12345678", -1);
}

static void refuses_errors(void **state)
{
    (void)state;
    assert_failed(get("nothing-here"), SCUMBLE_ERR_NOT_FOUND, "404", -1);
    assert_failed(get("500"), SCUMBLE_ERR_NETWORK, "500", -1);
    assert_failed(get("403"), SCUMBLE_ERR_NETWORK, "403", -1);
    assert_failed(get("loop"), SCUMBLE_ERR_NETWORK, "circles", -1);
    assert_failed(get("hang-up"), SCUMBLE_ERR_NETWORK, "broke off", -1);
    assert_failed(get("never-ends"), SCUMBLE_ERR_NETWORK, "broke off", -1);
    assert_failed(get("empty"), SCUMBLE_ERR_NETWORK, "nothing", -1);
    assert_failed(get("not-http"), SCUMBLE_ERR_NETWORK, "127.0.0.1", -1);
}

static void refuses_other_protocols(void **state)
{
    (void)state;
    assert_failed(get("to-file"), SCUMBLE_ERR_ARGUMENT, "http", -1);
    assert_failed(get("file:///etc/hostname"), SCUMBLE_ERR_ARGUMENT, "http", -1);
    assert_failed(get("http://127.0.0.1:1/x"), SCUMBLE_ERR_NETWORK, "cannot reach", -1);
}

static void refuses_web_pages(void **state)
{
    (void)state;
    assert_failed(get_with("page", NULL, NULL, 0), SCUMBLE_ERR_NETWORK, "web page", -1);
    assert_failed(get_with("hidden-page", NULL, NULL, 0), SCUMBLE_ERR_NETWORK, "web page", -1);
}

static void refuses_too_much(void **state)
{
    (void)state;
    assert_failed(get("huge"), SCUMBLE_ERR_LIMIT, "larger", -1);
    assert_failed(get_with("good", good_sha256, NULL, SIZE - 1), SCUMBLE_ERR_LIMIT, "larger", -1);
    assert_failed(get_with("endless", NULL, NULL, 2000000), SCUMBLE_ERR_LIMIT, "larger", -1);
}

static void gives_a_stalled_server_up(void **state)
{
    (void)state;
    assert_failed(get("stall"), SCUMBLE_ERR_NETWORK, "stopped sending", 1000);
}

static void cancels(void **state)
{
    (void)state;
    watch w = { .stop_at = 1 };
    int code = get_with("trickle", good_sha256, &w, 0);
    assert_failed(code, SCUMBLE_ERR_CANCELLED, "stopped", size_of(part));
    assert_true(size_of(part) > 0);
}

static void one_at_a_time(void **state)
{
    (void)state;
    int inner = 1;
    pid_t child = fork();
    if (!child) {
        watch w = { 0 };
        _exit(get_with("trickle", NULL, &w, 0) ? 1 : 0);
    }
    for (int i = 0; i < 200 && size_of(part) < 1; i++)
        usleep(10000);
    inner = get("good");
    assert_int_equal(inner, SCUMBLE_ERR_ACCESS);
    assert_non_null(strstr(err.text, "another process"));
    kill(child, 15);
    waitpid(child, NULL, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, clean)
    static const struct CMUnitTest tests[] = {
        TEST(downloads),
        TEST(overwrites_only_when_whole),
        TEST(follows_redirects),
        TEST(takes_any_framing),
        TEST(resumes),
        TEST(resumes_another_day),
        TEST(part_of_another_address_is_dropped),
        TEST(whole_part_is_taken),
        TEST(tries_again),
        TEST(refuses_wrong_bytes),
        TEST(refuses_errors),
        TEST(refuses_other_protocols),
        TEST(refuses_web_pages),
        TEST(refuses_too_much),
        TEST(gives_a_stalled_server_up),
        TEST(cancels),
        TEST(one_at_a_time),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
