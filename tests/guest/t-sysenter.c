/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sysenter - SYSENTER of user code on an Intel processor
 *
 * Right: from 64-bit and from 32-bit user mode it reaches the callback sysenter; nothing of the
 * user's RIP and RSP is left, so the frame shows RIP 0 and RSP 0, SS and CS of user mode; without
 * a callback it is #GP.  NT, which the instruction leaves set, is the user's affair alone: a return to
 * a handler with a code segment of its own, which takes an IRET, does not fault for it.
 * ABI: CALLBACKTYPE_sysenter in callback.h.
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

USER_TEXT static void user_sysenter_nt(void)
{
	__asm__ volatile("pushfq; orq $0x4000, (%rsp); popfq; sysenter; int $0x80");
}

#define OWN_CS 0x0b

/* #GP by a segment of our own GDT. */
static void nested_task(void)
{
	u64 *gdt = page_alloc(), mfn = mfn_of(gdt);
	trap_info_t table[32], one[2] = { 0 };

	gdt[OWN_CS >> 3] = 0x00affb000000ffff;
	set_readonly(gdt);
	check_eq(HC(set_gdt, .frames = &mfn, .entries = 512), 0, "a GDT");
	trap_fill(table);
	for (const trap_info_t *t = table; t->address; t++)
		if (t->vector == X_GP)
			one[0] = *t;
	one[0].cs = OWN_CS;
	check_eq(HC(set_trap_table, .traps = one), 0, "a handler by its segment");
	user_regs(&r, user_sysenter_nt);
	check_eq(user_run(&r), X_GP, "with NT set: #GP");
	check(!r.rip && (r.cs & 3) == 3, "once, for user mode's instruction (CS 0x%x RIP 0x%lx)", r.cs,
	      r.rip);
	check(r.rflags & 0x4000, "whose NT is shown");
	one[0].cs = FLAT_KERNEL_CS;
	check_eq(HC(set_trap_table, .traps = one), 0, "back");
}

void test_main(void)
{
	callback_unregister_t un = { .type = CALLBACKTYPE_sysenter };

	user_init();
	check_eq(run(USER_CS), X_GP, "without a callback: #GP");
	nested_task();
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
