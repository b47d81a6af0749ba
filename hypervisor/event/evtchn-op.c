/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * event_channel_op: the commands by which a guest opens, binds and closes its ports.
 */
#include "cpu/insn.h"
#include "hypercall/hypercall.h"
#include "mm/guest-copy.h"

#define RESET_CONT	14		/* EVTCHNOP_reset_cont: a reset that was preempted */

long do_event_channel_op(struct vcpu *v, const struct hc_event_channel_op *a)
{
	struct subop_call c = { .v = v, .arg = a->arg_reg };
	evtchn_send_t send;

	/* By far the most frequent: not by way of the table. */
	if (likely(a->cmd == EVTCHNOP_send))
		return copy_from_guest(&send, a->arg_reg, sizeof(send)) ? -EFAULT : do_evtchn_send(&c, &send);
	return subop_call(FAM_evtchn, a->cmd, &c);
}

static struct vcpu *vcpu_of(const struct domain *d, u32 id)
{
	return id < d->max_vcpus ? d->vcpu[id] : NULL;
}

/**
 * do_evtchn_alloc_unbound - open a port of op->dom that op->remote_dom may bind to
 *
 * Return: 0 and op->port; -ESRCH; -EPERM for another domain's table; -ENOSPC; -ENOMEM.
 */
long do_evtchn_alloc_unbound(struct subop_call *c, void *op)
{
	evtchn_alloc_unbound_t *a = op;
	struct domain *me = c->v->domain;
	struct domain *d = domain_get(a->dom);
	int port = -EPERM;

	if (!d)
		return hc_fail(-ESRCH, "no domain %u", a->dom);
	if (domain_may_control(me, d)) {
		spin_lock(&d->evtchn.lock);
		port = evtchn_find_free(d);
		if (port >= 0) {
			evtchn_at(d, port)->unbound_for =
				a->remote_dom == DOMID_SELF ? me->id : a->remote_dom;
			evtchn_open(d, port, EVTCHNSTAT_unbound, 0);
			a->port = port;
		}
		spin_unlock(&d->evtchn.lock);
	}
	domain_put(d);
	return port < 0 ? hc_fail(port, "no port for an unbound channel of d%u", a->dom) : 0;
}

/* Locks: both domains' evtchn.lock held. */
static int bind_pair(struct domain *d, struct domain *far_dom, u32 far_port)
{
	struct evtchn *far = evtchn_at(far_dom, far_port);
	int port = evtchn_find_free(d);

	if (port < 0)
		return port;
	if (!far || far->state != EVTCHNSTAT_unbound || far->unbound_for != d->id)
		return hc_fail(-EINVAL, "port %u of d%u is not ours", far_port, far_dom->id);

	evtchn_at(d, port)->remote.dom = far_dom;
	evtchn_at(d, port)->remote.port = far_port;
	evtchn_open(d, port, EVTCHNSTAT_interdomain, 0);
	far->remote.dom = d;
	far->remote.port = port;
	__atomic_store_n(&far->state, EVTCHNSTAT_interdomain, __ATOMIC_RELEASE);

	/* What the far end sent before we were there was lost: pretend there was something. */
	evtchn_set_pending(d, port);
	return port;
}

/**
 * do_evtchn_bind_interdomain - open a port connected to an unbound one of op->remote_dom
 *
 * The new port is pending at once.
 *
 * Return: 0 and op->local_port; -ESRCH; -EINVAL unless the far port is unbound and meant for the
 * caller; -ENOSPC; -ENOMEM.
 */
long do_evtchn_bind_interdomain(struct subop_call *c, void *op)
{
	evtchn_bind_interdomain_t *b = op;
	struct domain *d = c->v->domain;
	struct domain *far = domain_get(b->remote_dom);
	int port;

	if (!far)
		return hc_fail(-ESRCH, "no domain %u", b->remote_dom);
	spin_lock_both(&d->evtchn.lock, &far->evtchn.lock);
	port = bind_pair(d, far, b->remote_port);
	spin_unlock_both(&d->evtchn.lock, &far->evtchn.lock);
	domain_put(far);
	if (port < 0)
		return port;
	b->local_port = port;
	return 0;
}

