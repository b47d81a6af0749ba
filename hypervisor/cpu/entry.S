/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ways into the hypervisor and out of it: exceptions, interrupts, SYSCALL, SYSENTER, and the
 * return to a guest.
 *
 * Every entry from a guest leaves its registers as struct cpu_user_regs in cpu_info's guest_regs, at
 * the top of the CPU's stack block.  The guest's FS, GS and data selectors stay loaded while the
 * hypervisor runs: it uses none of them.  FMASK clears IF, DF, TF, NT and AC at SYSCALL; SYSENTER's
 * entry clears them itself.  A kernel at ring 1 is told apart here alone: guest_regs shows it as one at ring 3.
 */
#include "asm-offsets.h"
#include "cpu/gdt.h"
#include "cpu/entry-macros.S"

	.text

/* ---- exceptions and interrupts ------------------------------------------------------------- */

	/*
	 * One stub a vector, 16 bytes each.  The CPU pushes an error code for 8, 10-14, 17, 21, 29
	 * and 30; the others get a zero in its place.
	 */
	.balign	4096				/* the short ways below then share one page */
trap_stubs:
	.set	vecnum, 0
	.rept	256
	.balign	16
	.if (vecnum != 8) && ((vecnum < 10) || (vecnum > 14)) && (vecnum != 17) && (vecnum != 21) && (vecnum != 29) && (vecnum != 30)
	push	$0
	.endif
	movl	$vecnum, 4(%rsp)
	.if (vecnum == 1) || (vecnum == 2)
	jmp	entry_own_stack
	.elseif vecnum == 14
	jmp	entry_page_fault
	.elseif (vecnum == 8) || (vecnum == 18)
	jmp	entry_ist
	.else
	jmp	entry_common
	.endif
	.set	vecnum, vecnum + 1
	.endr
	.org	trap_stubs + 256 * 16		/* refuses a stub longer than 16 bytes */

	/* u64 trap_entry[256], for the IDT. */
	.section .rodata
	.balign	8
	.globl	trap_entry
trap_entry:
	.set	vecnum, 0
	.rept	256
	.quad	trap_stubs + 16 * vecnum
	.set	vecnum, vecnum + 1
	.endr

	.text
	.balign	16
entry_common:
	cld
	CLAC					/* the guest may have set AC */
	SAVE_REGS
	mov	%rsp, %rdi
	testb	$2, UREGS_cs(%rsp)
	jz	not_from_ring3
1:	CALL_ALIGNED trap_from_guest
	jmp	return_to_guest

not_from_ring3:
	testb	$1, UREGS_cs(%rsp)
	jz	from_hypervisor
	movq	$SEL_USER_CS64, UREGS_cs(%rsp)
	movq	$SEL_USER_DS, UREGS_ss(%rsp)
	jmp	1b

from_hypervisor:
	/* The frame is 16-byte aligned by hardware plus an even number of pushes but one. */
	mov	%rsp, %rbp
	and	$-16, %rsp
	call	trap_from_hypervisor
	mov	%rbp, %rsp
leave_to_hypervisor:
	RESTORE_REGS
	add	$8, %rsp
	iretq

	/*
	 * #DB and NMI have their own stacks, because they may come in the first instructions of an entry (MOV SS
	 * before SYSCALL).  From a guest, go on as any exception on the main stack: the IRET back to it may fault.
	 */
	.balign	16
entry_own_stack:
	testb	$3, 16(%rsp)			/* CS, above error code and RIP */
	jz	entry_ist
	cld
	push	%rax
	GET_CPU_INFO %rax
	lea	UREGS_es(%rax), %rax
	.irp	n, 48, 40, 32, 24, 16, 8	/* SS: 8 (rax) + 8 (error) + rip cs rflags rsp; down to the error code */
	pushq	\n(%rsp)
	popq	(\n - 56)(%rax)
	.endr
	sub	$48, %rax
	xchg	%rax, (%rsp)			/* rax back, new stack pointer on the stack */
	pop	%rsp
	jmp	entry_common

	/* #DF, #MC, and #DB and NMI of the hypervisor's own: handled on their stack, back where they hit. */
	.balign	16
