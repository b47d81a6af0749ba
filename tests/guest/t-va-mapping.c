/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * va-mapping - update_va_mapping
 *
 * Right: sets the L1 entry of an address; with UVMF flags of every kind the new mapping is in
 * effect; an address without an L1 table, in the hypervisor's range or not canonical is -EINVAL;
 * bad frames and writable tables are refused; A page that was mapped read-only elsewhere stays so.
 * ABI: __HYPERVISOR_update_va_mapping, UVMF_* in xen.h.
 */
#include "guest.h"

static long set(const void *va, u64 pte, u64 flags)
{
	return HC(update_va_mapping, .va = (u64)va, .val = pte, .flags = flags);
}

static void flushes(void)
{
	static const u64 flags[] = {
		UVMF_INVLPG | UVMF_LOCAL,
		UVMF_INVLPG | UVMF_ALL,
		UVMF_TLB_FLUSH | UVMF_LOCAL,
		UVMF_TLB_FLUSH | UVMF_ALL,
	};
	u64 *a = page_alloc(), *b = page_alloc(), *window = page_alloc();
	u64 mask = 1;

	a[0] = 1;
	b[0] = 2;
	for (unsigned int i = 0; i < ARRAY_SIZE(flags); i++) {
		check_eq(set(window, PTE(mfn_of(a), PTE_DATA), flags[i]), 0, "flags %lu", flags[i]);
		check_eq(LIVE(window[0]), 1, "the first page is there");
		set(window, PTE(mfn_of(b), PTE_DATA), flags[i]);
		check_eq(LIVE(window[0]), 2, "the second is there");
	}
	check_eq(set(window, PTE(mfn_of(a), PTE_DATA), UVMF_INVLPG | (u64)&mask), 0,
		 "with a mask of vCPUs");
	check_eq(LIVE(window[0]), 1, "the first page is there");
	check_eq(set(window, PTE(mfn_of(b), PTE_DATA), UVMF_TLB_FLUSH | (u64)&mask), 0,
		 "the same, whole TLB");
	check_eq(LIVE(window[0]), 2, "the second is there");
	check_eq(set(window, PTE(mfn_of(a), PTE_DATA), UVMF_NONE), 0, "no flush");
	check_eq(LIVE(*entry_of((u64)window, 1)) >> 12 & 0xffffffff, mfn_of(a), "the entry is set");
}

static void refused(void)
{
	u64 *page = page_alloc();
	u64 pte = PTE(mfn_of(page), PTE_DATA);

	check_eq(set((void *)UNMAPPED, pte, 0), -XEN_EINVAL, "no L1 table there");
	check_eq(set((void *)HYPERVISOR_VA, pte, 0), -XEN_EINVAL, "the hypervisor's range");
	check_eq(set((void *)MACH2PHYS_VIRT_START, pte, 0), -XEN_EINVAL, "the M2P");
	check_eq(set((void *)NONCANONICAL, pte, 0), -XEN_EINVAL, "not canonical");
	check_refused(set(page, PTE(0xfffffffff, PTE_DATA), 0), "a frame that does not exist");
	check_eq(set(page, PTE(root_mfn(), PTE_DATA), 0), -XEN_EBUSY, "a writable root");
	check_eq(set(page, pte, UVMF_INVLPG | UNMAPPED), -XEN_EFAULT, "a mask out of reach");
	check_eq(set(page, PTE(mfn_of(page), PTE_DATA | 1UL << 62), 0), 0, "an available bit");
	check_eq(LIVE(*entry_of((u64)page, 1)) >> 62 & 1, 1, "is kept");
}

void test_main(void)
{
	flushes();
	refused();
}
