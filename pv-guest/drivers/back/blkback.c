/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Block back end: disks of ours that other domains may use, as the tools write it into the store:
 * backend/vbd/DOMAIN/NUMBER with params = the name of a disk.
 *
 * Its threads end by themselves, as soon as the disk has answered all they asked: the store's thread
 * waits for none of them, so a disk that does not answer delays nobody else.
 */
#include "drivers/back/back.h"
#include "drivers/back/blkback.h"
#include "drivers/event.h"
#include "kernel/cpu.h"
#include "kernel/errno.h"
#include "kernel/heap.h"
#include "kernel/pages.h"
#include "kernel/print.h"

static void evaluate(struct xenbus_device *dev);

/* --- queues ---------------------------------------------------------------------------------------- */

static struct blkq *queue_make(struct vbd *vbd, unsigned int cpu)
{
	struct blkq *q = heap_alloc(sizeof(*q));
	unsigned int i;

	memset(q, 0, sizeof(*q));
	q->vbd = vbd;
	q->cpu = cpu;
	q->descriptors = page_alloc();
	for (i = 0; i < BACK_DEPTH; i++) {
		q->ios[i].q = q;
		q->ios[i].next = q->idle;
		q->idle = &q->ios[i];
	}
	return q;
}

static void queue_free(struct blkq *q)
{
	page_free(q->descriptors);
	heap_free(q, sizeof(*q));
}

static int read_ref(struct vbd *vbd, const char *prefix, const char *key, u32 *value)
{
	char path[40];
	u64 v;

	format(path, sizeof(path), "%s%s", prefix, key);
	v = xenbus_peer_number(vbd->dev, path, ~0UL);
	*value = v;
	return v <= UINT32_MAX ? 0 : -EINVAL;
}

/* The indices of a ring that was in use before say where to go on. */
static int ring_attach(struct blkq *q, unsigned int order)
{
	blkif_sring_t *ring = (blkif_sring_t *)q->pages.va;
	RING_IDX at = READ_ONCE(ring->rsp_prod);

	BACK_RING_ATTACH(&q->ring, ring, at, PAGE_SIZE << order);
	return ring_requests(&q->ring) == RING_BROKEN ? -EINVAL : 0;
}

/* Map a ring and bind its port.  On error nothing is left. */
static int queue_open(struct blkq *q, const char *prefix, bool single, unsigned int order)
{
	struct vbd *vbd = q->vbd;
	u32 refs[1 << BACK_ORDER_MAX], port = 0, i;
	char key[16];
	long ours;
	int rc = 0;

	for (i = 0; i < 1U << order && !rc; i++) {
		format(key, sizeof(key), "ring-ref%u", i);
		rc = read_ref(vbd, prefix, single ? "ring-ref" : key, &refs[i]);
	}
	rc = rc ?: read_ref(vbd, prefix, "event-channel", &port) ?:
		   grant_map(&q->pages, vbd->peer, refs, 1 << order, false);
	if (rc)
		return rc;
	ours = ring_attach(q, order) ?: event_bind(vbd->peer, port, q->cpu, blkq_event, q);
	if (ours < 0)
		grant_unmap(&q->pages);
	q->port = ours;
	return ours < 0 ? ours : 0;
}

static void queues_stop(struct vbd *vbd)
{
	unsigned int i;

	for (i = 0; i < vbd->queue_count; i++) {
		WRITE_ONCE(vbd->queues[i]->stop, true);
		sem_up(&vbd->queues[i]->wake);
	}
	vbd->stopping = vbd->queue_count;
}

static void queues_free(struct vbd *vbd)
{
	while (vbd->queue_count)
		queue_free(vbd->queues[--vbd->queue_count]);
	vbd->stopping = false;
}

/* --- connecting ------------------------------------------------------------------------------------ */

/* All queues, or none: threads begin when everything is there. */
static int queues_open(struct vbd *vbd, unsigned int count, bool single, unsigned int order)
{
	char prefix[20] = "";
	unsigned int i;
	int rc = 0;

	for (i = 0; i < count && !rc; i++) {
		struct blkq *q = queue_make(vbd, i % cpu_count);

		if (count > 1)
			format(prefix, sizeof(prefix), "queue-%u/", i);
		rc = queue_open(q, prefix, single, order);
		if (rc)
			queue_free(q);
		else
			vbd->queues[vbd->queue_count++] = q;
	}
	vbd->running = vbd->queue_count;
	if (rc)
		queues_stop(vbd);
	for (i = 0; i < vbd->queue_count; i++)
		thread_start("blkback", vbd->queues[i]->cpu, blkq_thread, vbd->queues[i], NULL);
	return rc;
}

