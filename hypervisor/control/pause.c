/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A domain stopped and let go on by its controllers.
 */
#include "control/op.h"
#include "lib/errno.h"

int domain_pause_by_controller(struct domain *d)
{
	if (d->controller_pauses == UINT32_MAX)
		return -EINVAL;
	if (!d->controller_pauses++)
		domain_pause(d);
	return 0;
}

int domain_unpause_by_controller(struct domain *d)
{
	if (!d->controller_pauses)
		return -EINVAL;
	if (!--d->controller_pauses)
		domain_unpause(d);
	return 0;
}

void domain_resume(struct domain *d)
{
	struct vcpu *v;

	spin_lock(&d->lock);
	if (d->shut_down && !d->dying) {
		d->shut_down = d->shutting_down = false;
		for_each_vcpu(d, v)
			vcpu_unpause(v);
	}
	spin_unlock(&d->lock);
}

/* The control lock keeps vCPUs from being made and the domain from being taken apart meanwhile. */
long do_sched_remote_shutdown(struct subop_call *c, void *op)
{
	const sched_remote_shutdown_t *s = op;
	struct domain *d;

	if (!control_trylock())
		return -ERESTART;
	d = s->domain_id < DOMID_FIRST_RESERVED ? domain_get(s->domain_id) : NULL;
	if (d) {
		domain_shutdown(d, sched_shutdown_reason(d, (u8)s->reason));
		domain_put(d);
	}
	control_unlock();
	return d ? 0 : -ESRCH;
}
