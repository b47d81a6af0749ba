/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Block front end: what both ends tell each other in the store, and a back end that goes and comes.
 *
 * A disk stays in our list for good, since who reads and writes holds on to it; a disk that is
 * attached again under the same number is the same one.
 */
#include "drivers/blkfront.h"
#include "drivers/drivers.h"
#include "kernel/errno.h"
#include "kernel/heap.h"
#include "kernel/pages.h"
#include "kernel/print.h"
#include "kernel/timer.h"

#define DRAIN_TIME (2 * SEC)

static struct disk *disks; /* of the store's thread only */

/* Numbers as the tools give them: major and minor of old, or bit 28 and 256 partitions a disk. */
static void name_of(u64 id, char *name, size_t size)
{
	static const struct {
		u32 major;
		const char *name;
		u32 shift;
	} kinds[] = { { 202, "xvd", 4 }, { 8, "sd", 4 }, { 3, "hd", 6 } };
	u64 disk = ~0UL, part = 0;
	const char *kind = "xvd";
	unsigned int i;

	if (id >> 28 == 1) {
		disk = id >> 8 & 0xfffff;
		part = id & 0xff;
	}
	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (id >> 8 == kinds[i].major) {
			kind = kinds[i].name;
			disk = (id & 0xff) >> kinds[i].shift;
			part = id & ((1 << kinds[i].shift) - 1);
		}
	if (disk >= 26)
		format(name, size, "vbd%lu", id);
	else if (part)
		format(name, size, "%s%c%lu", kind, (char)('a' + disk), part);
	else
		format(name, size, "%s%c", kind, (char)('a' + disk));
}

static void queues_close(struct disk *disk)
{
	unsigned int i;

	for (i = 0; i < MAX_CPUS; i++)
		queue_close(&disk->queues[i]);
}

/* Nobody gets an answer any more from now on: all who wait, and all who ask, get an error. */
static void disk_end(struct disk *disk, int rc)
{
	disk->dead = rc;
	queues_close(disk);
	disk_fail_backlog(disk, rc);
	disk_wake(disk);
}

/* This back end gets no second chance. */
static void give_up(struct disk *disk, int rc, const char *why)
{
	xenbus_fatal(disk->dev, rc, "%s", why);
	disk_end(disk, -EIO);
}

/* --- connecting ------------------------------------------------------------------------------------ */

static int publish_queue(struct disk *disk, struct queue *q, u32 tx, const char *prefix)
{
	struct xenbus_device *dev = disk->dev;
	char key[40];
	unsigned int i;
	int rc = 0;

	for (i = 0; i < 1U << q->ring_order && !rc; i++) {
		if (q->ring_order)
			format(key, sizeof(key), "%sring-ref%u", prefix, i);
		else
			format(key, sizeof(key), "%sring-ref", prefix);
		rc = xenbus_write(dev, tx, key, "%u", q->ring_refs[i]);
	}
	format(key, sizeof(key), "%sevent-channel", prefix);
	return rc ?: xenbus_write(dev, tx, key, "%u", q->port);
}

static int publish(struct xenbus_device *dev, u32 tx)
{
	struct disk *disk = dev->data;
	unsigned int order = disk->queues[0].ring_order, i;
	char prefix[20] = "";
	int rc = 0;

	if (order)
		rc = xenbus_write(dev, tx, "ring-page-order", "%u", order)
			     ?: xenbus_write(dev, tx, "num-ring-pages", "%u", 1 << order);
	if (disk->queue_count > 1)
		rc = rc ?: xenbus_write(dev, tx, "multi-queue-num-queues", "%u", disk->queue_count);
	for (i = 0; i < disk->queue_count && !rc; i++) {
		if (disk->queue_count > 1)
			format(prefix, sizeof(prefix), "queue-%u/", i);
		rc = publish_queue(disk, &disk->queues[i], tx, prefix);
	}
	return rc ?: xenbus_write(dev, tx, "protocol", "x86_64-abi") ?:
		     xenbus_write(dev, tx, "feature-persistent", "1") ?:
		     xenbus_write(dev, tx, "feature-large-sector-size", "1");
}

