/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of ports: opening, closing, sending, and its life with the domain.
 */
#include "cpu/insn.h"
#include "dev/console.h"
#include "hypercall/hypercall.h"
#include "mm/heap.h"

static const char *const state_names[] = {
	[EVTCHNSTAT_closed] = "closed", [EVTCHNSTAT_unbound] = "unbound",
	[EVTCHNSTAT_interdomain] = "interdomain", [EVTCHNSTAT_pirq] = "pirq",
	[EVTCHNSTAT_virq] = "virq", [EVTCHNSTAT_ipi] = "ipi", [EVTCHN_RESERVED] = "reserved",
};

static int add_group(struct domain *d, u32 port)
{
	struct evtchn *group = zalloc(EVTCHN_GROUP * sizeof(*group));

	if (!group)
		return -ENOMEM;
	for (unsigned int i = 0; i < EVTCHN_GROUP; i++)
		group[i].priority = EVTCHN_FIFO_PRIORITY_DEFAULT;
	__atomic_store_n(&d->evtchn.group[port / EVTCHN_GROUP], group, __ATOMIC_RELEASE);
	return 0;
}

/**
 * evtchn_find_free - the lowest port that can be opened
 *
 * A FIFO port that a guest still has in a queue is passed over: its event word is in use.
 *
 * Return: the port; -ENOSPC at the domain's limit; -ENOMEM; -EINVAL when d is dying.
 * Locks: d->evtchn.lock held.
 */
int evtchn_find_free(struct domain *d)
{
	struct domain_evtchn *e = &d->evtchn;
	u32 end = MIN(e->limit, e->nr_ports);
	bool skipped = false;

	if (d->dying)
		return -EINVAL;
	for (u32 port = e->first_free; port < end; port++) {
		struct evtchn *ch = evtchn_at(d, port);

		if (!ch)
			return add_group(d, port) ? -ENOMEM : (int)port;
		if (ch->state == EVTCHNSTAT_closed) {
			if (!e->fifo || !fifo_test(d, port, EVTCHN_FIFO_LINKED))
				return port;
			skipped = true;
		}
		if (!skipped)
			e->first_free = port + 1;
	}
	return -ENOSPC;
}

/* The fields of `state` in the union are set already: with the state, raisers may look at them. */
void evtchn_open(struct domain *d, u32 port, u8 state, u32 vcpu)
{
	struct evtchn *ch = evtchn_at(d, port);

	ch->priority = EVTCHN_FIFO_PRIORITY_DEFAULT;
	ch->vcpu = vcpu;
	__atomic_store_n(&ch->state, state, __ATOMIC_RELEASE);
}

static void port_free(struct domain *d, u32 port)
{
	struct evtchn *ch = evtchn_at(d, port);

	WRITE_ONCE(ch->state, EVTCHNSTAT_closed);
	ch->vcpu = 0;
	evtchn_clear_pending(d, port);
	if (port < d->evtchn.first_free)
		d->evtchn.first_free = port;
}

static void virq_unbind(struct domain *d, u32 port, u32 virq)
{
	struct vcpu *v;

	for_each_vcpu(d, v)
		if (v->evtchn.virq_port[virq] == port)
			WRITE_ONCE(v->evtchn.virq_port[virq], 0);
}

/* Every kind but interdomain.  Locks: d->evtchn.lock held. */
static int close_local(struct domain *d, u32 port)
{
	struct evtchn *ch = evtchn_at(d, port);

	if (!evtchn_is_open(ch))
		return hc_fail(-EINVAL, "port %u is not open", port);
	if (ch->state == EVTCHNSTAT_virq)
		virq_unbind(d, port, ch->virq);
	else if (ch->state == EVTCHNSTAT_pirq)
		pirq_unbind(d, ch->pirq);
	port_free(d, port);
	return 0;
}

/* The far end waits for its next partner.  Locks: both domains' evtchn.lock held. */
static void close_interdomain(struct domain *d, u32 port)
{
	struct evtchn *ch = evtchn_at(d, port);
	struct evtchn *far = evtchn_at(ch->remote.dom, ch->remote.port);

	CHECK(far->state == EVTCHNSTAT_interdomain && far->remote.dom == d && far->remote.port == port);
	WRITE_ONCE(far->state, EVTCHNSTAT_unbound);
	far->unbound_for = d->id;
	port_free(d, port);
}

/**
 * evtchn_close - close a port; the far end of an interdomain one becomes unbound
 *
 * Return: 0; -EINVAL for a port beyond the table, reserved, or not open.
 * Locks: takes d->evtchn.lock, for an interdomain port both ends', and LOCK_DOMLIST.
 */
int evtchn_close(struct domain *d, u32 port)
{
	struct evtchn *ch = evtchn_at(d, port);

	if (!ch)
		return hc_fail(-EINVAL, "port %u beyond the table", port);
	for (;;) {
		struct domain *far;
		domid_t far_id;
		int rc = 0;
		bool done;

		spin_lock(&d->evtchn.lock);
		if (ch->state != EVTCHNSTAT_interdomain) {
			rc = close_local(d, port);
			spin_unlock(&d->evtchn.lock);
			return rc;
		}
		/* Locks go in order, so let go of ours and look again with both. */
		far_id = ch->remote.dom->id;
		spin_unlock(&d->evtchn.lock);

		far = domain_get(far_id);
		if (!far)
			continue;
		spin_lock_both(&d->evtchn.lock, &far->evtchn.lock);
		done = ch->state == EVTCHNSTAT_interdomain && ch->remote.dom == far;
		if (done)
			close_interdomain(d, port);
		spin_unlock_both(&d->evtchn.lock, &far->evtchn.lock);
		domain_put(far);
		if (done)
			return 0;
	}
}