/**
 * do_evtchn_bind_virq - open a port raised by a virtual interrupt
 *
 * Return: 0 and op->port; -EINVAL for no such virq, or a global one not on vCPU 0; -ENOENT for no
 * such vCPU; -EEXIST when bound already; -ENOSPC; -ENOMEM.
 */
long do_evtchn_bind_virq(struct subop_call *c, void *op)
{
	evtchn_bind_virq_t *b = op;
	struct domain *d = c->v->domain;
	struct vcpu *v;
	int port;

	if (b->virq >= NR_VIRQS || (virq_is_global(b->virq) && b->vcpu != 0))
		return hc_fail(-EINVAL, "virq %u on vcpu %u", b->virq, b->vcpu);
	v = vcpu_of(d, b->vcpu);
	if (!v)
		return hc_fail(-ENOENT, "no vcpu %u", b->vcpu);

	spin_lock(&d->evtchn.lock);
	port = v->evtchn.virq_port[b->virq] ? -EEXIST : evtchn_find_free(d);
	if (port >= 0) {
		evtchn_at(d, port)->virq = b->virq;
		evtchn_open(d, port, EVTCHNSTAT_virq, b->vcpu);
		WRITE_ONCE(v->evtchn.virq_port[b->virq], port);
		b->port = port;
	}
	spin_unlock(&d->evtchn.lock);
	return port < 0 ? hc_fail(port, "virq %u on vcpu %u", b->virq, b->vcpu) : 0;
}

long do_evtchn_bind_ipi(struct subop_call *c, void *op)
{
	evtchn_bind_ipi_t *b = op;
	struct domain *d = c->v->domain;
	int port;

	if (!vcpu_of(d, b->vcpu))
		return hc_fail(-ENOENT, "no vcpu %u", b->vcpu);
	spin_lock(&d->evtchn.lock);
	port = evtchn_find_free(d);
	if (port >= 0) {
		evtchn_open(d, port, EVTCHNSTAT_ipi, b->vcpu);
		b->port = port;
	}
	spin_unlock(&d->evtchn.lock);
	return port < 0 ? port : 0;
}

/**
 * do_evtchn_bind_pirq - open a port raised by a physical interrupt
 *
 * Return: 0 and op->port; -EINVAL for no such pirq, or one not routed yet; -EPERM for an
 * unprivileged domain; -EEXIST when bound already; what the interrupt's owner refuses with.
 */
long do_evtchn_bind_pirq(struct subop_call *c, void *op)
{
	evtchn_bind_pirq_t *b = op;
	struct domain *d = c->v->domain;
	int port, rc;

	if (b->pirq >= NR_PIRQS)
		return hc_fail(-EINVAL, "pirq %u", b->pirq);
	if (!d->privileged && !d->evtchn.pirq_port)
		return hc_fail(-EPERM, "pirq %u is not this domain's", b->pirq);

	spin_lock(&d->evtchn.lock);
	port = evtchn_find_free(d);
	rc = port < 0 ? port : 0;
	if (!rc) {
		/* Open first: the interrupt may come before pirq_bind() is back. */
		evtchn_at(d, port)->pirq = b->pirq;
		evtchn_open(d, port, EVTCHNSTAT_pirq, 0);
		rc = pirq_bind(d, b->pirq, port, b->flags & BIND_PIRQ__WILL_SHARE);
		if (rc)
			WRITE_ONCE(evtchn_at(d, port)->state, EVTCHNSTAT_closed);
		b->port = port;
	}
	spin_unlock(&d->evtchn.lock);
	return rc ? hc_fail(rc, "pirq %u cannot be bound", b->pirq) : 0;
}

long do_evtchn_close(struct subop_call *c, void *op)
{
	return evtchn_close(c->v->domain, ((evtchn_close_t *)op)->port);
}

long do_evtchn_send(struct subop_call *c, void *op)
{
	return evtchn_send(c->v->domain, ((evtchn_send_t *)op)->port);
}

