/* SPDX-License-Identifier: MIT */
/* Files on POSIX; SHA-256 from GLib. See file.h. */
#define _GNU_SOURCE
#include "core/file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/memory.h"

enum { CHUNK_BYTES = 1 << 20, SYNC_BYTES = 4 << 20 }; /* between two looks at whether it is cancelled */

int sc_file_map_open(sc_mapped_file *file, int fd, const char *path, sc_error *err)
{
    *file = (sc_mapped_file){ 0 };
    struct stat info;
    int code = SCUMBLE_OK;
    if (fstat(fd, &info))
        code = sc_fail_errno(err, errno, "examine", path);
    else if (!S_ISREG(info.st_mode))
        code = sc_fail(err, SCUMBLE_ERR_IO, "'%s' is %s, not a file", path,
                       S_ISDIR(info.st_mode) ? "a folder" : "a device or pipe");
    else if (info.st_size > 0) {
        void *data = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (data == MAP_FAILED)
            code = sc_fail_errno(err, errno, "map", path);
        else {
            *file = (sc_mapped_file){ .data = data, .size_bytes = (size_t)info.st_size };
            sc_big_watch(file->data, file->size_bytes);
        }
    }
    return code;
}

int sc_file_map(sc_mapped_file *file, const char *path, sc_error *err)
{
    *file = (sc_mapped_file){ 0 };
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return sc_fail_errno(err, errno, "open", path);
    int code = sc_file_map_open(file, fd, path, err);
    close(fd);
    return code;
}

void sc_file_unmap(sc_mapped_file *file)
{
    if (file->data) {
        sc_big_unwatch(file->data);
        munmap((void *)(uintptr_t)file->data, file->size_bytes);
    }
    *file = (sc_mapped_file){ 0 };
}

char *sc_format(const char *format, ...)
{
    char *text;
    va_list args;
    va_start(args, format);
    int length = vasprintf(&text, format, args);
    va_end(args);
    return length < 0 ? NULL : text;
}

/* Splits path into its folder (with the slash, or empty) and its name. */
static const char *name_in(const char *path, int *folder_length)
{
    const char *slash = strrchr(path, '/');
    *folder_length = slash ? (int)(slash - path + 1) : 0;
    return path + *folder_length;
}

char *sc_temporary_name(const char *path)
{
    static unsigned counter;
    int folder_length;
    const char *name = name_in(path, &folder_length);
    const char *dot = strrchr(name, '.');
    unsigned serial = __atomic_fetch_add(&counter, 1, __ATOMIC_RELAXED);
    return sc_format("%.*s.%.180s.%lx-%x.tmp%s", folder_length, path, name, (unsigned long)getpid(), serial,
                     dot ? dot : "");
}

/* The N of /dev/fd/N and its like; -1 for other names. */
static int descriptor_of(const char *path)
{
    static const char *const folders[] = { "/dev/fd/", "/proc/self/fd/" }, *const standard[] = { "/dev/stdin",
                                                                                                 "/dev/stdout",
                                                                                                 "/dev/stderr" };
    for (int i = 0; i < 3; i++)
        if (!strcmp(path, standard[i]))
            return i;
    for (int i = 0; i < 2; i++) {
        const char *number = path + strlen(folders[i]);
        if (g_str_has_prefix(path, folders[i]) && *number && strlen(number) < 9 &&
            strspn(number, "0123456789") == strlen(number))
            return atoi(number);
    }
    return -1;
}

bool sc_file_is_stream(const char *path)
{
    struct stat info;
    return descriptor_of(path) >= 0 || (!stat(path, &info) && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode));
}

/* Copies; returns 0 or an errno. */
static int copy_all(const sc_threads *threads, int from, int to)
{
    char buffer[65536];
    ssize_t got = 0;
    for (off_t at = 0; !sc_threads_cancelled(threads) && (got = pread(from, buffer, sizeof buffer, at)) > 0; at += got)
        for (ssize_t done = 0, n; done < got; done += n)
            if ((n = write(to, buffer + done, (size_t)(got - done))) < 0) {
                if (errno != EINTR)
                    return errno;
                n = 0;
            }
    return got < 0 ? errno : 0;
}

int sc_stream_write(const sc_threads *threads, const char *path, int from, sc_error *err)
{
    int descriptor =
        descriptor_of(path); /* opened by its name, a file would be written from its start, and a socket not at all */
    int to = descriptor >= 0 ? fcntl(descriptor, F_DUPFD_CLOEXEC, 0) : open(path, O_WRONLY | O_CLOEXEC);
    int failed = to < 0 ? errno : copy_all(threads, from, to);
    if (to >= 0 && close(to) && !failed)
        failed = errno;
    return failed ? sc_fail_errno(err, failed, "write", path) : sc_threads_check(threads, err);
}

/* Only a file may be replaced: renamed over a device, which root may do, a file would be there in its place. */
static int check_replaceable(const char *path, sc_error *err)
{
    struct stat info;
    bool stream = sc_file_is_stream(path);
    if (!stream && (stat(path, &info) || S_ISREG(info.st_mode)))
        return SCUMBLE_OK;
    return sc_fail(err, SCUMBLE_ERR_IO, "cannot write '%s': it is a %s", path,
                   stream ? "device or pipe, not a file" : "folder");
}

