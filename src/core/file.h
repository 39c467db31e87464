/* SPDX-License-Identifier: MIT */
/* Files: read a whole one, write one atomically (temporary file in the same folder, then rename), hash one.
 * An output that is not committed leaves nothing behind and never touches the file that it would have replaced. */
#ifndef SC_CORE_FILE_H
#define SC_CORE_FILE_H

#include <stdbool.h>
#include <stdio.h>

#include "core/threads.h"

/* A read-only view of a whole regular file (memory-mapped; empty files have data == NULL). Release with sc_file_unmap.
 * The file's bytes are as trustworthy as the file. */
typedef struct sc_mapped_file {
    const uint8_t *data;
    size_t size_bytes;
} sc_mapped_file;
int sc_file_map(sc_mapped_file *file, const char *path, sc_error *err);
/* The same of what is open at fd, which stays open; path: for sentences. */
int sc_file_map_open(sc_mapped_file *file, int fd, const char *path, sc_error *err);
void sc_file_unmap(sc_mapped_file *file);

/* What is written under this name goes on to somewhere: a pipe, a device, or a descriptor of this process (/dev/stdout,
 * /dev/fd/N), whatever that is open on. No file is ever put in its place. */
bool sc_file_is_stream(const char *path);
/* Writes all of the file that is open at `from` to the stream `path`. A pipe without a reader is waited for; one whose
 * reader has gone raises SIGPIPE, unless that is ignored. */
int sc_stream_write(const sc_threads *threads, const char *path, int from, sc_error *err);

/* An output file in the making. */
typedef struct sc_output {
    FILE *stream;
    char *path;      /* the final name */
    char *temporary; /* the name until the commit, in the same folder */
} sc_output;
/* Opens a temporary file beside `path`, which may be a file or nothing yet, but no folder, device or pipe. On failure
 * nothing is left and *output is zeroed. */
int sc_output_open(sc_output *output, const char *path, sc_error *err);
/* Flushes, syncs, renames into place. On failure, and when `threads` (may be NULL) are cancelled before that, the
 * temporary file is removed. *output is zeroed either way. */
int sc_output_commit(sc_output *output, const sc_threads *threads, sc_error *err);
/* The same but for syncing: a power cut may leave a part of it. */
int sc_output_name(sc_output *output, sc_error *err);
/* Closes and removes. Harmless on a zeroed sc_output. */
void sc_output_discard(sc_output *output);
/* A fresh temporary name beside `path` for a writer that insists on opening files itself (libvips, HDF5):
 * keeps the extension, e.g. "dir/.name.1a2b3c.tmp.png". Caller frees; NULL when out of memory. */
char *sc_temporary_name(const char *path);
/* Renames temporary over path (after fsync, and not when cancelled), which may be what sc_output_open takes; removes
 * temporary on failure. */
int sc_file_replace(const sc_threads *threads, const char *temporary, const char *path, sc_error *err);
/* Writes size bytes to path atomically. */
int sc_file_write(const char *path, const void *data, size_t size_bytes, sc_error *err);

/* SHA-256 as 64 lower-case hex digits and a NUL. Once `threads` are cancelled, sc_sha256 gives the hash of nothing. */
void sc_sha256(const sc_threads *threads, const void *data, size_t size_bytes, char hex[65]);
int sc_file_sha256(const sc_threads *threads, const char *path, char hex[65], sc_error *err);

/* What follows the last '/' of a path; all of it where there is none. Borrowed from path. */
const char *sc_file_name(const char *path);
/* The same for people: that of a descriptor of this process that is open on memory (memfd_create) is the name that the
 * memory was given. Caller frees; NULL when out of memory. */
char *sc_file_shown_name(const char *path);
/* mkdir -p. */
int sc_make_directories(const char *path, sc_error *err);
/* printf into a new string; NULL when out of memory. Caller frees. */
char *sc_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
