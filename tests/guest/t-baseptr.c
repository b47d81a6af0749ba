/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * baseptr - MMUEXT_NEW_BASEPTR and NEW_USER_BASEPTR
 *
 * Right: a root need not be pinned: taking it into use validates it, and it stays a table while in
 * use; writable pages, tables of other levels and frames that do not exist are refused, and the
 * old root stays; user base 0 is allowed and takes user mode away.  ABI: MMUEXT_NEW_BASEPTR in
 * xen.h.
 */
#include "guest.h"

static u64 cr3(void)
{
	u64 v;

	__asm__ volatile("movq %%cr3, %0" : "=r"(v));
	return v >> 12;
}

static u64 *copy_root(void)
{
	u64 *copy = page_alloc();

	memcpy(copy, (void *)start_info->pt_base, PAGE_SIZE);
	for (int i = 256; i < 272; i++)
		copy[i] = 0;
	return copy;
}

static void user_base(void)
{
	u64 *other = page_alloc(), *plain = page_alloc();

	set_readonly(other);
	check_eq(mmuext(MMUEXT_NEW_USER_BASEPTR, mfn_of(other)), 0, "user base: an empty root");
	check_eq(pte_set((u64)other, PTE(mfn_of(other), PTE_DATA)), -XEN_EBUSY, "is in use");
	check_refused(mmuext(MMUEXT_NEW_USER_BASEPTR, mfn_of(plain)), "user base: a writable page");
	check_refused(mmuext(MMUEXT_NEW_USER_BASEPTR, 0xfffffffff), "user base: no frame");
	check_eq(mmuext(MMUEXT_NEW_USER_BASEPTR, root_mfn()), 0,
		 "user base: the kernel's own root");
	check_eq(pte_set((u64)other, PTE(mfn_of(other), PTE_DATA)), 0, "frees the first");
	check_eq(mmuext(MMUEXT_NEW_USER_BASEPTR, 0), 0, "user base: none");
}

void test_main(void)
{
	u64 *second = copy_root(), *plain = page_alloc(), *l1 = page_alloc();

	check_refused(set_root(mfn_of(second)), "a writable root is refused");
	check_eq(cr3(), root_mfn(), "the old one is in use");
	set_readonly(second);
	check_eq(set_root(mfn_of(second)), 0, "a read-only one is taken, not pinned");
	check_eq(cr3(), mfn_of(second), "and in use");
	check_eq(pte_set((u64)second, PTE(mfn_of(second), PTE_DATA)), -XEN_EBUSY,
		 "it cannot be made writable");
	check_eq(set_root(mfn_of(second)), 0, "the same again");
	check_refused(set_root(mfn_of(plain)), "a writable page");
	set_readonly(l1);
	pin(1, mfn_of(l1));
	check_refused(set_root(mfn_of(l1)), "a table of level 1");
	check_refused(set_root(0xfffffffff), "a frame that does not exist");
	check_eq(cr3(), mfn_of(second), "the root is the same");
	check_eq(unpin(root_mfn()), 0, "the first root, unpinned while not in use");
	check_eq(pin(4, root_mfn()), 0, "is a good root still");
	check_eq(set_root(root_mfn()), 0, "back");
	check_eq(pte_set((u64)second, PTE(mfn_of(second), PTE_DATA)), 0, "the second is free");
	user_base();
}
