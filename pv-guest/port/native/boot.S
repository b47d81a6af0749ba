/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The first instructions (native): from the boot loader's 32-bit mode, or a further CPU's 16-bit
 * mode, to 64-bit mode with the image in the upper half.  A domain builder spares the pv port this.
 */
#include "kernel/layout.h"
#include "port-cpu.h"

#define PHYSICAL(sym)	((sym) - KERNEL_BASE)
#define TRAMPOLINE	0x8000

#define CR0_PE		0x00000001
#define CR0_WP_PG	0x80010000
#define CR4_PAE		0x20
#define MSR_EFER	0xc0000080
#define EFER_SCE_LME_NX	0x901

/* The Multiboot header: modules on page boundaries, tell about memory. */
	.section .head, "ax", @progbits
	.balign 4
	.long 0x1badb002, 3, -(0x1badb002 + 3)

/*
 * start - a Multiboot loader jumps here
 *
 * In:   eax = magic, ebx = physical address of the loader's information, flat 32-bit segments
 */
	.code32
	.globl start, start_physical
start:
	.set	start_physical, start - KERNEL_BASE
	cld
	mov	%eax, %ebp
	/* one table of large pages, the first gigabyte, seen at 0 and at KERNEL_BASE */
	mov	$PHYSICAL(boot_large), %edi
	mov	$0x83, %eax
1:	mov	%eax, (%edi)
	add	$8, %edi
	add	$0x200000, %eax
	cmp	$0x40000083, %eax
	jne	1b
	movl	$PHYSICAL(boot_large) + 3, PHYSICAL(boot_low)
	movl	$PHYSICAL(boot_large) + 3, PHYSICAL(boot_high) + 8 * 510
	movl	$PHYSICAL(boot_low) + 3, PHYSICAL(boot_root)
	movl	$PHYSICAL(boot_high) + 3, PHYSICAL(boot_root) + 8 * 511
	mov	$PHYSICAL(start64), %esi

/* To 64-bit mode, at physical address esi; keeps ebx and ebp. */
long_mode:
	mov	$CR4_PAE, %eax
	mov	%eax, %cr4
	mov	$PHYSICAL(boot_root), %eax
	mov	%eax, %cr3
	mov	$MSR_EFER, %ecx
	mov	$EFER_SCE_LME_NX, %eax
	xor	%edx, %edx
	wrmsr
	mov	%cr0, %eax
	or	$CR0_WP_PG, %eax
	mov	%eax, %cr0
	lgdt	PHYSICAL(boot_gdtr)
	ljmp	$0x08, $PHYSICAL(in_long_mode)

	.code64
in_long_mode:
	mov	$0x10, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	jmp	*%rsi

start64:
	movabs	$boot_stack + STACK_SIZE, %rsp
	mov	%ebp, %edi
	mov	%ebx, %esi
	movabs	$port_start, %rax
	call	*%rax
	ud2

/* start_secondary - a further CPU takes a number and waits for its structure */
start_secondary:
	mov	$1, %eax
	lock xadd %eax, ap_count
	cmp	$APS_MAX, %eax
	jb	1f
	hlt				/* nobody will ever call it */
1:	pause
	mov	ap_cpus(, %rax, 8), %rdi
	test	%rdi, %rdi
	jz	1b
	mov	8(%rdi), %rsp		/* kernel_sp */
	call	ap_start
	ud2

/* trampoline - copied to TRAMPOLINE, where a further CPU begins in real mode */
	.code16
	.globl trampoline, trampoline_end
trampoline:
	cli
	cld
	xor	%ax, %ax
	mov	%ax, %ds
	lgdtl	TRAMPOLINE + (3f - trampoline)
	mov	$CR0_PE, %eax
	mov	%eax, %cr0
	ljmpl	$0x18, $TRAMPOLINE + (2f - trampoline)
	.code32
2:	mov	$0x10, %eax
	mov	%eax, %ds
	mov	$start_secondary_low - KERNEL_BASE, %esi
	mov	$long_mode - KERNEL_BASE, %eax
	jmp	*%eax
	.balign 4
3:	.word	31
	.long	PHYSICAL(boot_gdt)
trampoline_end:

	.code64
start_secondary_low:
	movabs	$start_secondary, %rax
	jmp	*%rax

	.balign 8
boot_gdt:
	.quad	0
	.quad	0x00af9b000000ffff	/* 0x08: 64-bit code */
	.quad	0x00cf93000000ffff	/* 0x10: data */
	.quad	0x00cf9b000000ffff	/* 0x18: 32-bit code */
boot_gdtr:
	.word	31
	.long	PHYSICAL(boot_gdt)
	.long	0

	.section .bss.pages, "aw", @nobits
	.balign 4096
	.globl boot_root, boot_low, boot_high, boot_large
boot_root:	.skip 4096
boot_low:	.skip 4096
boot_high:	.skip 4096
boot_large:	.skip 4096

	.section .note.GNU-stack, "", @progbits
