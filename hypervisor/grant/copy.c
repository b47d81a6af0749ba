/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Copying between frames, each side named by a grant or, the caller's own, by frame number.
 */
#include "cpu/insn.h"
#include "hypercall/hypercall.h"
#include "lib/string.h"

/* One side of a copy, held until the bytes have moved. */
struct side {
	struct domain *dom;		/* referenced */
	struct frame *frame;
	bool readonly;
	bool granted;			/* by `ref` of dom; else dom is the caller */
	u32 ref;
	u16 start, length;		/* the part of the frame that may be reached */
	struct domain *via;		/* transitive: dom's grant stands for via_ref of this */
	u32 via_ref;
};

static void unpin(struct domain *d, u32 ref, bool readonly)
{
	spin_lock(&d->grant->lock);
	grant_unpin(d, ref, readonly);
	spin_unlock(&d->grant->lock);
}

/* Pin an entry of d's for `who` and keep what it says. */
static s16 pin(struct domain *d, u32 ref, domid_t who, bool readonly, struct grant_active *act)
{
	s16 status;

	spin_lock(&d->grant->lock);
	status = grant_pin(d, ref, who, readonly ? PIN_READONLY : 0);
	if (status == GNTST_okay)
		*act = *grant_active(d->grant, ref);
	spin_unlock(&d->grant->lock);
	return status;
}

/* The grant of s->dom is a grant that dom itself was given: pin that too.  One step, no more. */
static s16 follow(struct side *s, struct grant_active *act)
{
	struct domain *via = act->via.dom == s->dom->id || act->via.dom == DOMID_SELF ?
		NULL : domain_get(act->via.dom);
	s16 status = GNTST_general_error;
	u32 ref = act->via.ref;

	if (!via)
		return status;
	status = pin(via, ref, s->dom->id, s->readonly, act);
	if (status == GNTST_okay && act->kind == GRANT_TRANSITIVE) {
		unpin(via, ref, s->readonly);
		status = GNTST_general_error;
	}
	if (status != GNTST_okay) {
		domain_put(via);
		return status;
	}
	s->via = via;
	s->via_ref = ref;
	return GNTST_okay;
}

static s16 claim_granted(struct vcpu *v, struct side *s)
{
	struct grant_active act;
	s16 status = pin(s->dom, s->ref, v->domain->id, s->readonly, &act);

	if (status != GNTST_okay)
		return status;
	s->granted = true;
	if (act.kind == GRANT_TRANSITIVE)
		status = follow(s, &act);
	if (status != GNTST_okay)
		return status;
	s->frame = act.frame;
	s->start = act.start;
	s->length = act.length;
	return GNTST_okay;
}

static s16 claim(struct vcpu *v, struct side *s, const struct gnttab_copy_ptr *p, bool gref)
{
	s16 status;

	if (gref) {
		s->ref = p->u.ref;
		return claim_granted(v, s);
	}
	status = grant_frame_get(s->dom, p->u.gmfn, s->readonly);
	if (status != GNTST_okay)
		return status;
	s->frame = mfn_to_frame(p->u.gmfn);
	s->length = PAGE_SIZE;
	return GNTST_okay;
}

static void let_go(struct side *s)
{
	if (s->via) {
		unpin(s->via, s->via_ref, s->readonly);
		domain_put(s->via);
	}
	if (s->granted)
		unpin(s->dom, s->ref, s->readonly);
	else if (s->frame)
		grant_frame_put(s->frame, s->readonly);
	if (s->dom)
		domain_put(s->dom);
}

/* Only the caller's own memory may be named by frame number. */
static s16 find_domain(struct side *s, const struct gnttab_copy_ptr *p, bool gref)
{
	s->dom = domain_get(p->domid);
	if (!s->dom)
		return GNTST_bad_domain;
	return p->domid == DOMID_SELF || gref ? GNTST_okay : GNTST_permission_denied;
}

static bool within(const struct side *s, u32 offset, u32 len)
{
	return offset >= s->start && offset + len <= (u32)s->start + s->length;
}

static s16 copy_bytes(const struct side *src, const struct side *dst, const gnttab_copy_t *c)
{
	u32 from = c->source.offset, to = c->dest.offset, len = c->len;

	if (from + len > PAGE_SIZE || to + len > PAGE_SIZE)
		return GNTST_bad_copy_arg;
	if (!within(src, from, len) || !within(dst, to, len))
		return GNTST_general_error;
	memmove((char *)mfn_to_hv(frame_to_mfn(dst->frame)) + to,
		(char *)mfn_to_hv(frame_to_mfn(src->frame)) + from, len);
	return GNTST_okay;
}

/**
 * do_gnttab_copy - copy bytes within one page from a grant or own frame to another
 *
 * Return: 0 and c->status: permission_denied for another domain's frame number; bad_domain;
 * bad_copy_arg beyond the page; general_error beyond what is granted; what grant_pin() refuses.
 * Locks: takes grant locks one at a time.
 */
long do_gnttab_copy(struct subop_call *call, void *op)
{
	gnttab_copy_t *c = op;
	bool src_ref = c->flags & GNTCOPY_source_gref, dst_ref = c->flags & GNTCOPY_dest_gref;
	struct side src = { .readonly = true }, dst = { .readonly = false };
	s16 status = find_domain(&src, &c->source, src_ref);

	if (status == GNTST_okay)
		status = find_domain(&dst, &c->dest, dst_ref);
	if (status == GNTST_okay)
		status = claim(call->v, &src, &c->source, src_ref);
	if (status == GNTST_okay)
		status = claim(call->v, &dst, &c->dest, dst_ref);
	if (status == GNTST_okay)
		status = copy_bytes(&src, &dst, c);
	let_go(&dst);
	let_go(&src);
	c->status = status;
	return 0;
}
