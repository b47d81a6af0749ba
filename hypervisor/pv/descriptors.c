/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guests' GDT and LDT: which descriptors may stand in them, and how they are shown to the CPU.
 *
 * A frame in use as GDT or LDT has type FT_SEGDESC: its descriptors were all checked when it took the
 * type, and the guest has no writable mapping of it; changes come by update_descriptor.  Each CPU has
 * a window (mm/layout.h) into which the pages of the vCPU it runs are mapped: the GDT's 14 at the
 * switch, the LDT's at first use.
 *
 * Locks: FT_SEGDESC is taken and dropped under d->mm.lock.
 */
#include "cpu/gdt.h"
#include "cpu/insn.h"
#include "hypercall/hypercall.h"
#include "mm/guest-copy.h"
#include "mm/mm.h"
#include "pv/switch.h"

#define GDT_GUEST_PAGES	14
#define GDT_GUEST_ENTRIES (GDT_GUEST_PAGES * 512u)
#define LDT_MAX_ENTRIES	8192u
#define WINDOW_FLAGS	(PTE_PRESENT | PTE_WRITE | PTE_ACCESSED | PTE_DIRTY | PTE_NX)

/* ---- what is allowed -------------------------------------------------------------------------- */

/*
 * Code and data segments are safe at DPL 3, whatever base and limit: 64-bit mode ignores those, and
 * page tables protect us from 32-bit ones.  No gates and no TSS or LDT descriptors: they could lead
 * to ring 0.  A descriptor that is not present faults when used.  DPL is raised silently, as in stock Xen.
 */
bool descriptor_ok(u64 *desc)
{
	u64 d = *desc;

	if (!(d & DESC_PRESENT))
		return true;
	if (!(d & DESC_S))
		return !(d & DESC_TYPE);	/* type 0: upper half of something, harmless */
	*desc = d | DESC_DPL;
	return true;
}

bool descriptor_page_ok(u64 *page)
{
	for (unsigned int i = 0; i < 512; i++)
		if (page[i] && !descriptor_ok(&page[i]))
			return false;
	return true;
}

/* ---- references ------------------------------------------------------------------------------- */

static struct frame *segdesc_get(struct domain *d, mfn_t mfn)
{
	int rc;

	if (!mfn_valid(mfn))
		return NULL;
	mm_lock(d);
	rc = frame_get_both(mfn_to_frame(mfn), d, FT_SEGDESC, false);
	mm_unlock(d);
	return rc ? NULL : mfn_to_frame(mfn);
}

static void segdesc_put(struct domain *d, struct frame *f)
{
	mm_lock(d);
	frame_put_both(f, false);
	mm_unlock(d);
}

/* ---- the window ------------------------------------------------------------------------------- */

static pte_t window_entry(const struct frame *f)
{
	return f ? pte_make(frame_to_mfn(f), WINDOW_FLAGS) : 0;
}

/* GDT pages that the guest has not set read as empty descriptors, up to our own at page 14. */
static pte_t empty_gdt_entry(void)
{
	static const u64 empty[512] __aligned(4096);

	return pte_make(image_mfn(empty), PTE_PRESENT | PTE_NX);
}

static unsigned int gdt_pages(const struct vcpu *v)
{
	return (v->pv.gdt_entries + 511) / 512;
}

/* The CR3 write that follows in the switch flushes what the window showed before. */
void descriptors_load(struct vcpu *v)
{
	static struct { pte_t *entry; u32 gdt, ldt; } windows[NR_CPUS];	/* pages shown of each */
	u32 cpu = this_cpu(), gdt = gdt_pages(v), ldt = (v->pv.ldt_entries + 511) / 512, i;
	typeof(windows[0]) *w = &windows[cpu];

	static_assert(0x200000 % PERCPU_DT_SIZE == 0, "the window's entries stand in one L1 table");
	if (unlikely(!w->entry)) {
		w->entry = hv_map_entry(PERCPU_GDT(cpu));
		w->gdt = GDT_GUEST_PAGES;
	}
	for (i = 0; i < gdt; i++)
		WRITE_ONCE(w->entry[i], window_entry(mfn_to_frame(v->pv.gdt_frames[i])));
	for (; i < w->gdt; i++)
		WRITE_ONCE(w->entry[i], empty_gdt_entry());
	w->gdt = gdt;
	if (!(ldt | w->ldt))
		return;
	for (i = 0; i < MAX(ldt, w->ldt); i++)
		WRITE_ONCE(w->entry[16 + i], window_entry(v->pv.ldt_frames[i]));
	w->ldt = ldt;
	ldt_load(PERCPU_LDT(cpu), v->pv.ldt_entries);
}

static void window_refresh(struct vcpu *v)
{
	if (v != current)
		return;
	u64 flags = irq_save();

	descriptors_load(v);
	tlb_flush_local();
	irq_restore(flags);
}

/* ---- GDT ---------------------------------------------------------------------------------------- */

