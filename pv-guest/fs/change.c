/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names that come and go.  All is looked up and checked before the first change; what a full disk or a
 * failing device then leaves half done is what fsck is for.
 */
#include "fs/room.h"
#include "kernel/string.h"

/* fs_find() for a name that will be changed; ours to change. */
static int find_to_change(const char *path, struct fs_place *place)
{
	int rc = fs_find(path, place);

	if (rc)
		return rc;
	if (!place->name[0] || !strcmp(place->name, ".."))
		return -EBUSY;
	return place->mount->read_only ? -EROFS : 0;
}

static bool any_entry(struct ext2_dir_entry *entry, const char *name, void *arg)
{
	(void)entry;
	*(bool *)arg = strcmp(name, ".") && strcmp(name, "..");
	return !*(bool *)arg;
}

/* May what is at place be taken away? */
static int check_removable(const struct fs_place *place, const struct ext2_inode *inode)
{
	bool used = false;
	int rc = 0;

	if (fs_is_open(place->mount, place->ino))
		return -EBUSY;
	if (LINUX_S_ISDIR(inode->i_mode))
		rc = fs_dir_walk(place->mount, place->ino, any_entry, &used);
	return rc ? rc : used ? -ENOTEMPTY : 0;
}

/* The last name of an inode is gone: give back what it holds. */
static int inode_release(struct fs_mount *m, ext2_ino_t ino, struct ext2_inode *inode)
{
	bool is_dir = LINUX_S_ISDIR(inode->i_mode);
	int rc = fs_error(ext2fs_free_ext_attr(m->fs, ino, (struct ext2_inode_large *)inode));

	inode->i_links_count = 0;
	inode->i_dtime = time(NULL);
	if (!rc)
		rc = fs_error(ext2fs_write_inode(m->fs, ino, inode));
	if (!rc && ext2fs_inode_has_valid_blocks2(m->fs, inode))
		rc = fs_error(ext2fs_punch(m->fs, ino, inode, NULL, 0, ~0ULL));
	if (!rc)
		ext2fs_inode_alloc_stats2(m->fs, ino, -1, is_dir);
	return rc;
}

static int remove_name(struct fs_place *place, struct ext2_inode *inode)
{
	bool is_dir = LINUX_S_ISDIR(inode->i_mode);
	int rc = fs_drop_name(place);

	if (rc)
		return rc;
	if (!is_dir && inode->i_links_count > 1)
		return fs_touch(place->mount, place->ino, -1);
	rc = inode_release(place->mount, place->ino, inode);
	return rc || !is_dir ? rc : fs_touch(place->mount, place->dir, -1);
}

int fs_remove(const char *path)
{
	struct fs_place place;
	struct ext2_inode inode;
	int rc;

	fs_enter();
	rc = find_to_change(path, &place);
	if (!rc)
		rc = place.ino ? fs_inode(place.mount, place.ino, &inode) : -ENOENT;
	if (!rc)
		rc = check_removable(&place, &inode);
	if (!rc)
		rc = fs_change(place.mount);
	if (!rc)
		rc = remove_name(&place, &inode);
	fs_leave();
	return rc;
}

/* The library makes it; where its name does not fit in the parent, that must grow first. */
static int make_directory(struct fs_place *place)
{
	ext2_filsys fs = place->mount->fs;
	errcode_t e = ext2fs_mkdir(fs, place->dir, 0, place->name);

	if (e == EXT2_ET_DIR_NO_SPACE) {
		e = ext2fs_expand_dir(fs, place->dir);
		if (!e)
			e = ext2fs_mkdir(fs, place->dir, 0, place->name);
	}
	return e ? fs_error(e) : fs_touch(place->mount, place->dir, 0);
}

int fs_mkdir(const char *path)
{
	struct fs_place place;
	int rc;

	fs_enter();
	rc = find_to_change(path, &place);
	if (!rc && place.ino)
		rc = -EEXIST;
	if (!rc)
		rc = fs_change(place.mount);
	if (!rc)
		rc = make_directory(&place);
	if (!rc && !(rc = fs_find(path, &place)))
		rc = fs_touch(place.mount, place.ino, 0); /* the library sets no times */
	fs_leave();
	return rc;
}

