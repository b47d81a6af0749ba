/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One page-table entry: which flags it may have, what it may name, and how it is changed.  Every change
 * of a guest's tables comes through here: check, take the references of the new entry, write it, drop
 * those of the old.
 *
 * Guest kernels run at CPL 3, so the User flag is added to every present entry.  Global is removed:
 * writing CR3 must flush all that is a guest's.  No large pages.  Bits 52-62 and 9-11 are the guest's.
 *
 * An entry of level 2 to 4 may also name a table of its own level, read-only: a linear map.  Itself
 * without more ado; another one only where no chain can come of it: a table that others name so has
 * no such entries of its own.
 */
#include "hypercall/hypercall.h"
#include "mm/frame-state.h"
#include "mm/guest-copy.h"
#include "mm/layout.h"
#include "mm/mmu.h"

#define CACHE_FLAGS	(PTE_PWT | PTE_PCD | PTE_PAT)
#define UPPER_REFUSED	(PTE_PWT | PTE_PCD | PTE_PSE | PTE_GLOBAL)
#define SAME_REFS	(PTE_MFN_MASK | PTE_PRESENT | PTE_WRITE)	/* what references depend on */

static unsigned int index_of(const pte_t *slot)
{
	return (u64)slot % PAGE_SIZE / sizeof(*slot);
}

/* ---- level 1 ------------------------------------------------------------------------------------ */

/* Devices of the machine: those who may touch them may also choose how they are cached. */
static inline bool l1_flags_ok(const struct domain *d, pte_t e)
{
	return !(e & CACHE_FLAGS) || d->privileged;
}

static inline pte_t l1_adjust(pte_t e)
{
	return (e & PTE_PRESENT) ? (e | PTE_USER) & ~PTE_GLOBAL : e;
}

/* Devices are never cached, whatever the guest asks for: what another maps of the same frame is not. */
static inline pte_t l1_uncached(pte_t e)
{
	return (e & PTE_PCD) || (e & (PTE_PWT | PTE_PAT)) == PTE_PAT ? e : (e & ~PTE_PAT) | PTE_PWT | PTE_PCD;
}

/* A frame that is not RAM: whoever asks and whose table it is must both be allowed. */
static int l1_take_io(const struct domain *d, const struct domain *pg_owner, mfn_t mfn)
{
	if (pg_owner == dom_io)
		pg_owner = current->domain;
	if (iomem_allowed(pg_owner, mfn) && iomem_allowed(d, mfn))
		return 1;
	return hc_fail(-EPERM, "frame %#lx is not memory, and not the domain's to map", mfn);
}

/* As l1_take(), for all that is not usual. */
static __attribute__((noinline)) int l1_take_slow(struct domain *d, struct domain *pg_owner, pte_t e)
{
	enum frame_type type = (e & PTE_WRITE) ? FT_WRITABLE : FT_NONE;
	mfn_t mfn = pte_mfn(e);
	struct frame *f;

	if (!l1_flags_ok(d, e))
		return hc_fail(-EINVAL, "entry %#lx: flags", e);
	f = frame_lookup(mfn);
	if (!f)
		return l1_take_io(d, pg_owner, mfn);
	if (!frame_get_both(f, pg_owner, type, false))
		return 0;
	if (pg_owner == d && frame_get(f, d)) {
		table_abandon(f);	/* refused now, but next time it is not in the way */
		frame_put(f);
	}
	return hc_fail(-EBUSY, "entry %#lx: frame is not the domain's, or in use otherwise", e);
}

/* References of present entry e in an L1 table of d.  1: it names no memory, write l1_uncached() of it. */
static inline int l1_take(struct domain *d, struct domain *pg_owner, pte_t e, const struct ram_range *range)
{
	struct frame *f = frame_lookup_in(range, pte_mfn(e));

	if (likely(f && !(e & CACHE_FLAGS))) {
		if (!(e & PTE_WRITE) ? frame_get_fast(f, pg_owner) : frame_get_both_fast(f, pg_owner, FT_WRITABLE))
			return 0;
	}
	return l1_take_slow(d, pg_owner, e);
}

