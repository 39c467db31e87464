/* SPDX-License-Identifier: MIT */
/* What tries all of many cases does so in `make check-deep` alone; `make test`, which must be short, takes a part. */
#ifndef TESTS_DEEP_H
#define TESTS_DEEP_H

#include <stdbool.h>
#include <stdlib.h>

static inline bool deep(void)
{
    return getenv("SCUMBLE_TESTS_DEEP") != NULL;
}

#endif
