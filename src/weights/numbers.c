/* SPDX-License-Identifier: MIT */
/* Widening of stored numbers to float32. See numbers.h. */
#include "weights/numbers.h"

#include <string.h>

#include "core/half.h"

size_t sc_number_size(sc_number type)
{
    static const uint8_t sizes[] = {
        [SC_NUMBER_F16] = 2, [SC_NUMBER_BF16] = 2, [SC_NUMBER_F32] = 4,  [SC_NUMBER_F64] = 8, [SC_NUMBER_I8] = 1,
        [SC_NUMBER_I16] = 2, [SC_NUMBER_I32] = 4,  [SC_NUMBER_I64] = 8,  [SC_NUMBER_U8] = 1,  [SC_NUMBER_U16] = 2,
        [SC_NUMBER_U32] = 4, [SC_NUMBER_U64] = 8,  [SC_NUMBER_BOOL] = 1,
    };
    return sizes[type];
}

static uint64_t numbers_load(const uint8_t *p, size_t size, bool big_endian)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < size; i++)
        bits |= (uint64_t)p[big_endian ? size - 1 - i : i] << 8 * i;
    return bits;
}

static float double_bits(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    /* Values beyond float32 become infinite, as IEEE 754 rounding does; written out because C leaves it undefined. */
    if (value > 0x1.fffffefffffffp127)
        return sc_bits_float(0x7f800000u);
    if (value < -0x1.fffffefffffffp127)
        return sc_bits_float(0xff800000u);
    return (float)value;
}

static float widen(uint64_t bits, sc_number type)
{
    switch (type) {
    case SC_NUMBER_F16: return sc_half_to_float((uint16_t)bits);
    case SC_NUMBER_BF16: return sc_bfloat16_to_float((uint16_t)bits);
    case SC_NUMBER_F32: return sc_bits_float((uint32_t)bits);
    case SC_NUMBER_F64: return double_bits(bits);
    case SC_NUMBER_I8: return (float)(int8_t)bits;
    case SC_NUMBER_I16: return (float)(int16_t)bits;
    case SC_NUMBER_I32: return (float)(int32_t)bits;
    case SC_NUMBER_I64: return (float)(int64_t)bits;
    case SC_NUMBER_U8:
    case SC_NUMBER_U16:
    case SC_NUMBER_U32:
    case SC_NUMBER_U64: return (float)bits;
    case SC_NUMBER_BOOL: return bits ? 1.0f : 0.0f;
    }
    return 0.0f;
}

void sc_number_widen(float *target, const void *source, size_t count, size_t stride, sc_number type, bool big_endian)
{
    const uint8_t *p = source;
    size_t size = sc_number_size(type);
    bool host_big_endian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
    if (count == 0)
        return;
    if (type == SC_NUMBER_F32 && stride == 1 && big_endian == host_big_endian) {
        memcpy(target, p, count * sizeof *target);
        return;
    }
    for (size_t i = 0; i < count; i++)
        target[i] = widen(numbers_load(p + i * stride * size, size, big_endian), type);
}
