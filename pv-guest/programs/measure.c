/* SPDX-License-Identifier: GPL-2.0-only */
#include "kernel/cpu.h"
#include "kernel/pages.h"
#include "kernel/print.h"
#include "kernel/process.h"
#include "kernel/space.h"
#include "kernel/thread.h"
#include "kernel/trap.h"
#include "programs/measure.h"

/* Exactly 2 * n instructions. */
static void count_down(u64 n)
{
	__asm__ volatile("1: dec %0\n\tjnz 1b" : "+r"(n) : : "cc");
}

static bool one_ns_each(u64 n)
{
	u64 t = port_time_ns();

	count_down(n / 2);
	t = port_time_ns() - t;
	return t > n - n / 64 && t < n + n / 64;
}

/**
 * measure_unit - what the clock counts
 * An emulator can be told to advance its clock by a nanosecond for each instruction (QEMU:
 * -icount shift=0).  Then a known number of instructions takes just as long, again and again.
 *
 * Return: "ins" then, "ns" otherwise.
 */
const char *measure_unit(void)
{
	static const char *unit;

	if (!unit)
		unit = one_ns_each(1000000) && one_ns_each(300000) && one_ns_each(2000000) ? "ins"
											   : "ns";
	return unit;
}

/* The best of three runs of a user job that counts its own time. */
static u64 best_of(enum user_job job, u64 n)
{
	u64 best = ~0UL;
	int i;

	for (i = 0; i < 3; i++)
		best = MIN(best, (u64)process_run(job, n));
	return best * 1000 / n;
}

u64 measure_syscall(void)
{
	return best_of(USER_NULL, 2000);
}

/* A page of zeros put under a user program that touched it. */
u64 measure_user_fault(void)
{
	return best_of(USER_TOUCH, 400);
}

/* A new address space, a program that ends at once, and all of it freed. */
u64 measure_process(void)
{
	return MEASURE(20, process_run(USER_EXIT, 0));
}

/* Two user programs that yield to each other; what one switch costs, its system call included. */
u64 measure_user_switch(void)
{
	unsigned int cpu = this_cpu()->id;
	const u64 n = 500;
	struct process *a = process_start(cpu, USER_YIELD, n);
	struct process *b = process_start(cpu, USER_YIELD, n);
	u64 ta = process_wait(a), tb = process_wait(b);

	return MIN(ta, tb) * 1000 / n / 2;
}

static bool partner_ends;

static void partner(void *arg)
{
	(void)arg;
	while (!READ_ONCE(partner_ends))
		thread_yield();
}

/* Two threads of the kernel that yield to each other; one switch. */
u64 measure_thread_switch(void)
{
	struct sem done = { 0 };
	u64 cost;

	partner_ends = false;
	thread_start("partner", this_cpu()->id, partner, NULL, &done);
	cost = MEASURE(1000, thread_yield()) / 2;
	WRITE_ONCE(partner_ends, true);
	sem_down(&done);
	return cost;
}

static void breakpoint(void *arg)
{
	(void)arg;
	__asm__ volatile("int3");
}

/* A trap in the kernel, seen by the kernel, and back. */
u64 measure_kernel_trap(void)
{
	struct trap_report r;

	return MEASURE(1000, trap_try(&r, breakpoint, NULL));
}

/* Let a window show a page, look, and close it. */
u64 measure_map(void)
{
	static volatile u8 *window;
	void *page = page_alloc_zeroed();
	pte_t pte = pte_make(va_to_pfn(page), PTE_P | PTE_A);
	u64 cost;

	if (!window)
		window = window_reserve(1);
	cost = MEASURE(500, CHECK(!window_set((void *)window, pte)); (void)*window;
		       CHECK(!window_set((void *)window, 0)));
	page_free(page);
	return cost;
}

static u64 nothing(void *arg)
{
	(void)arg;
	return 0;
}

/* Another CPU calls a function for us. */
u64 measure_call(unsigned int cpu)
{
	return MEASURE(200, cpu_call(cpu, nothing, NULL));
}
