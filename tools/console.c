// SPDX-License-Identifier: GPL-2.0-only
/* The terminal and a domain's console, joined: the console daemon's tty is named in the store. */

#include "bonsai.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define ESCAPE	   0x1d		/* Ctrl-] */
#define TTY_WAIT   10		/* seconds for the daemon to name its tty */

/* The tty's path, freed by the caller; the daemon may not have seen a new domain yet. */
static char *tty_of(struct ctl *ctl, uint32_t id)
{
	const struct timespec pause = { .tv_nsec = 50000000 };
	char *tty = NULL;

	for (int i = 0; i < TTY_WAIT * 20; i++) {
		tty = store_read(ctl, "/local/domain/%u/console/tty", id);
		if (tty && *tty)
			return tty;
		free(tty);
		nanosleep(&pause, NULL);
	}
	ctl_fail(ctl, -ENOENT, "domain %u has no console yet (is bonsai-consoled running?)", id);
	return NULL;
}

static bool write_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t did = write(fd, p, n);

		if (did < 0 && errno == EINTR)
			continue;
		if (did <= 0)
			return false;
		p += did;
		n -= did;
	}
	return true;
}

/* What is there to be read goes across; false at the end, or at the escape character. */
static bool pass(int from, int to, bool keys)
{
	char buf[4096], *end;
	ssize_t n = read(from, buf, sizeof(buf));

	if (n <= 0)
		return n < 0 && (errno == EINTR || errno == EAGAIN);
	end = keys ? memchr(buf, ESCAPE, n) : NULL;
	return write_all(to, buf, end ? end - buf : n) && !end;
}

static void join(int tty)
{
	struct pollfd fds[2] = { { .fd = STDIN_FILENO, .events = POLLIN }, { .fd = tty, .events = POLLIN } };

	for (;;) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return;
		if (fds[1].revents && !pass(tty, STDOUT_FILENO, false))
			return;
		if (fds[0].revents && !pass(STDIN_FILENO, tty, true)) {
			if (isatty(STDIN_FILENO))
				return;
			fds[0].fd = -1;		/* a file was typed: go on listening */
		}
	}
}

static void raw(int fd, struct termios *before)
{
	struct termios t;

	if (tcgetattr(fd, before))
		return;
	t = *before;
	cfmakeraw(&t);
	tcsetattr(fd, TCSANOW, &t);
}

int console_open(struct ctl *ctl, uint32_t id)
{
	char *path = tty_of(ctl, id);
	struct termios its;
	int tty;

	if (!path)
		return -ENOENT;
	tty = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (tty < 0)
		tty = ctl_fail_errno(ctl, "%s", path);
	else
		raw(tty, &its);
	free(path);
	return tty;
}

void console_join(int tty)
{
	struct termios mine = { 0 };

	raw(STDIN_FILENO, &mine);
	join(tty);
	if (isatty(STDIN_FILENO))
		tcsetattr(STDIN_FILENO, TCSANOW, &mine);
	close(tty);
}