entry_ist:
	cld
	CLAC
	SAVE_REGS
	mov	%rsp, %rdi
	mov	%rsp, %rbp
	and	$-16, %rsp
	call	trap_on_ist
	mov	%rbp, %rsp
	jmp	leave_to_hypervisor

/* ---- SYSCALL and SYSENTER ------------------------------------------------------------------- */

	.macro BY_SYSCALL cs, fn
	push	$SEL_USER_DS
	pushq	(SCRATCH(0) + 8)(%rsp)
	push	%r11
	push	\cs
	push	%rcx
	push	$0
	movl	$CAME_BY_SYSCALL, 4(%rsp)
	SAVE_REGS
	mov	%rsp, %rdi
	CALL_ALIGNED \fn
	jmp	return_to_guest
	.endm

	/*
	 * From the CPU's stub page: RSP = &guest_regs.es, the guest's RSP in scratch[0], RCX and R11
	 * the return address and flags, interrupts off.
	 */
	.balign	16
	.globl	syscall_entry, short_call, user_syscall_ring1, short_call_ring1
syscall_entry:
	mov	%rbx, SCRATCH(2)(%rsp)
	mov	(CI_vcpu - UREGS_es)(%rsp), %rbx
	cmpl	$WAYS_KERNEL, VCPU_ways(%rbx)
	je	kernel_syscall
	cmpl	$WAYS_USER, VCPU_ways(%rbx)
	je	user_syscall
	cmpl	$(WAYS_KERNEL | WAYS_RING1), VCPU_ways(%rbx)
	je	kernel_syscall_ring1
	cmpl	$(WAYS_USER | WAYS_RING1), VCPU_ways(%rbx)
	je	user_syscall_ring1
syscall_slow:
	mov	SCRATCH(2)(%rsp), %rbx
	BY_SYSCALL $SEL_USER_CS64, syscall_from_guest

	/*
	 * The two ways that a guest's own system calls take, kept short: from its user mode to its
	 * kernel's callback, and back by the iret hypercall.  They do what pv_inject_callback() and
	 * do_iret() do, with interrupts off throughout, for the common case; anything else (bad
	 * addresses, an event to deliver, IOPL shown in flags, NMI) leaves things as they were and
	 * takes the long way.  What interrupts are to bring is delivered right behind SYSRET or IRET.
	 */

	/* Nothing can fail any more: RAX to scratch[1], the event mask from the frame's IF. */
	.macro IRET_COMMIT
	mov	%rax, SCRATCH(1)(%rsp)
	mov	VCPU_info(%rbx), %rax
	testl	$FLAGS_IF, SCRATCH(4)(%rsp)
	setz	VINFO_mask(%rax)
	.endm

#define FRAME(n)	(SCRATCH(n) + 48)
	.macro AFTER_SHORT
	mov	VCPU_args(%rbx), %rdi
	mov	(VCPU_args + 8)(%rbx), %rsi
	mov	(VCPU_args + 16)(%rbx), %rdx
	mov	(VCPU_args + 24)(%rbx), %r10
	mov	(VCPU_args + 32)(%rbx), %r8
	mov	(VCPU_args + 40)(%rbx), %r9
	mov	8(%rsp), %rcx
	mov	24(%rsp), %r11
	mov	FRAME(2)(%rsp), %rbx
	.endm

	/*
	 * A page fault: of user mode, to the guest kernel's handler, a third short way, like
	 * user_syscall; of the kernel, to C.  Frame: RCX R11 error code RIP CS RFLAGS RSP SS.
	 */
#define HW(field)	(UREGS_ ## field - UREGS_error_code)		/* what the CPU pushed */
#define KEPT(n)		(CI_scratch - UREGS_error_code + 8 * (n))

	.balign	16
