/* SPDX-License-Identifier: MIT */
/* Getting a model of the catalogue: by download, or out of an npm package through the user's own npm. No shell is
 * involved. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/file.h"
#include "core/nearest.h"
#include "fetch/fetch.h"
#include "nets/store/registry_internal.h"

extern char **environ;

enum { LOOK_MS = 20 };

typedef struct pull {
    const sc_catalogue_entry *entry;
    const char *data_dir;
    const sc_threads *threads;
    sc_fetch_progress progress;
    void *user;
} pull;

/* ---- running a program ---- */

/* Starts argv[0] in its own process group, stdin empty, stdout and stderr together into *output. */
static int start(char *const *argv, pid_t *child, int *output, sc_error *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC))
        return sc_fail_errno(err, errno, "make a pipe for", argv[0]);
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 2);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setpgroup(&attributes, 0);
    int failed = posix_spawnp(child, argv[0], &actions, &attributes, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    close(ends[1]);
    *output = ends[0];
    if (!failed)
        return SCUMBLE_OK;
    close(ends[0]);
    if (failed == ENOENT)
        return sc_fail(err, SCUMBLE_ERR_NOT_FOUND, "the program '%s' is not installed", argv[0]);
    return sc_fail_errno(err, failed, "run", argv[0]);
}

/* Reads until the program closes its output; keeps the end of it in text. Non-zero when the caller cancels. */
static int listen_to(int output, char *text, size_t size, const pull *p)
{
    size_t used = 0;
    for (;;) {
        struct pollfd wait = { .fd = output, .events = POLLIN };
        int ready = poll(&wait, 1, LOOK_MS);
        if (sc_threads_cancelled(p->threads) || (p->progress && p->progress(0, 0, p->user)))
            return 1;
        if (ready <= 0)
            continue;
        char chunk[512];
        ssize_t got = read(output, chunk, sizeof chunk);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        if (used + (size_t)got >= size) { /* the end says what went wrong */
            memmove(text, text + used / 2, used - used / 2);
            used -= used / 2;
        }
        memcpy(text + used, chunk, (size_t)got);
        used += (size_t)got;
    }
    text[used] = 0;
    return 0;
}

/* With a moment to tidy up. */
static void end_group(pid_t child)
{
    siginfo_t ended = { 0 };
    kill(-child, SIGTERM);
    for (int i = 0; i < 2 && !ended.si_pid; i++) {
        nanosleep(&(struct timespec){ .tv_nsec = LOOK_MS * 1000000 }, NULL);
        if (waitid(P_PID, (id_t)child, &ended, WEXITED | WNOHANG | WNOWAIT))
            break;
    }
    kill(-child, SIGKILL);
}

static int run_program(char *const *argv, const pull *p, sc_error *err)
{
    pid_t child;
    int output = -1, status = 0;
    char text[2048] = "";
    int code = start(argv, &child, &output, err);
    if (code)
        return code;
    bool cancelled = listen_to(output, text, sizeof text, p);
    close(output);
    if (cancelled)
        end_group(child);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (cancelled)
        return sc_fail(err, SCUMBLE_ERR_CANCELLED, "the download was stopped");
    if (WIFEXITED(status) && !WEXITSTATUS(status))
        return SCUMBLE_OK;
    size_t length = strlen(text);
    return sc_fail(err, SCUMBLE_ERR_NETWORK, "`%s %s` failed: %s", argv[0], argv[1],
                   length > 600 ? text + length - 600 :
                   length       ? text :
                                  "no message");
}

/* ---- npm ---- */

static int remove_item(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)info, (void)kind, (void)where;
    return remove(path);
}

static int unpack(const pull *p, const char *folder, sc_error *err)
{
    char *pattern = sc_format("%s/*.tgz", folder);
    glob_t found = { 0 };
    if (!pattern || glob(pattern, GLOB_NOSORT, NULL, &found) || found.gl_pathc != 1) {
        free(pattern);
        globfree(&found);
        return sc_fail(err, SCUMBLE_ERR_NETWORK, "npm did not leave the package %s", p->entry->npm_package);
    }
    free(pattern);
    char hex[65];
    const char *wanted = p->entry->sha256_prefix;
    int code = sc_file_sha256(p->threads, found.gl_pathv[0], hex, err);
    if (!code && wanted && strncmp(hex, wanted, strlen(wanted)))
        code = sc_fail(err, SCUMBLE_ERR_FORMAT,
                       "npm's package %s is not the one that was checked: its SHA-256 starts with %.16s, not %.16s",
                       p->entry->npm_package, hex, wanted);
    char *const tar[] = { "tar",
                          "-xzf",
                          found.gl_pathv[0],
                          "--no-same-owner",
                          "-C",
                          (char *)(uintptr_t)folder,
                          (char *)(uintptr_t)p->entry->npm_path,
                          NULL };
    if (!code)
        code = run_program(tar, p, err);
    globfree(&found);
    return code;
}

