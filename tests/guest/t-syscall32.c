/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * syscall32 - system calls of 32-bit user code
 *
 * Right: SYSCALL from a 32-bit code segment reaches the callback syscall32 on processors that have
 * it there (AMD's, and the emulated one as it comes), INT 0x80 its gate; CS is the 32-bit one.
 * ABI: CALLBACKTYPE_syscall32 in callback.h.
 */
#include "guest.h"

USER_TEXT static void user_syscall32(void)
{
	__asm__ volatile(".code32; movl $0x1234, %eax; syscall; int $0x80; .code64");
}

USER_TEXT static void user_int80(void)
{
	__asm__ volatile(".code32; movl $0x4321, %eax; int $0x80; .code64");
}

USER_TEXT static void user_sysenter(void)
{
	__asm__ volatile(".code32; sysenter; int $0x80; .code64");
}

static struct regs r;

static u64 run32(void (*code)(void))
{
	user_regs(&r, code);
	r.cs = USER_CS32;
	return user_run(&r);
}

void test_main(void)
{
	user_init();
	check_eq(callback(CALLBACKTYPE_syscall32, 0, entry_syscall32), 0, "syscall32 callback");
	check_eq(run32(user_int80), 0x80, "int 0x80 of 32-bit code");
	check_eq(r.rax, 0x4321, "RAX");
	check_eq(r.cs & 0xffff, USER_CS32, "CS");
	check_eq(run32(user_syscall32), VEC_SYSCALL32, "SYSCALL");
	check_eq(r.rax, 0x1234, "RAX");
	check_eq(r.cs & 0xffff, USER_CS32, "CS");
	check_eq(r.rip, user_address(user_syscall32) + 7, "RIP is behind it");
	/* AMD's raise #UD; the emulator #GP, as long as nothing is set up for the instruction. */
	run32(user_sysenter);
	check(r.vector == X_UD || r.vector == X_GP, "SYSENTER, which AMD's do not have here: %s",
	      vector_name(r.vector));
	check_eq(r.rip, user_address(user_sysenter), "RIP is at it");
	check_eq(r.cs & 0xffff, USER_CS32, "CS");
}
