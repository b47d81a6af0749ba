/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The store without a process around it: memory a node, the price of a big
 * store, and a thousand domains that come and go.  Prints "name value unit".
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core.h"
#include "domain.h"

#define NODES	50000
#define WATCHES	1000
#define DOMAINS	1000

static struct store *s;
static struct conn *dom0;
static struct answer a;

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1e6 + ts.tv_nsec / 1e3;
}

static void must(struct conn *c, u32 type, u32 tx, const void *body, u32 len)
{
	ask(c, &a, type, tx, body, len);
	if (a.type != type) {
		fprintf(stderr, "request %u failed: %s\n", type, a.body);
		exit(1);
	}
	test_events.len = 0;
}

static size_t heap(void)
{
	struct mallinfo2 mi = mallinfo2();

	return mi.uordblks + mi.hblkhd;
}

static double time_writes(void)
{
	double start = now();

	for (int i = 0; i < 100000; i++)
		must(dom0, XS_WRITE, 0, "/local/domain/0/x/y\0v", 21);
	return (now() - start) / 100000;
}

static double time_txns(void)
{
	char end[] = "T";
	double start = now();

	for (int i = 0; i < 20000; i++) {
		u32 tx;

		must(dom0, XS_TRANSACTION_START, 0, "", 1);
		tx = atoi(a.body);
		must(dom0, XS_READ, tx, "/local/domain/0/x/y", 20);
		must(dom0, XS_WRITE, tx, "/local/domain/0/x/y\0w", 21);
		must(dom0, XS_TRANSACTION_END, tx, end, 2);
	}
	return (now() - start) / 20000;
}

static double best(double (*fn)(void))
{
	double min = 1e9;

	for (int i = 0; i < 5; i++) {
		double t = fn();

		min = t < min ? t : min;
	}
	return min;
}

static void fill(void)
{
	char path[128];

	for (int i = 0; i < NODES; i++)
		must(dom0, XS_WRITE, 0, path,
		     sprintf(path, "/fill/%d/device/%d/state%c4", i / 500, i / 2, 0));
	for (int i = 0; i < WATCHES; i++)
		must(dom0, XS_WATCH, 0, path, sprintf(path, "/fill/%d/w%ct", i, 0) + 1);
}

static u64 count_nodes(void)
{
	return domain_get(s, 0)->nodes;
}

static void size_and_scale(void)
{
	double w0 = best(time_writes), t0 = best(time_txns), w1, t1;
	size_t before = heap();
	u64 nodes = count_nodes();
	char path[128];
	int len, i;

	for (i = 0; i < NODES; i++)
		must(dom0, XS_WRITE, 0, path, sprintf(path, "/n/%d/node-%06d%c", i / 100, i, 0));
	nodes = count_nodes() - nodes;
	printf("memory_a_node %.0f bytes (names of 11 bytes, no value, allocator included)\n",
	       (double)(heap() - before) / nodes);
	must(dom0, XS_RM, 0, "/n", 3);
	fill();
	w1 = best(time_writes);
	t1 = best(time_txns);
	printf("write_empty_store %.2f us\nwrite_full_store %.2f us (%d nodes, %d watches: %+.0f %%)\n",
	       w0, w1, (int)count_nodes(), WATCHES, (w1 / w0 - 1) * 100);
	printf("transaction_empty_store %.2f us\ntransaction_full_store %.2f us (%+.0f %%)\n", t0, t1,
	       (t1 / t0 - 1) * 100);
	len = sprintf(path, "/fill") + 1;
	must(dom0, XS_RM, 0, path, len);
	must(dom0, XS_RESET_WATCHES, 0, "", 1);
}

/* Nodes and watches of a Linux guest with a disk and a card, and its back ends */
static void introduce(int d)
{
	char buf[128];
	struct conn *c;

	must(dom0, XS_INTRODUCE, 0, buf, sprintf(buf, "%d%c1%c1", d, 0, 0) + 1);
	must(dom0, XS_MKDIR, 0, buf, sprintf(buf, "/local/domain/%d", d) + 1);
	must(dom0, XS_SET_PERMS, 0, buf, sprintf(buf, "/local/domain/%d%cn%d", d, 0, d) + 1);
	c = domain_find(s, d)->conn;
	for (int i = 0; i < 40; i++)
		must(c, XS_WRITE, 0, buf, sprintf(buf, "device/%d/key-%d%cvalue", i / 10, i, 0));
	for (int i = 0; i < 16; i++)
		must(dom0, XS_WRITE, 0, buf,
		     sprintf(buf, "/local/domain/0/backend/vbd/%d/%d%cv", d, i, 0));
	for (int i = 0; i < 12; i++)
		must(c, XS_WATCH, 0, buf, sprintf(buf, "device/%d%ct%d", i, 0, i) + 1);
}

static void release(int d)
{
	char buf[64];

	must(dom0, XS_RELEASE, 0, buf, sprintf(buf, "%d", d) + 1);
	must(dom0, XS_RM, 0, buf, sprintf(buf, "/local/domain/0/backend/vbd/%d", d) + 1);
}

/* Averages of the first and of the last hundred */
static void domains(void)
{
	double in[DOMAINS], out[DOMAINS], start, first, last;
	size_t before = heap();

	must(dom0, XS_WATCH, 0, "@introduceDomain\0i", 19);
	must(dom0, XS_WATCH, 0, "@releaseDomain\0r", 17);
	for (int d = 0; d < DOMAINS; d++) {
		start = now();
		introduce(d + 1);
		in[d] = now() - start;
	}
	printf("memory_%d_domains %.1f KiB each\n", DOMAINS, (heap() - before) / 1024.0 / DOMAINS);
	for (int d = 0; d < DOMAINS; d++) {
		start = now();
		release(d + 1);
		out[d] = now() - start;
	}
	for (int k = 0; k < 2; k++) {
		double *t = k ? out : in;

		first = last = 0;
		for (int i = 0; i < 100; i++) {
			first += t[i] / 100;
			last += t[DOMAINS - 100 + i] / 100;
		}
		printf("%s_first_100 %.1f us\n%s_last_100 %.1f us (of %d)\n",
		       k ? "release" : "introduce", first, k ? "release" : "introduce", last, DOMAINS);
	}
	printf("heap_left_behind %ld bytes\n", (long)(heap() - before));
}

int main(void)
{
	s = store_new(&test_ops, NULL, 12345);
	dom0 = conn_new(s, domain_get(s, 0), NULL);
	size_and_scale();
	domains();
	store_free(s);
	buf_free(&test_events);
	return 0;
}
