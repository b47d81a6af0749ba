/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Exceptions of the kernel itself: each is provoked, caught, and must show where it happened.
 */
#include "kernel/print.h"
#include "kernel/trap.h"
#include "programs/measure.h"
#include "programs/tour/tour.h"

static void breakpoint(void *arg)
{
	(void)arg;
	__asm__ volatile("int3");
}

static void undefined(void *arg)
{
	(void)arg;
	__asm__ volatile("ud2");
}

static void divide(void *arg)
{
	u32 zero = 0, rest = 1, top = 0;

	(void)arg;
	__asm__ volatile("divl %2" : "+a"(rest), "+d"(top) : "r"(zero));
}

static void read_byte(void *arg)
{
	(void)*(volatile u8 *)arg;
}

static void write_byte(void *arg)
{
	*(volatile u8 *)arg = 0;
}

void traps_common(void)
{
	struct trap_report r;

	expect_trap(TRAP_BP, breakpoint, NULL, "int3");
	trap_try(&r, undefined, NULL);
	expect(r.vector == TRAP_UD && *(u16 *)r.rip == 0x0b0f,
	       "ud2 -> trap %d, rip on the instruction", r.vector);
	expect_trap(TRAP_DE, divide, NULL, "divide by zero");
	expect_trap(TRAP_GP, read_byte, (void *)0x8000000000000000,
		    "read at a non-canonical address");
	trap_try(&r, read_byte, (void *)0x1234);
	expect(r.vector == TRAP_PF && r.address == 0x1234 && r.error == 0,
	       "read at 0x1234 -> trap %d, address %#lx, error %lu: not present, read, kernel",
	       r.vector, r.address, r.error);
	trap_try(&r, write_byte, (void *)0x1234);
	expect(r.vector == TRAP_PF && r.error == PF_WRITE,
	       "write at 0x1234 -> trap %d, error %lu: write", r.vector, r.error);
	cost(measure_kernel_trap(), "int3 in the kernel, handler, and back");
}
