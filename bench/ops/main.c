// SPDX-License-Identifier: GPL-2.0-only
/*
 * ops - what single operations of a kernel cost, seen from a program
 *
 * Usage: ops [-i] [-t MS] [-s SAMPLES] [-m REPEATS] [NAME...]
 *
 * Each operation is repeated so often that a sample takes MS milliseconds (with -i: million
 * instructions), a handful of samples is taken, and a line `op NAME MEDIAN MIN MAX` tells what one takes, in
 * nanoseconds.  With -i the time stamp counter is the clock: QEMU's -icount shift=0 lets it count
 * instructions.  With -m nothing is calibrated or printed: each NAME is done REPEATS times between two calls
 * of profile_mark(), which bench/profile waits for.
 *
 * On one CPU, whatever the machine has, but for the operations that need two.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ops.h"

enum { MAX_SAMPLES = 99, MAX_OPS = 99 };

static bool use_tsc;
static double sample_ticks = 20e6;
static int samples = 5;

static const struct op *const groups[] = { basic_ops, memory_ops, process_ops, switch_ops, xen_ops, grant_ops };

/* What was measured, for those that are told less of it. */
static struct {
	const char *name;
	double median;
} seen[MAX_OPS];
static int seen_count;

uint64_t now(void)
{
	struct timespec t;

	if (use_tsc)
		return __builtin_ia32_rdtsc();
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

void need(bool good, const char *what)
{
	if (!good) {
		perror(what);
		exit(2);
	}
}

void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	need(!sched_setaffinity(0, sizeof(set), &set), "sched_setaffinity");
}

void put_byte(int fd)
{
	need(write(fd, "x", 1) == 1, "write");
}

void get_byte(int fd)
{
	char c;

	need(read(fd, &c, 1) == 1, "read");
}

/* Where a profiler notes the counts so far: before the repeats and after them. */
static void __attribute__((noinline)) profile_mark(void)
{
	__asm__ volatile(".globl profile_mark_here\nprofile_mark_here: nop");
}

static double run_once(const struct op *op, long n, double *total)
{
	long done = n;

	*total = op->run(n, &done);
	return *total / (done ? done : 1);
}

/* So many repeats that a sample is long enough; the first run of all is warming up. */
static long calibrate(const struct op *op)
{
	double total;
	long n = 1;

	run_once(op, 1, &total);
	for (;;) {
		run_once(op, n, &total);
		if (total >= sample_ticks * 0.8 || n > 1l << 40)
			return n;
		if (total * 8 < sample_ticks)
			n *= total * 64 < sample_ticks ? 8 : 4;
		else
			n = n * sample_ticks / total + 1;
	}
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double less_of(const struct op *op)
{
	for (int i = 0; op->less && i < seen_count; i++)
		if (!strcmp(seen[i].name, op->less))
			return seen[i].median;
	return 0;
}

static void measure(const struct op *op)
{
	double value[MAX_SAMPLES], total, less = less_of(op);
	long n = calibrate(op);

	for (int i = 0; i < samples; i++)
		value[i] = run_once(op, n, &total);
	qsort(value, samples, sizeof(value[0]), by_value);
	printf("op %s %.1f %.1f %.1f\n", op->name, value[samples / 2] - less, value[0] - less,
	       value[samples - 1] - less);
	fflush(stdout);
	need(seen_count < MAX_OPS, "more operations than room for them");
	seen[seen_count].name = op->name;
	seen[seen_count++].median = value[samples / 2];
}

static void mark(const struct op *op, long repeats)
{
	long done = repeats;

	op->run(repeats, &done);	/* what happens once only is not of interest */
	profile_mark();
	op->run(repeats, &done);
	profile_mark();
	printf("marked %s %ld\n", op->name, done);
	fflush(stdout);
}

static bool wanted(const char *name, char **names)
{
	if (!*names)
		return true;
	for (; *names; names++)
		if (!strcmp(*names, name))
			return true;
	return false;
}

int main(int argc, char **argv)
{
	long repeats = 0;
	int c;

	while ((c = getopt(argc, argv, "it:s:m:")) != -1) {
		if (c == 'i')
			use_tsc = true;
		else if (c == 't')
			sample_ticks = atof(optarg) * 1e6;
		else if (c == 's' && atoi(optarg) > 0 && atoi(optarg) <= MAX_SAMPLES)
			samples = atoi(optarg);
		else if (c == 'm')
			repeats = atol(optarg);
		else
			return 2;
	}
	pin(0);
	/* Who is woken waits for the CPU: whether it took it at once would be the scheduler's sum of times, and chance. */
	need(!sched_setscheduler(0, SCHED_BATCH, &(struct sched_param){ 0 }), "sched_setscheduler");
	for (size_t g = 0; g < sizeof(groups) / sizeof(groups[0]); g++)
		for (const struct op *op = groups[g]; op->name; op++) {
			if (!wanted(op->name, argv + optind) || (op->start && !op->start()))
				continue;
			if (repeats)
				mark(op, repeats);
			else
				measure(op);
			if (op->stop)
				op->stop();
		}
	printf("ops: done\n");
	return 0;
}
