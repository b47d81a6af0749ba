/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The layout of struct frame's state word, and what frame.c, table.c and audit.c share.
 */
#ifndef HV_MM_FRAME_STATE_H
#define HV_MM_FRAME_STATE_H

#include "domain/domain.h"
#include "mm/frame.h"

#define FS_REF			BIT(0)
#define FS_REF_MASK		(BIT(27) - 1)
#define FS_TYPE_REF		BIT(27)
#define FS_TYPE_REF_MASK	((BIT(26) - 1) << 27)
#define FS_TYPE_SHIFT		53
#define FS_TYPE_MASK		(7UL << FS_TYPE_SHIFT)
#define FS_ALLOCATED		BIT(56)	/* d's own: holds a reference */
#define FS_PINNED		BIT(57)	/* holds a reference and a type use */
#define FS_VALID		BIT(58)	/* table: all entries checked */
#define FS_PARTIAL		BIT(59)	/* table without use, some entries checked: holds a reference */
#define FS_DYING		BIT(60)	/* in owner's list of dying tables: holds a reference */
#define FS_CHANGING		BIT(61)	/* between writable and other types: wait */
#define FS_SHARED		BIT(62)	/* the hypervisor's: holds a reference and a writable use */

/*
 * From here on gets are refused.  The room above is for the references that flags hold and for those
 * CPUs that were just looking.
 */
#define FS_REF_LIMIT		(FS_REF_MASK - 256)
#define FS_TYPE_REF_LIMIT	(FS_TYPE_REF_MASK - 256 * FS_TYPE_REF)

static inline enum frame_type fs_type(u64 x)
{
	return (x & FS_TYPE_MASK) >> FS_TYPE_SHIFT;
}

static inline u64 fs_of_type(enum frame_type t)
{
	return (u64)t << FS_TYPE_SHIFT;
}

static inline bool fs_ref_full(u64 x)
{
	return (x & FS_REF_MASK) >= FS_REF_LIMIT;
}

static inline bool fs_type_ref_full(u64 x)
{
	return (x & FS_TYPE_REF_MASK) >= FS_TYPE_REF_LIMIT;
}

static inline bool type_is_table(enum frame_type t)
{
	return t >= FT_L1 && t <= FT_L4;
}

static inline unsigned int type_level(enum frame_type t)
{
	return t - FT_L1 + 1;
}

static inline bool frame_cas(struct frame *f, u64 *old, u64 new)
{
	return __atomic_compare_exchange_n(&f->state, old, new, false, __ATOMIC_SEQ_CST,
					   __ATOMIC_SEQ_CST);
}

/* The frame of a number that a guest gave; NULL: not memory. */
static inline struct frame *frame_lookup(mfn_t mfn)
{
	return mfn_valid(mfn) ? mfn_to_frame(mfn) : NULL;
}

/* Wait for whoever is changing f's type; returns the state then. */
u64 frame_wait(const struct frame *f);

/* True when f is a table of the given type in use and wholly checked; false for any other frame. */
static inline bool frame_is_table(const struct frame *f, enum frame_type type)
{
	u64 x = f->state;

	return (x & FS_VALID) && fs_type(x) == type;
}

/* Table types and FT_SEGDESC (table.c).  Locks: the caller holds f->owner->mm.lock. */
int table_get(struct frame *f, enum frame_type type, bool preemptible);
int table_put(struct frame *f, bool preemptible);
/* Take back all entries of a partial table; afterwards it may take any type.  0 or -ERESTART. */
int table_finish(struct frame *f, bool preemptible);
/* If f is partial: let whoever next finishes the owner's dying tables do that. */
void table_abandon(struct frame *f);

/* References an entry of a table of f's owner holds (entry.c).  *e gets the flags we add. */
int entry_take(struct frame *table, unsigned int level, pte_t *e, bool preemptible);
int entry_drop(struct frame *table, unsigned int level, pte_t e, bool preemptible);

#endif
