/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * recursive - tables that name themselves
 *
 * Right: an L4 slot that names its own table, or another pinned one, read-only is a way to read
 * the tables (the builder's root too), and can be taken away; the same with the writable bit is
 * refused, and so is a table of level 1 that maps itself writable. Xen built with linear page
 * tables allows what is allowed here, by its option pv-linear-pt; a hypervisor may also refuse
 * (-EINVAL), not more.  A store through it to a table of level 1 is done as one by any other read-only map.  ABI: mmu_update in xen.h.
 */
#include "guest.h"

#define SLOT 300
#define LINEAR(i4, i3, i2, i1)                                                                     \
	((u64 *)(0xffff000000000000UL | (u64)(i4) << 39 | (u64)(i3) << 30 | (u64)(i2) << 21 |      \
		 (u64)(i1) << 12))

/* Where the slot shows the L1 table of a chain: an L2 entry, read-only, is what maps it. */
static void store(void)
{
	u64 *const top = (u64 *)start_info->pt_base + table_index(CHAIN_VA, 4), *l1;
	u64 new = PTE(mfn_of(page_alloc()), PTE_DATA), old = new;
	struct chain c;

	chain_make(&c, CHAIN_VA);
	check_eq(entry_set(top, PTE(mfn_of(c.tables[3]), PTE_TABLE)), 0, "a chain of tables");
	check_eq(entry_set(&c.tables[2][table_index(CHAIN_VA, 2)], PTE(mfn_of(c.tables[1]), PTE_RO)), 0, "its L1 read-only");
	l1 = LINEAR(SLOT, table_index(CHAIN_VA, 4), table_index(CHAIN_VA, 3), table_index(CHAIN_VA, 2)) + table_index(CHAIN_VA, 1);
	check_fault(TRY("xchgq %[v], (%[p])", RESULT([v] "+r"(old)), GIVEN([p] "r"(l1))), NO_FAULT, "an entry is exchanged through it");
	check_eq(old & PTE_ADDR, mfn_of(c.page) << 12, "for what was there");
	check_eq(LIVE(c.tables[1][table_index(CHAIN_VA, 1)]) & PTE_ADDR, new & PTE_ADDR, "and is there");
	check_fault(TRY("xchgq %[v], (%[p])", NO_RESULT, GIVEN([p] "r"(l1), [v] "r"(PTE(root_mfn(), PTE_DATA)))), X_PF,
		    "a writable map of a table is not");
	check_eq(entry_set(top, 0), 0, "the chain goes");
}

static void linear_map(void)
{
	u64 *root = (u64 *)start_info->pt_base, *slot = &root[SLOT];
	long rc = entry_set(slot, PTE(root_mfn(), PTE_RO));

	if (rc) {
		check_refused(rc, "a read-only recursive slot is refused");
		return;
	}
	check_eq(rc, 0, "a read-only recursive slot");
	check_eq(LIVE(LINEAR(SLOT, SLOT, SLOT, SLOT)[SLOT]), (long)*slot, "reads itself");
	check_eq(LIVE(LINEAR(SLOT, SLOT, SLOT, SLOT)[table_index((u64)image_start, 4)]) & PTE_ADDR,
		 root[table_index((u64)image_start, 4)] & PTE_ADDR, "reads the root");
	check_fault(
		TRY("movq $0, (%[p])", NO_RESULT, GIVEN([p] "r"(LINEAR(SLOT, SLOT, SLOT, SLOT)))),
		X_PF, "cannot be written through");
	store();
	check_eq(entry_set(slot, 0), 0, "and taken away");
}

static void itself(int level)
{
	u64 *table = page_alloc();

	table[9] = PTE(mfn_of(table), PTE_TABLE);
	set_readonly(table);
	check_refused(pin(level, mfn_of(table)), "an L%d with a writable entry for itself", level);
	check_eq(pte_set((u64)table, PTE(mfn_of(table), PTE_DATA)), 0, "is free after it");
}

static void two(void)
{
	u64 *a = page_alloc(), *b = page_alloc();

	a[9] = PTE(mfn_of(b), PTE_TABLE);
	b[9] = PTE(mfn_of(a), PTE_TABLE);
	set_readonly(a);
	set_readonly(b);
	for (int level = 2; level <= 4; level++)
		check_refused(pin(level, mfn_of(a)), "L%d: two that name each other", level);
	check_eq(pte_set((u64)a, PTE(mfn_of(a), PTE_DATA)), 0, "the first is free");
	check_eq(pte_set((u64)b, PTE(mfn_of(b), PTE_DATA)), 0, "the second too");
}

void test_main(void)
{
	linear_map();
	check_refused(entry_set((u64 *)start_info->pt_base + SLOT, PTE(root_mfn(), PTE_TABLE)),
		      "a writable recursive slot");
	check_eq(((u64 *)start_info->pt_base)[SLOT], 0, "the slot is empty");
	for (int level = 1; level <= 4; level++)
		itself(level);
	two();
}
