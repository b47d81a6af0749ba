/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files in a kernel that has none: the native port, and where libext2fs could not be had.
 */
#include "fs/fs.h"
#include "kernel/errno.h"

int fs_mount(const char *device, const char *at)
{
	(void)device, (void)at;
	return -ENOSYS;
}

int fs_unmount(const char *at, bool drop)
{
	(void)at, (void)drop;
	return -ENOSYS;
}

/* What cannot be written is not lost. */
int fs_sync(void)
{
	return 0;
}

bool fs_mount_nth(unsigned int n, struct fs_mount_info *info)
{
	(void)n, (void)info;
	return false;
}

int fs_open(const char *path, unsigned int flags, struct fs_file **file)
{
	(void)path, (void)flags, (void)file;
	return -ENOSYS;
}

int fs_close(struct fs_file *file)
{
	(void)file;
	return -ENOSYS;
}

long fs_read(struct fs_file *file, void *buf, size_t n)
{
	(void)file, (void)buf, (void)n;
	return -ENOSYS;
}

long fs_write(struct fs_file *file, const void *buf, size_t n)
{
	(void)file, (void)buf, (void)n;
	return -ENOSYS;
}

int fs_seek(struct fs_file *file, u64 position)
{
	(void)file, (void)position;
	return -ENOSYS;
}

int fs_truncate(struct fs_file *file, u64 bytes)
{
	(void)file, (void)bytes;
	return -ENOSYS;
}

int fs_stat(const char *path, struct fs_stat *st)
{
	(void)path, (void)st;
	return -ENOSYS;
}

int fs_readdir(const char *path, bool (*fn)(const char *name, const struct fs_stat *st, void *arg),
	       void *arg)
{
	(void)path, (void)fn, (void)arg;
	return -ENOSYS;
}

int fs_remove(const char *path)
{
	(void)path;
	return -ENOSYS;
}

int fs_mkdir(const char *path)
{
	(void)path;
	return -ENOSYS;
}

int fs_rename(const char *from, const char *to)
{
	(void)from, (void)to;
	return -ENOSYS;
}
