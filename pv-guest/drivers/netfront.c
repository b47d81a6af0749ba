/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Network front end: what both ends tell each other in the store, and a back end that goes and comes.
 */
#include "drivers/netfront.h"
#include "drivers/drivers.h"
#include "drivers/event.h"
#include "kernel/errno.h"
#include "kernel/heap.h"
#include "kernel/pages.h"
#include "kernel/print.h"

#define FRAME_ORDER 5 /* room for the longest frame */

static struct nic *nics; /* of the store's thread only */

int net_page_give(struct net_page *p, domid_t peer, bool readonly)
{
	p->page = pages_alloc(0);
	if (!p->page)
		return -ENOMEM;
	memset(p->page, 0, PAGE_SIZE);
	p->ref = grant_page(peer, p->page, readonly);
	if (p->ref != GRANT_NONE)
		return 0;
	page_free(p->page);
	p->page = NULL;
	return -ENOSPC;
}

void net_page_take(struct net_page *p)
{
	if (p->page)
		grant_end_later(p->ref, p->page);
	p->page = NULL;
}

/**
 * nic_broken - the other end did what cannot be: stop, and tell the store in its own thread
 */
void nic_broken(struct nic *nic, const char *what, u64 number)
{
	unsigned int i;

	nic->up = false;
	for (i = 0; i < nic->queue_count; i++)
		nic->queues[i]->up = false;
	if (!nic->why[0])
		format(nic->why, sizeof(nic->why), "the back end's ring makes no sense: %s %lu",
		       what, number);
	xs_defer(&nic->broken);
}

/* --- queues ---------------------------------------------------------------------------------------- */

static void on_event(void *arg)
{
	struct net_queue *q = arg;

	sem_up(&q->wake);
}

/* The thread first: it holds no lock where it stops. */
static void queue_close(struct net_queue *q)
{
	unsigned int i;
	bool irqs = spin_lock(&q->lock);

	q->up = false;
	spin_unlock(&q->lock, irqs);
	if (q->thread_runs) {
		WRITE_ONCE(q->thread_stop, true);
		sem_up(&q->wake);
		sem_down(&q->thread_done);
	}
	if (q->rx_port)
		event_close(q->rx_port, q->cpu);
	if (q->tx_port && q->tx_port != q->rx_port)
		event_close(q->tx_port, q->cpu);
	net_page_take(&q->tx_ring);
	net_page_take(&q->rx_ring);
	for (i = 0; i < NET_RING_SIZE; i++) {
		net_page_take(&q->tx_pages[i]);
		net_page_take(&q->rx_pages[i]);
	}
	if (q->rx_frame)
		pages_free(q->rx_frame, FRAME_ORDER);
	q->rx_frame = NULL;
	q->rx_port = q->tx_port = 0;
	q->thread_runs = q->thread_stop = false;
}

static int ports_open(struct net_queue *q)
{
	domid_t peer = q->nic->dev->peer;
	long rx = event_offer(peer, q->cpu, on_event, q), tx = rx;

	if (rx < 0)
		return rx;
	q->rx_port = rx;
	if (q->nic->split)
		tx = event_offer(peer, q->cpu, on_event, q);
	if (tx < 0)
		return tx;
	q->tx_port = tx;
	return 0;
}

/* Never freed: senders may still look at it, and find that it is not up. */
static struct net_queue *queue_of(struct nic *nic, unsigned int i)
{
	struct net_queue *q = nic->queues[i];

	if (!q) {
		q = heap_alloc(sizeof(*q));
		memset(q, 0, sizeof(*q));
		q->nic = nic;
		q->cpu = i;
		nic->queues[i] = q;
	}
	return q;
}

static int queue_open(struct net_queue *q)
{
	int rc;

	q->rx_frame = pages_alloc(FRAME_ORDER);
	rc = q->rx_frame ? tx_open(q) ?: rx_open(q) ?: ports_open(q) : -ENOMEM;
	if (rc) {
		queue_close(q);
		return rc;
	}
	q->thread_runs = true;
	thread_start("netfront", q->cpu, rx_thread, q, &q->thread_done);
	return 0;
}

static void link_told(struct nic *nic, bool link)
{
	if (nic->net.link == link)
		return;
	nic->net.link = link;
	if (nic->net.link_changed)
		nic->net.link_changed(&nic->net);
}

