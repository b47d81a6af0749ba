/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Measure what a daemon itself needs: requests written many at a time to the socket
 * at XENSTORED_PATH, so that waking up is paid once for all of them.
 *
 *	bench-pipeline reads|writes|txn10|clients|fill
 *
 * fill: 50,000 nodes and 1,000 watches, kept until the program is killed.
 * clients: four processes, each with transactions of ten writes below a
 * node of its own, through libxenstore; conflicts (EAGAIN) are tried again.
 * Prints microseconds an operation, and operations a second.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <xenstore.h>
#include <xenstore_lib.h>

static int fd;
static char out[1 << 16];
static size_t out_len;

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

static void add(unsigned int type, unsigned int tx, const char *body, unsigned int len)
{
	struct xsd_sockmsg hdr = { .type = type, .tx_id = tx, .len = len };

	memcpy(out + out_len, &hdr, sizeof(hdr));
	memcpy(out + out_len + sizeof(hdr), body, len);
	out_len += sizeof(hdr) + len;
}

static void read_all(void *buf, size_t len)
{
	if (len && recv(fd, buf, len, MSG_WAITALL) != (ssize_t)len)
		die("answer");
}

/* Send what was added, and take so many answers; @last gets the last one. */
static void flush(int answers, char *last)
{
	struct xsd_sockmsg hdr;

	if (send(fd, out, out_len, 0) != (ssize_t)out_len)
		die("send");
	out_len = 0;
	while (answers--) {
		read_all(&hdr, sizeof(hdr));
		read_all(last, hdr.len);
		last[hdr.len] = '\0';
		if (hdr.type == XS_ERROR) {
			errno = 0;
			die(last);
		}
	}
}

static void reads(int n)
{
	char last[4097];

	for (int i = 0; i < n; i++)
		add(XS_READ, 0, "/tool/xenstored", 16);
	flush(n, last);
}

static void writes(int n)
{
	char last[4097];

	for (int i = 0; i < n; i++)
		add(XS_WRITE, 0, "/pipe/value\0x", 13);
	flush(n, last);
}

static void txn10(int n)
{
	char last[4097], path[64];

	while (n--) {
		int tx;

		add(XS_TRANSACTION_START, 0, "", 1);
		flush(1, last);
		tx = atoi(last);
		for (int k = 0; k < 10; k++)
			add(XS_WRITE, tx, path, sprintf(path, "/pipe/ten/%d%cx", k, 0));
		add(XS_TRANSACTION_END, tx, "T", 2);
		flush(11, last);
	}
}

static void one_client(int nr, int n)
{
	struct xs_handle *h = xs_open(0);
	char path[64];

	while (n) {
		xs_transaction_t t = xs_transaction_start(h);

		for (int k = 0; k < 10; k++) {
			snprintf(path, sizeof(path), "/pipe/c/%d/%d-%d", nr, k, n);
			if (!xs_write(h, t, path, "x", 1))
				die("write");
		}
		if (xs_transaction_end(h, t, false))
			n--;
		else if (errno != EAGAIN)
			die("end");
	}
	_exit(0);
}

static void clients(int n)
{
	for (int i = 0; i < 4; i++)
		if (!fork())
			one_client(i, n / 4);
	for (int i = 0; i < 4; i++)
		wait(NULL);
}

static void fill(int n)
{
	char path[128];
	char last[4097];

	for (int i = 0; i < n; i++) {
		add(XS_WRITE, 0, path,
		    sprintf(path, "/fill/%d/device/%d/state%c4", i / 500, i / 2, 0));
		if (i % 100 == 99)
			flush(100, last);
	}
	for (int i = 0; i < n / 50; i++) {
		add(XS_WATCH, 0, path, sprintf(path, "/fill/%d/w%ct", i, 0) + 1);
		flush(2, last);		/* the answer and the first event */
	}
	printf("filled 0 0\n");
	fflush(stdout);
	pause();
}

static void connect_raw(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	strcpy(addr.sun_path, xs_daemon_socket());
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		die("connect");
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*fn)(int n);
		int n, rounds;
	} what[] = {
		{ "reads", reads, 200, 200 },
		{ "writes", writes, 200, 200 },
		{ "txn10", txn10, 100, 20 },
		{ "clients", clients, 400, 1 },
		{ "fill", fill, 50000, 1 },
	};

	for (size_t i = 0; argc > 1 && i < sizeof(what) / sizeof(what[0]); i++) {
		double start, us;

		if (strcmp(argv[1], what[i].name))
			continue;
		connect_raw();
		start = now();
		for (int r = 0; r < what[i].rounds; r++)
			what[i].fn(what[i].n);
		us = (now() - start) * 1e6 / (what[i].rounds * what[i].n);
		printf("%s %.2f %.0f\n", argv[1], us, 1e6 / us);
		return 0;
	}
	return 1;
}
