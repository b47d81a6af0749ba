/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owners, references, and the types that need no lock: none and writable.
 *
 * A type change is where stale TLB entries could hurt: a CPU may still have a writable entry for a
 * frame that is about to become a table, or cached steps of a walk through a frame that is a table no
 * more.  So the last use of a type notes the TLB clock, and the first use of another type flushes
 * the CPUs that have not flushed since.  FS_CHANGING makes others wait while that goes on, so nobody
 * gets a use in between that the flush has not seen.
 */
#include "cpu/insn.h"
#include "hypercall/hypercall.h"
#include "lib/bitmap.h"
#include "mm/frame-state.h"
#include "mm/heap.h"
#include "mm/memmap.h"

mfn_t max_mfn;
const struct ram_range *frame_likely_range = ram;

bool mfn_valid(mfn_t mfn)
{
	for (u32 i = 0; i < ram_count; i++)
		if (mfn >= ram[i].start && mfn < ram[i].end) {
			WRITE_ONCE(frame_likely_range, &ram[i]);
			return true;
		}
	return false;
}

enum frame_type frame_type(const struct frame *f)
{
	u64 x = f->state;

	return (x & FS_TYPE_REF_MASK) ? fs_type(x) : FT_NONE;
}

/* ---- the end of a frame ------------------------------------------------------------------------ */

/* Frames waiting for the one flush of a batch; by CPU, since nothing else frees there meanwhile. */
static struct {
	bool open;
	mfn_t first;
} batch[NR_CPUS];

/* The last frame of a dead domain lets go of the domain. */
static void pages_uncharge(struct domain *d, u64 n)
{
	bool last;

	if (!d)
		return;
	spin_lock(&d->mm.pages_lock);
	d->mm.tot_pages -= n;
	last = d->mm.leaving && !d->mm.tot_pages;
	if (last)
		d->mm.leaving = false;
	spin_unlock(&d->mm.pages_lock);
	if (last)
		domain_put(d);
}

/* All but the state as for a frame that nobody has used. */
static void begin(struct frame *f, struct domain *d)
{
	f->owner = d;
	f->nr_valid = 0;
	f->linear = 0;
	f->tlb_stamp = 0;
	f->order = 0;
}

/* No reference is left and no CPU can reach it: back to the heap.  Return: who is still charged for it. */
static struct domain *frame_finish(struct frame *f)
{
	struct domain *d = f->owner;

	m2p_set(frame_to_mfn(f), INVALID_M2P);
	begin(f, NULL);
	__atomic_store_n(&f->state, 0, __ATOMIC_RELEASE);
	heap_free(f, 0);
	return d;
}

static void frame_release(struct frame *f)
{
	u32 cpu = this_cpu();

	CHECK(!(f->state & ~(FS_REF_MASK | FS_TYPE_MASK)));
	if (batch[cpu].open) {
		f->link = batch[cpu].first;
		batch[cpu].first = frame_to_mfn(f);
		return;
	}
	tlb_flush_since(tlb_now());
	pages_uncharge(frame_finish(f), 1);
}

void frames_batch_begin(void)
{
	CHECK(!batch[this_cpu()].open);
	batch[this_cpu()].open = true;
}

void frames_batch_end(void)
{
	u32 cpu = this_cpu();
	mfn_t mfn = batch[cpu].first;
	struct domain *d = NULL;
	u64 n = 0;

	batch[cpu].open = false;
	batch[cpu].first = 0;
	if (mfn)
		tlb_flush_since(tlb_now());
	while (mfn) {
		struct frame *f = mfn_to_frame(mfn);

		mfn = f->link;
		if (f->owner != d) {
			pages_uncharge(d, n);
			n = 0;
		}
		d = frame_finish(f);
		n++;
	}
	pages_uncharge(d, n);
}

/* ---- general references ------------------------------------------------------------------------ */

bool frame_get(struct frame *f, const struct domain *d)
{
	u64 x = f->state;

	do {
		if (!(x & FS_REF_MASK) || (x & FS_REF_FULL) || f->owner != d)
			return false;
	} while (!frame_cas(f, &x, x + FS_REF));

	/* Only now is the owner fixed. */
	if (likely(f->owner == d))
		return true;
	frame_put(f);
	return false;
}

