/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HV_DOMAIN_KERNEL_IMAGE_H
#define HV_DOMAIN_KERNEL_IMAGE_H

#include "lib/types.h"

struct kernel_image {
	const void *elf;
	size_t size;
	void *memory;			/* unpacked copy to give back, or NULL */
	unsigned int order;
};

/*
 * The ELF inside a boot module: the module itself, or the payload of a bzImage, unpacked.
 * Return: NULL, or what is wrong in words for the console.
 */
const char *kernel_image_open(const void *module, size_t size, struct kernel_image *k);
void kernel_image_close(struct kernel_image *k);

#endif
