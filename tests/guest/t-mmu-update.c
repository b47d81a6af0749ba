/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmu-update - changing entries of live tables
 *
 * Right: entries of every level of a pinned tree change, and the new mapping is in effect once the
 * guest flushes; the same entry again is harmless; an bad ones are refused and the old one stays;
 * plain memory can be written by it too, with any value; addresses not aligned (that is an unknown
 * command) or out of memory are refused.  ABI: __HYPERVISOR_mmu_update in xen.h.
 */
#include "guest.h"

static void each_level(void)
{
	struct chain a, b;

	chain_make(&a, CHAIN_VA);
	chain_make(&b, CHAIN_VA);
	check_eq(pin(4, mfn_of(a.tables[4])), 0, "a tree");
	for (int level = 1; level <= 4; level++) {
		u64 *entry = &a.tables[level][table_index(CHAIN_VA, level)], old = *entry;
		u64 other = b.tables[level][table_index(CHAIN_VA, level)];

		check_eq(entry_set(entry, other), 0, "L%d: another", level);
		check_eq(*entry & PTE_ADDR, other & PTE_ADDR, "L%d: is there", level);
		check_eq(entry_set(entry, other), 0, "L%d: the same again", level);
		check_eq(entry_set(entry, 0), 0, "L%d: nothing", level);
		check_eq(*entry, 0, "L%d: is there", level);
		check_eq(entry_set(entry, old), 0, "L%d: the first", level);
	}
	unpin(mfn_of(a.tables[4]));
}

static void in_effect(void)
{
	u64 *page = page_alloc(), *second = page_alloc(), *entry;

	page[0] = 11;
	second[0] = 22;
	entry = entry_of((u64)page, 1);
	check_eq(LIVE(page[0]), 11, "a page");
	check_eq(entry_set(entry, PTE(mfn_of(second), PTE_DATA)), 0, "another one in its place");
	flush(page);
	check_eq(LIVE(page[0]), 22, "is what is read");
	check_eq(entry_set(entry, 0), 0, "nothing in its place");
	flush(page);
	check_fault(TRY("movb $1, (%[p])", NO_RESULT, GIVEN([p] "r"(page))), X_PF, "faults");
	check_eq(entry_set(entry, PTE(mfn_of(page), PTE_RO)), 0, "the page, read-only");
	flush(page);
	check_fault(TRY("movb $1, (%[p])", NO_RESULT, GIVEN([p] "r"(page))), X_PF,
		    "faults when written");
	check_eq(LIVE(page[0]), 11, "and reads");
	check_eq(entry_set(entry, PTE(mfn_of(page), PTE_DATA)), 0, "writable again");
	flush(page);
	LIVE(page[0]) = 12;
	check_eq(LIVE(page[0]), 12, "it can be written");
}

static void refused(void)
{
	u64 *page = page_alloc(), *entry = entry_of((u64)page, 1), old = *entry;
	u64 *l2e = entry_of((u64)page, 2), old2 = *l2e;

	check_refused(entry_set(entry, PTE(0xfffffffff, PTE_DATA)), "a frame that does not exist");
	check_refused(entry_set(entry, PTE(root_mfn(), PTE_DATA)), "a writable root");
	check_refused(entry_set(l2e, PTE(mfn_of(page), PTE_TABLE)), "a page for a table");
	check_refused(entry_set(l2e, PTE(root_mfn(), PTE_TABLE)), "a root for an L1");
	check_refused(entry_set(l2e, PTE(mfn_of(page), PTE_TABLE | PTE_PSE)), "a large page");
	check(*entry == old && *l2e == old2, "the entries are as they were");
	check_eq(mmu_set(maddr_of(entry) + 4, old), -XEN_ENOSYS,
		 "an address not aligned is an unknown command");
	check_eq(mmu_set(0xfffffffff000, 0), -XEN_EINVAL, "an entry that does not exist");
	check_eq(mmu_set(~7UL, 0), -XEN_EINVAL, "an address above all memory");
}

static void plain_memory(void)
{
	u64 *page = page_alloc();

	check_eq(mmu_set(maddr_of(&page[3]), 0xdeadbeefcafe0001), 0,
		 "plain memory takes any value");
	check_eq(LIVE(page[3]), 0xdeadbeefcafe0001, "is there");
}

void test_main(void)
{
	each_level();
	in_effect();
	refused();
	plain_memory();
}
