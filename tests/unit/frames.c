/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames, types and page tables: what may be named by what, that every refusal and every undo leaves no
 * reference behind, and that validation may stop and go on at any entry.
 */
#include "cpu/insn.h"
#include "fake/fake.h"
#include "tap.h"

#define RO	(PTE_PRESENT | PTE_USER)
#define RW	(RO | PTE_WRITE)

static struct domain *d, *other;
static struct vcpu *v;
static mfn_t page[64];		/* frames of d, empty */
static u64 before;

static pte_t *table(mfn_t mfn)
{
	return mfn_to_hv(mfn);
}

static struct frame *fr(unsigned int i)
{
	return mfn_to_frame(page[i]);
}

static void setup(void)
{
	fake_start(2);
	d = fake_domain(1, 2, false);
	other = fake_domain(2, 1, false);
	v = d->vcpu[0];
	fake_run(0, v);
	for (unsigned int i = 0; i < ARRAY_SIZE(page); i++)
		page[i] = frame_to_mfn(frame_alloc(d, 0, 0));
	before = heap_free_pages();
}

/* All is consistent, and with `refs` references to pages beyond their allocation. */
static void check_clean(const char *what)
{
	is_int(mm_audit(d), 0, "%s: audit is clean", what);
}

static u64 extra_refs(void)
{
	u64 n = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(page); i++)
		n += frame_refs(fr(i)) - 1 + frame_type_refs(fr(i));
	return n;
}

/* page[0..3] become L4 > L3 > L2 > L1 with one data page (4) mapped read-write at va 0. */
static void build_tree(void)
{
	table(page[0])[0] = pte_make(page[1], RW);
	table(page[1])[0] = pte_make(page[2], RW);
	table(page[2])[0] = pte_make(page[3], RW);
	table(page[3])[0] = pte_make(page[4], RW);
}

static int get(unsigned int i, enum frame_type type)
{
	int rc;

	spin_lock(&d->mm.lock);
	rc = frame_get_both(fr(i), d, type, false);
	spin_unlock(&d->mm.lock);
	return rc;
}

static void put(unsigned int i)
{
	spin_lock(&d->mm.lock);
	frame_put_both(fr(i), false);
	spin_unlock(&d->mm.lock);
}

/* ---- references --------------------------------------------------------------------------------------- */

static void test_references(void)
{
	struct frame *f;

	setup();
	f = fr(0);
	ok(frame_get(f, d), "the owner's frame can be had");
	ok(!frame_get(f, other), "not as another domain's");
	ok(!frame_get(mfn_to_frame(hv_to_mfn(hv_root)), d), "nor the hypervisor's");
	is_int(frame_refs(f), 2, "two references");
	is_int(frame_free(d, f), 0, "the allocation is given back");
	is_int(frame_free(d, f), -EINVAL, "only once");
	is_int(heap_free_pages(), before, "the frame stays while referenced");
	is_int(d->mm.tot_pages, 64, "and counts");
	frame_put(f);
	is_int(heap_free_pages(), before + 1, "the last put frees it");
	is_int(d->mm.tot_pages, 63, "and uncharges it");
	ok(!frame_get(f, d), "a free frame cannot be had");
	is_int(frame_free(d, f), -EINVAL, "nor freed");
}

static void test_limits(void)
{
	struct frame *f;

	setup();
	f = fr(0);
	f->state += FS_REF_FULL - 1;
	ok(!frame_get(f, d), "no reference beyond the limit");
	is_int(frame_get_both(f, d, FT_WRITABLE, false), -EINVAL, "nor a writable one");
	f->state -= FS_REF_FULL - 1;
	is_int(frame_get_both(f, d, FT_WRITABLE, false), 0, "a writable use");
	f->state += FS_TYPE_REF_FULL - FS_TYPE_REF;
	is_int(frame_get_type(f, FT_WRITABLE, false), -EINVAL, "no use beyond the limit");
	f->state -= FS_TYPE_REF_FULL - FS_TYPE_REF;
	frame_put_both(f, false);
	check_clean("limits");

	ok(!mfn_valid(0) && !mfn_valid(FAKE_FRAMES) && !mfn_valid(~0UL) && !mfn_valid(1UL << 40),
	   "frame numbers beyond memory");
	if (!fake_panics()) {
		frame_put(fr(1));
		frame_put(fr(1));
	}
	ok(!fake_panic_expected, "a put too many is a panic");
}

static void test_charges(void)
{
	setup();
	d->mm.max_pages = 66;
	ok(!frame_alloc(d, 2, 0), "no more than max_pages");
	is_int(d->mm.tot_pages, 64, "a refusal is not charged");
	ok(frame_alloc(d, 1, 0), "as many are");
	is_int(heap_free_pages(), before - 2, "and come from the heap");
	d->dying = true;
	ok(!frame_alloc(d, 0, 0), "none for a dying domain");
}

