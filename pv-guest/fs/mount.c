/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which file systems there are, and when what was written to them is on the disk.
 */
#include "fs/room.h"
#include "kernel/print.h"
#include "kernel/string.h"
#include "kernel/thread.h"

#define ARRAY_BYTES_MAX (2UL << 20) /* of a bitmap */

static struct sem fs_lock = { .count = 1 };
static struct fs_mount mounts[FS_MOUNTS];

void fs_enter(void)
{
	sem_down(&fs_lock);
}

void fs_leave(void)
{
	sem_up(&fs_lock);
}

/* The library's errors are numbers of the C library, or its own from EXT2_ET_BASE on. */
int fs_error(errcode_t e)
{
	static const struct {
		errcode_t theirs;
		int ours;
	} known[] = {
		{ EXT2_ET_NO_MEMORY, -ENOMEM },
		{ EXT2_ET_FILE_NOT_FOUND, -ENOENT },
		{ EXT2_ET_NO_DIRECTORY, -ENOTDIR },
		{ EXT2_ET_DIR_EXISTS, -EEXIST },
		{ EXT2_ET_FILE_EXISTS, -EEXIST },
		{ EXT2_ET_BLOCK_ALLOC_FAIL, -ENOSPC },
		{ EXT2_ET_INODE_ALLOC_FAIL, -ENOSPC },
		{ EXT2_ET_DIR_NO_SPACE, -ENOSPC },
		{ EXT2_ET_RO_FILSYS, -EROFS },
		{ EXT2_ET_FILE_RO, -EROFS },
		{ EXT2_ET_FILE_TOO_BIG, -ENOSPC },
		{ EXT2_ET_BAD_MAGIC, -EINVAL },
		{ EXT2_ET_SYMLINK_LOOP, -EMLINK },
		{ EXT2_ET_UNSUPP_FEATURE, -EOPNOTSUPP },
		{ EXT2_ET_RO_UNSUPP_FEATURE, -EROFS },
		{ EXT2_ET_REV_TOO_HIGH, -EOPNOTSUPP },
		{ EXT2_ET_OP_NOT_SUPPORTED, -EOPNOTSUPP },
		{ EXT2_ET_UNIMPLEMENTED, -EOPNOTSUPP },
	};
	size_t i;

	if (e == EINVAL)
		return -EIO; /* a place outside of the disk */
	if (e >= 0 && e < 256)
		return -(int)e;
	for (i = 0; i < ARRAY_SIZE(known); i++)
		if (known[i].theirs == e)
			return known[i].ours;
	return -EIO;
}

static struct fs_mount *mount_at(const char *at)
{
	size_t i;

	for (i = 0; i < FS_MOUNTS; i++)
		if (mounts[i].fs && !strcmp(mounts[i].at, at))
			return &mounts[i];
	return NULL;
}

/* What a path is on; *path then is what follows the mount's place. */
struct fs_mount *fs_mount_of(const char **path)
{
	size_t i;

	for (i = 0; i < FS_MOUNTS; i++) {
		size_t n = strlen(mounts[i].at);

		if (mounts[i].fs && n > 1 && !strncmp(*path, mounts[i].at, n) &&
		    ((*path)[n] == '/' || !(*path)[n])) {
			*path += n;
			return &mounts[i];
		}
	}
	return **path == '/' ? mount_at("/") : NULL;
}

/* Whether a group of so many things has a bitmap of whole bytes in one block. */
static bool group_is_good(ext2_filsys fs, u32 things)
{
	return things % 8 == 0 && things <= fs->blocksize * 8;
}

/*
 * What the library does not check: it takes disks for as big as they say, and would ask for memory without limit;
 * it puts bitmaps in a row by numbers that it finds on the disk.  Nor do we replay journals, or know what letters
 * are the same.
 */
static int mount_check(ext2_filsys fs)
{
	struct ext2_super_block *super = fs->super;
	const struct cache *c = fs_channel_cache(fs);

	if (ext2fs_blocks_count(super) > c->bytes / fs->blocksize || fs->blocksize % c->unit)
		return -EIO;
	if (super->s_first_data_block > 1 || !group_is_good(fs, super->s_clusters_per_group) ||
	    !group_is_good(fs, super->s_inodes_per_group))
		return -EIO;
	if (ext2fs_has_feature_journal_needs_recovery(super) || ext2fs_has_feature_casefold(super))
		return -EOPNOTSUPP;
	return 0;
}

/* The library keeps no quotas, and moves no directory whose names lie in its inode. */
static bool mount_only_reads(ext2_filsys fs)
{
	return ext2fs_has_feature_quota(fs->super) || ext2fs_has_feature_inline_data(fs->super);
}

/* A plain array either fits or is refused; the tree, which big disks need, ends the guest when memory does. */
static int bitmap_type(ext2_filsys fs)
{
	return ext2fs_blocks_count(fs->super) / 8 <= ARRAY_BYTES_MAX ? EXT2FS_BMAP64_BITARRAY
								     : EXT2FS_BMAP64_RBTREE;
}

