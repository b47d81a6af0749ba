/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmuext_op: pins, roots, TLB and cache flushes, LDT, clearing and copying of frames.
 *
 * c->arg is the hypervisor's copy of the operation; c->extra the domain whose frames it names.
 */
#include "cpu/insn.h"
#include "cpu/smp.h"
#include "hypercall/hypercall.h"
#include "lib/string.h"
#include "mm/frame-state.h"
#include "mm/guest-copy.h"
#include "mm/layout.h"
#include "mm/mmu.h"

#define LDT_MAX_ENTRIES	8192u

static inline const mmuext_op_t *op_of(const struct subop_call *c)
{
	return (const mmuext_op_t *)c->arg;
}

static inline struct domain *owner_of(const struct subop_call *c)
{
	return (struct domain *)c->extra;
}

/* Roots, flushes and the LDT are only one's own. */
#define OWN_ONLY (BIT(MMUEXT_NEW_BASEPTR) | BIT(MMUEXT_TLB_FLUSH_LOCAL) | BIT(MMUEXT_INVLPG_LOCAL) |	\
		  BIT(MMUEXT_TLB_FLUSH_MULTI) | BIT(MMUEXT_INVLPG_MULTI) | BIT(MMUEXT_TLB_FLUSH_ALL) |	\
		  BIT(MMUEXT_INVLPG_ALL) | BIT(MMUEXT_FLUSH_CACHE) | BIT(MMUEXT_SET_LDT) |		\
		  BIT(MMUEXT_NEW_USER_BASEPTR) | BIT(MMUEXT_FLUSH_CACHE_GLOBAL))

/* ---- pins ----------------------------------------------------------------------------------------- */

static long pin(struct subop_call *c, enum frame_type type)
{
	return mm_pin(owner_of(c), op_of(c)->arg1.mfn, type, true);
}

long do_mmuext_pin_l1_table(struct subop_call *c, void *op) { (void)op; return pin(c, FT_L1); }
long do_mmuext_pin_l2_table(struct subop_call *c, void *op) { (void)op; return pin(c, FT_L2); }
long do_mmuext_pin_l3_table(struct subop_call *c, void *op) { (void)op; return pin(c, FT_L3); }
long do_mmuext_pin_l4_table(struct subop_call *c, void *op) { (void)op; return pin(c, FT_L4); }

long do_mmuext_unpin_table(struct subop_call *c, void *op)
{
	return mm_unpin(owner_of(c), op_of(c)->arg1.mfn);
}

/* ---- roots ---------------------------------------------------------------------------------------- */

long do_mmuext_new_baseptr(struct subop_call *c, void *op)
{
	return pv_set_root(c->v, op_of(c)->arg1.mfn);
}

long do_mmuext_new_user_baseptr(struct subop_call *c, void *op)
{
	return mm_set_user_root(c->v, op_of(c)->arg1.mfn);
}

/* ---- flushes -------------------------------------------------------------------------------------- */

