/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * multicall - many calls in one
 *
 * Right: each entry has its own result, a failing one stops nothing; checks are made for each
 * call; the answer is 0, or -EFAULT where the list is out of reach; unknown numbers have -ENOSYS
 * as result; a multicall within one is -EINVAL; thousands of entries all happen.  ABI: struct
 * multicall_entry in xen.h.
 */
#include "guest.h"

#define MANY 2000

static multicall_entry_t calls[MANY];

static long run(unsigned int n)
{
	return HC(multicall, .calls = calls, .count = n);
}

static void each(void)
{
	u64 *page = page_alloc();

	calls[0] =
		(multicall_entry_t){ .op = __HYPERVISOR_xen_version, .args = { XENVER_version } };
	calls[1] = (multicall_entry_t){ .op = 63 };
	calls[2] = (multicall_entry_t){ .op = __HYPERVISOR_update_va_mapping,
					.args = { (u64)page, PTE(root_mfn(), PTE_DATA), 0 } };
	calls[3] = (multicall_entry_t){ .op = __HYPERVISOR_update_va_mapping,
					.args = { (u64)page, PTE(mfn_of(page), PTE_RO),
						  UVMF_INVLPG } };
	calls[4] = (multicall_entry_t){ .op = __HYPERVISOR_event_channel_op,
					.args = { EVTCHNOP_send, NONCANONICAL } };
	check_eq(run(5), 0, "five calls");
	check_eq(calls[0].result, HC(xen_version, .cmd = XENVER_version), "a result");
	check_eq(calls[1].result, -XEN_ENOSYS, "no such call");
	check_refused(calls[2].result, "a writable map of a table");
	check_eq(calls[3].result, 0, "the call after it");
	check_eq(LIVE(*entry_of((u64)page, 1)) & PTE_RW, 0, "happened");
	check_eq(calls[4].result, -XEN_EFAULT, "a bad pointer");
	check_eq(run(0), 0, "none");
}

static void many(void)
{
	u64 *pages = pages_alloc(MANY * 8 / PAGE_SIZE + 1);
	static mmu_update_t reqs[MANY];
	unsigned int wrong = 0;

	for (int i = 0; i < MANY; i++) {
		reqs[i] = (mmu_update_t){ maddr_of(&pages[i]), 5000 + i };
		calls[i] = (multicall_entry_t){ .op = __HYPERVISOR_mmu_update,
						.args = { (u64)&reqs[i], 1, 0, DOMID_SELF },
						.result = 7 };
	}
	check_eq(run(MANY), 0, "%d calls", MANY);
	for (int i = 0; i < MANY; i++)
		wrong += calls[i].result || pages[i] != 5000UL + i;
	check_eq(wrong, 0, "all happened");
}

void test_main(void)
{
	each();
	many();
	check_eq(HC(multicall, .calls = (void *)UNMAPPED, .count = 1), -XEN_EFAULT,
		 "a list out of reach");
	check_eq(HC(multicall, .calls = (void *)HYPERVISOR_VA, .count = 1), -XEN_EFAULT,
		 "a list of the hypervisor's");
	calls[0] =
		(multicall_entry_t){ .op = __HYPERVISOR_multicall, .args = { (u64)&calls[1], 1 } };
	calls[1] =
		(multicall_entry_t){ .op = __HYPERVISOR_xen_version, .args = { XENVER_version } };
	check_eq(run(1), 0, "a multicall in a multicall");
	check_eq(calls[0].result, -XEN_EINVAL, "is refused");
	calls[1].op |= 1UL << 32;
	HC(multicall, .calls = &calls[1], .count = 1);
	check_eq(calls[1].result, -XEN_ENOSYS, "a number of 64 bits");
}
