/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Giving a frame away for good.
 *
 * What changes hands is the content: the receiver gets a frame of its own with it, whose number is
 * written to its grant entry, and the giver's frame goes back to the heap.
 */
#include "cpu/insn.h"
#include "hypercall/hypercall.h"
#include "lib/string.h"
#include "mm/frame-state.h"

#define TRIES		5

/*
 * Take the frame from d.  It must be in use nowhere: neither mapped, nor a table, nor granted.
 * A general reference keeps it alive for the copy.  False: d keeps it.
 */
static bool take_from(struct domain *d, mfn_t mfn)
{
	struct frame *f;

	if (!mfn_valid(mfn))
		return false;
	f = mfn_to_frame(mfn);
	if (!frame_get(f, d))
		return false;
	if (frame_refs(f) == 2 && !frame_type_refs(f) && !frame_free(d, f))
		return true;
	frame_put(f);
	return false;
}

/*
 * The receiver's entry says that it waits for a frame from `giver`; from now on it must not change.
 */
static bool commit(struct grant_table *gt, u32 ref, domid_t giver)
{
	union {
		struct grant_entry_header h;
		u32 word;
	} e, new;
	u32 *word;

	if (ref >= grant_entries(gt))
		return false;
	word = gt->version == 1 ? (u32 *)grant_v1(gt, ref) : (u32 *)grant_v2(gt, ref);
	e.word = READ_ONCE(*word);
	for (unsigned int i = 0; i < TRIES; i++) {
		if (e.h.flags != GTF_accept_transfer || e.h.domid != giver)
			return false;
		new = e;
		new.h.flags |= GTF_transfer_committed;
		if (__atomic_compare_exchange_n(word, &e.word, new.word, false, __ATOMIC_SEQ_CST,
						__ATOMIC_SEQ_CST))
			return true;
	}
	return false;
}

/* The frame's number first, then the bit that the receiver waits for. */
static void complete(struct grant_table *gt, u32 ref, mfn_t mfn)
{
	u16 *flags;

	if (gt->version == 1) {
		WRITE_ONCE(grant_v1(gt, ref)->frame, (u32)mfn);
		flags = &grant_v1(gt, ref)->flags;
	} else {
		WRITE_ONCE(grant_v2(gt, ref)->full_page.frame, mfn);
		flags = &grant_v2(gt, ref)->hdr.flags;
	}
	__atomic_fetch_or(flags, GTF_transfer_completed, __ATOMIC_SEQ_CST);
}

/*
 * From its allocation on the frame is the receiver's, who may give it back, or use it as a table, before
 * it was told of it: the copy needs a writable use of its own.
 */
static s16 give_to(struct domain *to, u32 ref, domid_t giver, struct frame *content)
{
	struct grant_table *gt = to->grant;
	struct frame *f = frame_alloc(to, 0, 0);
	bool done;

	if (!f || frame_get_both(f, to, FT_WRITABLE, false))
		return GNTST_general_error;
	memcpy(mfn_to_hv(frame_to_mfn(f)), mfn_to_hv(frame_to_mfn(content)), PAGE_SIZE);
	spin_lock(&gt->lock);
	done = commit(gt, ref, giver);
	if (done)
		complete(gt, ref, frame_to_mfn(f));
	spin_unlock(&gt->lock);
	if (!done)
		frame_free(to, f);
	frame_put_both(f, false);
	return done ? GNTST_okay : GNTST_general_error;
}

/**
 * do_gnttab_transfer - give a frame of the caller's to a domain that waits for one
 *
 * As the ABI has it, the frame is lost in every case but bad_page.
 *
 * Return: 0 and t->status: bad_page for a frame that is not the caller's or in use; bad_domain;
 * general_error for an entry that does not wait for it, or a domain that has all it may.
 */
long do_gnttab_transfer(struct subop_call *c, void *op)
{
	gnttab_transfer_t *t = op;
	struct domain *d = c->v->domain, *to;

	t->status = GNTST_bad_page;
	if (!take_from(d, t->mfn))
		return 0;
	to = t->domid == DOMID_SELF ? NULL : domain_get(t->domid);
	t->status = GNTST_bad_domain;
	if (to) {
		t->status = give_to(to, t->ref, d->id, mfn_to_frame(t->mfn));
		domain_put(to);
	}
	frame_put(mfn_to_frame(t->mfn));
	return 0;
}