static void test_shared(void)
{
	void *p;
	struct frame *f;

	setup();
	p = alloc_pages(0);
	f = mfn_to_frame(hv_to_mfn(p));
	frame_share(p, d);
	is_int(frame_get_both(f, d, FT_WRITABLE, false), 0, "a shared page can be mapped writable");
	spin_lock(&d->mm.lock);
	is_int(frame_get_both(f, d, FT_L1, false), -EINVAL, "but is no table");
	spin_unlock(&d->mm.lock);
	is_int(frame_free(d, f), -EINVAL, "and not the guest's to free");
	is_int(frame_unshare(p, d), -EBUSY, "not taken back while mapped");
	frame_put_both(f, false);
	is_int(frame_unshare(p, d), 0, "taken back");
	ok(!frame_get(f, d), "and out of reach");
	free_pages(p, 0);
	check_clean("shared");
}

/* ---- types ---------------------------------------------------------------------------------------------- */

static void test_types_exclude(void)
{
	setup();
	is_int(get(0, FT_WRITABLE), 0, "writable");
	for (enum frame_type t = FT_L1; t <= FT_SEGDESC; t++)
		is_int(get(0, t), -EINVAL, "then not type %u", t);
	put(0);
	for (enum frame_type t = FT_L1; t <= FT_SEGDESC; t++) {
		is_int(get(0, t), 0, "type %u", t);
		is_int(get(0, FT_WRITABLE), -EINVAL, "then not writable");
		is_int(get(0, t == FT_L4 ? FT_L1 : FT_L4), -EINVAL, "nor another table");
		is_int(get(0, t), 0, "but once more the same");
		put(0);
		put(0);
	}
	is_int(get(0, FT_WRITABLE), 0, "at last writable again");
	put(0);
	is_int(extra_refs(), 0, "no reference is left");
	table(page[1])[0] = 1;
	is_int(get(1, FT_SEGDESC), -EINVAL, "bad descriptors are refused");
	is_int(extra_refs(), 0, "without a trace");
	check_clean("types");
}

static void test_flushes(void)
{
	u64 n;

	setup();
	fake_run(1, d->vcpu[1]);
	is_int(get(0, FT_WRITABLE), 0, "writable");
	n = fake_state[1].flushes;
	put(0);
	is_int(get(0, FT_L1), 0, "a table");
	is_int(fake_state[1].flushes, n + 1, "the other CPU has flushed what it knew writable");
	put(0);
	is_int(get(0, FT_WRITABLE), 0, "writable again");
	is_int(fake_state[1].flushes, n + 2, "and what it knew as a table");
	put(0);
	fake_cpu_nr = 1;
	tlb_flush_local();
	fake_cpu_nr = 0;
	tlb_flush_local();
	n = fake_state[1].flushes;
	is_int(get(0, FT_L2), 0, "a table, after everyone has flushed");
	is_int(fake_state[1].flushes, n, "needs no flush");
	put(0);
	fake_idle(1);
	fake_cpu_nr = 0;
	is_int(get(0, FT_WRITABLE), 0, "writable");
	is_int(fake_state[1].flushes, n, "an idle CPU is left alone");
	n = fake_state[0].flushes;
	put(0);
	is_int(frame_free(d, fr(0)), 0, "freed");
	is_int(fake_state[0].flushes, n + 1, "a freed frame is flushed");
}

/* ---- tables ---------------------------------------------------------------------------------------------- */

static void test_tree(void)
{
	setup();
	build_tree();
	table(page[0])[256] = pte_make(page[5], RW);
	is_int(mm_pin(d, page[0], FT_L4, false), 0, "a tree is pinned");
	is_int(frame_type(fr(1)), FT_L3, "its tables have their types");
	is_int(frame_type(fr(2)), FT_L2, "at each level");
	is_int(frame_type(fr(3)), FT_L1, "down to the first");
	is_int(frame_type(fr(4)), FT_WRITABLE, "and data is writable");
	is_int(mm_pin(d, page[0], FT_L4, false), -EINVAL, "not pinned twice");
	is_int(mm_pin(d, page[0], FT_L3, false), -EINVAL, "nor as another level");
	is_int(mm_pin(d, page[2], FT_L2, false), 0, "a part can be pinned as well");
	check_clean("tree");
	is_int(table(page[0])[256], 0, "what the guest had in the hypervisor's slots is gone");
	is_int(mm_unpin(d, page[0]), 0, "unpinned");
	is_int(mm_unpin(d, page[0]), -EINVAL, "once");
	is_int(frame_type(fr(2)), FT_L2, "the pinned part stays");
	is_int(frame_type(fr(1)), FT_NONE, "the rest is free of types");
	is_int(mm_unpin(d, page[2]), 0, "unpinned too");
	is_int(extra_refs(), 0, "no reference is left");
	is_int(mm_unpin(d, page[5]), -EINVAL, "what was never pinned");
	is_int(mm_pin(d, 3, FT_L4, false), -EINVAL, "what is no memory");
	is_int(mm_pin(d, hv_to_mfn(hv_root), FT_L4, false), -EINVAL, "what is the hypervisor's");
	check_clean("tree");
}

