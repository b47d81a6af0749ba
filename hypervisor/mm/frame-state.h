/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The layout of struct frame's state word, and what frame.c, table.c and audit.c share.
 */
#ifndef HV_MM_FRAME_STATE_H
#define HV_MM_FRAME_STATE_H

#include "domain/domain.h"
#include "mm/frame.h"
#include "mm/memmap.h"

extern const struct ram_range *frame_likely_range;	/* of the last frame looked up: mostly the next one's too */

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
 * With the top bit of a count set gets are refused.  The room above is for the references that flags
 * hold, and for CPUs that were just looking.
 */
#define FS_REF_FULL		BIT(26)
#define FS_TYPE_REF_FULL	BIT(52)

static inline enum frame_type fs_type(u64 x)
{
	return (x & FS_TYPE_MASK) >> FS_TYPE_SHIFT;
}

static inline u64 fs_of_type(enum frame_type t)
{
	return (u64)t << FS_TYPE_SHIFT;
}

static inline bool type_is_table(enum frame_type t)
{
	return t >= FT_L1 && t <= FT_L4;
}

static inline unsigned int type_level(enum frame_type t)
{
	return t - FT_L1 + 1;
}

static inline u32 frame_refs(const struct frame *f)
{
	return f->state & FS_REF_MASK;
}

static inline u32 frame_type_refs(const struct frame *f)
{
	return (f->state & FS_TYPE_REF_MASK) / FS_TYPE_REF;
}

static inline bool frame_is_pinned(const struct frame *f)
{
	return f->state & FS_PINNED;
}

static inline bool frame_cas(struct frame *f, u64 *old, u64 new)
{
	return __atomic_compare_exchange_n(&f->state, old, new, false, __ATOMIC_SEQ_CST,
					   __ATOMIC_SEQ_CST);
}

/* The frame of a number that a guest gave; NULL: not memory.  Most are in *likely_range, for loops a copy. */
static inline struct frame *frame_lookup_in(const struct ram_range *likely_range, mfn_t mfn)
{
	if (likely(mfn - likely_range->start < likely_range->end - likely_range->start) || mfn_valid(mfn))
		return mfn_to_frame(mfn);
	return NULL;
}

static inline struct frame *frame_lookup(mfn_t mfn)
{
	return frame_lookup_in(READ_ONCE(frame_likely_range), mfn);
}

/*
 * The usual case of a use and a reference coming or going together, in line: the frame is in use as that
 * type already, and stays so.  False: take the long way, nothing is done.
 */
static inline bool frame_get_both_fast(struct frame *f, const struct domain *d, enum frame_type type)
{
	const u64 mask = FS_TYPE_MASK | FS_VALID | FS_CHANGING | FS_REF_FULL | FS_TYPE_REF_FULL;
	const u64 want = fs_of_type(type) | (type > FT_WRITABLE ? FS_VALID : 0);
	u64 x = f->state;

	if ((x & mask) != want || !(x & FS_TYPE_REF_MASK) || f->owner != d)
		return false;
	if (!frame_cas(f, &x, x + FS_REF + FS_TYPE_REF))
		return false;
	if (likely(f->owner == d))
		return true;
	frame_put_both(f, false);
	return false;
}

static inline bool frame_put_both_fast(struct frame *f)
{
	u64 x = f->state;

	return (x & FS_TYPE_REF_MASK) > FS_TYPE_REF && frame_cas(f, &x, x - FS_REF - FS_TYPE_REF);
}

/* There were `refs` references, and there is one less. */
void frame_put_last(struct frame *f, u64 refs);

static inline void frame_put_inline(struct frame *f)
{
	u64 refs = __atomic_fetch_sub(&f->state, FS_REF, __ATOMIC_SEQ_CST) & FS_REF_MASK;

	if (unlikely(refs <= 1))
		frame_put_last(f, refs);
}

/* A general reference, in line, with the same meaning of false. */
static inline bool frame_get_fast(struct frame *f, const struct domain *d)
{
	u64 x = f->state;

	if (!(x & FS_REF_MASK) || (x & FS_REF_FULL) || f->owner != d || !frame_cas(f, &x, x + FS_REF))
		return false;
	if (likely(f->owner == d))
		return true;
	frame_put(f);
	return false;
}

/* Wait for whoever is changing f's type; returns the state then. */
u64 frame_wait(const struct frame *f);

/* What a table holds. */
static inline pte_t *table_entries(const struct frame *f)
{
	return mfn_to_hv(frame_to_mfn(f));
}

