/* SPDX-License-Identifier: GPL-2.0-only */
#include "programs/tour/pv.h"

#define PORT_B 0x61 /* timer gate and speaker: harmless to read */

static void read_port(void *arg)
{
	u8 val;

	__asm__ volatile("inb %w1, %0" : "=a"(val) : "d"((u16)(u64)arg));
}

static void cli(void *arg)
{
	(void)arg;
	__asm__ volatile("cli");
}

static long set_iopl(unsigned int iopl)
{
	physdev_set_iopl_t op = { .iopl = iopl };

	return HC(physdev_op, .cmd = PHYSDEVOP_set_iopl, .arg = &op);
}

void chapter_physdev(void)
{
	struct trap_report r;

	expect_code(set_iopl(0), 0, "set_iopl 0");
	expect_trap(TRAP_GP, read_port, (void *)PORT_B, "in from port 0x61");
	expect_trap(TRAP_GP, cli, NULL, "cli");
	expect_code(set_iopl(1), 0, "set_iopl 1: the kernel's level");
	expect(!trap_try(&r, read_port, (void *)PORT_B), "in from port 0x61 -> done for us");
	expect(!trap_try(&r, cli, NULL) && irq_enabled(), "cli -> nothing: events stay on");
	cost(MEASURE(200, read_port((void *)PORT_B)), "in from port 0x61");
	expect_code(set_iopl(4), -22, "set_iopl 4");
	expect_code(set_iopl(0), 0, "set_iopl 0");
	expect_code(HC(physdev_op, .cmd = 200), -38, "a command it does not know");
}
