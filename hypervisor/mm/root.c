/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The root tables of vCPUs: the guest's two, kernel_cr3 and user_cr3, each of which holds a general reference and a use
 * as L4; and the vCPU's own, which is in CR3 while it runs.
 *
 * The own root has the hypervisor's slots, and copies of the guest's entries, brought in one by one when a fault asks for
 * them (root_fill()), into few places that are known:
 *
 *	the kernel's	what only its root has.  Put in on the way to kernel mode, taken out on the way to user mode.  The
 *			first is the machine-to-physical table, which is for kernels.
 *	those of both	entries that the guest's two roots have alike.  They stay in both modes.
 *
 * No TLB remembers that there is no entry.  So the way from user mode to its kernel needs no CR3 write; the one on the way back
 * is for both.  Where user's root has what its kernel's has not, or otherwise, it is brought in by a fault of user mode,
 * and the next way to the kernel empties the TLB (pv.user_only).
 *
 * At ring 1 (pv/pv.h) both modes have the kernel's root: all copies are the kernel's, stay in both modes, and are a supervisor's in
 * the upper half, whatever the guest's entry says.  The guest's user root is kept for who asks, and not looked at.
 *
 * A copy never outlives the entry: whoever changes one that was present (root_entry_changed()), or the root (set_root()),
 * sees to the copies before the entry's references go.  Losing copies costs a fault each, no more.  An own root is written with
 * interrupts off by the CPU that runs the vCPU, or while none does.
 */
#include "cpu/insn.h"
#include "hypercall/hypercall.h"
#include "mm/frame-state.h"
#include "mm/heap.h"
#include "mm/layout.h"
#include "mm/tags.h"

/* The entry of the guest's root that goes where `own` is in ours. */
static inline pte_t root_entry(struct vcpu *v, u64 guest, const pte_t *own)
{
	u64 at = (u64)own & ~PAGE_MASK;
	pte_t e = READ_ONCE(*(pte_t *)(maddr_to_hv(guest) + at));

	return v->pv.ring1 && at >= PAGE_SIZE / 2 ? e & ~PTE_USER : e;
}

/* The root that is user mode's alone; 0: there is none. */
static inline u64 user_root(struct vcpu *v)
{
	return v->pv.ring1 ? 0 : v->mm.user_cr3;
}

/* ---- the own root ---------------------------------------------------------------------------------------- */

bool root_init_vcpu(struct vcpu *v)
{
	struct vcpu_mm *mm = &v->mm;
	u64 root;

	mm->root = zalloc(PAGE_SIZE);
	if (!mm->root)
		return false;
	for (unsigned int i = HV_SLOT_FIRST; i <= HV_SLOT_LAST; i++)
		mm->root[i] = hv_root[i];
	mm->root[HV_SLOT_UNUSED] = 0;
	for (unsigned int i = 0; i < ROOT_SLOTS; i++)
		mm->slots[i].at = &mm->root[HV_SLOT_UNUSED];
	mm->slots[0] = (struct root_slot){ &mm->root[HV_SLOT_FIRST], hv_root[HV_SLOT_FIRST] };
	if (v->pv.ring1)
		mm->root[HV_SLOT_FIRST] = mm->slots[0].entry &= ~PTE_USER;
	root = hv_to_maddr(mm->root);
	mm->kernel_load = cpu_features.pcid ? tag_cr3(root, true) | CR3_KEEP : 0;
	mm->user_load = tag_cr3(root, false) | (cpu_features.pcid ? CR3_KEEP : 0);
	return true;
}

/* The kernel's slots, in or out.  What else user mode saw in their places goes. */
void root_put_kernel_slots(struct vcpu *v, bool in)
{
	for (unsigned int i = 0; i < ROOT_KERNEL_SLOTS; i++)
		WRITE_ONCE(*v->mm.slots[i].at, in || v->pv.ring1 ? v->mm.slots[i].entry : 0);
	v->pv.user_only = false;
}

/*
 * As cpu/entry.S does it on its short ways.  The kernel's entries are in the table under the kernel's tag only: a CPU
 * may walk it ahead of time.
 */
void root_switch_mode(struct vcpu *v)
{
	u64 flags = irq_save(), cr3 = v->pv.kernel_mode ? v->mm.kernel_load : v->mm.user_load;

	if (v->pv.ring1)
		goto out;
	if (!cr3 && v->pv.user_only)
		cr3 = v->mm.user_load;
	root_put_kernel_slots(v, false);
	if (cr3)
		write_cr3(cr3);
	root_put_kernel_slots(v, v->pv.kernel_mode);
out:
	irq_restore(flags);
}

