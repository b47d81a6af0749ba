/* SPDX-License-Identifier: GPL-2.0-only */
#include "kernel/print.h"
#include "kernel/process.h"
#include "programs/programs.h"

/**
 * hello_run - the shortest program: is everything there?
 */
void hello_run(void)
{
	printk("hello from the kernel\n");
	printk("hello: user program says %ld\n", process_run(USER_HELLO, 0));
}

const struct program programs[] = {
	{ "hello", "a line from the kernel and one from user mode", hello_run },
	{ "tour", "what the machine does for the kernel, chapter by chapter (default)", tour_run },
	{ "stress", "all CPUs busy with everything, seconds=N, every result checked", stress_run },
	{ "bench", "the cost of operations, the same ones on both ports", bench_run },
	{ 0 },
};
