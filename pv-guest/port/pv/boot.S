/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The first instructions (pv), and the notes by which a domain builder knows what to do with the
 * image.  The builder has done the rest: 64-bit mode, page tables with the image in the upper half,
 * flat segments, a stack, zeroed bss.
 */
#define __ASSEMBLY__
#include <xen/elfnote.h>
#include "kernel/layout.h"

/* A note: name "Xen", its type, and a string or a 64-bit number. */
	.macro note type, value:vararg
	.pushsection .note.Xen, "a", @note
	.balign 4
	.long 4, 2f - 1f, \type
	.asciz "Xen"
1:	\value
2:	.balign 4
	.popsection
	.endm

	note XEN_ELFNOTE_GUEST_OS, .asciz "bonsai pv-guest"
	note XEN_ELFNOTE_GUEST_VERSION, .asciz "0.1"
	note XEN_ELFNOTE_XEN_VERSION, .asciz "xen-3.0"
	note XEN_ELFNOTE_LOADER, .asciz "generic"
	note XEN_ELFNOTE_VIRT_BASE, .quad KERNEL_BASE
	note XEN_ELFNOTE_PADDR_OFFSET, .quad 0
	note XEN_ELFNOTE_ENTRY, .quad start
	note XEN_ELFNOTE_HV_START_LOW, .quad 0xffff800000000000
	note XEN_ELFNOTE_FEATURES, .asciz "!writable_page_tables|pae_pgdir_above_4gb"
	note XEN_ELFNOTE_PAE_MODE, .asciz "yes"

/*
 * start - the domain's first vCPU begins here
 *
 * In:   rsi = start_info, rsp = the builder's stack, events masked, "ring 0" (really 3)
 */
	.section .head, "ax", @progbits
	.globl start
start:
	cld
	lea	boot_stack + STACK_SIZE, %rsp
	mov	%rsi, %rdi
	call	port_start
	ud2

/*
 * start_secondary - every other vCPU begins here, rsp as port_cpu_start() asked, GS set
 */
	.globl start_secondary
start_secondary:
	cld
	call	kernel_cpu_main
	ud2

	.section .note.GNU-stack, "", @progbits
