/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Block devices, between those who read and write and the drivers.
 */
#ifndef KERNEL_BLOCK_H
#define KERNEL_BLOCK_H

#include "kernel/types.h"

#define BLOCK_SECTOR 512 /* the unit of positions, whatever the device's own sectors are */

enum block_op { BLOCK_READ, BLOCK_WRITE, BLOCK_FLUSH, BLOCK_DISCARD, BLOCK_OPS };

/* One request; it is the driver's from submit() until done(). */
struct block_request {
	enum block_op op;
	u64 sector;
	u8 *data; /* in the linear map, aligned to a sector; NULL for flush and discard */
	u64 bytes; /* a multiple of the device's sector_bytes; 0 for flush */
	int result; /* set before done(): 0 or a negative error */
	void (*done)(struct block_request *req); /* may run with interrupts off, on any CPU; must not wait */
	void *arg; /* the caller's */
	struct block_request *next; /* the driver's */
};

struct block_device {
	char name[16]; /* as the guest's configuration calls it: xvda, xvdb1 */
	u64 sectors; /* of BLOCK_SECTOR bytes */
	u32 sector_bytes; /* the device's own: 512 or 4096 */
	u32 max_bytes; /* of one request; a longer one is -E2BIG */
	bool read_only, can_flush, can_discard;
	/*
	 * submit - begin a request; waits while the driver has no room for it, so from threads only
	 * Return: 0 and done() will be called once (maybe before submit() returns), or a negative error
	 */
	int (*submit)(struct block_device *dev, struct block_request *req);
	void *driver;
	u64 requests[BLOCK_OPS], bytes[BLOCK_OPS]; /* begun by block_submit() */
	struct block_device *next; /* in the list of all, guarded by its lock */
};

/* A device comes; it goes (-ENODEV from then on for those who ask; the driver answers what it still has). */
void block_register(struct block_device *dev);
void block_unregister(struct block_device *dev);

/* block_find - the device of that name, or NULL; block_nth - the nth of all, or NULL */
struct block_device *block_find(const char *name);
struct block_device *block_nth(unsigned int n);

/* block_submit - dev->submit(), counted */
int block_submit(struct block_device *dev, struct block_request *req);

/* Wait for one operation, split by max_bytes.  Return: 0 or a negative error. */
int block_read(struct block_device *dev, u64 sector, void *data, u64 bytes);
int block_write(struct block_device *dev, u64 sector, const void *data, u64 bytes);
int block_flush(struct block_device *dev);
int block_discard(struct block_device *dev, u64 sector, u64 bytes);

#endif
