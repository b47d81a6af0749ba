/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine's memory as the boot loader describes it, and the allocator used before the heap is there.
 */
#ifndef HV_MM_MEMMAP_H
#define HV_MM_MEMMAP_H

#include "lib/types.h"

/* Types as in the BIOS's E820 call and the ABI's machine memory map. */
#define MEMMAP_RAM	1
#define MEMMAP_RESERVED	2
#define MEMMAP_ACPI	3
#define MEMMAP_NVS	4
#define MEMMAP_UNUSABLE	5

#define MEMMAP_MAX	128

struct memmap_entry {
	u64 start, size;
	u32 type;
};

extern struct memmap_entry memmap[MEMMAP_MAX];	/* sorted, as given: what dom0 is told */
extern u32 memmap_count;

/* Pages we use as RAM, from 1 MiB up, sorted; the frame table has entries for these. */
struct ram_range {
	mfn_t start, end;
};
extern struct ram_range ram[MEMMAP_MAX];
extern u32 ram_count;
extern mfn_t low_page;			/* a page below 640 KiB for starting CPUs; 0: none */

void memmap_init(void);			/* from boot_info (dev/multiboot.h) */
bool memmap_is_ram(mfn_t mfn);
u64 memmap_ram_pages(void);

/* Zeroed pages below 4 GiB that stay ours, aligned to `align` pages; boot_fail() when none are left. */
maddr_t boot_alloc(u64 pages, u64 align);
/* As boot_alloc but not cleared, from anywhere in RAM. */
maddr_t boot_alloc_dirty(u64 pages, u64 align);
/* Give the heap all RAM that nothing uses; boot_alloc() ends here. */
void memmap_to_heap(void);
/* Give the heap what the boot modules occupied. */
void memmap_free_modules(void);

#endif
