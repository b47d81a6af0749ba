/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmuext - flushes, clear_page, copy_page, batches
 *
 * Right: every flush answers 0; clear and copy want frames of ours that may be written (not a
 * table); the batch tells how much it did and stops at the first error; unknown commands are
 * -ENOSYS; superpage marks are -EOPNOTSUPP.  ABI: MMUEXT_* in xen.h.
 */
#include "guest.h"

static u32 done;

static long op1(mmuext_op_t op)
{
	done = 99;
	return HC(mmuext_op, .ops = &op, .count = 1, .done = &done, .foreign = DOMID_SELF);
}

static void flushes(void)
{
	u64 mask = 1, va = (u64)image_start;

	check_eq(op1((mmuext_op_t){ .cmd = MMUEXT_TLB_FLUSH_LOCAL }), 0, "TLB_FLUSH_LOCAL");
	check_eq(op1((mmuext_op_t){ .cmd = MMUEXT_TLB_FLUSH_ALL }), 0, "TLB_FLUSH_ALL");
	check_eq(op1((mmuext_op_t){ .cmd = MMUEXT_INVLPG_LOCAL, .arg1.linear_addr = va }), 0,
		 "INVLPG_LOCAL");
	check_eq(op1((mmuext_op_t){ .cmd = MMUEXT_INVLPG_ALL, .arg1.linear_addr = va }), 0,
		 "INVLPG_ALL");
	check_eq(op1((mmuext_op_t){ .cmd = MMUEXT_INVLPG_LOCAL, .arg1.linear_addr = NONCANONICAL }),
		 0, "INVLPG_LOCAL of no address is harmless");
	check_eq(op1((mmuext_op_t){ .cmd = MMUEXT_INVLPG_ALL, .arg1.linear_addr = HYPERVISOR_VA }),
		 0, "INVLPG_ALL of the hypervisor's is harmless");
	check_eq(op1((mmuext_op_t){ .cmd = MMUEXT_TLB_FLUSH_MULTI, .arg2.vcpumask.p = &mask }), 0,
		 "TLB_FLUSH_MULTI");
	check_eq(op1((mmuext_op_t){ .cmd = MMUEXT_INVLPG_MULTI,
				    .arg1.linear_addr = va,
				    .arg2.vcpumask.p = &mask }),
		 0, "INVLPG_MULTI");
	check_eq(op1((mmuext_op_t){ .cmd = MMUEXT_TLB_FLUSH_MULTI,
				    .arg2.vcpumask.p = (void *)UNMAPPED }),
		 -XEN_EINVAL, "a mask out of reach");
	check_eq(op1((mmuext_op_t){ .cmd = MMUEXT_FLUSH_CACHE }), 0, "FLUSH_CACHE of dom0");
}

static void pages(void)
{
	u64 *a = page_alloc(), *b = page_alloc();

	for (int i = 0; i < 512; i++)
		a[i] = i + 1;
	check_eq(op1((mmuext_op_t){ .cmd = MMUEXT_COPY_PAGE,
				    .arg1.mfn = mfn_of(b),
				    .arg2.src_mfn = mfn_of(a) }),
		 0, "COPY_PAGE");
	check_eq(memcmp(a, b, PAGE_SIZE), 0, "copied all");
	check_eq(mmuext(MMUEXT_CLEAR_PAGE, mfn_of(a)), 0, "CLEAR_PAGE");
	memset(b, 0, PAGE_SIZE);
	check_eq(memcmp(a, b, PAGE_SIZE), 0, "cleared all");
	check_refused(mmuext(MMUEXT_CLEAR_PAGE, root_mfn()), "CLEAR_PAGE of the root");
	check_refused(op1((mmuext_op_t){ .cmd = MMUEXT_COPY_PAGE,
					 .arg1.mfn = root_mfn(),
					 .arg2.src_mfn = mfn_of(a) }),
		      "COPY_PAGE onto the root");
	check_refused(mmuext(MMUEXT_CLEAR_PAGE, 0xfffffffff), "CLEAR_PAGE of no frame");
	check_eq(op1((mmuext_op_t){ .cmd = MMUEXT_COPY_PAGE,
				    .arg1.mfn = mfn_of(a),
				    .arg2.src_mfn = root_mfn() }),
		 0, "COPY_PAGE from the root");
	check_eq(a[table_index((u64)image_start, 4)] & PTE_ADDR,
		 ((u64 *)start_info->pt_base)[table_index((u64)image_start, 4)] & PTE_ADDR,
		 "reads it");
	check_refused(op1((mmuext_op_t){ .cmd = MMUEXT_COPY_PAGE,
					 .arg1.mfn = mfn_of(a),
					 .arg2.src_mfn = 0xfffffffff }),
		      "COPY_PAGE from no frame");
}

static void batches(void)
{
	mmuext_op_t ops[4] = { { .cmd = MMUEXT_TLB_FLUSH_LOCAL },
			       { .cmd = MMUEXT_TLB_FLUSH_LOCAL },
			       { .cmd = 99 },
			       { .cmd = MMUEXT_TLB_FLUSH_LOCAL } };

	check_eq(HC(mmuext_op, .ops = ops, .count = 4, .done = &done, .foreign = DOMID_SELF),
		 -XEN_ENOSYS, "an unknown command");
	check_eq(done, 2, "two are done");
	check_eq(HC(mmuext_op, .ops = ops, .count = 2, .done = &done, .foreign = DOMID_SELF), 0,
		 "two flushes");
	check_eq(done, 2, "done");
	check_eq(HC(mmuext_op, .ops = ops, .count = 0, .done = &done, .foreign = DOMID_SELF), 0,
		 "none");
	check_eq(done, 0, "done");
	check_eq(op1((mmuext_op_t){ .cmd = MMUEXT_MARK_SUPER }), -XEN_EOPNOTSUPP, "MARK_SUPER");
	check_eq(HC(mmuext_op, .ops = (void *)UNMAPPED, .count = 1, .foreign = DOMID_SELF),
		 -XEN_EFAULT, "operations out of reach");
	check_eq(HC(mmuext_op, .ops = ops, .count = 1, .foreign = 0x1234), -XEN_ESRCH,
		 "another domain: there is none");
}

void test_main(void)
{
	flushes();
	pages();
	batches();
}
