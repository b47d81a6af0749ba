/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * reservation - giving frames back and getting others
 *
 * Right: decrease_reservation takes frames nobody maps and answers how many; mapped frames stay
 * ours; increase and populate give new ones, zeroed or not but ours; populate sets the M2P;
 * current_reservation follows; beyond the maximum fewer come.  ABI: XENMEM_* in memory.h.
 */
#include "guest.h"

static domid_t self = DOMID_SELF;

static long current(void)
{
	return HC(memory_op, .cmd = XENMEM_current_reservation, .arg = &self);
}

static long reserve(u64 cmd, u64 *frames, u64 n)
{
	xen_memory_reservation_t op = { .extent_start.p = frames,
					.nr_extents = n,
					.domid = DOMID_SELF };

	return HC(memory_op, .cmd = cmd, .arg = &op);
}

void test_main(void)
{
	u64 *page = page_alloc(), *second = page_alloc();
	u64 frames[2] = { mfn_of(page), mfn_of(second) }, pfn = pfn_of(page);
	u64 *p2m = (u64 *)start_info->mfn_list;
	long before = current();

	check_eq(before, start_info->nr_pages, "current_reservation is nr_pages");
	check_eq(reserve(XENMEM_decrease_reservation, frames, 1), 1,
		 "decrease: a frame that is still mapped is counted");
	check_eq(LIVE(*entry_of((u64)page, 1)) >> 12 & 0xffffffff, frames[0], "its mapping stays");
	LIVE(page[0]) = 5;
	check_eq(LIVE(page[0]), 5, "and works");
	pte_set((u64)page, 0);
	check_eq(current(), before - 1, "the frame is gone when the last mapping is");
	pte_set((u64)second, 0);
	check_eq(reserve(XENMEM_decrease_reservation, frames + 1, 1), 1,
		 "decrease: one that is not");
	check_eq(current(), before - 2, "is gone at once");
	check_refused(pte_set((u64)second, PTE(frames[1], PTE_DATA)), "it cannot be mapped");
	check_eq(reserve(XENMEM_decrease_reservation, frames + 1, 1), 0, "nor given back twice");
	frames[0] = pfn;
	check_eq(reserve(XENMEM_populate_physmap, frames, 1), 1, "populate one");
	check_eq(M2P[frames[0]], pfn, "the M2P has its number");
	p2m[pfn] = frames[0];
	check_eq(pte_set((u64)page, PTE(frames[0], PTE_DATA)), 0, "it can be mapped");
	LIVE(page[0]) = 6;
	check_eq(LIVE(page[0]), 6, "and written");
	check_eq(reserve(XENMEM_increase_reservation, frames, 1), 1, "increase by one");
	check_eq(pte_set((u64)second, PTE(frames[0], PTE_DATA)), 0, "it can be mapped");
	check_eq(current(), before, "all is as at first");
	frames[0] = root_mfn();
	reserve(XENMEM_decrease_reservation, frames, 1);
	check_eq(M2P[root_mfn()], pfn_of((void *)start_info->pt_base), "a table in use stays ours");
	frames[0] = 0xfffffffff;
	check_eq(reserve(XENMEM_decrease_reservation, frames, 1), 0, "a frame that does not exist");
	check_eq(reserve(XENMEM_populate_physmap, (u64 *)UNMAPPED, 1), 0, "a list out of reach");
}