static void status_fill(evtchn_status_t *s, const struct evtchn *ch)
{
	s->status = ch->state == EVTCHN_RESERVED ? EVTCHNSTAT_closed : ch->state;
	s->vcpu = ch->vcpu;
	if (ch->state == EVTCHNSTAT_unbound) {
		s->u.unbound.dom = ch->unbound_for;
	} else if (ch->state == EVTCHNSTAT_interdomain) {
		s->u.interdomain.dom = ch->remote.dom->id;
		s->u.interdomain.port = ch->remote.port;
	} else if (ch->state == EVTCHNSTAT_pirq) {
		s->u.pirq = ch->pirq;
	} else if (ch->state == EVTCHNSTAT_virq) {
		s->u.virq = ch->virq;
	}
}

/* Return: 0; -ESRCH; -EINVAL beyond the table; -EPERM for another domain's. */
long do_evtchn_status(struct subop_call *c, void *op)
{
	evtchn_status_t *s = op;
	struct domain *d = domain_get(s->dom);
	struct evtchn *ch;
	int rc = 0;

	if (!d)
		return hc_fail(-ESRCH, "no domain %u", s->dom);
	ch = evtchn_at(d, s->port);
	if (!ch) {
		rc = hc_fail(-EINVAL, "port %u beyond the table", s->port);
	} else if (!domain_may_control(c->v->domain, d)) {
		rc = hc_fail(-EPERM, "d%u's ports", d->id);
	} else {
		spin_lock(&d->evtchn.lock);
		status_fill(s, ch);
		spin_unlock(&d->evtchn.lock);
	}
	domain_put(d);
	return rc;
}

/**
 * do_evtchn_bind_vcpu - choose the vCPU that a port notifies
 *
 * Return: 0; -ENOENT for no such vCPU; -EINVAL for a port that is not open, or whose kind fixes the
 * vCPU: IPIs and per-vCPU virqs.
 */
long do_evtchn_bind_vcpu(struct subop_call *c, void *op)
{
	const evtchn_bind_vcpu_t *b = op;
	struct domain *d = c->v->domain;
	struct evtchn *ch = evtchn_at(d, b->port);
	int rc = 0;

	if (!vcpu_of(d, b->vcpu))
		return hc_fail(-ENOENT, "no vcpu %u", b->vcpu);
	if (!ch)
		return hc_fail(-EINVAL, "port %u beyond the table", b->port);

	spin_lock(&d->evtchn.lock);
	if (ch->state == EVTCHNSTAT_virq ? virq_is_global(ch->virq) : ch->state == EVTCHNSTAT_unbound ||
	    ch->state == EVTCHNSTAT_interdomain || ch->state == EVTCHNSTAT_pirq)
		WRITE_ONCE(ch->vcpu, b->vcpu);
	else
		rc = -EINVAL;
	spin_unlock(&d->evtchn.lock);
	return rc ? hc_fail(rc, "port %u stays where it is", b->port) : 0;
}

long do_evtchn_unmask(struct subop_call *c, void *op)
{
	u32 port = ((evtchn_unmask_t *)op)->port;
	struct evtchn *ch = evtchn_at(c->v->domain, port);

	if (!ch)
		return hc_fail(-EINVAL, "port %u beyond the table", port);
	if (evtchn_is_open(ch))
		evtchn_unmask(c->v->domain, port);
	return 0;
}

/* ---- reset ----------------------------------------------------------------------------------- */

/* Claim the reset of d, or go on with one.  Return: the port to go on at; 0: one is under way. */
static u32 reset_begin(struct domain *d, bool resuming)
{
	struct domain_evtchn *e = &d->evtchn;
	u32 port;

	spin_lock(&e->lock);
	port = resuming ? e->reset_next : !e->reset_next;
	if (port)
		e->reset_next = port;
	spin_unlock(&e->lock);
	return port;
}

static int reset_end(struct domain *d)
{
	struct domain_evtchn *e = &d->evtchn;
	int rc = 0;

	spin_lock(&e->lock);
	e->reset_next = 0;
	for (u32 port = 1; evtchn_port_valid(d, port) && !rc; port++)
		if (evtchn_is_open(evtchn_at(d, port)))
			rc = -EAGAIN;		/* opened by another vCPU meanwhile */
	if (!rc)
		fifo_destroy(d);
	spin_unlock(&e->lock);
	return rc;
}

