/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * smap - all ways in and out where ring 0 may not touch user pages by accident
 *
 * Right: system calls, page faults and returns of user mode, also with its AC flag set, and hypercalls with structures do what
 * they do elsewhere.  The emulator's SMAP is good for this: nothing here executes IRET at CPL 3.
 *
 * Boot: --cpu max --hv-args smap=1
 */
#include "guest.h"

#define AC 0x40000

USER_TEXT static void user_syscall(void)
{
	__asm__ volatile("movq $0x77, %rax; syscall; ud2");
}

USER_TEXT static void user_read(void)
{
	__asm__ volatile("movq (%rdi), %rax; int $0x80; ud2");
}

static void ways(u64 flags)
{
	struct regs r;

	user_regs(&r, user_syscall);
	r.rflags |= flags;
	check_eq(user_run(&r), VEC_SYSCALL, "a system call");
	check_eq(r.rax, 0x77, "is the user's");
	check_eq(r.r11 & AC, flags, "and its flags");
	user_regs(&r, user_read);
	r.rflags |= flags;
	r.rdi = USER_DATA;
	check_eq(user_run(&r), 0x80, "user mode reads");
	check_eq(r.rax, 0x1234, "its data");
	user_regs(&r, user_read);
	r.rflags |= flags;
	r.rdi = USER_DATA - 0x100000;
	check_eq(user_run(&r), X_PF, "a page fault");
	check_eq(r.rflags & AC, flags, "with its flags");
}

static void calls(void)
{
	char text[16] = "";
	multicall_entry_t calls[2] = { { .op = __HYPERVISOR_xen_version, .args = { XENVER_version } },
				       { .op = 63 } };

	check_eq(HC(xen_version, .cmd = XENVER_extraversion, .arg = text), 0, "a structure is given");
	check_eq(text[0], '.', "and there");
	check_eq(HC(multicall, .calls = calls, .count = 2), 0, "a list is read");
	check_eq(calls[0].result >> 16, 4, "and answered");
	check_eq(HC(xen_version, .cmd = XENVER_extraversion, .arg = (void *)UNMAPPED), -XEN_EFAULT, "not where nothing is");
}

void test_main(void)
{
	user_init();
	user_data[0] = 0x1234;
	ways(0);
	ways(AC);
	calls();
}
