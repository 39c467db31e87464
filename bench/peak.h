/* SPDX-License-Identifier: MIT */
/* The processor's multiply-add peak. */
#ifndef BENCH_PEAK_H
#define BENCH_PEAK_H

/* Runs for some 50 ms on the calling thread and returns the floating-point operations done. */
double scumble_bench_flops(void);

#endif
