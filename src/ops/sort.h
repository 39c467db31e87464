/* SPDX-License-Identifier: MIT */
/* Sorting of one channel's values, for the operators that match distributions. Only for src/ops. */
#ifndef SC_OPS_SORT_H
#define SC_OPS_SORT_H

#include <stddef.h>
#include <stdint.h>

/* The order of values[n], ascending, n from 1 to 2^31 - 1: the lower half of item r is the position of the value of
 * rank r. Stable: equal values keep the order of their positions. -0 is 0; NaN sorts to the ends. pairs and other hold
 * n items each; one of them is returned. */
const uint64_t *sc_sort(const float *values, size_t n, uint64_t *pairs, uint64_t *other);

#endif
