/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A hostile driver domain: it connects as it should and then breaks one rule for each device, in the order
 * the devices come: the nth disk gets the nth case.  The front end must close the device.
 */
#include "drivers/xenbus.h"
#include "kernel/heap.h"
#include "kernel/pages.h"
#include "kernel/print.h"
#include "kernel/thread.h"
#include "kernel/timer.h"
#include "programs/hostile/hostile.h"

#include <xen/io/blkif.h>
#include <xen/io/netif.h>

#define PATIENCE (60 * SEC) /* for the other end's first request */
#define CLOSING	 (5 * SEC)

struct victim {
	struct xenbus_device *dev;
	unsigned int number;
	struct grant_map disk, tx, rx;
	evtchn_port_t port;
	bool connected;
};

static unsigned int disks, cards;

/* --- disks ------------------------------------------------------------------------------------------- */

static blkif_response_t *disk_answer(blkif_sring_t *ring, u32 at)
{
	u64 id = ring->ring[0].req.id;
	u8 op = ring->ring[0].req.operation;
	blkif_response_t *rsp = &ring->ring[at].rsp;

	*rsp = (blkif_response_t){ .id = id, .operation = op == BLKIF_OP_INDIRECT ? BLKIF_OP_WRITE : op };
	return rsp;
}

#define DISK_CASES                                                                         \
	CASE("an index far ahead", disk_answer(ring, 0); ring->rsp_prod = 1000)            \
	CASE("an index going back", ring->rsp_prod = -1)                                   \
	CASE("an answer to no request", disk_answer(ring, 0)->id = 31; ring->rsp_prod = 1) \
	CASE("an id of no entry", disk_answer(ring, 0)->id = ~0UL; ring->rsp_prod = 1)     \
	CASE("one answer twice", disk_answer(ring, 1); disk_answer(ring, 0); ring->rsp_prod = 2) \
	CASE("another operation", disk_answer(ring, 0)->operation = 99; ring->rsp_prod = 1) \
	CASE("an unknown status", disk_answer(ring, 0)->status = 77; ring->rsp_prod = 1)

static const char *const disk_names[] = {
#define CASE(name, ...) name,
	DISK_CASES
#undef CASE
};

static void disk_break(blkif_sring_t *ring, unsigned int i)
{
	unsigned int n = 0;

#define CASE(name, ...)       \
	if (n++ == i) {       \
		__VA_ARGS__;  \
	}
	DISK_CASES
#undef CASE
}

/* --- cards ------------------------------------------------------------------------------------------- */

static netif_rx_response_t *frame_part(netif_rx_sring_t *rx, u32 at, s64 bytes, u16 flags)
{
	netif_rx_response_t *rsp = &rx->ring[at].rsp;

	*rsp = (netif_rx_response_t){ .id = at, .flags = flags, .status = bytes };
	return rsp;
}

static void endless(netif_rx_sring_t *rx, s64 bytes)
{
	u32 i;

	for (i = 0; i < 200; i++)
		frame_part(rx, i, bytes, NETRXF_more_data);
	rx->rsp_prod = 200;
}

static void extras(netif_rx_sring_t *rx, u32 n, u8 type)
{
	netif_extra_info_t e = { .type = type, .flags = XEN_NETIF_EXTRA_FLAG_MORE };
	u32 i;

	frame_part(rx, 0, 100, NETRXF_extra_info);
	for (i = 1; i < n; i++)
		memcpy(&rx->ring[i].rsp, &e, sizeof(e));
	rx->rsp_prod = n;
}

#define CARD_CASES                                                                                     \
	CASE("a receiving index far ahead", rx->rsp_prod = 100000)                                     \
	CASE("a receiving index going back", rx->rsp_prod = -5)                                        \
	CASE("a sending index far ahead", tx->rsp_prod = 100000)                                       \
	CASE("a piece of another entry", frame_part(rx, 0, 100, 0)->id = 9; rx->rsp_prod = 1)          \
	CASE("a piece longer than its page", frame_part(rx, 0, 5000, 0); rx->rsp_prod = 1)             \
	CASE("an offset outside of the page", frame_part(rx, 0, 100, 0)->offset = 65535; rx->rsp_prod = 1) \
	CASE("a piece across its page", frame_part(rx, 0, 100, 0)->offset = 4000; rx->rsp_prod = 1)    \
	CASE("a frame without end", endless(rx, 1))                                                    \
	CASE("a frame of 800 KiB", endless(rx, 4096))                                                  \
	CASE("an extra entry of an unknown type", extras(rx, 2, 200))                                  \
	CASE("extra entries without end", extras(rx, 200, XEN_NETIF_EXTRA_TYPE_GSO))

