/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * step - single steps and breakpoints
 *
 * Right: TF raises #DB after the next instruction with DR6.BS; an execution breakpoint raises it
 * before, with DR6.B0; a write watchpoint after the write, with DR6.B1.  DR6 is the guest's own
 * and sticky.  In user mode as in the kernel.  ABI: TRAP_debug; SDM volume 3, 17.3.
 */
#include "guest.h"

static u64 target;
extern char step_here[];

/* The handler sees the frame; the trap's own RFLAGS.TF must be cleared or stepping goes on. */
static struct regs seen[8];
static u64 dr6[8];
static unsigned int count;

static bool on_debug(struct regs *regs)
{
	if (count < ARRAY_SIZE(seen)) {
		seen[count] = *regs;
		dr6[count] = HC(get_debugreg, .reg = 6);
	}
	count++;
	HC(set_debugreg, .reg = 6, .value = 0xffff0ff0);
	regs->rflags &= ~0x100UL;
	if (dr6[count - 1] & 1) /* at the instruction: over it once */
		regs->rflags |= 0x10000;
	return true;
}

static void single_step(void)
{
	u64 at;

	count = 0;
	__asm__ volatile("pushfq\n\t"
			 "orq $0x100, (%%rsp)\n\t"
			 "popfq\n\t"
			 "nop\n"
			 "1:\tnop\n\t"
			 "leaq 1b(%%rip), %0"
			 : "=r"(at)
			 :
			 : "memory", "cc");
	check_eq(count, 1, "one step");
	check_eq(seen[0].rip, at, "RIP is behind the instruction");
	check_eq(dr6[0] & 0x4000, 0x4000, "DR6.BS is set in 0x%lx", dr6[0]);
}

/* The hypervisor's own instructions are none of the guest's. */
static void over_hypercall(void)
{
	register u64 r11 __asm__("r11");
	u64 at, rax = HC_xen_version, rcx, rdi = XENVER_version, rsi = 0;

	count = 0;
	__asm__ volatile("pushfq\n\t"
			 "orq $0x100, (%%rsp)\n\t"
			 "popfq\n\t"
			 "syscall\n"
			 "1:\tnop\n\t"
			 "leaq 1b(%%rip), %[at]"
			 : "+a"(rax), "=&c"(rcx), "+D"(rdi), "+S"(rsi), "=&r"(r11), [at] "=&r"(at)
			 :
			 : "memory", "cc");
	check_eq(count, 1, "a step over a hypercall");
	check_eq(seen[0].rip, at, "RIP is behind it");
	check_eq(rax >> 16, 4, "it was made");
}

static void breakpoint(void)
{
	count = 0;
	HC(set_debugreg, .reg = 0, .value = (u64)step_here);
	HC(set_debugreg, .reg = 7, .value = 0x401);
	__asm__ volatile("nop\n.globl step_here\nstep_here:\tnop\n\tnop" ::: "memory");
	HC(set_debugreg, .reg = 7, .value = 0);
	check_eq(count, 1, "one breakpoint");
	check_eq(seen[0].rip, (u64)step_here, "RIP is at the instruction");
	check_eq(dr6[0] & 0x400f, 1, "DR6.B0 is set in 0x%lx", dr6[0]);
}

static void watchpoint(void)
{
	u64 at;

	count = 0;
	HC(set_debugreg, .reg = 1, .value = (u64)&target);
	HC(set_debugreg, .reg = 7,
	   .value = 0x400 | 4 | (9UL << 20)); /* 8 is 8 bytes: LEN 10, RW 01 */
	__asm__ volatile("movq $5, %[t]\n1:\tleaq 1b(%%rip), %[at]"
			 : [t] "=m"(target), [at] "=r"(at));
	HC(set_debugreg, .reg = 7, .value = 0);
	check_eq(count, 1, "one watchpoint");
	check_eq(seen[0].rip, at, "RIP is behind the write");
	check_eq(dr6[0] & 0x400f, 2, "DR6.B1 is set in 0x%lx", dr6[0]);
	check_eq(target, 5, "the write happened");
}

USER_TEXT static void user_steps(void)
{
	__asm__ volatile("nop; nop; int $0x80");
}

static void user(void)
{
	struct regs r;

	trap_hooks[X_DB] = NULL;
	user_init();
	user_regs(&r, user_steps);
	r.rflags |= 0x100;
	check_eq(user_run(&r), X_DB, "user mode: a step");
	check_eq(r.rip, user_address(user_steps) + 1, "one instruction on");
	check_eq(user_run(&r), X_DB, "and another");
	check_eq(r.rip, user_address(user_steps) + 2, "one instruction on");
	check_eq(r.rflags & 0x100, 0x100, "TF is in the frame");
}

void test_main(void)
{
	trap_hooks[X_DB] = on_debug;
	single_step();
	over_hypercall();
	breakpoint();
	watchpoint();
	user();
}