/* Each bad entry at each level: refused with its code, and nothing is held afterwards. */
static void test_bad_entries(void)
{
	static const struct { pte_t flags; int level, rc; const char *what; } bad[] = {
		{ PTE_PSE, 2, -EINVAL, "a large page" },
		{ PTE_PSE, 3, -EINVAL, "a huge page" },
		{ PTE_PSE, 4, -EINVAL, "a large page in the root" },
		{ PTE_PCD, 2, -EINVAL, "cache flags at level 2" },
		{ PTE_GLOBAL, 3, -EINVAL, "Global at level 3" },
		{ PTE_PWT, 1, -EINVAL, "cache flags without devices" },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		setup();
		build_tree();
		table(page[4 - bad[i].level])[511] = table(page[4 - bad[i].level])[0] | bad[i].flags;
		is_int(mm_pin(d, page[0], FT_L4, false), bad[i].rc, "%s is refused", bad[i].what);
		is_int(extra_refs(), 0, "%s: no reference is left", bad[i].what);
		check_clean(bad[i].what);
	}
}

static void test_bad_frames(void)
{
	static const char *const what[] = { "another domain's", "the hypervisor's", "no memory", "beyond all memory" };

	for (unsigned int level = 1; level <= 4; level++)
		for (unsigned int i = 0; i < 4; i++) {
			mfn_t mfn[4];
			int rc;

			setup();
			mfn[0] = frame_to_mfn(frame_alloc(other, 0, 0));
			mfn[1] = hv_to_mfn(hv_root);
			mfn[2] = 1;
			mfn[3] = PTE_MFN_MASK >> 12;
			build_tree();
			table(page[4 - level])[7] = pte_make(mfn[i], RO);
			rc = level > 1 ? -EINVAL : i < 2 ? -EBUSY : -EPERM;
			is_int(mm_pin(d, page[0], FT_L4, false), rc, "level %u names a frame that is %s",
			       level, what[i]);
			is_int(extra_refs(), 0, "no reference is left");
			check_clean(what[i]);
		}
}

/* A writable mapping of a table, of any level, from within the tree that it is in. */
static void test_writable_tables(void)
{
	for (unsigned int i = 0; i < 4; i++) {
		setup();
		build_tree();
		table(page[3])[9] = pte_make(page[i], RW);
		ok(mm_pin(d, page[0], FT_L4, false) < 0, "a tree that maps its level %u table writable", 4 - i);
		is_int(extra_refs(), 0, "no reference is left");
		table(page[3])[9] = pte_make(page[i], RO);
		is_int(mm_pin(d, page[0], FT_L4, false), 0, "read-only it may");
		check_clean("read-only");
	}
}

static void test_self_map(void)
{
	for (unsigned int i = 0; i < 3; i++) {
		setup();
		build_tree();
		table(page[i])[5] = pte_make(page[i], RW);
		is_int(mm_pin(d, page[0], FT_L4, false), -EINVAL, "level %u naming itself, writable", 4 - i);
		is_int(extra_refs(), 0, "leaves no reference");
		table(page[i])[5] = pte_make(page[i], RO);
		is_int(mm_pin(d, page[0], FT_L4, false), 0, "read-only it may");
		check_clean("self map");
		is_int(mm_unpin(d, page[0]), 0, "unpinned");
		is_int(extra_refs(), 0, "and all is gone");
	}
	setup();
	build_tree();
	table(page[3])[5] = pte_make(page[3], RW);
	is_int(mm_pin(d, page[0], FT_L4, false), -EBUSY, "a level 1 table mapping itself writable");
	table(page[2])[5] = pte_make(page[0], RO);
	table(page[3])[5] = 0;
	is_int(mm_pin(d, page[0], FT_L4, false), -EINVAL, "level 2 naming the root");
	is_int(extra_refs(), 0, "no reference is left");
}

/* Linear entries between two roots: one step, no chain, no circle. */
static void test_linear(void)
{
	setup();
	is_int(mm_pin(d, page[10], FT_L4, false), 0, "a first root");
	table(page[11])[0] = pte_make(page[10], RO);
	is_int(mm_pin(d, page[11], FT_L4, false), 0, "a second, that names it");
	table(page[12])[0] = pte_make(page[11], RO);
	is_int(mm_pin(d, page[12], FT_L4, false), -EINVAL, "not a third that names the second");
	spin_lock(&d->mm.lock);
	is_int(entry_set(d, fr(10), 0, pte_make(page[11], RO), false), -EINVAL, "nor the first the second");
	spin_unlock(&d->mm.lock);
	check_clean("linear");
	is_int(mm_unpin(d, page[10]), 0, "the first is unpinned");
	is_int(frame_type(fr(10)), FT_L4, "and stays, in use");
	is_int(mm_unpin(d, page[11]), 0, "the second is unpinned");
	is_int(extra_refs(), 0, "and both are gone");
	is_int(fr(10)->linear, 0, "uses are counted back");
	is_int(fr(11)->linear, 0, "and entries");
}

