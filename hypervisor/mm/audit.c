/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The auditor: counts again, from page tables, vCPUs and what other rooms hold, every reference and type
 * use of all domains' frames, and compares with what the frames say.
 *
 * No domain may be running.
 */
#include "dev/console.h"
#include "hypercall/hypercall.h"
#include "mm/frame-state.h"
#include "mm/heap.h"
#include "mm/layout.h"
#include "mm/memmap.h"
#include "pv/pirq.h"

#define SHOWN_MAX	20		/* differences printed in full */

struct found {
	u32 refs, type_refs;
};

struct audit {
	struct domain *d;		/* whose frames are compared; NULL: all domains' */
	struct found *found;		/* by frame number */
	u64 frames;
	unsigned int wrong;
};

static void found_ref(struct audit *a, mfn_t mfn, bool typed)
{
	if (!mfn_valid(mfn))
		return;
	a->found[mfn].refs++;
	a->found[mfn].type_refs += typed;
}

static void difference(struct audit *a, mfn_t mfn, const char *what, u64 is, u64 should)
{
	if (a->wrong++ < SHOWN_MAX)
		log_err("audit: frame %#lx: %s %lu, found %lu (type %u, state %#lx)", mfn, what, is, should,
			fs_type(mfn_to_frame(mfn)->state), mfn_to_frame(mfn)->state);
}

/* ---- counting --------------------------------------------------------------------------------------- */

/* Is the frame that an entry names of a type that it may name? */
static bool entry_ok(pte_t e, unsigned int level)
{
	enum frame_type type = fs_type(mfn_to_frame(pte_mfn(e))->state);

	if (level == 1)
		return !(e & PTE_WRITE) || type == FT_WRITABLE;
	return type == FT_L1 + level - 2 || (type == FT_L1 + level - 1 && !(e & PTE_WRITE));
}

static void count_table(struct audit *a, mfn_t mfn, unsigned int level)
{
	const pte_t *t = mfn_to_hv(mfn);

	for (unsigned int i = 0; i < mfn_to_frame(mfn)->nr_valid; i++) {
		pte_t e = t[i];

		if (!(e & PTE_PRESENT) || (level > 1 && pte_mfn(e) == mfn) ||
		    (level == 4 && i >= HV_SLOT_FIRST && i <= HV_SLOT_LAST))
			continue;
		if (!(mfn_to_frame(mfn)->parts & part_of(i)))
			difference(a, mfn, "present entry not noted", i, mfn_to_frame(mfn)->parts);
		if (mfn_valid(pte_mfn(e)) ? !entry_ok(e, level) : level > 1)
			difference(a, mfn, "entry", e, fs_type(mfn_to_frame(mfn)->state));
		found_ref(a, pte_mfn(e), level > 1 || (e & PTE_WRITE));
	}
}

/* What the frame's own flags hold, and its entries if it is a table. */
static void count_frame(struct audit *a, mfn_t mfn)
{
	u64 x = mfn_to_frame(mfn)->state;

	if (!(x & FS_REF_MASK))
		return;
	if (x & FS_ALLOCATED)
		found_ref(a, mfn, false);
	if (x & FS_PINNED)
		found_ref(a, mfn, true);
	if (x & FS_SHARED)
		found_ref(a, mfn, true);
	if (x & FS_PARTIAL)
		found_ref(a, mfn, false);
	if (x & FS_DYING)
		found_ref(a, mfn, false);
	if ((x & (FS_VALID | FS_PARTIAL)) && type_is_table(fs_type(x)))
		count_table(a, mfn, type_level(fs_type(x)));
}

/* The vCPU's own root has copies of what its guest's root for its mode has, and no others. */
static void check_own_root(struct audit *a, const struct vcpu *v)
{
	u64 cr3 = v->pv.kernel_mode || v->pv.ring1 ? v->mm.kernel_cr3 : v->mm.user_cr3;
	const pte_t *guest = cr3 ? maddr_to_hv(cr3) : NULL;

	for (unsigned int i = 0; i < PT_ENTRIES; i++) {
		pte_t is = v->mm.root[i], should = guest ? guest[i] : 0;

		if (v->pv.ring1 && i >= PT_ENTRIES / 2)
			should &= ~PTE_USER;
		if (is && (i < HV_SLOT_FIRST || i > HV_SLOT_LAST) && !v->mm.stale && is != should)
			difference(a, PFN_DOWN(cr3), "copied entry", is, should);
	}
}