static inline void l1_drop(pte_t e, const struct ram_range *range)
{
	struct frame *f = frame_lookup_in(range, pte_mfn(e));

	if (!f)
		return;
	if (!(e & PTE_WRITE))
		frame_put_inline(f);
	else if (unlikely(!frame_put_both_fast(f)))
		frame_put_both(f, false);
}

/* ---- levels 2 to 4 ------------------------------------------------------------------------------ */

static int linear_take(struct frame *table, unsigned int level, pte_t e, struct frame *f)
{
	enum frame_type type = FT_L1 + level - 1;

	if (e & PTE_WRITE)
		return -EINVAL;
	if (f == table)
		return 0;
	if (!frame_get(f, table->owner))
		return -EINVAL;
	if (frame_is_table(f, type) && f->linear <= 0 && f->linear > INT16_MIN &&
	    table->linear >= 0 && !table_get(f, type, false)) {
		f->linear--;
		table->linear++;
		return 0;
	}
	frame_put(f);
	return -EINVAL;
}

static int upper_take(struct frame *table, unsigned int level, pte_t e, bool preemptible)
{
	struct frame *f = frame_lookup(pte_mfn(e));
	int rc;

	if ((e & UPPER_REFUSED) || !f)
		return hc_fail(-EINVAL, "level %u entry %#lx: flags or frame", level, e);
	rc = frame_get_both(f, table->owner, FT_L1 + level - 2, preemptible);
	if (rc == -EINVAL && !linear_take(table, level, e, f))
		return 0;
	return rc;
}

static int upper_drop(struct frame *table, unsigned int level, pte_t e, bool preemptible)
{
	struct frame *f = mfn_to_frame(pte_mfn(e));

	if (f == table)
		return 0;
	if (fs_type(f->state) == FT_L1 + level - 1) {
		f->linear++;
		table->linear--;
	}
	return frame_put_both(f, preemptible);
}

/* Not the last use of a table of the level below, which is usual.  False: nothing is done. */
static inline bool upper_drop_fast(unsigned int level, pte_t e)
{
	struct frame *f = mfn_to_frame(pte_mfn(e));

	return fs_type(f->state) == FT_L1 + level - 2 && frame_put_both_fast(f);
}

static inline pte_t upper_adjust(unsigned int level, pte_t e)
{
	if (!(e & PTE_PRESENT))
		return e;
	return e | PTE_USER | (level == 4 ? PTE_ACCESSED : 0);
}

/* ---- whole tables ------------------------------------------------------------------------------- */

static inline bool slot_is_hv(unsigned int level, unsigned int i)
{
	return level == 4 && i >= HV_SLOT_FIRST && i <= HV_SLOT_LAST;
}

/* A table below that is in use already takes no time, so only what is not leads to a look at the clock. */
static inline __attribute__((always_inline)) int take_one(struct frame *f, unsigned int level, unsigned int i, pte_t e,
							  const struct ram_range *range, bool preemptible, bool *worked)
{
	struct frame *below;

	if (level == 1)
		return l1_take(f->owner, f->owner, e, range);
	below = frame_lookup_in(range, pte_mfn(e));
	if (likely(below && !(e & UPPER_REFUSED) && frame_get_both_fast(below, f->owner, FT_L1 + level - 2)))
		return 0;
	if (*worked && hypercall_preempt())
		return -ERESTART;
	*worked = preemptible;
	return upper_take(f, level, e, preemptible);
}

