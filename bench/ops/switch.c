// SPDX-License-Identifier: GPL-2.0-only
/* Processes and threads that wake each other.  A round trip is two switches; a hop of a ring is one. */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ops.h"

enum { RING = 4, SET = 64 << 10 };

static int ends[RING][2];	/* pipe i leads to process i */
static pid_t pids[RING];
static size_t set;		/* bytes each looks through when it has its turn */
static char *memory;

static void look(void)
{
	for (size_t i = 0; i < set; i += 64)
		((volatile char *)memory)[i]++;
}

/* Process i of the ring: hand on what comes.  The first is ourselves. */
static void start_process(int i, int members, int cpu)
{
	pids[i] = fork();
	need(pids[i] >= 0, "fork");
	if (pids[i])
		return;
	pin(cpu);
	memory = malloc(set + 1);
	for (;;) {
		get_byte(ends[i][0]);
		look();
		put_byte(ends[(i + 1) % members][1]);
	}
}

static bool start_ring(int members, size_t bytes, int cpu)
{
	set = bytes;
	memory = malloc(set + 1);
	for (int i = 0; i < members; i++)
		need(!pipe(ends[i]), "pipe");
	for (int i = 1; i < members; i++)
		start_process(i, members, cpu);
	return true;
}

static void stop_ring(int members)
{
	for (int i = 1; i < members; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
	for (int i = 0; i < members; i++) {
		close(ends[i][0]);
		close(ends[i][1]);
	}
	free(memory);
}

static void round_trip(void)
{
	put_byte(ends[1][1]);
	get_byte(ends[0][0]);
	look();
}

static bool pair_start(void)
{
	return start_ring(2, 0, 0);
}

static bool far_start(void)
{
	return sysconf(_SC_NPROCESSORS_ONLN) > 1 && start_ring(2, 0, 1);
}

static bool ring_start(void)
{
	return start_ring(RING, 0, 0);
}

static bool ring_64K_start(void)
{
	return start_ring(RING, SET, 0);
}

static uint64_t pair_run(long n, long *done)
{
	(void)done;
	return TIMED(n, round_trip());
}

static uint64_t ring_run(long n, long *done)
{
	*done = n * RING;
	return TIMED(n, round_trip());
}

static void pair_stop(void)
{
	stop_ring(2);
}

static void ring_stop(void)
{
	stop_ring(RING);
}

/* ---- futex: two threads, each waking the other and then waiting ---------------------------------- */

static int turn[2];
static pthread_t other;
static volatile bool leave;

static void futex_wake(int *word)
{
	__atomic_store_n(word, 1, __ATOMIC_SEQ_CST);
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void futex_wait(int *word)
{
	while (!__atomic_exchange_n(word, 0, __ATOMIC_SEQ_CST))
		syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
}

static void *answer(void *arg)
{
	while (!leave) {
		futex_wait(&turn[1]);
		futex_wake(&turn[0]);
	}
	return arg;
}

static bool futex_start(void)
{
	leave = false;
	turn[0] = turn[1] = 0;
	need(!pthread_create(&other, NULL, answer, NULL), "a thread");
	return true;
}

static void futex_round(void)
{
	futex_wake(&turn[1]);
	futex_wait(&turn[0]);
}

static uint64_t futex_run(long n, long *done)
{
	(void)done;
	return TIMED(n, futex_round());
}

static void futex_stop(void)
{
	leave = true;
	futex_wake(&turn[1]);
	pthread_join(other, NULL);
}

const struct op switch_ops[] = {
	{ .name = "pipe_round", .start = pair_start, .run = pair_run, .stop = pair_stop },
	{ .name = "pipe_round_2cpu", .start = far_start, .run = pair_run, .stop = pair_stop },
	{ .name = "switch_0K", .start = ring_start, .run = ring_run, .stop = ring_stop },
	{ .name = "switch_64K", .start = ring_64K_start, .run = ring_run, .stop = ring_stop },
	{ .name = "futex_round", .start = futex_start, .run = futex_run, .stop = futex_stop },
	{ 0 },
};