int sc_output_open(sc_output *output, const char *path, sc_error *err)
{
    *output = (sc_output){ 0 };
    int code = check_replaceable(path, err);
    if (code)
        return code;
    char *temporary = sc_temporary_name(path), *final = strdup(path);
    int fd = -1;
    FILE *stream = NULL;
    if (!temporary || !final)
        code = sc_fail_memory(err, 2 * strlen(path));
    else if ((fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666)) < 0)
        code = sc_fail_errno(err, errno, "write", path);
    else if (!(stream = fdopen(fd, "wb"))) {
        code = sc_fail_errno(err, errno, "write", path);
        close(fd);
        unlink(temporary);
    }
    if (code) {
        free(temporary);
        free(final);
        return code;
    }
    *output = (sc_output){ .stream = stream, .path = final, .temporary = temporary };
    return SCUMBLE_OK;
}

void sc_output_discard(sc_output *output)
{
    if (output->stream)
        fclose(output->stream);
    if (output->temporary)
        unlink(output->temporary);
    free(output->temporary);
    free(output->path);
    *output = (sc_output){ 0 };
}

/* fsync, piece by piece, so that being cancelled is seen within it. 0, or an errno; ECANCELED. */
static int sync_file(const sc_threads *threads, int fd)
{
    struct stat info;
    off_t size = fstat(fd, &info) ? 0 : info.st_size;
    for (off_t at = 0; at < size && !sc_threads_cancelled(threads); at += SYNC_BYTES)
        if (sync_file_range(fd, at, SYNC_BYTES,
                            SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER))
            break; /* of a file system that cannot: all at once, then */
    if (sc_threads_cancelled(threads))
        return ECANCELED;
    return fsync(fd) ? errno : 0;
}

static int fail_write(int failed, const char *path, sc_error *err)
{
    if (failed == ECANCELED)
        return sc_fail(err, SCUMBLE_ERR_CANCELLED, "stopped while '%s' was written", path);
    return sc_fail_errno(err, failed, "write", path);
}

static int output_finish(sc_output *output, const sc_threads *threads, bool synced, sc_error *err)
{
    int failed = 0;
    if (ferror(output->stream) || fflush(output->stream))
        failed = errno ? errno : EIO;
    else if (synced)
        failed = sync_file(threads, fileno(output->stream));
    if (fclose(output->stream) && !failed)
        failed = errno;
    output->stream = NULL;
    if (!failed && rename(output->temporary, output->path))
        failed = errno;
    int code = failed ? fail_write(failed, output->path, err) : SCUMBLE_OK;
    if (!failed) {
        free(output->temporary);
        output->temporary = NULL;
    }
    sc_output_discard(output);
    return code;
}

int sc_output_commit(sc_output *output, const sc_threads *threads, sc_error *err)
{
    return output_finish(output, threads, true, err);
}

int sc_output_name(sc_output *output, sc_error *err)
{
    return output_finish(output, NULL, false, err);
}

int sc_file_replace(const sc_threads *threads, const char *temporary, const char *path, sc_error *err)
{
    int code = check_replaceable(path, err);
    if (code) {
        unlink(temporary);
        return code;
    }
    int fd = open(temporary, O_RDONLY | O_CLOEXEC);
    int failed = fd < 0 ? errno : sync_file(threads, fd);
    if (fd >= 0)
        close(fd);
    if (!failed && rename(temporary, path))
        failed = errno;
    if (!failed)
        return SCUMBLE_OK;
    unlink(temporary);
    return fail_write(failed, path, err);
}

int sc_file_write(const char *path, const void *data, size_t size_bytes, sc_error *err)
{
    sc_output output;
    int code = sc_output_open(&output, path, err);
    if (code)
        return code;
    if (size_bytes && fwrite(data, 1, size_bytes, output.stream) != size_bytes) {
        code = sc_fail_errno(err, errno, "write", path);
        sc_output_discard(&output);
        return code;
    }
    return sc_output_commit(&output, NULL, err);
}

void sc_sha256(const sc_threads *threads, const void *data, size_t size_bytes, char hex[65])
{
    GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);
    const uint8_t *bytes = data;
    while (size_bytes && !sc_threads_cancelled(threads)) {
        size_t chunk = size_bytes < CHUNK_BYTES ? size_bytes : CHUNK_BYTES;
        g_checksum_update(sum, bytes, (gssize)chunk);
        bytes += chunk;
        size_bytes -= chunk;
    }
    memcpy(hex, g_checksum_get_string(sum), 65);
    g_checksum_free(sum);
}

int sc_file_sha256(const sc_threads *threads, const char *path, char hex[65], sc_error *err)
{
    sc_mapped_file file;
    int code = sc_file_map(&file, path, err);
    if (code)
        return code;
    sc_sha256(threads, file.data, file.size_bytes, hex);
    sc_file_unmap(&file);
    return sc_threads_check(threads, err);
}

const char *sc_file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

char *sc_file_shown_name(const char *path)
{
    static const char memory[] = "/memfd:", gone[] = " (deleted)";
    char at[32], link[300];
    int descriptor = descriptor_of(path);
    snprintf(at, sizeof at, "/proc/self/fd/%d", descriptor);
    ssize_t length = descriptor < 0 ? 0 : readlink(at, link, sizeof link - 1);
    link[length > 0 ? length : 0] = 0;
    if (!g_str_has_prefix(link, memory) || !g_str_has_suffix(link, gone))
        return strdup(sc_file_name(path));
    return strndup(link + strlen(memory), strlen(link) - strlen(memory) - strlen(gone));
}

int sc_make_directories(const char *path, sc_error *err)
{
    if (g_mkdir_with_parents(path, 0777))
        return sc_fail_errno(err, errno, "make the folder", path);
    return SCUMBLE_OK;
}