/* ---- preemption ---------------------------------------------------------------------------------------- */

/* A root over many tables: page[0] L4, [1] L3, [2..5] L2, [6..29] L1, all mapping page[60] writable. */
static void build_wide(void)
{
	table(page[0])[3] = pte_make(page[1], RW);
	for (unsigned int i = 0; i < 4; i++)
		table(page[1])[i * 7] = pte_make(page[2 + i], RW);
	for (unsigned int i = 0; i < 24; i++) {
		table(page[2 + i % 4])[i * 13] = pte_make(page[6 + i], RW);
		for (unsigned int j = 0; j < 512; j += 17)
			table(page[6 + i])[j] = pte_make(page[60], RW);
	}
}

static long mmuext(u32 cmd, mfn_t mfn)
{
	mmuext_op_t op = { .cmd = cmd, .arg1.mfn = mfn };

	return fake_call(HC_mmuext_op, (u64)&op, 1, 0, DOMID_SELF);
}

/* With a count of those done it is not for the short way, which asks again what is refused. */
static long mmuext_counted(u32 cmd, mfn_t mfn)
{
	mmuext_op_t op = { .cmd = cmd, .arg1.mfn = mfn };
	u32 done;

	return fake_call(HC_mmuext_op, (u64)&op, 1, (u64)&done, DOMID_SELF);
}

static void test_preemption(void)
{
	u32 asked;

	setup();
	build_wide();
	fake_preempt_asked = 0;
	is_int(mmuext(MMUEXT_PIN_L4_TABLE, page[0]), 0, "a wide tree is pinned");
	is_int(mmuext(MMUEXT_UNPIN_TABLE, page[0]), 0, "and unpinned");
	asked = fake_preempt_asked;
	ok(asked > 20, "with many points to leave (%u)", asked);

	for (u32 at = 1; at <= asked; at++) {
		fake_restarts = fake_preempt_asked = 0;
		fake_preempt_at = at;
		if (mmuext(MMUEXT_PIN_L4_TABLE, page[0]) || mm_audit(d) ||
		    mmuext(MMUEXT_UNPIN_TABLE, page[0]) || mm_audit(d) || extra_refs() ||
		    fake_restarts > 1) {
			ok(false, "left at point %u (%u restarts, %lu references left)", at,
			   fake_restarts, extra_refs());
			return;
		}
	}
	ok(true, "left at each of them: always the same result");
	fake_preempt_at = 0;
}

/* As above, with a bad entry at the very end: whatever was half done is undone. */
static void test_preempted_undo(void)
{
	u32 asked;

	setup();
	build_wide();
	table(page[29])[511] = pte_make(page[0], RW);
	fake_preempt_asked = 0;
	ok(mmuext(MMUEXT_PIN_L4_TABLE, page[0]) < 0, "a bad entry at the end");
	asked = fake_preempt_asked;
	for (u32 at = 1; at <= asked; at++) {
		fake_preempt_asked = 0;
		fake_preempt_at = at;
		if (mmuext(MMUEXT_PIN_L4_TABLE, page[0]) >= 0 || mm_audit(d))
			break;
		fake_preempt_at = 0;
		if (mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0) || extra_refs()) {
			ok(false, "left at point %u", at);
			return;
		}
	}
	ok(true, "left at each point: undone by the next call at the latest");
}

