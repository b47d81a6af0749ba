/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmu_update: changes of page-table entries by machine address, in batches, and of the machine-to-physical
 * table.
 */
#include "dev/console.h"
#include "hypercall/hypercall.h"
#include "lib/errno.h"
#include "mm/frame-state.h"
#include "mm/guest-copy.h"
#include "mm/layout.h"
#include "mm/mmu.h"

#define COMMAND_MASK	7UL
#define CHUNK		16	/* requests copied in at once */

/* Whose pages, whose tables: the two halves of the call's last argument. */
struct parties {
	struct domain *pg_owner;
	struct domain *pt_owner;
	struct frame *held;	/* referenced: the table of the last request, often the next one's too */
	mfn_t held_mfn;
};

/* ---- batches, also for mmuext_op ----------------------------------------------------------------- */

struct domain *mmu_party_get(struct vcpu *v, u32 domid)
{
	if (likely(domid == DOMID_SELF))
		return v->domain;
	if (domid == DOMID_IO || domid == DOMID_XEN)
		return domid == DOMID_IO ? dom_io : dom_xen;
	/* One's own number is refused: DOMID_SELF says that. */
	return domid == v->domain->id ? NULL : domain_get(domid);
}

void mmu_party_put(struct vcpu *v, struct domain *d)
{
	if (d != v->domain && d != dom_io && d != dom_xen)
		domain_put(d);
}

int mmu_batch_begin(struct mmu_batch *b, u32 count, guest_va_t done, guest_va_t reqs, size_t size)
{
	b->count = count & ~MMU_UPDATE_PREEMPTED;
	b->done_va = done;
	b->done = 0;
	if ((count & MMU_UPDATE_PREEMPTED) && done && copy_from_guest(&b->done, done, sizeof(b->done)))
		b->done = 0;
	return guest_range_ok(reqs, (u64)b->count * size) ? 0 : -EFAULT;
}

/*
 * i requests are done.  The guest learns how many in all, also after an error; the count of what a
 * restart still has to do carries the flag that tells it to go on counting.
 */
long mmu_batch_end(struct vcpu *v, const struct mmu_batch *b, u32 i, guest_va_t next, long rc)
{
	u32 done = b->done + i;

	/* A count that cannot be written is the guest's loss; the requests are done. */
	if (b->done_va && copy_to_guest(b->done_va, &done, sizeof(done)))
		log_debug("done count at %#lx cannot be written", b->done_va);
	if (rc == -ERESTART) {
		hypercall_set_arg(v, 0, next);
		hypercall_set_arg(v, 1, (b->count - i) | MMU_UPDATE_PREEMPTED);
	}
	return rc;
}

/* ---- one request ---------------------------------------------------------------------------------- */

/* The frame that a request's address lies in, referenced until another one takes its place. */
static inline struct frame *request_frame(struct parties *p, mfn_t mfn)
{
	struct frame *f;

	if (likely(mfn == p->held_mfn && p->held))
		return p->held;
	f = frame_lookup(mfn);
	if (!f || !(frame_get_fast(f, p->pt_owner) || frame_get(f, p->pt_owner)))
		return NULL;
	if (p->held)
		frame_put(p->held);
	p->held = f;
	p->held_mfn = mfn;
	return f;
}

/*
 * A plain write to memory that is no table: allowed wherever the guest could have written itself.  While its
 * owner's mm.lock is held no frame becomes a table, so what is none needs no writable use.
 */
static inline int plain_write(struct frame *f, u64 x, u64 ptr, u64 val)
{
	if (likely(fs_type(x) <= FT_WRITABLE && !(x & (FS_PARTIAL | FS_CHANGING)))) {
		WRITE_ONCE(*(u64 *)maddr_to_hv(ptr), val);
		return 0;
	}
	if ((f->state & (FS_PARTIAL | FS_TYPE_REF_MASK)) == FS_PARTIAL && table_finish(f, true))
		return -ERESTART;
	if (frame_get_type(f, FT_WRITABLE, false))
		return hc_fail(-EINVAL, "%#lx: neither a table nor writable", ptr);
	WRITE_ONCE(*(u64 *)maddr_to_hv(ptr), val);
	frame_put_type(f, false);
	return 0;
}

static inline __attribute__((always_inline)) int update_table(struct parties *p, u64 ptr, u64 val, bool preserve_ad)
{
	struct frame *f = request_frame(p, PFN_DOWN(ptr));
	u64 x;

	if (!f)
		return hc_fail(-EINVAL, "table at %#lx is not the domain's", ptr);
	x = f->state;
	if ((x & FS_VALID) && type_is_table(fs_type(x)))
		return entry_set(p->pg_owner, f, (ptr & ~PAGE_MASK) / sizeof(pte_t), val, preserve_ad);
	return plain_write(f, x, ptr, val);
}

static int update_m2p(struct vcpu *v, struct parties *p, u64 ptr, u64 pfn)
{
	struct frame *f = frame_lookup(PFN_DOWN(ptr));

	if (p->pt_owner != v->domain)
		return -EPERM;
	if (!f || !frame_get(f, p->pg_owner))
		return hc_fail(-EINVAL, "frame of %#lx is not the domain's", ptr);
	m2p_set(frame_to_mfn(f), pfn);
	frame_put(f);
	return 0;
}

static int may_update(struct vcpu *v, const struct parties *p)
{
	if (p->pg_owner != dom_io && !domain_may_control(v->domain, p->pg_owner))
		return -EPERM;
	return domain_may_control(v->domain, p->pt_owner) ? 0 : -EPERM;
}

