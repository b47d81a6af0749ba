/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * memory_op: how much memory a domain has, which frames, and what the machine's memory looks like.
 *
 * Calls that work on lists of extents answer with how many they did; a restart carries that number
 * above the command's bits.  exchange (exchange.c) keeps it in its structure instead.
 */
#include "hypercall/hypercall.h"
#include "mm/frame-state.h"
#include "mm/guest-copy.h"
#include "mm/heap.h"
#include "mm/layout.h"
#include "mm/memmap.h"
#include "mm/memory-op.h"

#define MEMOP_EXTENT_SHIFT 6
#define EXTENTS_MAX	((u64)UINT32_MAX >> MEMOP_EXTENT_SHIFT)

unsigned int extent_order_max(const struct domain *d)
{
	return d->privileged ? HEAP_MAX_ORDER : 9;
}

int extent_alloc_flags(u32 mem_flags, unsigned int *flags, mfn_t *limit)
{
	unsigned int bits = mem_flags & 0xff;	/* XENMEMF_address_bits */

	*flags = 0;
	*limit = ~0UL;
	if (!bits || bits >= 64 || BIT(bits) >= max_mfn << PAGE_SHIFT)
		return 0;
	if (bits <= PAGE_SHIFT)
		return -EINVAL;
	*limit = BIT(bits - PAGE_SHIFT);
	*flags = MEMF_DMA32;
	return 0;
}

/* ---- extents: increase, decrease, populate ---------------------------------------------------------- */

/* One such call under way. */
struct extents {
	struct domain *d;
	guest_va_t list;		/* xen_pfn_t each; 0: none (increase only) */
	u64 i, nr;
	unsigned int order;
	unsigned int flags;
	mfn_t limit;			/* frames below this */
};

static void extent_free(const struct extents *x, struct frame *f)
{
	for (u64 i = 0; i < BIT(x->order); i++)
		frame_free(x->d, f + i);
}

static struct frame *extent_alloc(const struct extents *x, pfn_t pfn)
{
	struct frame *f = frame_alloc_at(x->d, x->order, x->flags, pfn);

	if (!f || frame_to_mfn(f) + BIT(x->order) <= x->limit)
		return f;
	extent_free(x, f);
	return NULL;
}

/* Tell the guest which frame extent i got.  Fails for an extent that it cannot be told of. */
static int extent_answer(const struct extents *x, struct frame *f)
{
	u64 mfn = frame_to_mfn(f);

	return copy_to_guest(x->list + x->i * sizeof(mfn), &mfn, sizeof(mfn));
}

static int increase_one(struct extents *x)
{
	struct frame *f = extent_alloc(x, INVALID_M2P);

	if (!f)
		return -ENOMEM;
	if (!x->list || !extent_answer(x, f))
		return 0;
	extent_free(x, f);
	return -EFAULT;
}

static int populate_one(struct extents *x)
{
	struct frame *f;
	u64 pfn;

	if (copy_from_guest(&pfn, x->list + x->i * sizeof(pfn), sizeof(pfn)))
		return -EFAULT;
	f = extent_alloc(x, pfn);
	return f ? extent_answer(x, f) : -ENOMEM;
}

static int decrease_one(struct extents *x)
{
	u64 mfn;

	if (copy_from_guest(&mfn, x->list + x->i * sizeof(mfn), sizeof(mfn)))
		return -EFAULT;
	for (u64 i = 0; i < BIT(x->order); i++) {
		struct frame *f = frame_lookup(mfn + i);

		if (!f || frame_free(x->d, f))
			return hc_fail(-EINVAL, "frame %#lx is not the domain's", mfn + i);
	}
	return 0;
}

static long extents_run(struct extents *x, int (*one)(struct extents *x))
{
	u64 start = x->i;
	int rc = mm_finish_dying_now(x->d);

	frames_batch_begin();
	for (; !rc && x->i < x->nr; x->i++) {
		if (x->i != start && hypercall_preempt())
			rc = -ERESTART;
		else
			rc = one(x);
		if (rc)
			break;
		if (!((x->i - start + 1) << x->order & 1023)) {		/* handing back takes time, too */
			frames_batch_end();
			frames_batch_begin();
		}
	}
	frames_batch_end();
	return rc == -ERESTART ? rc : (long)x->i;
}

/* Common to the three: the answer is the number of extents done, whatever stopped it. */
static long extents_call(struct subop_call *c, const xen_memory_reservation_t *r,
			 int (*one)(struct extents *x), bool list_needed)
{
	struct extents x = {
		.list = handle_va(r->extent_start, 0), .i = c->extra, .nr = r->nr_extents,
		.order = r->extent_order,
	};
	long rc = c->extra;

	if (x.nr > EXTENTS_MAX || x.i >= x.nr || r->extent_order > extent_order_max(c->v->domain))
		return rc;
	if ((x.list || list_needed) && !guest_range_ok(x.list, x.nr * sizeof(xen_pfn_t)))
		return rc;
	if (extent_alloc_flags(r->mem_flags, &x.flags, &x.limit))
		return rc;
	x.d = domain_get(r->domid);
	if (!x.d)
		return rc;
	if (domain_may_control(c->v->domain, x.d))
		rc = extents_run(&x, one);
	domain_put(x.d);
	c->extra = x.i;
	return rc;
}

