/* SPDX-License-Identifier: MIT */
/* The memory of the process. */
#ifndef SC_CORE_PROCESS_H
#define SC_CORE_PROCESS_H

#include <stdint.h>

/* Of a memory limit, one part in so many is for what is as large as the picture; the rest is for the networks. */
enum { SC_PICTURES_SHARE = 8 };

/* Bytes that the process could still take: free memory, limits of the process and of its control group. */
int64_t sc_free_memory_bytes(void);
/* What it holds now. */
int64_t sc_process_bytes(void);

#endif
