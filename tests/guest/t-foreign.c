/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * foreign - operations that name another domain
 *
 * Right: with one domain there is none: -ESRCH from mmu_update, mmuext_op and
 * update_va_mapping_otherdomain, the family's own error from others; DOMID_SELF is ourselves, for
 * page tables our own number is not; the I/O domain lets a privileged guest map device memory, and
 * only that.  ABI: domid_t in xen.h.
 */
#include "guest.h"

static long update_as(u64 maddr, u64 val, u32 dom)
{
	mmu_update_t req = { maddr, val };

	return HC(mmu_update, .reqs = &req, .count = 1, .foreign = dom);
}

void test_main(void)
{
	u64 *page = page_alloc(), *entry = entry_of((u64)page, 1);
	u64 pte = PTE(mfn_of(page), PTE_DATA);
	domid_t none = 0x1234, self = 0;

	check_eq(update_as(maddr_of(entry), pte, 0x1234), -XEN_ESRCH,
		 "mmu_update of another's memory");
	check_eq(update_as(maddr_of(entry), pte, 0), -XEN_ESRCH, "our own number is not foreign");
	check_eq(update_as(maddr_of(entry), pte, 0x12340000 | DOMID_SELF), -XEN_ESRCH,
		 "for another's tables");
	check_eq(HC(update_va_mapping_otherdomain, .va = (u64)page, .val = pte, .domid = 0x1234),
		 -XEN_ESRCH, "update_va_mapping_otherdomain");
	check_eq(
		HC(update_va_mapping_otherdomain, .va = (u64)page, .val = pte, .domid = DOMID_SELF),
		0, "with ourselves");
	check_eq(update_as(maddr_of(entry), PTE(0xb8, PTE_DATA | PTE_PCD), DOMID_IO), 0,
		 "device memory by the I/O domain");
	check_eq(update_as(maddr_of(entry), pte, DOMID_SELF), 0, "back");
	check(update_as(maddr_of(entry), PTE(root_mfn(), PTE_DATA), DOMID_IO) < 0,
	      "the I/O domain has none of our frames");
	check_eq(HC(memory_op, .cmd = XENMEM_current_reservation, .arg = &none), -XEN_ESRCH,
		 "memory_op");
	check_eq(HC(memory_op, .cmd = XENMEM_current_reservation, .arg = &self),
		 start_info->nr_pages, "memory_op with our number");
}
