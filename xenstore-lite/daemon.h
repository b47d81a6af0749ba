/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XSL_DAEMON_H
#define XSL_DAEMON_H

#include <ev.h>

#include "link.h"
#include "store.h"
#include "xen.h"

/**
 * struct options - what the command line says
 * @update_fd: state of the daemon before a live update; or -1
 * @check_fd:  state to be loaded on trial only; or -1
 */
struct options {
	const char *pid_file, *trace_file;
	bool no_fork, no_domain_init, output_pid, trace;
	int update_fd, check_fd;
	unsigned int priv;
	char **argv;
};

/**
 * struct daemon - the process
 * @listen_fd: where socket clients come
 * @xen:       or NULL on a machine without
 */
struct daemon {
	struct options opt;
	struct ev_loop *loop;
	struct store *store;
	const struct xen_ops *xen;
	int listen_fd;
	ev_io accept_io, event_io;
	ev_prepare before;
	ev_check after;
	ev_idle busy;
	ev_timer tick;
	ev_signal term, intr, hup;
};

extern const struct store_ops daemon_ops;

/* daemon.c */
void daemon_open_store(struct daemon *d);
void daemon_open_xen(struct daemon *d, int event_fd);
void daemon_init_dom0(struct daemon *d);
void daemon_run(struct daemon *d);

/* sock.c: the transport over Unix sockets */
int sock_listen(void);
void sock_accept(struct daemon *d);
int sock_attach(struct daemon *d, struct conn *c, int fd);
int sock_fd(const struct conn *c);
bool conn_is_sock(const struct conn *c);

/* systemd.c */
int systemd_socket(void);
void systemd_notify(const char *state);

/* log.c */
void log_open(bool to_syslog);
void log_line(const char *fmt, ...) __printf(1, 2);
void log_set_store(void *ctx, const char *line);
int trace_open(const char *path);
void trace_request(void *ctx, const struct conn *c, const struct request *rq, int rc, u64 usec);



#endif
