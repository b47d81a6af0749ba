/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A network card of this domain in the bridge: the way out for the guests behind us.
 * uplink=CARD[:BRIDGE] on the command line; the card has no other use then.
 */
#include "drivers/back/back.h"
#include "drivers/back/bridge.h"
#include "kernel/cmdline.h"
#include "kernel/errno.h"
#include "kernel/heap.h"
#include "kernel/print.h"
#include "kernel/string.h"

struct uplink {
	struct bridge_port port; /* first: the bridge knows us by it */
	struct net_device *net;
};

/* Whom it is full for, or who takes no such frame, has lost it: as on a wire. */
static void send(struct bridge_port *port, const struct net_frame *frame, unsigned int hint)
{
	struct net_device *net = ((struct uplink *)port)->net;

	(void)hint;
	if (net->send(net, frame))
		net->tx_dropped++;
}

/* A card copies what it sends at once. */
static void flush(struct bridge_port *port, unsigned int hint)
{
	(void)port, (void)hint;
}

static bool wants(struct bridge_port *port, const u8 *group)
{
	(void)port, (void)group;
	return true;
}

static void receive(struct net_device *net, const struct net_frame *frame)
{
	struct uplink *up = net->user;

	bridge_input(&up->port, frame, 0);
	bridge_flush(&up->port, 0);
}

/**
 * uplink_start - put the card the command line names into its bridge
 */
int uplink_start(void)
{
	char text[48], *bridge = text;
	struct net_device *net;
	struct uplink *up;

	if (!cmdline_get("uplink", text, sizeof(text)))
		return 0;
	while (*bridge && *bridge != ':')
		bridge++;
	if (*bridge)
		*bridge++ = 0;
	net = net_find(text);
	if (!net) {
		printk("uplink=%s: there is no such card\n", text);
		return -ENODEV;
	}
	up = heap_alloc(sizeof(*up));
	memset(up, 0, sizeof(*up));
	up->net = net;
	up->port = (struct bridge_port){ .name = net->name, .send = send, .flush = flush, .wants = wants };
	net->user = up;
	if (bridge_join(bridge_named(*bridge ? bridge : "bridge"), &up->port))
		return -ENOSPC;
	WRITE_ONCE(net->receive, receive);
	printk("%s: is in %s\n", net->name, *bridge ? bridge : "bridge");
	return 0;
}
