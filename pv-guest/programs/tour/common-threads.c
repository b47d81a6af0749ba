/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Threads: taking turns because they want to, and because the timer makes them.
 */
#include "kernel/cpu.h"
#include "kernel/thread.h"
#include "kernel/timer.h"
#include "programs/measure.h"
#include "programs/tour/tour.h"

static volatile unsigned long rounds[2];
static u64 end;

static void never_yields(void *arg)
{
	volatile unsigned long *mine = arg;

	while (port_time_ns() < end)
		(*mine)++;
}

void threads_common(void)
{
	struct sem done = { 0 };
	unsigned int cpu = this_cpu()->id;

	rounds[0] = rounds[1] = 0;
	end = port_time_ns() + 100 * MSEC;
	thread_start("a", cpu, never_yields, (void *)&rounds[0], &done);
	thread_start("b", cpu, never_yields, (void *)&rounds[1], &done);
	sem_down(&done);
	sem_down(&done);
	expect(rounds[0] && rounds[1],
	       "two threads that never yield, 100 ms on one CPU: %lu and %lu rounds", rounds[0],
	       rounds[1]);
	cost(measure_thread_switch(), "switch to another thread of the kernel");
}
