/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Commands for files and disks.
 */
#include "fs/fs.h"
#include "kernel/block.h"
#include "kernel/errno.h"
#include "kernel/heap.h"
#include "kernel/print.h"
#include "kernel/string.h"
#include "programs/shell/sha256.h"
#include "programs/shell/shell.h"

#define BUFFER 16384

static bool ls_entry(const char *name, const struct fs_stat *st, void *arg)
{
	static const char kinds[] = {
		[FS_FILE] = '-', [FS_DIRECTORY] = 'd', [FS_LINK] = 'l', [FS_OTHER] = '?'
	};

	(void)arg;
	printk("%c %12lu  %s%s\n", st->links ? kinds[st->type] : '!', st->bytes, name,
	       st->type == FS_DIRECTORY ? "/" : "");
	return true;
}

int ls_main(int argc, char **argv)
{
	const char *path = argc > 1 ? argv[1] : "/";
	int rc = fs_readdir(path, ls_entry, NULL);
	struct fs_stat st;

	if (rc == -ENOTDIR && !fs_stat(path, &st)) {
		ls_entry(path, &st, NULL);
		rc = 0;
	}
	return rc ? shell_fail(argv[0], path, rc) : 0;
}

/* Give all of a file to fn, until Ctrl-C is typed.  Return: 0, 1: it was, or a negative error */
static int read_all(const char *path, void (*fn)(void *arg, const u8 *data, size_t n), void *arg)
{
	u8 *buf = heap_alloc(BUFFER);
	struct fs_file *f;
	long n = fs_open(path, FS_READ, &f);

	if (!n) {
		while ((n = fs_read(f, buf, BUFFER)) > 0 && !shell_stopped())
			fn(arg, buf, n);
		fs_close(f);
	}
	heap_free(buf, BUFFER);
	return n > 0 ? 1 : n;
}

/* Bytes that no terminal should get are shown as dots. */
static void cat_part(void *arg, const u8 *data, size_t n)
{
	char part[128];
	size_t i, len = 0;

	*(bool *)arg = data[n - 1] == '\n';
	for (i = 0; i < n; i++) {
		part[len++] =
			data[i] == '\n' || data[i] == '\t' || (data[i] >= ' ' && data[i] != 127)
				? data[i]
				: '.';
		if (len == sizeof(part) - 1 || i == n - 1) {
			part[len] = 0;
			printk("%s", part);
			len = 0;
		}
	}
}

int cat_main(int argc, char **argv)
{
	bool line_ended = true;
	int rc = read_all(argv[1], cat_part, &line_ended);

	(void)argc;
	if (!line_ended)
		printk("\n");
	return rc < 0 ? shell_fail(argv[0], argv[1], rc) : 0;
}

static void sum_part(void *arg, const u8 *data, size_t n)
{
	sha256_add(arg, data, n);
}

int sum_main(int argc, char **argv)
{
	char text[SHA256_TEXT];
	struct sha256 h;
	int i, rc, failed = 0;

	for (i = 1; i < argc; i++) {
		sha256_begin(&h);
		rc = read_all(argv[i], sum_part, &h);
		sha256_end(&h, text);
		if (rc > 0)
			return 1;
		if (rc)
			failed = shell_fail(argv[0], argv[i], rc);
		else
			printk("%s  %s\n", text, argv[i]);
	}
	return failed;
}

/* A short write is a full disk. */
static int write_all(struct fs_file *f, const void *data, size_t n)
{
	long done = fs_write(f, data, n);

	return done < 0 ? done : (size_t)done < n ? -ENOSPC : 0;
}

static int write_words(struct fs_file *f, int argc, char **argv)
{
	int i, rc = 0;

	for (i = 2; i < argc && !rc; i++) {
		rc = write_all(f, argv[i], strlen(argv[i]));
		if (!rc)
			rc = write_all(f, i + 1 < argc ? " " : "\n", 1);
	}
	return rc;
}

static int write_line(int argc, char **argv, unsigned int flags)
{
	struct fs_stat st = { 0 };
	struct fs_file *f;
	int rc, closed;

	if (!(flags & FS_TRUNCATE))
		fs_stat(argv[1], &st);
	rc = fs_open(argv[1], flags, &f);
	if (rc)
		return shell_fail(argv[0], argv[1], rc);
	rc = fs_seek(f, st.bytes);
	if (!rc)
		rc = write_words(f, argc, argv);
	closed = fs_close(f);
	rc = rc ? rc : closed;
	return rc ? shell_fail(argv[0], argv[1], rc) : 0;
}