/* Locks: the caller holds pt_owner's mm.lock.  In line: forks come here thousands of times. */
static inline __attribute__((always_inline)) int one_request(struct vcpu *v, struct parties *p, const mmu_update_t *r)
{
	u64 ptr = r->ptr & ~COMMAND_MASK;

	switch (r->ptr & COMMAND_MASK) {
	case MMU_NORMAL_PT_UPDATE:
	case MMU_PT_UPDATE_NO_TRANSLATE:
	case MMU_PT_UPDATE_PRESERVE_AD:
		return update_table(p, ptr, r->val, (r->ptr & COMMAND_MASK) == MMU_PT_UPDATE_PRESERVE_AD);
	case MMU_MACHPHYS_UPDATE:
		return update_m2p(v, p, ptr, r->val);
	default:
		return hc_fail(-ENOSYS, "command %lu", r->ptr & COMMAND_MASK);
	}
}

/* ---- the call ------------------------------------------------------------------------------------- */

/* Several at once; where that meets unmapped memory, one, so that those before it are still done. */
static u32 fetch(mmu_update_t *r, guest_va_t va, u32 left)
{
	u32 n = MIN(left, (u32)CHUNK);

	if (!copy_from_guest(r, va, n * sizeof(*r)))
		return n;
	return copy_from_guest(r, va, sizeof(*r)) ? 0 : 1;
}

/* Requests in order until one fails or it is time to leave; *i counts those done. */
static long run_requests(struct vcpu *v, struct parties *p, guest_va_t reqs, u32 count, u32 *i)
{
	mmu_update_t r[CHUNK];
	u32 have = 0, at = 0;
	long rc = p->pt_owner->dying ? -EINVAL : mm_finish_dying(p->pt_owner);

	while (!rc && *i < count) {
		if (at == have) {
			if (*i && hypercall_preempt())
				return -ERESTART;
			have = fetch(r, reqs + (u64)*i * sizeof(r[0]), count - *i);
			at = 0;
			if (!have)
				return -EFAULT;
		}
		rc = one_request(v, p, &r[at++]);
		if (rc)
			break;
		++*i;
		rc = mm_finish_dying(p->pt_owner);
	}
	return rc;
}

/* Fetched again, so that nothing need be kept for it in the usual case. */
unsigned long mmu_update_unusual(struct domain *d, guest_va_t req)
{
	struct parties p = { d, d, NULL, 0 };
	mmu_update_t r;
	bool refused = d->dying || d->mm.dying || copy_from_guest(&r, req, sizeof(r)) || one_request(current, &p, &r);
	bool left = d->mm.dying;

	if (p.held)
		frame_put(p.held);
	spin_unlock(&d->mm.lock);
	return refused ? OWN_NOT : left ? OWN_LEFT : OWN_DONE;
}

/*
 * The high half of `foreign` is 0, or the number of the tables' owner plus 1; the low half is the pages'
 * owner.  mmu_party_put() both.
 */
static long find_parties(struct vcpu *v, u32 foreign, struct parties *p)
{
	u32 pt = foreign >> 16;

	if (!pt || pt - 1 == v->domain->id)
		p->pt_owner = v->domain;
	else if (pt - 1 < DOMID_FIRST_RESERVED)
		p->pt_owner = domain_get(pt - 1);
	if (!p->pt_owner)
		return hc_fail(-ESRCH, "no domain %u", pt - 1);
	p->pg_owner = mmu_party_get(v, foreign & 0xffff);
	if (!p->pg_owner) {
		mmu_party_put(v, p->pt_owner);
		return hc_fail(-ESRCH, "no foreign domain %u", foreign & 0xffff);
	}
	return 0;
}

/**
 * do_mmu_update - change page-table entries, or the machine-to-physical table
 * a->reqs:    requests: address with a command in its low bits, and value
 * a->count:   how many; the top bit says that a restart goes on counting
 * a->done:    may be NULL; gets how many were done
 * a->foreign: low half: owner of the pages that entries name; high half: 0, or owner of the tables + 1
 *
 * Requests are done in order until one fails.  A frame that is no table is written if it can be had
 * writable.  Stale TLB entries are the guest's to flush.
 *
 * Return: 0; -EINVAL, -EPERM, -EBUSY for what an entry may not say; -ENOSYS for an unknown command;
 * -ESRCH; -EFAULT.
 * Locks: takes the mm.lock of the tables' owner.
 * ABI: __HYPERVISOR_mmu_update in xen.h.
 */
long do_mmu_update(struct vcpu *v, const struct hc_mmu_update *a)
{
	guest_va_t reqs = a->reqs_reg;
	struct parties p = { 0 };
	struct mmu_batch b;
	u32 i = 0;
	long rc = mmu_batch_begin(&b, a->count, a->done_reg, reqs, sizeof(mmu_update_t));

	if (rc)
		return rc;
	rc = find_parties(v, a->foreign, &p);
	if (!rc) {
		rc = may_update(v, &p);
		if (!rc) {
			spin_lock(&p.pt_owner->mm.lock);
			rc = run_requests(v, &p, reqs, b.count, &i);
			if (p.held)
				frame_put(p.held);
			spin_unlock(&p.pt_owner->mm.lock);
		}
		mmu_party_put(v, p.pg_owner);
		mmu_party_put(v, p.pt_owner);
	}
	return mmu_batch_end(v, &b, i, reqs + (u64)i * sizeof(mmu_update_t), rc);
}