/* A validation that nobody resumes: the frame can still be had for anything else, freed, or die. */
static void test_abandoned(void)
{
	mmuext_op_t op = { .cmd = MMUEXT_PIN_L4_TABLE };

	for (unsigned int what = 0; what < 5; what++) {
		struct cpu_user_regs r = { .rax = HC_mmuext_op, .rdi = (u64)&op, .rsi = 1,
					   .r10 = DOMID_SELF };

		setup();
		build_wide();
		op.arg1.mfn = page[0];
		fake_preempt_asked = 0;
		fake_preempt_at = 12;
		hypercall_dispatch(v, &r);
		ok((s64)r.rip == -2, "preempted, and never made again");
		fake_preempt_at = 0;
		ok(fr(0)->state & FS_PARTIAL, "the root is half done");
		check_clean("half done");
		switch (what) {
		case 0:
			is_int(mmuext_counted(MMUEXT_PIN_L2_TABLE, page[0]), -EINVAL, "as another level it is refused");
			is_int(mmuext_counted(MMUEXT_PIN_L2_TABLE, page[0]), -EINVAL, "and what it named, too");
			is_int(mmuext_counted(MMUEXT_PIN_L2_TABLE, page[0]), 0, "but each only once");
			is_int(frame_type(fr(1)), FT_L1, "and so is what it names");
			is_int(mmuext(MMUEXT_UNPIN_TABLE, page[0]), 0, "and unpinned");
			break;
		case 1:
			is_int(mmuext(MMUEXT_PIN_L4_TABLE, page[0]), 0, "as the same it is finished");
			is_int(mmuext(MMUEXT_UNPIN_TABLE, page[0]), 0, "and unpinned");
			break;
		case 2:
			is_int(frame_free(d, fr(0)), 0, "it is given back");
			ok(!(fr(0)->state & FS_ALLOCATED), "really");
			is_int(mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0), 0, "and finished by the next call");
			is_int(frame_refs(fr(0)), 0, "and free");
			break;
		case 3: {
			mmu_update_t u = { .ptr = page[0] << PAGE_SHIFT, .val = 0 };

			is_int(fake_call(HC_mmu_update, (u64)&u, 1, 0, DOMID_SELF), 0,
			       "it is written like any memory");
			break;
		}
		}
		check_clean("abandoned");
		while (frames_relinquish(d))
			;
		is_int(heap_free_pages(), before + 64, "the domain's end finds all that is left");
		is_int(d->mm.tot_pages, 0, "to the last page");
	}
}

/* ---- entries ------------------------------------------------------------------------------------------- */

static long update(u64 ptr, u64 val)
{
	mmu_update_t u = { .ptr = ptr, .val = val };

	return fake_call(HC_mmu_update, (u64)&u, 1, 0, DOMID_SELF);
}

static u64 slot(unsigned int i, unsigned int index)
{
	return (page[i] << PAGE_SHIFT) + index * 8;
}

static void test_mmu_update(void)
{
	mmu_update_t u[3];
	u32 done = 99;

	setup();
	build_tree();
	is_int(mm_set_kernel_root(v, page[0]), 0, "a root");
	is_int(update(slot(3, 1), pte_make(page[5], RW)), 0, "a page is mapped");
	is_int(table(page[3])[1], pte_make(page[5], RW), "as asked");
	is_int(update(slot(3, 2), pte_make(page[5], PTE_PRESENT | PTE_GLOBAL)), 0, "and once more");
	is_int(table(page[3])[2], pte_make(page[5], RO), "User is added, Global removed");
	is_int(update(slot(3, 3), pte_make(page[2], RW)), -EBUSY, "a table is not mapped writable");
	is_int(update(slot(3, 3), pte_make(page[2], RO)), 0, "but read-only");
	is_int(update(slot(3, 3), pte_make(page[2], RW)), -EBUSY, "and does not become writable");
	is_int(update(slot(3, 1), pte_make(page[5], RO)), 0, "a page is made read-only");
	is_int(frame_type(fr(5)), FT_NONE, "and may be a table now");
	is_int(update(slot(2, 1), pte_make(page[5], RW)), 0, "which it becomes");
	is_int(update(slot(3, 1), pte_make(page[5], RW)), -EBUSY, "and is writable no more");
	is_int(update(slot(0, 256), 0), -EINVAL, "the root's slot 256 is not the guest's");
	is_int(update(slot(0, 271), pte_make(page[1], RW)), -EINVAL, "nor 271");
	is_int(update(slot(0, 272), pte_make(page[1], RW)), 0, "but 272");
	is_int(update(slot(0, 272), 0), 0, "and empty again");
	is_int(update(slot(6, 0) | 4, 0), -ENOSYS, "an unknown command");
	is_int(update(slot(7, 8), 0x1234567890abcdef), 0, "a page that is no table is written");
	is_int(table(page[7])[8], 0x1234567890abcdef, "as it is");
	is_int(update(hv_to_maddr(hv_root), 0), -EINVAL, "not the hypervisor's");
	is_int(update(8 * PAGE_SIZE, 0), -EINVAL, "nor what is no memory");
	is_int(update(~7UL, 0), -EINVAL, "nor the end of the world");
	check_clean("mmu_update");

	table(page[3])[0] |= PTE_ACCESSED | PTE_DIRTY;
	is_int(update(slot(3, 0) | MMU_PT_UPDATE_PRESERVE_AD, pte_make(page[4], RO)), 0, "A/D kept");
	is_int(table(page[3])[0], pte_make(page[4], RO | PTE_ACCESSED | PTE_DIRTY), "and there");
	is_int(update(slot(9, 0) | MMU_MACHPHYS_UPDATE, 77), 0, "M2P entry");
	is_int(m2p_get(page[9]), 77, "is set");
	is_int(update(hv_to_maddr(hv_root) | MMU_MACHPHYS_UPDATE, 1), -EINVAL, "not for others' frames");

	for (unsigned int i = 0; i < 3; i++)
		u[i] = (mmu_update_t){ slot(3, 20 + i), pte_make(i == 1 ? page[0] : page[8], RW) };
	is_int(fake_call(HC_mmu_update, (u64)u, 3, (u64)&done, DOMID_SELF), -EBUSY, "a batch that fails");
	is_int(done, 1, "tells how many were done");
	u[1].val = 0;
	fake_preempt_asked = 0;
	fake_preempt_at = 1;
	is_int(fake_call(HC_mmu_update, (u64)u, 3, (u64)&done, DOMID_SELF), 0, "a preempted batch");
	is_int(done, 3, "counts on");
	is_int(fake_call(HC_mmu_update, (u64)u, 1, (u64)&done, 1), -ESRCH, "one's own number");
	is_int(fake_call(HC_mmu_update, (u64)u, 1, (u64)&done, 2), -EPERM, "another domain's pages");
	is_int(fake_call(HC_mmu_update, (u64)u, 1, (u64)&done, DOMID_SELF | 3 << 16), -EPERM, "or tables");
	is_int(fake_call(HC_mmu_update, (u64)u, 1, 0, DOMID_SELF | 9 << 16), -ESRCH, "or nobody's");
	is_int(fake_call(HC_mmu_update, FAKE_BAD_VA, 1, 0, DOMID_SELF), -EFAULT, "no requests there");
	is_int(fake_call(HC_mmu_update, HV_START, 1, 0, DOMID_SELF), -EFAULT, "nor there");
	check_clean("batches");
}

