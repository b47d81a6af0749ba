/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * start - a user program begins: rdi = job, rsi = its argument
 */
	.section .start, "ax", @progbits
	.globl start
start:
	call	user_main
	mov	%rax, %rdi
	mov	$1, %eax		/* SYS_exit */
	syscall
	ud2

	.section .note.GNU-stack, "", @progbits