static const char *const card_names[] = {
#define CASE(name, ...) name,
	CARD_CASES
#undef CASE
};

static void card_break(netif_tx_sring_t *tx, netif_rx_sring_t *rx, unsigned int i)
{
	unsigned int n = 0;

#define CASE(name, ...)       \
	if (n++ == i) {       \
		__VA_ARGS__;  \
	}
	CARD_CASES
#undef CASE
}

/* --- both -------------------------------------------------------------------------------------------- */

static bool waits_for(struct victim *v, bool (*there)(struct victim *v), u64 ns)
{
	u64 end = port_time_ns() + ns;

	while (!there(v) && port_time_ns() < end)
		thread_sleep(5 * MSEC);
	return there(v);
}

static bool asked(struct victim *v)
{
	return v->tx.va || READ_ONCE(((blkif_sring_t *)v->disk.va)->req_prod);
}

static bool closed(struct victim *v)
{
	return READ_ONCE(v->dev->peer_state) >= XenbusStateClosing;
}

static void break_it(void *arg)
{
	struct victim *v = arg;
	bool card = v->tx.va, good = waits_for(v, asked, PATIENCE);

	if (card)
		card_break((void *)v->tx.va, (void *)v->rx.va, v->number);
	else
		disk_break((void *)v->disk.va, v->number);
	xen_mb();
	evtchn_send(v->port);
	good = good && waits_for(v, closed, CLOSING);
	judge(card ? "card's back end" : "disk's back end", card ? card_names[v->number] : disk_names[v->number], good,
	      good ? "closed" : "not closed");
}

static void ignore(void *arg)
{
	(void)arg;
}

static bool map(struct victim *v, const char *key, struct grant_map *m)
{
	grant_ref_t ref = xenbus_peer_number(v->dev, key, 0);

	return !grant_map(m, v->dev->peer, &ref, 1, false);
}

static void connect(struct victim *v)
{
	struct xenbus_device *dev = v->dev;
	bool card = !strcmp(dev->driver->type, "vif");
	long port = event_bind(dev->peer, xenbus_peer_number(dev, "event-channel", 0), 0, ignore, NULL);
	bool good = port > 0 && (card ? map(v, "tx-ring-ref", &v->tx) && map(v, "rx-ring-ref", &v->rx) :
					map(v, "ring-ref", &v->disk));

	if (!good) {
		judge(dev->path, "rings", false, "not there");
		return;
	}
	v->port = port;
	v->connected = true;
	xenbus_write(dev, XS_NONE, "sectors", "2048");
	xenbus_write(dev, XS_NONE, "sector-size", "512");
	xenbus_write(dev, XS_NONE, "info", "0");
	xenbus_switch(dev, XenbusStateConnected);
	thread_start("hostile", 0, break_it, v, NULL);
}

static void peer_changed(struct xenbus_device *dev, enum xenbus_state now)
{
	struct victim *v = dev->data;

	if (now == XenbusStateInitialising) {
		xenbus_write(dev, XS_NONE, "feature-rx-copy", "1");
		xenbus_write(dev, XS_NONE, "feature-sg", "1");
		xenbus_switch(dev, XenbusStateInitWait);
	} else if ((now == XenbusStateInitialised || now == XenbusStateConnected) && !v->connected) {
		connect(v);
	}
}

static int probe(struct xenbus_device *dev)
{
	bool card = !strcmp(dev->driver->type, "vif");
	struct victim *v = heap_alloc(sizeof(*v));

	memset(v, 0, sizeof(*v));
	v->dev = dev;
	v->number = card ? cards++ : disks++;
	dev->data = v;
	return v->number < (card ? ARRAY_SIZE(card_names) : ARRAY_SIZE(disk_names)) ? 0 : -1;
}

static void remove(struct xenbus_device *dev)
{
	printk("hostile: %s is gone\n", dev->path);
}

static struct xenbus_driver drivers[] = {
	{ .type = "vbd", .side = XENBUS_BACK, .probe = probe, .peer_changed = peer_changed, .remove = remove },
	{ .type = "vif", .side = XENBUS_BACK, .probe = probe, .peer_changed = peer_changed, .remove = remove },
};

/**
 * hostile_back - serve whoever is given disks and cards of ours, until all cases were played
 */
void hostile_back(void)
{
	xenbus_register(&drivers[0]);
	xenbus_register(&drivers[1]);
	printk("hostile: serves\n");
	while (judged() < ARRAY_SIZE(card_names) + ARRAY_SIZE(disk_names))
		thread_sleep(100 * MSEC);
}
