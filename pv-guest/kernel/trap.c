/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What to do about a trap, whichever port built the frame.
 */
#include "kernel/cpu.h"
#include "kernel/print.h"
#include "kernel/process.h"
#include "kernel/thread.h"
#include "kernel/trap.h"
#include "port/port.h"

bool trap_call(void (*fn)(void *arg), void *arg, u64 *sp);
extern const char trap_escape[];

/**
 * trap_try - call fn(arg) and survive a trap in it
 * @r: what happened
 *
 * Return: whether it trapped.  What fn had locked stays locked; interrupts are as before.
 */
bool trap_try(struct trap_report *r, void (*fn)(void *arg), void *arg)
{
	struct thread *t = thread_current();
	bool irqs = irq_enabled(), trapped;

	*r = (struct trap_report){ .vector = -1 };
	t->catch_report = r;
	trapped = trap_call(fn, arg, &t->catch_sp);
	t->catch_sp = 0;
	if (irqs)
		irq_enable();
	return trapped;
}

static void dump(const struct trap_frame *f, u64 address)
{
	printk("trap %lu error %#lx at %lx, address %lx, %s mode, thread %s\n", f->vector, f->error,
	       f->rip, address, trap_from_user(f) ? "user" : "kernel", thread_current()->name);
	printk("rax %016lx rbx %016lx rcx %016lx rdx %016lx\n", f->rax, f->rbx, f->rcx, f->rdx);
	printk("rsi %016lx rdi %016lx rbp %016lx rsp %016lx\n", f->rsi, f->rdi, f->rbp, f->rsp);
	printk("r8  %016lx r9  %016lx r10 %016lx r11 %016lx\n", f->r8, f->r9, f->r10, f->r11);
	printk("r12 %016lx r13 %016lx r14 %016lx r15 %016lx\n", f->r12, f->r13, f->r14, f->r15);
	printk("cs %lx ss %lx rflags %lx\n", f->cs, f->ss, f->rflags);
}

static void exception(struct trap_frame *f)
{
	struct thread *t = thread_current();
	u64 address = f->vector == TRAP_PF ? port_fault_address() : 0;

	if (f->vector == TRAP_PF && t->process && process_fault(t->process, address, f->error))
		return;
	if (trap_from_user(f))
		process_kill(t->process, f->vector);
	if (!t->catch_sp) {
		dump(f, address);
		panic("unexpected trap %lu in the kernel", f->vector);
	}
	*t->catch_report = (struct trap_report){ f->vector, f->error, f->rip, address };
	f->rip = (u64)trap_escape;
	f->rsp = t->catch_sp;
	t->catch_sp = 0;
}

/**
 * kernel_trap - every trap, interrupt and system call; called by entry.S
 *
 * Interrupts are off here, come on in system calls, and are off again on return.
 */
void kernel_trap(struct trap_frame *f)
{
	if (f->vector == VEC_SYSCALL) {
		irq_enable();
		process_syscall(f);
		irq_disable();
	} else if (f->vector < VEC_IRQ) {
		exception(f);
		return;
	} else {
		this_cpu()->interrupts++;
		port_irq(f->vector);
	}
	thread_preempt();
}
