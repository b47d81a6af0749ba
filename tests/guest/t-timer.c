/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * timer - set_timer_op
 *
 * Right: the timer comes not before its time and soon after; a new time replaces the old; 0 stops
 * it; a time that has passed comes at once. "Soon" is 50 ms here, once in five times: test machines
 * are loaded. ABI: __HYPERVISOR_set_timer_op in xen.h.
 */
#include "guest.h"

#define MS 1000000UL

static u32 port;
static u64 came;

static void on_timer(u32 p)
{
	if (p == port && !came)
		came = now();
}

static void await(u64 limit)
{
	u64 end = now() + limit;

	events_enable();
	while (!LIVE(came) && now() < end)
		;
	events_disable();
}

static void set(u64 at)
{
	came = 0;
	HC(set_timer_op, .timeout = at);
}

void test_main(void)
{
	u64 at;

	event_init();
	event_hook = on_timer;
	check_eq(HC(vcpu_op, .cmd = VCPUOP_stop_periodic_timer, .vcpuid = 0), 0,
		 "the periodic timer, off");
	port = bind_virq(VIRQ_TIMER, 0);
	event_port_on(port);
	for (u64 ms = 1; ms <= 64; ms *= 4) {
		u64 late = ~0UL;
		bool early = false;

		for (u32 i = 0; i < 5 && late >= 50 * MS; i++) {
			at = now() + ms * MS;
			set(at);
			await(2000 * MS);
			early |= came < at;
			late = came - at;
		}
		check(!early, "%lu ms: not early", ms);
		check(late < 50 * MS, "soon after: %lu us", late / 1000);
	}
	at = now() + 20 * MS;
	set(at + 2000 * MS);
	set(at);
	await(1000 * MS);
	check(came >= at, "an earlier time replaces a later one");
	at = now() + 200 * MS;
	set(at - 50 * MS);
	set(at);
	await(1000 * MS);
	check(came >= at, "a later one replaces an earlier one");
	set(now() + 150 * MS);
	HC(set_timer_op, .timeout = 0);
	await(200 * MS);
	check_eq(came, 0, "0 stops it");
	set(now() - 1 * MS);
	await(1000 * MS);
	check(came, "a time that has passed comes at once");
	set(1);
	await(1000 * MS);
	check(came, "so does the beginning of time");
}
