/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files on block devices: ext2, and ext4 as long as no journal has to be replayed, so that Linux reads and
 * writes the same disks.  README.md tells which library does the work, and why.
 *
 * Nothing is journalled.  What was written is on the disk after fs_sync(), which then marks the file system
 * clean; the first change after it marks it unclean.  So a guest that dies between two syncs leaves a disk
 * that fsck repairs.
 *
 * Paths begin with "/"; symbolic links are not followed.  Calls come from threads, and one is served at a
 * time.  All return 0 (or what they say) or a negative error: -EIO stands for a device that failed as for a
 * file system that contradicts itself.
 */
#ifndef FS_H
#define FS_H

#include "kernel/types.h"

#define FS_NAME_MAX 255
#define FS_MOUNTS   4
#define FS_FILES    16 /* open at the same time */

/*
 * fs_mount - show the file system on a block device at "/" or "/NAME"
 * What the device or the file system cannot have changed is mounted for reading.
 *
 * Return: 0; -EBUSY: device or place is taken; -ENODEV; -EINVAL: no file system there; -EOPNOTSUPP: one
 * with a journal to be replayed, or that needs what the library cannot do; -ENFILE: FS_MOUNTS are mounted;
 * -ENOSYS: built without libext2fs
 */
int fs_mount(const char *device, const char *at);

/*
 * fs_unmount - Return: 0; -EBUSY: files are open; -ENOENT; an error of fs_sync(), and it stays mounted
 * drop: even so: what could not be written is lost (for devices that are gone).
 */
int fs_unmount(const char *at, bool drop);

/* fs_sync - have all that was written on the disks */
int fs_sync(void);

struct fs_mount_info {
	char device[16], at[32];
	bool read_only, unclean; /* unclean: already when it was mounted */
	u32 block_bytes;
	u64 bytes, free_bytes, dirty_bytes; /* dirty: not on the disk yet */
	u64 cache_hits, cache_misses;
};

/* fs_mount_nth - Return: whether there is an nth */
bool fs_mount_nth(unsigned int n, struct fs_mount_info *info);

/* A file is open either once for writing or any number of times for reading; else -EBUSY. */
struct fs_file;

#define FS_READ	    0
#define FS_WRITE    1 /* and read */
#define FS_CREATE   2 /* unless it is there */
#define FS_TRUNCATE 4

int fs_open(const char *path, unsigned int flags, struct fs_file **file);
int fs_close(struct fs_file *file); /* the file is closed on errors, too */

/* At the position, which moves on.  Return: bytes (0: the end of the file; short: the disk is full) or an error */
long fs_read(struct fs_file *file, void *buf, size_t n);
long fs_write(struct fs_file *file, const void *buf, size_t n);
int fs_seek(struct fs_file *file, u64 position);
int fs_truncate(struct fs_file *file, u64 bytes);

enum fs_type { FS_FILE, FS_DIRECTORY, FS_LINK, FS_OTHER };

struct fs_stat {
	enum fs_type type;
	u32 inode, mode, links;
	u64 bytes, disk_bytes;
	u64 modified; /* seconds since 1970 */
};

int fs_stat(const char *path, struct fs_stat *st);

/*
 * fs_readdir - call fn for each name but "." and ".."; while it returns true.  fn calls no function of ours.
 * An entry whose inode cannot be read has links 0.
 */
int fs_readdir(const char *path, bool (*fn)(const char *name, const struct fs_stat *st, void *arg),
	       void *arg);

/* fs_remove - a file, a link, or an empty directory (else -ENOTEMPTY); -EBUSY: it is open */
int fs_remove(const char *path);
int fs_mkdir(const char *path);

/*
 * fs_rename - on one file system (else -EXDEV); a file takes the place of a file
 * -EEXIST: a directory is there; -EINVAL: a directory would lie in itself; -EBUSY: one of the two is open
 */
int fs_rename(const char *from, const char *to);

#endif
