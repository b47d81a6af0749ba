/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * m2p - the machine-to-physical table
 *
 * Right: readable at its ABI address, holds for each of our frames its pseudo-physical number,
 * cannot be written, and what lies in the hypervisor's range behind it cannot be read.  memory_op
 * names the same place.  ABI: MACH2PHYS_VIRT_START in arch-x86/xen-x86_64.h,
 * XENMEM_machphys_mapping and _mfn_list in memory.h.
 */
#include "guest.h"

/* Map a frame in the name of DOMID_XEN, in place of a page of ours. */
static long map_xen(u64 *page, u64 mfn, u64 flags)
{
	mmu_update_t req = { .ptr = maddr_of(entry_of((u64)page, 1)), .val = PTE(mfn, flags) };
	long rc = HC(mmu_update, .reqs = &req, .count = 1, .foreign = DOMID_XEN);

	flush(page);
	return rc;
}

/* The toolstack that saves a domain maps the table piece by piece. */
static void extent_points(u64 mfn)
{
	u64 extents[4] = { 0 }, *page = page_alloc(), frame;
	xen_machphys_mfn_list_t l = { .max_extents = 4 };

	set_xen_guest_handle(l.extent_start, extents);
	check_eq(HC(memory_op, .cmd = XENMEM_machphys_mfn_list, .arg = &l), 0, "XENMEM_machphys_mfn_list");
	check(l.nr_extents >= 1, "%u pieces", l.nr_extents);
	frame = extents[mfn >> 18] + (mfn >> 9 & 511);
	check_refused(map_xen(page, frame, PTE_DATA), "a frame of it is not to be written");
	check_eq(map_xen(page, frame, PTE_RO), 0, "but read, in the name of DOMID_XEN");
	check_eq(page[mfn & 511], (long)M2P[mfn], "and holds the table");
	check_eq(pte_set((u64)page, PTE(mfn_of(page), PTE_DATA)), 0, "back");
}

void test_main(void)
{
	const u64 *p2m = (const u64 *)start_info->mfn_list;
	u64 mfn = mfn_of((void *)test_main), value = 0;
	xen_machphys_mapping_t map = { 0 };
	unsigned int wrong = 0;

	for (u64 pfn = 0; pfn < start_info->nr_pages; pfn++)
		wrong += M2P[p2m[pfn]] != pfn;
	check_eq(wrong, 0, "M2P and P2M agree for %lu frames", start_info->nr_pages);

	check_fault(TRY("movq $0, (%[p])", NO_RESULT, GIVEN([p] "r"(&M2P[mfn]))), X_PF,
		    "writing it faults");
	check_eq(this_cpu()->cr2, (long)&M2P[mfn], "at the entry's address");
	check_eq(this_cpu()->caught.error & 2, 2, "as a write");
	check_fault(
		TRY("movq (%[p]), %[v]", RESULT([v] "=r"(value)), GIVEN([p] "r"(HYPERVISOR_VA))),
		X_PF, "the range behind it cannot be read");
	check_eq(M2P[mfn], pfn_of((void *)test_main), "the entry is as it was");

	check_eq(HC(memory_op, .cmd = XENMEM_machphys_mapping, .arg = &map), 0,
		 "XENMEM_machphys_mapping");
	check_eq(map.v_start, MACH2PHYS_VIRT_START, "v_start");
	check_eq(map.v_end, MACH2PHYS_VIRT_END, "v_end");
	check(map.max_mfn >= mfn, "max_mfn 0x%lx", map.max_mfn);
	extent_points(mfn);
}
