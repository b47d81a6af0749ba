/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * nested - traps and events inside handlers
 *
 * Right: a handler may trap, return by iret, and be interrupted by an event when it lets events
 * on; each level gets its own frame on the kernel stack, and the outermost context is as it was.
 * The stack of stack_switch is for entries from user mode only.  ABI: iret_context in xen-x86_64.h.
 */
#include "guest.h"

static unsigned int depth, deepest;
static u64 sp_seen[8];
static u32 ipi;

static bool on_break(struct regs *regs)
{
	u64 rbx = regs->rbx;

	depth++;
	deepest = depth > deepest ? depth : deepest;
	sp_seen[depth & 7] = (u64)regs;
	if (depth < 5)
		__asm__ volatile("int3" : "+b"(rbx));
	if (depth == 3) {
		events_enable();
		send(ipi);
		events_disable();
	}
	depth--;
	regs->rbx = rbx + 1;
	return true;
}

USER_TEXT static void user_break(void)
{
	__asm__ volatile("int3; int $0x80");
}

void test_main(void)
{
	u64 rbx = 100, r12 = 12;
	struct regs r;

	event_init();
	ipi = bind_ipi(0);
	event_port_on(ipi);
	trap_hooks[X_BP] = on_break;
	__asm__ volatile("int3" : "+b"(rbx), "+r"(r12) : : "memory", "cc");
	check_eq(deepest, 5, "five levels");
	check_eq(rbx, 105, "each returned");
	check_eq(r12, 12, "other registers are as they were");
	check_eq(event_count[ipi], 1, "an event inside came");
	for (int i = 2; i <= 5; i++)
		check(sp_seen[i] < sp_seen[i - 1], "frame %d is below frame %d", i, i - 1);
	user_init();
	user_regs(&r, user_break);
	deepest = 0;
	check_eq(user_run(&r), 0x80, "from user mode, the same");
	check_eq(deepest, 5, "five levels");
	check_eq(r.rbx, 5, "each returned");
	check(sp_seen[1] < (u64)&stacks[0] + STACK_SIZE / 2 && sp_seen[1] > (u64)&stacks[0],
	      "on the stack of stack_switch");
	for (u64 s = 1; s < 16; s++) {
		HC(stack_switch, .ss = FLAT_KERNEL_SS, .sp = (u64)&stacks[0] + STACK_SIZE / 2 - s);
		user_regs(&r, user_break);
		user_run(&r);
		if (sp_seen[1] & 7)
			break;
	}
	check_eq(sp_seen[1] & 7, 0, "a stack that is not aligned is used aligned");
}
