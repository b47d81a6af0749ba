/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pins: taking a grant entry into use, and letting go.
 *
 * Entries are the guest's to write, so each field is read once, and the first word, flags and
 * domain together, changes by compare-and-exchange only.  A guest that keeps changing it
 * makes its own grant fail.
 */
#include "cpu/insn.h"
#include "hypercall/hypercall.h"

#define TRIES		5
#define PIN_MAX		0xffff

union header {
	struct grant_entry_header h;
	u32 word;
};
static_assert(sizeof(union header) == 4 && offsetof(grant_entry_v1_t, domid) == 2, "grant_table.h");

static bool is_pinned(const struct grant_active *act)
{
	return act->readers || act->writers;
}

static u16 bits_of(unsigned int how)
{
	return how & PIN_READONLY ? GTF_reading : GTF_reading | GTF_writing;
}

/* May `who` begin to use an entry with this header, or (pinned) use it for writing too? */
static bool header_allows(union header e, const struct grant_active *act, domid_t who,
			  unsigned int how, u32 version)
{
	u32 type = e.h.flags & GTF_type_mask;

	if (!(how & PIN_READONLY) && (e.h.flags & GTF_readonly))
		return false;
	if (is_pinned(act))
		return true;
	if (e.h.domid != who || ((how & PIN_MAP) && (e.h.flags & GTF_sub_page)))
		return false;
	return type == GTF_permit_access || (type == GTF_transitive && version == 2 && !(how & PIN_MAP));
}

/* Version 1: the bits are in the entry's own flags.  The header that was accepted goes to *e. */
static bool claim_v1(struct grant_table *gt, const struct grant_active *act, u32 ref, domid_t who,
		     unsigned int how, union header *e)
{
	u32 *word = (u32 *)grant_v1(gt, ref);
	union header new;

	e->word = READ_ONCE(*word);
	for (unsigned int i = 0; i < TRIES; i++) {
		if (!header_allows(*e, act, who, how, 1))
			return false;
		new = *e;
		new.h.flags |= bits_of(how);
		if (__atomic_compare_exchange_n(word, &e->word, new.word, false, __ATOMIC_SEQ_CST,
						__ATOMIC_SEQ_CST))
			return true;
	}
	return false;
}

/* Version 2: the bits are in the status word; the header must still allow it once they are seen. */
static bool claim_v2(struct grant_table *gt, const struct grant_active *act, u32 ref, domid_t who,
		     unsigned int how, union header *e)
{
	const u32 *word = (const u32 *)grant_v2(gt, ref);
	u16 bits = bits_of(how);

	e->word = READ_ONCE(*word);
	if (!header_allows(*e, act, who, how, 2))
		return false;
	__atomic_fetch_or(grant_status(gt, ref), bits, __ATOMIC_SEQ_CST);
	e->word = READ_ONCE(*word);
	if (header_allows(*e, act, who, how, 2))
		return true;
	if (is_pinned(act))
		bits &= ~GTF_reading;
	__atomic_fetch_and(grant_status(gt, ref), ~bits, __ATOMIC_SEQ_CST);
	return false;
}

static void release(struct grant_table *gt, u32 ref, u16 bits)
{
	u16 *flags = gt->version == 1 ? &grant_v1(gt, ref)->flags : grant_status(gt, ref);

	__atomic_fetch_and(flags, ~bits, __ATOMIC_SEQ_CST);
}

/* Bits that no pin needs any more. */
static void release_unused(struct grant_table *gt, const struct grant_active *act, u32 ref)
{
	release(gt, ref, (act->writers ? 0 : GTF_writing) | (is_pinned(act) ? 0 : GTF_reading));
}

s16 grant_frame_get(struct domain *d, mfn_t mfn, bool readonly)
{
	struct frame *f;

	if (!mfn_valid(mfn))
		return GNTST_bad_page;
	f = mfn_to_frame(mfn);
	if (!frame_get(f, d))
		return GNTST_bad_page;
	if (readonly || !frame_get_type(f, FT_WRITABLE, false))
		return GNTST_okay;
	frame_put(f);
	return GNTST_general_error;
}

