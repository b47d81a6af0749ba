/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What libext2fs calls an io manager: the cache of the block device of that name.
 */
#include "fs/room.h"
#include "kernel/heap.h"
#include "kernel/string.h"

static errcode_t channel_open(const char *name, int flags, io_channel *channel)
{
	struct block_device *dev = block_find(name);
	io_channel ch;

	if (!dev)
		return ENODEV;
	if (flags & IO_FLAG_RW && dev->read_only)
		return EROFS;
	ch = heap_alloc(sizeof(*ch));
	memset(ch, 0, sizeof(*ch));
	ch->magic = EXT2_ET_MAGIC_IO_CHANNEL;
	ch->manager = &fs_channel_manager;
	ch->name = dev->name;
	ch->block_size = 1024;
	ch->refcount = 1;
	ch->private_data = cache_open(dev);
	*channel = ch;
	return 0;
}

static errcode_t channel_close(io_channel ch)
{
	if (--ch->refcount > 0)
		return 0;
	cache_close(ch->private_data);
	heap_free(ch, sizeof(*ch));
	return 0;
}

static errcode_t channel_set_blksize(io_channel ch, int bytes)
{
	ch->block_size = bytes;
	return 0;
}

/* A negative count is one of bytes.  Block numbers come from the disk: they may be anything. */
static bool channel_range(io_channel ch, unsigned long long block, int count, u64 *at, u64 *n)
{
	*n = count < 0 ? -(u64)count : (u64)count * ch->block_size;
	return !__builtin_mul_overflow(block, (u64)ch->block_size, at);
}

static errcode_t channel_read(io_channel ch, unsigned long long block, int count, void *data)
{
	u64 at, n;

	if (!channel_range(ch, block, count, &at, &n))
		return EINVAL;
	return -cache_read(ch->private_data, at, data, n);
}

static errcode_t channel_write(io_channel ch, unsigned long long block, int count, const void *data)
{
	u64 at, n;

	if (!channel_range(ch, block, count, &at, &n))
		return EINVAL;
	return -cache_write(ch->private_data, at, data, n);
}

static errcode_t channel_read32(io_channel ch, unsigned long block, int count, void *data)
{
	return channel_read(ch, block, count, data);
}

static errcode_t channel_write32(io_channel ch, unsigned long block, int count, const void *data)
{
	return channel_write(ch, block, count, data);
}

static errcode_t channel_write_byte(io_channel ch, unsigned long at, int count, const void *data)
{
	return -cache_write(ch->private_data, at, data, count);
}

static errcode_t channel_flush(io_channel ch)
{
	return -cache_sync(ch->private_data);
}

struct struct_io_manager fs_channel_manager = {
	.magic = EXT2_ET_MAGIC_IO_MANAGER,
	.name = "block device",
	.open = channel_open,
	.close = channel_close,
	.set_blksize = channel_set_blksize,
	.read_blk = channel_read32,
	.write_blk = channel_write32,
	.flush = channel_flush,
	.write_byte = channel_write_byte,
	.read_blk64 = channel_read,
	.write_blk64 = channel_write,
};

struct cache *fs_channel_cache(ext2_filsys fs)
{
	return fs->io->private_data;
}
