/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * grant-bad - maps that must not be
 *
 * Right: each bad operation answers with its status and maps nothing: references out of range or
 * not granted, to another domain, of frames that do not exist; addresses of the hypervisor, not
 * canonical, without table; handles that are none; unmapping at the wrong address. Frames of page
 * tables cannot be mapped writable. A mapped grant keeps its frame's type.  ABI: GNTST_* in
 * grant_table.h.
 */
#include "grant.h"

#define REF 20

static u64 *window;

static int map(grant_ref_t ref, u32 flags, u64 addr)
{
	grant_handle_t h;

	return grant_map(ref, flags, addr, &h);
}

static void references(void)
{
	check_eq(map(REF, GNTMAP_host_map, (u64)window), GNTST_general_error, "not granted");
	check_eq(map(1 << 20, GNTMAP_host_map, (u64)window), GNTST_bad_gntref, "behind the table");
	check_eq(map(~0U, GNTMAP_host_map, (u64)window), GNTST_bad_gntref, "the last number");
	grant_give(REF, 5, mfn_of(page_alloc()), 0);
	check_eq(map(REF, GNTMAP_host_map, (u64)window), GNTST_general_error, "for another domain");
	grant_give(REF, 0, 0xffffffff, 0);
	check_eq(map(REF, GNTMAP_host_map, (u64)window), GNTST_bad_page,
		 "a frame that does not exist");
	grant_give(REF, 0, root_mfn(), 0);
	check_eq(map(REF, GNTMAP_host_map, (u64)window), GNTST_general_error, "a writable root");
	check_eq(grant_flags(REF) & (GTF_reading | GTF_writing), 0, "no use is shown");
}

static void addresses(void)
{
	u64 *page = page_alloc();

	grant_give(REF, 0, mfn_of(page), 0);
	check_eq(map(REF, 0, (u64)window), GNTST_bad_gntref, "no kind of map");
	check_eq(map(REF, GNTMAP_host_map, HYPERVISOR_VA), GNTST_general_error,
		 "the hypervisor's range");
	check_eq(map(REF, GNTMAP_host_map, NONCANONICAL), GNTST_general_error, "not canonical");
	check_eq(map(REF, GNTMAP_host_map, UNMAPPED), GNTST_general_error, "no table there");
	check_eq(map(REF, GNTMAP_host_map | GNTMAP_contains_pte, maddr_of(page)),
		 GNTST_general_error, "an entry that is in no table");
	check_eq(map(REF, GNTMAP_host_map | GNTMAP_contains_pte,
		     maddr_of(entry_of((u64)window, 1)) + 4),
		 GNTST_general_error, "an entry that is not aligned");
	check_eq(grant_flags(REF) & (GTF_reading | GTF_writing), 0, "no use is shown");
	check_eq(map(REF, GNTMAP_host_map | GNTMAP_readonly, (u64)window), GNTST_okay,
		 "a good one");
}

static void handles(void)
{
	grant_handle_t h;

	grant_give(REF + 1, 0, mfn_of(page_alloc()), 0);
	check_eq(grant_map(REF + 1, GNTMAP_host_map, (u64)window, &h), GNTST_okay,
		 "a map over a map");
	check_eq(grant_unmap(h, (u64)window + 8 * PAGE_SIZE), GNTST_general_error,
		 "unmap at the wrong address");
	check_eq(grant_unmap(h + 1000, (u64)window), GNTST_bad_handle, "a handle that is none");
	check_eq(grant_unmap(~0U, (u64)window), GNTST_bad_handle, "the last number");
	check_eq(grant_unmap(h, (u64)window), GNTST_okay, "unmap");
}

static void types(void)
{
	u64 *page = page_alloc(), *at = page_alloc();
	grant_handle_t h;

	grant_give(REF + 2, 0, mfn_of(page), 0);
	check_eq(grant_map(REF + 2, GNTMAP_host_map, (u64)at, &h), GNTST_okay,
		 "a frame is granted and mapped");
	set_readonly(page);
	check_refused(pin(1, mfn_of(page)), "it cannot become a table");
	check_eq(grant_unmap(h, (u64)at), GNTST_okay, "unmap");
	check_eq(pin(1, mfn_of(page)), 0, "now it can");
	check_eq(map(REF + 2, GNTMAP_host_map, (u64)at), GNTST_general_error,
		 "now it cannot be mapped writable");
	check_eq(grant_map(REF + 2, GNTMAP_host_map | GNTMAP_readonly, (u64)at, &h), GNTST_okay,
		 "but read-only");
	grant_unmap(h, (u64)at);
}

void test_main(void)
{
	gnttab_map_grant_ref_t op = { .dom = 0x1234, .flags = GNTMAP_host_map };

	grant_init();
	window = page_alloc();
	references();
	addresses();
	handles();
	types();
	check_eq(grant_op(GNTTABOP_map_grant_ref, &op), 0, "a domain that does not exist");
	check_eq(op.status, GNTST_bad_domain, "is its status");
	check_eq(grant_op(99, &op), -XEN_ENOSYS, "an unknown command");
	check_eq(HC(grant_table_op, .cmd = GNTTABOP_map_grant_ref, .uop = (void *)UNMAPPED,
		    .count = 1),
		 -XEN_EFAULT, "an operation out of reach");
}
