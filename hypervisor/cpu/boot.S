/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From the boot loader, or from a STARTUP interrupt, to 64-bit C code.
 *
 * The image is linked at HV_IMAGE_START + its load address, so PHYS() of a symbol is where it lies
 * before paging is on.  The first page tables map the first 4 GiB three times: one to one, at
 * DIRECT_MAP_START, and the first of them at HV_IMAGE_START.
 */
#include "asm-offsets.h"
#include "cpu/msr.h"

#define IMAGE_START	0xffff82d040000000	/* HV_IMAGE_START; hv-map.c checks that they are one */
#define PHYS(sym)	((sym) - IMAGE_START)

#define SEL_CS64	0x08
#define SEL_DS		0x10
#define SEL_CS32	0x18

#define MB1_MAGIC	0x1badb002
#define MB1_FLAGS	0x3			/* modules on page boundaries; memory map wanted */
#define MB2_MAGIC	0xe85250d6

#define CR0_VALUE	0x80050033		/* PG AM WP NE ET MP PE; caches on */

#define COM1		0x3f8

/* ---- headers: within the first 8 KiB (Multiboot 1) and 32 KiB (Multiboot 2) of the file ---------- */

	.section .head, "ax"
	.balign	4
	.long	MB1_MAGIC
	.long	MB1_FLAGS
	.long	-(MB1_MAGIC + MB1_FLAGS)

	.balign	8
mb2_header:
	.long	MB2_MAGIC
	.long	0				/* architecture: i386, 32-bit protected mode */
	.long	mb2_end - mb2_header
	.long	-(MB2_MAGIC + (mb2_end - mb2_header))
	/* Information request, optional: command line, loader, modules, memory map, both RSDPs. */
	.short	1, 1
	.long	8 + 6 * 4
	.long	1, 2, 3, 6, 14, 15
	.balign	8
	.short	6, 0				/* modules on page boundaries */
	.long	8
	.balign	8
	.short	0, 0
	.long	8
mb2_end:

/* ---- boot CPU ---------------------------------------------------------------------------------- */

	/*
	 * start - entered by the loader in 32-bit protected mode, paging and interrupts off
	 * In:	eax = the loader's magic number, ebx = physical address of its information
	 */
	.code32
	.globl	start
start:
	cli
	cld
	mov	$PHYS(boot_stack_end), %esp
	mov	%eax, %edi			/* kept over CPUID */
	mov	%ebx, %esi

	mov	$0x80000000, %eax
	cpuid
	cmp	$0x80000001, %eax
	jb	no_long_mode
	mov	$0x80000001, %eax
	cpuid
	bt	$29, %edx
	jnc	no_long_mode

	lgdtl	PHYS(boot_gdt_ptr)
	ljmp	$SEL_CS32, $PHYS(1f)
1:	call	enter_long_mode
	ljmp	$SEL_CS64, $PHYS(start_64)

	/* Turns paging on with the boot tables: 32-bit code in long mode on return. */
enter_long_mode:
	mov	$SEL_DS, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	$CR4_PAE, %eax
	mov	%eax, %cr4
	mov	$PHYS(boot_l4), %eax
	mov	%eax, %cr3
	mov	$MSR_EFER, %ecx
	rdmsr
	or	$EFER_LME, %eax
	wrmsr
	mov	$CR0_VALUE, %eax
	mov	%eax, %cr0
	ret

	/* The one thing that C code cannot say: it is 64-bit itself. */
no_long_mode:
	mov	$PHYS(no_long_mode_uart), %esi
	mov	$6, %ecx
1:	movzbl	(%esi), %edx			/* registers and values: 115200 8n1 */
	add	$COM1, %edx
	mov	1(%esi), %al
	out	%al, %dx
	add	$2, %esi
	loop	1b
	mov	$PHYS(no_long_mode_text), %esi
2:	mov	$COM1 + 5, %edx
	mov	$0x10000, %ecx			/* a missing UART is not waited for */
3:	in	%dx, %al
	test	$0x20, %al
	loopz	3b
	mov	$COM1, %edx
	lodsb
	test	%al, %al
	jz	4f
	out	%al, %dx
	jmp	2b
4:	hlt
	jmp	4b

no_long_mode_uart:
	.byte	3, 0x83, 0, 1, 1, 0, 3, 0x03, 2, 0x07, 4, 0x03
no_long_mode_text:
	.asciz	"(bonsai) cannot start: CPU lacks 64-bit long mode\r\n"

	.code64
start_64:
	movabs	$1f, %rax
	jmp	*%rax
