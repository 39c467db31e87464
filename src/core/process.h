/* SPDX-License-Identifier: MIT */
/* The memory of the process. */
#ifndef SC_CORE_PROCESS_H
#define SC_CORE_PROCESS_H

#include <stdint.h>

/* Of a memory limit, one part in so many is for what is as large as the picture; the rest is for the networks. */
enum { SC_PICTURES_SHARE = 8 };

/* What the program and its libraries hold once they have read pictures, about (43 to 46 MiB were measured): a number,
 * so that what fits beside it is the same in every process. With this one the tiles of version 0.1.0 come out again in
 * scripts/check-recipes.sh. */
enum { SC_PROCESS_BYTES = 87 << 19 };

/* Bytes that the process could still take: free memory, limits of the process and of its control group. */
int64_t sc_free_memory_bytes(void);
/* What it holds now. */
int64_t sc_process_bytes(void);

#endif
