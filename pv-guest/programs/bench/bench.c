/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The same operations measured on both ports: what being a guest costs.
 */
#include "kernel/cpu.h"
#include "kernel/print.h"
#include "kernel/thread.h"
#include "kernel/timer.h"
#include "programs/bench/bench.h"
#include "programs/measure.h"
#include "programs/programs.h"

void bench_line(const char *name, u64 thousandths)
{
	printk("bench %s %s=%lu.%lu port=%s cpus=%u\n", name, measure_unit(), thousandths / 1000,
	       thousandths % 1000 / 100, port_name, cpu_count);
}

static void loop_1000(void)
{
	u64 n = 1000;

	__asm__ volatile("1: dec %0\n\tjnz 1b" : "+r"(n) : : "cc");
}

static void nothing(void *arg)
{
	(void)arg;
}

/* The machine's part alone; then a timer that is due at once puts things right. */
static u64 measure_timer_set(void)
{
	static struct timer t = { .fn = nothing };
	u64 cost = MEASURE(500, port_timer_set(port_time_ns() + SEC));

	timer_set(&t, port_time_ns());
	return cost;
}

static u64 measure_thread(void)
{
	struct sem done = { 0 };

	return MEASURE(100, thread_start("short", this_cpu()->id, nothing, NULL, &done);
		       sem_down(&done));
}

/**
 * bench_run - measure, print, return
 */
void bench_run(void)
{
	bench_line("loop_1000", MEASURE(1000, loop_1000()));
	bench_line("clock_read", MEASURE(1000, port_time_ns()));
	bench_line("irq_off_on", MEASURE(1000, irq_disable(); irq_enable()));
	bench_line("kernel_trap", measure_kernel_trap());
	bench_line("null_syscall", measure_syscall());
	bench_line("user_page_fault", measure_user_fault());
	bench_line("map_unmap", measure_map());
	bench_line("thread_switch", measure_thread_switch());
	bench_line("user_switch", measure_user_switch());
	bench_line("thread_start_end", measure_thread());
	bench_line("process_start_end", measure_process());
	bench_line("timer_set", measure_timer_set());
	bench_line("sleep_100us", MEASURE(20, thread_sleep(100000)));
	if (cpu_count > 1)
		bench_line("remote_call", measure_call(1));
	bench_port();
}
