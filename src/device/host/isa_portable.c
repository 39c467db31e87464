/* SPDX-License-Identifier: MIT */
/* Four lanes by the compiler's vector extensions: any processor (SSE2, ...). */
#include "device/host/isa.h"

#define LANES 4
#define ISA_NAME "portable"
#define ISA_SYMBOL sc_cpu_isa_portable
#define MICRO_VECTORS 2
extern const sc_cpu_isa ISA_SYMBOL;

typedef float vec __attribute__((vector_size(16)));
typedef int int_vec __attribute__((vector_size(16)));

static bool available(void)
{
    return true;
}

static inline unsigned bits_of(int_vec lanes)
{
    lanes &= (int_vec){ 1, 2, 4, 8 };
    return (unsigned)(lanes[0] | lanes[1] | lanes[2] | lanes[3]);
}

static inline unsigned positive_bits(vec x)
{
    return bits_of(~(x <= 0.0f));
}

static inline unsigned exceeding_bits(vec a, vec b)
{
    return bits_of((a > b) | (a != a));
}

static inline vec keep_bits(vec x, unsigned bits)
{
    const int_vec lane = { 1, 2, 4, 8 };
    return (vec)((int_vec)x & (((int)bits & lane) == lane));
}

static inline vec multiply_add(vec a, vec b, vec c)
{
    return a * b + c;
}

#include "device/host/isa_body.h"
