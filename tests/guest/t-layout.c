/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * layout - the address space that the domain builder makes
 *
 * Right: kernel, P2M, start_info, page tables and boot stack follow each other; what is mapped ends
 * on a 4 MiB boundary, at least 512 KiB behind the stack; every present entry carries the User bit;
 * page tables are mapped read-only, all else writable and executable.
 * ABI: "Start-of-day memory layout" in xen.h.
 */
#include "guest.h"

static u64 end_of_mapping(void)
{
	u64 va = (u64)image_start;

	for (;; va += PAGE_SIZE) {
		u64 *e = entry_of(va, 1);

		if (!e || !(*e & PTE_P))
			return va;
	}
}

/*
 * Entries, at all levels, on the way to each page of [from, to): how many lack flags, or have one
 * of bad.
 */
static unsigned int count_wrong(u64 from, u64 to, u64 flags, u64 bad)
{
	unsigned int wrong = 0;

	for (u64 va = from; va < to; va += PAGE_SIZE) {
		for (int level = 4; level > 1; level--)
			wrong += (*entry_of(va, level) & (PTE_P | PTE_US)) != (PTE_P | PTE_US);
		wrong += (*entry_of(va, 1) & flags) != flags || (*entry_of(va, 1) & bad);
	}
	return wrong;
}

void test_main(void)
{
	const start_info_t *si = start_info;
	u64 p2m_end = si->mfn_list + si->nr_pages * 8;
	u64 tables_end = si->pt_base + si->nr_pt_frames * PAGE_SIZE;
	u64 end = end_of_mapping();
	unsigned int wrong = 0;

	check(si->mfn_list >= (u64)image_end, "the P2M is behind the kernel");
	check((u64)si >= p2m_end, "start_info is behind the P2M");
	check(si->pt_base > (u64)si, "the page tables are behind start_info");
	check_eq(end & ((4UL << 20) - 1), 0, "the mapped region ends on 4 MiB, at 0x%lx", end);
	check(end >= tables_end + PAGE_SIZE + (512UL << 10), "at least 512 KiB are to spare");
	check_eq(count_wrong((u64)image_start, si->pt_base, PTE_P | PTE_US | PTE_RW, PTE_NX), 0,
		 "everything before the page tables is writable");
	check_eq(count_wrong(si->pt_base, tables_end, PTE_P | PTE_US, PTE_RW), 0,
		 "the page tables are read-only");
	check_eq(count_wrong(tables_end, end, PTE_P | PTE_US | PTE_RW, PTE_NX), 0,
		 "everything behind them is writable");
	check(TRY("movb $0, (%[p])", NO_RESULT, GIVEN([p] "r"(si->pt_base))) == X_PF,
	      "a page table cannot be written");
	for (u64 va = (u64)image_start; va < end; va += PAGE_SIZE)
		wrong += (*entry_of(va, 1) & PTE_ADDR) >> 12 != mfn_of((void *)va) &&
			 va != (u64)shared_info;
	check_eq(wrong, 0, "page n of the region is pseudo-physical frame n");
}
