/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pin-bad - tables with an entry that may not be
 *
 * Right: pinning a table fails when one entry, also the last, is bad, and leaves nothing behind:
 * what the good entries before it named can be freed. Bad are: writable entries for tables, frames
 * that do not exist or are not ours, large pages, reserved bits, a table of the wrong level. ABI:
 * MMUEXT_PIN_L1_TABLE in xen.h; SDM volume 3, 4.5.
 */
#include "guest.h"

static struct chain chain;

static void l1_with(u64 bad, long want, const char *what)
{
	u64 *l1 = page_alloc(), *page = page_alloc();

	l1[0] = PTE(mfn_of(page), PTE_DATA);
	l1[511] = bad;
	set_readonly(l1);
	check_eq(pin(1, mfn_of(l1)), want, "L1 with %s", what);
	if (!want)
		unpin(mfn_of(l1));
	check_eq(pte_set((u64)l1, PTE(mfn_of(l1), PTE_DATA)), 0, "and is free after it");
	check_eq(pte_set((u64)page, PTE(mfn_of(page), PTE_RO)), 0, "its page too");
	set_readonly(l1);
	check_eq(pin(1, mfn_of(page)), 0, "which can become a table");
	unpin(mfn_of(page));
}

static void upper_with(int level, u64 bad, const char *what)
{
	u64 *table = page_alloc(), below = mfn_of(chain.tables[level - 1]);

	table[1] = PTE(below, PTE_TABLE);
	table[level == 4 ? 255 : 511] = bad;
	set_readonly(table);
	check_refused(pin(level, mfn_of(table)), "L%d with %s", level, what);
	check_eq(unpin(mfn_of(table)), -XEN_EINVAL, "is not pinned");
	check_eq(pte_set((u64)table, PTE(mfn_of(table), PTE_DATA)), 0, "is free");
	check_eq(pte_set((u64)chain.tables[level - 1], PTE(below, PTE_DATA)), 0,
		 "the table below it too");
	set_readonly(chain.tables[level - 1]);
}

void test_main(void)
{
	u64 plain, table;

	chain_make(&chain, CHAIN_VA);
	plain = mfn_of(page_alloc());
	table = mfn_of(chain.tables[1]);
	pin(1, table);
	l1_with(PTE(table, PTE_DATA), -XEN_EBUSY, "a writable map of a table");
	l1_with(PTE(table, PTE_RO), 0, "a read-only map of a table");
	l1_with(PTE(0xfffffffff, PTE_DATA), -XEN_EPERM, "a frame that does not exist");
	l1_with(0x1000, 0, "an entry that is not present");
	l1_with(~PTE_P, 0, "one with every other bit set");
	unpin(table);
	for (int level = 2; level <= 4; level++) {
		u64 below = mfn_of(chain.tables[level - 1]);

		upper_with(level, PTE(below, PTE_TABLE | PTE_PSE), "PSE");
		upper_with(level, PTE(plain, PTE_TABLE), "a writable page as table");
		upper_with(level, PTE(0xfffffffff, PTE_TABLE), "a frame that does not exist");
		upper_with(level, PTE(mfn_of(chain.tables[level]), PTE_TABLE),
			   "a table of its level");
	}
}
