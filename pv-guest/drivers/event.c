/* SPDX-License-Identifier: GPL-2.0-only */
#include "drivers/event.h"
#include "kernel/cpu.h"

static long open_on(evtchn_port_t port, unsigned int cpu, void (*fn)(void *arg), void *arg)
{
	evtchn_bind_vcpu_t op = { .port = port, .vcpu = cpu };
	long rc = cpu ? HC(event_channel_op, .cmd = EVTCHNOP_bind_vcpu, .arg = &op) : 0;

	if (rc) {
		evtchn_close(port);
		return rc;
	}
	evtchn_open(port, cpu, fn, arg);
	return port;
}

long event_offer(domid_t peer, unsigned int cpu, void (*fn)(void *arg), void *arg)
{
	evtchn_alloc_unbound_t op = { .dom = DOMID_SELF, .remote_dom = peer };
	long rc = HC(event_channel_op, .cmd = EVTCHNOP_alloc_unbound, .arg = &op);

	return rc ?: open_on(op.port, cpu, fn, arg);
}

long event_bind(domid_t peer, evtchn_port_t theirs, unsigned int cpu, void (*fn)(void *arg),
		void *arg)
{
	evtchn_bind_interdomain_t op = { .remote_dom = peer, .remote_port = theirs };
	long rc = HC(event_channel_op, .cmd = EVTCHNOP_bind_interdomain, .arg = &op);

	return rc ?: open_on(op.local_port, cpu, fn, arg);
}

static u64 nothing(void *arg)
{
	(void)arg;
	return 0;
}

/* A CPU that answers a call is in no handler: they run with interrupts off. */
void event_close(evtchn_port_t port, unsigned int cpu)
{
	evtchn_close(port);
	if (cpu != this_cpu()->id)
		cpu_call(cpu, nothing, NULL);
}
