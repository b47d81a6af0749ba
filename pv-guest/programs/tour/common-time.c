/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The clock goes forward only, and timers are not early.
 */
#include "kernel/cpu.h"
#include "kernel/thread.h"
#include "kernel/timer.h"
#include "programs/measure.h"
#include "programs/tour/tour.h"

static void clock_is_steady(void)
{
	u64 last = port_time_ns(), now;
	unsigned int i, back = 0;

	for (i = 0; i < 20000; i++) {
		now = port_time_ns();
		back += now < last;
		last = now;
	}
	expect(!back, "20000 readings of the clock, %u went backwards", back);
}

static void sleep_is_long_enough(u64 ns)
{
	u64 ticks = this_cpu()->ticks, t = port_time_ns();

	thread_sleep(ns);
	t = port_time_ns() - t;
	expect(t >= ns && t < ns + SEC && this_cpu()->ticks > ticks,
	       "sleep %lu us: woken by a timer after %lu us", ns / 1000, t / 1000);
}

void time_common(void)
{
	clock_is_steady();
	sleep_is_long_enough(100000);
	sleep_is_long_enough(5 * MSEC);
	cost(MEASURE(1000, port_time_ns()), "read the clock");
}
