/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vcpu-timers - the periodic and the singleshot timer of a vCPU
 *
 * Right: a vCPU starts with a periodic timer of 100 Hz; it can be stopped and set to another
 * period, not under a millisecond; the singleshot timer comes once, not early; with the flag
 * "future" too, a time that has passed comes at once; each vCPU sets only its own. ABI:
 * VCPUOP_set_periodic_timer and so on in vcpu.h.
 *
 * Boot: --hv-args dom0_max_vcpus=2
 */
#include "guest.h"

#define MS 1000000UL

static u32 port;

static u32 ticks_in(u64 ns)
{
	u64 end = now() + ns;

	event_count[port] = 0;
	events_enable();
	while (now() < end)
		;
	events_disable();
	return LIVE(event_count[port]);
}

/* Ticks in 200 ms; a machine that was away for a while merges some: then again, for there must be `least`. */
static u32 ticks(u32 least)
{
	u32 n = 0;

	for (int tries = 0; tries < 10 && n < least; tries++)
		n = ticks_in(200 * MS);
	return n;
}

static long singleshot(u64 at, u32 flags, u32 vcpu)
{
	vcpu_set_singleshot_timer_t op = { .timeout_abs_ns = at, .flags = flags };

	return HC(vcpu_op, .cmd = VCPUOP_set_singleshot_timer, .vcpuid = vcpu, .arg = &op);
}

static long periodic(u64 period, u32 vcpu)
{
	vcpu_set_periodic_timer_t op = { .period_ns = period };

	return HC(vcpu_op, .cmd = VCPUOP_set_periodic_timer, .vcpuid = vcpu, .arg = &op);
}

static void single(void)
{
	u64 at = now() + 20 * MS;
	long rc;

	event_count[port] = 0;
	check_eq(singleshot(at, 0, 0), 0, "singleshot in 20 ms");
	check(wait_event(port, 1, 2000 * MS), "comes");
	check(now() >= at, "not early");
	check_eq(ticks_in(60 * MS), 0, "once");
	check_eq(singleshot(now() + 20 * MS, 0, 0), 0, "singleshot");
	check_eq(HC(vcpu_op, .cmd = VCPUOP_stop_singleshot_timer, .vcpuid = 0), 0, "stopped");
	check_eq(ticks_in(60 * MS), 0, "does not come");
	event_count[port] = 0;
	rc = singleshot(now() - MS, VCPU_SSHOTTMR_future, 0);
	check_eq(rc, 0, "in the past, with the flag");
	check(wait_event(port, 1, 1000 * MS), "comes at once");
	check_eq(singleshot(now() + MS, 0, 1), -XEN_EINVAL, "another vCPU's");
}

void test_main(void)
{
	u32 n;

	event_init();
	port = bind_virq(VIRQ_TIMER, 0);
	event_port_on(port);
	n = ticks(10);
	check(n >= 10 && n <= 22, "100 Hz at first: %u ticks in 200 ms", n);
	check_eq(HC(vcpu_op, .cmd = VCPUOP_stop_periodic_timer, .vcpuid = 0), 0, "stop");
	ticks_in(MS);
	check_eq(ticks_in(60 * MS), 0, "no ticks");
	check_eq(periodic(5 * MS, 0), 0, "5 ms");
	n = ticks(20);
	check(n >= 20 && n <= 42, "%u ticks in 200 ms", n);
	check_eq(periodic(999999, 0), -XEN_EINVAL, "under a millisecond");
	check_eq(periodic(~0UL, 0), -XEN_EINVAL, "the longest");
	HC(vcpu_op, .cmd = VCPUOP_stop_periodic_timer, .vcpuid = 0);
	ticks_in(MS);
	single();
}
