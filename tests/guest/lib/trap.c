/* SPDX-License-Identifier: GPL-2.0-only */
/* The trap table, and what becomes of a trap: caught by TRY(), taken by a hook, or the end. */
#include "guest.h"

union stack stacks[MAX_CPUS] __attribute__((aligned(STACK_SIZE)));
trap_fn trap_hooks[0x110];
u64 failsafe_words[4]; /* filled by entry_failsafe */

void trap(struct regs *regs);
void user_leave(u64 sp) __attribute__((noreturn));

#define ENTRIES(E)                                                                                 \
	E(0)                                                                                       \
	E(1) E(2) E(3) E(4) E(5) E(6) E(7) E(8) E(10) E(11) E(12) E(13) E(14) E(16) E(17) E(18)    \
		E(19) E(32) E(33) E(128)
#define DECLARE(n) extern char entry_##n[];
ENTRIES(DECLARE)

/*
 * Breakpoint, overflow and int 0x20, 0x80 may be asked for by user mode; flags bits 0-1 are the
 * DPL.
 */
#define DPL(n) ((n) == X_BP || (n) == X_OF || (n) == 0x20 || (n) == 0x80 ? 3 : 0)

void trap_fill(trap_info_t *table)
{
#define ROW(n) *table++ = (trap_info_t){ n, DPL(n), FLAT_KERNEL_CS, (u64)entry_##n };
	ENTRIES(ROW)
	*table = (trap_info_t){ 0 };
}

void trap_init(void)
{
	static trap_info_t table[32];

	trap_fill(table);
	if (HC(set_trap_table, .traps = table))
		bail_out("set_trap_table");
}

const char *vector_name(u64 vector)
{
	static const char *const names[] = {
		"#DE", "#DB", "NMI", "#BP", "#OF", "#BR", "#UD", "#NM", "#DF", "9",
		"#TS", "#NP", "#SS", "#GP", "#PF", "15",  "#MF", "#AC", "#MC", "#XM",
	};

	if (vector < ARRAY_SIZE(names))
		return names[vector];
	return vector == NO_FAULT ? "no fault" : "a callback or software interrupt";
}

static void unexpected(const struct regs *r)
{
	print("# unexpected trap %s, vector 0x%lx error 0x%lx at 0x%lx cs 0x%x rsp 0x%lx\n",
	      vector_name(r->vector), r->vector, r->error, r->rip, r->cs, r->rsp);
	print("# cr2 0x%lx rax 0x%lx rcx 0x%lx rdi 0x%lx rsi 0x%lx\n",
	      shared_info ? this_vcpu_info()->arch.cr2 : 0, r->rax, r->rcx, r->rdi, r->rsi);
	check(false, "no unexpected trap");
	plan_end();
	guest_exit(SHUTDOWN_poweroff);
}

static void keep(struct cpu *c, struct regs *to, const struct regs *regs)
{
	*to = *regs;
	if (shared_info) {
		c->cr2 = this_vcpu_info()->arch.cr2;
		c->mask_inside = this_vcpu_info()->evtchn_upcall_mask;
	}
	for (int i = 0; i < 4; i++)
		c->failsafe_sel[i] = failsafe_words[i];
}

void trap(struct regs *regs)
{
	struct cpu *c = this_cpu();
	u64 sp = c->user_sp;

	if (regs->vector < ARRAY_SIZE(trap_hooks) && trap_hooks[regs->vector] &&
	    trap_hooks[regs->vector](regs))
		return;
	if ((regs->cs & 3) == 3 && sp) {
		keep(c, &c->user, regs);
		c->user_sp = 0;
		user_leave(sp);
	}
	if (!c->resume)
		unexpected(regs);
	keep(c, &c->caught, regs);
	regs->rip = c->resume;
	c->resume = 0;
}

long callback(u16 type, u16 flags, const void *entry)
{
	callback_register_t cb = { .type = type, .flags = flags, .address = (u64)entry };

	return HC(callback_op, .cmd = CALLBACKOP_register, .arg = &cb);
}
