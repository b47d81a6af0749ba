/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * machphys-update - the guest's own entries of the M2P
 *
 * Right: MMU_MACHPHYS_UPDATE sets the pseudo-physical number of one of our frames, and nothing
 * else's.  ABI: MMU_MACHPHYS_UPDATE in xen.h.
 */
#include "guest.h"

static long set(u64 mfn, u64 pfn)
{
	return mmu_set((mfn << 12) | MMU_MACHPHYS_UPDATE, pfn);
}

void test_main(void)
{
	u64 mfn = mfn_of(page_alloc()), old = M2P[mfn];

	check_eq(set(mfn, 0x123456), 0, "an entry of ours");
	check_eq(LIVE(M2P[mfn]), 0x123456, "is set");
	check_eq(set(mfn, old), 0, "and back");
	check_eq(LIVE(M2P[mfn]), old, "is set");
	check_eq(set(0xfffffffff, 0), -XEN_EINVAL, "a frame that does not exist");
	check_eq(set(0x1, 0), -XEN_EINVAL, "a frame of the low megabyte");
}
