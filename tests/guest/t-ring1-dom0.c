/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ring1-dom0 - only the initial domain is trusted with ring 1
 *
 * Right: its kernel runs there, another domain's does not and reaches nothing of the hypervisor.
 *
 * Boot: --initrd ./ring1-dom0.elf --hv-args ring1=dom0
 */
#include "child.h"

#define HYPERVISOR_TEXT 0xffff82d040200000UL

enum { DONE, RING, READ, ERROR };

static unsigned int ring(void)
{
	u16 cs;

	__asm__("movw %%cs, %0" : "=r"(cs));
	return cs & 3;
}

static u64 read_hypervisor(void)
{
	u64 x;

	return TRY("movq (%[va]), %[x]", RESULT([x] "=r"(x)), GIVEN([va] "r"(HYPERVISOR_TEXT)));
}

void child_main(void)
{
	mail.reply[RING] = ring();
	mail.reply[READ] = read_hypervisor();
	mail.reply[ERROR] = this_cpu()->caught.error;
	mail.reply[DONE] = 1;
}

void test_main(void)
{
	struct mail *m;
	struct child c;

	check_eq(ring(), 1, "the initial domain's kernel is at ring 1");
	check_eq(read_hypervisor(), NO_FAULT, "which is trusted with the hypervisor's memory");
	child_make(&c, 1, "");
	m = child_map(&c, &mail);
	child_unpause(&c);
	check_eq(child_wait(&c, 5 * SECOND), SHUTDOWN_poweroff, "another domain runs");
	check_eq(m->reply[DONE], 1, "to its end");
	check_eq(m->reply[RING], 3, "at ring 3");
	check_eq(m->reply[READ], X_PF, "and finds the hypervisor closed");
	check_eq(m->reply[ERROR] & ~1UL, 0, "as a kernel's read of what is not there or not its own");
	child_unmap(m);
	check_eq(child_destroy(&c), 0, "it goes");
}
