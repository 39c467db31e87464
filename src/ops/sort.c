/* SPDX-License-Identifier: MIT */
/* A radix sort, least significant digit first. See sort.h. */
#include "ops/sort.h"

#include "core/half.h"

enum { DIGIT_BITS = 11, BUCKETS = 1 << DIGIT_BITS, DIGITS = 3 };

/* Unsigned, in the order of the floats: bits of negative numbers turned round, the sign of the others set. */
static inline uint32_t ordered_key(float x)
{
    uint32_t bits = sc_float_bits(x + 0.0f);
    return bits ^ ((0u - (bits >> 31)) | 0x80000000u);
}

static inline size_t digit_of(uint64_t pair, int digit)
{
    return pair >> (32 + digit * DIGIT_BITS) & (BUCKETS - 1);
}

/* Pairs of a key, in the upper half, and its position; counts how often each digit occurs. */
static void sort_make_pairs(const float *values, size_t n, uint64_t *pairs, uint32_t counts[DIGITS][BUCKETS])
{
    for (size_t i = 0; i < n; i++) {
        pairs[i] = (uint64_t)ordered_key(values[i]) << 32 | i;
        for (int d = 0; d < DIGITS; d++)
            counts[d][digit_of(pairs[i], d)]++;
    }
}

const uint64_t *sc_sort(const float *values, size_t n, uint64_t *pairs, uint64_t *other)
{
    uint32_t counts[DIGITS][BUCKETS] = { { 0 } };
    sort_make_pairs(values, n, pairs, counts);
    for (int d = 0; d < DIGITS; d++) {
        uint32_t *places = counts[d], next = 0;
        if (places[digit_of(pairs[0], d)] == n) /* nothing to order here */
            continue;
        for (size_t b = 0; b < BUCKETS; b++) {
            uint32_t count = places[b];
            places[b] = next;
            next += count;
        }
        for (size_t i = 0; i < n; i++)
            other[places[digit_of(pairs[i], d)]++] = pairs[i];
        uint64_t *swap = pairs;
        pairs = other;
        other = swap;
    }
    return pairs;
}