entry_page_fault:
	testb	$3, HW(cs)(%rsp)
	jz	entry_common
	mov	%rbx, KEPT(2)(%rsp)
	mov	(CI_vcpu - UREGS_error_code)(%rsp), %rbx
	cmpl	$WAYS_USER, VCPU_ways(%rbx)
	je	user_fault
	cmpl	$WAYS_KERNEL, VCPU_ways(%rbx)
	je	kernel_fault
	cmpl	$(WAYS_USER | WAYS_RING1), VCPU_ways(%rbx)
	je	user_fault_ring1
	cmpl	$(WAYS_KERNEL | WAYS_RING1), VCPU_ways(%rbx)
	je	kernel_fault_ring1
fault_slow_rbx:
	mov	KEPT(2)(%rsp), %rbx
	jmp	entry_common

	/* Mostly a store to a page table: past what other exceptions ask. */
kernel_fault_ring1:
	movq	$SEL_USER_CS64, HW(cs)(%rsp)
	movq	$SEL_USER_DS, HW(ss)(%rsp)
kernel_fault:
	mov	KEPT(2)(%rsp), %rbx
	cld
	CLAC
	SAVE_REGS
	mov	%rsp, %rdi
	mov	CI_vcpu(%rsp), %rsi
	CALL_ALIGNED fault_from_kernel
	jmp	return_to_guest

	.macro OWN_CALL nr, fn, way
	cmp	$1, %esi
	jne	any_short_call\way
	test	%rdx, %rdx
	jnz	any_short_call\way
	cmp	$DOMID_SELF, %r10d
	jne	any_short_call\way
	PUSH_REGS rax, rcx, r11, rdi, rsi, r8, r9, r10
	incq	(CI_calls + 8 * \nr - UREGS_es + 64)(%rsp)
	mov	%rbx, %rsi
	sti
	call	\fn
	.endm

	/*
	 * The short ways come twice: for kernels at ring 3, and at ring 1 (pv/pv.h), which need neither CR3 nor slots of the
	 * root, but go on by IRET: SYSRET knows ring 3 only.
	 */
	.macro SHORT_WAYS ring, way
	/*
	 * RBX: vCPU, its own value in scratch[2].  Frame: RCX R11 RIP CS RFLAGS RSP SS.
	 *
	 * With tags a CR3 write comes in between; without, none: mm/root.c.
	 */
user_syscall\way\():
	mov	%rax, SCRATCH(1)(%rsp)
	cmpb	$0, VCPU_area_owed(%rbx)
	jne	user_syscall_slow\way
	cmpq	$0, VCPU_syscall_addr(%rbx)
	je	user_syscall_slow\way
	mov	VCPU_kernel_sp(%rbx), %rax
	and	$-16, %rax
	sub	$56, %rax
	mov	%rdx, SCRATCH(3)(%rsp)
	REFUSE_HV_ADDRESS %rax, %rdx, user_syscall_slow_rdx\way
	mov	%rcx, SCRATCH(4)(%rsp)

	mov	VCPU_info(%rbx), %rdx
	movzbl	VINFO_mask(%rdx), %ecx
	cmpb	$0, VCPU_syscall_mask(%rbx)
	je	2f
	movb	$1, VINFO_mask(%rdx)
2:	mov	%r11, %rdx
	btr	$9, %rdx			/* IF as the guest sees it: events not masked */
	test	%ecx, %ecx
	jnz	1f
	bts	$9, %rdx
