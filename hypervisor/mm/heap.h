/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page allocator: a buddy system over the frame table, and a small-object allocator on it.
 * Locks: LOCK_HEAP inside.  Freed pages are scrubbed before they are given out again.
 */
#ifndef HV_MM_HEAP_H
#define HV_MM_HEAP_H

#include "lib/types.h"

#define HEAP_MAX_ORDER	18		/* 1 GiB */

struct frame;

void heap_init(void);				/* after memmap_init */
void heap_add(u64 start, u64 end);		/* machine addresses, page aligned: give to the heap */

/* Raw frames: owner NULL, state 0. flags: MEMF_*.  NULL when none. Pages are zero unless MEMF_NO_SCRUB. */
struct frame *heap_alloc(unsigned int order, unsigned int flags);
void heap_free(struct frame *f, unsigned int order);
/* Set free pages aside, which only heap_alloc_promised() gives out, using up that much of the promise; end one. */
bool heap_promise(u64 pages);
void heap_promise_end(u64 pages);
struct frame *heap_alloc_promised(unsigned int order, unsigned int flags, u64 promised);

/* Hypervisor's own zeroed pages, by direct-map address. */
void *alloc_pages(unsigned int order);
void free_pages(void *p, unsigned int order);

/* Zeroed object of any size; NULL when none left.  Sizes above a page are whole pages. */
void *zalloc(size_t size);
void zfree(void *p);				/* NULL allowed */

/* The least order of pages that holds so many bytes; above HEAP_MAX_ORDER when none does. */
static inline unsigned int order_for(u64 bytes)
{
	unsigned int order = 0;

	while (order <= HEAP_MAX_ORDER && PAGE_SIZE << order < bytes)
		order++;
	return order;
}

u64 heap_free_pages(void);			/* frames free now */
u64 heap_total_pages(void);

#endif