static inline __attribute__((always_inline)) int take_all(struct frame *f, unsigned int level, bool preemptible)
{
	const struct ram_range range = *READ_ONCE(frame_likely_range);
	pte_t *t = table_entries(f);
	unsigned int i = f->nr_valid;
	bool worked = false;
	int rc = 0;

	note_parts(f, t);
	while ((i = skip_up(f, t, i)) < PT_ENTRIES) {
		pte_t e = t[i], adjusted = level == 1 ? l1_adjust(e) : upper_adjust(level, e);

		if (slot_is_hv(level, i)) {
			i = HV_SLOT_LAST + 1;
			continue;
		}
		if (e & PTE_PRESENT) {
			rc = take_one(f, level, i, e, &range, preemptible, &worked);
			if (rc < 0)
				break;
			if (rc)
				adjusted = l1_uncached(adjusted);
			rc = 0;
			if (e != adjusted)
				WRITE_ONCE(t[i], adjusted);
		}
		i++;
	}
	f->nr_valid = i;
	return rc;
}

int entries_take(struct frame *f, unsigned int level, bool preemptible)
{
	return level == 1 ? take_all(f, 1, false) : take_all(f, level, preemptible);
}

static inline __attribute__((always_inline)) int drop_all(struct frame *f, unsigned int level, bool preemptible)
{
	const struct ram_range range = *READ_ONCE(frame_likely_range);
	const pte_t *t = table_entries(f);
	unsigned int i = f->nr_valid;

	while ((i = skip_down(f, t, i))) {
		pte_t e = t[--i];

		if (slot_is_hv(level, i)) {
			i = HV_SLOT_FIRST;
		} else if (level == 1 && (e & PTE_PRESENT)) {
			l1_drop(e, &range);
		} else if ((e & PTE_PRESENT) && !upper_drop_fast(level, e) &&
			   (upper_drop(f, level, e, preemptible) || (preemptible && i && hypercall_preempt()))) {
			f->nr_valid = i;
			return -ERESTART;
		}
	}
	f->nr_valid = 0;
	return 0;
}

int entries_drop(struct frame *f, unsigned int level, bool preemptible)
{
	return level == 1 ? drop_all(f, 1, false) : drop_all(f, level, preemptible);
}

/* ---- one entry ---------------------------------------------------------------------------------- */