static void test_va_mapping(void)
{
	u64 mask = 3, n;

	setup();
	build_tree();
	is_int(mm_set_kernel_root(v, page[0]), 0, "a root");
	is_int(fake_call(HC_update_va_mapping, 5 << PAGE_SHIFT, pte_make(page[5], RW), 0, 0), 0, "mapped");
	is_int(table(page[3])[5], pte_make(page[5], RW), "in the right place");
	is_int(fake_call(HC_update_va_mapping, 1UL << 21, 0, 0, 0), -EINVAL, "no table there");
	is_int(fake_call(HC_update_va_mapping, HV_START, 0, 0, 0), -EINVAL, "the hypervisor's");
	is_int(fake_call(HC_update_va_mapping, 1UL << 47, 0, 0, 0), -EINVAL, "not canonical");
	is_int(fake_call(HC_update_va_mapping, 0, pte_make(page[3], RW), 0, 0), -EBUSY, "a table, writable");
	fake_run(1, d->vcpu[1]);
	fake_cpu_nr = 0;
	n = fake_state[1].flushes;
	is_int(fake_call(HC_update_va_mapping, 0, 0, UVMF_TLB_FLUSH | UVMF_ALL, 0), 0, "with a flush");
	is_int(fake_state[1].flushes, n + 1, "of all");
	n = fake_state[1].page_flushes;
	is_int(fake_call(HC_update_va_mapping, 0, 0, UVMF_INVLPG | (u64)&mask, 0), 0, "of a mask");
	is_int(fake_state[1].page_flushes, n + 1, "reaches who is in it");
	is_int(fake_call(HC_update_va_mapping, 0, 0, UVMF_TLB_FLUSH | FAKE_BAD_VA, 0), -EFAULT, "no mask");
	is_int(fake_call(HC_update_va_mapping, 0, 0, 3, 0), 0, "flags that say nothing");
	check_clean("va mapping");
}

/* What was empty when a table was checked and came later, in whatever way, is found when the table goes. */
static void test_filled_later(void)
{
	mmu_update_t u[2];
	u64 old;

	setup();
	build_tree();
	table(page[3])[1] = pte_make(page[3], RO);
	is_int(mm_set_kernel_root(v, page[0]), 0, "a root; its L1 table shows itself");
	is_int(update(slot(3, 40), pte_make(page[5], RW)), 0, "entry 40 by one request");
	is_int(update(slot(3, 72) | MMU_PT_UPDATE_PRESERVE_AD, pte_make(page[5], RO)), 0, "72 by another kind");
	for (unsigned int i = 0; i < 2; i++)
		u[i] = (mmu_update_t){ slot(3, 104 + 32 * i), pte_make(page[6], i ? RO : RW) };
	is_int(fake_call(HC_mmu_update, (u64)u, 2, 0, DOMID_SELF), 0, "104 and 136 by a batch");
	is_int(fake_call(HC_update_va_mapping, 168 << PAGE_SHIFT, pte_make(page[7], RW), 0, 0), 0, "168 by its address");
	is_int(entry_write_word(v, PAGE_SIZE + 200 * 8, 0, pte_make(page[8], RW), &old), 0, "200 by a write");
	is_int(entry_write_word(v, PAGE_SIZE + 232 * 8, 0, pte_make(page[8], RO), &old), 0, "232 by an exchange");
	is_int(entry_map_grant(v, 264 << PAGE_SHIFT, false, page[9], RO), 0, "264 by a grant");
	is_int(update(slot(2, 300), pte_make(page[10], RW)), 0, "300 one level up");
	is_int(update(slot(0, 300), pte_make(page[11], RW)), 0, "and at the top");
	check_clean("filled later");
	for (unsigned int i = 40; i <= 264; i += 32)
		is_int(table(page[3])[i] & PTE_PRESENT, 1, "%u is there", i);
	fake_run(0, other->vcpu[0]);
	is_int(mm_drop_roots(v), 0, "the root goes");
	is_int(extra_refs(), 0, "with all that it held");
	check_clean("gone");
}

