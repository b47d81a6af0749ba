/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * p2m-high - an image at the top of the address space, its P2M where the note asks for it
 *
 * Right: as Linux is booted: virtual base 0xffffffff80000000, no hypercall page, P2M at INIT_P2M,
 * its frames named by first_p2m_pfn and nr_p2m_frames, not part of the image's region.  The frame
 * list can be read and written.  ABI: elfnote.h, XEN_ELFNOTE_INIT_P2M; first_p2m_pfn in xen.h.
 */
#include "guest.h"

void test_main(void)
{
	const start_info_t *si = start_info;
	u64 *p2m = (u64 *)si->mfn_list;
	unsigned int wrong = 0, filled = 0;

	check((u64)test_main > 0xffffffff80000000, "the image runs at the top");
	check_eq(si->mfn_list, 0x8000000000, "the P2M is at INIT_P2M");
	check(si->nr_p2m_frames >= si->nr_pages * 8 / PAGE_SIZE, "nr_p2m_frames is %lu",
	      si->nr_p2m_frames);
	check(si->first_p2m_pfn > pfn_of((void *)si->pt_base) &&
		      si->first_p2m_pfn + si->nr_p2m_frames <= si->nr_pages,
	      "first_p2m_pfn 0x%lx is behind the image's region", si->first_p2m_pfn);
	for (u64 pfn = 0; pfn < si->nr_pages; pfn++)
		wrong += M2P[p2m[pfn]] != pfn;
	check_eq(wrong, 0, "it agrees with the M2P");
	LIVE(p2m[5]) = 1234;
	check_eq(LIVE(p2m[5]), 1234, "it can be written");
	for (unsigned int i = 0; i < PAGE_SIZE; i++)
		filled += hypercall_page[i] != 0;
	check_eq(filled, 0, "without the note nobody writes a hypercall page");
}
