/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmu-batch - many updates in one call
 *
 * Right: done counts what was done; the batch stops at the first error, what came before stays
 * done; count 0 is fine; done may be NULL; unknown commands are -ENOSYS; thousands of updates in
 * one call all happen. The preempted flag (bit 31) is for the hypervisor, a guest that sets it at
 * first gets nothing out of it.  ABI: __HYPERVISOR_mmu_update, MMU_UPDATE_PREEMPTED in xen.h.
 */
#include "guest.h"

#define MANY 3000

static mmu_update_t reqs[MANY];

static long batch(unsigned int n, u32 *done)
{
	return HC(mmu_update, .reqs = reqs, .count = n, .done = done, .foreign = DOMID_SELF);
}

static void small(void)
{
	mmuext_op_t op = { .cmd = MMUEXT_TLB_FLUSH_LOCAL };
	u64 *page = page_alloc();
	u32 done = 99;

	for (int i = 0; i < 4; i++)
		reqs[i] = (mmu_update_t){ maddr_of(&page[i]), 100 + i };
	check_eq(batch(4, &done), 0, "four updates");
	check_eq(done, 4, "done");
	check(page[0] == 100 && page[3] == 103, "happened");
	for (int i = 0; i < 4; i++)
		reqs[i].val += 100;
	reqs[2].ptr = 0xfffffffff000;
	check_eq(batch(4, &done), -XEN_EINVAL, "the third is bad");
	check_eq(done, 2, "two are done");
	check(page[0] == 200 && page[1] == 201, "they happened");
	check(page[2] == 102 && page[3] == 103, "the others did not");
	reqs[1].ptr |= 4;
	check_eq(batch(4, &done), -XEN_ENOSYS, "an unknown command");
	check_eq(done, 1, "one is done");
	done = 99;
	check_eq(batch(0, &done), 0, "none");
	check_eq(done, 0, "done");
	check_eq(batch(1, NULL), 0, "done is not asked for");
	check_eq(batch(1, (u32 *)UNMAPPED), 0, "done cannot be told: nobody says so");
	check_eq(HC(mmu_update, .reqs = (void *)UNMAPPED, .count = 1, .done = &done,
		    .foreign = DOMID_SELF),
		 -XEN_EFAULT, "requests out of reach");
	done = 99;
	check_eq(HC(mmu_update, .reqs = reqs, .count = 1, .done = &done, .foreign = 0x1234),
		 -XEN_ESRCH, "another domain's tables: there is none");
	check_eq(done, 0, "none is done");
	done = 99;
	check_eq(HC(mmuext_op, .ops = &op, .count = 1, .done = &done, .foreign = 0x1234), -XEN_ESRCH,
		 "another domain's operations: there is none");
	check_eq(done, 99, "and nothing to count");
}

static void many(void)
{
	u64 *pages = pages_alloc(MANY * 8 / PAGE_SIZE + 1);
	unsigned int wrong = 0;
	u32 done = 0;

	for (int i = 0; i < MANY; i++)
		reqs[i] = (mmu_update_t){ maddr_of(&pages[i]), 7000 + i };
	check_eq(batch(MANY, &done), 0, "%d updates", MANY);
	check_eq(done, MANY, "done");
	for (int i = 0; i < MANY; i++)
		wrong += pages[i] != 7000UL + i;
	check_eq(wrong, 0, "all happened");
}

void test_main(void)
{
	small();
	many();
}
