// SPDX-License-Identifier: GPL-2.0-only
/* Processes and threads that come and go, and a small job of real work. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ops.h"

#define BIG	(8ul << 20)
#define JOB	(256ul << 10)
#define BUSYBOX "/bin/busybox"

static char *big;

/* Fork, let the child do its part, wait for it. */
static void child(void (*part)(void))
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (part)
			part();
		_exit(0);
	}
	need(pid > 0 && waitpid(pid, &status, 0) == pid && !status, "a child");
}

static void exec_true(void)
{
	execl(BUSYBOX, "true", NULL);
	_exit(1);
}

static uint64_t fork_run(long n, long *done)
{
	(void)done;
	return TIMED(n, child(NULL));
}

static uint64_t exec_run(long n, long *done)
{
	(void)done;
	return TIMED(n, child(exec_true));
}

static bool has_busybox(void)
{
	return !access(BUSYBOX, X_OK);
}

static bool big_start(void)
{
	big = mmap(NULL, BIG, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	need(big != MAP_FAILED, "mmap");
	madvise(big, BIG, MADV_NOHUGEPAGE);
	memset(big, 1, BIG);
	return has_busybox();
}

static void big_stop(void)
{
	munmap(big, BIG);
}

static void *nothing(void *arg)
{
	return arg;
}

static void thread(void)
{
	pthread_t t;

	need(!pthread_create(&t, NULL, nothing, NULL) && !pthread_join(t, NULL), "a thread");
}

static uint64_t thread_run(long n, long *done)
{
	(void)done;
	return TIMED(n, thread());
}

/* Letters, some oftener than others; the same each time. */
static bool job_start(void)
{
	uint32_t x = 12345;
	int fd = open("/run/ops-job", O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || !has_busybox())
		return false;
	for (size_t i = 0; i < JOB / PAGE; i++) {
		char text[PAGE];

		for (int j = 0; j < PAGE; j++) {
			x = x * 1664525 + 1013904223;
			text[j] = "etaoin shrdlu cmfwyp"[(x >> 24) % 20];
		}
		need(write(fd, text, PAGE) == PAGE, "write");
	}
	close(fd);
	return true;
}

static void exec_gzip(void)
{
	int in = open("/run/ops-job", O_RDONLY), out = open("/dev/null", O_WRONLY);

	dup2(in, 0);
	dup2(out, 1);
	execl(BUSYBOX, "gzip", "-c", NULL);
	_exit(1);
}

static uint64_t job_run(long n, long *done)
{
	(void)done;
	return TIMED(n, child(exec_gzip));
}

static void job_stop(void)
{
	unlink("/run/ops-job");
}

const struct op process_ops[] = {
	{ .name = "fork_exit", .run = fork_run },
	{ .name = "fork_exec", .start = has_busybox, .run = exec_run },
	{ .name = "fork_exit_8M", .start = big_start, .run = fork_run, .stop = big_stop },
	{ .name = "fork_exec_8M", .start = big_start, .run = exec_run, .stop = big_stop },
	{ .name = "thread", .run = thread_run },
	{ .name = "gzip_256K", .start = job_start, .run = job_run, .stop = job_stop },
	{ 0 },
};
