/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * two-level - the bits that announce an event
 *
 * Right: a send sets the port's pending bit, then the word's bit in evtchn_pending_sel, then
 * evtchn_upcall_pending; a masked port sets only the first; unmask of a pending port sets the
 * others; a port in the last word works as one in the first; unmasking by the guest itself tells
 * nobody.  ABI: struct shared_info in xen.h.
 */
#include "guest.h"

static vcpu_info_t *vi;

static void clear(u32 port)
{
	shared_info->evtchn_pending[port / 64] &= ~(1UL << port % 64);
	LIVE(vi->evtchn_pending_sel) = 0;
	LIVE(vi->evtchn_upcall_pending) = 0;
}

static void one(u32 from, u32 port)
{
	clear(port);
	event_port_on(port);
	check_eq(send(from), 0, "port %u: send", port);
	check(is_pending(port), "pending");
	check_eq(LIVE(vi->evtchn_pending_sel), 1L << port / 64, "its word is selected");
	check_eq(LIVE(vi->evtchn_upcall_pending), 1, "an upcall is pending");
	clear(port);
	event_port_off(port);
	send(from);
	check(is_pending(port), "masked: pending");
	check_eq(LIVE(vi->evtchn_pending_sel), 0, "not selected");
	check_eq(LIVE(vi->evtchn_upcall_pending), 0, "no upcall");
	event_port_on(port);
	check_eq(LIVE(vi->evtchn_pending_sel), 1L << port / 64, "unmask selects");
	check_eq(LIVE(vi->evtchn_upcall_pending), 1, "and makes an upcall");
	clear(port);
}

void test_main(void)
{
	u32 a, b, high = 0;
	evtchn_alloc_unbound_t un = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
	evtchn_bind_interdomain_t in = { .remote_dom = DOMID_SELF };

	vi = this_vcpu_info();
	event_init();
	HC(vcpu_op, .cmd = VCPUOP_stop_periodic_timer, .vcpuid = 0);
	bind_pair(&a, &b);
	one(a, b);
	while (high < 4090 && !event_op(EVTCHNOP_alloc_unbound, &un))
		high = un.port;
	in.remote_port = 3000;
	check_eq(event_op(EVTCHNOP_bind_interdomain, &in), 0, "ports far up");
	check(in.local_port > 4090, "the last is %u", in.local_port);
	one(3000, in.local_port);
	event_port_off(b);
	send(a);
	shared_info->evtchn_mask[b / 64] &= ~(1UL << b % 64);
	check_eq(LIVE(vi->evtchn_upcall_pending), 0,
		 "a mask bit cleared by the guest tells nobody");
}
