/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The transport over Unix sockets.  Who may open the socket is dom0.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon.h"

struct sock {
	struct link link;
	struct ev_loop *loop;
	ev_io io;
};

static struct sock *of(const struct link *l)
{
	return (struct sock *)l;
}

static ssize_t sock_read(struct link *l, void *buf, size_t len)
{
	ssize_t n = recv(of(l)->io.fd, buf, len, MSG_DONTWAIT);

	if (n > 0)
		return n;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	return n ? -errno : -ECONNRESET;
}

static ssize_t sock_write(struct link *l, const struct iovec *iov, unsigned int count)
{
	struct msghdr msg = { .msg_iov = (struct iovec *)iov, .msg_iovlen = count };
	ssize_t n = sendmsg(of(l)->io.fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n >= 0)
		return n;
	return errno == EAGAIN || errno == EINTR || errno == ENOBUFS ? 0 : -errno;
}

static void kick(struct link *l)
{
	(void)l;
}

static bool listen_for(struct link *l, bool read, bool write)
{
	struct sock *s = of(l);
	int want = (read ? EV_READ : 0) | (write ? EV_WRITE : 0);

	if (want == (s->io.events & (EV_READ | EV_WRITE)) && ev_is_active(&s->io))
		return false;
	ev_io_stop(s->loop, &s->io);
	ev_io_set(&s->io, s->io.fd, want);
	if (want)
		ev_io_start(s->loop, &s->io);
	return false;
}

static void shut(struct link *l, u32 error)
{
	(void)error;
	ev_io_stop(of(l)->loop, &of(l)->io);
}

static void bury(struct link *l)
{
	conn_free(l->conn);
	close(of(l)->io.fd);
	free(of(l));
}

static const struct link_ops sock_ops = {
	.read = sock_read, .write = sock_write, .kick = kick, .listen = listen_for,
	.shut = shut, .bury = bury,
};

static void on_ready(struct ev_loop *loop, ev_io *io, int events)
{
	struct sock *s = io->data;

	(void)loop;
	(void)events;
	link_run(&s->link);
}

/**
 * sock_attach - a connection's client is at this descriptor
 */
int sock_attach(struct daemon *d, struct conn *c, int fd)
{
	struct sock *s = xcalloc(sizeof(*s));

	s->loop = d->loop;
	s->link.ops = &sock_ops;
	s->link.conn = c;
	c->link = &s->link;
	ev_io_init(&s->io, on_ready, fd, EV_READ);
	s->io.data = s;
	ev_io_start(s->loop, &s->io);
	link_wake(&s->link);
	return 0;
}

bool conn_is_sock(const struct conn *c)
{
	return c->link && ((struct link *)c->link)->ops == &sock_ops;
}

int sock_fd(const struct conn *c)
{
	return of(c->link)->io.fd;
}

/**
 * sock_accept - a client came
 */
void sock_accept(struct daemon *d)
{
	int fd = accept4(d->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE)
			log_line("no more file descriptors for clients");
		return;
	}
	sock_attach(d, conn_new(d->store, domain_get(d->store, 0), NULL), fd);
}

static int make_run_dir(void)
{
	const char *dir = xs_daemon_rundir();

	return mkdir(dir, 0755) && errno != EEXIST ? -errno : 0;
}

/**
 * sock_listen - the listening socket, given by systemd or made here
 *
 * Return: a descriptor, or -errno.
 */
int sock_listen(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	const char *path = xs_daemon_socket();
	mode_t mask;
	int fd, rc;

	fd = systemd_socket();
	if (fd >= 0)
		return fd;
	rc = make_run_dir();
	if (rc)
		return rc;
	if (!path || strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	strcpy(addr.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	unlink(path);
	mask = umask(0177);
	rc = bind(fd, (struct sockaddr *)&addr, sizeof(addr)) || listen(fd, SOMAXCONN) ? -errno : 0;
	umask(mask);
	if (!rc)
		return fd;
	close(fd);
	return rc;
}
