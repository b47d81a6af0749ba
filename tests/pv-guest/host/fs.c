/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pv-guest's files on the host, under sanitizers: the same glue and the same library on a device in memory.
 *
 *	fs work IMAGE [SECTOR]	make, change and remove files and directories, as fs.test expects to find them
 *	fs full IMAGE		write until nothing fits, remove it all
 *	fs fail IMAGE		the device fails at the first, second, ... write
 *	fs break IMAGE SEED N	N images with some bytes changed: whatever is answered, nothing breaks or hangs
 *	fs crash IMAGE SEED	the power goes: of what was not flushed any part is lost; prints what must be left
 *	fs intact IMAGE N	N files that were synced before are as they were
 *
 * work, full and crash write the image back.
 */
#include "fs/fs.h"
#include "kernel/block.h"
#include "kernel/thread.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#define CHUNK	 3000
#define READ_MAX (4 << 20) /* of a file that says to be longer */

static u8 *disk;
static size_t disk_bytes;
static long writes_left = -1; /* -1: no end */
static u8 *durable; /* crash: what was flushed, and what of the rest happened to be written */
static struct block_device device = {
	.name = "disk", .sector_bytes = 512, .max_bytes = 65536, .can_flush = true
};

/* --- what the kernel would do ---------------------------------------------------------------------- */

struct block_device *block_find(const char *name)
{
	return strcmp(name, device.name) ? NULL : &device;
}

static bool outside(u64 sector, u64 bytes)
{
	u32 unit = device.sector_bytes / 512;

	return bytes % device.sector_bytes || sector % unit || sector > device.sectors ||
	       bytes / 512 > device.sectors - sector;
}

int block_read(struct block_device *dev, u64 sector, void *data, u64 bytes)
{
	(void)dev;
	if (outside(sector, bytes))
		return -EINVAL;
	memcpy(data, disk + sector * 512, bytes);
	return 0;
}

static void crashed(void) __attribute__((noreturn));

int block_write(struct block_device *dev, u64 sector, const void *data, u64 bytes)
{
	(void)dev;
	if (outside(sector, bytes))
		return -EINVAL;
	if (!writes_left && durable)
		crashed();
	if (!writes_left)
		return -EIO;
	writes_left -= writes_left > 0;
	memcpy(disk + sector * 512, data, bytes);
	return 0;
}

int block_flush(struct block_device *dev)
{
	(void)dev;
	if (!writes_left && durable)
		crashed();
	if (durable)
		memcpy(durable, disk, disk_bytes);
	return writes_left ? 0 : -EIO;
}

void *heap_alloc(size_t size)
{
	return malloc(size);
}

void heap_free(void *p, size_t size)
{
	(void)size;
	free(p);
}

void *pages_alloc(unsigned int order)
{
	return malloc(4096UL << order);
}

void pages_free(void *va, unsigned int order)
{
	(void)order;
	free(va);
}

unsigned long pages_free_count(void)
{
	return 100000;
}

void sem_up(struct sem *s)
{
	s->count++;
}

void sem_down(struct sem *s)
{
	if (!s->count--)
		abort();
}

int vformat(char *buf, size_t size, const char *fmt, va_list ap)
{
	return vsnprintf(buf, size, fmt, ap);
}

int format(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, size, fmt, ap);
	va_end(ap);
	return n;
}

void printk(const char *fmt, ...)
{
	(void)fmt;
}

/* --- helpers ---------------------------------------------------------------------------------------- */

static void must(long rc, const char *what)
{
	if (rc >= 0)
		return;
	fprintf(stderr, "%s: %s\n", what, strerror(-rc));
	exit(1);
}

static void is(long rc, long want, const char *what)
{
	if (rc == want)
		return;
	fprintf(stderr, "%s: %ld, not %ld\n", what, rc, want);
	exit(1);
}

static u8 pattern(u64 seed, u64 at)
{
	return (at * 131 + (at >> 8) * 31 + seed) & 0xff;
}

/* Return: how many bytes were written, or a negative error */
static long file_write(const char *path, u64 seed, u64 bytes)
{
	struct fs_file *f;
	u8 buf[CHUNK];
	u64 at = 0, i;
	long n = 0;
	int rc = fs_open(path, FS_WRITE | FS_CREATE | FS_TRUNCATE, &f);

	if (rc)
		return rc;
	for (; at < bytes && n >= 0; at += n) {
		u64 now = bytes - at < CHUNK ? bytes - at : CHUNK;

		for (i = 0; i < now; i++)
			buf[i] = pattern(seed, at + i);
		n = fs_write(f, buf, now);
		if (n < (long)now)
			break;
	}
	rc = fs_close(f);
	return n < 0 ? n : rc ? rc : (long)(at + (at < bytes ? n : 0));
}

