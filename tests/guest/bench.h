/* SPDX-License-Identifier: GPL-2.0-only */
/* What the bench-*.c share: how an operation is timed. */
#ifndef TESTS_GUEST_BENCH_H
#define TESTS_GUEST_BENCH_H

#include "guest.h"

enum { SAMPLES = 5 };

/* Where a profiler notes the counts so far: before a sample and after it. */
static void __attribute__((noinline)) bench_mark(void)
{
	__asm__ volatile(".globl bench_mark_here\nbench_mark_here: nop");
}

/* One line; the samples are of n each, in tenths of a nanosecond. */
static inline void bench_line(const char *name, u64 *sample, u64 n)
{
	for (u64 i = 1; i < SAMPLES; i++)
		for (u64 j = i; j && sample[j - 1] > sample[j]; j--) {
			u64 more = sample[j - 1];

			sample[j - 1] = sample[j];
			sample[j] = more;
		}
	print("bench %s %lu.%lu %lu\n", name, sample[SAMPLES / 2] / 10, sample[SAMPLES / 2] % 10, n);
}

/* Do it n times, five times over, once before that for nothing, and print what one took. */
#define BENCH(name, n, ...)                                                                        \
	do {                                                                                       \
		u64 sample_[SAMPLES];                                                              \
                                                                                                   \
		for (u64 s_ = 0; s_ <= SAMPLES; s_++) {                                            \
			u64 start_;                                                                \
                                                                                                   \
			bench_mark();                                                              \
			start_ = now();                                                            \
			for (u64 i_ = 0; i_ < (n); i_++) {                                         \
				__VA_ARGS__;                                                       \
			}                                                                          \
			start_ = now() - start_;                                                   \
			bench_mark();                                                              \
			if (s_)                                                                    \
				sample_[s_ - 1] = start_ * 10 / (n);                               \
		}                                                                                  \
		bench_line(name, sample_, n);                                                      \
	} while (0)

#endif