1:	mov	%rdx, (UREGS_rflags - UREGS_es)(%rsp)
	shl	$32, %rcx
	or	$SEL_USER_CS64, %rcx
	mov	%rcx, SCRATCH(5)(%rsp)
	TO_KERNEL_MODE \ring, %rdx, %rcx
	mov	VCPU_syscall_addr(%rbx), %rcx

	mov	SCRATCH(4)(%rsp), %rdx
	STAC					/* until SYSRET or IRET */
	GUEST_ACCESS user_syscall_undo\way, mov %rdx, (%rax)
	GUEST_ACCESS user_syscall_undo\way, mov %r11, 8(%rax)
	GUEST_ACCESS user_syscall_undo\way, mov %rdx, 16(%rax)
	mov	SCRATCH(5)(%rsp), %rdx
	GUEST_ACCESS user_syscall_undo\way, mov %rdx, 24(%rax)
	mov	(UREGS_rflags - UREGS_es)(%rsp), %rdx
	GUEST_ACCESS user_syscall_undo\way, mov %rdx, 32(%rax)
	mov	SCRATCH(0)(%rsp), %rdx
	GUEST_ACCESS user_syscall_undo\way, mov %rdx, 40(%rax)
	GUEST_ACCESS user_syscall_undo\way, movq $SEL_USER_DS, 48(%rax)
	and	$~FLAGS_CLEARED, %r11
	mov	SCRATCH(3)(%rsp), %rdx
	mov	SCRATCH(2)(%rsp), %rbx
	mov	%rax, SCRATCH(0)(%rsp)
	mov	SCRATCH(1)(%rsp), %rax
	GO_TO_KERNEL \ring

	/* The guest's kernel stack is not there: back to its user mode, and let C say so. */
user_syscall_undo\way\():
	CLAC
	mov	VCPU_info(%rbx), %rdx
	mov	(SCRATCH(5) + 4)(%rsp), %ecx
	mov	%cl, VINFO_mask(%rdx)
	TO_USER_MODE \ring, %rax
	mov	SCRATCH(4)(%rsp), %rcx
user_syscall_slow_rdx\way\():
	mov	SCRATCH(3)(%rsp), %rdx
user_syscall_slow\way\():
	mov	SCRATCH(1)(%rsp), %rax
	jmp	syscall_slow

kernel_syscall\way\():
	cmp	$NR_IRET, %rax
	je	fast_iret\way
	test	$(FLAGS_RF | FLAGS_TF), %r11d
	jnz	syscall_slow
	test	%rcx, %rcx
	js	short_call\way
	bt	$47, %rcx			/* behind a SYSCALL at the end of the lower half: no SYSRET */
	jnc	short_call\way
	jmp	syscall_slow

	/*
	 * RBX: vCPU.  EAX, RCX and R11 are free: the frame at the guest's RSP brings new ones.
	 * Frame: RAX R11 RCX flags RIP CS RFLAGS RSP SS.
	 */
fast_iret\way\():
	mov	%rcx, SCRATCH(1)(%rsp)
	mov	%r11, SCRATCH(3)(%rsp)
	cmpb	$0, VCPU_nmi_masked(%rbx)
	jne	iret_slow\way
	mov	SCRATCH(0)(%rsp), %rcx
	REFUSE_HV_ADDRESS %rcx, %r11, iret_slow\way
	STAC
	GUEST_ACCESS iret_slow\way, mov 48(%rcx), %r11
	mov	%r11, SCRATCH(4)(%rsp)
	test	$FLAGS_IF, %r11d
	jz	1f
	mov	VCPU_info(%rbx), %rax
	cmpb	$0, VINFO_pending(%rax)
	jne	iret_slow\way			/* an event is due before the guest goes on */
