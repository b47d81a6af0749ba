/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Raising events: the two-level bitmaps, the vCPU's own flags, and where they live.
 *
 * Everything here may be called from interrupt handlers.  The words are shared with the guest,
 * which may change them at any moment: each is touched with one atomic operation and believed for
 * nothing but whether to notify.
 */
#include "cpu/insn.h"
#include "hypercall/hypercall.h"
#include "lib/bitmap.h"

#define WORD_BITS	64

static bool test_and_set(xen_ulong_t *words, u32 nr)
{
	u64 bit = BIT(nr % WORD_BITS);

	return __atomic_fetch_or(&words[nr / WORD_BITS], bit, __ATOMIC_SEQ_CST) & bit;
}

static bool test_and_clear(xen_ulong_t *words, u32 nr)
{
	u64 bit = BIT(nr % WORD_BITS);

	return __atomic_fetch_and(&words[nr / WORD_BITS], ~bit, __ATOMIC_SEQ_CST) & bit;
}

void vcpu_mark_events_pending(struct vcpu *v)
{
	struct vcpu_info *info;
	bool was;

	/* vcpu_info_map() may move it while we write: then the new place needs the mark too. */
	do {
		info = READ_ONCE(v->evtchn.info);
		was = __atomic_exchange_n(&info->evtchn_upcall_pending, 1, __ATOMIC_SEQ_CST);
	} while (info != READ_ONCE(v->evtchn.info));
	if (was)
		return;
	vcpu_unblock(v);
	vcpu_kick(v);
}

/* Tell the port's vCPU, by the selector word that covers it. */
static void notify(struct domain *d, const struct evtchn *ch, u32 port)
{
	struct vcpu *v = d->vcpu[READ_ONCE(ch->vcpu)];

	if (v && !test_and_set(&READ_ONCE(v->evtchn.info)->evtchn_pending_sel, port / WORD_BITS))
		vcpu_mark_events_pending(v);
}

static bool two_level_set_pending(struct domain *d, const struct evtchn *ch, u32 port)
{
	if (port >= EVTCHN_2L_NR_CHANNELS || test_and_set(d->shared->evtchn_pending, port))
		return false;
	if (!bitmap_test(d->shared->evtchn_mask, port))
		notify(d, ch, port);
	return true;
}

/**
 * evtchn_set_pending - set a port pending and notify its vCPU
 *
 * No effect on a port that is not open, or pending already.  A masked port becomes pending without
 * a notification; pollers are woken all the same.
 *
 * Locks: takes LOCK_EVTQ (FIFO) and what waking a vCPU takes, one after the other.
 */
void evtchn_set_pending(struct domain *d, u32 port)
{
	struct evtchn *ch = evtchn_at(d, port);
	bool fresh;

	if (!ch || !evtchn_is_open(ch))
		return;
	if (READ_ONCE(d->evtchn.fifo))
		fresh = fifo_set_pending(d, ch, port);
	else
		fresh = two_level_set_pending(d, ch, port);
	if (fresh)
		sched_poll_wake(d, port);
}

bool evtchn_is_pending(struct domain *d, u32 port)
{
	if (READ_ONCE(d->evtchn.fifo))
		return fifo_test(d, port, EVTCHN_FIFO_PENDING);
	return port < EVTCHN_2L_NR_CHANNELS && bitmap_test(d->shared->evtchn_pending, port);
}

bool evtchn_is_masked(struct domain *d, u32 port)
{
	if (READ_ONCE(d->evtchn.fifo))
		return fifo_test(d, port, EVTCHN_FIFO_MASKED);
	return port < EVTCHN_2L_NR_CHANNELS && bitmap_test(d->shared->evtchn_mask, port);
}

void evtchn_clear_pending(struct domain *d, u32 port)
{
	if (READ_ONCE(d->evtchn.fifo))
		fifo_clear_pending(d, evtchn_at(d, port), port);
	else if (port < EVTCHN_2L_NR_CHANNELS)
		test_and_clear(d->shared->evtchn_pending, port);
}

void evtchn_unmask(struct domain *d, u32 port)
{
	struct evtchn *ch = evtchn_at(d, port);

	if (READ_ONCE(d->evtchn.fifo))
		fifo_unmask(d, ch, port);
	else if (port < EVTCHN_2L_NR_CHANNELS && test_and_clear(d->shared->evtchn_mask, port) &&
		 bitmap_test(d->shared->evtchn_pending, port))
		notify(d, ch, port);
}

/* ---- vcpu_info ------------------------------------------------------------------------------- */

void evtchn_vcpu_init(struct vcpu *v)
{
	struct domain *d = v->domain;

	v->evtchn.none.evtchn_upcall_mask = 1;
	v->evtchn.info = d->shared && v->id < XEN_LEGACY_MAX_VCPUS ?
		(struct vcpu_info *)&d->shared->vcpu_info[v->id] : &v->evtchn.none;
}

void evtchn_vcpu_detach(struct vcpu *v)
{
	v->evtchn.info = &v->evtchn.none;
}

bool vcpu_info_present(const struct vcpu *v)
{
	return v->evtchn.info != &v->evtchn.none;
}

/**
 * vcpu_info_map - move v's vcpu_info to a place in the guest's own memory
 * @mfn, @offset: where, aligned to words; the structure may not cross the page's end
 *
 * What the old one says is carried over, and everything is marked pending, so nothing is lost.
 *
 * Return: 0; -ENXIO for a bad offset; -EINVAL when it was moved before, v is another
 * vCPU that is up, the place is bad or the frame cannot be had writable.
 * Locks: d->lock held.
 * ABI: VCPUOP_register_vcpu_info in vcpu.h.
 */
int vcpu_info_map(struct vcpu *v, mfn_t mfn, u32 offset)
{
	struct vcpu_info *old = v->evtchn.info, *new;
	struct frame *f;

	if (offset > PAGE_SIZE - sizeof(*new) || offset % 8)
		return hc_fail(-ENXIO, "vcpu_info at offset %#x", offset);
	if (v->evtchn.info_frame)
		return hc_fail(-EINVAL, "vcpu_info was moved before");
	if (v != current && !(READ_ONCE(v->sched.pause_flags) & VPF_DOWN))
		return hc_fail(-EINVAL, "v%u is up", v->id);
	if (!mfn_valid(mfn))
		return hc_fail(-EINVAL, "frame %#lx", mfn);
	f = mfn_to_frame(mfn);
	if (frame_get_both(f, v->domain, FT_WRITABLE, false))
		return hc_fail(-EINVAL, "frame %#lx cannot be written", mfn);

	new = mfn_to_hv(mfn) + offset;
	__builtin_memcpy(new, old, sizeof(*new));
	v->evtchn.info_frame = f;
	__atomic_store_n(&v->evtchn.info, new, __ATOMIC_SEQ_CST);
	WRITE_ONCE(new->evtchn_pending_sel, ~0UL);
	WRITE_ONCE(new->evtchn_upcall_pending, 1);
	return 0;
}

/* Back to the place it had at first. */
void vcpu_info_unmap(struct vcpu *v)
{
	struct frame *f = v->evtchn.info_frame;

	if (!f)
		return;
	evtchn_vcpu_init(v);
	v->evtchn.info_frame = NULL;
	frame_put_both(f, false);
}
