/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Several CPUs: each answers a call, each runs threads, and what one unmaps none goes on seeing.
 */
#include "kernel/cpu.h"
#include "kernel/pages.h"
#include "kernel/print.h"
#include "kernel/space.h"
#include "kernel/string.h"
#include "kernel/thread.h"
#include "kernel/trap.h"
#include "programs/measure.h"
#include "programs/tour/tour.h"

static u64 who(void *arg)
{
	(void)arg;
	return this_cpu()->id;
}

static void add_one(void *arg)
{
	int i;

	for (i = 0; i < 1000; i++) {
		__atomic_fetch_add((unsigned long *)arg, 1, __ATOMIC_RELAXED);
		if (i % 100 == 0)
			thread_yield();
	}
}

static void threads_everywhere(void)
{
	struct sem done = { 0 };
	unsigned long sum = 0;
	unsigned int c;

	for (c = 0; c < cpu_count; c++)
		thread_start("adder", c, add_one, &sum, &done);
	for (c = 0; c < cpu_count; c++)
		sem_down(&done);
	expect(sum == 1000UL * cpu_count, "a thread on each, 1000 steps each: %lu together", sum);
}

static u64 read_long(void *arg)
{
	return *(volatile u64 *)arg;
}

/* The other CPU has the old translation at hand: it must forget it. */
static void stale_translations(void)
{
	u64 *a = page_alloc_zeroed(), *b = page_alloc_zeroed(), seen[2];
	void *window = window_reserve(1);

	*a = 1;
	*b = 2;
	CHECK(!window_set(window, pte_make(va_to_pfn(a), PTE_P | PTE_A)));
	seen[0] = cpu_call(1, read_long, window);
	CHECK(!window_set(window, pte_make(va_to_pfn(b), PTE_P | PTE_A)));
	seen[1] = cpu_call(1, read_long, window);
	CHECK(!window_set(window, 0));
	expect(seen[0] == 1 && seen[1] == 2,
	       "CPU 1 sees a page, then another one put in its place");
	page_free(a);
	page_free(b);
}

void cpus_common(void)
{
	unsigned int c;

	say("running: %u", cpu_count);
	for (c = 1; c < cpu_count; c++)
		expect(cpu_call(c, who, NULL) == c, "CPU %u answers a call", c);
	threads_everywhere();
	if (cpu_count < 2)
		return;
	stale_translations();
	cost(measure_call(1), "have CPU 1 call a function, and wait");
}
