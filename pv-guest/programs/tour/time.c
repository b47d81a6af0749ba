/* SPDX-License-Identifier: GPL-2.0-only */
#include "kernel/timer.h"
#include "programs/tour/pv.h"

static void published(void)
{
	const vcpu_time_info_t *t = &this_cpu()->port.info.time;
	u64 hz = (SEC << 32) / t->tsc_to_system_mul;

	hz = t->tsc_shift >= 0 ? hz >> t->tsc_shift : hz << -t->tsc_shift;
	expect(!(READ_ONCE(t->version) & 1) && t->tsc_to_system_mul,
	       "version %u: at TSC %lx it was %lu ns; times %u, shifted by %d", t->version,
	       t->tsc_timestamp, t->system_time, t->tsc_to_system_mul, t->tsc_shift);
	say("so the TSC runs at %lu MHz, and vCPUs %s", hz / 1000000,
	    t->flags & XEN_PVCLOCK_TSC_STABLE_BIT ? "agree on it" : "may differ a little");
}

static void wall_clock(void)
{
	u64 sec = (u64)SHARED->wc_sec_hi << 32 | SHARED->wc_sec;
	u64 now = sec + (SHARED->wc_nsec + port_time_ns()) / SEC;

	expect(!(SHARED->wc_version & 1) && now > 946684800,
	       "wall clock: it is second %lu of 1970's count", now);
}

/* Let events in and wait for the timer's.  Return: when it came, counted from start; or a second. */
static u64 wait_tick(u64 start)
{
	u64 ticks = this_cpu()->ticks, t = 0;

	irq_enable();
	while (READ_ONCE(this_cpu()->ticks) == ticks && t < SEC)
		t = port_time_ns() - start;
	return port_time_ns() - start;
}

static void timer_op(void)
{
	vcpu_set_singleshot_timer_t past = { .timeout_abs_ns = 1 };
	u64 t;

	irq_disable();
	t = port_time_ns();
	expect_code(HC(set_timer_op, .timeout = t + MSEC), 0, "set_timer_op in 1 ms");
	t = wait_tick(t);
	expect(t >= MSEC && t < SEC, "VIRQ_TIMER came after %lu us", t / 1000);
	irq_disable();
	expect_code(HC(vcpu_op, .cmd = VCPUOP_set_singleshot_timer, .vcpuid = this_cpu()->id,
		       .arg = &past),
		    0, "set_singleshot_timer, to a time long past");
	t = wait_tick(port_time_ns());
	expect(t < SEC, "it came after %lu us", t / 1000);
}

void chapter_time(void)
{
	published();
	wall_clock();
	timer_op();
	time_common();
	cost(MEASURE(500, port_timer_set(port_time_ns() + SEC)), "set the timer");
	port_timer_set(port_time_ns());
}
