// SPDX-License-Identifier: GPL-2.0-only
/*
 * bonsai-blockd: disks for guests from files and block devices, without a loop device.
 *
 * One process and one thread serve all disks.  It ends when it is killed, and only so: a new one goes on
 * where it was, and its guests see no more than a pause.
 */

#include "blockd.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <xentoollog.h>

static void stop(const char *what)
{
	fprintf(stderr, "bonsai-blockd: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* False if there is no store any more. */
static bool store_event(struct blockd *b)
{
	char **watch;

	errno = 0;
	while ((watch = xs_check_watch(b->store))) {
		disk_event(b, watch);
		free(watch);
		errno = 0;
	}
	if (!errno || errno == EAGAIN)
		return true;
	fprintf(stderr, "bonsai-blockd: the store is gone: disks are served, but none comes or goes until a new start\n");
	return false;
}

static void port_event(struct blockd *b)
{
	xenevtchn_port_or_error_t port = xenevtchn_pending(b->events);

	if (port < 0)
		return;
	/* Before the ring is looked at: what comes later rings again. */
	xenevtchn_unmask(b->events, port);
	disk_ready(b, port);
}

static void run(struct blockd *b)
{
	struct pollfd fds[] = {
		{ .fd = xenevtchn_fd(b->events), .events = POLLIN },
		{ .fd = xs_fileno(b->store), .events = POLLIN },
		{ .fd = b->plain ? -1 : b->uring.ring_fd, .events = POLLIN },
	};

	for (;;) {
		if (poll(fds, 3, disks_run(b)) < 0) {
			if (errno != EINTR)
				stop("poll");
			continue;
		}
		if (fds[0].revents)
			port_event(b);
		if (fds[1].revents && !store_event(b))
			fds[1].fd = -1;
	}
}

static void open_all(struct blockd *b)
{
	/* A guest's bad grants are answered; that is all that is to be said of them. */
	xentoollog_logger_stdiostream *quiet = xtl_createlogger_stdiostream(stderr, XTL_CRITICAL, 0);

	b->ctl = ctl_new();
	b->store = ctl_store(b->ctl);
	if (!b->store) {
		fprintf(stderr, "bonsai-blockd: %s\n", ctl_why(b->ctl));
		exit(1);
	}
	b->events = xenevtchn_open((xentoollog_logger *)quiet, 0);
	if (!b->events)
		stop("/dev/xen/evtchn (is xen-evtchn loaded?)");
	b->grants = xengnttab_open((xentoollog_logger *)quiet, 0);
	if (!b->grants)
		stop("/dev/xen/gntdev (is xen-gntdev loaded?)");
	if (mkdir(b->folder, 0700) && errno != EEXIST)
		stop(b->folder);
	io_open(b);
	if (!xs_watch(b->store, "backend/qdisk", "disks") || !xs_watch(b->store, "@releaseDomain", "dead"))
		stop("cannot watch the store");
}

static int help(void)
{
	fputs("usage: bonsai-blockd [--copy] [--plain] [--state-dir DIR]\n"
	      "Serves the disks of guests whose back end type is qdisk, until it is killed; see bonsai-blockd(8).\n"
	      "  --copy           do not offer persistent grants: copy each request's data\n"
	      "  --plain          do not use io_uring\n"
	      "  --state-dir DIR  what a new process needs to go on (/run/bonsai-blockd)\n", stderr);
	return 2;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "copy", no_argument, NULL, 'c' }, { "plain", no_argument, NULL, 'p' },
		{ "state-dir", required_argument, NULL, 's' }, { NULL, 0, NULL, 0 },
	};
	struct blockd b = { .folder = "/run/bonsai-blockd" };
	int o;

	while ((o = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (o == 'c')
			b.copies = true;
		else if (o == 'p')
			b.plain = true;
		else if (o == 's')
			b.folder = optarg;
		else
			return help();
	}
	if (optind < argc)
		return help();
	open_all(&b);
	disk_event(&b, NULL);
	disk_tidy(&b);
	run(&b);
}
