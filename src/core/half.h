/* SPDX-License-Identifier: MIT */
/* IEEE 754 binary16 and bfloat16 <-> binary32, exact on widening, round-to-nearest-even on narrowing. */
#ifndef SC_CORE_HALF_H
#define SC_CORE_HALF_H

#include <stdint.h>
#include <string.h>

static inline float sc_bits_float(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline uint32_t sc_float_bits(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline float sc_bfloat16_to_float(uint16_t b)
{
    return sc_bits_float((uint32_t)b << 16);
}

static inline float sc_half_to_float(uint16_t h)
{
    uint32_t sign = (uint32_t)(h & 0x8000u) << 16, exponent = (h >> 10) & 31u, mantissa = h & 0x3ffu;
    if (exponent == 31)
        return sc_bits_float(sign | 0x7f800000u | mantissa << 13);
    if (exponent)
        return sc_bits_float(sign | (exponent + 112u) << 23 | mantissa << 13);
    float subnormal = (float)mantissa * 0x1p-24f;
    return sign ? -subnormal : subnormal;
}

static inline uint16_t sc_float_to_half(float value)
{
    uint32_t bits = sc_float_bits(value);
    uint16_t sign = (uint16_t)(bits >> 16 & 0x8000u);
    uint32_t magnitude = bits & 0x7fffffffu;
    if (magnitude > 0x7f800000u)
        return (uint16_t)(sign | 0x7e00u);
    if (magnitude >= 0x477ff000u)
        return (uint16_t)(sign | 0x7c00u);
    if (magnitude < 0x38800000u) { /* subnormal half: let float addition round at bit 2^-24 */
        float shifted = sc_bits_float(magnitude) + 0.5f;
        return (uint16_t)(sign | (uint16_t)(sc_float_bits(shifted) - 0x3f000000u));
    }
    magnitude += 0xfffu + (magnitude >> 13 & 1u);
    return (uint16_t)(sign | (uint16_t)((magnitude - 0x38000000u) >> 13));
}

#endif