static int open_rings(struct vbd *vbd)
{
	struct xenbus_device *dev = vbd->dev;
	u64 order = xenbus_peer_number(dev, "ring-page-order", ~0UL);
	u64 count = xenbus_peer_number(dev, "multi-queue-num-queues", 1);
	char protocol[32] = "x86_64-abi";

	xenbus_peer_read(dev, "protocol", protocol, sizeof(protocol));
	if (strcmp(protocol, "x86_64-abi"))
		return -EOPNOTSUPP;
	if ((order != ~0UL && order > BACK_ORDER_MAX) || !count || count > MIN(cpu_count, BACK_QUEUES_MAX))
		return -EINVAL;
	vbd->can_persist = xenbus_peer_number(dev, "feature-persistent", 0);
	return queues_open(vbd, count, order == ~0UL, order == ~0UL ? 0 : order);
}

static int publish_disk(struct xenbus_device *dev, u32 tx)
{
	struct vbd *vbd = dev->data;

	return xenbus_write(dev, tx, "sectors", "%lu", vbd->block->sectors) ?:
	       xenbus_write(dev, tx, "info", "%u", vbd->read_only ? VDISK_READONLY : 0) ?:
	       xenbus_write(dev, tx, "sector-size", "%u", vbd->block->sector_bytes) ?:
	       xenbus_write(dev, tx, "physical-sector-size", "%u", vbd->block->sector_bytes);
}

/* What is offered before the front end makes its rings. */
static int publish_features(struct xenbus_device *dev, u32 tx)
{
	struct vbd *vbd = dev->data;
	const struct {
		const char *key;
		u32 value;
	} keys[] = {
		{ "feature-flush-cache", vbd->block->can_flush },
		{ "feature-barrier", vbd->block->can_flush },
		{ "feature-discard", vbd->block->can_discard },
		{ "discard-granularity", vbd->block->sector_bytes },
		{ "discard-alignment", 0 },
		{ "discard-secure", 0 },
		{ "feature-persistent", 1 },
		{ "feature-max-indirect-segments", vbd->segments_max },
		{ "max-ring-page-order", BACK_ORDER_MAX },
		{ "multi-queue-max-queues", MIN(cpu_count, BACK_QUEUES_MAX) },
	};
	unsigned int i;
	int rc = 0;

	for (i = 0; i < ARRAY_SIZE(keys) && !rc; i++)
		rc = xenbus_write(dev, tx, keys[i].key, "%u", keys[i].value);
	return rc;
}

static void connect(struct vbd *vbd)
{
	int rc = open_rings(vbd);

	if (!rc)
		rc = xenbus_publish(vbd->dev, publish_disk);
	if (rc) {
		xenbus_fatal(vbd->dev, rc, "cannot use the front end's rings: error %d", rc);
		queues_stop(vbd);
		return;
	}
	if (!vbd->told)
		printk("%s: %s to domain %u, %u queues of %u requests%s\n", vbd->name, vbd->block->name, vbd->peer,
		       vbd->queue_count, vbd->queues[0]->ring.nr_ents, vbd->can_persist ? ", persistent grants" : "");
	vbd->told = true;
	xenbus_switch(vbd->dev, XenbusStateConnected);
}

/* --- states ---------------------------------------------------------------------------------------- */

static bool is_there(enum xenbus_state peer)
{
	return peer == XenbusStateInitialised || peer == XenbusStateConnected;
}

/* No thread runs: what do both states ask for? */
static void evaluate(struct xenbus_device *dev)
{
	struct vbd *vbd = dev->data;
	bool online = xenbus_number(dev, "online", 1) && !vbd->told_to_close;

	if (dev->failed)
		return;
	if (dev->peer_state == XenbusStateClosing)
		xenbus_switch(dev, XenbusStateClosing);
	else if (!online || dev->peer_state == XenbusStateClosed || dev->peer_state == XenbusStateUnknown)
		xenbus_switch(dev, XenbusStateClosed);
	else if (is_there(dev->peer_state) && dev->state == XenbusStateInitWait)
		connect(vbd);
	else if (dev->peer_state == XenbusStateInitialising && dev->state != XenbusStateInitWait &&
		 !xenbus_publish(dev, publish_features))
		xenbus_switch(dev, XenbusStateInitWait);
}

