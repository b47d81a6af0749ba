/* SPDX-License-Identifier: GPL-2.0-only */
/* User mode: a root table of its own with three pages, and the way there and back. */
#include "guest.h"

u64 user_root;
u64 *user_data;
u64 *user_l1;

extern char user_start[], user_end[];
void user_enter(const struct regs *regs, u64 *sp);

/* user mode enters the kernel on a part of the kernel stack that user_run() does not use */
#define KERNEL_SP ((u64)&stacks[0] + STACK_SIZE / 2)

void user_init(void)
{
	u64 *table[5], below = 0;
	void *code = page_alloc(), *stack = page_alloc();

	if (user_end - user_start > (long)PAGE_SIZE)
		bail_out("too much user code");
	memcpy(code, user_start, user_end - user_start);
	user_data = page_alloc();
	for (int level = 1; level <= 4; level++) {
		table[level] = page_alloc();
		if (level == 1) {
			table[1][0] = PTE(mfn_of(code), PTE_RO);
			table[1][1] = PTE(mfn_of(stack), PTE_DATA);
			table[1][2] = PTE(mfn_of(user_data), PTE_DATA);
		} else {
			table[level][table_index(USER_VA, level)] = below;
		}
		below = PTE(mfn_of(table[level]), PTE_TABLE);
		set_readonly(table[level]);
	}
	user_l1 = table[1];
	user_root = mfn_of(table[4]);
	if (pin(4, user_root) || mmuext(MMUEXT_NEW_USER_BASEPTR, user_root))
		bail_out("the user root table was refused");
	if (HC(stack_switch, .ss = FLAT_KERNEL_SS, .sp = KERNEL_SP))
		bail_out("stack_switch");
	if (callback(CALLBACKTYPE_syscall, 0, entry_syscall))
		bail_out("the syscall callback cannot be registered");
}

u64 user_address(const void *in_image)
{
	return USER_CODE + ((u64)in_image - (u64)user_start);
}

void user_regs(struct regs *regs, const void *code)
{
	memset(regs, 0, sizeof(*regs));
	regs->rip = user_address(code);
	regs->cs = USER_CS;
	regs->rflags = 0x202;
	regs->rsp = USER_STACK - 16;
	regs->ss = USER_SS;
}

u64 user_run(struct regs *regs)
{
	struct cpu *c = this_cpu();
	u8 mask = LIVE(this_vcpu_info()->evtchn_upcall_mask);

	user_enter(regs, &c->user_sp);
	LIVE(this_vcpu_info()->evtchn_upcall_mask) = mask; /* user mode runs with events on */
	*regs = c->user;
	return regs->vector;
}
