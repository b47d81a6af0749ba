/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the handlers of domctl and sysctl share.
 */
#ifndef HV_CONTROL_OP_H
#define HV_CONTROL_OP_H

#include "hypercall/hypercall.h"

/* The domain that a domctl is about. */
static inline struct domain *target(const struct subop_call *c)
{
	return (struct domain *)c->extra;
}

static inline struct vcpu *vcpu_of(const struct domain *d, u32 id)
{
	return id < d->max_vcpus ? d->vcpu[id] : NULL;
}

/* One domctl or sysctl at a time.  False: another runs; the caller answers -ERESTART, for it may have to be paused. */
bool control_trylock(void);
void control_unlock(void);

void getdomaininfo(struct domain *d, struct xen_domctl_getdomaininfo *info);

/* A bitmap of CPUs or nodes as the tools have it; bits of ours that they have no room for are 0. */
int control_bitmap_get(const struct xenctl_bitmap *b, u64 *word);
int control_bitmap_put(const struct xenctl_bitmap *b, u64 word);

static_assert(NR_CPUS == 64, "a mask of CPUs is one word");

#endif
