/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Traps, interrupts and system calls (native).
 *
 * Every entry: the CPU has switched, from user mode, to the stack of port_set_kernel_stack().  It
 * disabled interrupts, and pushed, highest first:
 *
 *	ss | rsp | rflags | cs | rip | [error code]
 *
 * GS is still the user's if user mode was interrupted.
 */
#include "kernel/layout.h"
#include "port-cpu.h"

	.macro trap_entry has_error
	.balign 16
	.if !\has_error
	push	$0
	.endif
	push	$vec
	jmp	save_and_call
	.endm

	.text
/* trap_entries - one entry of 16 bytes for each vector, 0 .. VECTORS - 1 */
	.balign 16
	.globl trap_entries
trap_entries:
	.set	vec, 0
	.rept	VECTORS
	.if vec == 8 || (vec >= 10 && vec <= 14) || vec == 17
	trap_entry 1
	.else
	trap_entry 0
	.endif
	.set	vec, vec + 1
	.endr
	.balign 16

/*
 * syscall_entry - SYSCALL in user mode: the stack is still the user's, rcx = rip, r11 = rflags
 */
	.globl syscall_entry
syscall_entry:
	swapgs
	mov	%rsp, %gs:16		/* user_sp */
	mov	%gs:8, %rsp		/* kernel_sp */
	push	$USER_SS
	push	%gs:16
	push	%r11
	push	$USER_CS
	push	%rcx
	push	$0
	push	$VEC_SYSCALL
	jmp	save

save_and_call:
	testb	$3, 24(%rsp)		/* cs */
	jz	save
	swapgs
save:
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
 * In:   rdi = struct trap_frame, at the top of the kernel stack; interrupts are off
 *
 * A system call ends with SYSRET, which is safe as no user address is near the end of the lower half.
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
	cmpl	$VEC_SYSCALL, (%rsp)
	lea	16(%rsp), %rsp
	je	2f
	testb	$3, 8(%rsp)		/* cs */
	jz	1f
	swapgs
1:	iretq
2:	mov	(%rsp), %rcx
	mov	16(%rsp), %r11
	mov	24(%rsp), %rsp
	swapgs
	sysretq

	.section .note.GNU-stack, "", @progbits
