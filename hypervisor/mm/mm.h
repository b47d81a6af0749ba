/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory of domains: what each domain and vCPU keeps, and the calls other rooms make.
 */
#ifndef HV_MM_MM_H
#define HV_MM_MM_H

#include "lib/lock.h"
#include "lib/types.h"
#include "mm/frame.h"
#include "mm/pte.h"

struct vcpu;
struct domain;

/* Machine memory in pieces of 2 MiB. */
#define FRAME_CHUNK	512
#define FRAME_CHUNKS	(max_mfn / FRAME_CHUNK + 1)

struct domain_mm {
	struct spinlock lock;		/* LOCK_FRAMES: this domain's page tables and table types */
	struct spinlock pages_lock;	/* LOCK_PAGES: what follows, up to chunks */
	u64 tot_pages;
	u64 max_pages;
	u64 claimed;			/* promised and not yet allocated, control/memory.c */
	bool leaving;			/* dead, but frames are left: the last one puts a reference to the domain */
	u64 *chunks;			/* bitmap: its frames lie in these, for its end */
	struct memory_map *map;		/* as its builder told it, control/memory.c; NULL: none */
	mfn_t dying;			/* under lock: tables whose invalidation was preempted; frame.link */
};

#define ROOT_KERNEL_SLOTS	5		/* the M2P, and what Linux touches: direct map, stacks, struct pages, text */
#define ROOT_SLOTS		(ROOT_KERNEL_SLOTS + 3)

struct vcpu_mm {
	/* The guest's roots, addresses; they hold a general and a FT_L4 reference each.  user may be 0. */
	u64 kernel_cr3;
	u64 user_cr3;
	pte_t *root;			/* the vCPU's own, mm/root.c */
	u64 kernel_load, user_load;	/* its CR3 values for a change of mode (mm/tags.h); 0: none need be written */
	struct root_slot { pte_t *at, entry; } slots[ROOT_SLOTS];	/* the kernel's, then those of both modes */
	u8 next_place;			/* which of either makes room next */
	bool stale;			/* copies to be forgotten before the next load */
};

/*
 * d->mm.lock for those who may hold interrupts off (faults on the LDT window): while it waits this
 * CPU goes on answering TLB flushes, for which the lock's holder may be waiting.
 */
void mm_lock(struct domain *d);
void mm_unlock(struct domain *d);

/* dom_io owns what is not RAM (DOMID_IO); dom_xen what the hypervisor shares read-only. */
extern struct domain *dom_io, *dom_xen;

/* ---- the one door: change a page-table entry ------------------------------------------------- */

/*
 * Set one entry of the table `table` (a frame of type L1..L4 whose owner's mm.lock is held).  Frames
 * named by the entry must belong to pg_owner, or be I/O that pg_owner (DOMID_IO: the caller) and the
 * table's owner may use.  What an upper entry drops may be left as a dying table.
 * Return: 0; -EINVAL, -EPERM, -EBUSY; -ERESTART: half validated, ask again.  On error the entry is
 * unchanged.
 */
int entry_set(struct domain *pg_owner, struct frame *table, unsigned int index, pte_t val,
	      bool preserve_ad);

/*
 * A guest's faulting write of 1, 2, 4 or 8 bytes, aligned, to one of its own L1 tables, already
 * decoded (pv/emulate-pt.c).  va is where its kernel faulted: canonical, and not the hypervisor's.
 * *expected, if any is, must be there; if it is not, *expected gets what is, and -EAGAIN.  Return: 0; -EAGAIN; -EINVAL, -EPERM, -EBUSY: not done, the fault is the guest's.
 */
int entry_emulate_write(struct vcpu *v, guest_va_t va, u64 val, unsigned int bytes, u64 *expected);
/* The usual ones: va aligned, val in the place of all bits but those of `keep`; *old gets what was there. */
int entry_write_word(struct vcpu *v, guest_va_t va, u64 keep, u64 val, u64 *old);
/* True when va is mapped read-only by an L1 entry to a frame of type L1 owned by v's domain. */
bool entry_is_emulatable(struct vcpu *v, guest_va_t va);

/*
 * Install / remove a mapping for the grant code.  va form: host_addr; pte form: GNTMAP_contains_pte.
 * The caller holds a reference to frame mfn, and flushes TLBs after removals before it drops that.
 * Return: 0; -EINVAL: no L1 entry there, or it is not this mapping; -EBUSY: the frame is not to be had.
 */
int entry_map_grant(struct vcpu *v, u64 addr, bool contains_pte, mfn_t mfn, u64 pte_flags);
/* new_val: 0, or the entry to put in its place (unmap_and_replace). */
int entry_unmap_grant(struct vcpu *v, u64 addr, bool contains_pte, mfn_t mfn, bool readonly, guest_va_t new_addr);

/* ---- promises of memory (control/memory.c) --------------------------------------------------- */

/* Keep free pages so that d can have `pages` in all; 0: end that.  0, -EINVAL, -ENOMEM. */
int claim_set(struct domain *d, u64 pages);

/* ---- walking -------------------------------------------------------------------------------- */

/*
 * L1 entry that maps va in the root now loaded (kernel or user).  NULL: no such entry, or the
 * hypervisor's address.  Locks: the caller holds v->domain->mm.lock.
 */
