/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * exchange - XENMEM_exchange
 *
 * Right: frames that nobody maps are replaced by others, the M2P tells; pages mapped elsewhere,
 * page tables and frames of nobody are refused and remain; nr_exchanged counts; shapes that do not
 * match are -EINVAL.  ABI: xen_memory_exchange in memory.h.
 */
#include "guest.h"

static u64 in[4], out[4];
static xen_memory_exchange_t op;

static long exchange(u64 n)
{
	op = (xen_memory_exchange_t){
		.in = { .extent_start.p = in, .nr_extents = n, .domid = DOMID_SELF },
		.out = { .extent_start.p = out, .nr_extents = n, .domid = DOMID_SELF },
	};
	return HC(memory_op, .cmd = XENMEM_exchange, .arg = &op);
}

void test_main(void)
{
	u64 *page = page_alloc(), pfn = pfn_of(page), old = mfn_of(page);

	in[0] = old;
	out[0] = pfn;
	pte_set((u64)page, 0);
	check_eq(exchange(1), 0, "one frame");
	check_eq(op.nr_exchanged, 1, "is exchanged");
	check_eq(M2P[out[0]], pfn, "the new one has its number");
	check_eq(pte_set((u64)page, PTE(out[0], PTE_DATA)), 0, "it can be mapped");
	LIVE(page[0]) = 3;
	check_eq(LIVE(page[0]), 3, "and written");
	((u64 *)start_info->mfn_list)[pfn] = out[0];

	in[0] = out[0];
	out[0] = pfn;
	check_refused(exchange(1), "a frame that is mapped");
	check_eq(op.nr_exchanged, 0, "is not exchanged");
	check_eq(LIVE(page[0]), 3, "it is ours still");
	in[0] = root_mfn();
	out[0] = pfn_of((void *)start_info->pt_base);
	check_refused(exchange(1), "the root");
	in[0] = 0xfffffffff;
	check_refused(exchange(1), "a frame that does not exist");
	op = (xen_memory_exchange_t){
		.in = { .extent_start.p = in, .nr_extents = 2, .domid = DOMID_SELF },
		.out = { .extent_start.p = out, .nr_extents = 1, .domid = DOMID_SELF },
	};
	check_eq(HC(memory_op, .cmd = XENMEM_exchange, .arg = &op), -XEN_EINVAL, "two against one");
	op.out.nr_extents = 2;
	op.out.domid = 0x1234;
	check_eq(HC(memory_op, .cmd = XENMEM_exchange, .arg = &op), -XEN_EINVAL,
		 "for another domain");
}
