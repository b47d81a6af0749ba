/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sched - yield, block and poll
 *
 * Right: yield returns; block turns events on and returns for one (at once if it is pending); poll
 * returns when a port of its list is pending, even a masked one and without delivering it, or at
 * its time-out; bad ports are -EINVAL, too many are; unknown commands are -ENOSYS.  ABI: SCHEDOP_*
 * in sched.h.
 */
#include "guest.h"

#define MS 1000000UL

static u32 ports[200];

static long poll(u32 *list, u32 n, u64 timeout)
{
	sched_poll_t op = { .ports.p = list, .nr_ports = n, .timeout = timeout };

	return HC(sched_op, .cmd = SCHEDOP_poll, .arg = &op);
}

static void polling(u32 ipi)
{
	u64 at = now() + 20 * MS;

	ports[0] = ipi;
	check_eq(poll(ports, 1, at), 0, "poll, nothing pending");
	check(now() >= at, "ends at its time-out");
	event_port_off(ipi);
	send(ipi);
	at = now();
	check_eq(poll(ports, 1, at + 2000 * MS), 0, "poll, the port is pending and masked");
	check(now() < at + 1000 * MS, "ends at once");
	check(is_pending(ipi), "the port is pending still");
	check_eq(poll(NULL, 0, now() + 5 * MS), 0, "poll without ports is a sleep");
	check_eq(poll(ports, 1, now() - 5 * MS), 0, "a time-out in the past");
	ports[0] = 5000;
	check_eq(poll(ports, 1, now() + MS), -XEN_EINVAL, "a port out of range");
	check_eq(poll(ports, 129, now() + MS), -XEN_EINVAL, "129 ports");
	check_eq(poll((u32 *)UNMAPPED, 1, now() + MS), -XEN_EFAULT, "a list out of reach");
	check_eq(this_vcpu_info()->evtchn_upcall_mask, 1, "events are masked as before");
}

void test_main(void)
{
	u32 ipi, timer;
	u64 at;

	event_init();
	check_eq(HC(sched_op, .cmd = SCHEDOP_yield), 0, "yield");
	ipi = bind_ipi(0);
	timer = bind_virq(VIRQ_TIMER, 0);
	HC(vcpu_op, .cmd = VCPUOP_stop_periodic_timer, .vcpuid = 0);
	polling(ipi);
	events_disable();
	/* The periodic tick may have come before it was stopped. */
	__atomic_fetch_and(&shared_info->evtchn_pending[timer / 64], ~(1UL << (timer % 64)), __ATOMIC_SEQ_CST);
	event_port_on(timer);
	at = now() + 20 * MS;
	HC(set_timer_op, .timeout = at);
	check_eq(HC(sched_op, .cmd = SCHEDOP_block), 0, "block");
	check(now() >= at, "until the timer");
	check_eq(LIVE(event_count[timer]), 1, "its event was delivered");
	check_eq(this_vcpu_info()->evtchn_upcall_mask, 0, "events are on");
	events_disable();
	event_port_on(ipi);
	send(ipi);
	check_eq(HC(sched_op, .cmd = SCHEDOP_block), 0, "block with an event pending returns");
	check(LIVE(event_count[ipi]) >= 1, "and delivers it");
	events_disable();
	check_eq(HC(sched_op, .cmd = 99), -XEN_ENOSYS, "command 99");
	check_eq(HC(sched_op, .cmd = SCHEDOP_poll, .arg = (void *)UNMAPPED), -XEN_EFAULT,
		 "an argument out of reach");
}
