/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The root tables of vCPUs.  Each that a vCPU may load holds a general reference and a use as L4; the
 * old one's go when no CPU has it loaded any more.
 */
#include "cpu/cpuid.h"
#include "cpu/insn.h"
#include "hypercall/hypercall.h"
#include "mm/frame-state.h"
#include "mm/layout.h"
#include "mm/tags.h"

void root_fill_hv_slots(pte_t *l4)
{
	for (unsigned int i = HV_SLOT_FIRST; i <= HV_SLOT_LAST; i++)
		l4[i] = hv_root[i];
}

/*
 * The machine-to-physical table is for guest kernels: a user root does not show it, unless it is the
 * kernel's root too.
 */
static void show_m2p(u64 cr3, bool show)
{
	pte_t *slot = (pte_t *)maddr_to_hv(cr3) + HV_SLOT_FIRST;
	pte_t val = show ? hv_root[HV_SLOT_FIRST] : 0;

	if (READ_ONCE(*slot) != val)
		WRITE_ONCE(*slot, val);
}

/* What is preempted here is listed as dying.  Locks: the caller holds the domain's mm.lock. */
static void root_put(u64 cr3)
{
	if (cr3 && !frame_put_both_fast(mfn_to_frame(PFN_DOWN(cr3))))
		frame_put_both(mfn_to_frame(PFN_DOWN(cr3)), !current->sched.idle);
}

/* Make `root` (0: none) the value of *cr3, one of v's two. */
static int set_root(struct vcpu *v, u64 *cr3, mfn_t root)
{
	bool kernel = cr3 == &v->mm.kernel_cr3;
	struct frame *f = frame_lookup(root);
	struct domain *d = v->domain;
	u64 old = *cr3;
	int rc;

	if (root && !f)
		return -EINVAL;
	spin_lock(&d->mm.lock);
	rc = mm_finish_dying(d);
	if (!rc && root && !frame_get_both_fast(f, d, FT_L4))
		rc = frame_get_both(f, d, FT_L4, !current->sched.idle);
	if (!rc) {
		*cr3 = root << PAGE_SHIFT;
		*(kernel ? &v->mm.kernel_load : &v->mm.user_load) = tag_load(*cr3, kernel ? TAG_KERNEL : TAG_USER,
									     cpu_features.pcid);
		if (root && (kernel || v->mm.user_cr3 != v->mm.kernel_cr3))
			show_m2p(*cr3, kernel);
		if (v == current && (kernel || cpu_features.pcid))	/* a change of mode flushes no tag */
			tlb_load_root();
		root_put(old);
	}
	spin_unlock(&d->mm.lock);
	return rc;
}

int mm_set_kernel_root(struct vcpu *v, mfn_t root)
{
	if (!root)
		return -EINVAL;
	if (PFN_DOWN(v->mm.kernel_cr3) != root)
		return set_root(v, &v->mm.kernel_cr3, root);
	show_m2p(v->mm.kernel_cr3, true);
	if (v == current)
		tlb_load_root();
	return 0;
}

int mm_set_user_root(struct vcpu *v, mfn_t root)
{
	return PFN_DOWN(v->mm.user_cr3) == root ? 0 : set_root(v, &v->mm.user_cr3, root);
}

int mm_drop_roots(struct vcpu *v)
{
	u64 kernel = v->mm.kernel_cr3, user = v->mm.user_cr3;
	struct domain *d = v->domain;
	int rc;

	CHECK(v != current);
	spin_lock(&d->mm.lock);
	v->mm = (struct vcpu_mm){ 0 };
	root_put(kernel);
	root_put(user);
	rc = mm_finish_dying(d);
	spin_unlock(&d->mm.lock);
	return rc;
}
