// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unpacked kernels, kept by the content of what they were packed in: /var/cache/bonsai/HASH, or in the
 * folder that BONSAI_CACHE names (empty: nothing is kept).  Beside them, in seen-NN, what is remembered of a kernel's
 * file, so that it need not be looked through again.
 *
 * A file there is written whole under another name first, is only ever replaced, and may be deleted at any time;
 * what does not work here costs time and nothing else.  Room is made by deleting what was longest not used.
 */

#include "hash.h"

#include <dirent.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FOLDER	  "/var/cache/bonsai"
#define MOST	  (512L << 20)	/* bytes in all */

_Static_assert(2 * HASH_SIZE < CACHE_NAME, "a name has room");

static void name_of(const struct blob *packed, char name[CACHE_NAME])
{
	uint8_t hash[HASH_SIZE];

	hash_of(packed->data, packed->size, hash);
	for (int i = 0; i < HASH_SIZE; i++)
		snprintf(name + 2 * i, 3, "%02x", hash[i]);
}

static int open_folder(void)
{
	const char *folder = getenv("BONSAI_CACHE");
	struct stat st;
	int fd;

	folder = folder ? folder : FOLDER;
	mkdir(folder, 0700);
	fd = open(folder, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	/* Kernels are taken from here: nobody else may write. */
	if (fd >= 0 && (fstat(fd, &st) || st.st_uid != geteuid() || st.st_mode & 022)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

bool cache_open(const char *name, struct blob *b)
{
	int folder = open_folder(), fd = -1;
	struct stat st;

	if (folder >= 0) {
		fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
		close(folder);
	}
	if (fd < 0)
		return false;
	*b = (struct blob){ .mapped = true };
	if (!fstat(fd, &st) && st.st_size > 0) {
		b->size = st.st_size;
		b->data = mmap(NULL, b->size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	}
	futimens(fd, NULL);	/* used now */
	close(fd);
	return b->size && b->data != MAP_FAILED;
}

bool cache_find(const struct blob *packed, char name[CACHE_NAME], struct blob *b)
{
	int folder = open_folder();

	*name = 0;
	if (folder < 0)
		return false;
	name_of(packed, name);
	close(folder);
	return cache_open(name, b);
}

/* The one longest not used, and the size of all. */
static off_t survey(int folder, char oldest[CACHE_NAME])
{
	int copy = openat(folder, ".", O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	DIR *dir = copy >= 0 ? fdopendir(copy) : NULL;
	struct timespec first = { 0 };
	struct dirent *e;
	struct stat st;
	off_t all = 0;

	*oldest = 0;
	while (dir && (e = readdir(dir))) {
		if (fstatat(folder, e->d_name, &st, AT_SYMLINK_NOFOLLOW) || !S_ISREG(st.st_mode))
			continue;
		all += st.st_size;
		if (strlen(e->d_name) < CACHE_NAME && (!*oldest || st.st_mtim.tv_sec < first.tv_sec ||
		    (st.st_mtim.tv_sec == first.tv_sec && st.st_mtim.tv_nsec < first.tv_nsec))) {
			first = st.st_mtim;
			strcpy(oldest, e->d_name);
		}
	}
	if (dir)
		closedir(dir);
	return all;
}

static void make_room(int folder, off_t size)
{
	char oldest[CACHE_NAME];

	while (survey(folder, oldest) + size > MOST && *oldest)
		if (unlinkat(folder, oldest, 0))
			return;
}

static bool write_whole(int fd, const void *data, size_t size)
{
	ssize_t did;

	for (size_t at = 0; at < size; at += did) {
		did = write(fd, (const uint8_t *)data + at, size - at);
		if (did <= 0)
			return false;
	}
	return true;
}

static void put(int folder, const char *name, const void *data, size_t size)
{
	char other[32];
	int fd;

	snprintf(other, sizeof(other), "new.%d", (int)getpid());
	fd = openat(folder, other, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	if (!write_whole(fd, data, size) || renameat(folder, other, folder, name))
		unlinkat(folder, other, 0);
	close(fd);
}

void cache_keep(const char *name, const struct blob *b)
{
	int folder = !*name || (off_t)b->size > MOST ? -1 : open_folder();

	if (folder < 0)
		return;
	make_room(folder, b->size);
	put(folder, name, b->data, b->size);
	close(folder);
}

/* A file of a record: whole and unharmed, or as if it were not there. */
struct record {
	char form[8];
	struct seen seen;
	uint8_t sum[HASH_SIZE];
};

static const char form[8] = "seen 1";

static void sum_of(const struct record *r, uint8_t sum[HASH_SIZE])
{
	hash_of((const uint8_t *)r, offsetof(struct record, sum), sum);
}

/* There are so many places and no more; a record may push another out. */
static void place_of(const struct file_id *id, char name[16])
{
	snprintf(name, 16, "seen-%02x", (unsigned int)(id->inode + 31 * id->device) & 0xff);
}

static bool holes_fit(const struct seen *s)
{
	uint64_t end = 0;

	if (s->count > HOLES_MOST || !memchr(s->name, 0, sizeof(s->name)) || strchr(s->name, '/'))
		return false;
	for (uint32_t i = 0; i < s->count; i++) {
		if (s->holes[i].first < end)
			return false;
		end = (uint64_t)s->holes[i].first + s->holes[i].count;
	}
	return end <= s->pages;
}

bool seen_find(struct seen *s)
{
	int folder = open_folder(), fd;
	uint8_t sum[HASH_SIZE];
	struct record r;
	char name[16];
	bool whole;

	if (folder < 0)
		return false;
	place_of(&s->id, name);
	fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	close(folder);
	if (fd < 0)
		return false;
	whole = read(fd, &r, sizeof(r)) == sizeof(r);
	close(fd);
	if (!whole || memcmp(r.form, form, sizeof(form)) || memcmp(&r.seen.id, &s->id, sizeof(s->id)))
		return false;
	sum_of(&r, sum);
	if (memcmp(sum, r.sum, sizeof(sum)) || !holes_fit(&r.seen))
		return false;
	*s = r.seen;
	return true;
}

#define SETTLED 2	/* seconds: file systems count time in steps, and one change may hide behind another */

void seen_keep(const struct seen *s)
{
	int folder = open_folder();
	struct record r;
	char name[16];
	time_t now = time(NULL);

	if (folder < 0)
		return;
	if (s->id.inode && s->id.changed + SETTLED < now && s->id.modified + SETTLED < now) {
		memset(&r, 0, sizeof(r));
		memcpy(r.form, form, sizeof(form));
		r.seen = *s;
		sum_of(&r, r.sum);
		place_of(&s->id, name);
		put(folder, name, &r, sizeof(r));
	}
	close(folder);
}