/**
 * reset - close every port of a domain and return to two-level events
 *
 * Return: 0; -ESRCH; -EPERM; -EINVAL for another domain that is not paused; -EBUSY while another
 * reset runs; -EAGAIN when a port was opened meanwhile; -ERESTART.
 */
static long reset(struct vcpu *v, domid_t domid, bool resuming)
{
	struct domain *d = domain_get(domid);
	long rc = 0;
	u32 port;

	if (!d)
		return hc_fail(-ESRCH, "no domain %u", domid);
	if (!domain_may_control(v->domain, d))
		rc = -EPERM;
	else if (d != v->domain && !d->controller_pauses)
		rc = -EINVAL;
	else if (!(port = reset_begin(d, resuming)))
		rc = -EBUSY;

	if (!rc && evtchn_close_from(d, &port)) {
		d->evtchn.reset_next = port;
		hypercall_set_arg(v, 0, RESET_CONT);
		rc = -ERESTART;
	}
	if (!rc)
		rc = reset_end(d);
	domain_put(d);
	return rc;
}

long do_evtchn_reset(struct subop_call *c, void *op)
{
	return reset(c->v, ((evtchn_reset_t *)op)->dom, false);
}

long do_evtchn_reset_cont(struct subop_call *c, void *op)
{
	return reset(c->v, ((evtchn_reset_t *)op)->dom, true);
}

/* ---- FIFO ------------------------------------------------------------------------------------ */

/**
 * do_evtchn_init_control - give a vCPU its control block; the first one switches to FIFO events
 *
 * Return: 0 and op->link_bits; -ENOENT for no such vCPU; -EINVAL for an offset that is not a
 * multiple of 8 or too large, a frame that cannot be written, or a second block for one vCPU;
 * -ENOMEM.
 */
long do_evtchn_init_control(struct subop_call *c, void *op)
{
	evtchn_init_control_t *i = op;
	struct domain *d = c->v->domain;
	struct vcpu *v = vcpu_of(d, i->vcpu);
	int rc;

	if (!v)
		return hc_fail(-ENOENT, "no vcpu %u", i->vcpu);
	if (i->offset > PAGE_SIZE - sizeof(evtchn_fifo_control_block_t) || i->offset % 8)
		return hc_fail(-EINVAL, "control block at offset %#x", i->offset);
	spin_lock(&d->evtchn.lock);
	rc = fifo_init_control(d, v, i->control_gfn, i->offset);
	spin_unlock(&d->evtchn.lock);
	i->link_bits = EVTCHN_FIFO_LINK_BITS;
	return rc;
}

long do_evtchn_expand_array(struct subop_call *c, void *op)
{
	struct domain *d = c->v->domain;
	int rc = -EOPNOTSUPP;

	spin_lock(&d->evtchn.lock);
	if (d->evtchn.fifo)
		rc = fifo_expand_array(d, ((evtchn_expand_array_t *)op)->array_gfn);
	spin_unlock(&d->evtchn.lock);
	return rc;
}

/* Return: 0; -EINVAL beyond the table or the priorities; -ENOSYS two-level; -EACCES not open. */
long do_evtchn_set_priority(struct subop_call *c, void *op)
{
	const evtchn_set_priority_t *s = op;
	struct domain *d = c->v->domain;
	struct evtchn *ch = evtchn_at(d, s->port);
	int rc = 0;

	if (!ch)
		return hc_fail(-EINVAL, "port %u beyond the table", s->port);
	spin_lock(&d->evtchn.lock);
	if (!d->evtchn.fifo)
		rc = -ENOSYS;
	else if (!evtchn_is_open(ch))
		rc = -EACCES;
	else if (s->priority > EVTCHN_FIFO_PRIORITY_MIN)
		rc = -EINVAL;
	else
		WRITE_ONCE(ch->priority, s->priority);
	spin_unlock(&d->evtchn.lock);
	return rc;
}
