/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pages: a buddy system.  Free blocks hang in lists by order, linked through the frame table; the frame
 * that heads a block says so in its `order`.  Memory above 4 GiB is given out first, because
 * below it is what some devices need.
 *
 * Whoever gets memory gets it cleared, at that moment, or promises to overwrite it: so nothing of a
 * former owner is ever seen, and memory that nobody takes is never touched.
 *
 * Small objects: pages cut into equal objects of a power of two, at least 32 bytes.  The page's
 * `order` holds the size and what is free.
 */
#include "cpu/insn.h"
#include "dev/console.h"
#include "lib/lock.h"
#include "lib/string.h"
#include "mm/frame.h"
#include "mm/heap.h"
#include "mm/memmap.h"

#define NIL		(~(u32)0)

/* frame.order: what a frame is head of. */
#define KIND_FREE	BIT(32)			/* a free block; order in the low byte */
#define KIND_PAGES	BIT(33)			/* zalloc() of whole pages */
#define KIND_SLAB	BIT(34)			/* a page of small objects; class in the low byte, */
#define SLAB_USED_SHIFT	8			/* objects in use, */
#define SLAB_FREE_SHIFT	16			/* and offset of the first free one, 0xffff: none */

enum { ZONE_LOW, ZONE_HIGH, NR_ZONES };
#define LOW_LIMIT	PFN_DOWN(1UL << 32)

#define CLASS_MIN	5			/* 32 bytes */
#define CLASS_MAX	11			/* 2 KiB */

static struct spinlock lock = SPINLOCK_INIT("heap", LOCK_HEAP);
static u32 free_list[NR_ZONES][HEAP_MAX_ORDER + 1];
static u32 slab_list[CLASS_MAX + 1];		/* pages with a free object */
static u64 nr_free, nr_total;
static u64 nr_promised;				/* of the free ones, to domains; at most nr_free */

/* ---- lists through the frame table ----------------------------------------------------------------- */

static void list_push(u32 *head, struct frame *f)
{
	u32 mfn = frame_to_mfn(f);

	f->free.prev = NIL;
	f->free.next = *head;
	if (*head != NIL)
		mfn_to_frame(*head)->free.prev = mfn;
	*head = mfn;
}

static void list_remove(u32 *head, struct frame *f)
{
	if (f->free.prev != NIL)
		mfn_to_frame(f->free.prev)->free.next = f->free.next;
	else
		*head = f->free.next;
	if (f->free.next != NIL)
		mfn_to_frame(f->free.next)->free.prev = f->free.prev;
	f->free.next = f->free.prev = 0;
}

/* ---- blocks of pages -------------------------------------------------------------------------------- */

static u32 *list_of(mfn_t mfn, unsigned int order)
{
	return &free_list[mfn < LOW_LIMIT ? ZONE_LOW : ZONE_HIGH][order];
}

static void block_insert(mfn_t mfn, unsigned int order)
{
	struct frame *f = mfn_to_frame(mfn);

	f->order = KIND_FREE | order;
	list_push(list_of(mfn, order), f);
}

static void block_remove(mfn_t mfn, unsigned int order)
{
	struct frame *f = mfn_to_frame(mfn);

	list_remove(list_of(mfn, order), f);
	f->order = 0;
}

/* Put a block back, joined with its free neighbours as far as that goes. */
static void block_free(mfn_t mfn, unsigned int order)
{
	nr_free += BIT(order);
	for (; order < HEAP_MAX_ORDER; order++) {
		mfn_t buddy = mfn ^ BIT(order);

		if (!memmap_is_ram(buddy) || mfn_to_frame(buddy)->order != (KIND_FREE | order))
			break;
		block_remove(buddy, order);
		mfn &= ~BIT(order);
	}
	block_insert(mfn, order);
}

static struct frame *block_alloc(unsigned int zone, unsigned int order)
{
	unsigned int o = order;
	mfn_t mfn;

	while (o <= HEAP_MAX_ORDER && free_list[zone][o] == NIL)
		o++;
	if (o > HEAP_MAX_ORDER)
		return NULL;
	mfn = free_list[zone][o];
	block_remove(mfn, o);
	while (o > order) {
		o--;
		block_insert(mfn + BIT(o), o);
	}
	nr_free -= BIT(order);
	return mfn_to_frame(mfn);
}

void heap_init(void)
{
	memset(free_list, 0xff, sizeof(free_list));
	memset(slab_list, 0xff, sizeof(slab_list));
	nr_free = nr_total = nr_promised = 0;
}

void heap_add(u64 start, u64 end)
{
	mfn_t mfn = PFN_DOWN(start), last = PFN_DOWN(end);

	spin_lock(&lock);
	nr_total += last - mfn;
	while (mfn < last) {
		unsigned int order = mfn ? MIN(__builtin_ctzl(mfn), HEAP_MAX_ORDER) : HEAP_MAX_ORDER;

		while (BIT(order) > last - mfn)
			order--;
		block_free(mfn, order);
		mfn += BIT(order);
	}
	spin_unlock(&lock);
}

/* Locks: lock held. */
static struct frame *block_get(unsigned int order, unsigned int flags, u64 promised)
{
	struct frame *f = NULL;

