/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hostile-grant - grants as a way to write to a live page table, each level
 *
 * Right: a grant of a table's frame cannot be mapped writable, neither at an address nor by an
 * entry, and not be copied onto; a read-only map is fine and cannot be written; a frame that is
 * mapped writable by a grant cannot become a table.  ABI: GNTTABOP_map_grant_ref, GNTTABOP_copy in
 * grant_table.h.
 */
#include "grant.h"

#define REF 60

static struct chain chain;

static int copy_onto(u64 mfn, u32 ref, bool by_ref)
{
	gnttab_copy_t op = {
		.source = { .u.gmfn = mfn_of(page_alloc()), .domid = DOMID_SELF },
		.dest = { .u.gmfn = mfn, .domid = DOMID_SELF },
		.len = 8,
		.flags = by_ref ? GNTCOPY_dest_gref : 0,
		.status = 77,
	};

	if (by_ref)
		op.dest.u.ref = ref;
	grant_op(GNTTABOP_copy, &op);
	return op.status;
}

static void table(int level, u64 *window)
{
	u64 *t = chain.tables[level], mfn = mfn_of(t), slot = table_index(CHAIN_VA, level);
	u64 before = t[slot];
	u32 ref = REF + level;
	grant_handle_t h;

	grant_give(ref, 0, mfn, 0);
	check(grant_map(ref, GNTMAP_host_map, (u64)window, &h) < 0, "L%d: map writable", level);
	check(grant_map(ref, GNTMAP_host_map | GNTMAP_contains_pte,
			maddr_of(entry_of((u64)window, 1)), &h) < 0,
	      "L%d: by an entry", level);
	check(copy_onto(mfn, ref, true) < 0, "L%d: copy onto the grant", level);
	check(copy_onto(mfn, ref, false) < 0, "L%d: copy onto the frame", level);
	check_eq(grant_map(ref, GNTMAP_host_map | GNTMAP_readonly, (u64)window, &h), GNTST_okay,
		 "L%d: map read-only", level);
	check_eq(LIVE(window[slot]), before, "L%d: is the table", level);
	check_eq(TRY("movq $-1, (%[p])", NO_RESULT, GIVEN([p] "r"(&window[slot]))), X_PF,
		 "L%d: cannot be written", level);
	check_eq(grant_unmap(h, (u64)window), GNTST_okay, "L%d: unmap", level);
	check_eq(t[slot], before, "L%d: is as it was", level);
}

static void becomes_table(int level, u64 *window)
{
	u64 *page = page_alloc();
	grant_handle_t h;

	grant_give(REF, 0, mfn_of(page), 0);
	set_readonly(page);
	check_eq(grant_map(REF, GNTMAP_host_map, (u64)window, &h), GNTST_okay, "a writable map");
	check_refused(pin(level, mfn_of(page)), "the frame cannot become an L%d", level);
	check_eq(grant_unmap(h, (u64)window), GNTST_okay, "unmap");
	check_eq(pin(level, mfn_of(page)), 0, "now it can");
	check_eq(unpin(mfn_of(page)), 0, "unpin");
}

void test_main(void)
{
	u64 *window = page_alloc();

	grant_init();
	chain_make(&chain, CHAIN_VA);
	check_eq(pin(4, mfn_of(chain.tables[4])), 0, "a tree, pinned");
	for (int level = 1; level <= 4; level++) {
		table(level, window);
		becomes_table(level, window);
	}
}
