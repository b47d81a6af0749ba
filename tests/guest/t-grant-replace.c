/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * grant-replace - unmap_and_replace, and a change of version while a grant is in use
 *
 * Right: the mapping of one address moves to the place of the grant's, the grant is released, the
 * other address is empty; set_version is -EBUSY while anything is mapped. ABI:
 * GNTTABOP_unmap_and_replace, set_version in grant_table.h.
 */
#include "grant.h"

#define REF 40

static int replace(grant_handle_t handle, void *at, void *from)
{
	gnttab_unmap_and_replace_t op = {
		.host_addr = (u64)at, .new_addr = (u64)from, .handle = handle, .status = 77
	};
	long rc = grant_op(GNTTABOP_unmap_and_replace, &op);

	return rc ? rc : op.status;
}

void test_main(void)
{
	u64 *page = page_alloc(), *at = page_alloc(), *other = page_alloc();
	u64 other_mfn = mfn_of(other);
	grant_handle_t h;

	grant_init();
	page[0] = 1;
	other[0] = 2;
	grant_give(REF, 0, mfn_of(page), 0);
	check_eq(grant_map(REF, GNTMAP_host_map, (u64)at, &h), GNTST_okay, "map");
	check_eq(grant_version(2), -XEN_EBUSY, "the version cannot change now");
	check_eq(grant_version(1), 0, "to what it is, it can");
	check_eq(LIVE(at[0]), 1, "the granted frame");
	check_eq(replace(h + 1000, at, other), GNTST_bad_handle, "a handle that is none");
	check_eq(replace(h, at, (void *)HYPERVISOR_VA), GNTST_general_error,
		 "by the hypervisor's page");
	check_eq(LIVE(at[0]), 1, "nothing changed");
	check_eq(replace(h, at, other), GNTST_okay, "by another page of ours");
	check_eq(LIVE(at[0]), 2, "which is there now");
	check_eq((*entry_of((u64)at, 1) & PTE_ADDR) >> 12, other_mfn, "by its entry");
	check_eq(LIVE(*entry_of((u64)other, 1)), 0, "and no longer where it was");
	check_eq(grant_flags(REF) & (GTF_reading | GTF_writing), 0, "the grant is released");
	check_eq(replace(h, at, other), GNTST_bad_handle, "once");
	check_eq(grant_version(2), 0, "now the version can change");
}