/* All copies of the guest's entries go; where they were is where they will be wanted. */
void root_forget(struct vcpu *v)
{
	WRITE_ONCE(v->mm.stale, false);
	for (unsigned int i = 1; i < ROOT_SLOTS; i++) {
		v->mm.slots[i].entry = 0;
		WRITE_ONCE(*v->mm.slots[i].at, 0);
	}
}

/*
 * One of the guest's roots is another: copies from there.  Mostly both change, the kernel's first; what both modes see is
 * looked for at the second only.
 */
static void copy_again(struct vcpu *v, bool user)
{
	struct vcpu_mm *mm = &v->mm;
	u64 kernel = mm->kernel_cr3, other = user_root(v) ?: kernel;
	bool in = v->pv.kernel_mode || v->pv.ring1, later = !user && user_root(v);
	u64 flags = irq_save();

	for (struct root_slot *s = mm->slots + 1; !user && s < mm->slots + ROOT_KERNEL_SLOTS; s++) {
		pte_t e = root_entry(v, kernel, s->at);

		s->entry = e;
		WRITE_ONCE(*s->at, in ? e : 0);
	}
	for (struct root_slot *s = mm->slots + ROOT_KERNEL_SLOTS; s < mm->slots + ROOT_SLOTS; s++) {
		pte_t e = later ? 0 : root_entry(v, kernel, s->at);

		WRITE_ONCE(*s->at, !later && root_entry(v, other, s->at) == e ? e : 0);
	}
	irq_restore(flags);
}

/* A copy gets a place among n: its own, or that of another. Nowhere else: the kernel's are taken out again and again. */
static void place(struct vcpu_mm *mm, pte_t *own, pte_t e, unsigned int first, unsigned int n)
{
	unsigned int to = first + mm->next_place++ % n;

	for (unsigned int i = 1; i < ROOT_SLOTS; i++)
		if (mm->slots[i].at == own && i - first < n)
			to = i;
		else if (mm->slots[i].at == own)
			mm->slots[i] = (struct root_slot){ &mm->root[HV_SLOT_UNUSED], 0 };
	WRITE_ONCE(*mm->slots[to].at, 0);
	mm->slots[to] = (struct root_slot){ own, e };
}

bool root_fill(struct vcpu *v, guest_va_t va)
{
	struct vcpu_mm *mm = &v->mm;
	pte_t *own = &mm->root[PT_INDEX(va, 4)], kernel, user, want;
	u64 flags;
	bool missing;

	if (va_is_hypervisor(va) || !mm->kernel_cr3)
		return false;
	flags = irq_save();
	kernel = root_entry(v, mm->kernel_cr3, own);
	user = root_entry(v, user_root(v) ?: mm->kernel_cr3, own);
	want = v->pv.kernel_mode ? kernel : user;
	missing = (want & PTE_PRESENT) && *own != want;
	if (missing) {
		if (!user_root(v))
			place(mm, own, kernel, 1, ROOT_SLOTS - 1);
		else if (kernel == user)
			place(mm, own, kernel, ROOT_KERNEL_SLOTS, ROOT_SLOTS - ROOT_KERNEL_SLOTS);
		else
			place(mm, own, kernel, 1, ROOT_KERNEL_SLOTS - 1);
		v->pv.user_only |= !v->pv.kernel_mode && kernel != user;
		WRITE_ONCE(*own, want);
	}
	irq_restore(flags);
	return missing;
}

void root_entry_changed(struct domain *d, mfn_t root)
{
	bool used = false;
	struct vcpu *v;

	for_each_vcpu(d, v)
		if (PFN_DOWN(v->mm.kernel_cr3) == root || PFN_DOWN(v->mm.user_cr3) == root) {
			WRITE_ONCE(v->mm.stale, true);
			used = true;
		}
	if (used)
		tlb_flush_domain(d);	/* a vCPU that does not run looks before it does */
}

/* ---- the guest's roots ------------------------------------------------------------------------------------- */

/* What is preempted here is listed as dying.  Locks: the caller holds the domain's mm.lock. */
static void root_put(u64 cr3)
{
	if (cr3 && !frame_put_both_fast(mfn_to_frame(PFN_DOWN(cr3))))
		frame_put_both(mfn_to_frame(PFN_DOWN(cr3)), !current->sched.idle);
}

/* Make `root` (0: none) the value of *cr3, one of v's two. */
static int set_root(struct vcpu *v, u64 *cr3, mfn_t root)
{
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
		copy_again(v, cr3 == &v->mm.user_cr3);
		/* The user's own translations go at the latest with the next CR3 write, which tags put off. */
		if (v == current && (cr3 == &v->mm.kernel_cr3 || cpu_features.pcid))
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
	v->mm.kernel_cr3 = v->mm.user_cr3 = 0;
	root_forget(v);
	root_put(kernel);
	root_put(user);
	rc = mm_finish_dying(d);
	spin_unlock(&d->mm.lock);
	return rc;
}
