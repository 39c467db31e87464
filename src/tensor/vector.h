/* SPDX-License-Identifier: MIT */
/* Arithmetic on long vectors for the optimisers: cut into fixed blocks, so that sums have the same bytes at any thread
 * count. */
#ifndef SC_TENSOR_VECTOR_H
#define SC_TENSOR_VECTOR_H

#include "core/threads.h"

/* sum a_i b_i, in double. */
double sc_vector_dot(sc_threads *threads, const float *a, const float *b, size_t count);
/* y = beta y + alpha x; beta == 0 overwrites. x and y may be the same. */
void sc_vector_combine(sc_threads *threads, float *y, float beta, float alpha, const float *x, size_t count);
/* As memcpy: to = from. */
void sc_vector_copy(sc_threads *threads, float *to, const float *from, size_t count);
/* x = 0 */
void sc_vector_clear(sc_threads *threads, float *x, size_t count);
/* d = a - b */
void sc_vector_subtract(sc_threads *threads, float *d, const float *a, const float *b, size_t count);

#endif
