/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where things are in the address space.  The same on both ports; also read by assembly and the
 * linker script's twin there.
 *
 *	0x0000000000400000  user image, read-only
 *	0x0000000010000000  user heap, filled when touched
 *	0x000000007fff0000  user stack, filled when touched
 *	0xffffffff80000000  all memory of this kernel, page by page ("linear map"), up to 1 GiB
 *	0xffffffff80100000  ... in it, the image
 *	0xffffffffc0000000  mappings made and removed at run time ("windows")
 *
 * One entry of the root table (511) holds all of the kernel, one (0) all of a user program.
 */
#ifndef KERNEL_LAYOUT_H
#define KERNEL_LAYOUT_H

#ifdef __ASSEMBLER__
#define LAYOUT_UL(x) x
#else
#define LAYOUT_UL(x) x##UL
#endif

#define KERNEL_BASE  LAYOUT_UL(0xffffffff80000000)
#define KERNEL_IMAGE LAYOUT_UL(0xffffffff80100000)
#define LINEAR_SIZE  LAYOUT_UL(0x40000000)
#define WINDOW_BASE  LAYOUT_UL(0xffffffffc0000000)
#define WINDOW_PAGES 4096

#define USER_IMAGE	LAYOUT_UL(0x400000)
#define USER_HEAP	LAYOUT_UL(0x10000000)
#define USER_HEAP_SIZE	LAYOUT_UL(0x01000000)
#define USER_STACK	LAYOUT_UL(0x7fff0000)
#define USER_STACK_SIZE LAYOUT_UL(0x10000)
#define USER_END	LAYOUT_UL(0x8000000000)

#define ROOT_SLOT_USER	 0
#define ROOT_SLOT_KERNEL 511

#define STACK_PAGES 4
#define STACK_SIZE  (STACK_PAGES * 4096)

/* Vectors the trap frame carries: 0-31 are the CPU's, then these. */
#define VEC_IRQ	    0x20
#define VEC_SYSCALL 0x100

#endif
