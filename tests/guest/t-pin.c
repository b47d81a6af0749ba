/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pin - pinning and unpinning tables of every level
 *
 * Right: a good table of each level can be pinned once (again is -EINVAL) and unpinned once (again
 * is -EINVAL); it can be written only before and after; pinning at another level than its use is
 * -EINVAL; a table in use by another keeps its type after unpinning.  ABI: MMUEXT_PIN_L1_TABLE to
 * MMUEXT_UNPIN_TABLE in xen.h.
 */
#include "guest.h"

static struct chain chain;

static void each_level(void)
{
	for (int level = 1; level <= 4; level++) {
		u64 *table = chain.tables[level], mfn = mfn_of(table);
		int other = level % 4 + 1;

		check_eq(pin(level, mfn), 0, "L%d: pin", level);
		check_eq(pin(level, mfn), -XEN_EINVAL, "L%d: pin again", level);
		check_eq(pin(other, mfn), -XEN_EINVAL, "L%d: pin as L%d", level, other);
		check_eq(pte_set((u64)table, PTE(mfn, PTE_DATA)), -XEN_EBUSY,
			 "L%d: cannot be made writable", level);
		check_eq(unpin(mfn), 0, "L%d: unpin", level);
		check_eq(unpin(mfn), -XEN_EINVAL, "L%d: unpin again", level);
		check_eq(pte_set((u64)table, PTE(mfn, PTE_DATA)), 0, "L%d: is free again", level);
		set_readonly(table);
	}
}

static void in_use(void)
{
	u64 root = mfn_of(chain.tables[4]), l1 = mfn_of(chain.tables[1]);

	check_eq(pin(4, root), 0, "the root");
	check_eq(pin(1, l1), 0, "a table below it, too");
	check_eq(unpin(l1), 0, "can be unpinned");
	check_eq(pte_set((u64)chain.tables[1], PTE(l1, PTE_DATA)), -XEN_EBUSY,
		 "but stays a table: the root uses it");
	check_eq(pin(2, l1), -XEN_EINVAL, "of its level");
	check_eq(unpin(root), 0, "the root, off");
	check_eq(pte_set((u64)chain.tables[1], PTE(l1, PTE_DATA)), 0, "frees it");
	set_readonly(chain.tables[1]);
}

static void refused(void)
{
	u64 *plain = page_alloc();

	check_refused(pin(1, mfn_of(plain)), "a writable page");
	check_eq(unpin(mfn_of(plain)), -XEN_EINVAL, "unpinning it");
	check_eq(pin(1, 0xfffffffff), -XEN_EINVAL, "a frame that does not exist");
	check_eq(unpin(0xfffffffff), -XEN_EINVAL, "unpinning it");
	check_eq(unpin(root_mfn()), 0, "the root in use was pinned by the builder");
	check_eq(unpin(root_mfn()), -XEN_EINVAL, "once");
	check_eq(pin(4, root_mfn()), 0, "and is pinned again");
}

void test_main(void)
{
	chain_make(&chain, CHAIN_VA);
	each_level();
	in_use();
	refused();
}