/* Devices: a privileged domain's, but for what is the hypervisor's. */
static void test_devices(void)
{
	struct domain *priv;
	mfn_t t[4];

	setup();
	is_int(update(slot(0, 0), 0), 0, "memory");
	priv = fake_domain(0, 1, true);
	fake_run(0, priv->vcpu[0]);
	for (unsigned int i = 0; i < 4; i++)
		t[i] = frame_to_mfn(frame_alloc(priv, 0, 0));
	is_int(mm_pin(priv, t[3], FT_L1, false), 0, "a table of a privileged domain");
	is_int(update(t[3] << PAGE_SHIFT, pte_make(2, RW | PTE_PCD)), 0, "what is below all memory");
	is_int(update((t[3] << PAGE_SHIFT) + 8, pte_make(0xfd000, RW | PTE_PAT)), 0, "what is above");
	is_int(table(t[3])[0] & (PTE_PCD | PTE_PWT | PTE_PAT), PTE_PCD, "as it was asked for");
	is_int(table(t[3])[1] & (PTE_PCD | PTE_PWT | PTE_PAT), PTE_PAT, "the other, too");
	is_int(update((t[3] << PAGE_SHIFT) + 8, pte_make(0xfd000, RW)), 0, "cached is asked for");
	is_int(table(t[3])[1] & (PTE_PCD | PTE_PWT | PTE_PAT), PTE_PCD | PTE_PWT, "and not to be had");
	is_int(update((t[3] << PAGE_SHIFT) + 8, pte_make(0xfd000, RW | PTE_PWT | PTE_PAT)), 0, "nor write-protected");
	is_int(table(t[3])[1] & (PTE_PCD | PTE_PWT | PTE_PAT), PTE_PCD | PTE_PWT, "for what is there already");
	is_int(update((t[3] << PAGE_SHIFT) + 16, pte_make(0xfec00, RW)), -EPERM, "not the IO-APIC");
	is_int(update((t[3] << PAGE_SHIFT) + 16, pte_make(0xfee00, RO)), -EPERM, "nor the local APIC");
	is_int(update((t[3] << PAGE_SHIFT) + 16, pte_make(0xfee42, RW)), -EPERM, "nor messages to it");
	is_int(update((t[3] << PAGE_SHIFT) + 16, pte_make(1UL << 28, RW)), -EPERM, "nor beyond the CPU");
	is_int(update((t[3] << PAGE_SHIFT) + 16, pte_make(hv_to_mfn(hv_root), RO)), -EBUSY,
	       "nor the hypervisor's memory");
	is_int(update((t[3] << PAGE_SHIFT) + 16, pte_make(page[7], RW)), -EBUSY, "nor another domain's");
	is_int(mm_audit(priv), 0, "audit is clean");
}

/* Through a linear map, tables show as pages and must not be edited as lower ones than they are. */
static void test_walk_linear(void)
{
	struct frame *t;

	setup();
	build_tree();
	table(page[0])[1] = pte_make(page[0], RO);
	is_int(mm_set_kernel_root(v, page[0]), 0, "a root that names itself");
	spin_lock(&d->mm.lock);
	ok(!walk_l1(v, (1UL << 39), &t), "a step up is no L1 table");
	ok(!walk_l1(v, (1UL << 39) | (256UL << 30), &t), "nor what is behind the hypervisor's slots");
	ok(walk_l1(v, 0, &t) == table(page[3]), "the usual way");
	spin_unlock(&d->mm.lock);
}