/* The back end waits: rings and ports of our own, as many and as big as it takes. */
static void offer(struct disk *disk)
{
	struct xenbus_device *dev = disk->dev;
	u64 order = xenbus_peer_number(dev, "max-ring-page-order", 0);
	u64 queues = xenbus_peer_number(dev, "multi-queue-max-queues", 1);
	unsigned int i;
	int rc;

	queues_close(disk);
	rc = grants_lingering() > LINGERING_MAX ? -ENOSPC : 0;
	disk->closing = false;
	disk->dead = 0;
	disk->why[0] = 0;
	disk->queue_count = MIN(MIN(queues ? queues : 1, cpu_count), (u64)MAX_CPUS);
	for (i = 0; i < disk->queue_count && !rc; i++)
		rc = queue_open(&disk->queues[i], dev, MIN(order, (u64)RING_ORDER_MAX));
	if (!rc)
		rc = xenbus_publish(dev, publish);
	if (rc)
		give_up(disk, rc,
			rc == -ENOSPC ? "too many pages are kept from us" : "cannot offer rings");
	else
		xenbus_switch(dev, XenbusStateInitialised);
}

/* What the disk is like.  Return: -EINVAL for what cannot be. */
static int read_properties(struct disk *disk)
{
	struct xenbus_device *dev = disk->dev;
	struct block_device *block = &disk->block;
	u64 sectors = xenbus_peer_number(dev, "sectors", 0);
	u64 size = xenbus_peer_number(dev, "sector-size", BLOCK_SECTOR);
	u64 indirect = xenbus_peer_number(dev, "feature-max-indirect-segments", 0);
	char mode[4] = "";

	if (!sectors || sectors > ~0UL / BLOCK_SECTOR)
		return -EINVAL;
	if (size != BLOCK_SECTOR && size != PAGE_SIZE)
		return -EINVAL;
	xenbus_peer_read(dev, "mode", mode, sizeof(mode));
	disk->segments = indirect > BLKIF_MAX_SEGMENTS_PER_REQUEST
				 ? MIN(indirect, (u64)SEGMENTS_MAX)
				 : BLKIF_MAX_SEGMENTS_PER_REQUEST;
	disk->flush_op = -1;
	if (xenbus_peer_number(dev, "feature-barrier", 0))
		disk->flush_op = BLKIF_OP_WRITE_BARRIER;
	if (xenbus_peer_number(dev, "feature-flush-cache", 0))
		disk->flush_op = BLKIF_OP_FLUSH_DISKCACHE;
	block->sectors = sectors;
	block->sector_bytes = size;
	block->max_bytes = disk->segments * PAGE_SIZE;
	block->read_only = mode[0] == 'r' || xenbus_peer_number(dev, "info", 0) & VDISK_READONLY;
	block->can_flush = disk->flush_op >= 0;
	block->can_discard = xenbus_peer_number(dev, "feature-discard", 0);
	return 0;
}

/*
 * The back end has our rings.  It may say so again: a size that changed, or a driver that left and
 * came back and has taken over the rings as they were.
 */
static void connected(struct disk *disk)
{
	struct xenbus_device *dev = disk->dev;
	struct block_device *block = &disk->block;
	bool first = dev->state == XenbusStateInitialised;
	unsigned int i;

	if (!first && dev->state != XenbusStateConnected)
		return;
	if (read_properties(disk)) {
		give_up(disk, -EINVAL, "sectors or sector-size cannot be");
		return;
	}
	if (first) {
		printk("%s: %lu KiB, sectors of %u, %s%s%s%u queues of %u requests, %u pages "
		       "each\n",
		       block->name, block->sectors / 2, block->sector_bytes,
		       block->read_only ? "read-only, " : "", block->can_flush ? "flush, " : "",
		       block->can_discard ? "discard, " : "", disk->queue_count,
		       disk->queues[0].ring.nr_ents, disk->segments);
		xenbus_switch(dev, XenbusStateConnected);
	}
	for (i = 0; i < disk->queue_count; i++) {
		queue_start(&disk->queues[i]);
		evtchn_send(disk->queues[i].port);
	}
	if (block_find(block->name) != block)
		block_register(block);
}

