/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The list of block devices, and requests that are waited for.
 */
#include "kernel/block.h"
#include "kernel/errno.h"
#include "kernel/lock.h"
#include "kernel/string.h"
#include "kernel/thread.h"

static struct spinlock list_lock;
static struct block_device *list;

void block_register(struct block_device *dev)
{
	struct block_device **p;
	bool irqs = spin_lock(&list_lock);

	for (p = &list; *p; p = &(*p)->next)
		;
	dev->next = NULL;
	*p = dev;
	spin_unlock(&list_lock, irqs);
}

void block_unregister(struct block_device *dev)
{
	struct block_device **p;
	bool irqs = spin_lock(&list_lock);

	for (p = &list; *p && *p != dev; p = &(*p)->next)
		;
	if (*p)
		*p = dev->next;
	spin_unlock(&list_lock, irqs);
}

struct block_device *block_nth(unsigned int n)
{
	bool irqs = spin_lock(&list_lock);
	struct block_device *dev = list;

	while (dev && n--)
		dev = dev->next;
	spin_unlock(&list_lock, irqs);
	return dev;
}

struct block_device *block_find(const char *name)
{
	struct block_device *dev;
	bool irqs = spin_lock(&list_lock);

	for (dev = list; dev && strcmp(dev->name, name); dev = dev->next)
		;
	spin_unlock(&list_lock, irqs);
	return dev;
}

/* The request is the driver's, or done, once it was taken: what is counted is read before. */
int block_submit(struct block_device *dev, struct block_request *req)
{
	enum block_op op = req->op;
	u64 bytes = req->bytes;
	int rc = dev->submit(dev, req);

	if (!rc) {
		__atomic_fetch_add(&dev->requests[op], 1, __ATOMIC_RELAXED);
		__atomic_fetch_add(&dev->bytes[op], bytes, __ATOMIC_RELAXED);
	}
	return rc;
}

static void wake(struct block_request *req)
{
	sem_up(req->arg);
}

static int one_request(struct block_device *dev, enum block_op op, u64 sector, u8 *data, u64 bytes)
{
	struct sem done = { .count = 0 };
	struct block_request req = {
		.op = op, .sector = sector, .data = data, .bytes = bytes, .done = wake, .arg = &done,
	};
	int rc = block_submit(dev, &req);

	if (rc)
		return rc;
	sem_down(&done);
	return req.result;
}

/* Checked here, so that a driver sees only requests that lie on its device. */
static int many_requests(struct block_device *dev, enum block_op op, u64 sector, u8 *data, u64 bytes)
{
	int rc = 0;

	if (bytes % dev->sector_bytes || sector % (dev->sector_bytes / BLOCK_SECTOR))
		return -EINVAL;
	if (sector > dev->sectors || bytes / BLOCK_SECTOR > dev->sectors - sector)
		return -EINVAL;
	if (dev->read_only && op != BLOCK_READ)
		return -EROFS;
	while (bytes && !rc) {
		u64 now = MIN(bytes, dev->max_bytes);

		rc = one_request(dev, op, sector, data, now);
		sector += now / BLOCK_SECTOR;
		data += data ? now : 0;
		bytes -= now;
	}
	return rc;
}

int block_read(struct block_device *dev, u64 sector, void *data, u64 bytes)
{
	return many_requests(dev, BLOCK_READ, sector, data, bytes);
}

int block_write(struct block_device *dev, u64 sector, const void *data, u64 bytes)
{
	return many_requests(dev, BLOCK_WRITE, sector, (u8 *)data, bytes);
}

/* A device without a cache has nothing to flush. */
int block_flush(struct block_device *dev)
{
	return dev->can_flush ? one_request(dev, BLOCK_FLUSH, 0, NULL, 0) : 0;
}

int block_discard(struct block_device *dev, u64 sector, u64 bytes)
{
	if (!dev->can_discard)
		return -EOPNOTSUPP;
	return many_requests(dev, BLOCK_DISCARD, sector, NULL, bytes);
}
