// SPDX-License-Identifier: GPL-2.0-only
/*
 * bonsai-consoled: the consoles of all domains, each from its ring to a terminal and to a log.
 *
 * A domain is served from its introduction to the store until its end.  Its terminal's name is in the store
 * (console/tty), where `bonsai console` and `xl console` look.  What a guest says goes to its log at once and to
 * whoever has the terminal open; for those who come later the last 64 KiB are kept.  A guest that says
 * more than BURST bytes a tick has to wait: its ring is left full, so it cannot keep this daemon from the others.
 *
 * Nothing is kept that a new start would miss: ports fall back to the guest's, rings stay where they are.
 */

#include "consoled.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <xenstore.h>

#define TICK_MS 100

enum { FROM_EVENTS = 1, FROM_STORE, FROM_OPENS, FROM_SIGNALS, FROM_TICK, OTHERS };	/* others: a guest's pointer */

static void stop(const char *what)
{
	fprintf(stderr, "bonsai-consoled: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void listen_to(const struct daemon *d, int fd, uint64_t from)
{
	struct epoll_event e = { .events = EPOLLIN, .data.u64 = from };

	if (fd < 0 || epoll_ctl(d->epoll, EPOLL_CTL_ADD, fd, &e))
		stop("cannot wait for events");
}

static void tick(struct daemon *d, bool on)
{
	const long ns = on ? TICK_MS * 1000000L : 0;
	const struct itimerspec t = { { 0, ns }, { 0, ns } };

	if (d->ticking != on)
		timerfd_settime(d->timer, 0, &t, NULL);
	d->ticking = on;
}

/* Domains that the store knows now, against those that are served. */
static void look(struct daemon *d)
{
	struct dom *doms;
	int count = dom_list_bare(d->ctl, &doms);
	struct guest *g, *next;

	if (count < 0) {
		fprintf(stderr, "bonsai-consoled: %s\n", ctl_why(d->ctl));
		return;
	}
	for (g = d->guests; g; g = next) {
		bool there = false;

		next = g->next;
		for (int i = 0; i < count; i++)
			there |= doms[i].id == g->id && !(doms[i].info.flags & XEN_DOMINF_dying);
		if (!there)
			guest_remove(d, g);
	}
	for (int i = 0; i < count; i++)
		if (doms[i].id && !(doms[i].info.flags & XEN_DOMINF_dying))
			guest_look(d, &doms[i]);
	free(doms);
}

static void store_event(struct daemon *d)
{
	char **watch;

	/* However many there were: one look is enough. */
	while ((watch = xs_check_watch(ctl_store(d->ctl))))
		free(watch);
	look(d);
}

static void port_event(struct daemon *d)
{
	xenevtchn_port_or_error_t port = xenevtchn_pending(d->events);

	for (struct guest *g = d->guests; g; g = g->next)
		if (port >= 0 && g->port == port)
			guest_ring(d, g);
}

/* Somebody has opened a terminal. */
static void open_event(struct daemon *d)
{
	char buf[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	ssize_t n = read(d->opens, buf, sizeof(buf));

	for (char *p = buf; n > 0 && p < buf + n;) {
		const struct inotify_event *e = (void *)p;

		for (struct guest *g = d->guests; g; g = g->next)
			if (g->watch == e->wd)
				guest_opened(d, g);
		p += sizeof(*e) + e->len;
	}
}

static void tick_event(struct daemon *d)
{
	uint64_t times;
	bool more = false;

	if (read(d->timer, &times, sizeof(times)) < 0)
		return;
	for (struct guest *g = d->guests; g; g = g->next)
		more |= guest_tick(d, g);
	tick(d, more);
}

/* False: to the end. */
static bool signal_event(struct daemon *d)
{
	struct signalfd_siginfo s;

	if (read(d->signals, &s, sizeof(s)) != sizeof(s))
		return true;
	if (s.ssi_signo != SIGHUP)
		return false;
	for (struct guest *g = d->guests; g; g = g->next)
		log_reopen(&g->log);
	return true;
}

static bool event(struct daemon *d, const struct epoll_event *e)
{
	switch (e->data.u64) {
	case FROM_EVENTS: port_event(d); return true;
	case FROM_STORE: store_event(d); return true;
	case FROM_OPENS: open_event(d); return true;
	case FROM_SIGNALS: return signal_event(d);
	case FROM_TICK: tick_event(d); return true;
	}
	/* One event of a batch may have ended the guest that another is of. */
	for (struct guest *g = d->guests; g; g = g->next)
		if ((uintptr_t)g == e->data.u64)
			guest_terminal(d, g, e->events);
	return true;
}

static void run(struct daemon *d)
{
	struct epoll_event events[32];
	bool go_on = true;
	int n;

	while (go_on) {
		n = epoll_wait(d->epoll, events, 32, -1);
		for (int i = 0; i < n && go_on; i++)
			go_on = event(d, &events[i]);
		for (struct guest *g = d->guests; g; g = g->next)
			if (g->waiting)
				tick(d, true);
	}
	while (d->guests)
		guest_remove(d, d->guests);
}

static void open_all(struct daemon *d)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	d->ctl = ctl_new();
	if (!ctl_store(d->ctl)) {
		fprintf(stderr, "bonsai-consoled: %s\n", ctl_why(d->ctl));
		exit(1);
	}
	d->events = xenevtchn_open(NULL, 0);
	if (!d->events)
		stop("/dev/xen/evtchn (is xen-evtchn loaded?)");
	d->grants = xengnttab_open(NULL, 0);
	if (!d->grants)
		stop("/dev/xen/gntdev (is xen-gntdev loaded?)");
	d->epoll = epoll_create1(EPOLL_CLOEXEC);
	d->opens = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	d->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	d->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	listen_to(d, xenevtchn_fd(d->events), FROM_EVENTS);
	listen_to(d, d->opens, FROM_OPENS);
	listen_to(d, d->signals, FROM_SIGNALS);
	listen_to(d, d->timer, FROM_TICK);
	if (!xs_watch(ctl_store(d->ctl), "@introduceDomain", "all") || !xs_watch(ctl_store(d->ctl), "@releaseDomain", "all"))
		stop("cannot watch the store");
	listen_to(d, xs_fileno(ctl_store(d->ctl)), FROM_STORE);
}

static int help(void)
{
	fputs("usage: bonsai-consoled [--log-dir DIR] [--log-size KIB] [--log-count N]\n"
	      "Serves the consoles of all domains until SIGTERM; SIGHUP opens the logs anew.\n"
	      "  --log-dir DIR   write guest-NAME.log there (else no logs)\n"
	      "  --log-size KIB  rename a log when it is longer (1024; 0: never)\n"
	      "  --log-count N   keep so many renamed ones (4)\n", stderr);
	return 2;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "log-dir", required_argument, NULL, 'd' }, { "log-size", required_argument, NULL, 's' },
		{ "log-count", required_argument, NULL, 'c' }, { NULL, 0, NULL, 0 },
	};
	struct daemon d = { .log_size = 1 << 20, .log_count = 4 };
	int o;

	while ((o = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (o == 'd')
			d.log_folder = optarg;
		else if (o == 's')
			d.log_size = strtoull(optarg, NULL, 10) << 10;
		else if (o == 'c')
			d.log_count = strtoul(optarg, NULL, 10);
		else
			return help();
	}
	if (optind < argc)
		return help();
	open_all(&d);
	look(&d);
	run(&d);
	ctl_free(d.ctl);
	return 0;
}
