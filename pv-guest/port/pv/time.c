/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Time (pv): the hypervisor publishes, per vCPU, a point (TSC, nanoseconds) and the rate; from there
 * the TSC counts on.  Timers are one-shot and go by the same clock.
 */
#include "kernel/cpu.h"
#include "kernel/timer.h"
#include "port/pv/pv.h"

void port_time_init(void)
{
}

/* Odd version: being written.  A changed version: read anew. */
u64 port_time_ns(void)
{
	const vcpu_time_info_t *t = &this_cpu()->port.info.time;
	u32 version;
	u64 delta, ns;

	do {
		version = READ_ONCE(t->version);
		barrier();
		delta = rdtsc() - t->tsc_timestamp;
		delta = t->tsc_shift >= 0 ? delta << t->tsc_shift : delta >> -t->tsc_shift;
		ns = t->system_time +
		     (u64)(((unsigned __int128)delta * t->tsc_to_system_mul) >> 32);
		barrier();
	} while (version & 1 || version != READ_ONCE(t->version));
	return ns;
}

/* What the hypervisor says the time of day was when it started, and the time since. */
u64 pv_wall_seconds(void)
{
	u32 version;
	u64 ns;

	do {
		version = READ_ONCE(SHARED->wc_version);
		barrier();
		ns = ((u64)SHARED->wc_sec_hi << 32 | SHARED->wc_sec) * SEC + SHARED->wc_nsec;
		barrier();
	} while (version & 1 || version != READ_ONCE(SHARED->wc_version));
	return (ns + port_time_ns()) / SEC;
}

void port_timer_set(u64 deadline)
{
	vcpu_set_singleshot_timer_t op = { .timeout_abs_ns = deadline };

	HC(vcpu_op, .cmd = VCPUOP_set_singleshot_timer, .vcpuid = this_cpu()->id, .arg = &op);
}
