/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * iret - the iret hypercall in both forms
 *
 * Right: without VGCF_in_syscall every register of the frame counts; with it RCX and R11 become
 * RIP and RFLAGS, as SYSRET leaves them; CS with RPL 0 to 2 stays in the kernel; IF in the frame
 * becomes the event mask; a kernel iret may be nested in handlers; IOPL, VM and other privileged
 * flags of the frame do not arrive.  ABI: struct iret_context in xen-x86_64.h.
 */
#include "guest.h"

struct iret_context frame;
u64 out[4]; /* rax rcx r11 rflags */

/* iret with the frame, RIP set to the code behind it, RSP and SS to what they are. */
static void do_iret(void)
{
	__asm__ volatile("movq $1f, 4 * 8 + frame\n\t"
			 "movq %%rsp, 7 * 8 + frame\n\t"
			 "movq %%rsp, %%rbx\n\t"
			 "movq $frame, %%rsp\n\t"
			 "movl $23, %%eax\n\t"
			 "syscall\n"
			 "1:\tmovq %%rax, out\n\t"
			 "movq %%rcx, out + 8\n\t"
			 "movq %%r11, out + 16\n\t"
			 "pushfq\n\tpopq out + 24"
			 :
			 :
			 : "rax", "rbx", "rcx", "r11", "memory", "cc");
}

static void prepare(u64 cs, u64 flags)
{
	frame = (struct iret_context){ .rax = 0xaaaa,
				       .r11 = 0xbbbb,
				       .rcx = 0xcccc,
				       .flags = flags,
				       .cs = cs,
				       .rflags = 0x2d7,
				       .ss = FLAT_KERNEL_SS };
}

USER_TEXT static void user_look(void)
{
	__asm__ volatile("int $0x80");
}

USER_TEXT static void user_flags(void)
{
	__asm__ volatile("pushfq; popq %rax; int $0x80");
}

static void to_user(u64 flags, u64 want_rcx, u64 want_r11)
{
	struct regs r;

	user_regs(&r, user_look);
	r.rcx = 0x1c;
	r.r11 = 0x11;
	r.rax = 0xa;
	check_eq(user_run(&r), 0x80, "to user mode, flags 0x%lx", flags);
	check_eq(r.rcx, want_rcx, "RCX");
	check_eq(r.r11, want_r11, "R11");
	check_eq(r.rax, 0xa, "RAX");
}

/* Interrupts stay the machine's, whatever the frame says. */
static void no_more_than_allowed(void)
{
	struct regs r;

	prepare(FLAT_KERNEL_CS & ~3, 0);
	frame.rflags = 0x30d7;
	do_iret();
	check_eq(out[3] & 0x32d5, 0x2d5, "full form, without IF and with IOPL: neither arrives");
	check_eq(this_vcpu_info()->evtchn_upcall_mask, 1, "events are off");
	user_init();
	user_regs(&r, user_flags);
	r.rflags = 0x30d7;
	r.ss = USER_SS & ~3;
	check_eq(user_run(&r), 0x80, "to user mode with the same, and RPL 0 for SS");
	check_eq(r.rax & 0x232d5, 0x2d5, "neither arrives");
	check_eq(r.ss & 0xffff, USER_SS, "SS has RPL 3");
	check_eq(r.saved_mask, 1, "events are off");
}

void test_main(void)
{
	prepare(FLAT_KERNEL_CS & ~3, 0);
	do_iret();
	check_eq(out[0], 0xaaaa, "full form: RAX");
	check_eq(out[1], 0xcccc, "RCX");
	check_eq(out[2], 0xbbbb, "R11");
	check_eq(out[3] & 0x8d5, 0xd5, "arithmetic flags");
	check_eq(this_vcpu_info()->evtchn_upcall_mask, 0, "IF in the frame: events are on");

	for (u64 rpl = 0; rpl < 3; rpl++) {
		prepare((FLAT_KERNEL_CS & ~3) | rpl, VGCF_in_syscall);
		frame.rflags &= ~0x200UL;
		frame.rflags |= 0x3000;
		do_iret();
		check_eq(out[0], 0xaaaa, "in_syscall, RPL %lu: RAX", rpl);
		check_eq(out[1], frame.rip, "RCX is RIP");
		check_eq(out[2] & 0xdff, (frame.rflags | 0x200) & 0xdff, "R11 is RFLAGS");
		check_eq(out[3] & 0x3200, 0x200, "IOPL does not arrive, IF is on");
		check_eq(this_vcpu_info()->evtchn_upcall_mask, 1,
			 "no IF in the frame: events are off");
	}
	no_more_than_allowed();
	to_user(0, 0x1c, 0x11);
}
