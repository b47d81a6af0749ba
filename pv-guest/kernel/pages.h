/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KERNEL_PAGES_H
#define KERNEL_PAGES_H

#include "kernel/layout.h"
#include "kernel/types.h"

#define PAGES_MAX_ORDER 10

static inline void *pfn_to_va(pfn_t pfn)
{
	return (void *)(KERNEL_BASE + (pfn << PAGE_SHIFT));
}

static inline pfn_t va_to_pfn(const void *va)
{
	return ((u64)va - KERNEL_BASE) >> PAGE_SHIFT;
}

void pages_init(pfn_t first, pfn_t end);
void pages_add(pfn_t first, pfn_t end);
void *pages_alloc(unsigned int order);
void pages_free(void *va, unsigned int order);
unsigned long pages_free_count(void);
unsigned long pages_total(void);

/* One page each; never fails, as the kernel has no use for an answer "no". */
void *page_alloc(void);
void *page_alloc_zeroed(void);

static inline void page_free(void *va)
{
	pages_free(va, 0);
}

#endif