1:
	/* The hardware's frame, below guest_regs.es. */
	GUEST_ACCESS iret_slow\way, mov 64(%rcx), %r11
	or	$3, %r11d
	movzwl	%r11w, %r11d
	mov	%r11, (UREGS_ss - UREGS_es)(%rsp)
	GUEST_ACCESS iret_slow\way, mov 56(%rcx), %r11
	mov	%r11, (UREGS_rsp - UREGS_es)(%rsp)
	mov	SCRATCH(4)(%rsp), %r11
	and	$~(FLAGS_IOPL | FLAGS_VM), %r11
	or	$(FLAGS_IF | 2), %r11
	mov	%r11, (UREGS_rflags - UREGS_es)(%rsp)
	GUEST_ACCESS iret_slow\way, mov 32(%rcx), %r11
	mov	%r11, (UREGS_rip - UREGS_es)(%rsp)
	GUEST_ACCESS iret_slow\way, movzwl 40(%rcx), %r11d
	mov	%r11d, %eax
	or	$3, %eax
	mov	%rax, (UREGS_cs - UREGS_es)(%rsp)
	not	%r11d
	test	$3, %r11d			/* CS.RPL 3: to user mode */
	GUEST_ACCESS iret_slow\way, mov (%rcx), %rax
	GUEST_ACCESS iret_slow\way, mov 8(%rcx), %r11
	jnz	iret_to_kernel\way
	cmpq	$0, VCPU_user_cr3(%rbx)
	je	iret_slow\way
	GUEST_ACCESS iret_slow\way, testl $VGCF_IN_SYSCALL, 24(%rcx)
	jnz	iret_by_sysret\way
	GUEST_ACCESS iret_slow\way, mov 16(%rcx), %rcx
	IRET_COMMIT
	TO_USER_MODE \ring, %rax
iret_leave\way\():
	mov	SCRATCH(1)(%rsp), %rax
	mov	SCRATCH(2)(%rsp), %rbx
	add	$(UREGS_rip - UREGS_es), %rsp
	jmp	guest_iret

iret_to_kernel\way\():
	GUEST_ACCESS iret_slow\way, testl $VGCF_IN_SYSCALL, 24(%rcx)
	jnz	iret_slow\way
	GUEST_ACCESS iret_slow\way, mov 16(%rcx), %rcx
	.if \ring == 1
	movq	$SEL_RING1_CS, (UREGS_cs - UREGS_es)(%rsp)
	movq	$SEL_RING1_DS, (UREGS_ss - UREGS_es)(%rsp)
	.endif
	IRET_COMMIT
	jmp	iret_leave\way

iret_by_sysret\way\():
	mov	(UREGS_rip - UREGS_es)(%rsp), %rcx
	mov	%rcx, %r11
	sar	$47, %r11
	inc	%r11d
	cmp	$1, %r11d
	ja	iret_slow\way
	cmpq	$SEL_USER_CS64, (UREGS_cs - UREGS_es)(%rsp)
	jne	iret_slow\way
	cmpq	$SEL_USER_DS, (UREGS_ss - UREGS_es)(%rsp)
	jne	iret_slow\way
	mov	(UREGS_rflags - UREGS_es)(%rsp), %r11
	test	$(FLAGS_RF | FLAGS_TF), %r11d
	jnz	iret_slow\way
	IRET_COMMIT
	TO_USER_MODE \ring, %rax
	mov	SCRATCH(1)(%rsp), %rax
	mov	SCRATCH(2)(%rsp), %rbx
	mov	(UREGS_rsp - UREGS_es)(%rsp), %rsp
	sysretq

iret_slow\way\():
	CLAC
	mov	SCRATCH(1)(%rsp), %rcx
	mov	SCRATCH(3)(%rsp), %r11
	mov	$NR_IRET, %eax
	jmp	syscall_slow

user_fault\way\():
	cmpb	$0, VCPU_area_owed(%rbx)
	jne	fault_slow_rbx
	cmpq	$0, VCPU_pf_addr(%rbx)
	je	fault_slow_rbx
	mov	%rax, KEPT(1)(%rsp)
	mov	%rdx, KEPT(3)(%rsp)
	mov	%rcx, KEPT(4)(%rsp)
	mov	%cr2, %rcx
	mov	%rcx, %rdx
	shr	$39, %rdx
	and	$511, %edx
	lea	-HV_SLOT_FIRST(%rdx), %eax
	cmp	$HV_SLOTS, %eax
	jb	fault_slow\way
	mov	VCPU_root(%rbx), %rax
	testb	$1, (%rax, %rdx, 8)		/* else it may be missing in our root only */
	jz	fault_slow\way
	mov	VCPU_kernel_sp(%rbx), %rax
	and	$-16, %rax
	sub	$64, %rax
	REFUSE_HV_ADDRESS %rax, %rdx, fault_slow\way

	mov	VCPU_info(%rbx), %rdx
	mov	%rcx, VINFO_cr2(%rdx)
	movzbl	VINFO_mask(%rdx), %ecx
	mov	%ecx, (KEPT(0) + 4)(%rsp)
	testb	$4, VCPU_pf_flags(%rbx)		/* TI_GET_IF */
	jz	1f
	movb	$1, VINFO_mask(%rdx)
