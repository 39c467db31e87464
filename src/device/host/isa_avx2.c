/* SPDX-License-Identifier: MIT */
/* AVX2 with FMA (compiled with those flags, called only where the processor has them). */
#include "device/host/isa.h"

#include <immintrin.h>

#define LANES 8
#define ISA_NAME "AVX2"
#define ISA_SYMBOL sc_cpu_isa_avx2
#define MICRO_VECTORS 2
extern const sc_cpu_isa ISA_SYMBOL;

typedef float vec __attribute__((vector_size(32)));

static bool available(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static inline unsigned positive_bits(vec x)
{
    return (unsigned)_mm256_movemask_ps(_mm256_cmp_ps((__m256)x, _mm256_setzero_ps(), _CMP_NLE_UQ));
}

static inline unsigned exceeding_bits(vec a, vec b)
{
    __m256 above = _mm256_cmp_ps((__m256)a, (__m256)b, _CMP_GT_OQ),
           unordered = _mm256_cmp_ps((__m256)a, (__m256)a, _CMP_UNORD_Q);
    return (unsigned)_mm256_movemask_ps(_mm256_or_ps(above, unordered));
}

static inline vec keep_bits(vec x, unsigned bits)
{
    const __m256i lane = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
    __m256i kept = _mm256_cmpeq_epi32(_mm256_and_si256(_mm256_set1_epi32((int)bits), lane), lane);
    return (vec)_mm256_and_ps((__m256)x, _mm256_castsi256_ps(kept));
}

static inline vec multiply_add(vec a, vec b, vec c)
{
    return (vec)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
}

#include "device/host/isa_body.h"