1:	lgdt	boot_gdt_ptr_64(%rip)		/* the tables to come do not map low addresses */
	lea	boot_stack_end(%rip), %rsp
	sub	$CI_size, %rsp			/* struct cpu_info, all zeroes */
	and	$-16, %rsp
	xor	%ebp, %ebp
	mov	%ebp, %ds
	mov	%ebp, %es
	mov	%ebp, %fs
	mov	%ebp, %gs
	mov	%esi, %esi
	mov	%edi, %edi			/* hv_main(magic, info), upper halves clear */
	call	hv_main
2:	hlt
	jmp	2b

/* ---- the other CPUs ------------------------------------------------------------------------------ */

	/* Copied to a page below 640 KiB, where the STARTUP interrupt begins: CS = page / 16, IP = 0. */
	.section .init.data, "aw"
	.globl	ap_trampoline, ap_trampoline_end
	.code16
ap_trampoline:
	cli
	lgdtl	%cs:(ap_gdt_ptr - ap_trampoline)
	mov	%cr0, %eax
	or	$1, %al
	mov	%eax, %cr0
	ljmpl	$SEL_CS32, $PHYS(ap_start_32)
	.balign	4
ap_gdt_ptr:
	.word	boot_gdt_end - boot_gdt - 1
	.long	PHYS(boot_gdt)
ap_trampoline_end:

	.section .head, "ax"
	.code32
ap_start_32:
	mov	$SEL_DS, %eax
	mov	%eax, %ss
	mov	$PHYS(boot_ap_stack_end), %esp
	call	enter_long_mode
	ljmp	$SEL_CS64, $PHYS(ap_start_64)

	.code64
ap_start_64:
	movabs	$1f, %rax
	jmp	*%rax
1:	lgdt	boot_gdt_ptr_64(%rip)
	mov	$MSR_EFER, %ecx			/* hv_root's entries have the NX bit */
	rdmsr
	or	$EFER_NXE, %eax
	wrmsr
	mov	boot_l4_final(%rip), %rax	/* the stack is not in the boot tables */
	mov	%rax, %cr3
	mov	ap_stack(%rip), %rsp
	xor	%ebp, %ebp
	mov	%ebp, %ds
	mov	%ebp, %es
	mov	%ebp, %fs
	mov	%ebp, %gs
	call	ap_main
2:	hlt
	jmp	2b

/*
 * void call_on_stack(u64 stack, void (*fn)(void)) - go on in fn with an empty stack; fn does not return
 */
	.text
	.globl	call_on_stack
call_on_stack:
	mov	%rdi, %rsp
	and	$-16, %rsp
	xor	%ebp, %ebp
	call	*%rsi
	ud2

/* ---- tables used until hv-map.c has made better ones, and by CPUs coming up ------------------------ */

	.section .init.data, "aw"
	.balign	8
	.globl	boot_l4_final, ap_stack
boot_l4_final:
	.quad	0				/* hv_root, as CR3 wants it */
ap_stack:
	.quad	0

	.balign	8
boot_gdt:
	.quad	0
	.quad	0x00af9b000000ffff		/* SEL_CS64 */
	.quad	0x00cf93000000ffff		/* SEL_DS */
	.quad	0x00cf9b000000ffff		/* SEL_CS32 */
boot_gdt_end:
boot_gdt_ptr:
	.word	boot_gdt_end - boot_gdt - 1
	.long	PHYS(boot_gdt)
boot_gdt_ptr_64:
	.word	boot_gdt_end - boot_gdt - 1
	.quad	boot_gdt

	.balign	16
	.skip	64
boot_ap_stack_end:

#define TABLE		0x3			/* present, writable */
#define PAGE_2M		0x83

	.balign	4096
	.globl	boot_l4
boot_l4:
	.quad	PHYS(boot_l3) + TABLE
	.fill	260, 8, 0
	.quad	PHYS(boot_l3_image) + TABLE	/* 261 */
	.quad	PHYS(boot_l3) + TABLE		/* 262: DIRECT_MAP_START */
	.fill	249, 8, 0
boot_l3:
	.quad	PHYS(boot_l2) + TABLE
	.quad	PHYS(boot_l2) + 0x1000 + TABLE
	.quad	PHYS(boot_l2) + 0x2000 + TABLE
	.quad	PHYS(boot_l2) + 0x3000 + TABLE
	.fill	508, 8, 0
boot_l3_image:
	.fill	321, 8, 0
	.quad	PHYS(boot_l2) + TABLE		/* (HV_IMAGE_START >> 30) & 511 */
	.fill	190, 8, 0
boot_l2:
	.set	page, 0
	.rept	2048
	.quad	page + PAGE_2M
	.set	page, page + 0x200000
	.endr

/* The boot CPU's stack block: also mapped at its place in the row of stacks, and used there later. */
	.section .bss.stack, "aw", @nobits
	.balign	STACK_BYTES
	.globl	boot_stack, boot_stack_end
boot_stack:
	.skip	STACK_BYTES
boot_stack_end:

	.section .note.GNU-stack, "", @progbits
