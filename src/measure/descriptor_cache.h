/* SPDX-License-Identifier: MIT */
/* Descriptors of files, kept on disk: a SQLite database that several processes may use at a time, with a bound on its
 * size. Nothing depends on it: what is not in it, or cannot be read, is measured again. */
#ifndef SC_MEASURE_DESCRIPTOR_CACHE_H
#define SC_MEASURE_DESCRIPTOR_CACHE_H

#include "measure/descriptor.h"

typedef struct sc_descriptor_cache sc_descriptor_cache;

/* Opens the database at `path`, and makes it, and its folders, where it is not there. A damaged one is thrown away.
 * max_bytes: of the descriptors in it, about; when there are more, those that were not used for the longest time go. */
int sc_descriptor_cache_open(sc_descriptor_cache **cache, const char *path, int64_t max_bytes, sc_error *err);
void sc_descriptor_cache_close(sc_descriptor_cache *cache);
/* SHA-256 of a file's bytes, which are not read again as long as the file's size, time of change and inode stay. */
int sc_descriptor_cache_hash(const sc_threads *threads, sc_descriptor_cache *cache, const char *path, char hex[65],
                             sc_error *err);
/* The descriptor that was put under `key`; false: there is none. */
bool sc_descriptor_cache_find(sc_descriptor_cache *cache, const char *key, sc_descriptor *descriptor);
/* What cannot be written is lost, silently. */
void sc_descriptor_cache_put(sc_descriptor_cache *cache, const char *key, const sc_descriptor *descriptor);

#endif
