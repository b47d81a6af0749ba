/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an ELF image with Xen notes says of how it wants to be loaded.
 */
#ifndef HV_DOMAIN_ELF_H
#define HV_DOMAIN_ELF_H

#include "lib/types.h"

#define NOT_SET	(~0UL)

/* Addresses are the guest's linear ones, unless "physical" is said. */
struct guest_image {
	const u8 *file;
	size_t size;
	u64 phys_start, phys_end;	/* span of the segments by p_paddr, as the file gives it */
	u64 virt_base;			/* VIRT_BASE: address of the guest's frame 0 */
	u64 paddr_offset;		/* PADDR_OFFSET: what p_paddr of frame 0 would be */
	u64 entry;
	u64 hypercall_page;		/* NOT_SET: the image has no such note */
	u64 init_p2m;			/* NOT_SET: the P2M follows the image */
	bool bad_notes;			/* a note runs over the end of its area */
	bool wrong_abi;			/* XEN_VERSION is not xen-3.0 */
	bool mod_start_pfn;		/* the ramdisk need not be mapped */
};

/**
 * elf_parse - check an ELF64 image and read its notes
 * Return: NULL, or what is wrong with it in words for the console.
 */
const char *elf_parse(const void *file, size_t size, struct guest_image *img);

/* Linear address of a segment's first byte. */
static inline u64 image_va(const struct guest_image *img, u64 paddr)
{
	return paddr - img->paddr_offset + img->virt_base;
}

/* Call fn for each loadable segment, in file order; stops at the first non-zero answer. */
int elf_for_each_segment(const struct guest_image *img,
			 int (*fn)(void *arg, u64 va, const void *data, u64 filesz, u64 memsz),
			 void *arg);

#endif
