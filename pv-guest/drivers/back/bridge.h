/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A learning bridge between network back ends.  A frame comes in as one piece of our own memory, so
 * it cannot change any more; where it goes is looked up by its destination address.
 */
#ifndef BACK_BRIDGE_H
#define BACK_BRIDGE_H

#include "kernel/net.h"
#include "kernel/types.h"

struct bridge;

struct bridge_port {
	const char *name;
	/* send - take a copy of a frame, now or at flush(); hint: frames with the same one keep their order */
	void (*send)(struct bridge_port *port, const struct net_frame *frame, unsigned int hint);
	/* flush - nothing of the frames sent with that hint is read any more when it returns */
	void (*flush)(struct bridge_port *port, unsigned int hint);
	/* wants - whether a frame to a group goes there */
	bool (*wants)(struct bridge_port *port, const u8 *group);
	struct bridge *bridge; /* the bridge's, as all below */
	int users; /* threads that hold it without the lock */
	unsigned int learnt;
};

#define BRIDGE_PORTS_MAX 64

/* The bridge of that name, made if there is none; ports join and leave. */
struct bridge *bridge_named(const char *name);
int bridge_join(struct bridge *b, struct bridge_port *port); /* -ENOSPC: it has BRIDGE_PORTS_MAX */

/* bridge_leave - from threads; nobody calls the port any more when it returns */
void bridge_leave(struct bridge_port *port);

/* bridge_input - a frame that came in from a port; bridge_flush() follows the last of a batch */
void bridge_input(struct bridge_port *from, const struct net_frame *frame, unsigned int hint);
void bridge_flush(struct bridge_port *from, unsigned int hint);

#endif
