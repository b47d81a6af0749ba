/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A domain stopped and let go on by its controllers.
 */
#include "domain/domain.h"
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
