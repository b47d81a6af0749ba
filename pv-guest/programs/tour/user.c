/* SPDX-License-Identifier: GPL-2.0-only */
#include "kernel/process.h"
#include "programs/tour/pv.h"

static void two_roots(void)
{
	struct process *p = process_start(this_cpu()->id, USER_HELLO, 0);
	struct space *s = p->space;

	expect((s->root[ROOT_SLOT_USER] & PTE_ADDR) == (s->user_root[ROOT_SLOT_USER] & PTE_ADDR),
	       "both root tables name the same user tables");
	expect(s->root[ROOT_SLOT_KERNEL] & PTE_P && !(s->user_root[ROOT_SLOT_KERNEL] & PTE_P),
	       "only the kernel's has the kernel");
	expect_refused(
		port_entry_set(&s->root[ROOT_SLOT_USER], s->root[ROOT_SLOT_USER] | PTE_LARGE),
		"a large page in a root table");
	process_wait(p);
}

/* Numbers of system calls and of hypercalls do not mix: SYSCALL in user mode is ours alone. */
static void no_hypercalls_from_user(void)
{
	expect_code(process_run(USER_CALL, HC_sched_op), -38,
		    "a user program tries hypercall %d (sched_op)", HC_sched_op);
}

void chapter_user(void)
{
	two_roots();
	user_common();
	no_hypercalls_from_user();
}
