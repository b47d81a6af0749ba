/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Network back end: cards of other domains, as the tools write them into the store:
 * backend/vif/DOMAIN/NUMBER, joined by the bridge of the name given there.
 */
#include "drivers/back/back.h"
#include "drivers/back/netback.h"
#include "drivers/event.h"
#include "kernel/cpu.h"
#include "kernel/errno.h"
#include "kernel/heap.h"
#include "kernel/pages.h"
#include "kernel/print.h"

/* --- what is wrong, and groups: from any thread ------------------------------------------------------ */

/**
 * vif_broken - the ring makes no sense: nothing is taken from it any more, the store's thread does the rest
 */
void vif_broken(struct vifq *q, const char *what, u64 number)
{
	struct vif *vif = q->vif;

	if (!__atomic_exchange_n(&q->broken, true, __ATOMIC_ACQ_REL))
		format(vif->why, sizeof(vif->why), "the front end's ring makes no sense: %s %lu", what, number);
	xs_defer(&vif->broken);
}

void vif_complain(struct vif *vif, const char *what, u64 number)
{
	if (__atomic_fetch_add(&vif->complaints, 1, __ATOMIC_RELAXED) < VIF_COMPLAINTS)
		printk("%s: refused: %s %lu\n", vif->name, what, number);
}

static u8 (*group_find(struct vif *vif, const u8 *group))[6]
{
	unsigned int i;

	for (i = 0; i < vif->group_count; i++)
		if (!memcmp(vif->groups[i], group, 6))
			return &vif->groups[i];
	return NULL;
}

/**
 * vif_group - a group is wanted, or not any more
 * Return: false: that is no group, or too many are asked for
 */
bool vif_group(struct vif *vif, const u8 *group, bool add)
{
	bool irqs = spin_lock(&vif->groups_lock), good = group[0] & 1;
	u8(*found)[6] = group_find(vif, group);

	if (good && add && !found) {
		good = vif->group_count < VIF_GROUPS_MAX;
		if (good)
			memcpy(vif->groups[vif->group_count++], group, 6);
	} else if (good && !add && found) {
		memcpy(*found, vif->groups[--vif->group_count], 6);
	}
	spin_unlock(&vif->groups_lock, irqs);
	return good;
}

/**
 * vif_wants - whether frames to a group go to this guest: to all, and to those it asked for, if it asks at all
 */
