/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entries of the guest kernel.  The hypervisor leaves on the kernel stack, lowest first:
 *
 *	rcx | r11 | [error code] | rip | cs | rflags | rsp | ss
 *
 * (the failsafe callback has ds es fs gs behind r11).  Each entry turns that into a struct regs.
 */
	.text

	/* No error code: a zero takes its place. */
	.macro	ENTRY_PLAIN name, vector
	.globl	\name
	.balign	16
\name:
	popq	%rcx
	popq	%r11
	pushq	$0
	pushq	$\vector
	jmp	entry_common
	.endm

	.macro	ENTRY_CODE name, vector
	.globl	\name
	.balign	16
\name:
	popq	%rcx
	popq	%r11
	pushq	$\vector
	jmp	entry_common
	.endm

	ENTRY_PLAIN entry_0, 0
	ENTRY_PLAIN entry_1, 1
	ENTRY_PLAIN entry_2, 2
	ENTRY_PLAIN entry_3, 3
	ENTRY_PLAIN entry_4, 4
	ENTRY_PLAIN entry_5, 5
	ENTRY_PLAIN entry_6, 6
	ENTRY_PLAIN entry_7, 7
	ENTRY_CODE  entry_8, 8
	ENTRY_CODE  entry_10, 10
	ENTRY_CODE  entry_11, 11
	ENTRY_CODE  entry_12, 12
	ENTRY_CODE  entry_13, 13
	ENTRY_CODE  entry_14, 14
	ENTRY_PLAIN entry_16, 16
	ENTRY_CODE  entry_17, 17
	ENTRY_PLAIN entry_18, 18
	ENTRY_PLAIN entry_19, 19
	ENTRY_PLAIN entry_32, 0x20
	ENTRY_PLAIN entry_33, 0x21
	ENTRY_PLAIN entry_128, 0x80
	ENTRY_PLAIN entry_syscall, 0x100
	ENTRY_PLAIN entry_syscall32, 0x101
	ENTRY_PLAIN entry_sysenter, 0x102
	ENTRY_PLAIN entry_event, 0x103
	ENTRY_PLAIN entry_nmi, 0x105

	/* The selectors are kept by the C side of it, through the stack that they came on. */
	.globl	entry_failsafe
	.balign	16
entry_failsafe:
	popq	%rcx
	popq	%r11
	popq	failsafe_words
	popq	failsafe_words + 8
	popq	failsafe_words + 16
	popq	failsafe_words + 24
	pushq	$0
	pushq	$0x104

entry_common:
	pushq	%rdi
	pushq	%rsi
	pushq	%rdx
	pushq	%rcx
	pushq	%rax
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	cld
	movq	%rsp, %rdi
	movq	%rsp, %rbp
	andq	$~15, %rsp
	call	trap
	movq	%rbp, %rsp

restore_regs:					/* rsp = struct regs */
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rax
	popq	%rcx
	popq	%rdx
	popq	%rsi
	popq	%rdi
	addq	$16, %rsp			/* vector, error code */
	pushq	$0				/* flags: every register counts */
	pushq	%rcx
	pushq	%r11
	pushq	%rax
	movl	$23, %eax
	syscall
	ud2

/*
 * void iret_to(const struct regs *): nothing of the caller stays, but its stack below holds the
 * frame.
 */
	.globl	iret_to
iret_to:
	subq	$256, %rsp
	andq	$~15, %rsp
	movq	%rdi, %rsi
	movq	%rsp, %rdi
	movl	$22, %ecx
	cld
	rep movsq
	jmp	restore_regs

/*
 * void user_enter(struct regs *, u64 *sp) - leave for user mode; user_leave() returns from it.
 * The callee-saved registers and the way back are kept on this stack, its pointer in *sp.
 */
	.globl	user_enter
user_enter:
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rsp, (%rsi)
	jmp	iret_to

/* void user_leave(u64 sp) */
	.globl	user_leave
user_leave:
	movq	%rdi, %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	ret

	.section .note.GNU-stack, "", @progbits
