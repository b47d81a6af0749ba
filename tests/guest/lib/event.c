/* SPDX-License-Identifier: GPL-2.0-only */
/* Event channels of the two-level kind: a callback that counts. */
#include "guest.h"

u32 event_count[4096];
u32 upcall_count;
void (*event_hook)(u32 port);

static bool bit_get(const xen_ulong_t *words, u32 n)
{
	return LIVE(words[n / 64]) >> (n % 64) & 1;
}

static void bit_set(xen_ulong_t *words, u32 n)
{
	__atomic_or_fetch(&words[n / 64], 1UL << (n % 64), __ATOMIC_SEQ_CST);
}

static void bit_clear(xen_ulong_t *words, u32 n)
{
	__atomic_and_fetch(&words[n / 64], ~(1UL << (n % 64)), __ATOMIC_SEQ_CST);
}

static void take(u32 port)
{
	bit_clear(shared_info->evtchn_pending, port);
	__atomic_add_fetch(&event_count[port], 1, __ATOMIC_SEQ_CST);
	if (event_hook)
		event_hook(port);
}

static bool on_event(struct regs *regs)
{
	vcpu_info_t *vi = this_vcpu_info();
	u64 selected, ready;

	(void)regs;
	__atomic_add_fetch(&upcall_count, 1, __ATOMIC_SEQ_CST);
	LIVE(vi->evtchn_upcall_pending) = 0;
	selected = __atomic_exchange_n(&vi->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
	for (; selected; selected &= selected - 1) {
		u32 word = __builtin_ctzl(selected);

		ready = LIVE(shared_info->evtchn_pending[word]) &
			~LIVE(shared_info->evtchn_mask[word]);
		for (; ready; ready &= ready - 1)
			take(word * 64 + __builtin_ctzl(ready));
	}
	return true;
}

void event_init(void)
{
	trap_hooks[VEC_EVENT] = on_event;
	for (int i = 0; i < 64; i++)
		shared_info->evtchn_mask[i] = ~0UL;
	if (callback(CALLBACKTYPE_event, 0, entry_event))
		bail_out("the event callback cannot be registered");
}

void event_port_on(u32 port)
{
	evtchn_unmask_t op = { .port = port };

	event_op(EVTCHNOP_unmask, &op);
}

void event_port_off(u32 port)
{
	bit_set(shared_info->evtchn_mask, port);
}

/*
 * Clearing the mask is not enough: what became pending meanwhile is told once, by an upcall we ask
 * for.
 */
void events_enable(void)
{
	vcpu_info_t *vi = this_vcpu_info();

	LIVE(vi->evtchn_upcall_mask) = 0;
	barrier();
	if (LIVE(vi->evtchn_upcall_pending))
		HC(xen_version, .cmd = XENVER_version);
}

void events_disable(void)
{
	LIVE(this_vcpu_info()->evtchn_upcall_mask) = 1;
	barrier();
}

long event_op(int cmd, void *arg)
{
	return HC(event_channel_op, .cmd = cmd, .arg = arg);
}

u32 bind_virq(u32 virq, u32 vcpu)
{
	evtchn_bind_virq_t op = { .virq = virq, .vcpu = vcpu };

	if (event_op(EVTCHNOP_bind_virq, &op))
		bail_out("bind_virq");
	return op.port;
}

u32 bind_ipi(u32 vcpu)
{
	evtchn_bind_ipi_t op = { .vcpu = vcpu };

	if (event_op(EVTCHNOP_bind_ipi, &op))
		bail_out("bind_ipi");
	return op.port;
}

void bind_pair(u32 *a, u32 *b)
{
	evtchn_alloc_unbound_t un = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
	evtchn_bind_interdomain_t in = { .remote_dom = DOMID_SELF };

	if (event_op(EVTCHNOP_alloc_unbound, &un))
		bail_out("alloc_unbound");
	in.remote_port = un.port;
	if (event_op(EVTCHNOP_bind_interdomain, &in))
		bail_out("bind_interdomain");
	*a = un.port;
	*b = in.local_port;
}

long send(u32 port)
{
	evtchn_send_t op = { .port = port };

	return event_op(EVTCHNOP_send, &op);
}

bool is_pending(u32 port)
{
	return bit_get(shared_info->evtchn_pending, port);
}

bool wait_event(u32 port, u32 count, u64 ns)
{
	u64 end = now() + ns;

	events_enable();
	while (LIVE(event_count[port]) < count && now() < end)
		;
	events_disable();
	return LIVE(event_count[port]) >= count;
}
