/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * iret-refused - an iret to user mode that the processor refuses
 *
 * Right: a selector that is not in the GDT, or a RIP that is not canonical, is a #GP of the
 * context that could not be entered: the frame shows what was asked for, user mode included, and
 * the error code has the selector.  ABI: the iret hypercall in arch-x86/xen-x86_64.h; Xen 4.17
 * keeps the failsafe callback for data segments.
 */
#include "guest.h"

USER_TEXT static void user_nothing(void)
{
	__asm__ volatile("int $0x80");
}

void test_main(void)
{
	struct regs r;

	user_init();
	user_regs(&r, user_nothing);
	r.cs = 0x1233;
	check_eq(user_run(&r), X_GP, "a CS behind the GDT");
	check_eq(r.error, 0x1230, "is the error code");
	check_eq(r.cs & 0xffff, 0x1233, "the frame shows it");
	check_eq(r.rip, user_address(user_nothing), "and RIP");
	user_regs(&r, user_nothing);
	r.ss = 0x4567;
	check_eq(user_run(&r), X_GP, "an SS behind the GDT");
	check_eq(r.error, 0x4564, "is the error code");
	check_eq(r.ss & 0xffff, 0x4567, "the frame shows it");
	user_regs(&r, user_nothing);
	r.rip = NONCANONICAL;
	check_eq(user_run(&r), X_GP, "a RIP that is not canonical");
	check_eq(r.rip, NONCANONICAL, "the frame shows it");
	user_regs(&r, user_nothing);
	r.cs = 3;
	check_eq(user_run(&r), X_GP, "the null selector with RPL 3");
	user_regs(&r, user_nothing);
	check_eq(user_run(&r), 0x80, "a good frame goes");
}
