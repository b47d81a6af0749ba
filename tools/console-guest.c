// SPDX-License-Identifier: GPL-2.0-only
/* One guest's console: from the ring to the log and the terminal, and keys the other way. */

#include "consoled.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

#include <xen/grant_table.h>
#include <xenstore.h>

#define OUT_SIZE sizeof(((struct xencons_interface *)0)->out)
#define IN_SIZE	 sizeof(((struct xencons_interface *)0)->in)

static void tell(const struct daemon *d, uint32_t id, const char *what)
{
	(void)d;
	fprintf(stderr, "bonsai-consoled: domain %u: %s: %s\n", id, what, strerror(errno));
}

/* Listen for what the terminal has to say, and for room where it is full. */
static void listen_for(struct daemon *d, struct guest *g, bool add)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLET | (g->open && g->shown < g->said ? EPOLLOUT : 0),
				 .data.u64 = (uintptr_t)g };

	epoll_ctl(d->epoll, add ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, g->terminal, &e);
}

static bool is_open(const struct guest *g)
{
	struct pollfd p = { .fd = g->terminal, .events = POLLOUT };

	return poll(&p, 1, 0) >= 0 && !(p.revents & POLLHUP);
}

/* Give the terminal what it takes of what it has not had. */
static void show(struct guest *g)
{
	ssize_t did;

	while (g->open && g->shown < g->said) {
		size_t at = g->shown % KEPT, n = g->said - g->shown;

		n = n < KEPT - at ? n : KEPT - at;
		did = write(g->terminal, g->kept + at, n);
		if (did <= 0) {
			g->open = errno == EAGAIN && is_open(g);
			return;
		}
		g->shown += did;
	}
}

static void keep(struct guest *g, const char *data, size_t size)
{
	for (size_t i = 0; i < size; i++)
		g->kept[(g->said + i) % KEPT] = data[i];
	g->said += size;
	/* A reader that is slower than the guest loses the oldest. */
	if (g->said - g->shown > KEPT)
		g->shown = g->said - KEPT;
}

/* Take what the guest has said; its numbers are not to be trusted. */
static size_t take(struct guest *g, char *to)
{
	XENCONS_RING_IDX cons = g->ring->out_cons, prod = __atomic_load_n(&g->ring->out_prod, __ATOMIC_ACQUIRE);
	size_t n = prod - cons;

	if (!n || n > OUT_SIZE) {
		if (n)
			__atomic_store_n(&g->ring->out_cons, prod, __ATOMIC_RELEASE);
		return 0;
	}
	for (size_t i = 0; i < n; i++)
		to[i] = g->ring->out[MASK_XENCONS_IDX(cons + i, g->ring->out)];
	__atomic_store_n(&g->ring->out_cons, prod, __ATOMIC_RELEASE);
	return n;
}

static void drain(struct daemon *d, struct guest *g)
{
	char data[OUT_SIZE];
	size_t n;

	g->waiting = g->taken >= BURST;
	while (!g->waiting && (n = take(g, data))) {
		log_write(&g->log, data, n);
		keep(g, data, n);
		g->taken += n;
		g->waiting = g->taken >= BURST;
		xenevtchn_notify(d->events, g->port);
	}
	show(g);
	if (g->open && g->shown < g->said)
		listen_for(d, g, false);
	/* The next port event comes only once this one is done with. */
	if (!g->waiting)
		xenevtchn_unmask(d->events, g->port);
}

void guest_ring(struct daemon *d, struct guest *g)
{
	drain(d, g);
	/* Room for keys may have come too. */
	guest_terminal(d, g, EPOLLIN);
}

bool guest_tick(struct daemon *d, struct guest *g)
{
	bool busy = g->taken;

	g->taken = 0;
	if (g->waiting)
		drain(d, g);
	return busy || g->waiting;
}

/* Keys to the guest, as many as it has room for; the terminal holds the others. */
static void pass_keys(struct daemon *d, struct guest *g)
{
	XENCONS_RING_IDX prod = g->ring->in_prod, cons = __atomic_load_n(&g->ring->in_cons, __ATOMIC_ACQUIRE);
	size_t room = IN_SIZE - (prod - cons);
	char keys[IN_SIZE];
	ssize_t n;

	if (prod - cons > IN_SIZE || !room)
		return;
	n = read(g->terminal, keys, room);
	if (n <= 0)
		return;
	for (ssize_t i = 0; i < n; i++)
		g->ring->in[MASK_XENCONS_IDX(prod + i, g->ring->in)] = keys[i];
	__atomic_store_n(&g->ring->in_prod, prod + n, __ATOMIC_RELEASE);
	xenevtchn_notify(d->events, g->port);
}

void guest_terminal(struct daemon *d, struct guest *g, uint32_t events)
{
	if (events & EPOLLHUP)
		g->open = is_open(g);
	if (events & EPOLLIN)
		pass_keys(d, g);
	show(g);
	if (g->open && g->shown < g->said)
		listen_for(d, g, false);
}

