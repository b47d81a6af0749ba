/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an operation costs.  Figures are in thousandths, of nanoseconds or of instructions.
 */
#ifndef MEASURE_H
#define MEASURE_H

#include "kernel/types.h"
#include "port/port.h"

/* The best of five rounds of n operations, in thousandths of a unit each. */
#define MEASURE(n, ...)                                                                            \
	({                                                                                         \
		u64 best_ = ~0UL, t_;                                                              \
		unsigned int round_, i_;                                                           \
                                                                                                   \
		for (round_ = 0; round_ < 5; round_++) {                                           \
			t_ = port_time_ns();                                                       \
			for (i_ = 0; i_ < (n); i_++) {                                             \
				__VA_ARGS__;                                                       \
			}                                                                          \
			t_ = port_time_ns() - t_;                                                  \
			best_ = MIN(best_, t_);                                                    \
		}                                                                                  \
		best_ * 1000 / (n);                                                                \
	})

const char *measure_unit(void);

/* Operations of more than one line, that more than one program measures. */
u64 measure_syscall(void);
u64 measure_user_fault(void);
u64 measure_process(void);
u64 measure_user_switch(void);
u64 measure_thread_switch(void);
u64 measure_kernel_trap(void);
u64 measure_map(void);
u64 measure_call(unsigned int cpu);

#endif
