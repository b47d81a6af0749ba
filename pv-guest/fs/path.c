/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names: from a path to an inode, and the entries of directories.
 */
#include "fs/room.h"
#include "kernel/print.h"
#include "kernel/string.h"

/* What an inode is, for us and in an entry of a directory. */
struct kind {
	u32 mode;
	enum fs_type ours;
	int entry;
};

static const struct kind *kind_of(u32 mode)
{
	static const struct kind kinds[] = {
		{ LINUX_S_IFREG, FS_FILE, EXT2_FT_REG_FILE },
		{ LINUX_S_IFDIR, FS_DIRECTORY, EXT2_FT_DIR },
		{ LINUX_S_IFLNK, FS_LINK, EXT2_FT_SYMLINK },
		{ LINUX_S_IFCHR, FS_OTHER, EXT2_FT_CHRDEV },
		{ LINUX_S_IFBLK, FS_OTHER, EXT2_FT_BLKDEV },
		{ LINUX_S_IFIFO, FS_OTHER, EXT2_FT_FIFO },
		{ LINUX_S_IFSOCK, FS_OTHER, EXT2_FT_SOCK },
		{ 0, FS_OTHER, EXT2_FT_UNKNOWN },
	};
	const struct kind *k = kinds;

	while (k->mode && k->mode != (mode & LINUX_S_IFMT))
		k++;
	return k;
}

/* What fs_dir_walk() hands through the library. */
struct dir_walk {
	struct fs_mount *m;
	bool (*fn)(struct ext2_dir_entry *entry, const char *name, void *arg);
	void *arg;
	u64 bytes_left; /* more cannot be in a directory of this size */
	bool endless;
};

static int walk_entry(ext2_ino_t dir, int kind, struct ext2_dir_entry *entry, int offset, int size,
		      char *buf, void *arg)
{
	struct dir_walk *w = arg;
	char name[FS_NAME_MAX + 1];
	unsigned int rec_len, n = ext2fs_dirent_name_len(entry);

	(void)dir, (void)kind, (void)offset, (void)size, (void)buf;
	ext2fs_get_rec_len(w->m->fs, entry, &rec_len);
	if (rec_len > w->bytes_left) {
		w->endless = true;
		return DIRENT_ABORT;
	}
	w->bytes_left -= rec_len;
	if (!entry->inode)
		return 0;
	memcpy(name, entry->name, n);
	name[n] = 0;
	return w->fn(entry, name, w->arg) ? 0 : DIRENT_ABORT;
}

/*
 * fs_dir_walk - call fn for each entry while it returns true
 * A broken disk may have a table of blocks that names the same blocks over and over: what is longer than the
 * directory says it is, is an error.
 */
int fs_dir_walk(struct fs_mount *m, ext2_ino_t dir,
		bool (*fn)(struct ext2_dir_entry *entry, const char *name, void *arg), void *arg)
{
	struct dir_walk w = { .m = m, .fn = fn, .arg = arg };
	struct ext2_inode inode;
	int rc = fs_inode(m, dir, &inode);

	if (rc)
		return rc;
	if (!LINUX_S_ISDIR(inode.i_mode))
		return -ENOTDIR;
	w.bytes_left = EXT2_I_SIZE(&inode) + m->fs->blocksize;
	rc = fs_error(
		ext2fs_dir_iterate2(m->fs, dir, DIRENT_FLAG_INCLUDE_EMPTY, NULL, walk_entry, &w));
	return w.endless ? -EIO : rc;
}

/* fs_inode - of something that is in use */
int fs_inode(struct fs_mount *m, ext2_ino_t ino, struct ext2_inode *inode)
{
	int rc = fs_error(ext2fs_read_inode(m->fs, ino, inode));

	if (!rc && (!inode->i_links_count || !inode->i_mode))
		rc = -EIO;
	return rc;
}

struct search {
	const char *name;
	ext2_ino_t ino;
};

static bool search_entry(struct ext2_dir_entry *entry, const char *name, void *arg)
{
	struct search *s = arg;

	if (strcmp(s->name, name))
		return true;
	s->ino = entry->inode;
	return false;
}

/* Return: the inode of a name in a directory, 0 where there is none, or a negative error */
static s64 dir_search(struct fs_mount *m, ext2_ino_t dir, const char *name)
{
	struct search s = { .name = name };
	int rc = fs_dir_walk(m, dir, search_entry, &s);

	return rc ? rc : (s64)s.ino;
}

