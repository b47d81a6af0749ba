/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bringing CPUs up, and asking one to do something.
 */
#include "kernel/cpu.h"
#include "kernel/layout.h"
#include "kernel/main.h"
#include "kernel/pages.h"
#include "kernel/print.h"
#include "kernel/space.h"
#include "kernel/thread.h"
#include "port/port.h"

struct cpu boot_cpu __attribute__((section(".bss.pages")));
struct cpu *cpus[MAX_CPUS];
unsigned int cpu_count = 1;

static struct spinlock call_lock;

_Static_assert(sizeof(struct cpu) == PAGE_SIZE, "cpu_start() takes one page");

/**
 * cpu_init - the fields that must be right before anything runs on it
 */
void cpu_init(struct cpu *cpu, unsigned int id)
{
	cpu->self = cpu;
	cpu->id = id;
	cpus[id] = cpu;
}

/**
 * kernel_cpu_main - what a further CPU does first and for ever
 */
void kernel_cpu_main(void)
{
	struct cpu *cpu = this_cpu();

	port_traps_init(cpu);
	port_irq_init(cpu);
	__atomic_store_n(&cpu->online, 1, __ATOMIC_RELEASE);
	threads_idle();
}

static bool cpu_start(unsigned int id)
{
	struct cpu *cpu = page_alloc_zeroed();
	char *stack = pages_alloc(2);
	u64 end = port_time_ns() + 2000000000UL;

	CHECK(stack);
	cpu_init(cpu, id);
	cpu->space = &kernel_space;
	threads_init(cpu);
	if (port_cpu_start(cpu, (u64)stack + STACK_SIZE))
		return false;
	while (!__atomic_load_n(&cpu->online, __ATOMIC_ACQUIRE))
		if (port_time_ns() > end)
			return false;
	return true;
}

/**
 * cpus_start - bring up the other CPUs, at most max in all
 */
void cpus_start(unsigned int max)
{
	unsigned int n = port_cpu_count(MIN(max, MAX_CPUS)), id;

	for (id = 1; id < n; id++) {
		if (!cpu_start(id)) {
			printk("pv-guest: CPU %u does not start\n", id);
			break;
		}
		cpu_count++;
	}
}

/**
 * cpu_interrupt - another CPU wants something of this one, be it only a look at the run queue
 */
void cpu_interrupt(void)
{
	struct cpu *cpu = this_cpu();
	u64 (*fn)(void *arg) = __atomic_load_n(&cpu->call, __ATOMIC_ACQUIRE);

	cpu->resched = true;
	if (fn) {
		cpu->call_result = fn(cpu->call_arg);
		__atomic_store_n(&cpu->call, NULL, __ATOMIC_RELEASE);
	}
}

/**
 * cpu_call - have another CPU call fn(arg), interrupts off, and wait for its result
 * Interrupts must be on here: two CPUs may call each other.
 */
u64 cpu_call(unsigned int id, u64 (*fn)(void *arg), void *arg)
{
	struct cpu *cpu = cpus[id];
	u64 result;

	while (__atomic_exchange_n(&call_lock.held, 1, __ATOMIC_ACQUIRE)) {
		port_relax();
		thread_yield(); /* who has it may be a thread of this CPU, preempted */
	}
	cpu->call_arg = arg;
	__atomic_store_n(&cpu->call, fn, __ATOMIC_RELEASE);
	port_ipi(cpu);
	while (__atomic_load_n(&cpu->call, __ATOMIC_ACQUIRE))
		port_relax();
	result = cpu->call_result;
	__atomic_store_n(&call_lock.held, 0, __ATOMIC_RELEASE);
	return result;
}