pte_t *walk_l1(struct vcpu *v, guest_va_t va, struct frame **table);
/* Copy of the L1 entry that maps va in v's kernel root.  Locks: takes d->mm.lock. */
bool walk_kernel_l1(struct vcpu *v, guest_va_t va, pte_t *l1e);

/* ---- roots ---------------------------------------------------------------------------------- */

/* Used by the domain builder and vcpu initialise: take the references and set kernel/user roots. */
int mm_set_kernel_root(struct vcpu *v, mfn_t root);	/* 0, -EINVAL, -ERESTART */
int mm_set_user_root(struct vcpu *v, mfn_t root);	/* root 0: none */
int mm_drop_roots(struct vcpu *v);			/* at death; -ERESTART when preempted */
/* Pin tables: as MMUEXT_PIN_* and UNPIN.  Locks: takes d->mm.lock. */
int mm_pin(struct domain *d, mfn_t mfn, enum frame_type type, bool preemptible);
int mm_unpin(struct domain *d, mfn_t mfn);
/* Finish d's dying tables; -ERESTART when preempted.  Locks: the caller holds d->mm.lock. */
#define mm_finish_dying(d) (likely(!(d)->mm.dying) ? 0 : mm_finish_dying_slow(d))
int mm_finish_dying_slow(struct domain *d);
/* The same, without the lock: takes it if there are any. */
#define mm_finish_dying_now(d) (likely(!READ_ONCE((d)->mm.dying)) ? 0 : mm_lock_finish_dying(d))
int mm_lock_finish_dying(struct domain *d);

bool root_init_vcpu(struct vcpu *v);			/* false: no memory.  zfree(mm.root) ends it */
void root_switch_mode(struct vcpu *v);			/* to the mode that v, current, is in from now on */
void root_put_kernel_slots(struct vcpu *v, bool in);	/* for one that does not run */
/* A page is not present at va: was it only missing in v's own root?  True: not any more, try again. */
bool root_fill(struct vcpu *v, guest_va_t va);
void root_forget(struct vcpu *v);
/* An entry of d's L4 table that was present is not, or is another.  Locks: the caller holds d->mm.lock. */
void root_entry_changed(struct domain *d, mfn_t root);
extern pte_t *hv_root;				/* the hypervisor's own L4 (idle) */

/* ---- TLB ------------------------------------------------------------------------------------ */

/* Load the root of current's mode, with an empty TLB. */
void tlb_load_root(void);
void tlb_flush_local(void);
void tlb_flush_mask(const u64 *cpu_mask);		/* bitmap of NR_CPUS bits; waits until done */
void tlb_flush_page_mask(const u64 *cpu_mask, guest_va_t va);
void tlb_flush_domain(struct domain *d);		/* every CPU that runs one of d's vCPUs */
void cache_flush_mask(const u64 *cpu_mask);		/* write back and invalidate caches */
/* Answer requests of other CPUs now: for the IPI, and for loops that wait with interrupts off. */
void tlb_poll(void);
/*
 * The TLB clock counts flushes.  What went out of use when it read `stamp` may linger in CPUs that have
 * not flushed since; tlb_flush_since() flushes those that run a guest.
 */
u32 tlb_now(void);
void tlb_flush_since(u32 stamp);
/* CPUs that run vCPUs of d now. */
u64 tlb_cpus_of(struct domain *d);

/* ---- machine-to-physical -------------------------------------------------------------------- */

#ifdef HOST_TEST
extern u64 *m2p_table;
#else
#include "mm/layout.h"
#define m2p_table	((u64 *)M2P_RW_START)
#endif
#define INVALID_M2P	(~0UL >> 1)		/* an entry for frames without a pfn: 0x7fff... as Linux expects */

static inline void m2p_set(mfn_t mfn, pfn_t pfn) { m2p_table[mfn] = pfn; }
static inline pfn_t m2p_get(mfn_t mfn) { return m2p_table[mfn]; }

/* The M2P comes in pieces of 2 MiB; those that would tell of no memory at all do not exist. */
unsigned int m2p_nr_extents(void);
void m2p_show(void);			/* let who may map them, in the name of dom_xen */
mfn_t m2p_extent(unsigned int n);	/* its first machine frame; 0: does not exist */

/* ---- what is not RAM (mm/iomem.c) -------------------------------------------------------------- */

/* May d map mfn, which is not RAM? */
bool iomem_allowed(const struct domain *d, mfn_t mfn);

/* ---- audit (debug builds) -------------------------------------------------------------------- */

/* Recount all references and types of d's frames (NULL: all domains') from the page tables up; prints "audit: clean" or each
 * difference and "audit: FAILED n".  Returns the number of differences. */
unsigned int mm_audit(struct domain *d);
void mm_audit_all(void);			/* with all domains paused meanwhile; console key 'A' */

void memory_dump(void);			/* console key 'm' (mm/dump.c) */

/* Hypervisor mappings (mm/hv-map.c): device memory uncached, firmware tables cached. */
void *hv_map_io(maddr_t ma, size_t size);
void *hv_map_ro(maddr_t ma, size_t size);
void hv_unmap(void *va, size_t size);
/* Map/unmap one 4 KiB page at a hypervisor address outside the direct map; flags PTE_*. */
void hv_map_page(u64 va, mfn_t mfn, u64 flags);
/* The L1 entry of such an address; those of the same 2 MiB follow it. */
pte_t *hv_map_entry(u64 va);

#endif
