/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Grant tables: a domain lets another map or copy its frames.  ABI: grant_table.h.
 *
 * The guest writes grant entries at any moment, also while we read them.  So an entry in use is
 * `pinned`: the entry's GTF_reading and GTF_writing bits (in v2 its status word) tell the guest,
 * and what we read of it once, checked, is kept in struct grant_active until the last pin goes.  A
 * pin holds a general reference to the frame, and a writable one unless it is read-only.
 *
 * A mapping holds references twice: those of its page-table entry, taken and dropped by
 * mm/entry.c like any other's, and those of its pin, dropped by the unmap call or when
 * the mapping domain dies.  A guest that overwrites the entry itself therefore loses only its own.
 * A mapping also holds a reference to the granting domain, whose table lasts as long.
 */
#ifndef HV_GRANT_GRANT_H
#define HV_GRANT_GRANT_H

#include "abi/abi.h"
#include "lib/lock.h"
#include "lib/types.h"

struct vcpu;
struct domain;
struct frame;
struct grant_table;

struct domain_config;
int grant_domain_init(struct domain *d, const struct domain_config *cfg);
/* A domain dies: unmap what it still maps of others; -ERESTART when preempted. */
int grant_domain_destroy(struct domain *d);
/* After that: its table's pages go.  Others may still have mappings by it, which they undo later. */
void grant_domain_release(struct domain *d);
/*
 * Machine frames of d's table (or its status pages), which grows as needed, for XENMEM_acquire_resource.
 * Return: 0; -EINVAL; -ENOMEM.
 */
u32 grant_resource_max(const struct domain *d, bool status);
int grant_resource(struct domain *d, bool status, u32 first, u32 n, u64 *mfns);
/* Nobody refers to d any more: free its table. */
void grant_domain_free(struct domain *d);

/*
 * For the auditor: the references that d's mappings hold by their pins, on its own frames or
 * others'. The pages of its table are not among them: frame_share() marked them.
 */
void grant_for_each_ref(struct domain *d, void (*fn)(void *arg, struct frame *f, bool writable),
			void *arg);

void grant_dump(struct domain *d);		/* console key 'g' */

/* ---- within the room ------------------------------------------------------------------------- */

#define GRANT_PER_PAGE_V1	(PAGE_SIZE / sizeof(grant_entry_v1_t))
#define GRANT_PER_PAGE_V2	(PAGE_SIZE / sizeof(grant_entry_v2_t))
#define STATUS_PER_PAGE		(PAGE_SIZE / sizeof(grant_status_t))
#define MAPPINGS_PER_PAGE	(PAGE_SIZE / sizeof(struct grant_mapping))

enum grant_kind { GRANT_PAGE, GRANT_SUB_PAGE, GRANT_TRANSITIVE };

/* Our copy of a pinned entry; its content counts while readers + writers > 0. */
struct grant_active {
	union {
		struct frame *frame;
		struct {		/* GRANT_TRANSITIVE: the grant behind it */
			u32 ref;
			domid_t dom;
		} via;
	};
	domid_t domid;			/* who was granted */
	u16 start, length;		/* bytes that may be reached */
	u16 readers, writers;		/* pins */
	u8 kind;
};

/* A mapping that d made, found by its handle. */
struct grant_mapping {
	struct domain *dom;		/* who granted; referenced */
	u32 ref;			/* free: the next free handle */
	u16 flags;			/* GNTMAP_*, MAPPING_*; 0: free */
	u16 unused;
};
#define MAPPING_DONE	0x8000		/* unmapped, waits for the TLB flush */

struct grant_table {
	struct spinlock lock;		/* LOCK_GRANT: all below.  Two domains': spin_lock_both() */
	u32 version, max_version;	/* 1 or 2 */
	u32 nr_frames, max_frames;
	u32 nr_status;			/* 0 in version 1 */
	void **shared;			/* nr_frames pages, seen by the guest */
	grant_status_t **status;	/* nr_status pages, likewise */
	struct grant_active **active;	/* of each shared page, GRANT_PER_PAGE_V1 each */

	struct grant_mapping **mapping;	/* pages of mappings */
	u32 nr_map_pages, max_map_pages;
	u32 free_handle;		/* ~0: none */
	u32 destroy_next;		/* grant_domain_destroy() goes on here */
};

static inline u32 grant_entries(const struct grant_table *gt)
{
	return gt->nr_frames * (gt->version == 1 ? GRANT_PER_PAGE_V1 : GRANT_PER_PAGE_V2);
}

static inline struct grant_active *grant_active(const struct grant_table *gt, u32 ref)
{
	return gt->version == 1 ? &gt->active[ref / GRANT_PER_PAGE_V1][ref % GRANT_PER_PAGE_V1] :
				  &gt->active[ref / GRANT_PER_PAGE_V2][ref % GRANT_PER_PAGE_V2];
}

static inline grant_entry_v1_t *grant_v1(const struct grant_table *gt, u32 ref)
{
	return (grant_entry_v1_t *)gt->shared[ref / GRANT_PER_PAGE_V1] + ref % GRANT_PER_PAGE_V1;
}

static inline grant_entry_v2_t *grant_v2(const struct grant_table *gt, u32 ref)
{
	return (grant_entry_v2_t *)gt->shared[ref / GRANT_PER_PAGE_V2] + ref % GRANT_PER_PAGE_V2;
}

static inline grant_status_t *grant_status(const struct grant_table *gt, u32 ref)
{
	return &gt->status[ref / STATUS_PER_PAGE][ref % STATUS_PER_PAGE];
}

/* ---- pins (pin.c): for all, the granting domain's lock is held ------------------------------- */

#define PIN_MAP		1		/* for a mapping: whole pages only */
#define PIN_READONLY	2

/* GNTST_okay, and one more pin; the entry's content is in grant_active(). */
s16 grant_pin(struct domain *d, u32 ref, domid_t who, unsigned int how);
void grant_unpin(struct domain *d, u32 ref, bool readonly);
/* A general reference to a frame of d, and a writable one.  GNTST_*. */
s16 grant_frame_get(struct domain *d, mfn_t mfn, bool readonly);
void grant_frame_put(struct frame *f, bool readonly);

/* ---- handles (maptrack.c): d's own lock is held ---------------------------------------------- */

u32 mapping_alloc(struct grant_table *gt);	/* ~0: none left */
void mapping_free(struct grant_table *gt, u32 handle);
static inline struct grant_mapping *mapping_slot(const struct grant_table *gt, u32 handle)
{
	return &gt->mapping[handle / MAPPINGS_PER_PAGE][handle % MAPPINGS_PER_PAGE];
}
/* For handles that guests name.  NULL: not in use. */
struct grant_mapping *mapping_at(const struct grant_table *gt, u32 handle);

/* ---- unmaps gather here until one TLB flush serves them all (map.c) -------------------------- */

#define GRANT_BATCH	32

struct grant_batch {
	u32 nr;
	bool flush;
	u32 handle[GRANT_BATCH];
};

void grant_batch_finish(struct domain *d, struct grant_batch *b);

#endif
