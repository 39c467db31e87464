/* SPDX-License-Identifier: MIT */
/* Memory for values: aligned, and for what is as large as a picture, bounded.
 *
 * A big buffer is ordinary memory until the process is given a limit (sc_big_limit). From then on every one above
 * SC_BIG_BYTES is a shared mapping of a temporary file without a name, in $TMPDIR or else /var/tmp, that is gone when
 * the process ends, however it ends. A thread that runs only while there are such mappings looks every millisecond how
 * much of them is resident and, at half the limit, unmaps the pages (madvise MADV_DONTNEED). Their contents stay in the
 * kernel's page cache, or on disk when that is short, and the next access maps them again. So values never change, any
 * thread may read and write at any time, and a pass over all of a buffer takes 1.2 to 2 times as long as in ordinary
 * memory. On a busy machine that thread may come late; so the threads of a pool look too, after a part of their work
 * (core/threads.c).
 *
 * The list of mappings is the process's, as its resident memory is: the one state of the library that contexts share.
 */
#ifndef SC_CORE_MEMORY_H
#define SC_CORE_MEMORY_H

#include "core/error.h"
#include "core/need.h"

enum { SC_BIG_BYTES = 16 << 20 };

/* 64-byte aligned memory of at least size_bytes, not cleared; NULL when there is none. Free with free(). */
void *sc_aligned_alloc(size_t size_bytes);

/* The same as a big buffer; NULL, and a sentence in err, when there is no memory or no room for the file. Free with
 * sc_big_free. */
void *sc_big_alloc(size_t size_bytes, sc_error *err);
/* All bytes zero. */
void *sc_big_zeroed(size_t size_bytes, sc_error *err);
/* Accepts NULL, and what sc_aligned_alloc or malloc returned. */
void sc_big_free(void *memory);

/* What a big buffer of so many bytes takes. */
static inline sc_need sc_big_need(int64_t size_bytes)
{
    return size_bytes > SC_BIG_BYTES ? (sc_need){ .big = size_bytes } : (sc_need){ .host = size_bytes };
}

/* At most so much of all mappings together shall be resident, from now on; 0 (as at first): new buffers are ordinary
 * memory, and what is mapped already stays resident as far as it is used. */
void sc_big_limit(size_t resident_bytes);
/* Where the temporary files are made, and how much room is there. */
const char *sc_big_folder(void);
int64_t sc_big_room(void);
/* To be called every now and then by what touches much of big buffers; costs nothing where there are none. */
void sc_big_pace(void);
/* Unmaps all their pages now, so that what the process holds can be measured. */
void sc_big_release(void);
/* For a read-only mapping of a file that somebody else makes and unmaps: counts as big from its watch to its unwatch,
 * which may follow no watch. */
void sc_big_watch(const void *memory, size_t size_bytes);
void sc_big_unwatch(const void *memory);

#endif
