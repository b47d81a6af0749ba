/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The root tables of vCPUs.  Each that a vCPU may load holds a general reference and a use as L4; the
 * old one's go when no CPU has it loaded any more.
 */
#include "cpu/insn.h"
#include "hypercall/hypercall.h"
#include "mm/frame-state.h"
#include "mm/layout.h"

void root_fill_hv_slots(pte_t *l4)
{
	for (unsigned int i = HV_SLOT_FIRST; i <= HV_SLOT_LAST; i++)
		l4[i] = hv_root[i];
}

/*
 * The machine-to-physical table is for guest kernels: a user root does not show it, unless it is the
 * kernel's root too.
 */
static void root_show_m2p(struct domain *d, u64 cr3, bool show)
{
	pte_t *slot = (pte_t *)mfn_to_hv(PFN_DOWN(cr3)) + HV_SLOT_FIRST;
	pte_t val = show ? hv_root[HV_SLOT_FIRST] : 0;

	if (READ_ONCE(*slot) == val)
		return;
	spin_lock(&d->mm.lock);
	WRITE_ONCE(*slot, val);
	spin_unlock(&d->mm.lock);
}

static int root_get(struct domain *d, mfn_t root)
{
	struct frame *f = frame_lookup(root);
	int rc;

	if (!f)
		return -EINVAL;
	spin_lock(&d->mm.lock);
	rc = mm_finish_dying(d);
	if (!rc)
		rc = frame_get_both(f, d, FT_L4, !current->sched.idle);
	spin_unlock(&d->mm.lock);
	return rc;
}

/* What is preempted here is listed as dying. */
static void root_put(struct domain *d, u64 cr3)
{
	if (!cr3)
		return;
	spin_lock(&d->mm.lock);
	frame_put_both(mfn_to_frame(PFN_DOWN(cr3)), !current->sched.idle);
	spin_unlock(&d->mm.lock);
}

static void root_load(struct vcpu *v)
{
	u64 flags = irq_save();
	u64 stamp = tlb_cr3_begin();

	pv_load_root(v);
	tlb_cr3_done(stamp);
	irq_restore(flags);
}

int mm_set_kernel_root(struct vcpu *v, mfn_t root)
{
	u64 old = v->mm.kernel_cr3;
	int rc;

	if (PFN_DOWN(old) == root) {
		if (!root)
			return -EINVAL;
	} else {
		rc = root_get(v->domain, root);
		if (rc)
			return rc;
		v->mm.kernel_cr3 = root << PAGE_SHIFT;
	}
	root_show_m2p(v->domain, v->mm.kernel_cr3, true);
	if (v == current)
		root_load(v);
	if (PFN_DOWN(old) != root)
		root_put(v->domain, old);
	return 0;
}

int mm_set_user_root(struct vcpu *v, mfn_t root)
{
	u64 old = v->mm.user_cr3;
	int rc;

	if (PFN_DOWN(old) == root)
		return 0;
	if (root) {
		rc = root_get(v->domain, root);
		if (rc)
			return rc;
	}
	v->mm.user_cr3 = root << PAGE_SHIFT;
	if (root && v->mm.user_cr3 != v->mm.kernel_cr3)
		root_show_m2p(v->domain, v->mm.user_cr3, false);
	root_put(v->domain, old);
	return 0;
}

int mm_drop_roots(struct vcpu *v)
{
	u64 kernel = v->mm.kernel_cr3, user = v->mm.user_cr3;
	struct domain *d = v->domain;
	int rc;

	CHECK(v != current);
	v->mm.kernel_cr3 = v->mm.user_cr3 = 0;
	root_put(d, kernel);
	root_put(d, user);
	spin_lock(&d->mm.lock);
	rc = mm_finish_dying(d);
	spin_unlock(&d->mm.lock);
	return rc;
}
