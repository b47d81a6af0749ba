/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * iopl-assist - the virtual IOPL as the architecture has it
 *
 * Right: with VMASST_TYPE_architectural_iopl the guest kernel counts as level 0, so IOPL 0 is
 * enough for it; RFLAGS in frames shows the IOPL, iret from the kernel sets it; user mode needs 3.
 * ABI: VMASST_TYPE_architectural_iopl in xen.h.
 */
#include "guest.h"

USER_TEXT static void user_in(void)
{
	__asm__ volatile("movw $0x80, %dx; inb %dx, %al; int $0x80");
}

static u32 iopl_to_set;

static bool set_by_iret(struct regs *regs)
{
	regs->rflags = (regs->rflags & ~0x3000UL) | iopl_to_set << 12;
	return true;
}

static u64 iopl_shown(void)
{
	TRY("ud2", NO_RESULT, NOTHING);
	return this_cpu()->caught.rflags >> 12 & 3;
}

static void set_iopl(u32 level)
{
	iopl_to_set = level;
	__asm__ volatile("int3" ::: "memory", "cc");
}

static u64 user_in_traps(void)
{
	struct regs r;

	user_regs(&r, user_in);
	r.rflags |= iopl_to_set << 12;
	return user_run(&r);
}

void test_main(void)
{
	u64 v = 0;

	check_eq(HC(vm_assist, .cmd = VMASST_CMD_enable, .type = VMASST_TYPE_architectural_iopl), 0,
		 "the assist");
	trap_hooks[X_BP] = set_by_iret;
	user_init();
	set_iopl(0);
	check_eq(iopl_shown(), 0, "IOPL 0 is shown");
	check_fault(TRY("inb $0x21, %%al", RESULT("+a"(v)), NOTHING), NO_FAULT, "IN in the kernel");
	check_fault(TRY("cli", NO_RESULT, NOTHING), NO_FAULT, "CLI in the kernel");
	check_eq(user_in_traps(), X_GP, "IN in user mode");
	set_iopl(1);
	check_eq(iopl_shown(), 1, "IOPL 1 is shown after iret");
	check_eq(user_in_traps(), X_GP, "IN in user mode");
	set_iopl(3);
	check_eq(iopl_shown(), 3, "IOPL 3 is shown after iret");
	check_eq(user_in_traps(), 0x80, "IN in user mode");
	check_eq(HC(vm_assist, .cmd = VMASST_CMD_disable, .type = VMASST_TYPE_architectural_iopl),
		 0, "the assist off");
	check_eq(iopl_shown(), 0, "no IOPL is shown");
}
