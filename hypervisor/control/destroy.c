/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The end of a domain at its controller's hands.
 *
 * Order matters: a domain that dies gets nothing new; then it stops; then what ties it to others goes,
 * while it can still be found by its number; then its own uses of its frames, and at last the frames.  Each
 * step may be preempted, and is gone through again then.
 */
#include "hypercall/hypercall.h"
#include "lib/string.h"

static int stop(struct domain *d)
{
	spin_lock(&d->lock);
	spin_lock(&d->grant->lock);
	spin_lock(&d->evtchn.lock);
	spin_lock(&d->mm.lock);
	spin_lock(&d->mm.pages_lock);
	d->dying = true;
	spin_unlock(&d->mm.pages_lock);
	spin_unlock(&d->mm.lock);
	spin_unlock(&d->evtchn.lock);
	spin_unlock(&d->grant->lock);
	spin_unlock(&d->lock);
	domain_pause(d);
	return 0;
}

/* Timers raise events, so they go before the places that events are written to. */
static int stop_timers(struct domain *d)
{
	struct vcpu *v;

	sched_domain_destroy(d);
	for_each_vcpu(d, v)
		sched_vcpu_destroy(v);
	return 0;
}

static int drop_tables(struct domain *d)
{
	struct vcpu *v;
	int rc = 0;

	for_each_vcpu(d, v) {
		pv_destroy_gdt(v);
		CHECK(!pv_set_ldt(v, 0, 0));
		rc = mm_drop_roots(v);
		if (rc)
			break;
	}
	return rc;
}

/* What is left is mapped by others, and counted. */
static int let_go(struct domain *d)
{
	grant_domain_release(d);
	for (u32 i = 0; i < d->max_vcpus; i++)
		if (d->vcpu[i])
			evtchn_vcpu_detach(d->vcpu[i]);
	spin_lock(&d->lock);
	frame_share_end(d->shared, d);
	d->shared = NULL;
	spin_unlock(&d->lock);
	frames_let_go(d);
	if (dom0)
		virq_raise_global(dom0, VIRQ_DOM_EXC);
	domain_put(d);
	return 0;
}

static int (*const steps[])(struct domain *d) = {
	stop, stop_timers, evtchn_domain_destroy, grant_domain_destroy, drop_tables, frames_relinquish, let_go,
};

int domain_kill(struct domain *d)
{
	while (d->kill_step < ARRAY_SIZE(steps)) {
		int rc = steps[d->kill_step](d);

		if (rc)
			return rc;
		d->kill_step++;
		if (d->kill_step < ARRAY_SIZE(steps) && hypercall_preempt())
			return -ERESTART;
	}
	return 0;
}
