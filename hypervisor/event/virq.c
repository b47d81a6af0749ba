/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupts that arrive as events: virtual ones, raised by the hypervisor, and physical ones.
 *
 * A port is found without a lock: a racing close loses the event, or gives it to the port's next
 * user as a spurious one.
 */
#include "hypercall/hypercall.h"
#include "mm/heap.h"

/* In pirq_port: the domain may bind it, and has not.  0: it may not. */
#define PIRQ_UNBOUND	(~0u)

int (*pirq_bind_hook)(struct domain *d, u32 pirq, bool bind, bool share);

bool virq_is_global(u32 virq)
{
	return virq != VIRQ_TIMER && virq != VIRQ_DEBUG && virq != VIRQ_XENOPROF && virq != VIRQ_XENPMU;
}

void virq_raise(struct vcpu *v, u32 virq)
{
	u32 port = READ_ONCE(v->evtchn.virq_port[virq]);

	if (port)
		evtchn_set_pending(v->domain, port);
}

void virq_raise_global(struct domain *d, u32 virq)
{
	if (d && d->vcpu[0])
		virq_raise(d->vcpu[0], virq);
}

void pirq_raise(struct domain *d, u32 pirq)
{
	const u32 *ports = READ_ONCE(d->evtchn.pirq_port);
	u32 port = ports && pirq < NR_PIRQS ? READ_ONCE(ports[pirq]) : 0;

	if (port && port != PIRQ_UNBOUND)
		evtchn_set_pending(d, port);
}

/* Locks: takes d->evtchn.lock. */
int pirq_allow(struct domain *d, u32 pirq)
{
	struct domain_evtchn *e = &d->evtchn;
	int rc = 0;

	if (pirq >= NR_PIRQS)
		return -EINVAL;
	spin_lock(&e->lock);
	if (!e->pirq_port)
		__atomic_store_n(&e->pirq_port, zalloc(NR_PIRQS * sizeof(u32)), __ATOMIC_RELEASE);
	if (!e->pirq_port)
		rc = -ENOMEM;
	else if (e->pirq_port[pirq])
		rc = -EEXIST;
	else
		e->pirq_port[pirq] = PIRQ_UNBOUND;
	spin_unlock(&e->lock);
	return rc;
}

int pirq_forbid(struct domain *d, u32 pirq)
{
	struct domain_evtchn *e = &d->evtchn;
	int rc = 0;

	spin_lock(&e->lock);
	if (pirq >= NR_PIRQS || !e->pirq_port || !e->pirq_port[pirq])
		rc = -EINVAL;
	else if (e->pirq_port[pirq] != PIRQ_UNBOUND)
		rc = -EBUSY;
	else
		e->pirq_port[pirq] = 0;
	spin_unlock(&e->lock);
	return rc;
}

/* Locks: d->evtchn.lock held.  `port` is open already. */
int pirq_bind(struct domain *d, u32 pirq, u32 port, bool share)
{
	u32 *ports = d->evtchn.pirq_port;
	int rc;

	if (!ports || !ports[pirq])
		return -EINVAL;
	if (ports[pirq] != PIRQ_UNBOUND)
		return -EEXIST;
	WRITE_ONCE(ports[pirq], port);
	rc = pirq_bind_hook ? pirq_bind_hook(d, pirq, true, share) : 0;
	if (rc)
		WRITE_ONCE(ports[pirq], PIRQ_UNBOUND);
	return rc;
}

void pirq_unbind(struct domain *d, u32 pirq)
{
	WRITE_ONCE(d->evtchn.pirq_port[pirq], PIRQ_UNBOUND);
	if (pirq_bind_hook)
		pirq_bind_hook(d, pirq, false, false);
}