bool vif_wants(struct bridge_port *port, const u8 *group)
{
	static const u8 all[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	struct vif *vif = (struct vif *)port;
	bool irqs, wants;

	if (!vif->groups_asked || !memcmp(group, all, 6))
		return true;
	irqs = spin_lock(&vif->groups_lock);
	wants = group_find(vif, group);
	spin_unlock(&vif->groups_lock, irqs);
	return wants;
}

/* --- queues ---------------------------------------------------------------------------------------- */

static void queue_event(void *arg)
{
	struct vifq *q = arg;

	sem_up(&q->wake);
}

static void queue_thread(void *arg)
{
	struct vifq *q = arg;

	while (!READ_ONCE(q->stop)) {
		bool some = false;

		if (!READ_ONCE(q->broken)) {
			rx_kept_send(q);
			some = tx_batch(q);
		}
		if (!some && !READ_ONCE(q->stop))
			sem_down(&q->wake);
	}
}

static int read_u32(struct vifq *q, const char *prefix, const char *key, u32 *value)
{
	char path[40];
	u64 v;

	format(path, sizeof(path), "%s%s", prefix, key);
	v = xenbus_peer_number(q->vif->dev, path, ~0UL);
	*value = v;
	return v <= UINT32_MAX ? 0 : -ENOENT;
}

/* One port for both directions, or one for each. */
static int ports_bind(struct vifq *q, const char *prefix)
{
	domid_t peer = q->vif->peer;
	u32 tx, rx;
	long port;

	if (!read_u32(q, prefix, "event-channel", &tx))
		rx = 0;
	else if (read_u32(q, prefix, "event-channel-tx", &tx) || read_u32(q, prefix, "event-channel-rx", &rx))
		return -ENOENT;
	port = event_bind(peer, tx, q->cpu, queue_event, q);
	if (port < 0)
		return port;
	q->tx_port = q->rx_port = port;
	if (!rx)
		return 0;
	port = event_bind(peer, rx, q->cpu, queue_event, q);
	if (port >= 0)
		q->rx_port = port;
	return port < 0 ? port : 0;
}

static int rings_map(struct vifq *q, const char *prefix)
{
	grant_ref_t tx, rx;
	int rc = read_u32(q, prefix, "tx-ring-ref", &tx) ?: read_u32(q, prefix, "rx-ring-ref", &rx) ?:
		 grant_map(&q->tx_page, q->vif->peer, &tx, 1, false) ?:
		 grant_map(&q->rx_page, q->vif->peer, &rx, 1, false);
	netif_tx_sring_t *txs = (netif_tx_sring_t *)q->tx_page.va;
	netif_rx_sring_t *rxs = (netif_rx_sring_t *)q->rx_page.va;

	if (rc)
		return rc;
	BACK_RING_ATTACH(&q->tx, txs, READ_ONCE(txs->rsp_prod), PAGE_SIZE);
	BACK_RING_ATTACH(&q->rx, rxs, READ_ONCE(rxs->rsp_prod), PAGE_SIZE);
	return ring_requests(&q->tx) == RING_BROKEN || ring_requests(&q->rx) == RING_BROKEN ? -EINVAL : 0;
}

/* What queue_open() has done so far; no thread runs, nobody sends. */
static void queue_free(struct vifq *q)
{
	if (q->rx_port && q->rx_port != q->tx_port)
		event_close(q->rx_port, q->cpu);
	if (q->tx_port)
		event_close(q->tx_port, q->cpu);
	grant_unmap(&q->tx_page);
	grant_unmap(&q->rx_page);
	rx_kept_free(q);
	if (q->buffer)
		pages_free(q->buffer, TX_BUFFER_ORDER);
	heap_free(q, sizeof(*q));
}

static int queue_open(struct vif *vif, unsigned int i, const char *prefix)
{
	struct vifq *q = heap_alloc(sizeof(*q));
	int rc;

	memset(q, 0, sizeof(*q));
	q->vif = vif;
	q->index = i;
	q->cpu = i % cpu_count;
	q->kept_end = &q->kept;
	q->buffer = pages_alloc(TX_BUFFER_ORDER);
	rc = q->buffer ? rings_map(q, prefix) ?: ports_bind(q, prefix) : -ENOMEM;
	if (rc) {
		queue_free(q);
		return rc;
	}
	q->up = true;
	vif->queues[vif->queue_count++] = q;
	return 0;
}

/* Threads first: they send to others; then the bridge, whose ports send to us; then what both used. */
static void disconnect(struct vif *vif)
{
	unsigned int i;

	for (i = 0; i < vif->queue_count; i++) {
		struct vifq *q = vif->queues[i];

		if (!q->thread_runs)
			continue;
		WRITE_ONCE(q->stop, true);
		sem_up(&q->wake);
		sem_down(&q->done);
	}
	if (vif->port.bridge)
		bridge_leave(&vif->port);
	vif->port.bridge = NULL;
	while (vif->queue_count)
		queue_free(vif->queues[--vif->queue_count]);
}

/* --- connecting ------------------------------------------------------------------------------------ */

static int join(struct vif *vif)
{
	char name[32] = "bridge";
	struct bridge *b;
	int rc;

	xenbus_read(vif->dev, "bridge", name, sizeof(name));
	b = bridge_named(name);
	rc = bridge_join(b, &vif->port);
	if (rc)
		vif->port.bridge = NULL;
	else if (!vif->told)
		printk("%s: domain %u is in %s by %u queues\n", vif->name, vif->peer, name, vif->queue_count);
	vif->told |= !rc;
	return rc;
}

static int open_rings(struct vif *vif)
{
	struct xenbus_device *dev = vif->dev;
	u64 count = xenbus_peer_number(dev, "multi-queue-num-queues", 1);
	char prefix[20] = "";
	unsigned int i;
	int rc = 0;

	if (!count || count > MIN(cpu_count, VIF_QUEUES_MAX) || !xenbus_peer_number(dev, "request-rx-copy", 0))
		return -EINVAL;
	vif->sg = xenbus_peer_number(dev, "feature-sg", 0);
	vif->gso = vif->sg && xenbus_peer_number(dev, "feature-gso-tcpv4", 0);
	vif->csum = !xenbus_peer_number(dev, "feature-no-csum-offload", 0);
	vif->groups_asked = xenbus_peer_number(dev, "request-multicast-control", 0);
	vif->group_count = 0;
	for (i = 0; i < count && !rc; i++) {
		if (count > 1)
			format(prefix, sizeof(prefix), "queue-%u/", i);
		rc = queue_open(vif, i, prefix);
	}
	return rc;
}

static void connect(struct vif *vif)
{
	int rc = open_rings(vif) ?: join(vif);
	unsigned int i;

	if (rc) {
		xenbus_fatal(vif->dev, rc, "cannot use the front end's rings: error %d", rc);
		disconnect(vif);
		return;
	}
	for (i = 0; i < vif->queue_count; i++) {
		vif->queues[i]->thread_runs = true;
		thread_start("netback", vif->queues[i]->cpu, queue_thread, vif->queues[i], &vif->queues[i]->done);
	}
	xenbus_switch(vif->dev, XenbusStateConnected);
}

static int publish(struct xenbus_device *dev, u32 tx)
{
	static const char *const features[] = { "feature-sg", "feature-gso-tcpv4", "feature-rx-copy",
						"feature-split-event-channels", "feature-multicast-control" };
	unsigned int i;
	int rc = xenbus_write(dev, tx, "multi-queue-max-queues", "%u", MIN(cpu_count, VIF_QUEUES_MAX));

	for (i = 0; i < ARRAY_SIZE(features) && !rc; i++)
		rc = xenbus_write(dev, tx, features[i], "1");
	return rc;
}

/* --- states ---------------------------------------------------------------------------------------- */

static void on_broken(void *arg)
{
	struct vif *vif = arg;

	if (!vif->dev->failed)
		xenbus_fatal(vif->dev, -EIO, "%s", vif->why);
	disconnect(vif);
}

static void peer_changed(struct xenbus_device *dev, enum xenbus_state now)
{
	struct vif *vif = dev->data;
	bool online = xenbus_number(dev, "online", 1) && !vif->told_to_close;

	if (now != XenbusStateConnected && now != XenbusStateInitialised)
		disconnect(vif);
	if (now == XenbusStateClosing)
		xenbus_switch(dev, XenbusStateClosing);
	else if (now == XenbusStateClosed || now == XenbusStateUnknown)
		xenbus_switch(dev, XenbusStateClosed);
	else if (now == XenbusStateInitialising && !online)
		xenbus_switch(dev, XenbusStateClosed);
	else if (now == XenbusStateInitialising && dev->state != XenbusStateInitWait &&
		 !xenbus_publish(dev, publish))
		xenbus_switch(dev, XenbusStateInitWait);
	else if (now == XenbusStateConnected && dev->state == XenbusStateInitWait)
		connect(vif);
}

/* The tools ask us to close by writing our state.  A front end that is there is asked by that, too. */
static void own_changed(struct xenbus_device *dev, const char *key)
{
	struct vif *vif = dev->data;

	if (strcmp(key, "state") || xenbus_number(dev, "state", 0) != XenbusStateClosing)
		return;
	if (dev->state == XenbusStateClosing)
		return; /* our own words */
	vif->told_to_close = true;
	dev->state = XenbusStateClosing;
	if (!vif->queue_count)
		peer_changed(dev, dev->peer_state);
}

static int probe(struct xenbus_device *dev)
{
	struct vif *vif = heap_alloc(sizeof(*vif));

	memset(vif, 0, sizeof(*vif));
	vif->dev = dev;
	vif->peer = dev->peer;
	memcpy(vif->name, dev->path, sizeof(vif->name));
	vif->port = (struct bridge_port){ .name = vif->name, .send = vif_send, .flush = vif_flush, .wants = vif_wants };
	vif->broken = (struct xs_work){ .fn = on_broken, .arg = vif };
	dev->data = vif;
	return 0;
}

static void remove(struct xenbus_device *dev)
{
	struct vif *vif = dev->data;

	disconnect(vif);
	xs_cancel(&vif->broken);
	printk("%s: removed, frames lost: %lu from it, %lu to it\n", vif->name, vif->tx_dropped, vif->rx_dropped);
	heap_free(vif, sizeof(*vif));
}

static struct xenbus_driver driver = {
	.type = "vif",
	.side = XENBUS_BACK,
	.probe = probe,
	.peer_changed = peer_changed,
	.own_changed = own_changed,
	.remove = remove,
};

int netback_start(void)
{
	return xenbus_register(&driver);
}
