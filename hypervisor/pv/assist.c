/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vm_assist: behaviours a guest may ask for.
 *
 * Those that only make sense with 32-bit segments or extended roots are accepted, as in stock Xen, and
 * change nothing.  Writable page tables is how a 64-bit guest's page tables work at all times here.
 */
#include "control/trace.h"
#include "hypercall/hypercall.h"

#define ASSISTS	(BIT(VMASST_TYPE_4gb_segments) | BIT(VMASST_TYPE_4gb_segments_notify) |		\
		 BIT(VMASST_TYPE_writable_pagetables) | BIT(VMASST_TYPE_pae_extended_cr3) |	\
		 BIT(VMASST_TYPE_architectural_iopl) | BIT(VMASST_TYPE_runstate_update_flag) |	\
		 BIT(VMASST_TYPE_m2p_strict))

void domain_assists_changed(struct domain *d)
{
	struct vcpu *v;

	for_each_vcpu(d, v)
		v->pv.long_ways = (d->vm_assist & BIT(VMASST_TYPE_architectural_iopl)) || trace_on;
}

static long assist_set(struct subop_call *c, bool on)
{
	if (on)
		__atomic_or_fetch(&c->v->domain->vm_assist, BIT(c->extra), __ATOMIC_SEQ_CST);
	else
		__atomic_and_fetch(&c->v->domain->vm_assist, ~BIT(c->extra), __ATOMIC_SEQ_CST);
	domain_assists_changed(c->v->domain);
	return 0;
}

long do_assist_enable(struct subop_call *c, void *op)
{
	return assist_set(c, true);
}

long do_assist_disable(struct subop_call *c, void *op)
{
	return assist_set(c, false);
}

long do_vm_assist(struct vcpu *v, const struct hc_vm_assist *a)
{
	if (a->type >= 64 || !(ASSISTS & BIT(a->type)))
		return hc_fail(-EINVAL, "assist %u", a->type);
	return subop_call(FAM_assist, a->cmd, &(struct subop_call){ .v = v, .extra = a->type });
}
