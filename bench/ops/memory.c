// SPDX-License-Identifier: GPL-2.0-only
/* Page faults and changes of mappings.  Small pages everywhere: a paravirtual guest has no others. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ops.h"

enum {
	PAGES = 256,		/* of a region that faults come in */
	LONG = 1000,		/* of one that is mapped, touched and unmapped as a whole */
	AROUND = 16,		/* pages of a file that Linux maps at one fault */
};

static int file = -1;
static char *page;

static char *map(size_t pages, int prot, int flags, int fd)
{
	char *p = mmap(NULL, pages * PAGE, prot, flags, fd, 0);

	need(p != MAP_FAILED, "mmap");
	return p;
}

static char *map_anon(size_t pages)
{
	char *p = map(pages, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	madvise(p, pages * PAGE, MADV_NOHUGEPAGE);
	return p;
}

/* How long it takes to touch one page of `step` in a region; afterwards the region is gone. */
static uint64_t touch(char *p, size_t pages, size_t step, bool write)
{
	uint64_t start = now();

	for (size_t i = 0; i < pages; i += step) {
		if (write)
			((volatile char *)p)[i * PAGE] = 1;
		else
			(void)((volatile char *)p)[i * PAGE];
	}
	start = now() - start;
	munmap(p, pages * PAGE);
	return start;
}

static uint64_t anon_run(long n, long *done)
{
	uint64_t total = 0;

	for (*done = 0; *done < n; *done += PAGES)
		total += touch(map_anon(PAGES), PAGES, 1, true);
	return total;
}

static bool file_start(void)
{
	static char zero[PAGE];

	file = open("/run/ops-file", O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (file < 0)
		file = open("/tmp/ops-file", O_RDWR | O_CREAT | O_TRUNC, 0600);
	need(file >= 0, "a file");
	for (int i = 0; i < PAGES; i++)
		need(write(file, zero, PAGE) == PAGE, "write");
	return true;
}

static void file_stop(void)
{
	close(file);
	unlink("/run/ops-file");
	unlink("/tmp/ops-file");
}

static uint64_t file_run(long n, long *done)
{
	uint64_t total = 0;

	for (*done = 0; *done < n; *done += PAGES / AROUND)
		total += touch(map(PAGES, PROT_READ, MAP_SHARED, file), PAGES, AROUND, false);
	return total;
}

/* Private pages of a file that are there for reading: the write makes a copy. */
static uint64_t copy_run(long n, long *done)
{
	uint64_t total = 0;

	for (*done = 0; *done < n; *done += PAGES) {
		char *p = map(PAGES, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file);

		need(!mprotect(p, PAGES * PAGE, PROT_READ | PROT_WRITE), "mprotect");
		total += touch(p, PAGES, 1, true);
	}
	return total;
}

static uint64_t map_run(long n, long *done)
{
	(void)done;
	return TIMED(n, munmap(map_anon(1), PAGE));
}

static uint64_t map_touch_run(long n, long *done)
{
	uint64_t start = now();

	for (*done = 0; *done < n; *done += LONG)
		touch(map_anon(LONG), LONG, 1, true);
	return now() - start;
}

static bool protect_start(void)
{
	page = map_anon(1);
	page[0] = 1;
	return true;
}

static void protect_twice(void)
{
	need(!mprotect(page, PAGE, PROT_READ) && !mprotect(page, PAGE, PROT_READ | PROT_WRITE),
	     "mprotect");
	*(volatile char *)page = 1;
}

static uint64_t protect_run(long n, long *done)
{
	(void)done;
	return TIMED(n, protect_twice());
}

static void protect_stop(void)
{
	munmap(page, PAGE);
}

/* The same while a thread of ours runs on the second CPU, whose translations have to go, too. */
static pthread_t spinner;
static volatile bool spin_on, spins;

static void *spin(void *arg)
{
	pin(1);
	for (spins = true; spin_on;)
		;
	return arg;
}

static bool protect_far_start(void)
{
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		return false;
	spin_on = true, spins = false;
	need(!pthread_create(&spinner, NULL, spin, NULL), "a thread");
	while (!spins)
		;
	return protect_start();
}

static void protect_far_stop(void)
{
	spin_on = false;
	pthread_join(spinner, NULL);
	protect_stop();
}

const struct op memory_ops[] = {
	{ .name = "fault_anon", .run = anon_run },
	{ .name = "fault_file", .start = file_start, .run = file_run, .stop = file_stop },
	{ .name = "fault_copy", .start = file_start, .run = copy_run, .stop = file_stop },
	{ .name = "mmap_munmap", .run = map_run },
	{ .name = "mmap_touch_page", .run = map_touch_run },
	{ .name = "mprotect_twice", .start = protect_start, .run = protect_run, .stop = protect_stop },
	{ .name = "mprotect_2cpu", .start = protect_far_start, .run = protect_run, .stop = protect_far_stop },
	{ 0 },
};
