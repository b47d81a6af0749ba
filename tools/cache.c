// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unpacked kernels, kept by the content of what they were packed in: /var/cache/bonsai/HASH, or in the
 * folder that BONSAI_CACHE names (empty: nothing is kept).
 *
 * A file there is written whole under another name first, is only ever replaced, and may be deleted at any time;
 * what does not work here costs time and nothing else.  Room is made by deleting what was longest not used.
 */

#include "hash.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
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

bool cache_find(const struct blob *packed, char name[CACHE_NAME], struct blob *b)
{
	int folder = open_folder(), fd;
	struct stat st;

	*name = 0;
	if (folder < 0)
		return false;
	name_of(packed, name);
	fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	close(folder);
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

static bool write_whole(int fd, const struct blob *b)
{
	ssize_t did;

	for (size_t at = 0; at < b->size; at += did) {
		did = write(fd, b->data + at, b->size - at);
		if (did <= 0)
			return false;
	}
	return true;
}

void cache_keep(const char *name, const struct blob *b)
{
	int folder = !*name || (off_t)b->size > MOST ? -1 : open_folder(), fd;
	char other[32];

	if (folder < 0)
		return;
	make_room(folder, b->size);
	snprintf(other, sizeof(other), "new.%d", (int)getpid());
	fd = openat(folder, other, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd >= 0) {
		if (!write_whole(fd, b) || renameat(folder, other, folder, name))
			unlinkat(folder, other, 0);
		close(fd);
	}
	close(folder);
}
