/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What entry.S is written with: registers saved and loaded, accesses to guests' memory, the change of mode.
 */
#define NR_IRET		23
#define NR_MMU_UPDATE	1
#define NR_MMUEXT_OP	26
#define ENOSYS		38
#define ERESTART	85
#define DOMID_SELF	0x7ff0
#define VGCF_IN_SYSCALL	0x100

/* cpu_info's scratch words, as seen from &guest_regs.es, where the SYSCALL stub leaves RSP. */
#define SCRATCH(n)	(CI_scratch - UREGS_es + 8 * (n))

	.macro PUSH_REGS regs:vararg
	.irp	reg, \regs
	push	%\reg
	.endr
	.endm

	.macro POP_REGS regs:vararg
	.irp	reg, \regs
	pop	%\reg
	.endr
	.endm

#define SAVE_REGS	PUSH_REGS rdi, rsi, rdx, rcx, rax, r8, r9, r10, r11, rbx, rbp, r12, r13, r14, r15
#define RESTORE_REGS	POP_REGS r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi

	/* Set \reg to this CPU's struct cpu_info, from any stack of the block. */
	.macro GET_CPU_INFO reg
	mov	%rsp, \reg
	or	$(STACK_BYTES - 1), \reg
	sub	$(CI_size - 1), \reg
	.endm

	/* guest_regs lies 8 bytes off a 16-byte boundary (cpu-info.h): C wants RSP on one at a call. */
	.macro CALL_ALIGNED fn
	sub	$8, %rsp
	call	\fn
	add	$8, %rsp
	.endm

	/* As stac() and clac(). */
	.macro SMAP_SITE insn
8:	nopl	(%rax)
	.pushsection __smap_sites, "a"
	.balign	4
	.long	8b - ., \insn
	.popsection
	.endm

#define STAC		SMAP_SITE 0xcb010f
#define CLAC		SMAP_SITE 0xca010f

	/* \reg: an address; leaves for \label when it lies in the hypervisor's slots.  Uses \tmp. */
	.macro REFUSE_HV_ADDRESS reg, tmp, label
	mov	\reg, \tmp
	shr	$43, \tmp
	cmp	$0x1ffff0, \tmp
	je	\label
	.endm

	/* To the GS of the other mode and what the vCPU's root has for it: root_switch_mode(). */
	.macro TO_KERNEL_MODE ring, tmp, entry
	movb	$1, VCPU_kernel_mode(%rbx)
	swapgs
	.if \ring == 3
	mov	VCPU_kernel_load(%rbx), \tmp
	test	\tmp, \tmp
	jz	8f
	mov	\tmp, %cr3
8:
	.set	nth, VCPU_kernel_slots
	.rept	KERNEL_SLOTS
	mov	nth(%rbx), \tmp
	mov	(nth + 8)(%rbx), \entry
	mov	\entry, (\tmp)
	.set	nth, nth + 16
	.endr
	.endif
	.endm

	.macro TO_USER_MODE ring, tmp
	movb	$0, VCPU_kernel_mode(%rbx)
	swapgs
	.if \ring == 3
	.set	nth, VCPU_kernel_slots
	.rept	KERNEL_SLOTS
	mov	nth(%rbx), \tmp
	movq	$0, (\tmp)
	.set	nth, nth + 16
	.endr
	mov	VCPU_user_load(%rbx), \tmp
	mov	\tmp, %cr3
	.endif
	.endm

	/* To the kernel at RCX with flags R11 and the RSP in scratch[0].  Our RSP is `bytes` below &guest_regs.es. */
	.macro GO_TO_KERNEL ring, bytes=0
	.if \ring == 3
	mov	(SCRATCH(0) + \bytes)(%rsp), %rsp
	sysretq
	.else
	lea	\bytes(%rsp), %rsp
	push	$SEL_RING1_DS
	pushq	(SCRATCH(0) + 8)(%rsp)
	push	%r11
	push	$SEL_RING1_CS
	push	%rcx
	jmp	guest_iret
	.endif
	.endm

	/* The access in \insn may fault: go to \label then.  What lies below the stack is lost. */
	.macro GUEST_ACCESS label, insn:vararg
9:	\insn
	.pushsection __ex_table, "a"
	.balign	4
	.long	9b - ., \label - .
	.popsection
	.endm