int write_main(int argc, char **argv)
{
	return write_line(argc, argv, FS_WRITE | FS_CREATE | FS_TRUNCATE);
}

int append_main(int argc, char **argv)
{
	return write_line(argc, argv, FS_WRITE | FS_CREATE);
}

static void arbitrary(u64 *state, u64 *words, size_t n)
{
	while (n--) {
		*state ^= *state << 13;
		*state ^= *state >> 7;
		*state ^= *state << 17;
		*words++ = *state;
	}
}

static int fill_file(const char *path, u64 bytes, u64 seed)
{
	u64 state = (seed + 1) * 0x9e3779b97f4a7c15, *buf;
	struct fs_file *f;
	int rc = fs_open(path, FS_WRITE | FS_CREATE | FS_TRUNCATE, &f), closed;

	if (rc)
		return rc;
	buf = heap_alloc(BUFFER);
	while (bytes && !rc && !shell_stopped()) {
		u64 now = MIN(bytes, (u64)BUFFER);

		arbitrary(&state, buf, BUFFER / sizeof(*buf));
		rc = write_all(f, buf, now);
		bytes -= now;
	}
	heap_free(buf, BUFFER);
	closed = fs_close(f);
	return rc ? rc : closed;
}

int fill_main(int argc, char **argv)
{
	u64 bytes, seed = 0;
	int rc;

	if (!shell_number(argv[2], &bytes) || (argc > 3 && !shell_number(argv[3], &seed))) {
		printk("%s: %s is not a number\n", argv[0],
		       shell_number(argv[2], &bytes) ? argv[3] : argv[2]);
		return 1;
	}
	rc = fill_file(argv[1], bytes, seed);
	return rc ? shell_fail(argv[0], argv[1], rc) : 0;
}

int rm_main(int argc, char **argv)
{
	int i, rc, failed = 0;

	for (i = 1; i < argc; i++) {
		rc = fs_remove(argv[i]);
		if (rc)
			failed = shell_fail(argv[0], argv[i], rc);
	}
	return failed;
}

int mv_main(int argc, char **argv)
{
	int rc = fs_rename(argv[1], argv[2]);

	(void)argc;
	return rc ? shell_fail(argv[0], argv[2], rc) : 0;
}

int mkdir_main(int argc, char **argv)
{
	int rc = fs_mkdir(argv[1]);

	(void)argc;
	return rc ? shell_fail(argv[0], argv[1], rc) : 0;
}

static void mount_show(void)
{
	struct fs_mount_info m;
	unsigned int i;

	for (i = 0; fs_mount_nth(i, &m); i++)
		printk("%s at %s: %lu KiB, %lu free, blocks of %u; to be written: %lu KiB; cache "
		       "hits %lu, misses %lu%s%s\n",
		       m.device, m.at, m.bytes / 1024, m.free_bytes / 1024, m.block_bytes,
		       m.dirty_bytes / 1024, m.cache_hits, m.cache_misses,
		       m.read_only ? "; read-only" : "",
		       m.unclean ? "; was not clean, needs fsck" : "");
	if (!i)
		printk("nothing is mounted\n");
}

int mount_main(int argc, char **argv)
{
	int rc;

	if (argc == 1) {
		mount_show();
		return 0;
	}
	if (argc == 2) {
		printk("usage: mount DEVICE PLACE\n");
		return 1;
	}
	rc = fs_mount(argv[1], argv[2]);
	return rc ? shell_fail(argv[0], argv[1], rc) : 0;
}

int umount_main(int argc, char **argv)
{
	int rc = fs_unmount(argv[1], argc > 2 && !strcmp(argv[2], "force"));

	return rc ? shell_fail(argv[0], argv[1], rc) : 0;
}

int sync_main(int argc, char **argv)
{
	int rc = fs_sync();

	(void)argc;
	return rc ? shell_fail(argv[0], "disks", rc) : 0;
}

int disks_main(int argc, char **argv)
{
	struct block_device *dev;
	unsigned int i;

	(void)argc, (void)argv;
	for (i = 0; (dev = block_nth(i)); i++)
		printk("%s: %lu KiB, sectors of %u%s%s\n", dev->name, dev->sectors / 2,
		       dev->sector_bytes, dev->read_only ? ", read-only" : "",
		       dev->can_flush ? "" : ", no flush");
	if (!i)
		printk("no disks\n");
	return 0;
}
