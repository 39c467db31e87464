/* SPDX-License-Identifier: MIT */
/* The number types that model files store, and their widening to float32. Sources need no alignment. */
#ifndef SC_WEIGHTS_NUMBERS_H
#define SC_WEIGHTS_NUMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum sc_number {
    SC_NUMBER_F16,
    SC_NUMBER_BF16,
    SC_NUMBER_F32,
    SC_NUMBER_F64,
    SC_NUMBER_I8,
    SC_NUMBER_I16,
    SC_NUMBER_I32,
    SC_NUMBER_I64,
    SC_NUMBER_U8,
    SC_NUMBER_U16,
    SC_NUMBER_U32,
    SC_NUMBER_U64,
    SC_NUMBER_BOOL
} sc_number;

/* Bytes of one number: 1, 2, 4 or 8. */
size_t sc_number_size(sc_number type);
/* target[i] = source[i * stride], i < count; stride in numbers. big_endian tells the order of the source's bytes. */
void sc_number_widen(float *target, const void *source, size_t count, size_t stride, sc_number type, bool big_endian);

/* Little-endian integers at any address. */
static inline uint16_t sc_read_u16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}
static inline uint32_t sc_read_u32(const uint8_t *p)
{
    return (uint32_t)sc_read_u16(p) | (uint32_t)sc_read_u16(p + 2) << 16;
}
static inline uint64_t sc_read_u64(const uint8_t *p)
{
    return (uint64_t)sc_read_u32(p) | (uint64_t)sc_read_u32(p + 4) << 32;
}

#endif
