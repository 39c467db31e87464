/* SPDX-License-Identifier: MIT */
/* Counter-based random numbers: value i of stream `seed` depends on (seed, i) alone, so any part of a tensor can be
 * filled by any thread. The mixer is SplitMix64's finaliser (Steele, Lea, Flood 2014). */
#ifndef SC_CORE_RNG_H
#define SC_CORE_RNG_H

#include <math.h>
#include <stdint.h>

static inline uint64_t sc_random_bits(uint64_t seed, uint64_t index)
{
    uint64_t z = seed * 0xd1342543de82ef95ull + (index + 1) * 0x9e3779b97f4a7c15ull;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
}

/* Uniform in [0, 1). */
static inline float sc_random_uniform(uint64_t seed, uint64_t index)
{
    return (float)(sc_random_bits(seed, index) >> 40) * 0x1p-24f;
}

/* Standard normal (Box-Muller). */
static inline float sc_random_normal(uint64_t seed, uint64_t index)
{
    float u = (float)((sc_random_bits(seed, 2 * index) >> 40) + 1) * 0x1p-24f;
    float v = sc_random_uniform(seed, 2 * index + 1);
    return sqrtf(-2.0f * logf(u)) * cosf(6.28318530718f * v);
}

#endif