static void count_vcpu(struct audit *a, const struct vcpu *v)
{
	check_own_root(a, v);
	if (v->mm.kernel_cr3)
		found_ref(a, PFN_DOWN(v->mm.kernel_cr3), true);
	if (v->mm.user_cr3)
		found_ref(a, PFN_DOWN(v->mm.user_cr3), true);
	for (u32 i = 0; i < (v->pv.gdt_entries + 511) / 512; i++)
		found_ref(a, v->pv.gdt_frames[i], true);
	for (u32 i = 0; i < ARRAY_SIZE(v->pv.ldt_frames); i++)
		if (v->pv.ldt_frames[i])
			found_ref(a, frame_to_mfn(v->pv.ldt_frames[i]), true);
}

static void found_by_events(void *arg, struct frame *f)
{
	found_ref(arg, frame_to_mfn(f), true);
}

static void found_by_grants(void *arg, struct frame *f, bool writable)
{
	found_ref(arg, frame_to_mfn(f), writable);
}

static struct audit audit;		/* one at a time */

static void count_domain(struct domain *d)
{
	struct vcpu *v;

	for_each_vcpu(d, v)
		count_vcpu(&audit, v);
	evtchn_for_each_ref(d, found_by_events, &audit);
	grant_for_each_ref(d, found_by_grants, &audit);
}

static void count_other(struct domain *d)
{
	if (d != audit.d)
		count_domain(d);
}

static void count_all(struct audit *a)
{
	if (a->d)
		count_domain(a->d);
	for (u32 i = 0; i < ram_count; i++)
		for (mfn_t mfn = ram[i].start; mfn < ram[i].end; mfn++)
			count_frame(a, mfn);
	domains_each(count_other);
	if (pirq_held_frame())
		found_ref(a, frame_to_mfn(pirq_held_frame()), true);
}

/* ---- comparing -------------------------------------------------------------------------------------- */

static void compare_frame(struct audit *a, mfn_t mfn)
{
	const struct frame *f = mfn_to_frame(mfn);
	const struct found *found = &a->found[mfn];
	u64 x = f->state;

	if ((x & FS_REF_MASK) != found->refs)
		difference(a, mfn, "references", x & FS_REF_MASK, found->refs);
	if ((x & FS_TYPE_REF_MASK) / FS_TYPE_REF != found->type_refs)
		difference(a, mfn, "type uses", (x & FS_TYPE_REF_MASK) / FS_TYPE_REF, found->type_refs);
	if ((x & FS_VALID) && !(x & FS_TYPE_REF_MASK))
		difference(a, mfn, "valid without use", 1, 0);
	if (x & FS_CHANGING)
		difference(a, mfn, "changing type", 1, 0);
	if (type_is_table(fs_type(x)) && (x & FS_VALID) && f->nr_valid != PT_ENTRIES)
		difference(a, mfn, "checked entries", f->nr_valid, PT_ENTRIES);
}

static void compare_domain(struct domain *d)
{
	u64 held = 0;

	for (u32 i = 0; i < ram_count; i++)
		for (mfn_t mfn = ram[i].start; mfn < ram[i].end; mfn++) {
			const struct frame *f = mfn_to_frame(mfn);

			if (f->owner != d)
				continue;
			audit.frames++;
			held += !(f->state & FS_SHARED);
			compare_frame(&audit, mfn);
		}
	if (held != d->mm.tot_pages) {
		audit.wrong++;
		log_err("audit: d%u is charged for %lu frames, found %lu", d->id, d->mm.tot_pages, held);
	}
}

void mm_audit_all(void)
{
	domains_visit(domain_pause);
	mm_audit(NULL);
	domains_visit(domain_unpause);
}

unsigned int mm_audit(struct domain *d)
{
	unsigned int order = order_for(max_mfn * sizeof(*audit.found));

	audit = (struct audit){ .d = d, .found = alloc_pages(order) };
	if (!audit.found) {
		log_warn("audit: no memory to count in, not done");
		return 0;
	}
	count_all(&audit);
	if (d)
		compare_domain(d);
	else
		domains_each(compare_domain);
	free_pages(audit.found, order);
	if (audit.wrong)
		log_err("audit: FAILED %u differences", audit.wrong);
	else
		log_info("audit: clean (%lu frames)", audit.frames);
	return audit.wrong;
}