1:	movzwl	HW(cs)(%rsp), %ecx
	mov	%ecx, KEPT(0)(%rsp)
	TO_KERNEL_MODE \ring, %rcx, %rdx

	mov	HW(rflags)(%rsp), %rdx
	btr	$9, %rdx
	cmpb	$0, (KEPT(0) + 4)(%rsp)
	jne	2f
	bts	$9, %rdx
2:	mov	KEPT(4)(%rsp), %rcx
	STAC
	GUEST_ACCESS fault_undo\way, mov %rcx, (%rax)
	GUEST_ACCESS fault_undo\way, mov %r11, 8(%rax)
	mov	HW(error_code)(%rsp), %ecx
	GUEST_ACCESS fault_undo\way, mov %rcx, 16(%rax)
	mov	HW(rip)(%rsp), %rcx
	GUEST_ACCESS fault_undo\way, mov %rcx, 24(%rax)
	mov	KEPT(0)(%rsp), %rcx
	GUEST_ACCESS fault_undo\way, mov %rcx, 32(%rax)
	GUEST_ACCESS fault_undo\way, mov %rdx, 40(%rax)
	mov	HW(rsp)(%rsp), %rcx
	GUEST_ACCESS fault_undo\way, mov %rcx, 48(%rax)
	movzwl	HW(ss)(%rsp), %ecx
	GUEST_ACCESS fault_undo\way, mov %rcx, 56(%rax)
	mov	VCPU_pf_addr(%rbx), %rcx
	mov	%rcx, HW(rip)(%rsp)
	movzwl	VCPU_pf_cs(%rbx), %ecx
	mov	%rcx, HW(cs)(%rsp)
	movq	$SEL_USER_DS, HW(ss)(%rsp)
	.if \ring == 1
	movq	$SEL_RING1_CS, HW(cs)(%rsp)
	movq	$SEL_RING1_DS, HW(ss)(%rsp)
	.endif
	andq	$~FLAGS_CLEARED, HW(rflags)(%rsp)
	mov	%rax, HW(rsp)(%rsp)
	mov	KEPT(4)(%rsp), %rcx
	mov	KEPT(3)(%rsp), %rdx
	mov	KEPT(2)(%rsp), %rbx
	mov	KEPT(1)(%rsp), %rax
	add	$8, %rsp
	jmp	guest_iret

	/* No kernel stack: as user_syscall_undo\way. */
fault_undo\way\():
	CLAC
	mov	VCPU_info(%rbx), %rdx
	mov	(KEPT(0) + 4)(%rsp), %cl
	mov	%cl, VINFO_mask(%rdx)
	TO_USER_MODE \ring, %rax
	mov	VINFO_cr2(%rdx), %rdx		/* a fault on the way has changed CR2 */
	mov	%rdx, %cr2
fault_slow\way\():
	mov	KEPT(1)(%rsp), %rax
	mov	KEPT(3)(%rsp), %rdx
	mov	KEPT(4)(%rsp), %rcx
	jmp	fault_slow_rbx

	/*
	 * One request of mmu_update or mmuext_op about the caller itself, and nothing to count: only what C may
	 * change is saved.  What cannot be done here, or leaves work, is (also) a call of the long way: of this
	 * request, or of none.  RBX: vCPU.  Our frame: R10 R9 R8 RSI RDI R11 RCX RAX.
	 */
