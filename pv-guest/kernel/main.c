/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From the port's start to the programs asked for, and the end.
 */
#include "kernel/cmdline.h"
#include "kernel/cpu.h"
#include "kernel/main.h"
#include "kernel/memdisk.h"
#include "kernel/pages.h"
#include "kernel/print.h"
#include "kernel/space.h"
#include "kernel/string.h"
#include "kernel/thread.h"
#include "port/port.h"
#include "programs/programs.h"

static const struct program *program_find(const char *name, size_t len)
{
	const struct program *p;

	for (p = programs; p->name; p++)
		if (strlen(p->name) == len && !strncmp(p->name, name, len))
			return p;
	return NULL;
}

static void program_run(const char *name, size_t len)
{
	const struct program *p = program_find(name, len);

	if (p) {
		p->run();
		return;
	}
	printk("pv-guest: no such program; there are:\n");
	for (p = programs; p->name; p++)
		printk("  %-10s %s\n", p->name, p->about);
}

/* program=a,b,c: one after the other. */
static void first_thread(void *arg)
{
	char list[80];
	const char *p = list;

	(void)arg;
	cpus_start(cmdline_number("vcpus", MAX_CPUS));
	printk("pv-guest: port %s, %u CPUs, %lu of %lu KiB free\n", port_name, cpu_count,
	       pages_free_count() * 4, pages_total() * 4);
	memdisks_start();
	if (!cmdline_get("program", list, sizeof(list)))
		format(list, sizeof(list), "tour");
	while (*p) {
		size_t len = 0;

		while (p[len] && p[len] != ',')
			len++;
		program_run(p, len);
		p += len + (p[len] == ',');
	}
	printk("pv-guest: done\n");
	port_power_off();
}

/**
 * kernel_main - the port has printed nothing yet, but can; interrupts are off, GS is set
 */
void kernel_main(void)
{
	struct cpu *cpu = this_cpu();

	port_memory_init();
	threads_init(cpu);
	port_traps_init(cpu);
	spaces_init();
	port_irq_init(cpu);
	port_time_init();
	thread_start("first", 0, first_thread, NULL, NULL);
	threads_idle();
}