static void vbd_free(struct vbd *vbd)
{
	xs_cancel(&vbd->broken);
	heap_free(vbd, sizeof(*vbd));
}

static void on_ended(void *arg)
{
	struct vbd *vbd = arg;

	queues_free(vbd);
	if (vbd->dev)
		evaluate(vbd->dev);
	else
		vbd_free(vbd);
}

static void on_broken(void *arg)
{
	struct vbd *vbd = arg;

	if (vbd->dev && !vbd->dev->failed)
		xenbus_fatal(vbd->dev, -EIO, "%s", vbd->why);
	queues_stop(vbd);
}

static void peer_changed(struct xenbus_device *dev, enum xenbus_state now)
{
	struct vbd *vbd = dev->data;

	if (!vbd->queue_count) {
		evaluate(dev);
	} else if (!is_there(now)) {
		if (now == XenbusStateClosing)
			xenbus_switch(dev, XenbusStateClosing);
		if (!vbd->stopping)
			queues_stop(vbd); /* the rest follows in on_ended() */
	}
}

/* The tools ask us to close by writing our state.  A front end that is there is asked by that, too. */
static void own_changed(struct xenbus_device *dev, const char *key)
{
	struct vbd *vbd = dev->data;

	if (strcmp(key, "state") || xenbus_number(dev, "state", 0) != XenbusStateClosing)
		return;
	if (dev->state == XenbusStateClosing)
		return; /* our own words */
	vbd->told_to_close = true;
	dev->state = XenbusStateClosing;
	if (!vbd->queue_count && !is_there(dev->peer_state))
		evaluate(dev);
}

/* --- coming and going ------------------------------------------------------------------------------ */

/* "xvdz", also as /dev/xvdz or phy:xvdz */
static struct block_device *disk_named(struct xenbus_device *dev)
{
	char text[64], *name = text, *p;

	if (xenbus_read(dev, "params", text, sizeof(text)) < 0)
		return NULL;
	for (p = text; *p; p++)
		if (*p == '/' || *p == ':')
			name = p + 1;
	return block_find(name);
}

static int refuse(struct xenbus_device *dev, const char *why)
{
	xenbus_fatal(dev, -ENODEV, "%s", why);
	return -ENODEV;
}

static int probe(struct xenbus_device *dev)
{
	struct block_device *block = disk_named(dev);
	struct vbd *vbd;
	char mode[4] = "";

	if (!block)
		return refuse(dev, "params names no disk of this domain");
	if (block->max_bytes < BLKIF_MAX_SEGMENTS_PER_REQUEST * PAGE_SIZE)
		return refuse(dev, "the disk's requests are too short");
	vbd = heap_alloc(sizeof(*vbd));
	memset(vbd, 0, sizeof(*vbd));
	xenbus_read(dev, "mode", mode, sizeof(mode));
	vbd->dev = dev;
	vbd->peer = dev->peer;
	memcpy(vbd->name, dev->path, sizeof(vbd->name));
	vbd->block = block;
	vbd->read_only = mode[0] != 'w' || block->read_only;
	vbd->segments_max = MIN(BACK_SEGMENTS_MAX, block->max_bytes / PAGE_SIZE);
	vbd->broken = (struct xs_work){ .fn = on_broken, .arg = vbd };
	vbd->ended = (struct xs_work){ .fn = on_ended, .arg = vbd };
	dev->data = vbd;
	return 0;
}

/* Threads that run keep what they use until they end. */
static void remove(struct xenbus_device *dev)
{
	struct vbd *vbd = dev->data;

	if (!vbd)
		return;
	printk("%s: removed\n", vbd->name);
	vbd->dev = NULL;
	if (!vbd->queue_count)
		vbd_free(vbd);
	else if (!vbd->stopping)
		queues_stop(vbd);
}

static struct xenbus_driver driver = {
	.type = "vbd",
	.side = XENBUS_BACK,
	.probe = probe,
	.peer_changed = peer_changed,
	.own_changed = own_changed,
	.remove = remove,
};

int blkback_start(void)
{
	return xenbus_register(&driver);
}