static void file_check(const char *path, u64 seed, u64 bytes)
{
	struct fs_file *f;
	u8 buf[CHUNK + 77];
	u64 at = 0;
	long n, i;

	must(fs_open(path, FS_READ, &f), path);
	while ((n = fs_read(f, buf, sizeof(buf))) > 0)
		for (i = 0; i < n; i++, at++)
			is(buf[i], pattern(seed, at), "content");
	must(n, path);
	is(at, bytes, path);
	must(fs_close(f), path);
}

static bool count_entry(const char *name, const struct fs_stat *st, void *arg)
{
	(void)name, (void)st;
	++*(unsigned int *)arg;
	return true;
}

static unsigned int dir_count(const char *path)
{
	unsigned int n = 0;

	must(fs_readdir(path, count_entry, &n), path);
	return n;
}

/* --- work -------------------------------------------------------------------------------------------- */

static void work_files(void)
{
	struct fs_file *f, *g;
	struct fs_stat st;

	must(file_write("/small", 1, 10), "small");
	must(file_write("/big", 2, 3000000), "big");
	file_check("/big", 2, 3000000);
	must(file_write("/short", 3, 200000), "short");
	must(fs_open("/short", FS_WRITE, &f), "open short");
	is(fs_open("/short", FS_READ, &g), -EBUSY, "reader beside a writer");
	is(fs_remove("/short"), -EBUSY, "remove what is open");
	is(fs_unmount("/", false), -EBUSY, "unmount with open files");
	must(fs_truncate(f, 12345), "truncate");
	must(fs_close(f), "close");
	file_check("/short", 3, 12345);
	must(fs_open("/hole", FS_WRITE | FS_CREATE, &f), "hole");
	must(fs_seek(f, 1000000), "seek");
	is(fs_write(f, "end", 3), 3, "write after a hole");
	must(fs_close(f), "close");
	must(fs_stat("/hole", &st), "stat");
	is(st.bytes, 1000003, "size with a hole");
	is(st.disk_bytes < 100000, 1, "a hole takes no room");
	is(fs_open("/none", FS_READ, &f), -ENOENT, "open what is not there");
	is(fs_open("/small/x", FS_READ, &f), -ENOTDIR, "through a file");
	is(fs_open("/dir", FS_READ, &f), -ENOENT, "no directory yet");
	is(file_write("/a/b", 0, 1), -ENOENT, "create where no directory is");
}

static void work_names(void)
{
	char name[FS_NAME_MAX + 20];
	int i;

	must(fs_mkdir("/dir"), "mkdir");
	is(fs_mkdir("/dir"), -EEXIST, "mkdir again");
	must(fs_mkdir("/dir/sub"), "mkdir sub");
	for (i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "/dir/a-name-that-makes-the-directory-grow-%d", i);
		must(file_write(name, i, i), name);
	}
	for (i = 0; i < 300; i += 2) {
		snprintf(name, sizeof(name), "/dir/a-name-that-makes-the-directory-grow-%d", i);
		must(fs_remove(name), name);
	}
	is(dir_count("/dir"), 151, "names left");
	is(fs_remove("/dir"), -ENOTEMPTY, "remove a full directory");
	must(fs_rename("/big", "/dir/sub/moved"), "rename");
	file_check("/dir/sub/moved", 2, 3000000);
	must(fs_rename("/short", "/small"), "rename over");
	file_check("/small", 3, 12345);
	is(fs_rename("/dir", "/dir/sub/in-itself"), -EINVAL, "a directory into itself");
	must(fs_mkdir("/other"), "mkdir other");
	must(fs_rename("/dir/sub", "/other/sub"), "move a directory");
	file_check("/other/sub/../sub/moved", 2, 3000000);
	is(fs_rename("/small", "/other"), -EEXIST, "a file over a directory");
	must(fs_mkdir("/gone"), "mkdir gone");
	must(fs_remove("/gone"), "rmdir");
	memset(name, 'n', sizeof(name));
	name[0] = '/';
	name[FS_NAME_MAX + 2] = 0;
	is(file_write(name, 0, 1), -ENAMETOOLONG, "a name too long");
	name[FS_NAME_MAX + 1] = 0;
	must(file_write(name, 0, 1), "the longest name");
}