#define OWN(n)		(SCRATCH(n) + 8)
short_call\way\():
	cmp	$NR_MMU_UPDATE, %rax
	jne	1f
	OWN_CALL NR_MMU_UPDATE, mmu_update_own, \way
2:	cli
	mov	VCPU_info(%rbx), %rcx
	movzbl	VINFO_pending(%rcx), %edx
	or	VCPU_nmi_or_segments(%rbx), %dx
	or	(CI_softirq - UREGS_es + 64)(%rsp), %edx
	or	%eax, %edx
	POP_REGS r10, r9, r8, rsi, rdi, r11, rcx
	mov	$0, %edx
	jnz	own_again\way
	mov	OWN(2)(%rsp), %rbx
	GO_TO_KERNEL \ring, 8

1:	cmp	$NR_MMUEXT_OP, %rax
	jne	any_short_call\way
	OWN_CALL NR_MMUEXT_OP, mmuext_own, \way
	jmp	2b

own_again\way\():
	and	$1, %eax
	mov	%eax, %esi
	pop	%rax
	decq	(CI_calls - UREGS_es)(%rsp, %rax, 8)	/* counted there */
	jmp	syscall_slow

	/*
	 * Those of hypercall_short[]: the registers of arguments go where C finds them, and come back from there.
	 * Our frame, under what makes guest_regs tell where the guest is: RAX.
	 */
any_short_call\way\():
	cmp	$HYPERCALLS, %rax
	jae	syscall_slow
	lea	hypercall_short(%rip), %rbx
	mov	(%rbx, %rax, 8), %rbx
	cmp	$HYPERCALL_LONG, %rbx
	jbe	not_short\way
	push	$SEL_USER_DS
	pushq	(SCRATCH(0) + 8)(%rsp)
	push	%r11
	push	$SEL_USER_CS64
	push	%rcx
	push	%rax
	mov	%rbx, %r11
	mov	(CI_vcpu - UREGS_es + 48)(%rsp), %rbx
	mov	%rdi, VCPU_args(%rbx)
	mov	%rsi, (VCPU_args + 8)(%rbx)
	mov	%rdx, (VCPU_args + 16)(%rbx)
	mov	%r10, (VCPU_args + 24)(%rbx)
	mov	%r8, (VCPU_args + 32)(%rbx)
	mov	%r9, (VCPU_args + 40)(%rbx)
	mov	%eax, VCPU_hypercall(%rbx)
	incq	(CI_calls - UREGS_es + 48)(%rsp, %rax, 8)
	mov	%rbx, %rdi
	lea	VCPU_args(%rbx), %rsi
	sti
	call	*%r11
	cli
	mov	VCPU_info(%rbx), %rcx
	movzbl	VINFO_pending(%rcx), %ecx
	or	VCPU_nmi_or_segments(%rbx), %cx
	or	(CI_softirq - UREGS_es + 48)(%rsp), %ecx
	jnz	short_work\way
	cmp	$-ERESTART, %rax
	je	short_work\way
	AFTER_SHORT
	.if \ring == 3
	mov	32(%rsp), %rsp
	sysretq
	.else
	movq	$SEL_RING1_CS, 16(%rsp)
	movq	$SEL_RING1_DS, 40(%rsp)
	add	$8, %rsp
	jmp	guest_iret
	.endif

	/* Events, softirqs, or to be made again: the rest of guest_regs, and out as others.  As hypercall_dispatch(). */
short_work\way\():
	cmp	$-ERESTART, %rax
	jne	1f
	mov	(%rsp), %rax
	subq	$2, 8(%rsp)
1:	movq	$0, (%rsp)
	movl	$CAME_BY_SYSCALL, 4(%rsp)
	AFTER_SHORT
	SAVE_REGS
	jmp	return_to_guest