void frame_put_last(struct frame *f, u64 refs)
{
	CHECK(refs == 1);
	frame_release(f);
}

void frame_put(struct frame *f)
{
	frame_put_inline(f);
}

/* ---- writable uses ------------------------------------------------------------------------------ */

u64 frame_wait(const struct frame *f)
{
	u64 x;

	while ((x = f->state) & FS_CHANGING) {
		tlb_poll();
		cpu_relax();
	}
	return x;
}

/*
 * Take a writable use, and with `ref` = FS_REF a general reference too, if the frame belongs to d.
 * Without, the caller holds one, and d does not matter.
 */
static int writable_get(struct frame *f, const struct domain *d, u64 ref)
{
	u64 x = f->state, n;

	for (;;) {
		if (unlikely(!(x & FS_REF_MASK) || (x & (FS_REF_FULL | FS_TYPE_REF_FULL))))
			return -EINVAL;
		if (ref && unlikely(f->owner != d))
			return -EINVAL;
		if (unlikely(x & FS_CHANGING)) {
			x = frame_wait(f);
			continue;
		}
		n = x + ref + FS_TYPE_REF;
		if (fs_type(x) != FT_WRITABLE) {
			if (x & (FS_TYPE_REF_MASK | FS_PARTIAL))
				return -EINVAL;
			n = (n & ~FS_TYPE_MASK) | fs_of_type(FT_WRITABLE);
			if (fs_type(x) != FT_NONE)
				n |= FS_CHANGING;
		}
		if (likely(frame_cas(f, &x, n)))
			break;
	}
	if (unlikely(n & FS_CHANGING)) {
		/* It was a table: no CPU may walk through it any more once it can be written. */
		tlb_flush_since(f->tlb_stamp);
		__atomic_fetch_and(&f->state, ~FS_CHANGING, __ATOMIC_SEQ_CST);
	}
	if (ref && unlikely(f->owner != d)) {
		frame_put_both(f, false);
		return -EINVAL;
	}
	return 0;
}

/*
 * Drop a writable use, and with `ref` = FS_REF a general reference.  The last use notes the clock
 * before anyone else may take a type: a change of type must see it.
 */
static void writable_put(struct frame *f, u64 ref)
{
	u64 x = f->state;

	for (;;) {
		u64 n = x - FS_TYPE_REF;
		bool last = !(n & FS_TYPE_REF_MASK);

		CHECK(x & FS_TYPE_REF_MASK);
		if (!frame_cas(f, &x, last ? n | FS_CHANGING : n - ref))
			continue;
		if (likely(!last)) {
			/* A use left implies a reference left. */
			CHECK((n - ref) & FS_REF_MASK);
			return;
		}
		break;
	}
	f->tlb_stamp = tlb_now();
	x = __atomic_sub_fetch(&f->state, FS_CHANGING + ref, __ATOMIC_SEQ_CST);
	if (unlikely(!(x & FS_REF_MASK)))
		frame_release(f);
}

/* ---- any type ----------------------------------------------------------------------------------- */

int frame_get_type(struct frame *f, enum frame_type type, bool preemptible)
{
	if (type == FT_NONE)
		return 0;
	if (type == FT_WRITABLE)
		return writable_get(f, NULL, 0);
	return table_get(f, type, preemptible);
}

int frame_put_type(struct frame *f, bool preemptible)
{
	if (fs_type(f->state) == FT_WRITABLE) {
		writable_put(f, 0);
		return 0;
	}
	return table_put(f, preemptible);
}

int frame_get_both(struct frame *f, const struct domain *d, enum frame_type type, bool preemptible)
{
	int rc;

	if (type != FT_NONE && likely(frame_get_both_fast(f, d, type)))
		return 0;
	if (type == FT_WRITABLE)
		return writable_get(f, d, FS_REF);
	if (!frame_get(f, d))
		return -EINVAL;
	rc = frame_get_type(f, type, preemptible);
	if (rc)
		frame_put(f);
	return rc;
}

int frame_put_both(struct frame *f, bool preemptible)
{
	int rc;

	if (likely(frame_put_both_fast(f)))
		return 0;
	if (fs_type(f->state) == FT_WRITABLE) {
		writable_put(f, FS_REF);
		return 0;
	}
	rc = table_put(f, preemptible);
	frame_put(f);
	return rc;
}