static void work(void)
{
	struct fs_mount_info info;

	must(fs_mount("disk", "/"), "mount");
	is(fs_mount("disk", "/again"), -EBUSY, "mount twice");
	is(fs_mount("none", "/none"), -ENODEV, "mount what is not there");
	work_files();
	work_names();
	must(fs_sync(), "sync");
	is(fs_mount_nth(0, &info) && !info.dirty_bytes, 1, "nothing is dirty after a sync");
	must(file_write("/dir/after-sync", 9, 70000), "write after sync");
	must(fs_unmount("/", false), "unmount");
	must(fs_mount("disk", "/mnt"), "mount again");
	file_check("/mnt/dir/after-sync", 9, 70000);
	must(fs_unmount("/mnt", false), "unmount again");
}

/* --- full, fail -------------------------------------------------------------------------------------- */

static void full(void)
{
	char name[20];
	long n = 0;
	int i, j;

	must(fs_mount("disk", "/"), "mount");
	for (i = 0; n >= 0 && i < 100000; i++) {
		snprintf(name, sizeof(name), "/full-%d", i);
		n = file_write(name, i, 100000);
	}
	is(n, -ENOSPC, "the disk is full at last");
	must(fs_sync(), "sync a full disk");
	is(fs_mkdir("/no-room"), -ENOSPC, "mkdir on a full disk");
	for (j = 0; j < i - 1; j += 2) {
		snprintf(name, sizeof(name), "/full-%d", j);
		must(fs_remove(name), name);
	}
	must(file_write("/fits", 5, 50000), "there is room again");
	file_check("/fits", 5, 50000);
	must(fs_unmount("/", false), "unmount");
}

/* A failing device is an error of some call, and the mount can be given up once it works again. */
static void fail(const u8 *original)
{
	long i, seen = 1;

	for (i = 0; seen; i++) {
		memcpy(disk, original, disk_bytes);
		must(fs_mount("disk", "/"), "mount");
		writes_left = i;
		seen = file_write("/dir-a", 1, 100000) < 0;
		seen |= fs_mkdir("/dir-b") < 0;
		seen |= fs_sync() < 0;
		seen |= fs_rename("/dir-b", "/dir-c") < 0;
		seen |= fs_remove("/dir-a") < 0;
		seen |= fs_sync() < 0;
		if (i % 2)
			fs_unmount(
				"/",
				true); /* given up while it fails; the next mount tells whether it was */
		writes_left = -1;
		if (i % 2 == 0)
			must(fs_unmount("/", false), "unmount");
	}
	is(i > 10, 1, "there were writes to fail");
	printf("%ld\n", i - 1);
}

/* --- crash ------------------------------------------------------------------------------------------- */

static const char *image_path;
static unsigned int synced; /* files /s0, /s1, ... that were written before the last sync */
static u64 random_next(u64 below);

static void image_write(const u8 *data)
{
	FILE *image = fopen(image_path, "r+b");

	is(image && fwrite(data, 1, disk_bytes, image) == disk_bytes, 1, "write the image");
	fclose(image);
}

/* Of each KiB either the flushed or the newest is left. */
static void crashed(void)
{
	size_t at;

	for (at = 0; at < disk_bytes; at += 1024)
		if (random_next(2))
			memcpy(durable + at, disk + at, 1024);
	image_write(durable);
	printf("%u %u\n", synced, durable[1024 + 58] & 1); /* the superblock's s_state: clean */
	exit(0);
}

static void crash(void)
{
	char name[20];
	unsigned int i;

	must(fs_mount("disk", "/"), "mount");
	for (i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "/s%u", i);
		file_write(name, i, 1000 + i * 3000);
		file_write("/other", i, random_next(60000));
		if (random_next(2)) {
			must(fs_sync(), "sync");
			synced = i + 1;
		}
		file_write("/another", i, random_next(60000));
		fs_mkdir("/directory");
		fs_remove("/other");
		fs_rename("/another", "/other");
		if (i ==
		    3) /* from here on; so at least some is synced mostly, and all places are met */
			writes_left = random_next(60);
	}
	must(fs_unmount("/", false), "unmount");
	crashed();
}

static void intact(unsigned int n)
{
	char name[20];
	unsigned int i;

	must(fs_mount("disk", "/"), "mount");
	for (i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "/s%u", i);
		file_check(name, i, 1000 + i * 3000);
	}
	must(fs_unmount("/", false), "unmount");
}

