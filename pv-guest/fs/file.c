/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Open files.  The library keeps a copy of the inode in each, so two that write would contradict each other.
 */
#include "fs/room.h"
#include "kernel/string.h"

static struct fs_file files[FS_FILES];

bool fs_is_open(const struct fs_mount *m, ext2_ino_t ino)
{
	size_t i;

	for (i = 0; i < FS_FILES; i++)
		if (files[i].mount == m && files[i].ino == ino)
			return true;
	return false;
}

bool fs_is_written(const struct fs_mount *m, ext2_ino_t ino)
{
	size_t i;

	for (i = 0; i < FS_FILES; i++)
		if (files[i].mount == m && files[i].ino == ino && files[i].write)
			return true;
	return false;
}

/* An empty file: an inode, and then its name; without a name the inode is given back. */
static int file_create(struct fs_place *place)
{
	ext2_filsys fs = place->mount->fs;
	struct ext2_inode inode = { .i_mode = LINUX_S_IFREG | 0644, .i_links_count = 1 };
	ext2_extent_handle_t extents;
	errcode_t e = ext2fs_new_inode(fs, place->dir, inode.i_mode, NULL, &place->ino);
	int rc;

	inode.i_atime = inode.i_ctime = inode.i_mtime = time(NULL);
	if (!e && ext2fs_has_feature_extents(fs->super)) {
		inode.i_flags = EXT4_EXTENTS_FL;
		e = ext2fs_extent_open2(fs, place->ino, &inode,
					&extents); /* makes the empty root */
		if (!e)
			ext2fs_extent_free(extents);
	}
	if (!e)
		e = ext2fs_write_new_inode(fs, place->ino, &inode);
	if (e)
		return fs_error(e);
	ext2fs_inode_alloc_stats2(fs, place->ino, 1, 0);
	rc = fs_add_name(place, place->ino, inode.i_mode);
	if (rc) {
		inode.i_links_count = 0;
		ext2fs_write_inode(fs, place->ino, &inode);
		ext2fs_inode_alloc_stats2(fs, place->ino, -1, 0);
	}
	return rc;
}

static struct fs_file *file_unused(void)
{
	size_t i;

	for (i = 0; i < FS_FILES; i++)
		if (!files[i].mount)
			return &files[i];
	return NULL;
}

static int check_open(struct fs_place *place, bool write)
{
	struct ext2_inode inode;
	int rc = fs_inode(place->mount, place->ino, &inode);

	if (rc)
		return rc;
	if (LINUX_S_ISDIR(inode.i_mode))
		return -EISDIR;
	if (!LINUX_S_ISREG(inode.i_mode))
		return -EOPNOTSUPP;
	if (write ? fs_is_open(place->mount, place->ino) : fs_is_written(place->mount, place->ino))
		return -EBUSY;
	return 0;
}

static int file_open(const char *path, unsigned int flags, struct fs_file *f)
{
	struct fs_place place;
	bool write = flags & FS_WRITE;
	int rc = fs_find(path, &place);

	if (rc)
		return rc;
	if (!place.ino && !(write && flags & FS_CREATE))
		return -ENOENT;
	if (place.ino)
		rc = check_open(&place, write);
	if (!rc && write)
		rc = fs_change(place.mount);
	if (!rc && !place.ino)
		rc = file_create(&place);
	if (!rc)
		rc = fs_error(ext2fs_file_open(place.mount->fs, place.ino,
					       write ? EXT2_FILE_WRITE : 0, &f->file));
	if (rc)
		return rc;
	if (write && flags & FS_TRUNCATE)
		rc = fs_error(ext2fs_file_set_size2(f->file, 0));
	if (rc) {
		ext2fs_file_close(f->file);
		return rc;
	}
	f->mount = place.mount;
	f->ino = place.ino;
	f->write = write;
	f->written = false;
	f->mount->open_files++;
	return 0;
}

int fs_open(const char *path, unsigned int flags, struct fs_file **file)
{
	struct fs_file *f;
	int rc = -ENFILE;

	fs_enter();
	f = file_unused();
	if (f)
		rc = file_open(path, flags, f);
	if (!rc)
		*file = f;
	fs_leave();
	return rc;
}

int fs_close(struct fs_file *f)
{
	int rc = 0, closed;

	fs_enter();
	if (f->written)
		rc = fs_touch(f->mount, f->ino, 0);
	closed = fs_error(ext2fs_file_close(f->file));
	f->mount->open_files--;
	f->mount = NULL;
	fs_leave();
	return rc ? rc : closed;
}

long fs_read(struct fs_file *f, void *buf, size_t n)
{
	unsigned int got = 0;
	errcode_t e;

	fs_enter();
	e = ext2fs_file_read(f->file, buf, MIN(n, (size_t)INT_MAX), &got);
	fs_leave();
	return got ? (long)got : fs_error(e);
}

/* The library holds a block back for the next call; the cache has it at once, so that a sync finds it. */
long fs_write(struct fs_file *f, const void *buf, size_t n)
{
	unsigned int done = 0;
	errcode_t e, flushed;
	int rc;

	if (!f->write)
		return -EBADF;
	fs_enter();
	rc = fs_change(f->mount);
	if (!rc) {
		f->written = true;
		e = ext2fs_file_write(f->file, buf, MIN(n, (size_t)INT_MAX), &done);
		flushed = ext2fs_file_flush(f->file);
		rc = fs_error(flushed ? flushed : done ? 0 : e);
	}
	fs_leave();
	return rc ? rc : (long)done;
}

int fs_seek(struct fs_file *f, u64 position)
{
	errcode_t e;

	fs_enter();
	e = ext2fs_file_llseek(f->file, position, EXT2_SEEK_SET, NULL);
	fs_leave();
	return fs_error(e);
}

int fs_truncate(struct fs_file *f, u64 bytes)
{
	int rc;

	if (!f->write)
		return -EBADF;
	fs_enter();
	rc = fs_change(f->mount);
	if (!rc) {
		f->written = true;
		rc = fs_error(ext2fs_file_set_size2(f->file, bytes));
	}
	fs_leave();
	return rc;
}
