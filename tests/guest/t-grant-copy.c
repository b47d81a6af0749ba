/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * grant-copy - GNTTABOP_copy
 *
 * Right: copies between a granted frame and one of ours, in each direction, at any offset within a
 * page; what would cross the page, write to a read-only grant or to a page table is refused with
 * its status; a batch answers each operation.  ABI: GNTTABOP_copy in grant_table.h.
 */
#include "grant.h"

#define REF 30

static u64 *a, *b;

static int copy(gnttab_copy_t op)
{
	long rc;

	op.status = 77;
	rc = grant_op(GNTTABOP_copy, &op);
	return rc ? rc : op.status;
}

static gnttab_copy_t from_ref(u32 ref, u16 offset, u64 mfn, u16 to, u16 len)
{
	return (gnttab_copy_t){ .source = { .u.ref = ref, .domid = DOMID_SELF, .offset = offset },
				.dest = { .u.gmfn = mfn, .domid = DOMID_SELF, .offset = to },
				.len = len,
				.flags = GNTCOPY_source_gref };
}

static gnttab_copy_t to_ref(u64 mfn, u16 offset, u32 ref, u16 to, u16 len)
{
	return (gnttab_copy_t){ .source = { .u.gmfn = mfn, .domid = DOMID_SELF, .offset = offset },
				.dest = { .u.ref = ref, .domid = DOMID_SELF, .offset = to },
				.len = len,
				.flags = GNTCOPY_dest_gref };
}

static void good(void)
{
	for (int i = 0; i < 512; i++)
		a[i] = i * 3;
	grant_give(REF, 0, mfn_of(a), 0);
	check_eq(copy(from_ref(REF, 0, mfn_of(b), 0, PAGE_SIZE)), GNTST_okay,
		 "a whole page from a grant");
	check_eq(memcmp(a, b, PAGE_SIZE), 0, "is equal");
	memset(b, 0, PAGE_SIZE);
	check_eq(copy(from_ref(REF, 5, mfn_of(b), 4000, 96)), GNTST_okay, "96 bytes to the end");
	check_eq(memcmp((char *)a + 5, (char *)b + 4000, 96), 0, "are equal");
	check_eq(((char *)b)[3999], 0, "nothing before them");
	b[0] = 0xfeed;
	check_eq(copy(to_ref(mfn_of(b), 0, REF, 8, 8)), GNTST_okay, "8 bytes to a grant");
	check(a[1] == 0xfeed && a[0] == 0 && a[2] == 6, "are there");
	check_eq(copy(from_ref(REF, 0, mfn_of(b), 0, 0)), GNTST_okay, "nothing");
}

static void bad(void)
{
	check_eq(copy(from_ref(REF, 8, mfn_of(b), 0, PAGE_SIZE)), GNTST_bad_copy_arg,
		 "source over the end");
	check_eq(copy(from_ref(REF, 0, mfn_of(b), 1, PAGE_SIZE)), GNTST_bad_copy_arg,
		 "target over the end");
	check_eq(copy(from_ref(REF, 0, mfn_of(b), PAGE_SIZE, 1)), GNTST_bad_copy_arg,
		 "an offset of a page");
	check_eq(copy(from_ref(REF, 0, root_mfn(), 0, 8)), GNTST_general_error,
		 "onto a page table");
	check_eq(copy(from_ref(REF, 0, 0xfffffffff, 0, 8)), GNTST_bad_page, "onto no frame");
	check_eq(copy(from_ref(REF + 1, 0, mfn_of(b), 0, 8)), GNTST_general_error,
		 "from what is not granted");
	check_eq(copy(from_ref(1 << 20, 0, mfn_of(b), 0, 8)), GNTST_bad_gntref,
		 "from behind the table");
	grant_give(REF + 1, 0, mfn_of(a), GTF_readonly);
	check_eq(copy(to_ref(mfn_of(b), 0, REF + 1, 0, 8)), GNTST_general_error,
		 "to a read-only grant");
	check_eq(copy(from_ref(REF + 1, 0, mfn_of(b), 0, 8)), GNTST_okay, "from it");
	check_eq(grant_flags(REF) & (GTF_reading | GTF_writing), 0, "no use is left");
}

static void batch(void)
{
	gnttab_copy_t ops[3];

	ops[0] = from_ref(REF, 0, mfn_of(b), 0, 8);
	ops[1] = from_ref(1 << 20, 0, mfn_of(b), 0, 8);
	ops[2] = from_ref(REF, 16, mfn_of(b), 16, 8);
	b[2] = 0;
	check_eq(HC(grant_table_op, .cmd = GNTTABOP_copy, .uop = ops, .count = 3), 0,
		 "three, the second bad");
	check(ops[0].status == 0 && ops[1].status == GNTST_bad_gntref && ops[2].status == 0,
	      "each has its status: %d %d %d", ops[0].status, ops[1].status, ops[2].status);
	check_eq(b[2], 6, "the third happened");
}

static void by_frame(void)
{
	gnttab_copy_t op = from_ref(0, 0, mfn_of(b), 0, 8);

	op.flags = 0;
	op.source.u.gmfn = mfn_of(a);
	op.source.domid = 0x1234;
	check_eq(copy(op), GNTST_bad_domain, "by frame number, from a domain that there is not");
	op.source.domid = 0;
	check_eq(copy(op), GNTST_permission_denied, "from one that there is");
}

void test_main(void)
{
	grant_init();
	a = page_alloc();
	b = page_alloc();
	good();
	bad();
	batch();
	by_frame();
}