static void disconnect(struct nic *nic)
{
	unsigned int i;

	WRITE_ONCE(nic->up, false);
	for (i = 0; i < nic->queue_count; i++)
		queue_close(nic->queues[i]);
	nic->queue_count = 0;
	link_told(nic, false);
}

/* --- connecting ------------------------------------------------------------------------------------ */

static int publish_queue(struct xenbus_device *dev, struct net_queue *q, u32 tx, const char *prefix)
{
	const struct {
		const char *key;
		u32 value;
	} keys[] = {
		{ "tx-ring-ref", q->tx_ring.ref },
		{ "rx-ring-ref", q->rx_ring.ref },
		{ q->nic->split ? "event-channel-tx" : "event-channel", q->tx_port },
		{ q->nic->split ? "event-channel-rx" : "event-channel", q->rx_port },
	};
	char key[40];
	unsigned int i;
	int rc = 0;

	for (i = 0; i < ARRAY_SIZE(keys) && !rc; i++) {
		format(key, sizeof(key), "%s%s", prefix, keys[i].key);
		rc = xenbus_write(dev, tx, key, "%u", keys[i].value);
	}
	return rc;
}

static int publish(struct xenbus_device *dev, u32 tx)
{
	static const char *const features[] = { "request-rx-copy", "feature-rx-notify",
						"feature-sg", "feature-gso-tcpv4" };
	struct nic *nic = dev->data;
	char prefix[20] = "";
	unsigned int i;
	int rc = 0;

	if (nic->queue_count > 1)
		rc = xenbus_write(dev, tx, "multi-queue-num-queues", "%u", nic->queue_count);
	for (i = 0; i < nic->queue_count && !rc; i++) {
		if (nic->queue_count > 1)
			format(prefix, sizeof(prefix), "queue-%u/", i);
		rc = publish_queue(dev, nic->queues[i], tx, prefix);
	}
	for (i = 0; i < ARRAY_SIZE(features) && !rc; i++)
		rc = xenbus_write(dev, tx, features[i], "1");
	return rc;
}

static bool hex_digit(char c, u8 *digit)
{
	if (c >= '0' && c <= '9')
		*digit = c - '0';
	else if ((c | 32) >= 'a' && (c | 32) <= 'f')
		*digit = (c | 32) - 'a' + 10;
	else
		return false;
	return true;
}

/* "00:16:3e:01:02:03", in our own node or, as some tools do, in the other end's. */
static bool read_mac(struct xenbus_device *dev, u8 mac[6])
{
	char text[20];
	unsigned int i;
	u8 hi, lo;

	if (xenbus_read(dev, "mac", text, sizeof(text)) != 17 &&
	    xenbus_peer_read(dev, "mac", text, sizeof(text)) != 17)
		return false;
	for (i = 0; i < 6; i++) {
		if (!hex_digit(text[3 * i], &hi) || !hex_digit(text[3 * i + 1], &lo) ||
		    (i < 5 && text[3 * i + 2] != ':'))
			return false;
		mac[i] = hi << 4 | lo;
	}
	return true;
}

/* What the back end says before it waits for us. */
static int read_properties(struct nic *nic)
{
	struct xenbus_device *dev = nic->dev;
	struct net_device *net = &nic->net;
	u64 mtu = xenbus_number(dev, "mtu", xenbus_peer_number(dev, "mtu", 1500));

	if (!xenbus_peer_number(dev, "feature-rx-copy", 0))
		return -EOPNOTSUPP;
	if (!read_mac(dev, net->mac))
		return -EINVAL;
	nic->split = xenbus_peer_number(dev, "feature-split-event-channels", 0);
	nic->sg = xenbus_peer_number(dev, "feature-sg", 0);
	net->can_csum = !xenbus_peer_number(dev, "feature-no-csum-offload", 0);
	net->gso_max = nic->sg && net->can_csum && xenbus_peer_number(dev, "feature-gso-tcpv4", 0)
			       ? 65535
			       : 0;
	net->mtu = mtu < 68 || mtu > (nic->sg ? 65521 : 4082) ? 1500 : mtu;
	return 0;
}

