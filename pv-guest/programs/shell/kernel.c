/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Commands that tell what the kernel is doing, and the end of it.
 */
#include "fs/fs.h"
#include "kernel/cpu.h"
#include "kernel/pages.h"
#include "kernel/print.h"
#include "kernel/string.h"
#include "kernel/thread.h"
#include "kernel/timer.h"
#include "port/port.h"
#include "programs/programs.h"
#include "programs/shell/shell.h"

#define LOOK (50 * MSEC) /* how often a wait looks for Ctrl-C */

int mem_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	printk("%lu KiB, %lu free\n", pages_total() * 4, pages_free_count() * 4);
	return 0;
}

static void ps_thread(const struct thread *t, void *arg)
{
	static const char *const states[] = { "ready", "waits", "ends" };

	(void)arg;
	printk("%3u  %-8s %8lu  %s\n", t->cpu->id, t->cpu->current == t ? "runs" : states[t->state],
	       t->turns, t->name);
}

int ps_main(int argc, char **argv)
{
	unsigned int i;

	(void)argc, (void)argv;
	printk("CPU  state       turns  thread\n");
	threads_each(ps_thread, NULL);
	for (i = 0; i < cpu_count; i++)
		printk("CPU %u: %lu interrupts, %lu of them its timer's\n", i, cpus[i]->interrupts,
		       cpus[i]->ticks);
	return 0;
}

int bench_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	bench_run();
	return 0;
}

int sleep_main(int argc, char **argv)
{
	u64 seconds, end;

	(void)argc;
	if (!shell_number(argv[1], &seconds)) {
		printk("sleep: %s is not a number\n", argv[1]);
		return 1;
	}
	for (end = port_time_ns() + seconds * SEC; port_time_ns() < end && !shell_stopped();)
		thread_sleep(LOOK);
	return 0;
}

int poweroff_main(int argc, char **argv)
{
	int rc = fs_sync();

	if (rc)
		shell_fail("poweroff", "what was written is not on the disk", rc);
	if (rc && (argc < 2 || strcmp(argv[1], "force"))) {
		printk("poweroff force does it all the same\n");
		return 1;
	}
	printk("pv-guest: done\n");
	port_power_off();
}