/* ---- allocation to domains ---------------------------------------------------------------------- */

/* Charge d for n pages; *promised of them were promised to it. */
static bool pages_charge(struct domain *d, u64 n, u64 *promised)
{
	bool ok;

	spin_lock(&d->mm.pages_lock);
	ok = !d->dying && d->mm.tot_pages + n <= d->mm.max_pages;
	if (ok) {
		d->mm.tot_pages += n;
		*promised = MIN(n, d->mm.claimed);
		d->mm.claimed -= *promised;
	}
	spin_unlock(&d->mm.pages_lock);
	return ok;
}

/* There is no such block: promised is still promised, but to a dying domain. */
static void pages_give_up(struct domain *d, u64 n, u64 promised)
{
	spin_lock(&d->mm.pages_lock);
	if (!d->dying)
		d->mm.claimed += promised;
	else
		heap_promise_end(promised);
	spin_unlock(&d->mm.pages_lock);
	pages_uncharge(d, n);
}

bool frame_assign(struct domain *d, struct frame *f, unsigned int order, pfn_t pfn)
{
	bool ok;

	spin_lock(&d->mm.pages_lock);
	ok = !d->dying;		/* else d's end may have looked for its frames already */
	for (u64 i = 0; ok && i < BIT(order); i += FRAME_CHUNK)
		bitmap_set(d->mm.chunks, (frame_to_mfn(f) + i) / FRAME_CHUNK);
	for (u64 i = 0; ok && i < BIT(order); i++) {
		struct frame *g = f + i;

		CHECK(!g->state && !g->owner);
		begin(g, d);
		m2p_set(frame_to_mfn(g), pfn == INVALID_M2P ? pfn : pfn + i);
		__atomic_store_n(&g->state, FS_ALLOCATED | FS_REF, __ATOMIC_RELEASE);
	}
	spin_unlock(&d->mm.pages_lock);
	if (!ok) {
		heap_free(f, order);
		pages_uncharge(d, BIT(order));
	}
	return ok;
}

struct frame *frame_alloc_at(struct domain *d, unsigned int order, unsigned int flags, pfn_t pfn)
{
	struct frame *f;
	u64 promised;

	if (order > HEAP_MAX_ORDER || !pages_charge(d, BIT(order), &promised))
		return NULL;
	f = heap_alloc_promised(order, flags, promised);
	if (!f)
		pages_give_up(d, BIT(order), promised);
	return f && frame_assign(d, f, order, pfn) ? f : NULL;
}

struct frame *frame_alloc(struct domain *d, unsigned int order, unsigned int flags)
{
	return frame_alloc_at(d, order, flags, INVALID_M2P);
}

int frame_free(struct domain *d, struct frame *f)
{
	int rc = -EINVAL;

	if (!frame_get(f, d))
		return -EINVAL;
	if (unlikely(f->state & FS_PARTIAL)) {
		spin_lock(&d->mm.lock);
		table_abandon(f);
		spin_unlock(&d->mm.lock);
	}
	if (__atomic_fetch_and(&f->state, ~FS_ALLOCATED, __ATOMIC_SEQ_CST) & FS_ALLOCATED) {
		frame_put(f);
		rc = 0;
	}
	frame_put(f);
	return rc;
}

/* ---- exchange ----------------------------------------------------------------------------------- */

int frame_steal(struct domain *d, struct frame *f)
{
	u64 x;

	if (!frame_get(f, d))
		return -EINVAL;
	/* No reference but the allocation's and ours: nobody maps it, and from 0 nobody gets one. */
	x = f->state;
	do {
		if ((x & ~FS_TYPE_MASK) != (FS_ALLOCATED | 2 * FS_REF)) {
			frame_put(f);
			return -EINVAL;
		}
	} while (!frame_cas(f, &x, 0));
	return 0;
}

void frame_unsteal(struct domain *d, struct frame *f)
{
	bool ok;

	CHECK(f->owner == d && !f->state);
	/* What type it was is forgotten, so its TLB stamp would be too: flush now. */
	tlb_flush_since(f->tlb_stamp);
	spin_lock(&d->mm.pages_lock);
	ok = !d->dying;
	if (ok)
		__atomic_store_n(&f->state, FS_ALLOCATED | FS_REF, __ATOMIC_RELEASE);
	spin_unlock(&d->mm.pages_lock);
	if (!ok)
		pages_uncharge(frame_finish(f), 1);
}

