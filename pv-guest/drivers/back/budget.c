/* SPDX-License-Identifier: GPL-2.0-only */
#include "drivers/back/budget.h"
#include "kernel/pages.h"

static unsigned long pages_used[BUDGET_FRAMES + 1], mapped;

static bool take(unsigned long *used, unsigned long n, unsigned long most)
{
	if (__atomic_add_fetch(used, n, __ATOMIC_RELAXED) <= most)
		return true;
	__atomic_sub_fetch(used, n, __ATOMIC_RELAXED);
	return false;
}

void *budget_pages(enum budget use, unsigned int order)
{
	void *pages;

	if (!take(&pages_used[use], 1UL << order, pages_total() / 8))
		return NULL;
	pages = pages_alloc(order);
	if (!pages)
		__atomic_sub_fetch(&pages_used[use], 1UL << order, __ATOMIC_RELAXED);
	return pages;
}

void budget_pages_free(enum budget use, void *pages, unsigned int order)
{
	pages_free(pages, order);
	__atomic_sub_fetch(&pages_used[use], 1UL << order, __ATOMIC_RELAXED);
}

bool budget_map(void)
{
	return take(&mapped, 1, BUDGET_MAPPED);
}

void budget_unmap(void)
{
	__atomic_sub_fetch(&mapped, 1, __ATOMIC_RELAXED);
}
