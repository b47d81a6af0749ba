/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XSL_WATCH_H
#define XSL_WATCH_H

#include "conn.h"
#include "node.h"

struct watch_path;

/**
 * struct watch - a client wants to hear of changes at and below a path
 * @at:      the path, absolute or special, and who else watches it
 * @rel_len: bytes of a path that the client leaves away in its relative paths
 * @depth:   levels below the path that matter; -1: all
 * @seq:     a client hears of one change in the order of its watches
 */
struct watch {
	struct watch *prev, *next;		/* of the connection */
	struct watch *path_prev, *path_next;	/* of the path */
	struct conn *conn;
	struct watch_path *at;
	u16 rel_len;
	int depth;
	u64 seq;
	char token[];
};

/* Who watches one path; found by the path */
struct watch_path {
	UT_hash_handle hh;
	struct watch *watches;
	char path[];
};

int watch_add(struct conn *c, const char *path, const char *token, size_t rel_len, int depth,
	      struct watch **res);
int watch_remove(struct conn *c, const char *path, const char *token);
void watches_drop(struct conn *c);
void watch_announce(struct watch *w);

void watch_fire(struct store *s, const char *path, bool exact, const struct perms *const *perms,
		unsigned int count);
void watch_fire_change(struct store *s, const char *path, bool exact, const struct place *then,
		       const struct place *now);
void watch_fire_special(struct store *s, const char *name);
const struct perms **watch_special_perms(struct store *s, const char *name);

#endif
