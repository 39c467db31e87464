/* SPDX-License-Identifier: MIT */
/* Which instruction sets this build has, and the best one of the processor. */
#include "device/host/isa.h"

extern const sc_cpu_isa sc_cpu_isa_portable;
#if defined(__x86_64__)
extern const sc_cpu_isa sc_cpu_isa_avx512, sc_cpu_isa_avx2;
#elif defined(__aarch64__)
extern const sc_cpu_isa sc_cpu_isa_neon;
#endif

const sc_cpu_isa *const sc_cpu_isas[] = {
#if defined(__x86_64__)
    &sc_cpu_isa_avx512,
    &sc_cpu_isa_avx2,
#elif defined(__aarch64__)
    &sc_cpu_isa_neon,
#endif
    &sc_cpu_isa_portable,
    NULL,
};

const sc_cpu_isa *sc_cpu_isa_best(void)
{
    for (int i = 0; sc_cpu_isas[i]; i++)
        if (sc_cpu_isas[i]->available())
            return sc_cpu_isas[i];
    return NULL; /* not reached: the portable one is always there */
}