void frame_discard(struct frame *f)
{
	f->owner = NULL;
	frame_release(f);
}

/* ---- pages of the hypervisor that guests may map ------------------------------------------------- */

void frame_share(void *page, struct domain *d)
{
	struct frame *f = mfn_to_frame(hv_to_mfn(page));

	CHECK(!f->state && !f->owner);
	begin(f, d);
	m2p_set(frame_to_mfn(f), INVALID_M2P);
	__atomic_store_n(&f->state, FS_SHARED | FS_REF | FS_TYPE_REF | fs_of_type(FT_WRITABLE),
			 __ATOMIC_RELEASE);
}

/* A use of a type that guests cannot ask for keeps all others away. */
void frame_show(mfn_t mfn)
{
	struct frame *f = mfn_to_frame(mfn);

	f->owner = dom_xen;
	f->state = FS_SHARED | FS_REF | FS_TYPE_REF | fs_of_type(FT_SEGDESC);
}

int frame_unshare(void *page, struct domain *d)
{
	struct frame *f = mfn_to_frame(hv_to_mfn(page));
	u64 x = FS_SHARED | FS_REF | FS_TYPE_REF | fs_of_type(FT_WRITABLE);

	CHECK(f->owner == d);
	if (!frame_cas(f, &x, 0))
		return -EBUSY;
	f->owner = NULL;
	m2p_set(frame_to_mfn(f), INVALID_M2P);
	/* The guest's mappings are gone; what CPUs remember of them must be, too. */
	tlb_flush_since(tlb_now());
	return 0;
}

void frame_share_end(void *page, struct domain *d)
{
	struct frame *f = mfn_to_frame(hv_to_mfn(page));

	if (!frame_unshare(page, d)) {
		free_pages(page, 0);
		return;
	}
	spin_lock(&d->mm.pages_lock);
	d->mm.tot_pages++;
	spin_unlock(&d->mm.pages_lock);
	__atomic_fetch_and(&f->state, ~FS_SHARED, __ATOMIC_SEQ_CST);
	frame_put_both(f, false);
}

/* ---- the end of a domain ------------------------------------------------------------------------- */

static void relinquish_frame(struct domain *d, struct frame *f)
{
	u64 x = f->state;

	if ((x & ~FS_TYPE_MASK) == (FS_ALLOCATED | FS_REF) && frame_cas(f, &x, 0)) {
		frame_release(f);	/* nobody else has it, as is usual */
		return;
	}
	if (x & FS_PINNED)
		mm_unpin(d, frame_to_mfn(f));
	if (x & (FS_ALLOCATED | FS_PARTIAL))
		frame_free(d, f);	/* may say that the allocation is given back already */
}

static int relinquish_chunk(struct domain *d, mfn_t mfn)
{
	for (mfn_t end = mfn + FRAME_CHUNK; mfn < end; mfn++) {
		struct frame *f = frame_lookup(mfn);

		if (!f || f->owner != d || !(f->state & (FS_PINNED | FS_ALLOCATED | FS_PARTIAL)))
			continue;
		relinquish_frame(d, f);
		if (hypercall_preempt())
			return -ERESTART;
	}
	return 0;
}

/*
 * All vCPUs have stopped and dropped their roots and descriptor tables.  Pins and allocations go
 * here; what other domains map of d goes when they unmap it.
 */
int frames_relinquish(struct domain *d)
{
	int rc;

	frames_batch_begin();
	rc = mm_finish_dying_now(d);
	for_each_bit(chunk, d->mm.chunks, FRAME_CHUNKS) {
		if (!rc)
			rc = relinquish_chunk(d, chunk * FRAME_CHUNK);
		if (rc)
			break;
		bitmap_clear(d->mm.chunks, chunk);
	}
	frames_batch_end();
	return rc || d->mm.dying ? -ERESTART : 0;
}

void frames_let_go(struct domain *d)
{
	claim_set(d, 0);
	spin_lock(&d->mm.pages_lock);
	d->mm.leaving = d->mm.tot_pages;
	if (d->mm.leaving)
		__atomic_add_fetch(&d->refs, 1, __ATOMIC_SEQ_CST);
	spin_unlock(&d->mm.pages_lock);
}