void pv_destroy_gdt(struct vcpu *v)
{
	mfn_t old[GDT_GUEST_PAGES];
	unsigned int n = gdt_pages(v);

	__builtin_memcpy(old, v->pv.gdt_frames, sizeof(old));
	v->pv.gdt_entries = 0;
	window_refresh(v);
	while (n--)
		segdesc_put(v->domain, mfn_to_frame(old[n]));
}

int pv_set_gdt(struct vcpu *v, const mfn_t *frames, u32 entries)
{
	unsigned int n = (entries + 511) / 512, i;

	if (entries > GDT_GUEST_ENTRIES)
		return -EINVAL;
	for (i = 0; i < n; i++)
		if (!segdesc_get(v->domain, frames[i]))
			goto undo;

	pv_destroy_gdt(v);
	__builtin_memcpy(v->pv.gdt_frames, frames, n * sizeof(*frames));
	v->pv.gdt_entries = entries;
	window_refresh(v);
	return 0;

undo:
	while (i--)
		segdesc_put(v->domain, mfn_to_frame(frames[i]));
	return -EINVAL;
}

/**
 * do_set_gdt - use these frames as the GDT's first pages
 * a->frames:  machine frames, as many as a->entries needs
 * a->entries: descriptors, at most 7168; those above are the hypervisor's
 *
 * Return: 0; -EINVAL for too many, for a frame that is not the guest's or is mapped writable, or for
 * a descriptor that is not allowed; -EFAULT.  On error the old GDT stays.
 */
long do_set_gdt(struct vcpu *v, const struct hc_set_gdt *a)
{
	mfn_t frames[GDT_GUEST_PAGES];
	unsigned int n = (a->entries + 511) / 512;

	if (a->entries > GDT_GUEST_ENTRIES)
		return hc_fail(-EINVAL, "%u GDT entries", a->entries);
	if (copy_from_guest(frames, a->frames_reg, n * sizeof(*frames)))
		return -EFAULT;
	return pv_set_gdt(v, frames, a->entries);
}

/**
 * do_update_descriptor - write one descriptor
 * a->maddr: machine address of the descriptor, in a frame of the guest's
 *
 * The frame may be in use as GDT or LDT, or be plain memory; not a page table.
 *
 * Return: 0; -EINVAL.
 */
long do_update_descriptor(struct vcpu *v, const struct hc_update_descriptor *a)
{
	struct domain *d = v->domain;
	mfn_t mfn = PFN_DOWN(a->maddr);
	u64 desc = a->desc;
	struct frame *f;
	int rc = -EINVAL;

	if ((a->maddr & 7) || !mfn_valid(mfn) || !descriptor_ok(&desc))
		return hc_fail(-EINVAL, "descriptor %#lx at %#lx", a->desc, a->maddr);

	f = mfn_to_frame(mfn);
	mm_lock(d);
	if (!frame_get_both(f, d, frame_type(f) == FT_SEGDESC ? FT_SEGDESC : FT_WRITABLE, false)) {
		WRITE_ONCE(*(u64 *)maddr_to_hv(a->maddr), desc);
		frame_put_both(f, false);
		rc = 0;
	}
	mm_unlock(d);
	return rc;
}

/* ---- LDT ---------------------------------------------------------------------------------------- */

void pv_invalidate_ldt(struct vcpu *v)
{
	struct frame *old[ARRAY_SIZE(v->pv.ldt_frames)];

	__builtin_memcpy(old, v->pv.ldt_frames, sizeof(old));
	__builtin_memset(v->pv.ldt_frames, 0, sizeof(v->pv.ldt_frames));
	window_refresh(v);
	for (unsigned int i = 0; i < ARRAY_SIZE(old); i++)
		if (old[i])
			segdesc_put(v->domain, old[i]);
}

int pv_set_ldt(struct vcpu *v, guest_va_t base, u32 entries)
{
	if (entries > LDT_MAX_ENTRIES || (base & ~PAGE_MASK) ||
	    (entries && !guest_range_ok(base, entries * 8ul)))
		return hc_fail(-EINVAL, "LDT of %u entries at %#lx", entries, base);
	if (v->pv.ldt_base == base && v->pv.ldt_entries == entries)
		return 0;
	v->pv.ldt_base = base;
	v->pv.ldt_entries = entries;
	pv_invalidate_ldt(v);
	return 0;
}

int pv_set_root(struct vcpu *v, mfn_t root)
{
	int rc = mm_set_kernel_root(v, root);

	if (!rc && v->pv.ldt_entries)
		pv_invalidate_ldt(v);
	return rc;
}

bool pv_map_ldt_page(struct vcpu *v, u32 page)
{
	struct frame *f;
	pte_t l1e;

	if (page * 512 >= v->pv.ldt_entries || v->pv.ldt_frames[page])
		return false;
	if (!walk_kernel_l1(v, v->pv.ldt_base + page * PAGE_SIZE, &l1e) || !(l1e & PTE_PRESENT))
		return false;
	f = segdesc_get(v->domain, pte_mfn(l1e));
	if (!f)
		return false;
	v->pv.ldt_frames[page] = f;
	WRITE_ONCE(*hv_map_entry(PERCPU_LDT(this_cpu()) + page * PAGE_SIZE), window_entry(f));
	return true;
}