/*
 * fs_find - take a path apart
 * Return: 0, also where only the last name is missing (place->ino 0); -ENOENT, -ENOTDIR, -ENAMETOOLONG, -EIO
 */
int fs_find(const char *path, struct fs_place *place)
{
	s64 ino = EXT2_ROOT_INO;
	size_t n;

	place->mount = fs_mount_of(&path);
	if (!place->mount)
		return -ENOENT;
	place->dir = EXT2_ROOT_INO;
	place->name[0] = 0;
	for (;; path += n) {
		while (*path == '/')
			path++;
		for (n = 0; path[n] && path[n] != '/'; n++)
			;
		if (!n)
			break;
		if (n == 1 && *path == '.')
			continue;
		if (n > FS_NAME_MAX)
			return -ENAMETOOLONG;
		if (!ino)
			return -ENOENT;
		place->dir = ino;
		memcpy(place->name, path, n);
		place->name[n] = 0;
		ino = dir_search(place->mount, place->dir, place->name);
		if (ino < 0)
			return ino;
	}
	place->ino = ino;
	return 0;
}

/* fs_touch - an inode was changed now, and has some links more or less */
int fs_touch(struct fs_mount *m, ext2_ino_t ino, int more_links)
{
	struct ext2_inode inode;
	int rc = fs_inode(m, ino, &inode);

	if (rc)
		return rc;
	inode.i_mtime = inode.i_ctime = time(NULL);
	inode.i_links_count += more_links;
	return fs_error(ext2fs_write_inode(m->fs, ino, &inode));
}

/* fs_add_name - have place->name in its directory stand for ino; a full directory grows */
int fs_add_name(struct fs_place *place, ext2_ino_t ino, u32 mode)
{
	ext2_filsys fs = place->mount->fs;
	int type = kind_of(mode)->entry;
	errcode_t e;

	if (!place->name[0] || !strcmp(place->name, ".."))
		return -EEXIST;
	e = ext2fs_link(fs, place->dir, place->name, ino, type);
	if (e == EXT2_ET_DIR_NO_SPACE) {
		e = ext2fs_expand_dir(fs, place->dir);
		if (!e)
			e = ext2fs_link(fs, place->dir, place->name, ino, type);
	}
	return e ? fs_error(e) : fs_touch(place->mount, place->dir, 0);
}

int fs_drop_name(struct fs_place *place)
{
	errcode_t e = ext2fs_unlink(place->mount->fs, place->dir, place->name, place->ino, 0);

	return e ? fs_error(e) : fs_touch(place->mount, place->dir, 0);
}

static void stat_fill(struct fs_mount *m, ext2_ino_t ino, struct fs_stat *st)
{
	struct ext2_inode inode;

	memset(st, 0, sizeof(*st));
	st->inode = ino;
	st->type = FS_OTHER;
	if (fs_inode(m, ino, &inode))
		return;
	st->type = kind_of(inode.i_mode)->ours;
	st->mode = inode.i_mode;
	st->links = inode.i_links_count;
	st->bytes = EXT2_I_SIZE(&inode);
	st->disk_bytes = ext2fs_inode_i_blocks(m->fs, &inode) * 512;
	st->modified = inode.i_mtime;
}

int fs_stat(const char *path, struct fs_stat *st)
{
	struct fs_place place;
	int rc;

	fs_enter();
	rc = fs_find(path, &place);
	if (!rc && !place.ino)
		rc = -ENOENT;
	if (!rc)
		stat_fill(place.mount, place.ino, st);
	fs_leave();
	return rc ? rc : st->links ? 0 : -EIO;
}

struct listing {
	struct fs_mount *m;
	bool (*fn)(const char *name, const struct fs_stat *st, void *arg);
	void *arg;
};

static bool list_entry(struct ext2_dir_entry *entry, const char *name, void *arg)
{
	struct listing *l = arg;
	struct fs_stat st;

	if (!strcmp(name, ".") || !strcmp(name, ".."))
		return true;
	stat_fill(l->m, entry->inode, &st);
	return l->fn(name, &st, l->arg);
}

int fs_readdir(const char *path, bool (*fn)(const char *name, const struct fs_stat *st, void *arg),
	       void *arg)
{
	struct listing l = { .fn = fn, .arg = arg };
	struct fs_place place;
	int rc;

	fs_enter();
	rc = fs_find(path, &place);
	if (!rc && !place.ino)
		rc = -ENOENT;
	l.m = place.mount;
	if (!rc)
		rc = fs_dir_walk(l.m, place.ino, list_entry, &l);
	fs_leave();
	return rc;
}
