/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * _start - the guest's first instruction
 *
 * In:  rsi = start_info, rsp = top of the boot stack, events masked
 * The state is written down for the tests of it, then main() runs on the stack of vCPU 0.
 */
	.text
	.globl	_start
_start:
	movq	%rsp, entry_state + 8
	movq	%rsi, entry_state
	movq	$stacks + 16384, %rsp		/* the boot stack stays as it was found */
	pushfq
	popq	entry_state + 16
	cld
	movq	%cs, %rax
	movq	%rax, entry_state + 24
	movq	%ss, %rax
	movq	%rax, entry_state + 32
	movq	%ds, %rax
	movq	%rax, entry_state + 40
	movq	%es, %rax
	movq	%rax, entry_state + 48
	movq	%fs, %rax
	movq	%rax, entry_state + 56
	movq	%gs, %rax
	movq	%rax, entry_state + 64
	xorl	%ebp, %ebp
	movq	%rsi, %rdi
	call	guest_main
	ud2

	.section .note.GNU-stack, "", @progbits