static void test_emulated(void)
{
	u64 expected;
	u64 va = 2UL << PAGE_SHIFT;

	setup();
	build_tree();
	table(page[3])[2] = pte_make(page[3], RO);	/* the table, seen at va */
	table(page[3])[3] = pte_make(page[5], RO);
	is_int(mm_set_kernel_root(v, page[0]), 0, "a root");
	ok(entry_is_emulatable(v, va), "a write to the table can be emulated");
	ok(!entry_is_emulatable(v, va + PAGE_SIZE), "not one to a read-only page");
	ok(!entry_is_emulatable(v, 0), "nor to a writable one");
	is_int(entry_emulate_write(v, va + 8 * 9, pte_make(page[6], RW), 8, NULL), 0, "an entry");
	is_int(table(page[3])[9], pte_make(page[6], RW), "is set");
	is_int(entry_emulate_write(v, va + 8 * 9, pte_make(page[2], RW), 8, NULL), -EBUSY,
	       "not to a writable table");
	is_int(entry_emulate_write(v, va + 8 * 9, 0, 1, NULL), 0, "its low byte");
	is_int(table(page[3])[9], page[6] << PAGE_SHIFT, "is cleared");
	is_int(frame_type_refs(fr(6)), 0, "and the page let go");
	expected = 1;
	is_int(entry_emulate_write(v, va + 8 * 9, 0, 8, &expected), -EAGAIN, "compare and fail");
	is_int(expected, page[6] << PAGE_SHIFT, "tells what is there");
	is_int(entry_emulate_write(v, va + 8 * 9, pte_make(page[7], RW), 8, &expected), 0, "exchange");
	is_int(table(page[3])[9], pte_make(page[7], RW), "is done");
	is_int(entry_emulate_write(v, va + 4, 0, 8, NULL), -EINVAL, "not across two entries");

	is_int(entry_write_word(v, va + 8 * 10, 0, pte_make(page[6], RW), &expected), 0, "a whole entry");
	is_int(entry_write_word(v, va + 8 * 10, 0, pte_make(page[7], RO), &expected), 0, "exchanged");
	is_int(expected, pte_make(page[6], RW), "for what was there");
	is_int(frame_type_refs(fr(6)), 0, "which is let go");
	is_int(entry_write_word(v, va + 8 * 10, 0, pte_make(page[2], RW), &expected), -EBUSY, "not for a writable table");
	is_int(entry_write_word(v, 8 * 10, 0, 0, &expected), -EINVAL, "nor where a writable page is");
	is_int(table(page[3])[10], pte_make(page[7], RO), "it stays");
	check_clean("emulated writes");
}

static void test_roots(void)
{
	setup();
	build_tree();
	is_int(mm_set_kernel_root(v, page[0]), 0, "kernel root");
	is_int(mmuext(MMUEXT_NEW_USER_BASEPTR, page[0]), 0, "user root, the same");
	is_int(frame_type_refs(fr(0)), 2, "both hold it");
	check_clean("roots");
	is_int(mmuext(MMUEXT_NEW_BASEPTR, page[4]), -EINVAL, "a writable page is no root");
	is_int(v->mm.kernel_cr3, page[0] << PAGE_SHIFT, "the old one stays");
	is_int(mmuext(MMUEXT_NEW_BASEPTR, 0), -EINVAL, "nor is nothing");
	is_int(mmuext(MMUEXT_NEW_USER_BASEPTR, 0), 0, "but for the user");
	ok(root_fill(v, 0) && v->mm.root[0] == table(page[0])[0], "what it has is copied when it is touched");
	ok(!root_fill(v, 0) && !root_fill(v, 9UL << 39), "once, and what it has not is not there");
	ok(!root_fill(v, HV_START), "nor anything in the hypervisor's slots");
	is_int(mmuext(MMUEXT_PIN_L4_TABLE, page[0]), 0, "pinned");
	is_int(mmuext(MMUEXT_UNPIN_TABLE, page[0]), 0, "unpinned, it stays the root");
	is_int(frame_free(d, fr(0)), 0, "freed, too");
	is_int(frame_type(fr(0)), FT_L4, "still");
	is_int(mmuext(MMUEXT_NEW_BASEPTR, page[20]), 0, "another root");
	is_int(fake_state[0].cr3, hv_to_maddr(v->mm.root), "is not loaded itself");
	is_int(v->mm.root[0], 0, "nor is what the old one had copied");
	is_int(frame_refs(mfn_to_frame(page[0])), 0, "now the old one is gone");
	is_int(frame_type(fr(1)), FT_NONE, "and what hung on it");
	check_clean("another root");
	fake_idle(0);
	is_int(mm_drop_roots(v), 0, "the end of a vCPU");
	page[0] = page[59];
	is_int(extra_refs(), 0, "drops what it held");
}

int main(void)
{
	test_references();
	test_limits();
	test_charges();
	test_shared();
	test_types_exclude();
	test_flushes();
	test_tree();
	test_bad_entries();
	test_bad_frames();
	test_writable_tables();
	test_self_map();
	test_linear();
	test_preemption();
	test_preempted_undo();
	test_abandoned();
	test_mmu_update();
	test_va_mapping();
	test_filled_later();
	test_devices();
	test_walk_linear();
	test_emulated();
	test_roots();
	return tap_done();
}
