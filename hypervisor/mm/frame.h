/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The frame table: for each machine frame an owner, a reference count, and a type with its own
 * count.  The security core: a frame is of one type at a time and changes type only when no use of
 * the old type is left, so no guest ever has a writable mapping of a page table or descriptor table.
 *
 * Both counts, the type and the flags are one 64-bit word, changed with one cmpxchg, so a mapping
 * takes or drops its general and its type reference together.  References to data frames
 * (FT_NONE, FT_WRITABLE) need no lock.  The table types, FT_L1 and up, are taken, validated and
 * dropped under the owner's d->mm.lock (LOCK_FRAMES).
 *
 * Invariants:
 *  - refs >= type_refs; a frame with refs == 0 is free or the hypervisor's, and cannot be got;
 *  - FRAME_ALLOCATED set: one of refs is the allocation itself, dropped when the guest gives the
 *    frame back or dies;
 *  - a table frame with nr_valid == n has entries [0, n) checked, each holding its references.
 *    Validation counts up, invalidation down; either may stop half way (-ERESTART).  The frame is
 *    then "partial": no type use, nr_valid > 0, one reference held by that state itself, and no
 *    other type to be had.  Who next wants it as that type goes on validating.  A stopped
 *    invalidation is in its owner's list of dying tables, which every memory hypercall finishes
 *    first; a stopped validation is put there by who asks (in vain, this time) for another type,
 *    or frees the frame;
 *  - pinned tables hold one general and one type reference for the pin.
 */
#ifndef HV_MM_FRAME_H
#define HV_MM_FRAME_H

#include "lib/types.h"
#include "mm/layout.h"

struct domain;

enum frame_type {
	FT_NONE,		/* mapped read-only at most, or not at all */
	FT_WRITABLE,		/* may be mapped writable */
	FT_L1, FT_L2, FT_L3, FT_L4,
	FT_SEGDESC,		/* GDT or LDT page in use */
};

struct frame {
	volatile u64 state;	/* refs, type_refs, type, flags: mm/frame.c */
	struct domain *owner;	/* fixed while refs > 0; NULL: the hypervisor's, or free */
	union {
		struct {
			/* Tables, under owner->mm.lock: */
			u16 nr_valid;
			s16 linear;		/* > 0: entries naming tables of this level; < 0: such uses */
			u32 tlb_stamp;		/* TLB clock when the last type use ended */
		};
		struct { u32 next, prev; } free;	/* heap's free lists, frame numbers */
	};
	union {
		u64 order;	/* heap: order of the free block headed here */
		struct {
			u32 link;	/* next in a list of the frame table's own (dying, to be freed); 0: last */
			u16 none;	/* always 0: the kinds in `order`, heap.c */
			u16 parts;	/* tables: a bit for each PTE_PART that holds present entries, or did */
		};
	};
};

static_assert(sizeof(struct frame) == 32, "frame table entry");

#ifdef HOST_TEST
extern struct frame *frame_table;
#else
#define frame_table	((struct frame *)FRAME_TABLE_START)
#endif
extern mfn_t max_mfn;		/* one past the last frame in the frame table */

static inline struct frame *mfn_to_frame(mfn_t mfn) { return &frame_table[mfn]; }
static inline mfn_t frame_to_mfn(const struct frame *f) { return f - frame_table; }

/* True when mfn is RAM with an entry in the frame table (guest-supplied numbers: check this first). */
bool mfn_valid(mfn_t mfn);

/* ---- references ----------------------------------------------------------------------------- */

/* Take a general reference if the frame belongs to d.  False: free, hypervisor's, another's. */
bool frame_get(struct frame *f, const struct domain *d);
/* The last put of a frame frees it to the heap (scrubbed before its next use). */
void frame_put(struct frame *f);

/*
 * Take a use as `type`.  The caller holds a general reference.  Return: 0; -EINVAL when in use as
 * another type or validation fails; -ERESTART when validation was preempted (progress is kept).
 * Locks: for table types the caller holds owner->mm.lock; `preemptible` only from hypercalls.
 */
int frame_get_type(struct frame *f, enum frame_type type, bool preemptible);
int frame_put_type(struct frame *f, bool preemptible);		/* 0 or -ERESTART */

/* Both at once, for data frames (FT_NONE: general only; FT_WRITABLE) and tables. */
int frame_get_both(struct frame *f, const struct domain *d, enum frame_type type, bool preemptible);
int frame_put_both(struct frame *f, bool preemptible);

/* The type in force: FT_NONE when there is no type use. */
enum frame_type frame_type(const struct frame *f);

/* ---- allocation to domains ------------------------------------------------------------------ */

#define MEMF_NO_SCRUB	BIT(0)		/* caller overwrites all of it */
#define MEMF_DMA32	BIT(1)		/* below 4 GiB */

/* Allocate 2^order frames to d, counted in d->mm.tot_pages: refs 1 (the allocation) each. NULL: none left or over max_pages. */
struct frame *frame_alloc(struct domain *d, unsigned int order, unsigned int flags);
/* The same, as frames pfn and up of the guest's: known before anyone else may have them. */
struct frame *frame_alloc_at(struct domain *d, unsigned int order, unsigned int flags, pfn_t pfn);
/* Drop the allocation's reference (decrease_reservation, death). -EINVAL if d does not hold it. */
int frame_free(struct domain *d, struct frame *f);

/*
 * A hypervisor page that a guest may map (shared_info, grant tables, status frames): owned by d,
 * one general reference and one writable use held by the hypervisor, so it can never become a
 * table.  Not counted in tot_pages.  unshare returns the frame to the hypervisor; -EBUSY while
 * the guest still maps it.
 */
void frame_share(void *page, struct domain *d);
/* One of the hypervisor's frames that a privileged domain may map, in the name of dom_xen, read-only. */
void frame_show(mfn_t mfn);
int frame_unshare(void *page, struct domain *d);
/* The hypervisor needs the page no more: freed, or once nobody maps it; until then it counts as d's. */
void frame_share_end(void *page, struct domain *d);

/* Take frames out of d's hands for an exchange: only the allocation's reference is left.  0, -EINVAL. */
int frame_steal(struct domain *d, struct frame *f);
void frame_unsteal(struct domain *d, struct frame *f);
void frame_discard(struct frame *f);		/* stolen: free it; d's count of pages is not changed */
/* Give raw frames of the heap, for which it is charged, to d.  False: it is dying, and they are back in the heap. */
bool frame_assign(struct domain *d, struct frame *f, unsigned int order, pfn_t pfn);

/*
 * Frames whose last reference goes between these two on this CPU are freed at the end, with one TLB
 * flush for all.
 */
void frames_batch_begin(void);
void frames_batch_end(void);

/* Forget everything d owns (domain destruction); -ERESTART when preempted. */
int frames_relinquish(struct domain *d);
/* After that: the last of d's frames that others hold keeps d; now it may go, or has. */
void frames_let_go(struct domain *d);

#endif
