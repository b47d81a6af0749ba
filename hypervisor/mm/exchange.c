/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * XENMEM_exchange: give frames back and get others for them, such as contiguous ones below an address.
 *
 * Done in chunks, each as large as the larger of the two extent sizes; a chunk is exchanged wholly or
 * not at all.  Between chunks the progress goes to the guest's structure, where a restart finds it.
 */
#include "hypercall/hypercall.h"
#include "mm/frame-state.h"
#include "mm/guest-copy.h"
#include "mm/heap.h"
#include "mm/memory-op.h"

struct exchange {
	struct domain *d;
	const xen_memory_exchange_t *op;
	unsigned int in_order, out_order;	/* of one extent */
	unsigned int in_chunk, out_chunk;	/* log2 of extents in a chunk */
	unsigned int flags;
	mfn_t limit;
	/* The chunk under way, linked by frame.link: */
	mfn_t in, out;
};

static void push(mfn_t *list, struct frame *f)
{
	f->link = *list;
	*list = frame_to_mfn(f);
}

static struct frame *pop(mfn_t *list)
{
	struct frame *f = mfn_to_frame(*list);

	if (!*list)
		return NULL;
	*list = f->link;
	f->link = 0;
	return f;
}

static void chunk_undo(struct exchange *x)
{
	struct frame *f;

	while ((f = pop(&x->in)))
		frame_unsteal(x->d, f);
	while ((f = pop(&x->out)))
		heap_free(f, x->out_order);
}

/* Take the frames of one extent of the input list. */
static int take_in(struct exchange *x, u64 extent)
{
	u64 mfn;

	if (copy_from_guest(&mfn, handle_va(x->op->in.extent_start, extent), sizeof(mfn)))
		return -EFAULT;
	for (u64 i = 0; i < BIT(x->in_order); i++) {
		struct frame *f = frame_lookup(mfn + i);

		if (!f || frame_steal(x->d, f))
			return hc_fail(-EINVAL, "exchange: frame %#lx is in use", mfn + i);
		push(&x->in, f);
	}
	return 0;
}

static int take_out(struct exchange *x)
{
	struct frame *f = heap_alloc(x->out_order, x->flags);

	if (!f)
		return -ENOMEM;
	push(&x->out, f);
	return frame_to_mfn(f) + BIT(x->out_order) <= x->limit ? 0 : -ENOMEM;
}

static int chunk_prepare(struct exchange *x, u64 chunk)
{
	int rc = 0;

	for (u64 i = 0; !rc && i < BIT(x->in_chunk); i++)
		rc = take_in(x, (chunk << x->in_chunk) + i);
	for (u64 i = 0; !rc && i < BIT(x->out_chunk); i++)
		rc = take_out(x);
	if (rc)
		chunk_undo(x);
	return rc;
}

/* Nothing fails any more, but the guest may be beyond being told. */
static int chunk_commit(struct exchange *x, u64 chunk)
{
	struct frame *f;
	int rc = 0;

	frames_batch_begin();
	while ((f = pop(&x->in)))
		frame_discard(f);
	frames_batch_end();
	for (u64 i = chunk << x->out_chunk; (f = pop(&x->out)); i++) {
		guest_va_t slot = handle_va(x->op->out.extent_start, i);
		u64 mfn = frame_to_mfn(f), pfn;

		if (copy_from_guest(&pfn, slot, sizeof(pfn))) {
			pfn = INVALID_M2P;
			rc = -EFAULT;
		}
		if (frame_assign(x->d, f, x->out_order, pfn) && copy_to_guest(slot, &mfn, sizeof(mfn)))
			rc = -EFAULT;
	}
	return rc;
}

static int sizes_check(const xen_memory_exchange_t *e)
{
	u64 in = e->in.nr_extents, out = e->out.nr_extents;

	if (e->nr_exchanged > in || e->in.domid != e->out.domid ||
	    (~0UL >> e->in.extent_order) < in || (~0UL >> e->out.extent_order) < out ||
	    in << e->in.extent_order != out << e->out.extent_order)
		return hc_fail(-EINVAL, "exchange: sizes do not match");
	if (in > BIT(40) || out > BIT(40) ||
	    !guest_range_ok(handle_va(e->in.extent_start, 0), in * sizeof(xen_pfn_t)) ||
	    !guest_range_ok(handle_va(e->out.extent_start, 0), out * sizeof(xen_pfn_t)))
		return -EFAULT;
	return 0;
}

static int prepare(struct exchange *x, struct vcpu *v)
{
	const xen_memory_exchange_t *e = x->op;
	unsigned int max = extent_order_max(v->domain);
	int rc;

	if (e->in.extent_order > max || e->out.extent_order > max)
		return hc_fail(-EPERM, "exchange: extents of order %u, %u", e->in.extent_order,
			       e->out.extent_order);
	rc = sizes_check(e);
	if (!rc)
		rc = extent_alloc_flags(e->out.mem_flags, &x->flags, &x->limit);
	if (rc)
		return rc;
	x->in_order = e->in.extent_order;
	x->out_order = e->out.extent_order;
	if (x->in_order < x->out_order)
		x->in_chunk = x->out_order - x->in_order;
	else
		x->out_chunk = x->in_order - x->out_order;
	x->d = domain_get(e->in.domid);
	if (!x->d)
		return hc_fail(-ESRCH, "exchange: no domain %u", e->in.domid);
	if (!domain_may_control(v->domain, x->d)) {
		domain_put(x->d);
		return -EPERM;
	}
	return 0;
}

static int run(struct exchange *x, u64 *done)
{
	u64 first = *done >> x->in_chunk, chunks = x->op->in.nr_extents >> x->in_chunk;
	int rc = 0;

	for (u64 i = first; !rc && i < chunks; i++) {
		if (i != first && hypercall_preempt())
			return -ERESTART;
		rc = chunk_prepare(x, i);
		if (rc)
			break;
		rc = chunk_commit(x, i);
		*done = (i + 1) << x->in_chunk;
	}
	return rc;
}

/**
 * do_memory_exchange - exchange the input list's frames for new ones
 * @op: xen_memory_exchange; nr_exchanged tells how many input extents are done, also after an error
 *
 * Return: 0; -EINVAL for sizes that do not match, or a frame that is not the domain's or in use;
 * -EPERM; -ENOMEM; -ESRCH; -EFAULT.
 * ABI: XENMEM_exchange in memory.h.
 */
long do_memory_exchange(struct subop_call *c, void *op)
{
	xen_memory_exchange_t *e = op;
	struct exchange x = { .op = e };
	u64 done = e->nr_exchanged;
	int rc = prepare(&x, c->v);

	if (!rc) {
		rc = run(&x, &done);
		domain_put(x.d);
	}
	e->nr_exchanged = done;
	if (copy_to_guest(c->arg + offsetof(xen_memory_exchange_t, nr_exchanged), &e->nr_exchanged,
			  sizeof(e->nr_exchanged)))
		return -EFAULT;
	return rc;
}
