/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Live update: the process becomes another program and keeps its clients.
 *
 * First the new program loads the state on trial, in a process of its own,
 * while this one goes on serving.  If it can, the state as it is then is written
 * to memory, and this process executes the new program: descriptors, event
 * channels and what clients have sent meanwhile stay where they are.
 */
#include "live-update.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utlist.h>

#include "request.h"
#include "ring-link.h"
#include "state.h"

#define ARGS_MAX	64
#define TIMEOUT		60

/* The one live update that is being prepared or under way */
static struct {
	char *file, *cmdline;
	bool started;
	struct daemon *d;
	u32 conn_id;
	struct xsd_sockmsg hdr;
	pid_t trial;
	ev_child child;
	ev_timer timeout;
} lu;

static struct conn *conn_by_id(struct store *s, u32 id)
{
	struct conn *c;

	DL_FOREACH(s->conns, c)
		if (c->id == id)
			return c;
	return NULL;
}

/* What the transport needs to find its client again: kind, and descriptor or port. */
enum { KIND_SOCK, KIND_RING };

static void save_link(void *ctx, const struct conn *c, struct buf *b)
{
	(void)ctx;
	put_u32(b, conn_is_sock(c) ? KIND_SOCK : KIND_RING);
	put_u32(b, conn_is_sock(c) ? (u32)sock_fd(c) : ring_local_port(c));
}

static int load_link(void *ctx, struct conn *c, struct reader *r)
{
	struct daemon *d = ctx;
	u32 kind = get_u32(r), where = get_u32(r);

	if (kind == KIND_RING)
		return ring_restore(c, where);
	fcntl(where, F_SETFD, FD_CLOEXEC);
	return sock_attach(d, c, where);
}

/* On trial no client is touched. */
static int check_link(void *ctx, struct conn *c, struct reader *r)
{
	(void)ctx;
	(void)c;
	get_u32(r);
	get_u32(r);
	return 0;
}

static void save_daemon(struct daemon *d, struct buf *b)
{
	size_t at = state_begin(b, STATE_DAEMON);

	put_u32(b, d->listen_fd);
	put_u32(b, d->xen ? xen_event_fd() : -1);
	put_u32(b, xen_exception_port());
	state_end(b, at);
}

static int load_daemon(struct daemon *d, struct reader *r)
{
	int event_fd;

	d->listen_fd = get_u32(r);
	event_fd = get_u32(r);
	xen_set_exception_port(get_u32(r));
	fcntl(d->listen_fd, F_SETFD, FD_CLOEXEC);
	daemon_open_xen(d, event_fd);
	return event_fd >= 0 && !d->xen ? -ENODEV : 0;
}

static void save_reply(struct buf *b)
{
	size_t at = state_begin(b, STATE_REPLY);

	put_u32(b, lu.conn_id);
	put_u32(b, lu.hdr.type);
	put_u32(b, lu.hdr.req_id);
	put_u32(b, lu.hdr.tx_id);
	state_end(b, at);
}

static int load_reply(struct daemon *d, struct reader *r)
{
	struct conn *c = conn_by_id(d->store, get_u32(r));
	u32 type = get_u32(r), req_id = get_u32(r), tx_id = get_u32(r);

	if (c)
		conn_send(c, type, req_id, tx_id, "OK", 3);
	return 0;
}

/* Return: a descriptor that a new program inherits, or -errno. */
static int save_all(struct daemon *d)
{
	struct state_link link = { .ctx = d, .save = save_link };
	struct buf b = { 0 };
	int fd = memfd_create("xenstored-lite state", 0), rc = 0;
	size_t done = 0;
	ssize_t n;

	if (fd < 0)
		return -errno;
	put_u64(&b, STATE_MAGIC);
	save_daemon(d, &b);
	state_save(d->store, &link, &b);
	save_reply(&b);
	state_end(&b, state_begin(&b, STATE_END));
	while (done < b.len && !rc) {
		n = pwrite(fd, b.data + done, b.len - done, done);
		if (n > 0)
			done += n;
		else
			rc = n ? -errno : -ENOSPC;
	}
	buf_free(&b);
	if (rc)
		close(fd);
	return rc ? rc : fd;
}

static int load_records(struct daemon *d, struct reader *all, bool check)
{
	struct state_link link = { .ctx = d, .load = check ? check_link : load_link };
	struct reader rec;
	u32 type;
	int rc = 0;

	if (get_u64(all) != STATE_MAGIC)
		return -EINVAL;
	while (!rc && state_next(all, &type, &rec)) {
		if (type == STATE_DAEMON)
			rc = check ? 0 : load_daemon(d, &rec);
		else if (type == STATE_REPLY)
			rc = check ? 0 : load_reply(d, &rec);
		else
			rc = state_load(d->store, &link, type, &rec);
	}
	return rc ? rc : all->short_ ? -EINVAL : 0;
}

/**
 * live_update_load - take over from the program before
 * @fd:    what it left
 * @check: only see whether that would work
 *
 * Return: 0 or -errno.
 */
int live_update_load(struct daemon *d, int fd, bool check)
{
	struct stat st;
	struct reader all = { 0 };
	void *map;
	int rc;

	if (fstat(fd, &st))
		return -errno;
	map = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	all.at = map;
	all.end = all.at + st.st_size;
	d->store->unlimited = true;
	rc = load_records(d, &all, check);
	state_load_done();
	d->store->unlimited = false;
	munmap(map, st.st_size);
	close(fd);
	return rc;
}