not_short\way\():
	je	syscall_slow
	mov	$-ENOSYS, %rax			/* there is no such call */
	mov	SCRATCH(2)(%rsp), %rbx
	GO_TO_KERNEL \ring

	.endm

	SHORT_WAYS 3
	SHORT_WAYS 1, _ring1

	.balign	16
	.globl	syscall32_entry
syscall32_entry:
	BY_SYSCALL $SEL_USER_CS32, syscall32_from_guest

	/* SYSENTER keeps neither RIP nor RSP: the guest's callback finds zeroes there, as the ABI says. */
	.balign	16
	.globl	sysenter_entry
sysenter_entry:
	push	$SEL_USER_DS
	push	$0
	pushfq
	push	$2				/* SYSENTER leaves all but IF: with NT set no IRET would work */
	popfq
	push	$3				/* null CS, RPL 3 */
	push	$0
	push	$0
	movl	$CAME_BY_SYSENTER, 4(%rsp)
	SAVE_REGS
	mov	%rsp, %rdi
	CALL_ALIGNED sysenter_from_guest
	/* fall through */

/* ---- the way out ----------------------------------------------------------------------------- */

	.macro LEAVE_BY insn
	RESTORE_REGS
	mov	(UREGS_rip - UREGS_error_code)(%rsp), %rcx
	mov	(UREGS_rflags - UREGS_error_code)(%rsp), %r11
	mov	(UREGS_rsp - UREGS_error_code)(%rsp), %rsp
	\insn
	.endm

	.balign	16
	.globl	return_to_guest
return_to_guest:
	/* Mostly there is nothing to do: what exit_work() would find out, without calling it. */
	cli
	cmpl	$0, CI_softirq(%rsp)
	jne	exit_with_work
	mov	CI_vcpu(%rsp), %rax
	cmpw	$0, VCPU_nmi_or_segments(%rax)
	jne	exit_with_work
	mov	VCPU_info(%rax), %rcx
	cmpb	$0, VINFO_pending(%rcx)
	je	exit_checked
	cmpb	$0, VINFO_mask(%rcx)
	jne	exit_checked
exit_with_work:
	CALL_ALIGNED exit_work			/* softirqs, events; interrupts off at return */
	mov	CI_vcpu(%rsp), %rax
exit_checked:
	cmpw	$(WAYS_KERNEL | WAYS_RING1) >> 16, (VCPU_ways + 2)(%rax)
	je	to_ring1
	testl	$CAME_BY_SYSCALL, UREGS_entry_vector(%rsp)
	jz	1f

	/* SYSRET, when the frame is what SYSRET makes and RIP is canonical (else #GP in ring 0). */
	mov	UREGS_rip(%rsp), %rcx
	mov	%rcx, %rax
	sar	$47, %rax
	inc	%eax
	cmp	$1, %eax
	ja	1f
	cmpl	$SEL_USER_DS, UREGS_ss(%rsp)
	jne	1f
	cmpl	$SEL_USER_CS32, UREGS_cs(%rsp)
	je	2f
	cmpl	$SEL_USER_CS64, UREGS_cs(%rsp)
	jne	1f
	testl	$0x10000, UREGS_rflags(%rsp)	/* RF: IRET's business */
	jnz	1f
	LEAVE_BY sysretq
2:	LEAVE_BY sysretl
to_ring1:
	movq	$SEL_RING1_CS, UREGS_cs(%rsp)
	movq	$SEL_RING1_DS, UREGS_ss(%rsp)
1:
	RESTORE_REGS
	add	$8, %rsp
	.globl	guest_iret
guest_iret:
	iretq					/* a fault here: trap_from_hypervisor() knows the address */

	/* exit_to_guest(): drop what is on the stack and run current. */
	.balign	16
	.globl	exit_to_guest
exit_to_guest:
	GET_CPU_INFO %rsp
	jmp	exit_with_work			/* current may be the idle vCPU, which has no events */

	.section .note.GNU-stack, "", @progbits
