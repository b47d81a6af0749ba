/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All CPUs busy with everything at once, for seconds=N (default 5): user programs come and go, pages
 * are mapped and unmapped under other CPUs' eyes, threads sleep.  Every result is checked.
 */
#include "kernel/cmdline.h"
#include "kernel/cpu.h"
#include "kernel/pages.h"
#include "kernel/print.h"
#include "kernel/process.h"
#include "kernel/space.h"
#include "kernel/string.h"
#include "kernel/timer.h"
#include "programs/programs.h"

#define WINDOWS 4

static volatile u64 *windows[MAX_CPUS][WINDOWS];
static unsigned long rounds, wrong;
static u64 end;

static void check(bool ok, const char *what)
{
	__atomic_fetch_add(&rounds, 1, __ATOMIC_RELAXED);
	if (ok)
		return;
	__atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED);
	printk("stress: FAILED %s on CPU %u\n", what, this_cpu()->id);
}

static void programs_come_and_go(void *arg)
{
	u64 i;

	(void)arg;
	for (i = 0; port_time_ns() < end; i++) {
		check(process_run(USER_EXIT, i) == (long)i, "a program's result");
		check(process_run(USER_TOUCH, 1 + i % 40) > 0, "a program that touches pages");
		check(process_run(USER_HLT, 0) == PROCESS_KILLED(TRAP_GP), "a program's end");
	}
}

/* Change what a window shows, and ask another CPU what it sees. */
static u64 peek(void *arg)
{
	return *(volatile u64 *)arg;
}

static void pages_change(void *arg)
{
	unsigned int id = this_cpu()->id, other = (id + 1) % cpu_count;
	u64 i, *pages[2] = { page_alloc_zeroed(), page_alloc_zeroed() };

	(void)arg;
	*pages[0] = 100 + id;
	*pages[1] = 200 + id;
	for (i = 0; port_time_ns() < end; i++) {
		void *window = (void *)windows[id][i % WINDOWS];
		u64 *page = pages[i / WINDOWS % 2];

		CHECK(!window_set(window, pte_make(va_to_pfn(page), PTE_P | PTE_A)));
		check(peek(window) == *page, "a window");
		if (other != id)
			check(cpu_call(other, peek, window) == *page,
			      "a window seen by another CPU");
	}
	for (i = 0; i < WINDOWS; i++)
		CHECK(!window_set((void *)windows[id][i], 0));
	page_free(pages[0]);
	page_free(pages[1]);
}

static void sleeps(void *arg)
{
	u64 i, t;

	(void)arg;
	for (i = 0; port_time_ns() < end; i++) {
		t = port_time_ns();
		thread_sleep(i % 10 * 100000);
		check(port_time_ns() - t >= i % 10 * 100000, "a sleep");
	}
}

/**
 * stress_run - returns when all is over; says "stress: ... all right" or "stress: FAILED"
 */
void stress_run(void)
{
	static void (*const jobs[])(void *) = { programs_come_and_go, pages_change, sleeps };
	unsigned long before;
	struct sem done = { 0 };
	unsigned int c, i;

	rounds = wrong = 0;
	for (c = 0; c < cpu_count; c++)
		for (i = 0; i < WINDOWS; i++)
			if (!windows[c][i])
				windows[c][i] = window_reserve(1);
	before = pages_free_count();
	end = port_time_ns() + cmdline_number("seconds", 5) * SEC;
	for (c = 0; c < cpu_count; c++)
		for (i = 0; i < ARRAY_SIZE(jobs); i++)
			thread_start("stress", c, jobs[i], NULL, &done);
	for (i = 0; i < cpu_count * ARRAY_SIZE(jobs); i++)
		sem_down(&done);
	printk("stress: %lu pages free before, %lu after\n", before, pages_free_count());
	if (wrong)
		printk("stress: FAILED %lu of %lu checks\n", wrong, rounds);
	else
		printk("stress: %lu checks, all right\n", rounds);
}
