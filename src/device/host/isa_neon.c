/* SPDX-License-Identifier: MIT */
/* NEON (Advanced SIMD) of 64-bit ARM: every such processor has it, with fused multiply-add and 32 registers. */
#include "device/host/isa.h"

#include <arm_neon.h>

#define LANES 4
#define ISA_NAME "NEON"
#define ISA_SYMBOL sc_cpu_isa_neon
#define MICRO_VECTORS 4
extern const sc_cpu_isa ISA_SYMBOL;

typedef float32x4_t vec;
static const uint32x4_t lane_bits = { 1, 2, 4, 8 };

static bool available(void)
{
    return true;
}

static inline unsigned positive_bits(vec x)
{
    return vaddvq_u32(vbicq_u32(lane_bits, vclezq_f32(x)));
}

static inline unsigned exceeding_bits(vec a, vec b)
{
    return vaddvq_u32(vandq_u32(lane_bits, vornq_u32(vcgtq_f32(a, b), vceqq_f32(a, a))));
}

static inline vec keep_bits(vec x, unsigned bits)
{
    return (vec)vandq_u32((uint32x4_t)x, vtstq_u32(vdupq_n_u32(bits), lane_bits));
}

static inline vec multiply_add(vec a, vec b, vec c)
{
    return vfmaq_f32(c, a, b);
}

#include "device/host/isa_body.h"
