/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the boot loader told us, copied out of its memory.  Multiboot 0.6.96 and Multiboot 2.0.
 */
#ifndef HV_DEV_MULTIBOOT_H
#define HV_DEV_MULTIBOOT_H

#include "lib/types.h"

#define BOOT_MAX_MODULES	8
#define BOOT_CMDLINE_SIZE	2048
#define BOOT_MODULE_ARGS	1024		/* as long as start_info's */

struct boot_module {
	maddr_t start, end;
	char args[BOOT_MODULE_ARGS];	/* without the file's name */
};

struct boot_info {
	bool valid;			/* a loader's magic number was there */
	char cmdline[BOOT_CMDLINE_SIZE];	/* without our file's name */
	char loader[64];
	u32 nr_modules;
	struct boot_module module[BOOT_MAX_MODULES];
	bool has_rsdp;			/* else look for it */
	u8 rsdp[36];			/* a copy */
};

extern struct boot_info boot_info;	/* freed with the rest of what only boot needs */

/* Fills boot_info, and memmap[] as given. */
void multiboot_parse(u32 magic, maddr_t info);

#endif