int evtchn_close_from(struct domain *d, u32 *next)
{
	while (evtchn_port_valid(d, *next)) {
		u32 port = (*next)++;

		if (evtchn_is_open(evtchn_at(d, port)))
			evtchn_close(d, port);
		if (!(port % 64) && hypercall_preempt())
			return -ERESTART;
	}
	return 0;
}

/**
 * evtchn_send - raise the event at the far end of a local port
 * @d:    sending domain
 * @port: port in d's table
 *
 * Raising an event that is already pending changes nothing.  A port whose far end has not bound
 * yet swallows the event.  What stays within d takes no lock: d lives, and a race with a close is at worst
 * a spurious event.
 *
 * Return: 0; -EINVAL for a port beyond the table, or of a kind not sent on.
 * Locks: takes d->evtchn.lock for a port of another domain; the binding it guards keeps the far end alive.
 * ABI: EVTCHNOP_send in event_channel.h.
 */
int evtchn_send(struct domain *d, u32 port)
{
	struct evtchn *ch = evtchn_at(d, port);
	int rc = 0;
	u8 state;

	if (!ch)
		return hc_fail(-EINVAL, "port %u beyond the table", port);
	state = READ_ONCE(ch->state);
	if (state == EVTCHNSTAT_ipi || (state == EVTCHNSTAT_interdomain && READ_ONCE(ch->remote.dom) == d)) {
		evtchn_set_pending(d, state == EVTCHNSTAT_ipi ? port : READ_ONCE(ch->remote.port));
		return 0;
	}
	spin_lock(&d->evtchn.lock);
	switch (ch->state) {
	case EVTCHNSTAT_interdomain:
		evtchn_set_pending(ch->remote.dom, ch->remote.port);
		break;
	case EVTCHNSTAT_unbound:
		break;
	default:
		rc = hc_fail(-EINVAL, "port %u is %s", port, state_names[ch->state]);
	}
	spin_unlock(&d->evtchn.lock);
	return rc;
}

/* ---- with the domain ------------------------------------------------------------------------- */

static void dump_key(void)
{
	domains_each(evtchn_dump);
}

int evtchn_domain_init(struct domain *d, u32 max_port)
{
	struct domain_evtchn *e = &d->evtchn;

	spin_lock_init(&e->lock, "evtchn", LOCK_EVTCHN);
	spin_lock_init(&e->queue_lock, "event queues", LOCK_EVTQ);
	e->nr_ports = EVTCHN_2L_NR_CHANNELS;
	e->limit = MIN(max_port, EVTCHN_FIFO_NR_CHANNELS - 1u) + 1;
	e->nr_groups = (e->limit + EVTCHN_GROUP - 1) / EVTCHN_GROUP;
	e->group = zalloc(e->nr_groups * sizeof(*e->group));
	if (!e->group || add_group(d, 0)) {
		zfree(e->group);
		e->group = NULL;
		return -ENOMEM;
	}
	evtchn_at(d, 0)->state = EVTCHN_RESERVED;
	e->first_free = 1;
	if (d->id == 0)
		console_key_register('e', "event channels", dump_key);
	return 0;
}

int evtchn_domain_destroy(struct domain *d)
{
	struct domain_evtchn *e = &d->evtchn;
	struct vcpu *v;

	if (evtchn_close_from(d, &e->destroy_next))
		return -ERESTART;
	spin_lock(&e->lock);
	fifo_destroy(d);
	spin_unlock(&e->lock);
	for_each_vcpu(d, v)
		vcpu_info_unmap(v);
	return 0;
}

void evtchn_domain_free(struct domain *d)
{
	struct domain_evtchn *e = &d->evtchn;

	for (u32 i = 0; e->group && i < e->nr_groups; i++)
		zfree(e->group[i]);
	zfree(e->group);
	zfree(e->pirq_port);
	e->group = NULL;
	e->pirq_port = NULL;
}

/* ---- for people ------------------------------------------------------------------------------ */

static void dump_port(struct domain *d, u32 port, const struct evtchn *ch)
{
	char marks[] = { evtchn_is_pending(d, port) ? 'p' : '-',
			 evtchn_is_masked(d, port) ? 'm' : '-', 0 };

	switch (ch->state) {
	case EVTCHNSTAT_unbound:
		log_info("  %4u [%s] v%u unbound, for d%u", port, marks, ch->vcpu, ch->unbound_for);
		break;
	case EVTCHNSTAT_interdomain:
		log_info("  %4u [%s] v%u interdomain, d%u port %u", port, marks, ch->vcpu,
			 ch->remote.dom->id, ch->remote.port);
		break;
	case EVTCHNSTAT_pirq:
	case EVTCHNSTAT_virq:
		log_info("  %4u [%s] v%u %s %u", port, marks, ch->vcpu, state_names[ch->state], ch->virq);
		break;
	default:
		log_info("  %4u [%s] v%u %s", port, marks, ch->vcpu, state_names[ch->state]);
	}
}

void evtchn_dump(struct domain *d)
{
	log_info("d%u: event channels, %s, [pending, masked]", d->id, d->evtchn.fifo ? "FIFO" : "two-level");
	spin_lock(&d->evtchn.lock);
	for (u32 port = 0; evtchn_port_valid(d, port); port++)
		if (evtchn_is_open(evtchn_at(d, port)))
			dump_port(d, port, evtchn_at(d, port));
	spin_unlock(&d->evtchn.lock);
}
