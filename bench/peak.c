/* SPDX-License-Identifier: MIT */
/* A loop of independent fused multiply-adds on registers. See peak.h. */
#include "bench/peak.h"

#define LOOP(vec, lanes)                                                                               \
    {                                                                                                  \
        vec sum[12];                                                                                   \
        for (int i = 0; i < 12; i++)                                                                   \
            sum[i] = (vec){ (float)i };                                                                \
        vec factor = (vec){ 0 } + 0.999f, term = (vec){ 0 } + 0.001f;                                  \
        for (long k = 0; k < steps; k++)                                                               \
            _Pragma("GCC unroll 12") for (int i = 0; i < 12; i++) sum[i] = sum[i] * factor + term;     \
        vec all = sum[0];                                                                              \
        for (int i = 1; i < 12; i++)                                                                   \
            all += sum[i];                                                                             \
        __asm__ volatile("" : : "g"(all[0] + all[lanes - 1]) : "memory"); /* the sums count as used */ \
        return (double)steps * 12 * lanes * 2;                                                         \
    }

typedef float vec4 __attribute__((vector_size(16)));
static const long steps = 8000000;
static double portable(void)
{
    LOOP(vec4, 4)
}

#if defined(__x86_64__)
typedef float vec8 __attribute__((vector_size(32)));
typedef float vec16 __attribute__((vector_size(64)));
__attribute__((target("avx2,fma"))) static double avx2(void)
{
    LOOP(vec8, 8)
}
__attribute__((target("avx512f"))) static double avx512(void)
{
    LOOP(vec16, 16)
}
#endif

double scumble_bench_flops(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f"))
        return avx512();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return avx2();
#endif
    return portable();
}
