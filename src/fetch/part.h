/* SPDX-License-Identifier: MIT */
/* The unfinished file of a download, path + ".part", and what is known about it, path + ".part.info": the address and
 * the server's validator (ETag or Last-Modified), without which a part of one file could be joined with the rest of
 * another. */
#ifndef SC_FETCH_PART_H
#define SC_FETCH_PART_H

#include <stdio.h>

#include "core/error.h"

typedef struct sc_part {
    char *path, *info_path;
    FILE *stream;
    int64_t size_bytes;  /* what the part holds */
    char validator[256]; /* of the bytes in it; "" = unknown */
} sc_part;

/* Opens (or creates) and locks the part of `final_path`. An earlier part is kept when it came from `url` and can be
 * told to be of the same file (a validator is known, or `checked`: a checksum will be compared), else it is emptied. */
int sc_part_open(sc_part *part, const char *final_path, const char *url, bool checked, sc_error *err);
/* Throws away what the part holds. */
int sc_part_restart(sc_part *part, sc_error *err);
/* Remembers where the bytes come from; validator may be "". */
int sc_part_describe(sc_part *part, const char *url, const char *validator, sc_error *err);
int sc_part_append(sc_part *part, const void *data, size_t size_bytes, sc_error *err);
/* Writes through to the file. */
int sc_part_flush(sc_part *part, sc_error *err);
/* Closes; the part stays on the disk (when it holds anything) or is removed. Harmless on a zeroed part. */
void sc_part_close(sc_part *part, bool keep);
/* Renames the part to final_path and closes. */
int sc_part_commit(sc_part *part, const char *final_path, sc_error *err);

#endif
