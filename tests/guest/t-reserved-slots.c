/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * reserved-slots - the hypervisor's slots of a root table
 *
 * Right: slots 256 to 271 cannot be changed by a guest, neither to something nor to nothing, one
 * by one; a root that comes with something in them gets the hypervisor's own instead, or is
 * refused; 255 and 272 are the guest's.  ABI: HYPERVISOR_VIRT_START, _END in xen-x86_64.h.
 */
#include "guest.h"

void test_main(void)
{
	struct chain c;
	u64 *root = (u64 *)start_info->pt_base, *mine;
	unsigned int taken = 0;
	long rc;

	chain_make(&c, CHAIN_VA);
	for (int i = 256; i < 272; i++) {
		taken += entry_set(&root[i], 0) == 0;
		taken += entry_set(&root[i], PTE(mfn_of(c.tables[3]), PTE_TABLE)) == 0;
	}
	check_eq(taken, 0, "no slot of the hypervisor's can be set");
	check_eq(entry_set(&root[255], PTE(mfn_of(c.tables[3]), PTE_TABLE)), 0, "slot 255");
	check_eq(entry_set(&root[272], PTE(mfn_of(c.tables[3]), PTE_TABLE)), 0, "slot 272");
	check_eq(entry_set(&root[255], 0), 0, "slot 255, back");
	check_eq(entry_set(&root[272], 0), 0, "slot 272, back");
	check_eq(M2P[mfn_of(root)], pfn_of(root), "the M2P is still there");

	mine = page_alloc();
	memcpy(mine, root, PAGE_SIZE);
	for (int i = 256; i < 272; i++)
		mine[i] = PTE(mfn_of(c.tables[3]), PTE_TABLE);
	set_readonly(mine);
	rc = pin(4, mfn_of(mine));
	if (rc) {
		check_refused(rc, "a root with entries of its own there is refused");
		return;
	}
	check_eq(rc, 0, "a root with entries of its own there is taken");
	check_eq(set_root(mfn_of(mine)), 0, "and used");
	check_eq(M2P[mfn_of(root)], pfn_of(root), "with the hypervisor's entries");
	check_fault(TRY("movq (%[p]), %%rax", RESULT("=a"(rc)),
			GIVEN([p] "r"(0xffff820000000000 | (CHAIN_VA & ((1UL << 39) - 1))))),
		    X_PF, "not with its own");
	check_eq(set_root(mfn_of(root)), 0, "back");
}
