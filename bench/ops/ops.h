/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of ops share: an operation, the clock, and what all need.
 */
#ifndef BENCH_OPS_H
#define BENCH_OPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE 4096

/*
 * One operation.  run(n) does it about n times and says what the clock counted, and in *done how often it was
 * really done, where that is not n.  Preparations that cost stay outside of what is counted.
 */
struct op {
	const char *name;
	bool (*start)(void);		/* false: this machine has no such thing, leave the operation out */
	uint64_t (*run)(long n, long *done);
	void (*stop)(void);
	const char *less;		/* an operation measured before, whose figure is taken off this one's */
};

extern const struct op basic_ops[], memory_ops[], process_ops[], switch_ops[], xen_ops[], grant_ops[];

/* The clock: nanoseconds, or with -i ticks of the TSC, which under -icount shift=0 are instructions. */
uint64_t now(void);

/* Leave with a message when something that must work does not. */
void need(bool good, const char *what);

/* Run on this CPU only, the caller and what it starts. */
void pin(int cpu);

/* Read and write one byte, or leave. */
void put_byte(int fd);
void get_byte(int fd);

/* What the compiler may not leave away. */
static inline void keep(const void *p)
{
	__asm__ volatile("" ::"r"(p) : "memory");
}

/* Run the statement n times, and make `ticks` of it. */
#define TIMED(n, statement)                                                                        \
	({                                                                                         \
		uint64_t start_ = now();                                                           \
		for (long i_ = 0; i_ < (n); i_++)                                                  \
			statement;                                                                 \
		now() - start_;                                                                    \
	})

#endif