void guest_opened(struct daemon *d, struct guest *g)
{
	g->open = true;
	guest_terminal(d, g, 0);
}

/* Both sides raw; the other one is closed again, so that we see who has it open. */
static bool make_terminal(struct daemon *d, struct guest *g, char name[64])
{
	struct termios t;
	int other;

	g->terminal = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (g->terminal < 0 || grantpt(g->terminal) || unlockpt(g->terminal) || ptsname_r(g->terminal, name, 64))
		return false;
	other = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (other < 0)
		return false;
	if (!tcgetattr(other, &t)) {
		cfmakeraw(&t);
		tcsetattr(other, TCSANOW, &t);
	}
	close(other);
	g->watch = inotify_add_watch(d->opens, name, IN_OPEN);
	return g->watch >= 0;
}

static bool map_ring(struct daemon *d, struct guest *g, uint64_t frame)
{
	xen_pfn_t mfn = frame;

	g->ring = xengnttab_map_grant_ref(d->grants, g->id, GNTTAB_RESERVED_CONSOLE, PROT_READ | PROT_WRITE);
	g->granted = g->ring;
	if (!g->ring)
		g->ring = ctl_map(d->ctl, g->id, &mfn, 1);
	return g->ring;
}

static bool number_of(struct daemon *d, uint32_t id, const char *what, uint64_t *n)
{
	char *text = store_read(d->ctl, "/local/domain/%u/console/%s", id, what);

	*n = text ? strtoull(text, NULL, 10) : 0;
	free(text);
	return text;
}

/* Name its terminal in the store, unless its nodes have gone meanwhile: they would be there again, for ever. */
static bool name_terminal(struct daemon *d, struct guest *g, const char *tty)
{
	struct xs_handle *xs = ctl_store(d->ctl);
	char path[64], *there;
	bool did;

	do {
		xs_transaction_t t = xs_transaction_start(xs);

		snprintf(path, sizeof(path), "/local/domain/%u/console/ring-ref", g->id);
		there = t ? xs_read(xs, t, path, NULL) : NULL;
		snprintf(path, sizeof(path), "/local/domain/%u/console/tty", g->id);
		did = there && xs_write(xs, t, path, tty, strlen(tty));
		free(there);
		if (t && !xs_transaction_end(xs, t, !did))
			did = false;
	} while (!did && errno == EAGAIN);
	return did;
}

/* False, and errno, where something is missing. */
static bool furnish(struct daemon *d, struct guest *g, const char *name, uint64_t frame)
{
	char tty[64];

	g->kept = malloc(KEPT);
	if (!g->kept || !map_ring(d, g, frame) || !make_terminal(d, g, tty))
		return false;
	g->port = xenevtchn_bind_interdomain(d->events, g->id, g->its_port);
	if (g->port < 0)
		return false;
	log_open(&g->log, d->log_folder, name, d->log_size, d->log_count);
	return name_terminal(d, g, tty);
}

static void discard(struct daemon *d, struct guest *g)
{
	if (g->port >= 0)
		xenevtchn_unbind(d->events, g->port);
	if (g->ring && g->granted)
		xengnttab_unmap(d->grants, g->ring, 1);
	else if (g->ring)
		ctl_unmap(d->ctl, g->ring, 1);
	if (g->watch >= 0)
		inotify_rm_watch(d->opens, g->watch);
	if (g->terminal >= 0)
		close(g->terminal);
	log_close(&g->log);
	free(g->kept);
	free(g);
}

void guest_look(struct daemon *d, struct dom *dom)
{
	uint64_t frame, port;
	struct guest *g;

	for (g = d->guests; g; g = g->next)
		if (g->id == dom->id)
			return;
	if (!number_of(d, dom->id, "ring-ref", &frame) || !number_of(d, dom->id, "port", &port))
		return;
	g = calloc(1, sizeof(*g));
	if (!g)
		abort();
	*g = (struct guest){ .id = dom->id, .port = -1, .its_port = port, .terminal = -1, .watch = -1, .log.fd = -1 };
	dom_name(d->ctl, dom);
	if (!furnish(d, g, dom->name, frame)) {
		tell(d, g->id, "no console for it");
		discard(d, g);
		return;
	}
	g->next = d->guests;
	d->guests = g;
	listen_for(d, g, true);
	drain(d, g);
}

void guest_remove(struct daemon *d, struct guest *g)
{
	char data[OUT_SIZE];
	size_t n;

	/* Its last words. */
	while ((n = take(g, data)) && n <= OUT_SIZE) {
		log_write(&g->log, data, n);
		keep(g, data, n);
	}
	show(g);
	for (struct guest **p = &d->guests; *p; p = &(*p)->next)
		if (*p == g) {
			*p = g->next;
			break;
		}
	discard(d, g);
}
