/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Changing stacks: from thread to thread, and out of a function that trapped.
 */
	.macro push_kept
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	.endm

	.macro pop_kept
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	.endm

	.text
/*
 * void context_switch(u64 *save_sp, u64 load_sp)
 * Returns on the other stack, to whoever called it there.
 */
	.globl context_switch
context_switch:
	push_kept
	mov	%rsp, (%rdi)
	mov	%rsi, %rsp
	pop_kept
	ret

/*
 * bool trap_call(void (*fn)(void *), void *arg, u64 *sp)
 * Calls fn(arg) and returns false.  Until then, jumping to trap_escape with rsp = *sp makes it
 * return true.
 */
	.globl trap_call, trap_escape
trap_call:
	push_kept
	mov	%rsp, (%rdx)
	mov	%rdi, %rax
	mov	%rsi, %rdi
	sub	$8, %rsp
	call	*%rax
	add	$8, %rsp
	xor	%eax, %eax
	pop_kept
	ret
trap_escape:
	mov	$1, %eax
	pop_kept
	ret

	.section .note.GNU-stack, "", @progbits
