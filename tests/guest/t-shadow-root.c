/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow-root - roots that name each other, as NetBSD's kernels have them
 *
 * They keep a root that is no table yet, with a recursive slot that names the root in use; write it by mmu_update like
 * any table; pin it later, and then a vCPU's root names it as it names itself, read-only.  Right: mmu_update writes
 * frames of ours that are no tables as it writes tables, whether we map them writable or not; a root may name another
 * that is pinned, but not two each other; both can be used and be left again; a writable entry for a root is refused.
 * ABI: mmu_update, mmuext_op in xen.h.
 */
#include "guest.h"

#define SLOT  300
#define OTHER 301
#define READ(i4, i3, i2, i1, n)                                                                    \
	LIVE(((u64 *)(0xffff000000000000UL | (u64)(i4) << 39 | (u64)(i3) << 30 | (u64)(i2) << 21 | \
		      (u64)(i1) << 12))[n])

static void no_tables(void)
{
	u64 *page = page_alloc();

	check_eq(entry_set(&page[3], 0x1234567), 0, "an update of a page that is no table");
	check_eq(page[3], 0x1234567, "writes it");
	set_readonly(page);
	check_eq(entry_set(&page[4], ~0UL), 0, "also where we map it read-only");
	check_eq(page[4], -1L, "as it is given");
}

static u64 *copy_of_root(const u64 *root)
{
	u64 *copy = page_alloc();

	for (u32 i = 0; i < 512; i++)
		if (i < 256 || i > 271)
			copy[i] = root[i];
	copy[SLOT] = PTE(root_mfn(), PTE_RO);
	set_readonly(copy);
	return copy;
}

void test_main(void)
{
	u64 *root = (u64 *)start_info->pt_base, *copy = copy_of_root(root);
	u64 first = root_mfn(), second = mfn_of(copy), *third = page_alloc();

	no_tables();
	for (u32 i = 0; i < 512; i++)
		if (i < 256 || i > 271)
			third[i] = root[i];
	check_eq(entry_set(&root[SLOT], PTE(first, PTE_RO)), 0, "the root names itself");
	check_eq(entry_set(&copy[OTHER], PTE(first, PTE_TABLE)), 0, "nobody looks what is written to no table");
	check_refused(pin(4, second), "until it is to be a root: it has a writable entry for one");
	check_eq(entry_set(&copy[OTHER], 0), 0, "without it");
	check_eq(pin(4, second), 0, "it is pinned, with a slot that names the other");
	check_refused(entry_set(&root[SLOT], PTE(second, PTE_RO)), "two do not name each other");
	check_eq(entry_set(&copy[SLOT], PTE(second, PTE_RO)), 0, "it names itself instead");
	check_eq(entry_set(&root[SLOT], PTE(second, PTE_RO)), 0, "and is named by the first");
	check_eq(READ(SLOT, SLOT, SLOT, SLOT, SLOT), (long)copy[SLOT], "by which it is read");
	third[SLOT] = 0;
	set_readonly(third);
	check_eq(pin(4, mfn_of(third)), 0, "a third");
	check_refused(entry_set(&copy[OTHER], PTE(mfn_of(third), PTE_RO)), "who is named names no other: there are no chains");
	check_refused(entry_set(&third[OTHER], PTE(first, PTE_RO)), "nor is one named who names another");
	check_eq(unpin(mfn_of(third)), 0, "the third goes");
	check_eq(set_root(second), 0, "it is in use");
	check_eq(READ(SLOT, SLOT, SLOT, SLOT, SLOT), (long)copy[SLOT], "and read as before");
	check_eq(mmuext(MMUEXT_NEW_USER_BASEPTR, first), 0, "the first for user mode");
	check_refused(entry_set(&copy[OTHER], PTE(first, PTE_TABLE)), "no writable entry for it");
	check_refused(entry_set(&copy[OTHER], PTE(second, PTE_TABLE)), "nor for the other");
	check_eq(set_root(first), 0, "the first is in use again");
	check_eq(mmuext(MMUEXT_NEW_USER_BASEPTR, 0), 0, "and no other");
	check_eq(entry_set(&root[SLOT], 0), 0, "its slot is empty");
	check_eq(entry_set(&copy[SLOT], 0), 0, "and the other's");
	check_eq(unpin(second), 0, "the second is unpinned");
	check_eq(pte_set((u64)copy, PTE(second, PTE_DATA)), 0, "and a page like any");
}
