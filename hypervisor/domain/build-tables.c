/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The initial domain's first page tables, written directly; validation of the root, which follows,
 * checks them like any guest's and takes the references.
 */
#include "domain/build.h"
#include "lib/string.h"

#define TABLE_FLAGS	(PTE_PRESENT | PTE_WRITE | PTE_USER | PTE_ACCESSED | PTE_DIRTY)

u64 tables_for(u64 start, u64 end)
{
	u64 n = 0;

	for (unsigned int shift = 21; shift <= 39; shift += 9)
		n += ((end - 1) >> shift) - (start >> shift) + 1;
	return n;
}

static u64 *take_table(struct build *b, mfn_t *mfn)
{
	u64 *t = build_page(b, b->next_table);

	*mfn = b->p2m[b->next_table++];
	memset(t, 0, PAGE_SIZE);
	return t;
}

/* The L1 table that maps va, with the tables above it made as needed. */
static u64 *l1_for(struct build *b, u64 va)
{
	u64 *t = b->l4;

	for (unsigned int level = 4; level > 1; level--) {
		u64 *e = &t[PT_INDEX(va, level)];
		mfn_t mfn;

		if (!*e) {
			take_table(b, &mfn);
			*e = pte_make(mfn, TABLE_FLAGS);
		}
		t = mfn_to_hv(pte_mfn(*e));
	}
	return t;
}

static void map_frames(struct build *b, u64 va, pfn_t pfn, u64 count)
{
	pfn_t first_table = build_pfn(b, b->va_tables);
	u64 *l1 = NULL;

	for (u64 i = 0; i < count; i++, va += PAGE_SIZE, pfn++) {
		u64 flags = TABLE_FLAGS;

		/* The guest may look at its tables, not write them. */
		if (pfn >= first_table && pfn < first_table + b->nr_tables)
			flags &= ~PTE_WRITE;
		if (!l1 || PT_INDEX(va, 1) == 0)
			l1 = l1_for(b, va);
		l1[PT_INDEX(va, 1)] = pte_make(b->p2m[pfn], flags);
	}
}

void build_tables(struct build *b)
{
	mfn_t l4_mfn;

	b->next_table = build_pfn(b, b->va_tables);
	b->l4 = take_table(b, &l4_mfn);
	map_frames(b, b->img.virt_base, 0, build_pfn(b, b->v_end));
	CHECK(b->next_table <= build_pfn(b, b->va_tables) + b->nr_tables);

	if (b->nr_p2m_frames) {
		u64 pages = PFN_UP(b->nr_pages * 8);

		b->next_table = b->pfn_p2m + pages;
		map_frames(b, b->img.init_p2m, b->pfn_p2m, pages);
		CHECK(b->next_table <= b->pfn_p2m + b->nr_p2m_frames);
	}
}