/* --- break ------------------------------------------------------------------------------------------- */

static u64 random_state;

static u64 random_next(u64 below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state % below;
}

/* Tables are at the beginning and where there is something at all: zeros stay zeros mostly. */
static void mutate(void)
{
	u64 n = 1 + random_next(20), at;

	while (n--) {
		u64 area = random_next(4);

		at = !area ? 1024 + random_next(264) : random_next(area == 1 ? 65536 : disk_bytes);
		if (area == 3 && !disk[at])
			continue;
		disk[at] = random_next(3) ? random_next(256) : random_next(2) ? 0xff : 0;
	}
}

struct names {
	char name[8][FS_NAME_MAX + 1];
	unsigned int n;
};

static bool collect(const char *name, const struct fs_stat *st, void *arg)
{
	struct names *l = arg;

	(void)st;
	strcpy(l->name[l->n++], name);
	return l->n < 8;
}

static void walk(const char *dir, unsigned int depth)
{
	struct names *l = calloc(1, sizeof(*l));
	char path[2000];
	struct fs_stat st;
	struct fs_file *f;
	unsigned int i;
	u8 buf[CHUNK];
	u64 bytes;

	fs_readdir(dir, collect, l);
	for (i = 0; i < l->n; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, l->name[i]);
		if (fs_stat(path, &st))
			continue;
		if (st.type == FS_DIRECTORY && depth < 4)
			walk(path, depth + 1);
		if (fs_open(path, FS_READ, &f))
			continue;
		for (bytes = 0; bytes < READ_MAX && fs_read(f, buf, sizeof(buf)) > 0;
		     bytes += sizeof(buf))
			;
		fs_close(f);
		if (random_next(2))
			file_write(path, 1, 5000);
		if (random_next(2))
			fs_remove(path);
	}
	free(l);
}

/* Return: 1 if it could be mounted */
static int break_one(void)
{
	if (fs_mount("disk", "/"))
		return 0;
	walk("", 0);
	file_write("/new", 1, 200000);
	fs_mkdir("/new-dir");
	file_write("/new-dir/x", 1, 2000);
	fs_rename("/new-dir", "/other/new-dir");
	fs_rename("/other", "/renamed");
	fs_remove("/new");
	fs_sync();
	if (fs_unmount(
		    "/",
		    false)) { /* what it wants written lies outside of the disk: the guest would keep it */
		printf("stuck\n");
		exit(3);
	}
	return 1;
}

static void breaks(const u8 *original, u64 seed, int n)
{
	int i, mounted = 0;

	for (i = 0; i < n; i++) {
		random_state = (seed + i) * 0x9e3779b97f4a7c15 + 1;
		memcpy(disk, original, disk_bytes);
		mutate();
		fprintf(stderr, "seed %lu\n", seed + i);
		alarm(20);
		mounted += break_one();
	}
	printf("%d\n", mounted);
}

int main(int argc, char **argv)
{
	FILE *image = argc >= 3 ? fopen(argv[2], "r+b") : NULL;
	u8 *original;

	if (!image)
		return 2;
	fseek(image, 0, SEEK_END);
	disk_bytes = ftell(image);
	rewind(image);
	disk = malloc(disk_bytes);
	original = malloc(disk_bytes);
	is(fread(disk, 1, disk_bytes, image), disk_bytes, "read the image");
	fclose(image);
	image_path = argv[2];
	memcpy(original, disk, disk_bytes);
	device.sectors = disk_bytes / 512;
	if (!strcmp(argv[1], "work") && argc == 4)
		device.sector_bytes = atoi(argv[3]);
	if (!strcmp(argv[1], "work"))
		work();
	else if (!strcmp(argv[1], "full"))
		full();
	else if (!strcmp(argv[1], "fail"))
		fail(original);
	else if (argc == 4 && !strcmp(argv[1], "intact"))
		intact(atoi(argv[3]));
	else if (argc == 4 && !strcmp(argv[1], "crash")) {
		random_state = atol(argv[3]) * 0x9e3779b97f4a7c15 + 1;
		durable = original;
		crash();
	} else if (argc == 5 && !strcmp(argv[1], "break"))
		breaks(original, atol(argv[3]), atoi(argv[4]));
	if (!strcmp(argv[1], "work") || !strcmp(argv[1], "full"))
		image_write(disk);
	free(disk);
	free(original);
	return 0;
}
