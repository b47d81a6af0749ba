// SPDX-License-Identifier: GPL-2.0-only
/*
 * load DEVICE read|write BYTES DEPTH SECONDS - direct I/O of so many bytes at random places, by DEPTH threads
 *
 * Prints MB/s, and the mean time of one request in microseconds.
 */

#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define THREADS 64

static size_t bytes;
static int fd, writes;
static off_t places;
static double end;
static unsigned long counts[THREADS];

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static void *work(void *arg)
{
	unsigned long n = (unsigned long)arg;
	unsigned int seed = n;
	void *buffer;
	off_t at;

	if (posix_memalign(&buffer, 4096, bytes))
		exit(1);
	memset(buffer, n, bytes);
	while (now() < end) {
		at = rand_r(&seed) % places * bytes;
		if ((writes ? pwrite(fd, buffer, bytes, at) : pread(fd, buffer, bytes, at)) != (ssize_t)bytes) {
			perror("load");
			exit(1);
		}
		counts[n]++;
	}
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[THREADS];
	unsigned long depth, sum = 0;
	double begin, seconds;

	if (argc != 6)
		return 2;
	writes = !strcmp(argv[2], "write");
	fd = open(argv[1], O_RDWR | O_DIRECT);
	bytes = strtoul(argv[3], NULL, 10);
	depth = strtoul(argv[4], NULL, 10);
	places = fd < 0 ? 0 : lseek(fd, 0, SEEK_END) / bytes;
	if (places <= 0 || !depth || depth > THREADS)
		return 2;
	begin = now();
	end = begin + atof(argv[5]);
	for (unsigned long i = 0; i < depth; i++)
		if (pthread_create(&threads[i], NULL, work, (void *)i))
			return 1;
	for (unsigned long i = 0; i < depth; i++) {
		pthread_join(threads[i], NULL);
		sum += counts[i];
	}
	seconds = now() - begin;
	printf("%.1f MB/s %.0f us\n", sum * bytes / seconds / 1e6, seconds * depth / sum * 1e6);
	return 0;
}
