/* SPDX-License-Identifier: MIT */
/* Painters by name: those that are part of the library, and those in the data directory, painters/NAME.scumble. */
#ifndef SC_NETS_STORE_PAINTERS_H
#define SC_NETS_STORE_PAINTERS_H

#include "nets/store/painter.h"

/* One that is here. Strings owned by the list; texts that are not known are "". */
typedef struct sc_painter_entry {
    char *name, *licence, *source;
    char *path; /* NULL: part of the library */
    int64_t size_bytes;
} sc_painter_entry;
typedef struct sc_painter_list {
    sc_painter_entry *entries;
    int count;
} sc_painter_list;

/* data_dir NULL: there is none. Free with sc_painter_list_free, which clears the list. */
int sc_painters_list(const char *data_dir, sc_painter_list *list, sc_error *err);
void sc_painter_list_free(sc_painter_list *list);

/* Where a painter came from. */
typedef struct sc_painter_origin {
    char *path; /* owned; NULL: part of the library */
    char sha256[65];
    int64_t size_bytes;
} sc_painter_origin;

/* By name, or from a file in any form that sc_painter_load reads: what has a slash in it is a file, a name in the data
 * directory goes before one in the library, and that before a file here. A name that nobody has gets the nearest.
 * Caller frees *painter and origin->path. */
int sc_painter_open(sc_painter **painter, sc_painter_origin *origin, const char *name_or_path, const char *data_dir,
                    sc_error *err);

/* Keeps a network of others as data_dir/painters/NAME.scumble, told what its pictures are; name NULL: what it calls
 * itself. licence NULL: as its file says, or else unknown. */
int sc_painter_import(const char *path, const sc_painter_pixels *pixels, const char *name, const char *licence,
                      const char *data_dir, sc_error *err);

#endif
