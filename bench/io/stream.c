// SPDX-License-Identifier: GPL-2.0-only
/*
 * stream serve PORT             - for each connection: its first byte says who sends, 'u' the other side, 'd' we
 * stream up|down HOST PORT SECONDS - one connection for so long; prints MB/s
 */

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static char buffer[1 << 18];

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static int fail(const char *what)
{
	perror(what);
	return 1;
}

/* Bytes that went one way until the time or the connection ended. */
static double flow(int fd, int send_it, double until)
{
	double sum = 0;
	ssize_t did;

	do {
		did = send_it ? send(fd, buffer, sizeof(buffer), MSG_NOSIGNAL) : recv(fd, buffer, sizeof(buffer), 0);
		sum += did > 0 ? did : 0;
	} while (did > 0 && now() < until);
	return sum;
}

static int serve(int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };
	int s = socket(AF_INET, SOCK_STREAM, 0), fd, one = 1;
	char way;

	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (s < 0 || bind(s, (struct sockaddr *)&a, sizeof(a)) || listen(s, 4))
		return fail("stream: serve");
	while ((fd = accept(s, NULL, NULL)) >= 0) {
		if (recv(fd, &way, 1, 0) == 1)
			flow(fd, way == 'd', 1e18);
		close(fd);
	}
	return fail("stream: accept");
}

static int run(int up, const char *host, int port, double seconds)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };
	int s = socket(AF_INET, SOCK_STREAM, 0);
	double begin, bytes;

	if (s < 0 || inet_pton(AF_INET, host, &a.sin_addr) != 1 || connect(s, (struct sockaddr *)&a, sizeof(a)) ||
	    send(s, up ? "u" : "d", 1, 0) != 1)
		return fail("stream: connect");
	begin = now();
	bytes = flow(s, up, begin + seconds);
	printf("%.2f MB/s\n", bytes / (now() - begin) / 1e6);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "serve"))
		return serve(atoi(argv[2]));
	if (argc == 5 && (!strcmp(argv[1], "up") || !strcmp(argv[1], "down")))
		return run(argv[1][0] == 'u', argv[2], atoi(argv[3]), atof(argv[4]));
	fprintf(stderr, "usage: stream serve PORT | stream up|down HOST PORT SECONDS\n");
	return 1;
}
