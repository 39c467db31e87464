/* SPDX-License-Identifier: MIT */
/* The unfinished file of a download, path + ".part", and what is known about it, path + ".part.info": the address and
 * the server's validator (ETag or Last-Modified), without which a part of one file could be joined with the rest of
 * another. */
#ifndef SC_FETCH_PARTIAL_H
#define SC_FETCH_PARTIAL_H

#include <stdio.h>

#include "core/error.h"

typedef struct sc_partial {
    char *path, *info_path;
    FILE *stream;
    int64_t size_bytes;  /* what the part holds */
    char validator[256]; /* of the bytes in it; "" = unknown */
} sc_partial;

/* Opens (or creates) and locks the part of `final_path`. An earlier part is kept when it came from `url` and can be
 * told to be of the same file (a validator is known, or `checked`: a checksum will be compared), else it is emptied. */
int sc_partial_open(sc_partial *part, const char *final_path, const char *url, bool checked, sc_error *err);
/* Throws away what the part holds. */
int sc_partial_restart(sc_partial *part, sc_error *err);
/* Remembers where the bytes come from; validator may be "". */
int sc_partial_describe(sc_partial *part, const char *url, const char *validator, sc_error *err);
int sc_partial_append(sc_partial *part, const void *data, size_t size_bytes, sc_error *err);
/* Writes through to the file. */
int sc_partial_flush(sc_partial *part, sc_error *err);
/* Closes; the part stays on the disk (when it holds anything) or is removed. Harmless on a zeroed part. */
void sc_partial_close(sc_partial *part, bool keep);
/* Renames the part to final_path and closes. */
int sc_partial_commit(sc_partial *part, const char *final_path, sc_error *err);

#endif
