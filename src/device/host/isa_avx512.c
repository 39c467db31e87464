/* SPDX-License-Identifier: MIT */
/* AVX-512 (F, BW, DQ, VL; compiled with those flags, called only where the processor has them). */
#include "device/host/isa.h"

#include <immintrin.h>

#define LANES 16
#define ISA_NAME "AVX-512"
#define ISA_SYMBOL sc_cpu_isa_avx512
#define MICRO_VECTORS 4
extern const sc_cpu_isa ISA_SYMBOL;

typedef float vec __attribute__((vector_size(64)));

static bool available(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}

static inline unsigned positive_bits(vec x)
{
    return _mm512_cmp_ps_mask((__m512)x, _mm512_setzero_ps(), _CMP_NLE_UQ);
}

static inline unsigned exceeding_bits(vec a, vec b)
{
    return (unsigned)_mm512_cmp_ps_mask((__m512)a, (__m512)b, _CMP_GT_OQ) |
           (unsigned)_mm512_cmp_ps_mask((__m512)a, (__m512)a, _CMP_UNORD_Q);
}

static inline vec keep_bits(vec x, unsigned bits)
{
    return (vec)_mm512_maskz_mov_ps((__mmask16)bits, (__m512)x);
}

static inline vec multiply_add(vec a, vec b, vec c)
{
    return (vec)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
}

/* Four steps of exchanges: within pairs, quads, and then among the four 128-bit lanes. */
#define HAVE_TRANSPOSE
static void transpose(const float *source, size_t source_stride, float *destination, size_t destination_stride)
{
    __m512 r[16], t[16];
#pragma GCC unroll 16
    for (size_t i = 0; i < 16; i++)
        r[i] = _mm512_loadu_ps(source + i * source_stride);
#pragma GCC unroll 16
    for (int i = 0; i < 16; i += 2) {
        t[i] = _mm512_unpacklo_ps(r[i], r[i + 1]);
        t[i + 1] = _mm512_unpackhi_ps(r[i], r[i + 1]);
    }
#pragma GCC unroll 16
    for (int i = 0; i < 16; i += 4) {
        r[i] = _mm512_shuffle_ps(t[i], t[i + 2], 0x44);
        r[i + 1] = _mm512_shuffle_ps(t[i], t[i + 2], 0xee);
        r[i + 2] = _mm512_shuffle_ps(t[i + 1], t[i + 3], 0x44);
        r[i + 3] = _mm512_shuffle_ps(t[i + 1], t[i + 3], 0xee);
    }
    /* r[4a + b] now has, in lane l, column 4l + b of rows 4a .. 4a+3. */
#pragma GCC unroll 16
    for (int b = 0; b < 4; b++) {
        __m512 low0 = _mm512_shuffle_f32x4(r[b], r[4 + b], 0x88), high0 = _mm512_shuffle_f32x4(r[b], r[4 + b], 0xdd);
        __m512 low1 = _mm512_shuffle_f32x4(r[8 + b], r[12 + b], 0x88),
               high1 = _mm512_shuffle_f32x4(r[8 + b], r[12 + b], 0xdd);
        t[b] = _mm512_shuffle_f32x4(low0, low1, 0x88);
        t[8 + b] = _mm512_shuffle_f32x4(low0, low1, 0xdd);
        t[4 + b] = _mm512_shuffle_f32x4(high0, high1, 0x88);
        t[12 + b] = _mm512_shuffle_f32x4(high0, high1, 0xdd);
    }
#pragma GCC unroll 16
    for (size_t i = 0; i < 16; i++)
        _mm512_storeu_ps(destination + i * destination_stride, t[i]);
}

#include "device/host/isa_body.h"