	if (order > HEAP_MAX_ORDER || nr_free - (nr_promised - promised) < BIT(order))
		return NULL;
	if (!(flags & MEMF_DMA32))
		f = block_alloc(ZONE_HIGH, order);
	if (!f)
		f = block_alloc(ZONE_LOW, order);
	if (f)
		nr_promised -= promised;
	return f;
}

struct frame *heap_alloc_promised(unsigned int order, unsigned int flags, u64 promised)
{
	struct frame *f;

	spin_lock(&lock);
	f = block_get(order, flags, promised);
	spin_unlock(&lock);
	if (f && !(flags & MEMF_NO_SCRUB))
		memset(mfn_to_hv(frame_to_mfn(f)), 0, PAGE_SIZE << order);
	return f;
}

struct frame *heap_alloc(unsigned int order, unsigned int flags)
{
	return heap_alloc_promised(order, flags, 0);
}

bool heap_promise(u64 pages)
{
	bool ok;

	spin_lock(&lock);
	ok = pages <= nr_free - nr_promised;
	if (ok)
		nr_promised += pages;
	spin_unlock(&lock);
	return ok;
}

void heap_promise_end(u64 pages)
{
	spin_lock(&lock);
	nr_promised -= pages;
	spin_unlock(&lock);
}

void heap_free(struct frame *f, unsigned int order)
{
	mfn_t mfn = frame_to_mfn(f);

	CHECK(!(mfn & (BIT(order) - 1)) && !f->state && !f->owner && !f->order);
	spin_lock(&lock);
	block_free(mfn, order);
	spin_unlock(&lock);
}

void *alloc_pages(unsigned int order)
{
	struct frame *f = heap_alloc(order, 0);

	return f ? mfn_to_hv(frame_to_mfn(f)) : NULL;
}

void free_pages(void *p, unsigned int order)
{
	if (p)
		heap_free(mfn_to_frame(hv_to_mfn(p)), order);
}

u64 heap_free_pages(void)
{
	return READ_ONCE(nr_free);
}

u64 heap_total_pages(void)
{
	return READ_ONCE(nr_total);
}

/* ---- small objects -------------------------------------------------------------------------------------- */

static unsigned int slab_class(const struct frame *f) { return f->order & 0xff; }
static unsigned int slab_used(const struct frame *f) { return f->order >> SLAB_USED_SHIFT & 0xff; }
static unsigned int slab_first(const struct frame *f) { return f->order >> SLAB_FREE_SHIFT & 0xffff; }

static void slab_set(struct frame *f, unsigned int class, unsigned int used, unsigned int first)
{
	f->order = KIND_SLAB | class | (u64)used << SLAB_USED_SHIFT | (u64)first << SLAB_FREE_SHIFT;
}

/* Each free object begins with the offset of the next. */
static void slab_new(struct frame *f, unsigned int class)
{
	u8 *page = mfn_to_hv(frame_to_mfn(f));

	for (unsigned int at = 0; at < PAGE_SIZE; at += BIT(class))
		*(u16 *)(page + at) = at + BIT(class) < PAGE_SIZE ? at + BIT(class) : 0xffff;
	slab_set(f, class, 0, 0);
	list_push(&slab_list[class], f);
}

static void *slab_alloc(unsigned int class)
{
	struct frame *f;
	u8 *p;

	spin_lock(&lock);
	if (slab_list[class] == NIL) {
		f = block_get(0, 0, 0);
		if (!f) {
			spin_unlock(&lock);
			return NULL;
		}
		slab_new(f, class);
	}
	f = mfn_to_frame(slab_list[class]);
	p = (u8 *)mfn_to_hv(frame_to_mfn(f)) + slab_first(f);
	slab_set(f, class, slab_used(f) + 1, *(u16 *)p);
	if (slab_first(f) == 0xffff)
		list_remove(&slab_list[class], f);
	spin_unlock(&lock);
	memset(p, 0, BIT(class));
	return p;
}

static void slab_free(struct frame *f, void *p)
{
	unsigned int class = slab_class(f), used;
	bool was_full;

	spin_lock(&lock);
	used = slab_used(f) - 1;
	was_full = slab_first(f) == 0xffff;
	*(u16 *)p = slab_first(f);
	slab_set(f, class, used, (u64)p & ~PAGE_MASK);
	if (was_full)
		list_push(&slab_list[class], f);
	if (!used) {
		list_remove(&slab_list[class], f);
		f->order = 0;
		block_free(frame_to_mfn(f), 0);
	}
	spin_unlock(&lock);
}

void *zalloc(size_t size)
{
	unsigned int class = CLASS_MIN, order;
	void *p;

	while (class <= CLASS_MAX && BIT(class) < size)
		class++;
	if (class <= CLASS_MAX)
		return slab_alloc(class);
	order = order_for(size);
	p = order <= HEAP_MAX_ORDER ? alloc_pages(order) : NULL;
	if (p)
		mfn_to_frame(hv_to_mfn(p))->order = KIND_PAGES | order;
	return p;
}

void zfree(void *p)
{
	struct frame *f;

	if (!p)
		return;
	f = mfn_to_frame(hv_to_mfn(p));
	if (f->order & KIND_SLAB) {
		slab_free(f, p);
	} else {
		unsigned int order = f->order & 0xff;

		CHECK(f->order & KIND_PAGES);
		f->order = 0;
		heap_free(f, order);
	}
}
