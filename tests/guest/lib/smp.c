/* SPDX-License-Identifier: GPL-2.0-only */
/* More virtual CPUs: each has its own stack and the root table of the first. */
#include "guest.h"

unsigned int vcpu_count(void)
{
	unsigned int n = 0;

	while (n < MAX_CPUS && HC(vcpu_op, .cmd = VCPUOP_is_up, .vcpuid = n) >= 0)
		n++;
	return n;
}

static void vcpu_main(void)
{
	this_cpu()->start();
	vcpu_halt();
}

void vcpu_context(vcpu_guest_context_t *ctx, u32 id, void (*start)(void))
{
	struct cpu *c = &stacks[id].cpu;
	u64 top = (u64)&stacks[id + 1];
	trap_info_t table[32];

	memset(ctx, 0, sizeof(*ctx));
	c->id = id;
	c->start = start;
	c->kernel_root = stacks[0].cpu.kernel_root;
	ctx->flags = VGCF_in_kernel;
	ctx->user_regs.rip = (u64)vcpu_main;
	ctx->user_regs.rsp = top - 8; /* as if called */
	ctx->user_regs.cs = FLAT_KERNEL_CS;
	ctx->user_regs.ss = FLAT_KERNEL_SS;
	ctx->user_regs.rflags = 0x202;
	ctx->kernel_ss = FLAT_KERNEL_SS;
	ctx->kernel_sp = top;
	ctx->ctrlreg[0] = 0x80050033;
	ctx->ctrlreg[3] = xen_pfn_to_cr3(c->kernel_root);
	trap_fill(table);
	for (const trap_info_t *t = table; t->address; t++)
		ctx->trap_ctxt[t->vector] = *t; /* this table is indexed by vector */
	ctx->event_callback_eip = (u64)entry_event;
	ctx->failsafe_callback_eip = (u64)entry_failsafe;
	ctx->syscall_callback_eip = (u64)entry_syscall;
}

long vcpu_start(u32 id, void (*start)(void))
{
	static vcpu_guest_context_t ctx;
	long rc;

	vcpu_context(&ctx, id, start);
	rc = HC(vcpu_op, .cmd = VCPUOP_initialise, .vcpuid = id, .arg = &ctx);
	return rc ? rc : HC(vcpu_op, .cmd = VCPUOP_up, .vcpuid = id);
}

void vcpu_halt(void)
{
	for (;;)
		HC(vcpu_op, .cmd = VCPUOP_down, .vcpuid = this_cpu()->id);
}