/* Everything that must not be closed by execve() */
static void keep_descriptors(struct daemon *d, bool keep)
{
	int flag = keep ? 0 : FD_CLOEXEC;
	struct conn *c;

	fcntl(d->listen_fd, F_SETFD, flag);
	if (d->xen)
		fcntl(xen_event_fd(), F_SETFD, flag);
	DL_FOREACH(d->store->conns, c)
		if (conn_is_sock(c))
			fcntl(sock_fd(c), F_SETFD, flag);
}

/* The old command line without what an earlier update added, and the new words. */
static void make_args(char **old, char **args, char *fd_arg)
{
	unsigned int n = 0;
	char *word, *rest = lu.cmdline;

	args[n++] = lu.file;
	for (char **a = old + 1; *a && n < ARGS_MAX - 2; a++)
		if (strncmp(*a, "--update-fd=", 12))
			args[n++] = *a;
	while (rest && n < ARGS_MAX - 2) {
		word = strsep(&rest, " ");
		if (*word)
			args[n++] = word;
	}
	args[n++] = fd_arg;
	args[n] = NULL;
}

static void answer(const char *text)
{
	struct conn *c = conn_by_id(lu.d->store, lu.conn_id);

	if (c)
		conn_send(c, lu.hdr.type, lu.hdr.req_id, lu.hdr.tx_id, text, strlen(text) + 1);
	log_line("live update: %s", text);
}

static void forget(void)
{
	free(lu.file);
	free(lu.cmdline);
	lu.file = lu.cmdline = NULL;
	lu.started = false;
}

/* Does not come back if all goes well. */
static void update_now(struct daemon *d)
{
	char *args[ARGS_MAX], fd_arg[32];
	int fd;

	links_flush();		/* and bury the dead, whose state nobody needs */
	fd = save_all(d);
	if (fd < 0) {
		answer("cannot write the state");
		return;
	}
	snprintf(fd_arg, sizeof(fd_arg), "--update-fd=%d", fd);
	make_args(d->opt.argv, args, fd_arg);
	log_line("live update: starting %s", lu.file);
	keep_descriptors(d, true);
	execv(lu.file, args);
	keep_descriptors(d, false);
	close(fd);
	answer("cannot execute the new program");
}

static void on_trial_end(struct ev_loop *loop, ev_child *w, int events)
{
	(void)events;
	ev_child_stop(loop, w);
	ev_timer_stop(loop, &lu.timeout);
	if (WIFEXITED(w->rstatus) && !WEXITSTATUS(w->rstatus))
		update_now(lu.d);
	else
		answer("the new program cannot load the state");
	forget();
}

static void on_timeout(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)loop;
	(void)w;
	(void)events;
	kill(lu.trial, SIGKILL);
}

static int start_trial(struct daemon *d, int seconds)
{
	char fd_arg[32], *args[] = { lu.file, fd_arg, NULL };
	int fd = save_all(d), rc;

	if (fd < 0)
		return fd;
	snprintf(fd_arg, sizeof(fd_arg), "--check-fd=%d", fd);
	rc = posix_spawn(&lu.trial, lu.file, NULL, NULL, args, environ);
	close(fd);
	if (rc)
		return -rc;
	ev_child_init(&lu.child, on_trial_end, lu.trial, 0);
	ev_child_start(d->loop, &lu.child);
	ev_timer_init(&lu.timeout, on_timeout, seconds, 0);
	ev_timer_start(d->loop, &lu.timeout);
	return 0;
}

static const char *start(struct daemon *d, struct conn *c, const struct request *rq)
{
	int seconds = TIMEOUT;

	if (!lu.file || lu.started)
		return "Not in live-update session.";
	for (u32 i = 2; i < rq->argc; i++)
		if (!strcmp(rq->args[i], "-t") && i + 1 < rq->argc)
			seconds = atoi(rq->args[++i]);
	lu.d = d;
	lu.conn_id = c->id;
	lu.hdr = rq->hdr;
	if (start_trial(d, seconds > 0 ? seconds : TIMEOUT)) {
		forget();
		return "cannot start the new program";
	}
	lu.started = true;
	return NULL;
}

static const char *set_file(const char *path)
{
	if (lu.started)
		return "live-update session already active.";
	if (access(path, R_OK | X_OK))
		return "File not accessible.";
	forget();
	lu.file = xstrdup(path);
	return "OK";
}

static const char *set_cmdline(const char *text)
{
	if (!lu.file || lu.started)
		return "Not in live-update session.";
	free(lu.cmdline);
	lu.cmdline = xstrdup(text);
	return "OK";
}

static const char *abandon(void)
{
	if (!lu.file || lu.started)
		return "No live-update session active.";
	forget();
	return "OK";
}

/**
 * live_update_command - store_ops.live_update
 *
 * The tool names the program (-f), perhaps more options (-c), then starts (-s)
 * or gives up (-a).
 */
int live_update_command(void *ctx, struct conn *c, const struct request *rq, const char **reply)
{
	const char *cmd = rq->args[1], *arg = rq->argc > 2 ? rq->args[2] : NULL;

	if (!strcmp(cmd, "-s"))
		*reply = start(ctx, c, rq);
	else if (!strcmp(cmd, "-a") && !arg)
		*reply = abandon();
	else if (!strcmp(cmd, "-f") && arg)
		*reply = set_file(arg);
	else if (!strcmp(cmd, "-c") && arg)
		*reply = set_cmdline(arg);
	else
		return -EINVAL;
	return 0;
}
