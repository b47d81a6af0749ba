/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hostile-writable - a writable map of a live page table, each level, each path
 *
 * Right: refused by mmu_update, by update_va_mapping, in a batch, in a multicall, as an entry of a
 * new table that is linked, and by a grant of the frame to ourselves; a store through a read-only
 * map faults (or, at level 1, is emulated after a check). The frame is never writable: at the end
 * every table is as it was.  ABI: mmu_update in xen.h.
 */
#include "guest.h"

static struct chain chain;

static void by_mmu_update(int level)
{
	u64 *window = page_alloc(), *entry = entry_of((u64)window, 1);

	check_refused(entry_set(entry, PTE(mfn_of(chain.tables[level]), PTE_DATA)),
		      "L%d: by mmu_update", level);
	check_eq(*entry & PTE_ADDR, (long)mfn_of(window) << 12, "the entry is as it was");
}

static void by_va_mapping(int level)
{
	u64 *window = page_alloc();

	check_refused(pte_set((u64)window, PTE(mfn_of(chain.tables[level]), PTE_DATA)),
		      "L%d: by update_va_mapping", level);
}

static void by_multicall(int level)
{
	u64 *window = page_alloc();
	multicall_entry_t call = {
		.op = __HYPERVISOR_update_va_mapping,
		.args = { (u64)window, PTE(mfn_of(chain.tables[level]), PTE_DATA), UVMF_INVLPG },
	};

	check_eq(HC(multicall, .calls = &call, .count = 1), 0, "L%d: multicall", level);
	check_refused((long)call.result, "L%d: by multicall", level);
}

static void by_new_table(int level)
{
	u64 *l1 = page_alloc(), *slot = entry_of((u64)image_start, 2) + 100;

	l1[7] = PTE(mfn_of(chain.tables[level]), PTE_DATA);
	set_readonly(l1);
	check_refused(pin(1, mfn_of(l1)), "L%d: by pinning a table that has it", level);
	check_refused(entry_set(slot, PTE(mfn_of(l1), PTE_TABLE)), "L%d: by linking it", level);
	check_eq(*slot, 0, "nothing is linked");
}

static void by_upper_entry(int level)
{
	u64 *slot = entry_of((u64)image_start, 2) + 100;

	if (level == 1)
		return;
	check_refused(entry_set(slot, PTE(mfn_of(chain.tables[level]), PTE_TABLE)),
		      "L%d: as a table of level 1", level);
}

static void by_store(int level)
{
	u64 *entry = &chain.tables[level][3];

	if (level > 1)
		check_fault(TRY("movb $7, (%[p])", NO_RESULT, GIVEN([p] "r"((char *)entry + 1))),
			    X_PF, "L%d: a store of a byte", level);
	check_eq(*entry, 0, "did nothing");
	check_eq(TRY("movq %[v], (%[p])", NO_RESULT,
		     GIVEN([p] "r"(entry), [v] "r"(PTE(mfn_of(chain.tables[level]), PTE_DATA)))),
		 X_PF, "L%d: a store of a writable map of itself", level);
	check_eq(*entry, 0, "did nothing");
}

void test_main(void)
{
	chain_make(&chain, CHAIN_VA);
	check_eq(pin(4, mfn_of(chain.tables[4])), 0, "a tree, pinned");
	for (int level = 1; level <= 4; level++) {
		by_mmu_update(level);
		by_va_mapping(level);
		by_multicall(level);
		by_new_table(level);
		by_upper_entry(level);
		by_store(level);
	}
	check_eq(unpin(mfn_of(chain.tables[4])), 0, "the tree is whole");
}
