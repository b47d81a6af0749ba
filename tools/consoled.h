/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CONSOLED_H
#define CONSOLED_H

#include "bonsai.h"

#include <sys/types.h>
#include <xen/io/console.h>
#include <xenevtchn.h>
#include <xengnttab.h>

/* The parts of bonsai-consoled. */

#define KEPT  (64UL << 10)	/* of what was said, for who opens the terminal later; a power of two */
#define BURST (64UL << 10)	/* bytes of one guest that are taken in one tick */

/* log.c: a file that is renamed when it has grown */

struct log {
	char *path;		/* NULL: none */
	int fd;
	uint64_t size, most;
	unsigned int count;
};

void log_open(struct log *l, const char *folder, const char *name, uint64_t most, unsigned int count);
void log_write(struct log *l, const char *data, size_t size);

/** log_reopen - after somebody has renamed it */
void log_reopen(struct log *l);
void log_close(struct log *l);

struct daemon {
	struct ctl *ctl;
	xenevtchn_handle *events;
	xengnttab_handle *grants;
	int epoll, opens, signals, timer;
	bool ticking;
	const char *log_folder;
	uint64_t log_size;
	unsigned int log_count;
	struct guest *guests;
};

/* console-guest.c: one guest */

struct guest {
	struct guest *next;
	uint32_t id;
	struct xencons_interface *ring;
	bool granted;			/* mapped by grant, else as a foreign frame */
	xenevtchn_port_or_error_t port;
	uint32_t its_port;
	int terminal, watch;		/* master side; who opens the other one is told by inotify */
	bool open;			/* somebody has */
	char *kept;			/* a ring of what was said */
	uint64_t said, shown;		/* positions in it: its end, and what the terminal has taken */
	uint64_t taken;			/* bytes this tick */
	bool waiting;			/* its ring was left, or the terminal is full */
	struct log log;
};

/** guest_look - serve a domain that has a console and is not served yet */
void guest_look(struct daemon *d, struct dom *dom);
void guest_remove(struct daemon *d, struct guest *g);

/** guest_ring - its port rang */
void guest_ring(struct daemon *d, struct guest *g);

/** guest_opened - somebody opened its terminal */
void guest_opened(struct daemon *d, struct guest *g);

/** guest_terminal - its terminal has keys, takes more, or was closed */
void guest_terminal(struct daemon *d, struct guest *g, uint32_t events);

/** guest_tick - a new budget; whether it needs the next tick too */
bool guest_tick(struct daemon *d, struct guest *g);

#endif