long do_memory_increase_reservation(struct subop_call *c, void *op)
{
	return extents_call(c, op, increase_one, false);
}

/*
 * Frames still mapped or in use as tables stay the domain's, and count, until the last such use ends.
 */
long do_memory_decrease_reservation(struct subop_call *c, void *op)
{
	return extents_call(c, op, decrease_one, true);
}

long do_memory_populate_physmap(struct subop_call *c, void *op)
{
	return extents_call(c, op, populate_one, true);
}

/* ---- numbers ---------------------------------------------------------------------------------------- */

long do_memory_maximum_ram_page(struct subop_call *c, void *op)
{
	return c->extra ? -EINVAL : (long)max_mfn;
}

static long with_domain(struct subop_call *c, const domid_t *id, long (*fn)(struct domain *d))
{
	struct domain *d;
	long rc;

	if (c->extra)
		return -EINVAL;
	d = domain_get(*id);
	if (!d)
		return hc_fail(-ESRCH, "no domain %u", *id);
	rc = domain_may_control(c->v->domain, d) ? fn(d) : -EPERM;
	domain_put(d);
	return rc;
}

static long tot_pages(struct domain *d)
{
	return d->mm.tot_pages;
}

static long max_pages(struct domain *d)
{
	return d->mm.max_pages;
}

static long max_gpfn(struct domain *d)
{
	u64 n;

	spin_lock(&d->lock);
	n = d->shared ? READ_ONCE(d->shared->arch.max_pfn) : 0;
	spin_unlock(&d->lock);
	return n ? n - 1 : 0;
}

long do_memory_current_reservation(struct subop_call *c, void *op)
{
	return with_domain(c, op, tot_pages);
}

long do_memory_maximum_reservation(struct subop_call *c, void *op)
{
	return with_domain(c, op, max_pages);
}

long do_memory_maximum_gpfn(struct subop_call *c, void *op)
{
	return with_domain(c, op, max_gpfn);
}

/* ---- the M2P, the machine ----------------------------------------------------------------------------- */

/* First frame of each 2 MiB of the M2P; in a hole, that of the piece before. */
long do_memory_machphys_mfn_list(struct subop_call *c, void *op)
{
	xen_machphys_mfn_list_t *l = op;
	u64 mfn = 0;
	u32 i;

	for (i = 0; i < l->max_extents && i < m2p_nr_extents(); i++) {
		mfn_t extent = m2p_extent(i);

		if (extent)
			mfn = extent;
		if (copy_to_guest(handle_va(l->extent_start, i), &mfn, sizeof(mfn)))
			return -EFAULT;
	}
	l->nr_extents = i;
	return 0;
}

long do_memory_machphys_mapping(struct subop_call *c, void *op)
{
	xen_machphys_mapping_t *m = op;

	m->v_start = MACH2PHYS_VIRT_START;
	m->v_end = MACH2PHYS_VIRT_END;
	m->max_mfn = max_mfn - 1;
	return 0;
}

/* E820 entries as the ABI lays them out. */
struct e820_entry {
	u64 addr, size;
	u32 type;
} __packed;

long do_memory_machine_memory_map(struct subop_call *c, void *op)
{
	xen_memory_map_t *m = op;
	guest_va_t buffer = (guest_va_t)m->buffer.p;
	u32 i;

	if (buffer && m->nr_entries < memmap_count)
		return hc_fail(-EINVAL, "room for %u entries, there are %u", m->nr_entries, memmap_count);
	for (i = 0; i < memmap_count; i++) {
		struct e820_entry e = { memmap[i].start, memmap[i].size, memmap[i].type };

		if (buffer && copy_to_guest(buffer + i * sizeof(e), &e, sizeof(e)))
			return -EFAULT;
	}
	m->nr_entries = i;
	return 0;
}

/* ---- the call ----------------------------------------------------------------------------------------- */

/* These answer with a count, also when their structure cannot be read. */
static bool answers_count(u32 cmd)
{
	return cmd == XENMEM_increase_reservation || cmd == XENMEM_decrease_reservation ||
	       cmd == XENMEM_populate_physmap;
}

/**
 * do_memory_op - ask for, give back, and find out about memory
 * a->cmd: XENMEM_*; above its 6 bits, the extent to go on from after a restart
 * a->arg: the command's structure
 *
 * Return: as the command has it; -ENOSYS for an unknown one; -EFAULT.
 * ABI: memory.h.
 */
long do_memory_op(struct vcpu *v, const struct hc_memory_op *a)
{
	u32 cmd = a->cmd & ((1u << MEMOP_EXTENT_SHIFT) - 1);
	struct subop_call c = { .v = v, .extra = a->cmd >> MEMOP_EXTENT_SHIFT, .arg = a->arg_reg };
	u64 start = c.extra;
	long rc = subop_call(FAM_memory, cmd, &c);

	if (rc == -ERESTART && answers_count(cmd))
		hypercall_set_arg(v, 0, cmd | c.extra << MEMOP_EXTENT_SHIFT);
	else if (rc == -EFAULT && answers_count(cmd))
		return start;
	return rc;
}