/* True when f is a table of the given type in use and wholly checked; false for any other frame. */
static inline bool frame_is_table(const struct frame *f, enum frame_type type)
{
	return (f->state & (FS_VALID | FS_TYPE_MASK)) == (FS_VALID | fs_of_type(type));
}

/*
 * From an address to the entry that maps it (walk.c).  What an entry of a complete table names is a table of d's, one level
 * down; or, by a linear entry, one of the same level: that way ends in an upper table's entry, not in an L1 table.
 */
static inline pte_t *walk_step(pte_t e, guest_va_t va, unsigned int level)
{
	return (pte_t *)maddr_to_hv(e & PTE_MFN_MASK) + PT_INDEX(va, level);
}

/* va: canonical, and not the hypervisor's. */
static inline pte_t *walk_any(u64 cr3, guest_va_t va)
{
	pte_t e = *walk_step(cr3, va, 4);

	if (e & PTE_PRESENT)
		e = *walk_step(e, va, 3);
	if (e & PTE_PRESENT)
		e = *walk_step(e, va, 2);
	return e & PTE_PRESENT ? walk_step(e, va, 1) : NULL;
}

static inline pte_t *walk(u64 cr3, guest_va_t va, struct frame **table)
{
	pte_t *slot = cr3 && !va_is_hypervisor(va) && va_is_canonical(va) ? walk_any(cr3, va) : NULL;

	if (!slot)
		return NULL;
	*table = mfn_to_frame(PFN_DOWN(hv_to_maddr(slot)));
	return frame_is_table(*table, FT_L1) ? slot : NULL;
}

/* Table types and FT_SEGDESC (table.c).  Locks: the caller holds f->owner->mm.lock. */
int table_get(struct frame *f, enum frame_type type, bool preemptible);
int table_put(struct frame *f, bool preemptible);
/* Take back all entries of a partial table; afterwards it may take any type.  0 or -ERESTART. */
int table_finish(struct frame *f, bool preemptible);
/*
 * If f is partial, list it with its owner's dying tables, so that it is finished before the next call.
 * Not on the spot, while a table is being changed: what f holds may be that very table.
 */
void table_abandon(struct frame *f);

/* The bit in frame.parts for an entry: whoever makes one present sets it. */
#define PTE_PART	32

static inline u32 part_of(unsigned int index)
{
	return 1u << index / PTE_PART;
}

/* Tables are mostly empty: in parts that hold anything, a look at eight entries at a time. */
#define PTE_GROUP	8
#define ANY_OF(t)	((t)[0] | (t)[1] | (t)[2] | (t)[3] | (t)[4] | (t)[5] | (t)[6] | (t)[7])

static inline void note_parts(struct frame *f, const pte_t *t)
{
	u32 parts = 0;

	for (unsigned int i = 0; i < PT_ENTRIES; i += PTE_PART, t += PTE_PART)
		if (ANY_OF(t) | ANY_OF(t + 8) | ANY_OF(t + 16) | ANY_OF(t + 24))
			parts |= part_of(i);
	f->parts = parts;
}

/* From i on, up or down, past groups that are empty. */
static inline __attribute__((always_inline)) unsigned int skip_up(const struct frame *f, const pte_t *t, unsigned int i)
{
	for (; !(i % PTE_GROUP) && i < PT_ENTRIES; i += PTE_GROUP) {
		if (!(i % PTE_PART)) {
			u32 left = f->parts & -part_of(i);

			if (!left)
				return PT_ENTRIES;
			i = __builtin_ctz(left) * PTE_PART;
		}
		if (ANY_OF(&t[i]))
			break;
	}
	return i;
}

static inline __attribute__((always_inline)) unsigned int skip_down(const struct frame *f, const pte_t *t, unsigned int i)
{
	for (; !(i % PTE_GROUP) && i; i -= PTE_GROUP) {
		if (!(i % PTE_PART)) {
			u32 left = f->parts & (part_of(i) - 1);

			if (!left)
				return 0;
			i = (32 - __builtin_clz(left)) * PTE_PART;
		}
		if (ANY_OF(&t[i - PTE_GROUP]))
			break;
	}
	return i;
}

/*
 * References of all entries of table f of some level (entry.c), from nr_valid up (0, -ERESTART, or what an entry was
 * refused with) or down (0, -ERESTART).  Level 1 is never preempted.
 */
int entries_take(struct frame *f, unsigned int level, bool preemptible);
int entries_drop(struct frame *f, unsigned int level, bool preemptible);

#endif
