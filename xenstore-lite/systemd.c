/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two sentences of systemd's protocols that are needed here.  libsystemd
 * would say them too, but brings more memory than the whole store.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <fcntl.h>

#include "daemon.h"

#define LISTEN_FDS_START	3

/**
 * systemd_socket - the socket passed by systemd (sd_listen_fds(3))
 *
 * Return: a descriptor, or -1 if there is none for this process.
 */
int systemd_socket(void)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");

	if (!pid || !fds || atoi(pid) != getpid() || atoi(fds) < 1)
		return -1;
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	fcntl(LISTEN_FDS_START, F_SETFD, FD_CLOEXEC);
	fcntl(LISTEN_FDS_START, F_SETFL, fcntl(LISTEN_FDS_START, F_GETFL) | O_NONBLOCK);
	return LISTEN_FDS_START;
}

/**
 * systemd_notify - tell the service manager, if there is one (sd_notify(3))
 * @state: as "READY=1"
 */
void systemd_notify(const char *state)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	const char *path = getenv("NOTIFY_SOCKET");
	size_t len = path ? strlen(path) : 0;
	int fd;

	if (!len || len >= sizeof(addr.sun_path))
		return;
	memcpy(addr.sun_path, path, len);
	if (addr.sun_path[0] == '@')
		addr.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&addr,
	       offsetof(struct sockaddr_un, sun_path) + len);
	close(fd);
}