/* The CPU may be setting Accessed and Dirty in the old entry at the same time. */
static void entry_write(pte_t *slot, pte_t old, pte_t val, bool preserve_ad)
{
	if (!preserve_ad) {
		WRITE_ONCE(*slot, val);
		return;
	}
	while (!__atomic_compare_exchange_n(slot, &old, val | (old & (PTE_ACCESSED | PTE_DIRTY)), false,
					    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		;
}

static inline __attribute__((always_inline)) int l1_set(struct domain *pg_owner, struct frame *table, pte_t *slot, pte_t val, bool preserve_ad)
{
	struct domain *d = table->owner;
	pte_t old = READ_ONCE(*slot);
	bool same = !((old ^ val) & SAME_REFS) && !(old & CACHE_FLAGS);
	struct frame *f;
	int rc;
	u64 x;

	/* Made read-only, as forks do: the frame's reference stays. */
	if (((old ^ val) & SAME_REFS) == PTE_WRITE && (old & val & PTE_PRESENT) && (old & PTE_WRITE) && !(val & CACHE_FLAGS)) {
		f = frame_lookup(pte_mfn(old));
		if (f && f->owner == pg_owner) {
			entry_write(slot, old, l1_adjust(val), preserve_ad);
			x = f->state;
			if ((x & FS_TYPE_REF_MASK) <= FS_TYPE_REF || !frame_cas(f, &x, x - FS_TYPE_REF))
				frame_put_type(f, false);
			return 0;
		}
	}

	if (val & PTE_PRESENT) {
		if (!same)
			rc = l1_take(d, pg_owner, val, READ_ONCE(frame_likely_range));
		else
			rc = l1_flags_ok(d, val) ? 0 : -EINVAL;
		if (rc < 0)
			return rc;
		if (rc)
			val = l1_uncached(val);
	}
	entry_write(slot, old, l1_adjust(val), preserve_ad);
	if (!(old & PTE_PRESENT))
		table->parts |= part_of(index_of(slot));
	else if (!same)
		l1_drop(old, READ_ONCE(frame_likely_range));
	return 0;
}

static int upper_set(struct frame *table, unsigned int level, pte_t *slot, pte_t val, bool preserve_ad)
{
	pte_t old = READ_ONCE(*slot);
	bool same = !((old ^ val) & SAME_REFS);
	int rc = 0;

	if (val & PTE_PRESENT) {
		if (!same)
			rc = upper_take(table, level, val, true);
		else if (val & UPPER_REFUSED)
			rc = -EINVAL;
		if (rc)
			return rc;
	}
	entry_write(slot, old, upper_adjust(level, val), preserve_ad);
	if (level == 4 && (old & PTE_PRESENT))
		root_entry_changed(table->owner, frame_to_mfn(table));
	if (!(old & PTE_PRESENT))
		table->parts |= part_of(index_of(slot));
	else if (!same)
		upper_drop(table, level, old, true);	/* preempted: it is listed as dying */
	return 0;
}

int entry_set(struct domain *pg_owner, struct frame *table, unsigned int index, pte_t val, bool preserve_ad)
{
	unsigned int level = type_level(fs_type(table->state));
	pte_t *slot = &table_entries(table)[index];

	if (likely(level == 1))
		return l1_set(pg_owner, table, slot, val, preserve_ad);
	if (pg_owner != table->owner)
		return hc_fail(-EINVAL, "tables of another domain");
	if (slot_is_hv(level, index))
		return hc_fail(-EINVAL, "root slot %u is the hypervisor's", index);
	return upper_set(table, level, slot, val, preserve_ad);
}

/* What is left of entry_set_own() at its ends, so that it needs no stack of its own. */
static __attribute__((noinline)) bool own_dropped(pte_t e)
{
	l1_drop(e, READ_ONCE(frame_likely_range));
	return true;
}

static __attribute__((noinline)) bool own_undone(struct frame *table)
{
	frame_put(table);
	return false;
}

/*
 * A usual request of d's to mmu_update about itself, d->mm.lock held.  False: nothing is done, entry_set() may do it.  d runs, so
 * nobody takes its tables apart before it is paused, if it is dying.
 */
static inline __attribute__((always_inline)) bool entry_set_own(struct domain *d, u64 ptr, pte_t val)
{
	const struct ram_range *range = READ_ONCE(frame_likely_range);
	const u64 valid = FS_VALID | fs_of_type(FT_L1), start = range->start, count = range->end - start;
	struct frame *table = mfn_to_frame(PFN_DOWN(ptr)), *f = mfn_to_frame(pte_mfn(val));
	pte_t *slot = maddr_to_hv(ptr & ~7UL), old;
	u64 diff, x;

	if (d->mm.dying || PFN_DOWN(ptr) - start >= count || (ptr & 7 & ~MMU_PT_UPDATE_PRESERVE_AD))
		return false;
	if ((val & PTE_PRESENT) && ((val & CACHE_FLAGS) || pte_mfn(val) - start >= count))
		return false;
	/* A table in use has a reference to add to, and stays one while the lock is held: ours is never the last. */
	x = table->state;
	if ((x & (FS_TYPE_MASK | FS_VALID | FS_REF_FULL)) != valid || !frame_cas(table, &x, x + FS_REF))
		return false;
	if (unlikely(table->owner != d))
		return own_undone(table);
	old = READ_ONCE(*slot);
	diff = (old ^ val) & SAME_REFS;
	if ((val & PTE_PRESENT) && diff &&
	    !(val & PTE_WRITE ? frame_get_both_fast(f, d, FT_WRITABLE) : frame_get_fast(f, d)))
		return own_undone(table);
	entry_write(slot, old, l1_adjust(val), ptr & MMU_PT_UPDATE_PRESERVE_AD);
	if (!(old & PTE_PRESENT))
		table->parts |= part_of(index_of(slot));
	__atomic_fetch_sub(&table->state, FS_REF, __ATOMIC_SEQ_CST);
	return !(old & PTE_PRESENT) || !diff || own_dropped(old);
}

unsigned long mmu_update_own(guest_va_t req, struct vcpu *v)
{
	struct domain *d = v->domain;
	u64 r[2];

	v->hc.nr = HC_mmu_update;
	if (!fetch_words(r, req, sizeof(r)))
		return OWN_NOT;
	spin_lock(&d->mm.lock);
	if (unlikely(!entry_set_own(d, r[0], r[1])))
		return mmu_update_unusual(d, req);
	spin_unlock(&d->mm.lock);
	return OWN_DONE;
}

/* ---- writes that the guest made directly -------------------------------------------------------- */

/*
 * The slot of an L1 table of v's domain that is written by its kernel at va, which is mapped read-only.  The entry that maps it
 * may be an upper table's own: a linear map.  The CPU has been there (va is in CR2).
 */
static inline __attribute__((always_inline)) pte_t *slot_mapped_at(struct vcpu *v, guest_va_t va, struct frame **table)
{
	pte_t *mapping = walk_any(v->mm.kernel_cr3, va), e = mapping ? READ_ONCE(*mapping) : 0;
	struct frame *f = (e & (PTE_PRESENT | PTE_WRITE)) == PTE_PRESENT ? frame_lookup(pte_mfn(e)) : NULL;

	if (!f || !frame_is_table(f, FT_L1) || f->owner != v->domain)
		return NULL;
	*table = f;
	return &table_entries(f)[(va & ~PAGE_MASK) / sizeof(pte_t)];
}

bool entry_is_emulatable(struct vcpu *v, guest_va_t va)
{
	struct frame *table;
	bool yes;

	spin_lock(&v->domain->mm.lock);
	yes = slot_mapped_at(v, va, &table);
	spin_unlock(&v->domain->mm.lock);
	return yes;
}

/* Put `bytes` bytes of val into old at va's place in the entry. */
static pte_t merge(pte_t old, guest_va_t va, u64 val, unsigned int bytes)
{
	unsigned int shift = (va & 7) * 8;
	u64 mask = bytes == 8 ? ~0UL : (BIT(bytes * 8) - 1) << shift;

	return (old & ~mask) | ((val << shift) & mask);
}

/* As l1_set(), but only if the entry is still `old`: the CPU may have set Accessed or Dirty meanwhile. */
static inline __attribute__((always_inline)) int l1_exchange(struct frame *table, pte_t *slot, pte_t *old, pte_t val)
{
	struct domain *d = table->owner;
	bool present = val & PTE_PRESENT;
	int rc = present ? l1_take(d, d, val, READ_ONCE(frame_likely_range)) : 0;

	if (rc < 0)
		return rc;
	val = l1_adjust(rc ? l1_uncached(val) : val);
	if (!__atomic_compare_exchange_n(slot, old, val, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
		if (present)
			l1_drop(val, READ_ONCE(frame_likely_range));
		return -EAGAIN;
	}
	if (*old & PTE_PRESENT)
		l1_drop(*old, READ_ONCE(frame_likely_range));
	else
		table->parts |= part_of(index_of(slot));
	return 0;
}

/* Take d->mm.lock and find the slot that va shows.  NULL, the lock not taken: *rc says why not. */
static inline __attribute__((always_inline)) pte_t *lock_slot_at(struct vcpu *v, guest_va_t va, struct frame **table, int *rc)
{
	struct domain *d = v->domain;
	pte_t *slot = NULL;

	spin_lock(&d->mm.lock);
	*rc = mm_finish_dying(d) ? -EAGAIN : -EINVAL;
	if (likely(*rc == -EINVAL))
		slot = slot_mapped_at(v, va, table);
	if (!slot)
		spin_unlock(&d->mm.lock);
	return slot;
}

int entry_write_word(struct vcpu *v, guest_va_t va, u64 keep, u64 val, u64 *old)
{
	struct frame *table;
	int rc;
	pte_t *slot = lock_slot_at(v, va, &table, &rc);

	if (!slot)
		return rc;
	*old = READ_ONCE(*slot);
	rc = l1_exchange(table, slot, old, (*old & keep) | val);
	spin_unlock(&v->domain->mm.lock);
	return rc;
}

int entry_emulate_write(struct vcpu *v, guest_va_t va, u64 val, unsigned int bytes, u64 *expected)
{
	struct frame *table;
	pte_t *slot, old;
	int rc;

	if (!bytes || bytes > 8 || (bytes & (bytes - 1)) || (va & (bytes - 1)))
		return -EINVAL;
	slot = lock_slot_at(v, va, &table, &rc);
	if (!slot)
		return rc;
	do {
		old = READ_ONCE(*slot);
		if (expected)
			old = merge(old, va, *expected, bytes);
		rc = l1_exchange(table, slot, &old, merge(old, va, val, bytes));
	} while (rc == -EAGAIN && !expected);
	if (rc == -EAGAIN)
		*expected = old >> ((va & 7) * 8);
	spin_unlock(&v->domain->mm.lock);
	return rc;
}

/* ---- grants ------------------------------------------------------------------------------------- */

/* The L1 entry that a grant call names by address (va or machine). */
static pte_t *grant_slot(struct vcpu *v, u64 addr, bool contains_pte, struct frame **table)
{
	struct frame *f;

	if (!contains_pte)
		return walk_l1(v, addr, table);
	f = frame_lookup(PFN_DOWN(addr));
	if ((addr & 7) || !f || !frame_is_table(f, FT_L1) || f->owner != v->domain)
		return NULL;
	*table = f;
	return &table_entries(f)[(addr & ~PAGE_MASK) / sizeof(pte_t)];
}

int entry_map_grant(struct vcpu *v, u64 addr, bool contains_pte, mfn_t mfn, u64 pte_flags)
{
	struct domain *d = v->domain;
	struct frame *table;
	int rc = -EINVAL;
	pte_t *slot;

	spin_lock(&d->mm.lock);
	slot = mm_finish_dying(d) ? NULL : grant_slot(v, addr, contains_pte, &table);
	if (slot)
		rc = l1_set(mfn_to_frame(mfn)->owner, table, slot, pte_make(mfn, pte_flags | PTE_PRESENT),
			    false);
	spin_unlock(&d->mm.lock);
	return rc;
}

static bool is_grant_entry(pte_t e, mfn_t mfn, bool readonly)
{
	return (e & PTE_PRESENT) && pte_mfn(e) == mfn && !(e & PTE_WRITE) == readonly;
}

int entry_unmap_grant(struct vcpu *v, u64 addr, bool contains_pte, mfn_t mfn, bool readonly,
		      guest_va_t new_addr)
{
	struct domain *d = v->domain;
	struct frame *table;
	pte_t *slot, *from = NULL, old, val = 0;
	int rc = -EINVAL;

	spin_lock(&d->mm.lock);
	slot = grant_slot(v, addr, contains_pte, &table);
	if (slot && new_addr)
		from = contains_pte ? NULL : walk_l1(v, new_addr, &table);
	if (slot && (from || !new_addr) && from != slot && is_grant_entry(READ_ONCE(*slot), mfn, readonly)) {
		/* unmap_and_replace: the entry at new_addr moves here, with what it holds. */
		if (from)
			val = __atomic_exchange_n(from, 0, __ATOMIC_SEQ_CST);
		old = __atomic_exchange_n(slot, val, __ATOMIC_SEQ_CST);
		l1_drop(old, READ_ONCE(frame_likely_range));
		rc = 0;
	}
	spin_unlock(&d->mm.lock);
	return rc;
}
