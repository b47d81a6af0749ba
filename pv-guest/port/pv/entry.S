/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Traps, events and system calls (pv).
 *
 * Every entry: the hypervisor has switched to the kernel's root table, GS base and, from user mode,
 * to the stack of port_set_kernel_stack().  It masked events, and pushed, highest first:
 *
 *	ss | rsp | rflags | cs | rip | [error code] | r11 | rcx
 *
 * rflags.IF is the event mask of the interrupted code, upside down.  cs says ring 3 for user mode,
 * ring 0 for the kernel.  rcx and r11 are on the stack because SYSRET came here; taking them off
 * leaves what hardware would have pushed.
 */
#define __ASSEMBLY__
#include <xen/xen.h>
#include "kernel/layout.h"

	.macro trap_entry has_error
	.balign 16
	pop	%rcx
	pop	%r11
	.if !\has_error
	push	$0
	.endif
	push	$vec
	jmp	save_and_call
	.endm

	.text
/* trap_entries - one entry of 16 bytes for each vector, 0 .. VEC_IRQ */
	.balign 16
	.globl trap_entries
trap_entries:
	.set	vec, 0
	.rept	VEC_IRQ + 1
	.if vec == 8 || (vec >= 10 && vec <= 14) || vec == 17
	trap_entry 1
	.else
	trap_entry 0
	.endif
	.set	vec, vec + 1
	.endr
	.balign 16

/* syscall_entry - SYSCALL in user mode */
	.globl syscall_entry
syscall_entry:
	pop	%rcx
	pop	%r11
	push	$0
	push	$VEC_SYSCALL

save_and_call:
	push	%rdi
	push	%rsi
	push	%rdx
	push	%rcx
	push	%rax
	push	%r8
	push	%r9
	push	%r10
	push	%r11
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rsp, %rdi
	call	kernel_trap
	mov	%rsp, %rdi

/*
 * trap_return - go to where a trap frame says
 *
 * In:   rdi = struct trap_frame, at the top of the kernel stack
 *
 * The iret hypercall takes from the stack, lowest first: rax, r11, rcx, flags, rip, cs, rflags, rsp,
 * ss.  Ring 3 in cs means user mode; the event mask becomes the reverse of rflags.IF, and events
 * that wait are delivered at once: no moment between unmasking and leaving.
 */
	.globl trap_return
trap_return:
	mov	%rdi, %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	pop	%r11
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rax
	pop	%rcx
	pop	%rdx
	pop	%rsi
	pop	%rdi
	cmpl	$VEC_SYSCALL, (%rsp)	/* rcx and r11 need not survive: SYSRET will do */
	lea	8(%rsp), %rsp
	movq	$0, (%rsp)
	jne	1f
	movq	$VGCF_in_syscall, (%rsp)
1:	push	%rcx
	push	%r11
	push	%rax
	mov	$__HYPERVISOR_iret, %eax
	syscall
	ud2

	.section .note.GNU-stack, "", @progbits
