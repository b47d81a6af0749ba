/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * First bytes of the unpack stage: take the top of the arena as stack, because the decoders want more
 * than the hypervisor's has.
 */
#define JOB_arena	32
#define JOB_arena_size	40

	.section .start, "ax"
	.globl	_start
_start:
	push	%rbp
	mov	%rsp, %rbp
	mov	JOB_arena(%rdi), %rsp
	add	JOB_arena_size(%rdi), %rsp
	and	$-64, %rsp
	call	unpack
	mov	%rbp, %rsp
	pop	%rbp
	ret

	.section .note.GNU-stack, "", @progbits
