/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames in use as page tables or descriptor tables: taking the type checks every entry, dropping the
 * last use takes every entry's references back.
 *
 * All here runs under the owner's mm.lock.  The levels descend from table to entry, so the recursion
 * is four deep; only a linear entry stays on its level, once (entry.c).
 *
 * Both directions stop at a preemption point and leave the frame partial, with nr_valid telling how
 * far it is; see mm/frame.h for who goes on.  Level-1 tables are not preemptible: 512 data frames are
 * some ten microseconds.
 */
#include "hypercall/hypercall.h"
#include "mm/frame-state.h"
#include "mm/layout.h"

void table_abandon(struct frame *f)
{
	struct domain *d = f->owner;
	u64 x = f->state;

	if ((x & FS_DYING) || (x & (FS_PARTIAL | FS_TYPE_REF_MASK)) != FS_PARTIAL)
		return;
	f->link = d->mm.dying;
	d->mm.dying = frame_to_mfn(f);
	__atomic_fetch_add(&f->state, FS_DYING + FS_REF, __ATOMIC_SEQ_CST);
}

int table_finish(struct frame *f, bool preemptible)
{
	unsigned int level = type_level(fs_type(f->state));

	CHECK((f->state & (FS_PARTIAL | FS_TYPE_REF_MASK)) == FS_PARTIAL);
	if (entries_drop(f, level, preemptible)) {
		table_abandon(f);
		return -ERESTART;
	}
	CHECK(f->linear == 0);
	__atomic_fetch_and(&f->state, ~FS_PARTIAL, __ATOMIC_SEQ_CST);
	frame_put(f);
	return 0;
}

int mm_finish_dying_slow(struct domain *d)
{
	while (unlikely(d->mm.dying)) {
		struct frame *f = mfn_to_frame(d->mm.dying);

		/* It may have come into use again, or be partly validated by now: then let it be. */
		if ((f->state & (FS_PARTIAL | FS_TYPE_REF_MASK)) == FS_PARTIAL && table_finish(f, true))
			return -ERESTART;
		d->mm.dying = f->link;
		__atomic_fetch_and(&f->state, ~FS_DYING, __ATOMIC_SEQ_CST);
		frame_put(f);
	}
	return 0;
}

int mm_lock_finish_dying(struct domain *d)
{
	int rc;

	spin_lock(&d->mm.lock);
	rc = mm_finish_dying(d);
	spin_unlock(&d->mm.lock);
	return rc;
}

/* The claimed frame (type set, one use) is not to be used after all: drop that use. */
static void unclaim(struct frame *f)
{
	u64 x = f->state, n;

	do {
		n = x - FS_TYPE_REF;
		if (f->nr_valid && !(x & FS_PARTIAL))
			n += FS_PARTIAL + FS_REF;
		if (!f->nr_valid && (x & FS_PARTIAL))
			n -= FS_PARTIAL + FS_REF;
	} while (!frame_cas(f, &x, n));
}

/* Take the type and one use of it, if there is no use of another.  What the old type leaves in TLBs goes. */
static int claim(struct frame *f, enum frame_type type)
{
	u64 x, n;

	do {
		x = frame_wait(f);
		if ((x & FS_TYPE_REF_MASK) || ((x & FS_PARTIAL) && fs_type(x) != type))
			return -EINVAL;
		n = (x & ~FS_TYPE_MASK) | fs_of_type(type);
	} while (!frame_cas(f, &x, n + FS_TYPE_REF));
	if (fs_type(x) != FT_NONE && fs_type(x) != type)
		tlb_flush_since(f->tlb_stamp);
	return 0;
}

/* f->state is valid from here on; what a partial state held goes. */
static void set_valid(struct frame *f)
{
	u64 x = f->state, n;

	do {
		n = x | FS_VALID;
		if (x & FS_PARTIAL)
			n -= FS_PARTIAL + FS_REF;
	} while (!frame_cas(f, &x, n));
}

static int table_build(struct frame *f, enum frame_type type, bool preemptible)
{
	int rc = entries_take(f, type_level(type), preemptible);

	if (!rc) {
		/* They are never loaded from here, but a linear entry shows them as slots of lower tables. */
		if (type == FT_L4)
			__builtin_memset(table_entries(f) + HV_SLOT_FIRST, 0,
					 (HV_SLOT_LAST - HV_SLOT_FIRST + 1) * sizeof(pte_t));
		set_valid(f);
		return 0;
	}
	unclaim(f);
	if (rc != -ERESTART && (f->state & FS_PARTIAL))
		table_finish(f, preemptible);	/* preempted: it is listed */
	return rc;
}

int table_get(struct frame *f, enum frame_type type, bool preemptible)
{
	u64 x = f->state;
	int rc;

	if (likely((x & FS_VALID) && fs_type(x) == type)) {
		if (x & FS_TYPE_REF_FULL)
			return -EINVAL;
		__atomic_fetch_add(&f->state, FS_TYPE_REF, __ATOMIC_SEQ_CST);
		return 0;
	}
	if (fs_type(x) != type)
		table_abandon(f);	/* refused now, but next time it is not in the way */
	rc = claim(f, type);
	if (rc)
		return rc;
	if (type != FT_SEGDESC)
		return table_build(f, type, preemptible);

	if (!descriptor_page_ok((u64 *)table_entries(f))) {
		unclaim(f);
		return -EINVAL;
	}
	set_valid(f);
	return 0;
}

int table_put(struct frame *f, bool preemptible)
{
	u64 x = f->state, n;
	bool last;

	CHECK((x & FS_VALID) && (x & FS_TYPE_REF_MASK));
	/* The entry that named f goes by a plain store: a CPU that is emptied after this look at the clock must see it. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	f->tlb_stamp = tlb_now();
	do {
		n = x - FS_TYPE_REF;
		last = !(n & FS_TYPE_REF_MASK);
		if (last) {
			n &= ~FS_VALID;
			if (f->nr_valid)
				n += FS_PARTIAL + FS_REF;
		}
	} while (!frame_cas(f, &x, n));
	if (last && f->nr_valid)
		return table_finish(f, preemptible);
	return 0;
}

/* ---- pins --------------------------------------------------------------------------------------- */

int mm_pin(struct domain *d, mfn_t mfn, enum frame_type type, bool preemptible)
{
	struct frame *f = frame_lookup(mfn);
	int rc;

	if (!f)
		return hc_fail(-EINVAL, "pin: frame %#lx is not memory", mfn);
	spin_lock(&d->mm.lock);
	rc = d->dying ? -EINVAL : frame_get_both(f, d, type, preemptible);
	if (!rc && (__atomic_fetch_or(&f->state, FS_PINNED, __ATOMIC_SEQ_CST) & FS_PINNED)) {
		frame_put_both(f, preemptible);
		rc = -EINVAL;
	}
	spin_unlock(&d->mm.lock);
	return rc;
}

int mm_unpin(struct domain *d, mfn_t mfn)
{
	struct frame *f = frame_lookup(mfn);
	int rc = -EINVAL;

	if (!f || !frame_get(f, d))
		return hc_fail(-EINVAL, "unpin: frame %#lx is not the domain's", mfn);
	spin_lock(&d->mm.lock);
	if (__atomic_fetch_and(&f->state, ~FS_PINNED, __ATOMIC_SEQ_CST) & FS_PINNED) {
		frame_put_both(f, true);	/* preempted: it is listed as dying */
		rc = 0;
	}
	spin_unlock(&d->mm.lock);
	frame_put(f);
	return rc;
}
