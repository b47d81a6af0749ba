/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * user-mode - two root tables, and the ways between them
 *
 * Right: iret to CS with RPL 3 runs on the user root, where the kernel's pages are not; SYSCALL
 * from there reaches the syscall callback with RCX = next RIP and R11 = RFLAGS, as the processor
 * leaves them, with events masked if it was registered so; a user's page fault is shown as one; traps come in with the user's CS and SS.  ABI:
 * MMUEXT_NEW_USER_BASEPTR in xen.h, CALLBACKTYPE_syscall in callback.h.
 */
#include "guest.h"

USER_TEXT static void user_syscall(void)
{
	__asm__ volatile("movq $0x77, %rax; movq $0x1234, %rdi; movq $5, %rcx; movq $6, %r11\n\t"
			 "syscall; ud2");
}

USER_TEXT static void user_read(void) /* what RDI points at */
{
	__asm__ volatile("movq (%rdi), %rax; int $0x80; ud2");
}

USER_TEXT static void user_write(void)
{
	__asm__ volatile("movq %rax, (%rdi); int $0x80; ud2");
}

static void system_calls(void)
{
	struct regs r;

	user_regs(&r, user_syscall);
	r.rflags = 0x202 | 0x1; /* carry, to be seen again */
	check_eq(user_run(&r), VEC_SYSCALL, "SYSCALL comes by the callback");
	check_eq(r.rax, 0x77, "RAX is the user's");
	check_eq(r.rdi, 0x1234, "RDI too");
	check_eq(r.rcx, r.rip, "RCX is the next RIP");
	check_eq(r.r11, r.rflags, "R11 is RFLAGS");
	check_eq(r.rflags & 1, 1, "with the user's carry flag");
	check_eq(r.cs & 0xffff, USER_CS, "CS");
	check_eq(r.ss & 0xffff, USER_SS, "SS");
	check_eq(r.rsp, USER_STACK - 16, "RSP");
	r.rip -= 2;
	r.rax = __HYPERVISOR_sched_op;
	r.rdi = SCHEDOP_shutdown;
	check_eq(user_run(&r), VEC_SYSCALL, "a hypercall's number in user mode is a system call");
	check_eq(r.rax, __HYPERVISOR_sched_op, "and nothing but");
}

/* With CALLBACKF_mask_events, as Linux asks for it. */
static void masked(void)
{
	struct regs r;

	check_eq(callback(CALLBACKTYPE_syscall, CALLBACKF_mask_events, entry_syscall), 0,
		 "the callback asks for events to be masked");
	user_regs(&r, user_syscall);
	check_eq(user_run(&r), VEC_SYSCALL, "SYSCALL comes by it");
	check_eq(r.saved_mask, 0, "the frame tells that events were on");
	check(r.rflags & 0x200, "so does its IF");
	check_eq(this_cpu()->mask_inside, 1, "and they are masked");
	check_eq(callback(CALLBACKTYPE_syscall, 0, entry_syscall), 0, "and now it does not");
	user_run(&r);
	check_eq(this_cpu()->mask_inside, 0, "they stay on");
}

static void memory(void)
{
	struct regs r;

	user_data[1] = 0xabcdef;
	user_regs(&r, user_read);
	r.rdi = USER_DATA + 8;
	check_eq(user_run(&r), 0x80, "user mode reads its data");
	check_eq(r.rax, 0xabcdef, "which the kernel wrote");
	user_regs(&r, user_write);
	r.rdi = USER_DATA + 16;
	r.rax = 0x555;
	user_run(&r);
	check_eq(user_data[2], 0x555, "and writes it");
	user_regs(&r, user_read);
	r.rdi = (u64)user_data;
	check_eq(user_run(&r), X_PF, "the kernel's pages are not in the user's table");
	check_eq(r.error, 4, "error code: user, read, not present");
	check_eq(this_cpu()->cr2, (long)user_data, "the address");
	check_eq(r.cs & 0xffff, USER_CS, "CS");
	check_eq(r.ss & 0xffff, USER_SS, "SS");
	check_eq(r.rsp, USER_STACK - 16, "RSP");
	check_eq(r.saved_mask, 0, "events were on");
	check_eq(r.rflags & 0x200, 0x200, "IF says so too");
	check_eq(r.rdi, (long)user_data, "RDI");
	r.rip += 3;			/* behind the read: all the rest is as it was */
	r.rax = 0x99;
	r.rcx = 0xcc;
	r.r11 = 0x11;
	check_eq(user_run(&r), 0x80, "user mode goes on");
	check(r.rax == 0x99 && r.rcx == 0xcc && r.r11 == 0x11, "with its registers");
	user_regs(&r, user_read);
	r.rdi = USER_DATA - 0x100000;
	r.rcx = 0xcc;
	r.r11 = 0x11;
	r.rdx = 0xdd;
	r.rbx = 0xbb;
	check_eq(user_run(&r), X_PF, "another one");
	check(r.rcx == 0xcc && r.r11 == 0x11 && r.rdx == 0xdd && r.rbx == 0xbb, "changes no register");
	user_regs(&r, user_write);
	r.rdi = USER_CODE;
	check_eq(user_run(&r), X_PF, "its code is read-only");
	check_eq(r.error, 7, "error code: user, write, present");
	user_regs(&r, user_read);
	r.rdi = HYPERVISOR_VA;
	check_eq(user_run(&r), X_PF, "the hypervisor is out of reach");
	user_regs(&r, user_read);
	r.rdi = NONCANONICAL;
	check_eq(user_run(&r), X_GP, "a non-canonical address is #GP");
}

void test_main(void)
{
	u64 v = 0;

	user_init();
	system_calls();
	masked();
	memory();
	check_fault(TRY("movq (%[p]), %[v]", RESULT([v] "=r"(v)), GIVEN([p] "r"(USER_DATA))), X_PF,
		    "and the user's pages are not in the kernel's");
}
