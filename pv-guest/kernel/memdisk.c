/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Disks in memory.  Pages come with the first write, so a disk costs what was written to it; those
 * never written and those discarded read as zeros.
 */
#include "kernel/block.h"
#include "kernel/cmdline.h"
#include "kernel/errno.h"
#include "kernel/heap.h"
#include "kernel/lock.h"
#include "kernel/memdisk.h"
#include "kernel/pages.h"
#include "kernel/print.h"
#include "kernel/string.h"
#include "port/port.h"

#define MAX_BYTES (1024 * 1024) /* of one request */
#define MAX_MIB	  1024 /* the linear map holds no more */

struct memdisk {
	struct block_device block;
	struct spinlock lock; /* guards pages, not what is in them: requests that overlap have no order */
	u8 *pages[];
};

/* The page a position lies in, or NULL: all zeros (or, with create, memory is short). */
static u8 *page_at(struct memdisk *disk, u64 byte, bool create)
{
	u8 **slot = &disk->pages[byte / PAGE_SIZE];
	bool irqs = spin_lock(&disk->lock);

	if (!*slot && create) {
		*slot = pages_alloc(0);
		if (*slot)
			memset(*slot, 0, PAGE_SIZE);
	}
	spin_unlock(&disk->lock, irqs);
	return *slot;
}

static int read_write(struct memdisk *disk, u64 byte, u8 *data, u64 bytes, bool write)
{
	while (bytes) {
		u64 offset = byte % PAGE_SIZE, now = MIN(PAGE_SIZE - offset, bytes);
		u8 *page = page_at(disk, byte, write);

		if (!page && write)
			return -ENOSPC;
		if (write)
			memcpy(page + offset, data, now);
		else if (page)
			memcpy(data, page + offset, now);
		else
			memset(data, 0, now);
		data += now;
		byte += now;
		bytes -= now;
	}
	return 0;
}

/* Pages stay: another request may be copying from them. */
static void discard(struct memdisk *disk, u64 byte, u64 bytes)
{
	while (bytes) {
		u64 offset = byte % PAGE_SIZE, now = MIN(PAGE_SIZE - offset, bytes);
		u8 *page = page_at(disk, byte, false);

		if (page)
			memset(page + offset, 0, now);
		byte += now;
		bytes -= now;
	}
}

static int submit(struct block_device *dev, struct block_request *req)
{
	struct memdisk *disk = dev->driver;
	u64 byte = req->sector * BLOCK_SECTOR;

	if (req->sector > dev->sectors || req->bytes > (dev->sectors - req->sector) * BLOCK_SECTOR)
		return -EINVAL;
	req->result = 0;
	if (req->op == BLOCK_READ || req->op == BLOCK_WRITE)
		req->result = read_write(disk, byte, req->data, req->bytes, req->op == BLOCK_WRITE);
	else if (req->op == BLOCK_DISCARD)
		discard(disk, byte, req->bytes);
	req->done(req);
	return 0;
}

static struct block_device *memdisk_make(const char *name, u64 mib)
{
	u64 n = mib * (1024 * 1024 / PAGE_SIZE);
	struct memdisk *disk = heap_alloc(sizeof(*disk) + n * sizeof(*disk->pages));

	memset(disk, 0, sizeof(*disk) + n * sizeof(*disk->pages));
	disk->block = (struct block_device){
		.sectors = n * (PAGE_SIZE / BLOCK_SECTOR),
		.sector_bytes = BLOCK_SECTOR,
		.max_bytes = MAX_BYTES,
		.can_flush = true,
		.can_discard = true,
		.submit = submit,
		.driver = disk,
	};
	format(disk->block.name, sizeof(disk->block.name), "%s", name);
	block_register(&disk->block);
	printk("%s: %lu MiB in memory\n", disk->block.name, mib);
	return &disk->block;
}

static void fill(struct block_device *dev)
{
	u64 bytes;
	const u8 *from = port_module(&bytes);
	struct memdisk *disk = dev->driver;

	if (!from)
		return;
	if (bytes > dev->sectors * BLOCK_SECTOR)
		printk("%s: the module of %lu bytes is too long for it\n", dev->name, bytes);
	else if (read_write(disk, 0, (u8 *)from, bytes, true))
		printk("%s: not enough memory for the module of %lu bytes\n", dev->name, bytes);
	else
		printk("%s: begins with the module of %lu bytes\n", dev->name, bytes);
}

/* Take NAME:MIB off the front of a list.  Return: what follows, or NULL: it is nothing of the kind */
static char *take(char *p, char **name, u64 *mib)
{
	for (*name = p; *p && *p != ':'; p++)
		;
	if (!*p || p == *name || p - *name >= (long)sizeof(((struct block_device *)0)->name))
		return NULL;
	*p++ = 0;
	for (*mib = 0; *p >= '0' && *p <= '9' && *mib <= MAX_MIB; p++)
		*mib = *mib * 10 + *p - '0';
	if (!*mib || *mib > MAX_MIB || (*p && *p != ','))
		return NULL;
	return p + (*p == ',');
}

void memdisks_start(void)
{
	char list[80], *p = list, *name;
	bool first = true;
	u64 mib;

	if (!cmdline_get("memdisk", list, sizeof(list)))
		return;
	while (p && *p) {
		p = take(p, &name, &mib);
		if (!p) {
			printk("memdisk=NAME:MIB[,...]: up to %u MiB each\n", MAX_MIB);
			return;
		}
		if (first)
			fill(memdisk_make(name, mib));
		else
			memdisk_make(name, mib);
		first = false;
	}
}