int mmu_vcpu_mask(struct vcpu *v, guest_va_t va, u64 *cpus)
{
	struct domain *d = v->domain;

	*cpus = 0;
	/* What was changed shows before a vCPU that does not run now can begin to. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	for (u32 first = 0; first < d->max_vcpus; first += 64, va += 8) {
		u64 word;

		if (copy_from_guest(&word, va, sizeof(word)))
			return -EFAULT;
		for (; word; word &= word - 1) {
			u32 id = first + __builtin_ctzl(word);
			struct vcpu *w = id < d->max_vcpus ? d->vcpu[id] : NULL;

			if (w && READ_ONCE(w->sched.running))
				*cpus |= BIT(w->sched.cpu);
		}
	}
	return 0;
}

/* On CPUs `cpus`: all, or the page that the operation names. */
static long flush(const struct subop_call *c, u64 cpus, bool page)
{
	guest_va_t va = op_of(c)->arg1.linear_addr;

	if (!page)
		tlb_flush_mask(&cpus);
	else if (va_is_canonical(va) && !va_is_hypervisor(va))
		tlb_flush_page_mask(&cpus, va);
	return 0;
}

static long flush_multi(const struct subop_call *c, bool page)
{
	u64 cpus;

	if (mmu_vcpu_mask(c->v, handle_va(op_of(c)->arg2.vcpumask, 0), &cpus))
		return hc_fail(-EINVAL, "mask of vCPUs");
	return flush(c, cpus, page);
}

long do_mmuext_tlb_flush_local(struct subop_call *c, void *op) { return flush(c, BIT(this_cpu()), false); }
long do_mmuext_invlpg_local(struct subop_call *c, void *op) { return flush(c, BIT(this_cpu()), true); }
long do_mmuext_tlb_flush_multi(struct subop_call *c, void *op) { return flush_multi(c, false); }
long do_mmuext_invlpg_multi(struct subop_call *c, void *op) { return flush_multi(c, true); }
long do_mmuext_tlb_flush_all(struct subop_call *c, void *op) { return flush(c, tlb_cpus_of(c->v->domain), false); }
long do_mmuext_invlpg_all(struct subop_call *c, void *op) { return flush(c, tlb_cpus_of(c->v->domain), true); }

/* Caches matter to those who drive devices. */
static long flush_caches(const struct subop_call *c, u64 cpus, long refused)
{
	if (!c->v->domain->privileged)
		return refused;
	cache_flush_mask(&cpus);
	return 0;
}

long do_mmuext_flush_cache(struct subop_call *c, void *op)
{
	return flush_caches(c, BIT(this_cpu()), -EACCES);
}

long do_mmuext_flush_cache_global(struct subop_call *c, void *op)
{
	return flush_caches(c, cpus_online[0], -EINVAL);
}

/* ---- LDT, contents of frames ---------------------------------------------------------------------- */

long do_mmuext_set_ldt(struct subop_call *c, void *op)
{
	u32 n = op_of(c)->arg2.nr_ents;
	guest_va_t base = n ? op_of(c)->arg1.linear_addr : 0;

	return pv_set_ldt(c->v, base, n);
}

static struct frame *get_writable(struct domain *d, mfn_t mfn)
{
	struct frame *f = frame_lookup(mfn);

	return f && !frame_get_both(f, d, FT_WRITABLE, false) ? f : NULL;
}

long do_mmuext_clear_page(struct subop_call *c, void *op)
{
	struct frame *f = get_writable(owner_of(c), op_of(c)->arg1.mfn);

	if (!f)
		return hc_fail(-EINVAL, "clear: frame %#lx", (u64)op_of(c)->arg1.mfn);
	memset(mfn_to_hv(frame_to_mfn(f)), 0, PAGE_SIZE);
	frame_put_both(f, false);
	return 0;
}

long do_mmuext_copy_page(struct subop_call *c, void *op)
{
	struct frame *src = frame_lookup(op_of(c)->arg2.src_mfn), *dst;
	long rc = -EINVAL;

	if (!src || !frame_get(src, owner_of(c)))
		return hc_fail(-EINVAL, "copy: frame %#lx", (u64)op_of(c)->arg2.src_mfn);
	dst = get_writable(owner_of(c), op_of(c)->arg1.mfn);
	if (dst) {
		memmove(mfn_to_hv(frame_to_mfn(dst)), mfn_to_hv(frame_to_mfn(src)), PAGE_SIZE);
		frame_put_both(dst, false);
		rc = 0;
	}
	frame_put(src);
	return rc;
}

/* ---- the call ------------------------------------------------------------------------------------- */

static long run_ops(struct vcpu *v, struct domain *pg_owner, guest_va_t ops, u32 count, u32 *i)
{
	long rc = mm_finish_dying_now(pg_owner);

	while (!rc && *i < count) {
		mmuext_op_t op;
		struct subop_call c = { .v = v, .extra = (u64)pg_owner, .arg = (u64)&op };

		if (*i && hypercall_preempt())
			return -ERESTART;
		if (!fetch_words((u64 *)&op, ops + (u64)*i * sizeof(op), sizeof(op)))
			return -EFAULT;
		if (pg_owner != v->domain && op.cmd < 64 && (OWN_ONLY & BIT(op.cmd)))
			return -EPERM;
		rc = subop_call(FAM_mmuext, op.cmd, &c);
		if (rc)
			break;
		++*i;
		rc = mm_finish_dying_now(pg_owner);
	}
	return rc;
}

unsigned long mmuext_own(guest_va_t req, struct vcpu *v)
{
	struct domain *d = v->domain;
	mmuext_op_t op;
	struct subop_call c = { .v = v, .extra = (u64)d, .arg = (u64)&op };

	v->hc.nr = HC_mmuext_op;
	if (READ_ONCE(d->mm.dying) || !fetch_words((u64 *)&op, req, sizeof(op)))
		return OWN_NOT;
	/* Linux' most usual one needs no looking up: all may do it, and it cannot fail. */
	if (op.cmd == MMUEXT_INVLPG_LOCAL)
		flush(&c, BIT(this_cpu()), true);
	else if (subop_call(FAM_mmuext, op.cmd, &c))
		return OWN_NOT;
	return READ_ONCE(d->mm.dying) ? OWN_LEFT : OWN_DONE;
}

/**
 * do_mmuext_op - other operations on page tables and frames
 * a->ops:     operations
 * a->count:   how many; the top bit says that a restart goes on counting
 * a->done:    may be NULL; gets how many were done
 * a->foreign: DOMID_SELF, or the domain whose frames are meant
 *
 * Operations are done in order until one fails.
 *
 * Return: 0; -EINVAL; -EPERM for what can only be done to oneself; -EACCES for cache flushes without
 * devices; -ENOSYS, -EOPNOTSUPP; -ESRCH; -EFAULT; what a table's entry was refused with.
 * Locks: takes the owner's mm.lock for each operation that needs it.
 * ABI: __HYPERVISOR_mmuext_op in xen.h.
 */
long do_mmuext_op(struct vcpu *v, const struct hc_mmuext_op *a)
{
	guest_va_t ops = a->ops_reg;
	struct domain *pg_owner;
	struct mmu_batch b;
	u32 i = 0;
	long rc = mmu_batch_begin(&b, a->count, a->done_reg, ops, sizeof(mmuext_op_t));

	if (rc)
		return rc;
	pg_owner = mmu_party_get(v, a->foreign & 0xffff);
	if (!pg_owner)
		return hc_fail(-ESRCH, "no foreign domain %u", a->foreign);
	rc = -EPERM;
	if (domain_may_control(v->domain, pg_owner)) {
		rc = run_ops(v, pg_owner, ops, b.count, &i);
		rc = mmu_batch_end(v, &b, i, ops + (u64)i * sizeof(mmuext_op_t), rc);
	}
	mmu_party_put(v, pg_owner);
	return rc;
}
