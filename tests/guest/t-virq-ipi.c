/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * virq-ipi - virtual interrupts and IPIs to oneself
 *
 * Right: status tells virq and ipi with their numbers; send on an IPI port raises it, on a virq
 * port it is -EINVAL; the timer's virq comes after set_timer_op; a closed virq can be bound again;
 * VIRQ_DEBUG and others can be bound.  ABI: VIRQ_* in xen.h, event_channel.h.
 */
#include "guest.h"

void test_main(void)
{
	evtchn_status_t st = { .dom = DOMID_SELF };
	evtchn_close_t cl;
	u32 ipi, timer;

	event_init();
	ipi = bind_ipi(0);
	timer = bind_virq(VIRQ_TIMER, 0);
	st.port = ipi;
	check_eq(event_op(EVTCHNOP_status, &st), 0, "status of the IPI");
	check_eq(st.status, EVTCHNSTAT_ipi, "is ipi");
	check_eq(st.vcpu, 0, "of vCPU 0");
	st.port = timer;
	check_eq(event_op(EVTCHNOP_status, &st), 0, "status of the virq");
	check_eq(st.status, EVTCHNSTAT_virq, "is virq");
	check_eq(st.u.virq, VIRQ_TIMER, "the timer's");
	event_port_on(ipi);
	event_port_on(timer);
	check_eq(send(timer), -XEN_EINVAL, "a virq cannot be sent");
	check_eq(send(ipi), 0, "an IPI can");
	check(wait_event(ipi, 1, 1000000000), "it comes");
	check_eq(HC(set_timer_op, .timeout = now() + 5000000), 0, "the timer, in 5 ms");
	check(wait_event(timer, 1, 3000000000), "it comes");
	cl.port = timer;
	check_eq(event_op(EVTCHNOP_close, &cl), 0, "close the virq");
	timer = bind_virq(VIRQ_TIMER, 0);
	check(true, "bound again: port %u", timer);
	check_eq(event_op(EVTCHNOP_bind_virq, &(evtchn_bind_virq_t){ .virq = VIRQ_DEBUG }), 0,
		 "VIRQ_DEBUG");
	check_eq(event_op(EVTCHNOP_bind_virq, &(evtchn_bind_virq_t){ .virq = VIRQ_CONSOLE }), 0,
		 "VIRQ_CONSOLE");
	check_eq(event_op(EVTCHNOP_bind_virq, &(evtchn_bind_virq_t){ .virq = VIRQ_DOM_EXC }), 0,
		 "VIRQ_DOM_EXC");
}