void grant_frame_put(struct frame *f, bool readonly)
{
	if (readonly)
		frame_put(f);
	else
		frame_put_both(f, false);
}

/* The first pin: keep what the entry says, read once.  Nothing is believed yet. */
static mfn_t read_entry(struct grant_table *gt, u32 ref, union header e, struct grant_active *act)
{
	grant_entry_v2_t *v2;

	act->domid = e.h.domid;
	act->kind = GRANT_PAGE;
	act->start = 0;
	act->length = PAGE_SIZE;
	if (gt->version == 1)
		return READ_ONCE(grant_v1(gt, ref)->frame);

	v2 = grant_v2(gt, ref);
	if ((e.h.flags & GTF_type_mask) == GTF_transitive) {
		act->kind = GRANT_TRANSITIVE;
		act->via.dom = READ_ONCE(v2->transitive.trans_domid);
		act->via.ref = READ_ONCE(v2->transitive.gref);
		return INVALID_MFN;
	}
	if (e.h.flags & GTF_sub_page) {
		act->kind = GRANT_SUB_PAGE;
		act->start = READ_ONCE(v2->sub_page.page_off);
		act->length = READ_ONCE(v2->sub_page.length);
	}
	return READ_ONCE(v2->full_page.frame);
}

/* The references of one more pin; the first sets the frame. */
static s16 take_frame(struct domain *d, struct grant_active *act, mfn_t first, bool readonly)
{
	mfn_t mfn;
	s16 status;

	if (act->kind == GRANT_TRANSITIVE)
		return GNTST_okay;
	mfn = is_pinned(act) ? frame_to_mfn(act->frame) : first;
	status = grant_frame_get(d, mfn, readonly);
	if (status == GNTST_okay)
		act->frame = mfn_to_frame(mfn);
	return status;
}

/**
 * grant_pin - take an entry of d's into use for domain `who`
 * @how: PIN_MAP, PIN_READONLY
 *
 * Return: GNTST_okay; bad_gntref beyond the table; general_error for an entry that does not allow
 * it, is in use by another domain, keeps changing, or whose frame cannot be written; bad_page for a
 * frame that is not d's.
 * Locks: d->grant->lock held.
 */
s16 grant_pin(struct domain *d, u32 ref, domid_t who, unsigned int how)
{
	struct grant_table *gt = d->grant;
	bool readonly = how & PIN_READONLY;
	struct grant_active *act;
	union header e = { .word = 0 };
	mfn_t first = INVALID_MFN;
	s16 status;

	if (ref >= grant_entries(gt))
		return GNTST_bad_gntref;
	act = grant_active(gt, ref);
	if (is_pinned(act) && (act->domid != who || act->readers == PIN_MAX || act->writers == PIN_MAX ||
			       ((how & PIN_MAP) && act->kind != GRANT_PAGE)))
		return GNTST_general_error;

	if (!is_pinned(act) || (!readonly && !act->writers)) {
		if (!(gt->version == 1 ? claim_v1 : claim_v2)(gt, act, ref, who, how, &e))
			return GNTST_general_error;
	}
	if (!is_pinned(act))
		first = read_entry(gt, ref, e, act);
	status = take_frame(d, act, first, readonly);
	if (status == GNTST_okay && readonly)
		act->readers++;
	else if (status == GNTST_okay)
		act->writers++;
	else
		release_unused(gt, act, ref);
	return status;
}

void grant_unpin(struct domain *d, u32 ref, bool readonly)
{
	struct grant_active *act = grant_active(d->grant, ref);

	CHECK(readonly ? act->readers : act->writers);
	if (act->kind != GRANT_TRANSITIVE)
		grant_frame_put(act->frame, readonly);
	if (readonly)
		act->readers--;
	else
		act->writers--;
	if (!d->dying)		/* else nobody reads the entry, and its page may be gone */
		release_unused(d->grant, act, ref);
}
