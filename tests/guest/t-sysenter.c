/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sysenter - SYSENTER of user code on an Intel processor
 *
 * Right: from 64-bit and from 32-bit user mode it reaches the callback sysenter; nothing of the
 * user's RIP and RSP is left, so the frame shows RIP 0 and RSP 0, SS and CS of user mode; without
 * a callback it is #GP.  ABI: CALLBACKTYPE_sysenter in callback.h.
 *
 * The emulator's default processor is AMD's, which has no SYSENTER in long mode.  Xen 4.17 does
 * not survive the instruction on "max" renamed to Intel's (double fault on its entry stack), but
 * does on a processor that exists.
 *
 * Boot: --cpu Skylake-Client,-smap,-hle,-rtm
 */
#include "guest.h"

USER_TEXT static void user_sysenter(void)
{
	__asm__ volatile("sysenter; int $0x80");
}

static struct regs r;

static u64 run(u16 cs)
{
	user_regs(&r, user_sysenter);
	r.cs = cs;
	r.rax = 0x1234;
	return user_run(&r);
}

void test_main(void)
{
	callback_unregister_t un = { .type = CALLBACKTYPE_sysenter };

	user_init();
	check_eq(run(USER_CS), X_GP, "without a callback: #GP");
	check_eq(callback(CALLBACKTYPE_sysenter, 0, entry_sysenter), 0, "the callback");
	check_eq(run(USER_CS), VEC_SYSENTER, "64-bit code");
	check_eq(r.rax, 0x1234, "RAX");
	check_eq(r.cs & 3, 3, "CS 0x%x has RPL 3", r.cs);
	check_eq(r.ss & 3, 3, "SS 0x%lx has RPL 3", r.ss);
	check(!r.rip && !r.rsp, "RIP 0x%lx and RSP 0x%lx are not known", r.rip, r.rsp);
	check_eq(run(USER_CS32), VEC_SYSENTER, "32-bit code");
	check_eq(HC(callback_op, .cmd = CALLBACKOP_unregister, .arg = &un), -XEN_EINVAL,
		 "the callback cannot be taken back");
}
