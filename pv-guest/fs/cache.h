/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A write-back cache of a block device, between the file system library and the driver.
 *
 * It keeps pieces of 32 KiB; each knows which of its units it has read and which were changed.  So what lies
 * side by side is read and written by one request, and single blocks may be changed without reading others.
 */
#ifndef FS_CACHE_H
#define FS_CACHE_H

#include "kernel/block.h"

#define CACHE_PIECE 32768 /* fits one request of a block ring without indirect descriptors */
#define CACHE_UNITS 32
#define CACHE_SETS  32
#define CACHE_WAYS  4 /* pieces that may have the same set: 4 MiB in all */

struct cache_piece {
	u64 number; /* position on the device / CACHE_PIECE */
	u8 *data; /* NULL: not used */
	u32 valid, dirty; /* a bit a unit; dirty ones are valid */
	u64 used; /* when, in accesses */
};

struct cache {
	struct block_device *dev;
	u32 unit; /* bytes: 1 KiB or the device's sector, if that is more */
	u64 bytes; /* of the device */
	u64 accesses;
	u64 hits, misses; /* accesses that found all they wanted; the others */
	struct cache_piece pieces[CACHE_SETS][CACHE_WAYS];
};

/* cache_open - Return: the cache, or NULL: no memory */
struct cache *cache_open(struct block_device *dev);

/* cache_close - forgets what was not written: cache_sync() first */
void cache_close(struct cache *c);

/* Any position and length on the device.  Return: 0 or a negative error (-EINVAL: beyond its end) */
int cache_read(struct cache *c, u64 at, void *buf, u64 n);
int cache_write(struct cache *c, u64 at, const void *buf, u64 n);

/* cache_sync - write what was changed, and have the device make it last */
int cache_sync(struct cache *c);

/* cache_dirty_bytes - how much would be lost now */
u64 cache_dirty_bytes(const struct cache *c);

#endif
