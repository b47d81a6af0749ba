// SPDX-License-Identifier: GPL-2.0-only
/* System calls, signals, time, and loops that ask nobody. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "ops.h"

enum { LOOPS = 1000, BLOCK = 4 << 20 };

static int null_fd;
static char *from, *to;

static uint64_t getppid_run(long n, long *done)
{
	(void)done;
	return TIMED(n, syscall(SYS_getppid));
}

static bool write_start(void)
{
	null_fd = open("/dev/null", O_WRONLY);
	need(null_fd >= 0, "/dev/null");
	return true;
}

static uint64_t write_run(long n, long *done)
{
	(void)done;
	return TIMED(n, put_byte(null_fd));
}

static void write_stop(void)
{
	close(null_fd);
}

static uint64_t clock_run(long n, long *done)
{
	struct timespec t;

	(void)done;
	return TIMED(n, clock_gettime(CLOCK_MONOTONIC, &t));
}

static uint64_t yield_run(long n, long *done)
{
	(void)done;
	return TIMED(n, sched_yield());
}

static uint64_t sleep_run(long n, long *done)
{
	struct timespec t = { 0, 1000 };

	(void)done;
	return TIMED(n, nanosleep(&t, NULL));
}

/* How late a sleep until a time 200 us ahead ends: the timer's interrupt, the wake-up of an idle CPU, the switch. */
static uint64_t late_run(long n, long *done)
{
	uint64_t late = 0;

	(void)done;
	prctl(PR_SET_TIMERSLACK, 1ul);
	for (long i = 0; i < n; i++) {
		struct timespec t, end;

		clock_gettime(CLOCK_MONOTONIC, &t);
		t.tv_nsec += 200000;
		t.tv_sec += t.tv_nsec / 1000000000;
		t.tv_nsec %= 1000000000;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
		clock_gettime(CLOCK_MONOTONIC, &end);
		late += (end.tv_sec - t.tv_sec) * 1000000000ull + end.tv_nsec - t.tv_nsec;
	}
	prctl(PR_SET_TIMERSLACK, 0ul);
	return late;
}

static void caught(int sig)
{
	(void)sig;
}

static bool signal_start(void)
{
	need(signal(SIGUSR1, caught) != SIG_ERR, "signal");
	return true;
}

static uint64_t signal_run(long n, long *done)
{
	pid_t me = getpid();

	(void)done;
	return TIMED(n, kill(me, SIGUSR1));
}

/* A thousand turns of a loop that lives in registers. */
static void turn(void)
{
	uint64_t x = 1;

	for (int i = 0; i < LOOPS; i++) {
		x = x * 6364136223846793005ull + 1442695040888963407ull;
		x ^= x >> 29;
		__asm__ volatile("" : "+r"(x));
	}
}

static uint64_t integer_run(long n, long *done)
{
	(void)done;
	return TIMED(n, turn());
}

static bool memory_start(void)
{
	from = malloc(BLOCK);
	to = malloc(BLOCK);
	need(from && to, "malloc");
	memset(from, 1, BLOCK);
	memset(to, 2, BLOCK);
	return true;
}

/* Words, one after the other: neither REP, which counts as one instruction, nor a library's choice. */
static void copy_block(void)
{
	volatile uint64_t *d = (void *)to;
	const volatile uint64_t *s = (void *)from;

	for (size_t i = 0; i < BLOCK / sizeof(*d); i++)
		d[i] = s[i];
}

static uint64_t memory_run(long n, long *done)
{
	(void)done;
	return TIMED(n, copy_block());
}

static void memory_stop(void)
{
	free(from);
	free(to);
}

const struct op basic_ops[] = {
	{ .name = "getppid", .run = getppid_run },
	{ .name = "write_null", .start = write_start, .run = write_run, .stop = write_stop },
	{ .name = "clock_gettime", .run = clock_run },
	{ .name = "sched_yield", .run = yield_run },
	{ .name = "signal", .start = signal_start, .run = signal_run },
	{ .name = "nanosleep_1us", .run = sleep_run },
	{ .name = "timer_late", .run = late_run },
	{ .name = "integer_1000", .run = integer_run },
	{ .name = "copy_4MiB", .start = memory_start, .run = memory_run, .stop = memory_stop },
	{ 0 },
};
