/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The event loop, and the store's view of it.
 */
#include "daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "request.h"
#include "live-update.h"
#include "ring-link.h"
#include "tree.h"

static u64 now_us(void *ctx)
{
	struct timespec ts;

	(void)ctx;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000ull + ts.tv_nsec / 1000;
}

static enum dom_state domain_state(void *ctx, unsigned int domid)
{
	struct daemon *d = ctx;

	return d->xen ? d->xen->state(domid) : DOM_UNKNOWN;
}

static int introduce(void *ctx, struct domain *dom, unsigned long gfn, u32 port)
{
	(void)ctx;
	return ring_introduce(dom, gfn, port);
}

static void release(void *ctx, struct domain *dom)
{
	(void)ctx;
	ring_release(dom);
}

static void wake(void *ctx, struct conn *c)
{
	struct daemon *d = ctx;

	link_wake(c->link);
	if (!ev_is_active(&d->tick)) {
		ev_timer_set(&d->tick, 1.0, 1.0);
		ev_timer_start(d->loop, &d->tick);
	}
}

static void shut(void *ctx, struct conn *c, u32 error)
{
	(void)ctx;
	link_shut(c->link, error);
}

static int log_file(void *ctx, const char *path)
{
	(void)ctx;
	return trace_open(path);
}

const struct store_ops daemon_ops = {
	.log = log_set_store,
	.now_us = now_us,
	.domain_state = domain_state,
	.introduce = introduce,
	.release = release,
	.wake = wake,
	.shut = shut,
	.live_update = live_update_command,
	.log_file = log_file,
	.trace = trace_request,
};

static void on_accept(struct ev_loop *loop, ev_io *io, int events)
{
	(void)loop;
	(void)events;
	sock_accept(io->data);
}

static void on_event(struct ev_loop *loop, ev_io *io, int events)
{
	struct daemon *d = io->data;
	bool is_exception = false;
	int port;

	(void)loop;
	(void)events;
	port = xen_event_next(&is_exception);
	if (port < 0)
		return;
	if (is_exception)
		domains_check(d->store);
	else
		ring_event(port);
}

/* Before sleeping: everything that this round caused goes out; and no sleep while there is more. */
static void on_before(struct ev_loop *loop, ev_prepare *w, int events)
{
	struct daemon *d = w->data;

	(void)events;
	links_flush();
	if (links_ready())
		ev_idle_start(loop, &d->busy);
	else
		ev_idle_stop(loop, &d->busy);
}

/* Once a round, those who have more to do */
static void on_after(struct ev_loop *loop, ev_check *w, int events)
{
	(void)loop;
	(void)w;
	(void)events;
	links_turn();
}

static void on_idle(struct ev_loop *loop, ev_idle *w, int events)
{
	(void)loop;
	(void)w;
	(void)events;
}

static void on_tick(struct ev_loop *loop, ev_timer *w, int events)
{
	struct daemon *d = w->data;
	bool txns = false;

	(void)events;
	for (struct conn *c = d->store->conns; c; c = c->next)
		txns |= c->txns && !conn_is_privileged(c);
	if (!store_tick(d->store) && !txns)
		ev_timer_stop(loop, w);
}

static void on_end(struct ev_loop *loop, ev_signal *w, int events)
{
	(void)w;
	(void)events;
	ev_break(loop, EVBREAK_ALL);
}

static void on_hup(struct ev_loop *loop, ev_signal *w, int events)
{
	struct daemon *d = w->data;

	(void)loop;
	(void)events;
	if (d->opt.trace_file)
		trace_open(d->opt.trace_file);
}

/**
 * daemon_open_store - make the loop and an empty store
 */
void daemon_open_store(struct daemon *d)
{
	u64 seed = 0;

	d->loop = ev_default_loop(EVFLAG_AUTO);
	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		seed = now_us(NULL);
	d->store = store_new(&daemon_ops, d, seed);
	d->store->priv = d->opt.priv;
	d->store->tracing = d->opt.trace;
	ev_timer_init(&d->tick, on_tick, 1.0, 1.0);
	d->tick.data = d;
}

/**
 * daemon_open_xen - get hold of the hypervisor, if there is one
 */
void daemon_open_xen(struct daemon *d, int event_fd)
{
	const char *why;

	d->xen = xen_open(event_fd, &why);
	if (!d->xen)
		log_line("no %s: socket clients only, domains get no ring", why);
	rings_init(d->xen);
	if (!d->xen)
		return;
	fcntl(xen_event_fd(), F_SETFD, FD_CLOEXEC);
	ev_io_init(&d->event_io, on_event, xen_event_fd(), EV_READ);
	d->event_io.data = d;
	ev_io_start(d->loop, &d->event_io);
}

/**
 * daemon_init_dom0 - what a new store holds, and the own kernel's ring
 */
void daemon_init_dom0(struct daemon *d)
{
	struct domain *dom0 = domain_get(d->store, 0);
	struct conn *c = conn_new(d->store, dom0, NULL);
	int port = d->xen && !d->opt.no_domain_init ? xen_dom0_port() : -1;

	tree_mkdir(c, NULL, "/tool/xenstored");
	conn_free(c);
	if (port >= 0 && ring_introduce(dom0, 0, port))
		log_line("the kernel's own ring cannot be used: clients in it get no answer");
}

static void start_signal(struct daemon *d, ev_signal *w, int sig,
			 void (*fn)(struct ev_loop *, ev_signal *, int))
{
	ev_signal_init(w, fn, sig);
	w->data = d;
	ev_signal_start(d->loop, w);
}

/**
 * daemon_run - serve until told to end
 */
void daemon_run(struct daemon *d)
{
	ev_io_init(&d->accept_io, on_accept, d->listen_fd, EV_READ);
	d->accept_io.data = d;
	ev_io_start(d->loop, &d->accept_io);
	ev_prepare_init(&d->before, on_before);
	d->before.data = d;
	ev_prepare_start(d->loop, &d->before);
	ev_check_init(&d->after, on_after);
	ev_check_start(d->loop, &d->after);
	ev_idle_init(&d->busy, on_idle);
	start_signal(d, &d->term, SIGTERM, on_end);
	start_signal(d, &d->intr, SIGINT, on_end);
	start_signal(d, &d->hup, SIGHUP, on_hup);
	ev_run(d->loop, 0);
}