static int pack_and_import(const pull *p, const char *folder, sc_error *err)
{
    const char *npm = getenv("SCUMBLE_NPM");
    char *const pack[] = { (char *)(uintptr_t)(npm && *npm ? npm : "npm"),
                           "pack",
                           (char *)(uintptr_t)p->entry->npm_package,
                           "--pack-destination",
                           (char *)(uintptr_t)folder,
                           NULL };
    int code = run_program(pack, p, err);
    if (code == SCUMBLE_ERR_NOT_FOUND)
        return sc_fail(err, code,
                       "'%s' is needed to get %s: install npm, or unpack the npm package %s yourself and run: scumble "
                       "models import "
                       "%s",
                       pack[0], p->entry->name, p->entry->npm_package, p->entry->npm_path);
    if (!code)
        code = unpack(p, folder, err);
    char *path = code ? NULL : sc_format("%s/%s", folder, p->entry->npm_path);
    if (!code)
        code = path ? sc_import(p->threads, path, p->entry->architecture, p->entry->name, p->data_dir, p->entry,
                                p->entry->licence, NULL, err) :
                      sc_fail_memory(err, 64);
    free(path);
    return code;
}

static int pull_npm(const pull *p, const char *downloads, sc_error *err)
{
    char *folder = sc_format("%s/npm-XXXXXX", downloads);
    if (!folder || !mkdtemp(folder)) {
        int code = folder ? sc_fail_errno(err, errno, "make a folder in", downloads) : sc_fail_memory(err, 64);
        free(folder);
        return code;
    }
    int code = pack_and_import(p, folder, err);
    nftw(folder, remove_item, 16, FTW_DEPTH | FTW_PHYS);
    free(folder);
    return code;
}

/* ---- download ---- */

static int pull_url(const pull *p, const char *downloads, sc_error *err)
{
    const char *file = strrchr(p->entry->url, '/') + 1, *mirror = getenv("SCUMBLE_MODELS_URL");
    size_t length = mirror ? strlen(mirror) : 0;
    char *url =
        length ? sc_format("%s%s%s", mirror, mirror[length - 1] == '/' ? "" : "/", file) : strdup(p->entry->url);
    char *path = sc_format("%s/%s", downloads, file);
    int code = url && path ? SCUMBLE_OK : sc_fail_memory(err, 64);
    sc_fetch fetch = { .url = url,
                       .path = path,
                       .sha256_prefix = length ? NULL : p->entry->sha256_prefix,
                       .max_bytes = 2 * p->entry->size_bytes,
                       .progress = p->progress,
                       .user = p->user,
                       .threads = p->threads };
    if (!code)
        code = sc_fetch_file(&fetch, err);
    if (!code) {
        code = sc_import(p->threads, path, p->entry->architecture, p->entry->name, p->data_dir, p->entry,
                         p->entry->licence, NULL, err);
        unlink(path);
    }
    free(url);
    free(path);
    return code;
}

int sc_model_pull(const sc_threads *threads, const char *name, const char *data_dir, sc_fetch_progress progress,
                  void *user, sc_error *err)
{
    const sc_catalogue_entry *entry = sc_catalogue_find(name);
    if (!entry) {
        const char *names[16];
        for (int i = 0; i < sc_catalogue_count; i++)
            names[i] = sc_catalogue[i].name;
        char hint[SC_HINT_BYTES];
        return sc_fail(err, SCUMBLE_ERR_NOT_FOUND,
                       "the catalogue has no model '%.64s'%s; it has vgg19, vgg16 and inception_v3", name,
                       sc_nearest_hint(name, names, sc_catalogue_count, hint));
    }
    if (!entry->url && !entry->npm_package)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "%s is built in: there is nothing to download", name);
    if (!data_dir)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "there is no data directory to download into: HOME is not set");
    pull p = { .threads = threads, .entry = entry, .data_dir = data_dir, .progress = progress, .user = user };
    char *downloads = sc_format("%s/downloads", data_dir);
    int code = downloads ? sc_make_directories(downloads, err) : sc_fail_memory(err, 64);
    if (!code)
        code = entry->url ? pull_url(&p, downloads, err) : pull_npm(&p, downloads, err);
    free(downloads);
    return code;
}