static void offer(struct nic *nic)
{
	struct xenbus_device *dev = nic->dev;
	u64 queues = xenbus_peer_number(dev, "multi-queue-max-queues", 1);
	unsigned int want = MIN(MIN(queues ? queues : 1, cpu_count), (u64)NET_QUEUES_MAX);
	int rc;

	disconnect(nic);
	nic->why[0] = 0;
	rc = grants_lingering() > LINGERING_MAX ? -ENOSPC : read_properties(nic);
	while (!rc && nic->queue_count < want) {
		rc = queue_open(queue_of(nic, nic->queue_count));
		nic->queue_count += !rc;
	}
	if (!rc)
		rc = xenbus_publish(dev, publish);
	if (rc) {
		xenbus_fatal(dev, rc, "cannot offer rings: error %d", rc);
		disconnect(nic);
		return;
	}
	xenbus_switch(dev, XenbusStateConnected);
}

/* Again, after a driver left and came back: it has taken over the rings as they were. */
static void connected(struct nic *nic)
{
	unsigned int i;

	if (nic->dev->state != XenbusStateConnected)
		return;
	for (i = 0; i < nic->queue_count; i++) {
		struct net_queue *q = nic->queues[i];

		WRITE_ONCE(q->up, true);
		evtchn_send(q->tx_port);
		evtchn_send(q->rx_port);
		sem_up(&q->wake);
	}
	if (!nic->up)
		printk("%s: %02x:%02x:%02x:%02x:%02x:%02x, mtu %u, %s%s%s%u queues\n",
		       nic->net.name, nic->net.mac[0], nic->net.mac[1], nic->net.mac[2],
		       nic->net.mac[3], nic->net.mac[4], nic->net.mac[5], nic->net.mtu,
		       nic->sg ? "sg, " : "", nic->net.can_csum ? "csum, " : "",
		       nic->net.gso_max ? "gso, " : "", nic->queue_count);
	WRITE_ONCE(nic->up, true);
	if (net_find(nic->net.name) != &nic->net)
		net_register(&nic->net);
	link_told(nic, true);
}

static void on_broken(void *arg)
{
	struct nic *nic = arg;

	if (nic->dev && !nic->dev->failed)
		xenbus_fatal(nic->dev, -EIO, "%s", nic->why);
	disconnect(nic);
}

static void peer_changed(struct xenbus_device *dev, enum xenbus_state now)
{
	struct nic *nic = dev->data;

	switch (now) {
	case XenbusStateInitWait:
		if (dev->state == XenbusStateInitialising || dev->state == XenbusStateClosed)
			offer(nic);
		break;
	case XenbusStateConnected: connected(nic); break;
	case XenbusStateClosing:
	case XenbusStateClosed:
		disconnect(nic);
		xenbus_switch(dev, XenbusStateClosed);
		break;
	case XenbusStateUnknown:
		disconnect(nic);
		if (dev->state != XenbusStateInitialising)
			xenbus_switch(dev, XenbusStateClosed);
		break;
	default: break;
	}
}

/* --- attaching and detaching ------------------------------------------------------------------------ */

static int probe(struct xenbus_device *dev)
{
	char name[sizeof(((struct net_device *)0)->name)];
	struct nic *nic;

	format(name, sizeof(name), "eth%lu", dev->id);
	for (nic = nics; nic && strcmp(nic->net.name, name); nic = nic->next)
		;
	if (!nic) {
		nic = heap_alloc(sizeof(*nic));
		memset(nic, 0, sizeof(*nic));
		memcpy(nic->net.name, name, sizeof(name));
		nic->net.send = net_send;
		nic->net.driver = nic;
		nic->user.count = 1;
		nic->broken = (struct xs_work){ .fn = on_broken, .arg = nic };
		nic->next = nics;
		nics = nic;
	}
	nic->dev = dev;
	dev->data = nic;
	return 0;
}

static void remove(struct xenbus_device *dev)
{
	struct nic *nic = dev->data;

	printk("%s: detached\n", nic->net.name);
	xs_cancel(&nic->broken);
	disconnect(nic);
	nic->dev = NULL;
}

static struct xenbus_driver driver = {
	.type = "vif",
	.side = XENBUS_FRONT,
	.probe = probe,
	.peer_changed = peer_changed,
	.remove = remove,
};

int netfront_start(void)
{
	return xenbus_register(&driver);
}