static bool parent_entry(struct ext2_dir_entry *entry, const char *name, void *arg)
{
	if (strcmp(name, ".."))
		return true;
	*(ext2_ino_t *)arg = entry->inode;
	return false;
}

/* Return: -EINVAL if dir is in, or is, ino; a chain of parents that does not end is -EIO */
static int check_not_within(struct fs_mount *m, ext2_ino_t dir, ext2_ino_t ino)
{
	unsigned int depth;
	int rc = 0;

	for (depth = 0; depth < 1000 && !rc; depth++) {
		if (dir == ino)
			return -EINVAL;
		if (dir == EXT2_ROOT_INO)
			return 0;
		rc = fs_dir_walk(m, dir, parent_entry, &dir);
	}
	return rc ? rc : -EIO;
}

struct new_parent {
	ext2_ino_t ino;
};

static int parent_set(ext2_ino_t dir, int kind, struct ext2_dir_entry *entry, int offset, int size,
		      char *buf, void *arg)
{
	(void)dir, (void)offset, (void)size, (void)buf;
	if (kind != DIRENT_DOT_DOT_FILE)
		return 0;
	entry->inode = ((struct new_parent *)arg)->ino;
	return DIRENT_CHANGED | DIRENT_ABORT;
}

/* A directory that moved has another parent, and each of the two another number of links. */
static int change_parent(struct fs_mount *m, ext2_ino_t ino, ext2_ino_t from, ext2_ino_t to)
{
	struct new_parent p = { to };
	int rc = fs_error(ext2fs_dir_iterate2(m->fs, ino, 0, NULL, parent_set, &p));

	if (!rc)
		rc = fs_touch(m, from, -1);
	return rc ? rc : fs_touch(m, to, 1);
}

static int rename_check(struct fs_place *from, struct fs_place *to, const struct ext2_inode *inode,
			struct ext2_inode *replaced)
{
	int rc = 0;

	if (from->mount != to->mount)
		return -EXDEV;
	if (fs_is_open(from->mount, from->ino))
		return -EBUSY;
	if (to->ino) {
		rc = fs_inode(to->mount, to->ino, replaced);
		if (!rc && (LINUX_S_ISDIR(replaced->i_mode) || LINUX_S_ISDIR(inode->i_mode)))
			rc = -EEXIST;
		if (!rc)
			rc = check_removable(to, replaced);
	}
	if (!rc && LINUX_S_ISDIR(inode->i_mode))
		rc = check_not_within(to->mount, to->dir, from->ino);
	return rc;
}

static int rename_act(struct fs_place *from, struct fs_place *to, const struct ext2_inode *inode,
		      struct ext2_inode *replaced)
{
	int rc = to->ino ? remove_name(to, replaced) : 0;

	if (!rc)
		rc = fs_add_name(to, from->ino, inode->i_mode);
	if (!rc)
		rc = fs_drop_name(from);
	if (!rc && LINUX_S_ISDIR(inode->i_mode) && from->dir != to->dir)
		rc = change_parent(from->mount, from->ino, from->dir, to->dir);
	return rc;
}

int fs_rename(const char *from_path, const char *to_path)
{
	struct ext2_inode inode, replaced;
	struct fs_place from, to;
	int rc;

	fs_enter();
	rc = find_to_change(from_path, &from);
	if (!rc)
		rc = from.ino ? fs_inode(from.mount, from.ino, &inode) : -ENOENT;
	if (!rc)
		rc = find_to_change(to_path, &to);
	if (!rc && !(from.mount == to.mount &&
		     from.ino == to.ino)) { /* else: two names of one file stay */
		rc = rename_check(&from, &to, &inode, &replaced);
		if (!rc)
			rc = fs_change(from.mount);
		if (!rc)
			rc = rename_act(&from, &to, &inode, &replaced);
	}
	fs_leave();
	return rc;
}
