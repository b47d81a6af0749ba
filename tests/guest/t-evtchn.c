/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * evtchn - channels within the domain
 *
 * Right: an unbound port can be bound once, from then on each end raises the other; status tells
 * each state; closing one end makes the other unbound; what is masked stays pending and is
 * delivered by unmask; sending twice is one event.  ABI: event_channel.h.
 */
#include "guest.h"

static evtchn_status_t status(u32 port)
{
	evtchn_status_t s = { .dom = DOMID_SELF, .port = port, .status = 99 };

	event_op(EVTCHNOP_status, &s);
	return s;
}

static long close(u32 port)
{
	evtchn_close_t op = { .port = port };

	return event_op(EVTCHNOP_close, &op);
}

static void delivery(u32 a, u32 b)
{
	event_port_on(a);
	event_port_on(b);
	check_eq(send(a), 0, "send on one end");
	check(is_pending(b) && !is_pending(a), "the other is pending");
	check_eq(LIVE(this_vcpu_info()->evtchn_upcall_pending), 1, "an upcall is pending");
	check_eq(event_count[b], 0, "and waits while events are masked");
	events_enable();
	check_eq(LIVE(event_count[b]), 1, "it comes when they are not");
	check_eq(send(b), 0, "send on the other");
	check_eq(LIVE(event_count[a]), 1, "comes at once");
	events_disable();
	send(a);
	send(a);
	events_enable();
	check_eq(LIVE(event_count[b]), 2, "two sends are one event");
	events_disable();
}

static void masking(u32 a, u32 b)
{
	event_port_off(b);
	events_enable();
	send(a);
	check_eq(LIVE(event_count[b]), 2, "a masked port is not delivered");
	check(is_pending(b), "but pending");
	event_port_on(b);
	check_eq(LIVE(event_count[b]), 3, "and delivered by unmask");
	events_disable();
}

static void states(u32 a, u32 b)
{
	evtchn_status_t s = status(a);

	check_eq(s.status, EVTCHNSTAT_interdomain, "an end is interdomain");
	check_eq(s.u.interdomain.port, b, "with the other's port");
	check_eq(status(b).u.interdomain.port, a, "and so is that");
	check_eq(close(a), 0, "close one end");
	check_eq(status(a).status, EVTCHNSTAT_closed, "it is closed");
	check_eq(status(b).status, EVTCHNSTAT_unbound, "the other is unbound");
	check_eq(send(b), 0, "sending on it is no error");
	check_eq(close(a), -XEN_EINVAL, "close again");
	check_eq(send(a), -XEN_EINVAL, "sending on it is one");
	check_eq(close(b), 0, "close the other");
}

void test_main(void)
{
	evtchn_alloc_unbound_t un = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
	evtchn_bind_interdomain_t in = { .remote_dom = DOMID_SELF };

	event_init();
	check_eq(event_op(EVTCHNOP_alloc_unbound, &un), 0, "alloc_unbound");
	check_eq(status(un.port).status, EVTCHNSTAT_unbound, "is unbound");
	in.remote_port = un.port;
	check_eq(event_op(EVTCHNOP_bind_interdomain, &in), 0, "bind_interdomain");
	check(is_pending(in.local_port), "the new end is told at once");
	check_eq(event_op(EVTCHNOP_bind_interdomain, &in), -XEN_EINVAL, "binding again");
	event_port_on(in.local_port);
	events_enable();
	events_disable();
	event_count[in.local_port] = event_count[un.port] = 0;
	delivery(un.port, in.local_port);
	masking(un.port, in.local_port);
	states(un.port, in.local_port);
}
