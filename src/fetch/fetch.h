/* SPDX-License-Identifier: MIT */
/* Downloads. The only user of libcurl is fetch.c. */
#ifndef SC_FETCH_FETCH_H
#define SC_FETCH_FETCH_H

#include "core/threads.h"

/* Called with bytes so far and in all (0 = unknown); non-zero stops the download (SCUMBLE_ERR_CANCELLED), keeping the
 * part. */
typedef int (*sc_fetch_progress_fn)(int64_t done_bytes, int64_t total_bytes, void *user);

typedef struct sc_fetch {
    const char *url;
    const char *path; /* final name; the part lies at path + ".part" until it is whole and its checksum holds */
    const char *sha256_prefix; /* hex digits that the file's SHA-256 must start with; NULL = not checked */
    int64_t max_bytes;         /* refuse more; 0 = 4 GiB */
    int stall_s;               /* give a connection up when next to nothing has come for so long; 0 = 30 */
    int attempts;              /* that may bring nothing, one after the other, before the download fails; 0 = 4 */
    int pause_ms;              /* before the second attempt; doubled each time; 0 = 1000 */
    sc_fetch_progress_fn progress;
    void *user;
    const sc_threads *threads; /* cancelled: the same as progress' non-zero, sooner; may be NULL */
} sc_fetch;

/* Resumes from path + ".part" when it is there and the server can (Range / If-Range, with the validator kept in path +
 * ".part.info"); retries a broken connection a few times with growing pauses; checks length and checksum; renames. A
 * file with a wrong checksum is deleted, and so is a web page sent in place of the file. HTTPS certificates are
 * checked; only http and https, and never from https down to http. SCUMBLE_ERR_NETWORK, _NOT_FOUND (404), _LIMIT,
 * _CANCELLED, _FORMAT (checksum) or the file system's codes. */
int sc_fetch_file(const sc_fetch *fetch, sc_error *err);

#endif
