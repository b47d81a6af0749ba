/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Measure the store daemon at XENSTORED_PATH through stock libxenstore.
 *
 * Prints one line an operation: name, microseconds (median of the rounds),
 * operations a second.  "floor" is a bare ping-pong of messages of the same
 * size between two processes over a Unix socket: what no daemon can beat.
 * "floor_read" and "floor_write" are the same calls of libxenstore as "read" and
 * "write", answered by a process that has nothing to look up: it blocks in
 * recv() and answers "OK" as soon as a request is whole.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <xenstore.h>
#include <xen/io/xs_wire.h>

#define ROUNDS	15

static struct xs_handle *xs;
static int floor_fd;

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void op_floor(int i)
{
	char buf[32] = { 0 };

	(void)i;
	if (write(floor_fd, buf, sizeof(buf)) != sizeof(buf) ||
	    read(floor_fd, buf, sizeof(buf)) != sizeof(buf))
		die("ping-pong");
}

static void op_read(int i)
{
	unsigned int len;
	char *p = xs_read(xs, XBT_NULL, "/bench/value", &len);

	(void)i;
	if (!p)
		die("read");
	free(p);
}

static void op_write(int i)
{
	if (!xs_write(xs, XBT_NULL, "/bench/value", i & 1 ? "1" : "0", 1))
		die("write");
}

static void op_directory(int i)
{
	unsigned int n;
	char **p = xs_directory(xs, XBT_NULL, "/bench/dir", &n);

	(void)i;
	if (!p || n != 32)
		die("directory");
	free(p);
}

static void op_create_rm(int i)
{
	(void)i;
	if (!xs_write(xs, XBT_NULL, "/bench/new", "x", 1) || !xs_rm(xs, XBT_NULL, "/bench/new"))
		die("create and remove");
}

static void op_txn_empty(int i)
{
	xs_transaction_t t = xs_transaction_start(xs);

	(void)i;
	if (!t || !xs_transaction_end(xs, t, false))
		die("empty transaction");
}

static void op_txn_rw(int i)
{
	xs_transaction_t t = xs_transaction_start(xs);
	unsigned int len;
	char *p = xs_read(xs, t, "/bench/value", &len);

	free(p);
	if (!p || !xs_write(xs, t, "/bench/value", i & 1 ? "1" : "0", 1) ||
	    !xs_transaction_end(xs, t, false))
		die("read-modify-write transaction");
}

static void op_txn_10(int i)
{
	xs_transaction_t t = xs_transaction_start(xs);
	char path[32];

	for (int k = 0; k < 10; k++) {
		snprintf(path, sizeof(path), "/bench/ten/%d", k);
		if (!xs_write(xs, t, path, i & 1 ? "1" : "0", 1))
			die("write in transaction");
	}
	if (!xs_transaction_end(xs, t, false))
		die("transaction of ten writes");
}

static void op_watch(int i)
{
	unsigned int n;
	char **ev;

	if (!xs_write(xs, XBT_NULL, "/bench/watched", i & 1 ? "1" : "0", 1))
		die("write to a watched node");
	ev = xs_read_watch(xs, &n);
	if (!ev)
		die("watch event");
	free(ev);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void measure(const char *name, void (*op)(int), int count)
{
	double us[ROUNDS];

	for (int i = 0; i < count / 4; i++)
		op(i);
	for (int r = 0; r < ROUNDS; r++) {
		double start = now();

		for (int i = 0; i < count; i++)
			op(i);
		us[r] = (now() - start) * 1e6 / count;
	}
	qsort(us, ROUNDS, sizeof(us[0]), by_value);
	printf("%s %.2f %.0f\n", name, us[ROUNDS / 2], 1e6 / us[ROUNDS / 2]);
	fflush(stdout);
}

static void start_floor(void)
{
	int fds[2];
	char buf[32];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds))
		die("socketpair");
	if (!fork()) {
		close(fds[0]);
		while (read(fds[1], buf, sizeof(buf)) == sizeof(buf))
			if (write(fds[1], buf, sizeof(buf)) != sizeof(buf))
				break;
		_exit(0);
	}
	close(fds[1]);
	floor_fd = fds[0];
}

/* Requests come in two or three pieces; none is longer than the buffer. */
static void serve_floor(int fd)
{
	struct { struct xsd_sockmsg hdr; char body[256]; } rq;
	struct { struct xsd_sockmsg hdr; char body[3]; } rs = { .body = "OK" };
	size_t have = 0;
	ssize_t n;

	while ((n = recv(fd, (char *)&rq + have, sizeof(rq) - have, 0)) > 0) {
		have += n;
		if (have < sizeof(rq.hdr) || have < sizeof(rq.hdr) + rq.hdr.len)
			continue;
		rs.hdr = rq.hdr;
		rs.hdr.len = sizeof(rs.body);
		have = 0;
		if (send(fd, &rs, sizeof(rs.hdr) + sizeof(rs.body), 0) < 0)
			break;
	}
}

static void measure_library(int scale)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	char *path = getenv("XENSTORED_PATH"), *keep = path ? strdup(path) : NULL;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (!keep)
		return;
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s.floor", path);
	unlink(addr.sun_path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) || listen(fd, 1))
		die("floor");
	if (!fork()) {
		serve_floor(accept(fd, NULL, NULL));
		_exit(0);
	}
	close(fd);
	setenv("XENSTORED_PATH", addr.sun_path, 1);
	xs = xs_open(0);
	if (!xs)
		die("open the floor");
	measure("floor_read", op_read, scale);
	measure("floor_write", op_write, scale);
	xs_close(xs);
	wait(NULL);
	unlink(addr.sun_path);
	setenv("XENSTORED_PATH", keep, 1);
	free(keep);
}

static void prepare(void)
{
	char path[32];
	bool ok = xs_write(xs, XBT_NULL, "/bench/value", "0", 1) &&
		  xs_write(xs, XBT_NULL, "/bench/watched", "0", 1);

	for (int i = 0; i < 32; i++) {
		snprintf(path, sizeof(path), "/bench/dir/entry-%d", i);
		ok = ok && xs_write(xs, XBT_NULL, path, "", 0);
	}
	if (!ok)
		die("prepare");
}

int main(int argc, char **argv)
{
	int scale = argc > 1 ? atoi(argv[1]) : 1000;

	start_floor();
	measure("floor", op_floor, scale);
	close(floor_fd);
	wait(NULL);
	measure_library(scale);
	xs = xs_open(0);
	if (!xs)
		die("open");
	prepare();
	measure("read", op_read, scale);
	measure("write", op_write, scale);
	measure("directory32", op_directory, scale);
	measure("create_rm", op_create_rm, scale / 2);
	measure("transaction_empty", op_txn_empty, scale / 2);
	measure("transaction_rw", op_txn_rw, scale / 4);
	measure("transaction_10_writes", op_txn_10, scale / 10);
	/* Last: a watch makes libxenstore start a thread, which costs each later call. */
	if (!xs_watch(xs, "/bench/watched", "t"))
		die("watch");
	free(xs_read_watch(xs, &(unsigned int){ 0 }));
	measure("write_to_watch_event", op_watch, scale / 2);
	xs_rm(xs, XBT_NULL, "/bench");
	xs_close(xs);
	return 0;
}
