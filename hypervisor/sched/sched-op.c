/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What guests ask of the scheduler: yield, block, poll, shutdown, watchdogs, their timer.
 * ABI: sched.h; set_timer_op in xen.h.
 */
#include "hypercall/hypercall.h"
#include "mm/guest-copy.h"

#define NS_PER_MS	1000000L
#define NS_PER_SEC	1000000000L
#define MAX_POLL_PORTS	128

long do_sched_yield(struct subop_call *c, void *op)
{
	c->v->sched.yielded = true;
	softirq_raise(SOFTIRQ_SCHEDULE);
	return 0;
}

long do_sched_block(struct subop_call *c, void *op)
{
	WRITE_ONCE(c->v->evtchn.info->evtchn_upcall_mask, 0);
	vcpu_block();
	return 0;
}

/* ---- poll ----------------------------------------------------------------------------------------- */

/* 1: one of them is pending; 0: none; or an error. */
static long ports_pending(struct domain *d, const sched_poll_t *p, evtchn_port_t *last)
{
	const struct evtchn *ch;

	for (u32 i = 0; i < p->nr_ports; i++) {
		if (copy_from_guest(last, handle_va(p->ports, i), sizeof(*last)))
			return -EFAULT;
		ch = evtchn_at(d, *last);
		if (!ch || !evtchn_is_open(ch))
			return hc_fail(-EINVAL, "poll: port %u", *last);
		if (evtchn_is_pending(d, *last))
			return 1;
	}
	return 0;
}

/**
 * do_sched_poll - wait until one of some ports is pending, masked or not, or a time has come
 * op->timeout: absolute system time in ns, 0 for none
 *
 * Return: 0, also at once when a port or an upcall is pending; -EINVAL for more than 128 ports or one
 * that is not open; -EFAULT.
 */
long do_sched_poll(struct subop_call *c, void *op)
{
	const sched_poll_t *p = op;
	struct vcpu *v = c->v;
	evtchn_port_t port = 0;
	long rc = 0;

	if (p->nr_ports > MAX_POLL_PORTS)
		return hc_fail(-EINVAL, "poll: %u ports", p->nr_ports);
	if (p->nr_ports && !guest_range_ok((guest_va_t)p->ports.p, p->nr_ports * sizeof(port)))
		return -EFAULT;

	timer_stop(&v->sched.poll);
	/* Waiting first, then looking: an event in between ends the waiting. */
	vcpu_poll_begin(v);
	if (!event_pending(&v->evtchn))
		rc = ports_pending(v->domain, p, &port);
	else
		rc = 1;
	if (rc) {
		vcpu_poll_cancel(v);
		return MIN(rc, 0);
	}
	if (p->nr_ports == 1)
		v->sched.poll_port = port;
	if (p->timeout)
		timer_set(&v->sched.poll, p->timeout > INT64_MAX ? INT64_MAX : (ns_t)p->timeout);
	softirq_raise(SOFTIRQ_SCHEDULE);
	return 0;
}

/* ---- shutdown --------------------------------------------------------------------------------------- */

u32 sched_shutdown_reason(struct domain *d, u32 reason)
{
	return d->sched.reason_latched ? d->sched.reason : reason;
}

long do_sched_shutdown(struct subop_call *c, void *op)
{
	struct domain *d = c->v->domain;

	/* Stock Xen cuts reasons to a byte. */
	domain_shutdown(d, sched_shutdown_reason(d, (u8)((sched_shutdown_t *)op)->reason));
	return 0;
}

/* What to report when the domain later ends; only the first call counts. */
long do_sched_shutdown_code(struct subop_call *c, void *op)
{
	struct domain *d = c->v->domain;

	spin_lock(&d->lock);
	if (!d->sched.reason_latched) {
		d->sched.reason = (u8)((sched_shutdown_t *)op)->reason;
		d->sched.reason_latched = true;
	}
	spin_unlock(&d->lock);
	return 0;
}

/* ---- watchdogs -------------------------------------------------------------------------------------- */

static void watchdog_expired(void *arg)
{
	domain_shutdown(arg, SHUTDOWN_watchdog);
}

static void watchdog_start(struct domain *d, u32 i, u32 seconds)
{
	struct timer *t = &d->sched.watchdog[i];

	if (!t->fn)
		timer_init(t, watchdog_expired, d, this_cpu());
	d->sched.watchdog_used[i] = true;
	timer_set(t, now_ns() + seconds * NS_PER_SEC);
}

/**
 * do_sched_watchdog - start, renew or stop a watchdog of the domain
 * op->id: 0 starts a free one; else the one to renew, or with op->timeout 0 to stop
 *
 * Return: the new one's id, or 0; -ENOSPC when all run; -EINVAL for an id that does not.
 * Locks: takes d->lock.
 */
long do_sched_watchdog(struct subop_call *c, void *op)
{
	const sched_watchdog_t *w = op;
	struct domain *d = c->v->domain;
	long rc = 0;
	u32 i;

	if (w->id > NR_WATCHDOGS)
		return -EINVAL;
	spin_lock(&d->lock);
	if (!w->id) {
		for (i = 0; i < NR_WATCHDOGS && d->sched.watchdog_used[i]; i++)
			;
		if (i < NR_WATCHDOGS)
			watchdog_start(d, i, w->timeout);
		rc = i < NR_WATCHDOGS ? (long)i + 1 : -ENOSPC;
	} else if (!d->sched.watchdog_used[w->id - 1]) {
		rc = -EINVAL;
	} else if (w->timeout) {
		watchdog_start(d, w->id - 1, w->timeout);
	} else {
		timer_stop(&d->sched.watchdog[w->id - 1]);
		d->sched.watchdog_used[w->id - 1] = false;
	}
	spin_unlock(&d->lock);
	return rc;
}

void sched_domain_destroy(struct domain *d)
{
	for (u32 i = 0; i < NR_WATCHDOGS; i++)
		if (d->sched.watchdog[i].fn)
			timer_kill(&d->sched.watchdog[i]);
	if (d->sched.refill.fn)
		timer_kill(&d->sched.refill);
}

/* ---- pinning ---------------------------------------------------------------------------------------- */

/**
 * do_sched_pin_override - bind the calling vCPU to one CPU for a while; op->pcpu < 0 ends that
 * Return: 0; -EINVAL no such CPU, or not pinned; -EBUSY pinned already.
 */
long do_sched_pin_override(struct subop_call *c, void *op)
{
	const sched_pin_override_t *p = op;

	if (p->pcpu < 0)
		return sched_unpin(c->v);
	if ((u32)p->pcpu >= nr_cpus)
		return -EINVAL;
	return sched_pin(c->v, p->pcpu);
}

/* ---- the calls --------------------------------------------------------------------------------------- */

/**
 * do_set_timer_op - raise VIRQ_TIMER at a system time; 0: not at all
 *
 * Negative times, and those more than 2^50 ns (13 days) away, come from guests whose own counting
 * wrapped, or that mean "never": as in stock Xen they get their event after 100 ms.
 */
long do_set_timer_op(struct vcpu *v, const struct hc_set_timer_op *a)
{
	ns_t now;

	if (!a->timeout) {
		timer_stop(&v->sched.singleshot);
		return 0;
	}
	now = now_ns();
	if (a->timeout < 0 || a->timeout - now >= 1L << 50)
		timer_set(&v->sched.singleshot, now + 100 * NS_PER_MS);
	else
		timer_set(&v->sched.singleshot, a->timeout);
	return 0;
}
