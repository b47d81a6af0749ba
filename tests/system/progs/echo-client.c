// SPDX-License-Identifier: GPL-2.0-only
/*
 * echo-client ADDRESS PORT MIB NAME - send bytes to an echo server and compare what comes back
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tap.h"

enum { CHUNK = 16384, PATIENCE = 20000 };

/* pattern - the byte at each place of the stream: no period that a lost or doubled packet could hide in */
static unsigned char pattern(uint64_t at)
{
	return (at * 0x9e3779b97f4a7c15ull) >> 56;
}

/* turn - send what fits, compare what came; -1 when the stream ended or is wrong */
static int turn(int fd, uint64_t size, uint64_t *sent, uint64_t *back)
{
	struct pollfd p = { fd, POLLIN | (*sent < size ? POLLOUT : 0), 0 };
	unsigned char data[CHUNK];
	ssize_t n;

	if (poll(&p, 1, PATIENCE) <= 0)
		return -1;
	if (p.revents & POLLOUT) {
		uint64_t left = size - *sent;

		n = left < CHUNK ? left : CHUNK;
		for (ssize_t i = 0; i < n; i++)
			data[i] = pattern(*sent + i);
		n = send(fd, data, n, MSG_DONTWAIT | MSG_NOSIGNAL);
		*sent += n > 0 ? n : 0;
	}
	if (p.revents & (POLLIN | POLLHUP)) {
		n = recv(fd, data, CHUNK, 0);
		if (n <= 0)
			return -1;
		for (ssize_t i = 0; i < n; i++)
			if (data[i] != pattern(*back + i))
				return -1;
		*back += n;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	uint64_t size, sent = 0, back = 0;
	int fd;

	if (argc != 5)
		return 2;
	size = strtoull(argv[3], NULL, 0) << 20;
	to.sin_port = htons(atoi(argv[2]));
	inet_pton(AF_INET, argv[1], &to.sin_addr);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	need(fd >= 0, "socket");
	if (!point(connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0, "%s: connected", argv[4]))
		return 1;
	while (back < size && turn(fd, size, &sent, &back) == 0)
		;
	if (!point(back == size, "%s: %s MiB came back as they were sent", argv[4], argv[3]))
		printf("# sent %llu, right until %llu\n", (unsigned long long)sent,
		       (unsigned long long)back);
	return back != size;
}
