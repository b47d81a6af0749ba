// SPDX-License-Identifier: GPL-2.0-only
/* Logs of consoles: renamed when they have grown, X.log to X.log.1 to X.log.2 and so on. */

#include "consoled.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void open_file(struct log *l)
{
	struct stat st;

	l->fd = open(l->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW, 0640);
	if (l->fd < 0)
		fprintf(stderr, "bonsai-consoled: %s: %m\n", l->path);
	l->size = l->fd >= 0 && !fstat(l->fd, &st) ? st.st_size : 0;
}

void log_open(struct log *l, const char *folder, const char *name, uint64_t most, unsigned int count)
{
	*l = (struct log){ .fd = -1, .most = most, .count = count };
	if (!folder)
		return;
	mkdir(folder, 0750);
	if (asprintf(&l->path, "%s/guest-%s.log", folder, name) < 0)
		abort();
	/* Other tools let a name have this in it. */
	for (char *p = l->path + strlen(folder) + 1; *p; p++)
		if (*p == '/')
			*p = '_';
	open_file(l);
}

static void rotate(struct log *l)
{
	char from[4096], to[4096];

	for (unsigned int i = l->count; i; i--) {
		snprintf(to, sizeof(to), "%s.%u", l->path, i);
		snprintf(from, sizeof(from), "%s.%u", l->path, i - 1);
		rename(i > 1 ? from : l->path, to);
	}
	if (!l->count)
		unlink(l->path);
	log_reopen(l);
}

void log_write(struct log *l, const char *data, size_t size)
{
	ssize_t did;

	if (l->path && l->most && l->size && l->size + size > l->most)
		rotate(l);
	/* A full disk costs the log a piece, not the guest its console. */
	for (; l->fd >= 0 && size; data += did, size -= did) {
		did = write(l->fd, data, size);
		if (did <= 0)
			return;
		l->size += did;
	}
}

void log_reopen(struct log *l)
{
	if (l->fd >= 0)
		close(l->fd);
	if (l->path)
		open_file(l);
}

void log_close(struct log *l)
{
	if (l->fd >= 0)
		close(l->fd);
	free(l->path);
	*l = (struct log){ .fd = -1 };
}
