// SPDX-License-Identifier: GPL-2.0-only
/*
 * clock SECONDS - does time pass at the right speed, and never backward?
 *
 * Speed: the CMOS clock is a clock of the machine's own, outside all that the hypervisor
 * and the kernel keep.  The moment its seconds change is caught by reading its ports; the same
 * moment is read from CLOCK_MONOTONIC_RAW.  A reading comes late at times, never early, so the
 * smallest difference of several seconds counts, at the beginning and at the end.
 *
 * Backward: meanwhile one thread a CPU reads CLOCK_MONOTONIC and compares it with the latest
 * value that any thread saw.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/io.h>
#include <time.h>
#include <unistd.h>

#include "tap.h"

enum { EDGES = 8, LIMIT_PPM = 50, MAX_THREADS = 16 };

#define SECOND 1000000000ll

static atomic_llong latest;
static atomic_bool stop;
static atomic_llong backward, worst, reads;

static int64_t now(clockid_t which)
{
	struct timespec t;

	clock_gettime(which, &t);
	return t.tv_sec * SECOND + t.tv_nsec;
}

static void *watch(void *unused)
{
	while (!stop) {
		long long seen = latest, t = now(CLOCK_MONOTONIC), old = seen;

		if (t < seen) {
			backward++;
			if (seen - t > worst)
				worst = seen - t;
		}
		while (t > old && !atomic_compare_exchange_weak(&latest, &old, t))
			;
		reads++;
		if (!(reads & 0xff))
			usleep(1000); /* leave the CPUs to the other thread */
	}
	return unused;
}

static unsigned char cmos(unsigned char where)
{
	outb(where, 0x70);
	return inb(0x71);
}

/* next_edge - wait until the CMOS seconds change; the time just after */
static int64_t next_edge(void)
{
	unsigned char second;

	usleep(600 * 1000);
	second = cmos(0);
	while (cmos(0) == second)
		;
	return now(CLOCK_MONOTONIC_RAW);
}

/* offset - how far our clock's seconds are from those of the CMOS clock since start, in ns modulo a second */
static int64_t offset(int64_t start)
{
	int64_t best = INT64_MAX;

	for (int i = 0; i < EDGES; i++) {
		int64_t away = (next_edge() - start + SECOND / 2) % SECOND - SECOND / 2;

		if (away < best)
			best = away;
	}
	return best;
}

int main(int argc, char **argv)
{
	int64_t seconds = argc > 1 ? atoi(argv[1]) : 60;
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	pthread_t thread[MAX_THREADS];
	int64_t start, first, last, drift;
	int count = 0;

	need(ioperm(0x70, 2, 1) == 0, "ioperm of the CMOS ports");
	for (; count < cpus && count < MAX_THREADS; count++)
		need(pthread_create(&thread[count], NULL, watch, NULL) == 0, "pthread_create");
	start = next_edge();
	first = offset(start);
	while (now(CLOCK_MONOTONIC_RAW) - start < (seconds - EDGES) * SECOND)
		usleep(100 * 1000);
	last = offset(start);
	stop = true;
	while (count--)
		pthread_join(thread[count], NULL);
	drift = (last - first) / (seconds - EDGES);
	printf("# drift against the CMOS clock over %lld s: %lld ns/s\n", (long long)seconds,
	       (long long)drift);
	point(llabs(drift) < LIMIT_PPM * 1000, "the drift is under %d ppm", LIMIT_PPM);
	printf("# %lld readings of the clock, steps backward %lld, the largest %lld ns\n", reads,
	       backward, worst);
	is(backward, 0, "no step backward on any CPU");
	return 0;
}
