/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page allocator: buddies of 1, 2, 4, ... 1024 pages.  What is free stands in a table beside the
 * memory, never in the free pages themselves.
 */
#include "kernel/lock.h"
#include "kernel/pages.h"
#include "kernel/print.h"
#include "kernel/string.h"

#define NO_PAGE	 UINT32_MAX
#define NOT_FREE 0xff

struct page {
	u32 next, prev;
	u8 order; /* of the free block that begins here, or NOT_FREE */
};

static struct spinlock lock;
static struct page *pages; /* guarded by lock, as all below */
static pfn_t pages_end;
static u32 free_head[PAGES_MAX_ORDER + 1];
static unsigned long free_pages, total_pages;

static void block_insert(pfn_t pfn, unsigned int order)
{
	u32 head = free_head[order];

	pages[pfn] = (struct page){ .next = head, .prev = NO_PAGE, .order = order };
	if (head != NO_PAGE)
		pages[head].prev = pfn;
	free_head[order] = pfn;
}

static void block_remove(pfn_t pfn)
{
	struct page *p = &pages[pfn];

	if (p->prev == NO_PAGE)
		free_head[p->order] = p->next;
	else
		pages[p->prev].next = p->next;
	if (p->next != NO_PAGE)
		pages[p->next].prev = p->prev;
	p->order = NOT_FREE;
}

/**
 * pages_init - make the table of pages
 * @first: the table is put at this page; what it covers is not handed out
 * @end:   one past the last page there will ever be
 */
void pages_init(pfn_t first, pfn_t end)
{
	unsigned int i;

	pages = pfn_to_va(first);
	pages_end = end;
	for (i = 0; i <= PAGES_MAX_ORDER; i++)
		free_head[i] = NO_PAGE;
	for (i = 0; i < end; i++)
		pages[i].order = NOT_FREE;
}

static void block_free(pfn_t pfn, unsigned int order)
{
	free_pages += 1UL << order;
	for (; order < PAGES_MAX_ORDER; order++) {
		pfn_t buddy = pfn ^ (1UL << order);

		if (buddy >= pages_end || pages[buddy].order != order)
			break;
		block_remove(buddy);
		pfn &= ~(1UL << order);
	}
	block_insert(pfn, order);
}

/**
 * pages_add - give the allocator the pages from first up to, not including, end
 */
void pages_add(pfn_t first, pfn_t end)
{
	pfn_t table = va_to_pfn(pages);
	pfn_t table_end = table + ROUND_UP(pages_end * sizeof(*pages), PAGE_SIZE) / PAGE_SIZE;
	bool irqs = spin_lock(&lock);

	for (; first < end; first++) {
		if (first >= table && first < table_end)
			continue;
		total_pages++;
		block_free(first, 0);
	}
	spin_unlock(&lock, irqs);
}

/**
 * pages_alloc - 2^order pages in a row, aligned to their size; content undefined
 *
 * Return: their address in the linear map, or NULL.
 */
void *pages_alloc(unsigned int order)
{
	bool irqs = spin_lock(&lock);
	unsigned int o = order;
	void *va = NULL;
	pfn_t pfn;

	while (o <= PAGES_MAX_ORDER && free_head[o] == NO_PAGE)
		o++;
	if (o <= PAGES_MAX_ORDER) {
		pfn = free_head[o];
		block_remove(pfn);
		while (o-- > order)
			block_insert(pfn + (1UL << o), o);
		free_pages -= 1UL << order;
		va = pfn_to_va(pfn);
	}
	spin_unlock(&lock, irqs);
	return va;
}

/**
 * pages_free - give back what pages_alloc(order) returned
 */
void pages_free(void *va, unsigned int order)
{
	bool irqs = spin_lock(&lock);

	CHECK(va_to_pfn(va) < pages_end && pages[va_to_pfn(va)].order == NOT_FREE);
	block_free(va_to_pfn(va), order);
	spin_unlock(&lock, irqs);
}

void *page_alloc(void)
{
	void *va = pages_alloc(0);

	if (!va)
		panic("out of memory");
	return va;
}

void *page_alloc_zeroed(void)
{
	return memset(page_alloc(), 0, PAGE_SIZE);
}

unsigned long pages_free_count(void)
{
	return READ_ONCE(free_pages);
}

unsigned long pages_total(void)
{
	return total_pages;
}