/* --- disconnecting --------------------------------------------------------------------------------- */

/* No new requests; what the back end has is given some time. */
static void drain(struct disk *disk)
{
	u64 end = port_time_ns() + DRAIN_TIME;
	unsigned int i;

	WRITE_ONCE(disk->closing, true);
	for (i = 0; i < disk->queue_count; i++) {
		struct queue *q = &disk->queues[i];

		while (READ_ONCE(q->up) && READ_ONCE(q->in_flight) && port_time_ns() < end)
			thread_sleep(MSEC);
	}
}

/* The back end goes: what it has not answered is kept for the next one. */
static void disconnect(struct disk *disk)
{
	if (disk->queues[0].ring_pages)
		printk("%s: the back end goes\n", disk->block.name);
	queues_close(disk);
}

static void on_broken(void *arg)
{
	struct disk *disk = arg;

	if (disk->dev && !disk->dev->failed)
		give_up(disk, -EIO, disk->why);
}

static void peer_changed(struct xenbus_device *dev, enum xenbus_state now)
{
	struct disk *disk = dev->data;

	switch (now) {
	case XenbusStateInitWait:
		/* Connected: a driver that was taken off and put back; it will find our rings. */
		if (dev->state == XenbusStateInitialising || dev->state == XenbusStateClosed)
			offer(disk);
		break;
	case XenbusStateConnected: connected(disk); break;
	case XenbusStateClosing:
		drain(disk);
		/* fallthrough */
	case XenbusStateClosed:
		disconnect(disk);
		xenbus_switch(dev, XenbusStateClosed);
		break;
	case XenbusStateUnknown:
		disconnect(disk);
		if (dev->state != XenbusStateInitialising)
			xenbus_switch(dev, XenbusStateClosed);
		break;
	default: break;
	}
}

/* --- attaching and detaching ------------------------------------------------------------------------ */

static struct disk *disk_new(const char *name)
{
	struct disk *disk = heap_alloc(sizeof(*disk));
	unsigned int i;

	memset(disk, 0, sizeof(*disk));
	memcpy(disk->block.name, name, strlen(name) + 1);
	disk->block.submit = queue_submit;
	disk->block.driver = disk;
	disk->queue_count = 1;
	disk->backlog_end = &disk->backlog;
	disk->broken = (struct xs_work){ .fn = on_broken, .arg = disk };
	for (i = 0; i < MAX_CPUS; i++) {
		disk->queues[i].disk = disk;
		disk->queues[i].cpu = i;
	}
	disk->next = disks;
	disks = disk;
	return disk;
}

static int probe(struct xenbus_device *dev)
{
	char name[sizeof(((struct block_device *)0)->name)];
	struct disk *disk;

	name_of(dev->id, name, sizeof(name));
	for (disk = disks; disk && strcmp(disk->block.name, name); disk = disk->next)
		;
	if (!disk)
		disk = disk_new(name);
	disk->dead = 0;
	disk->dev = dev;
	dev->data = disk;
	return 0;
}

static void remove(struct xenbus_device *dev)
{
	struct disk *disk = dev->data;

	printk("%s: detached\n", disk->block.name);
	xs_cancel(&disk->broken);
	block_unregister(&disk->block);
	disk_end(disk, -ENODEV);
	disk->dev = NULL;
}

static struct xenbus_driver driver = {
	.type = "vbd",
	.side = XENBUS_FRONT,
	.probe = probe,
	.peer_changed = peer_changed,
	.remove = remove,
};

int blkfront_start(void)
{
	return xenbus_register(&driver);
}
