/* SPDX-License-Identifier: MIT */
/* The unfinished file of a download. See partial.h. */
#define _GNU_SOURCE
#include "fetch/partial.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"

/* Does the info file tell of `url`? Then its second line is the validator. */
static bool read_info(sc_partial *part, const char *url)
{
    char line[4096];
    FILE *info = fopen(part->info_path, "re");
    bool same = info && fgets(line, sizeof line, info);
    if (same) {
        line[strcspn(line, "\n")] = 0;
        same = !strcmp(line, url);
    }
    if (same && fgets(part->validator, sizeof part->validator, info))
        part->validator[strcspn(part->validator, "\n")] = 0;
    if (info)
        fclose(info);
    return same;
}

static int open_stream(sc_partial *part, const char *final_path, sc_error *err)
{
    int fd = open(part->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    struct stat info;
    if (fd < 0)
        return sc_fail_errno(err, errno, "write", part->path);
    int code = SCUMBLE_OK;
    if (flock(fd, LOCK_EX | LOCK_NB))
        code = sc_fail(err, SCUMBLE_ERR_ACCESS, "'%s' is being downloaded by another process", final_path);
    else if (fstat(fd, &info) || !(part->stream = fdopen(fd, "r+b")))
        code = sc_fail_errno(err, errno, "write", part->path);
    if (code) {
        close(fd);
        return code;
    }
    part->size_bytes = info.st_size;
    if (fseeko(part->stream, 0, SEEK_END))
        return sc_fail_errno(err, errno, "write", part->path);
    return SCUMBLE_OK;
}

int sc_partial_open(sc_partial *part, const char *final_path, const char *url, bool checked, sc_error *err)
{
    *part =
        (sc_partial){ .path = sc_format("%s.part", final_path), .info_path = sc_format("%s.part.info", final_path) };
    int code = part->path && part->info_path ? SCUMBLE_OK : sc_fail_memory(err, 2 * strlen(final_path));
    if (!code)
        code = open_stream(part, final_path, err);
    if (!code && part->size_bytes && (!read_info(part, url) || !(*part->validator || checked)))
        code = sc_partial_restart(part, err);
    if (code) {
        sc_partial_close(part, true);
        return code;
    }
    return SCUMBLE_OK;
}

int sc_partial_restart(sc_partial *part, sc_error *err)
{
    part->size_bytes = 0;
    *part->validator = 0;
    if (fflush(part->stream) || ftruncate(fileno(part->stream), 0) || fseeko(part->stream, 0, SEEK_SET))
        return sc_fail_errno(err, errno, "write", part->path);
    return SCUMBLE_OK;
}

int sc_partial_describe(sc_partial *part, const char *url, const char *validator, sc_error *err)
{
    snprintf(part->validator, sizeof part->validator, "%s", validator);
    char *text = sc_format("%s\n%s\n", url, part->validator);
    int code = text ? sc_file_write(part->info_path, text, strlen(text), err) : sc_fail_memory(err, strlen(url));
    free(text);
    return code;
}

int sc_partial_append(sc_partial *part, const void *data, size_t size_bytes, sc_error *err)
{
    if (fwrite(data, 1, size_bytes, part->stream) != size_bytes)
        return sc_fail_errno(err, errno, "write", part->path);
    part->size_bytes += (int64_t)size_bytes;
    return SCUMBLE_OK;
}

int sc_partial_flush(sc_partial *part, sc_error *err)
{
    return fflush(part->stream) ? sc_fail_errno(err, errno, "write", part->path) : SCUMBLE_OK;
}

void sc_partial_close(sc_partial *part, bool keep)
{
    bool locked = part->stream; /* else the files may be another process's */
    if (locked && !(keep && part->size_bytes)) {
        unlink(part->info_path);
        unlink(part->path);
    }
    if (part->stream)
        fclose(part->stream);
    free(part->path);
    free(part->info_path);
    *part = (sc_partial){ 0 };
}

int sc_partial_commit(sc_partial *part, const char *final_path, sc_error *err)
{
    int code = sc_file_replace(NULL, part->path, final_path, err);
    if (!code)
        part->size_bytes = 0; /* there is no part any more: close removes the info */
    sc_partial_close(part, false);
    return code;
}
