/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of this room share.  All is guarded by fs_lock.
 */
#ifndef FS_ROOM_H
#define FS_ROOM_H

#include "fs/cache.h"
#include "fs/fs.h"
#include "kernel/errno.h"

#include <ext2fs/ext2_fs.h>
#include <ext2fs/ext2fs.h>

struct fs_mount {
	ext2_filsys fs; /* NULL: unused */
	struct cache *cache;
	char device[16], at[32];
	bool read_only;
	bool unclean; /* it was so when mounted: only fsck may say otherwise */
	bool changed; /* since it was synced; the disk knows */
	unsigned int open_files;
};

struct fs_file {
	struct fs_mount *mount; /* NULL: unused */
	ext2_file_t file;
	ext2_ino_t ino;
	bool write, written;
};

/* A path taken apart: the directory that holds, or would hold, the last name. */
struct fs_place {
	struct fs_mount *mount;
	ext2_ino_t dir, ino; /* ino: 0: there is no such name */
	char name[FS_NAME_MAX + 1]; /* empty: the root directory, which is then ino */
};

/* channel.c: libext2fs's way to a cache */
extern struct struct_io_manager fs_channel_manager;
struct cache *fs_channel_cache(ext2_filsys fs);

/* mount.c */
void fs_enter(void);
void fs_leave(void);
int fs_error(errcode_t e);
struct fs_mount *fs_mount_of(const char **path);
int fs_change(struct fs_mount *m);

/* path.c */
int fs_find(const char *path, struct fs_place *place);
int fs_dir_walk(struct fs_mount *m, ext2_ino_t dir,
		bool (*fn)(struct ext2_dir_entry *entry, const char *name, void *arg), void *arg);
int fs_inode(struct fs_mount *m, ext2_ino_t ino, struct ext2_inode *inode);
int fs_add_name(struct fs_place *place, ext2_ino_t ino, u32 mode);
int fs_drop_name(struct fs_place *place);
int fs_touch(struct fs_mount *m, ext2_ino_t ino, int more_links);

/* file.c */
bool fs_is_open(const struct fs_mount *m, ext2_ino_t ino);
bool fs_is_written(const struct fs_mount *m, ext2_ino_t ino);

#endif
