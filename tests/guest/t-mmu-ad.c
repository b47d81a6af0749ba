/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmu-ad - accessed and dirty bits over an update
 *
 * Right: MMU_PT_UPDATE_PRESERVE_AD keeps A and D of the old entry, MMU_NORMAL_PT_UPDATE takes the
 * new ones as they are; the processor sets both in the guest's table. ABI:
 * MMU_PT_UPDATE_PRESERVE_AD in xen.h.
 */
#include "guest.h"

#define AD (PTE_A | PTE_D)

static long set(u64 *entry, u64 val, u64 how)
{
	mmu_update_t req = { .ptr = maddr_of(entry) | how, .val = val };

	return HC(mmu_update, .reqs = &req, .count = 1, .foreign = DOMID_SELF);
}

void test_main(void)
{
	u64 *page = page_alloc(), *entry = entry_of((u64)page, 1);
	u64 clean = PTE(mfn_of(page), PTE_DATA & ~AD);
	mmuext_op_t flush = { .cmd = MMUEXT_INVLPG_LOCAL, .arg1.linear_addr = (u64)page };

	LIVE(page[0]) = 1;
	check_eq(LIVE(*entry) & AD, AD, "the page is accessed and dirty");
	check_eq(set(entry, clean, MMU_PT_UPDATE_PRESERVE_AD), 0, "keep A and D");
	check_eq(LIVE(*entry) & AD, AD, "they are kept");
	check_eq(set(entry, clean, MMU_NORMAL_PT_UPDATE), 0, "a normal update");
	check_eq(LIVE(*entry) & AD, 0, "they are gone");
	HC(mmuext_op, .ops = &flush, .count = 1, .foreign = DOMID_SELF);
	(void)LIVE(page[0]);
	check_eq(LIVE(*entry) & AD, PTE_A, "a read sets A");
	LIVE(page[0]) = 2;
	check_eq(LIVE(*entry) & AD, AD, "a write sets D");
	check_eq(set(entry, clean, MMU_PT_UPDATE_NO_TRANSLATE), 0,
		 "no translation is a normal update here");
	check_eq(LIVE(*entry) & AD, 0, "of all bits");
}
