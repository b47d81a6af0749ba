/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The 32-bit ELF file that boot loaders want, with the 64-bit image inside, part by part.
 * IMAGE is the flat image; the numbers come from the symbols of the same name in hv.lds.
 */
#include "container.h"

	.globl	container_entry
	.set	container_entry, phys_entry

	.section .text, "ax"
	.incbin	IMAGE, 0, phys_text_end - phys_start
	.section .data, "aw"
	.incbin	IMAGE, phys_text_end - phys_start, phys_init_end - phys_text_end
	.section .rodata, "a"
	.incbin	IMAGE, phys_init_end - phys_start, phys_rodata_end - phys_init_end
	.section .data2, "aw"
	.incbin	IMAGE, phys_rodata_end - phys_start, phys_data_end - phys_rodata_end
	.section .bss, "aw", @nobits
	.skip	phys_end - phys_data_end

	.section .note.GNU-stack, "", @progbits
