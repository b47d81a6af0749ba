/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * iopl - port I/O, CLI and STI under the virtual IOPL
 *
 * Right: without the assist "architectural_iopl" the guest kernel counts as level 1: IOPL 0
 * refuses IN, OUT, CLI and STI with #GP, IOPL 1 allows them to the kernel and not to user mode,
 * IOPL 3 to both. CLI and STI do nothing to the event mask. A port that is not there reads as
 * ones.  ABI: PHYSDEVOP_set_iopl in physdev.h; VMASST_TYPE_architectural_iopl in xen.h.
 */
#include "guest.h"

static long set_iopl(u32 level)
{
	physdev_set_iopl_t op = { .iopl = level };

	return HC(physdev_op, .cmd = PHYSDEVOP_set_iopl, .arg = &op);
}

USER_TEXT static void user_in(void)
{
	__asm__ volatile("movw $0x80, %dx; inb %dx, %al; int $0x80");
}

USER_TEXT static void user_cli(void)
{
	__asm__ volatile("cli; int $0x80");
}

static u64 in_port(u16 port, u8 *value)
{
	u64 v = 0, vec = TRY("inb %w[p], %%al", RESULT("+a"(v)), GIVEN([p] "d"((u64)port)));

	*value = v;
	return vec;
}

#define OUT_PORT(port, v) TRY("outb %%al, %w[p]", NO_RESULT, GIVEN([p] "d"((u64)(port)), "a"(v)))

static u64 from_user(void (*code)(void))
{
	struct regs r;

	user_regs(&r, code);
	return user_run(&r);
}

static void kernel(u32 level, u64 want)
{
	u8 v;

	check_eq(set_iopl(level), 0, "IOPL %u", level);
	check_fault(in_port(0x21, &v), want, "IN");
	check_fault(OUT_PORT(0x80, 0x55), want, "OUT");
	check_fault(TRY("cli", NO_RESULT, NOTHING), want, "CLI");
	check_fault(TRY("sti", NO_RESULT, NOTHING), want, "STI");
	check_eq(this_vcpu_info()->evtchn_upcall_mask, 1, "events are masked as before");
}

void test_main(void)
{
	u8 v = 0;

	user_init();
	kernel(0, X_GP);
	check_eq(from_user(user_in), X_GP, "user mode: IN");
	kernel(1, NO_FAULT);
	check_eq(from_user(user_in), X_GP, "user mode: IN");
	check_eq(from_user(user_cli), X_GP, "user mode: CLI");
	kernel(3, NO_FAULT);
	check_eq(from_user(user_in), 0x80, "user mode: IN");
	check_eq(from_user(user_cli), 0x80, "user mode: CLI");
	in_port(0x1234, &v);
	check_eq(v, 0xff, "nothing at a port reads as ones");
	check_eq(set_iopl(4), -XEN_EINVAL, "IOPL 4 is refused");
	check_eq(set_iopl(0), 0, "and 0 taken");
}
