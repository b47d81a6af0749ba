/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine-to-physical table, for those who map it piece by piece.  hv-map.c makes it at boot, with
 * 2 MiB pages.
 */
#include "mm/layout.h"
#include "mm/mm.h"

#define EXTENT_SIZE	(512 * PAGE_SIZE)
#define EXTENT_FRAMES	(EXTENT_SIZE / sizeof(u64))

unsigned int m2p_nr_extents(void)
{
	return (max_mfn + EXTENT_FRAMES - 1) / EXTENT_FRAMES;
}

mfn_t m2p_extent(unsigned int n)
{
	u64 va = M2P_RO_START + n * EXTENT_SIZE;
	pte_t e = hv_root[PT_INDEX(va, 4)];

	for (unsigned int level = 3; level > 1 && (e & PTE_PRESENT); level--)
		e = ((pte_t *)mfn_to_hv(pte_mfn(e)))[PT_INDEX(va, level)];
	return (e & PTE_PRESENT) ? pte_mfn(e) : 0;
}

void m2p_show(void)
{
	for (unsigned int n = 0; n < m2p_nr_extents(); n++)
		for (mfn_t first = m2p_extent(n), i = 0; first && i < EXTENT_SIZE / PAGE_SIZE; i++)
			frame_show(first + i);
}
