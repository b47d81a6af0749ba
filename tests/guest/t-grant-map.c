/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * grant-map - mapping and unmapping our own grants
 *
 * Right: a granted frame is mapped at an address, or by a page-table entry; reads and writes go to
 * the frame; the entry shows that it is in use for reading and writing while it is; a read-only
 * map cannot be written; unmapping once works and twice does not; revoking while mapped takes
 * nothing away.  ABI: GNTTABOP_map_grant_ref, unmap_grant_ref in grant_table.h.
 */
#include "grant.h"

#define REF 20

static void writable(u64 *page, u64 *window)
{
	grant_handle_t h;

	grant_give(REF, 0, mfn_of(page), 0);
	check_eq(grant_map(REF, GNTMAP_host_map, (u64)window, &h), GNTST_okay, "map");
	check_eq(LIVE(window[0]), 1234, "reads the frame");
	check_eq(LIVE(*entry_of((u64)window, 1)) >> 63, 1, "what it holds cannot be executed");
	LIVE(window[1]) = 99;
	check_eq(LIVE(page[1]), 99, "writes it");
	check_eq(grant_flags(REF) & (GTF_reading | GTF_writing), GTF_reading | GTF_writing,
		 "the entry shows both uses");
	grant_take(REF);
	check_eq(LIVE(window[0]), 1234, "revoking takes nothing away");
	check_eq(grant_unmap(h, (u64)window), GNTST_okay, "unmap");
	check_eq(LIVE(*entry_of((u64)window, 1)), 0, "the address is empty");
	check_eq(grant_unmap(h, (u64)window), GNTST_bad_handle, "unmap again");
	check_eq(grant_flags(REF) & (GTF_reading | GTF_writing), 0, "no use is shown");
}

static void readonly(u64 *page, u64 *window)
{
	grant_handle_t h;

	grant_give(REF, 0, mfn_of(page), GTF_readonly);
	check_eq(grant_map(REF, GNTMAP_host_map, (u64)window, &h), GNTST_general_error,
		 "a writable map of a read-only grant");
	check_eq(grant_map(REF, GNTMAP_host_map | GNTMAP_readonly, (u64)window, &h), GNTST_okay,
		 "a read-only one");
	check_eq(LIVE(window[0]), 1234, "reads the frame");
	check_fault(TRY("movq $0, (%[p])", NO_RESULT, GIVEN([p] "r"(window))), X_PF,
		    "cannot be written");
	check_eq(grant_flags(REF) & (GTF_reading | GTF_writing), GTF_reading,
		 "the entry shows reading");
	check_eq(grant_unmap(h, (u64)window), GNTST_okay, "unmap");
}

static void by_pte(u64 *page, u64 *window)
{
	u64 *entry = entry_of((u64)window, 1);
	grant_handle_t h;

	grant_give(REF, 0, mfn_of(page), 0);
	check_eq(grant_map(REF, GNTMAP_host_map | GNTMAP_contains_pte, maddr_of(entry), &h),
		 GNTST_okay, "map by an entry");
	check_eq(LIVE(window[0]), 1234, "reads the frame");
	check_eq(grant_unmap(h, maddr_of(entry)), GNTST_okay, "unmap");
	check_eq(LIVE(*entry), 0, "the entry is empty");
}

static void twice(u64 *page, u64 *a, u64 *b)
{
	grant_handle_t h1, h2;

	check_eq(grant_map(REF, GNTMAP_host_map, (u64)a, &h1), GNTST_okay, "map at one address");
	check_eq(grant_map(REF, GNTMAP_host_map, (u64)b, &h2), GNTST_okay, "and at another");
	LIVE(page[3]) = 7;
	check(LIVE(a[3]) == 7 && LIVE(b[3]) == 7, "both are the frame");
	check_eq(grant_unmap(h2, (u64)b), GNTST_okay, "unmap the second");
	check_eq(LIVE(a[3]), 7, "the first stays");
	check_eq(grant_flags(REF) & GTF_writing, GTF_writing, "and is shown");
	check_eq(grant_unmap(h1, (u64)a), GNTST_okay, "unmap the first");
	check_eq(grant_flags(REF) & (GTF_reading | GTF_writing), 0, "no use is shown");
}

void test_main(void)
{
	u64 *page = page_alloc(), *a = page_alloc(), *b = page_alloc();

	grant_init();
	page[0] = 1234;
	writable(page, a);
	readonly(page, a);
	by_pte(page, a);
	twice(page, a, b);
}
