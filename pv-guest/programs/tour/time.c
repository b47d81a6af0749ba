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
	u64 sec = (u64)shared_info.wc_sec_hi << 32 | shared_info.wc_sec;
	u64 now = sec + (shared_info.wc_nsec + port_time_ns()) / SEC;

	expect(!(shared_info.wc_version & 1) && now > 946684800, "wall clock: it is second %lu of 1970's count",
	       now);
}

static void timer_op(void)
{
	vcpu_set_singleshot_timer_t past = { .timeout_abs_ns = 1, .flags = VCPU_SSHOTTMR_future };
	u64 ticks = this_cpu()->ticks, end;

	irq_disable();
	expect_code(HC(vcpu_op, .cmd = VCPUOP_set_singleshot_timer, .vcpuid = this_cpu()->id, .arg = &past),
		    -62, "set_singleshot_timer in the past, only if in the future (62: ETIME)");
	expect_code(HC(set_timer_op, .timeout = port_time_ns() + MSEC), 0, "set_timer_op in 1 ms");
	irq_enable();
	for (end = port_time_ns() + SEC; port_time_ns() < end && READ_ONCE(this_cpu()->ticks) == ticks;)
		port_relax();
	expect(this_cpu()->ticks > ticks, "VIRQ_TIMER came");
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
