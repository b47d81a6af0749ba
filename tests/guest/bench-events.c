/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bench-events - events to oneself, to a vCPU on another CPU, and to another domain and back: bench/run shows it
 *
 * Lines as bench-calls prints.  With two CPUs the child and the second vCPU have the second one for
 * themselves.  The far end answers in its upcall and blocks again, as a kernel that idles; or it polls with upcalls
 * masked, so that what remains is the send, the switch of the world, and back.
 */
#include "bench.h"
#include "child.h"

enum { PORT, MODE };
enum { READY };
enum { UPCALLS, POLLS };

static u32 near, far;		/* the child's end, or the second vCPU's; ours */

static void answer(u32 port)
{
	if (port == near)
		send(near);
}

static void take(u32 port)
{
	__atomic_and_fetch(&shared_info->evtchn_pending[port / 64], ~(1UL << (port % 64)), __ATOMIC_SEQ_CST);
}

static void poll(u32 port)
{
	sched_poll_t op = { .ports.p = &port, .nr_ports = 1 };

	HC(sched_op, .cmd = SCHEDOP_poll, .arg = &op);
	take(port);
}

void child_main(void)
{
	evtchn_bind_interdomain_t bind = { .remote_dom = 0, .remote_port = mail.word[PORT] };

	event_init();
	if (event_op(EVTCHNOP_bind_interdomain, &bind))
		return;
	near = bind.local_port;
	event_hook = answer;
	event_port_on(near);
	LIVE(mail.reply[READY]) = 1;
	while (LIVE(mail.word[MODE]) == UPCALLS)
		HC(sched_op, .cmd = SCHEDOP_block);
	events_disable();
	event_port_off(near);
	LIVE(mail.reply[READY]) = 2;
	for (;;) {
		poll(near);
		send(near);
	}
}

static void second_vcpu(void)
{
	for (;;)
		HC(sched_op, .cmd = SCHEDOP_block);
}

/* There and back: send, and block until the answer's upcall has come. */
static void round_trip(void)
{
	u32 was = event_count[far];

	send(far);
	for (;;) {
		events_disable();
		if (LIVE(event_count[far]) != was)
			return;
		HC(sched_op, .cmd = SCHEDOP_block);
	}
}

static void polled_round_trip(void)
{
	send(far);
	poll(far);
}

static void to_self(u32 from, u32 to)
{
	u32 was = event_count[to];

	send(from);
	if (LIVE(event_count[to]) == was)
		bail_out("an event to oneself does not come at once");
}

static void same_vcpu(void)
{
	u32 a, b;

	bind_pair(&a, &b);
	event_port_on(b);
	events_enable();
	BENCH("event_to_self", 1000, to_self(a, b));
	events_disable();
	BENCH("event_pending_again", 1000, send(a));
	events_enable();
	events_disable();
}

static void far_vcpu(void)
{
	evtchn_bind_vcpu_t there = { .vcpu = 1 };

	bind_pair(&far, &near);
	there.port = near;
	if (event_op(EVTCHNOP_bind_vcpu, &there) || vcpu_start(1, second_vcpu))
		bail_out("no second vCPU");
	event_hook = answer;
	event_port_on(near);
	event_port_on(far);
	BENCH("event_round_other_cpu", 500, round_trip());
	event_hook = NULL;
}

/* The first or the second CPU only. */
static void stay(domid_t dom, u32 vcpu, u64 cpu)
{
	struct xen_domctl op = { 0 };
	u64 map = 1UL << cpu;

	op.u.vcpuaffinity.vcpu = vcpu;
	op.u.vcpuaffinity.flags = XEN_VCPUAFFINITY_HARD;
	op.u.vcpuaffinity.cpumap_hard.bitmap.p = (u8 *)&map;
	op.u.vcpuaffinity.cpumap_hard.nr_bits = 64;
	if (domctl(XEN_DOMCTL_setvcpuaffinity, dom, &op))
		bail_out("setvcpuaffinity is refused");
}

static void other_domain(bool other_cpu)
{
	evtchn_alloc_unbound_t un = { .dom = DOMID_SELF };
	struct mail *box;
	struct child c;

	child_make(&c, 1, "");
	if (other_cpu)
		stay(c.id, 0, 1);
	un.remote_dom = c.id;
	if (event_op(EVTCHNOP_alloc_unbound, &un))
		bail_out("no port for the child");
	far = un.port;
	box = child_map(&c, &mail);
	box->word[PORT] = far;
	child_unpause(&c);
	if (!child_wait_word(&box->reply[READY], 1, 10 * SECOND))
		bail_out("the child does not answer");
	event_port_on(far);
	events_enable();
	events_disable();
	BENCH(other_cpu ? "event_round_domain_other_cpu" : "event_round_domain", 500, round_trip());
	LIVE(box->word[MODE]) = POLLS;
	round_trip();
	if (!child_wait_word(&box->reply[READY], 2, 10 * SECOND))
		bail_out("the child does not go on");
	event_port_off(far);
	BENCH(other_cpu ? "poll_round_domain_other_cpu" : "world_switch_twice", 500, polled_round_trip());
	child_unmap(box);
	child_destroy(&c);
}

void test_main(void)
{
	bool two = vcpu_count() > 1;

	event_init();
	if (two) {
		stay(0, 0, 0);
		stay(0, 1, 1);
		far_vcpu();
	} else {
		same_vcpu();
	}
	other_domain(two);
	check(true, "measured");
}
