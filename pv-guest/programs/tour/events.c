/* SPDX-License-Identifier: GPL-2.0-only */
#include "kernel/timer.h"
#include "programs/tour/pv.h"

static long ask(unsigned int cmd, void *arg)
{
	return HC(event_channel_op, .cmd = cmd, .arg = arg);
}

static void count(void *arg)
{
	(*(volatile unsigned int *)arg)++;
}

static bool bit(const xen_ulong_t *words, evtchn_port_t port)
{
	return READ_ONCE(words[port / 64]) >> (port % 64) & 1;
}

static void ipi(void)
{
	evtchn_bind_ipi_t bind = { .vcpu = this_cpu()->id };
	volatile unsigned int seen = 0;

	if (!expect_code(ask(EVTCHNOP_bind_ipi, &bind), 0, "bind_ipi to this vCPU"))
		return;
	say("       port %u, still masked", bind.port);
	expect_code(evtchn_send(bind.port), 0, "send");
	expect(bit(SHARED->evtchn_pending, bind.port) && !seen, "its bit is 1, nobody was called");
	evtchn_open(bind.port, this_cpu()->id, count, (void *)&seen);
	expect(seen == 1, "unmask: called %u time", seen);
	evtchn_send(bind.port);
	evtchn_send(bind.port);
	expect(seen == 3, "two more sends: called %u times in all", seen);
	irq_disable();
	evtchn_send(bind.port);
	evtchn_send(bind.port);
	expect(seen == 3, "two sends with events off: not called");
	irq_enable();
	expect(seen == 4, "events on: called once, a bit does not count");
	cost(MEASURE(500, evtchn_send(bind.port)), "send to ourselves, handler included");
	evtchn_close(bind.port);
	expect_refused(evtchn_send(bind.port), "send to a closed port");
}

static void virq(void)
{
	evtchn_bind_virq_t debug = { .virq = VIRQ_DEBUG, .vcpu = 0 }, again = debug;
	evtchn_bind_virq_t nobody = { .virq = VIRQ_DEBUG, .vcpu = 5000 };

	expect_code(ask(EVTCHNOP_bind_virq, &debug), 0, "bind_virq VIRQ_DEBUG");
	expect_code(ask(EVTCHNOP_bind_virq, &again), -17, "bind it again");
	expect_code(ask(EVTCHNOP_bind_virq, &nobody), -2, "bind it for vCPU 5000");
	evtchn_close(debug.port);
}

static void loopback(void)
{
	evtchn_alloc_unbound_t near = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
	evtchn_bind_interdomain_t far = { .remote_dom = DOMID_SELF };
	evtchn_status_t status = { .dom = DOMID_SELF };
	volatile unsigned int seen = 0;
	long rc;

	expect_code(ask(EVTCHNOP_alloc_unbound, &near), 0, "alloc_unbound for ourselves");
	far.remote_port = near.port;
	rc = ask(EVTCHNOP_bind_interdomain, &far);
	expect_code(rc, 0, "bind_interdomain: port %u is port %u's far end", far.local_port,
		    near.port);
	status.port = near.port;
	rc = ask(EVTCHNOP_status, &status);
	expect(!rc && status.status == EVTCHNSTAT_interdomain &&
		       status.u.interdomain.port == far.local_port,
	       "status: interdomain, far end is domain %u port %u", status.u.interdomain.dom,
	       status.u.interdomain.port);
	evtchn_open(near.port, 0, count, (void *)&seen);
	seen = 0; /* a new binding may be raised once to begin with */
	evtchn_send(far.local_port);
	expect(seen == 1, "send at one end arrives at the other");
	evtchn_close(far.local_port);
	rc = ask(EVTCHNOP_status, &status);
	expect(!rc && status.status == EVTCHNSTAT_unbound,
	       "close one end: the other is unbound again");
	evtchn_close(near.port);
}

static void poll_port(void)
{
	evtchn_bind_ipi_t bind = { .vcpu = this_cpu()->id };
	sched_poll_t poll = { .nr_ports = 1 };
	evtchn_port_t port;
	unsigned int polls = 0;
	u64 t;

	CHECK(!ask(EVTCHNOP_bind_ipi, &bind));
	port = bind.port;
	set_xen_guest_handle(poll.ports, &port);
	irq_disable();
	t = port_time_ns();
	poll.timeout = t + 2 * MSEC;
	do {
		expect_code(HC(sched_op, .cmd = SCHEDOP_poll, .arg = &poll), 0,
			    "poll a quiet port for 2 ms");
		say("       back after %lu us", (port_time_ns() - t) / 1000);
	} while (port_time_ns() < poll.timeout && ++polls < 10);
	expect(polls < 10, "it waits, and seldom ends early, for another event");
	evtchn_send(port);
	t = port_time_ns();
	poll.timeout = t + 2 * SEC;
	expect_code(HC(sched_op, .cmd = SCHEDOP_poll, .arg = &poll), 0,
		    "poll a port that is pending");
	t = port_time_ns() - t;
	expect(t < SEC, "it returned after %lu us", t / 1000);
	irq_enable();
	evtchn_close(port);
}

void chapter_events(void)
{
	say("port %u is this CPU's timer, port %u is how others call it", this_cpu()->port.timer,
	    this_cpu()->port.ipi);
	ipi();
	virq();
	loopback();
	poll_port();
	expect_refused(evtchn_send(4095), "send to a port never bound");
	expect_refused(evtchn_send(1 << 20), "send to a port that cannot be");
}