static int mount_open(struct fs_mount *m, const char *device, int flags)
{
	errcode_t e =
		ext2fs_open(device, flags | EXT2_FLAG_64BITS, 0, 0, &fs_channel_manager, &m->fs);
	int rc;

	if (e)
		return e == EINVAL ? -EINVAL : fs_error(e);
	rc = mount_check(m->fs);
	if (!rc && flags & EXT2_FLAG_RW && mount_only_reads(m->fs))
		rc = -EROFS;
	if (!rc) {
		m->fs->default_bitmap_type = bitmap_type(m->fs);
		rc = fs_error(ext2fs_read_bitmaps(m->fs));
	}
	if (rc) {
		ext2fs_free(m->fs);
		m->fs = NULL;
	}
	return rc;
}

static int mount_new(struct fs_mount *m, const char *device, const char *at)
{
	int rc;

	memset(m, 0, sizeof(*m));
	rc = mount_open(m, device, EXT2_FLAG_RW);
	if (rc == -EROFS) {
		m->read_only = true;
		rc = mount_open(m, device, 0);
	}
	if (rc)
		return rc;
	m->cache = fs_channel_cache(m->fs);
	m->unclean = !(m->fs->super->s_state & EXT2_VALID_FS) ||
		     m->fs->super->s_state & EXT2_ERROR_FS || m->fs->super->s_last_orphan;
	format(m->device, sizeof(m->device), "%s", device);
	format(m->at, sizeof(m->at), "%s", at);
	return 0;
}

static bool place_is_good(const char *at)
{
	size_t n = strlen(at), i;

	for (i = 1; i < n && at[i] != '/'; i++)
		;
	return at[0] == '/' && i >= n && n < sizeof(mounts[0].at);
}

int fs_mount(const char *device, const char *at)
{
	struct fs_mount *m = NULL;
	int rc = place_is_good(at) ? 0 : -EINVAL;
	size_t i;

	fs_enter();
	for (i = 0; i < FS_MOUNTS; i++) {
		if (!mounts[i].fs)
			m = &mounts[i];
		else if (!strcmp(mounts[i].at, at) || !strcmp(mounts[i].device, device))
			rc = -EBUSY;
	}
	if (!rc)
		rc = m ? mount_new(m, device, at) : -ENFILE;
	fs_leave();
	return rc;
}

/*
 * The library writes its tables, has the device flushed, and only then writes and flushes the superblock: the
 * word "clean" is never on the disk before what it speaks of.
 */
static int mount_sync(struct fs_mount *m)
{
	int rc;

	if (!m->changed)
		return 0;
	if (!m->unclean)
		m->fs->super->s_state |= EXT2_VALID_FS;
	ext2fs_mark_super_dirty(m->fs);
	rc = fs_error(ext2fs_flush(m->fs));
	if (!rc)
		m->changed = false;
	return rc;
}

/* fs_change - something is about to be written: have the disk say that it is not clean */
int fs_change(struct fs_mount *m)
{
	int rc;

	if (m->read_only)
		return -EROFS;
	if (m->changed)
		return 0;
	m->fs->super->s_state &= ~EXT2_VALID_FS;
	ext2fs_mark_super_dirty(m->fs);
	rc = fs_error(ext2fs_flush(m->fs));
	m->changed = !rc;
	return rc;
}

int fs_unmount(const char *at, bool drop)
{
	struct fs_mount *m;
	int rc;

	fs_enter();
	m = mount_at(at);
	rc = !m ? -ENOENT : m->open_files ? -EBUSY : mount_sync(m);
	if (!rc || (drop && m && !m->open_files)) {
		ext2fs_free(m->fs);
		m->fs = NULL;
	}
	fs_leave();
	return rc;
}

int fs_sync(void)
{
	int first = 0, rc;
	size_t i;

	fs_enter();
	for (i = 0; i < FS_MOUNTS; i++) {
		rc = mounts[i].fs ? mount_sync(&mounts[i]) : 0;
		first = first ? first : rc;
	}
	fs_leave();
	return first;
}

static void mount_tell(const struct fs_mount *m, struct fs_mount_info *info)
{
	u32 block = m->fs->blocksize;

	*info = (struct fs_mount_info){
		.read_only = m->read_only,
		.unclean = m->unclean,
		.block_bytes = block,
		.bytes = ext2fs_blocks_count(m->fs->super) * block,
		.free_bytes = ext2fs_free_blocks_count(m->fs->super) * block,
		.dirty_bytes = cache_dirty_bytes(m->cache),
		.cache_hits = m->cache->hits,
		.cache_misses = m->cache->misses,
	};
	format(info->device, sizeof(info->device), "%s", m->device);
	format(info->at, sizeof(info->at), "%s", m->at);
}

bool fs_mount_nth(unsigned int n, struct fs_mount_info *info)
{
	bool found = false;
	size_t i;

	fs_enter();
	for (i = 0; i < FS_MOUNTS && !found; i++) {
		if (mounts[i].fs && !n--) {
			mount_tell(&mounts[i], info);
			found = true;
		}
	}
	fs_leave();
	return found;
}
