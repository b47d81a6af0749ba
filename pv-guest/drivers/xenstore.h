/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The store, asked over the domain's ring.  From threads only: each call waits for its reply.
 * Paths: absolute, or relative to /local/domain/OUR-ID.  All return 0 or a negative error.
 */
#ifndef DRIVERS_XENSTORE_H
#define DRIVERS_XENSTORE_H

#include "kernel/types.h"

#define XS_NONE	    0 /* outside of transactions */
#define XS_PATH_MAX 128 /* of paths used here, with the zero */

/* xs_init - connect; may be called again.  -ENODEV: this domain was given no ring */
int xs_init(void);

/*
 * xs_read - the value of a node, ended by a zero
 * Return: its length; -ENOSPC: it does not fit into size, -ENOENT, ...
 */
int xs_read(u32 tx, const char *path, char *buf, size_t size);
int xs_write(u32 tx, const char *path, const char *value);
int xs_rm(u32 tx, const char *path);

/*
 * xs_directory - names of a node's children, each ended by a zero
 * Return: how many bytes they fill; -ENOSPC: more than size
 */
int xs_directory(u32 tx, const char *path, char *buf, size_t size);

/* xs_commit -> -EAGAIN: another one was faster, begin again; xs_abort drops all changes */
int xs_begin(u32 *tx);
int xs_commit(u32 tx);
void xs_abort(u32 tx);

/* Numbers and formatted values; xs_scan_number: decimal, otherwise if there is no such number. */
u64 xs_read_number(u32 tx, const char *path, u64 otherwise);
int xs_writef(u32 tx, const char *path, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Digits only, nothing behind them.  Return: whether that is what text is */
bool xs_parse_number(const char *text, u64 *value);

/*
 * fn runs in the store's own thread, one at a time, once at registration and after each change at or
 * below path.  It may ask the store anything; what it is given is the path that changed.
 */
struct xs_watch {
	char path[XS_PATH_MAX];
	void (*fn)(struct xs_watch *w, const char *changed);
	void *arg;
	u32 token; /* the library's, as next */
	struct xs_watch *next;
};

/* xs_unwatch: fn is not called any more once it returns (from fn itself: after this call of it). */
int xs_watch(struct xs_watch *w);
void xs_unwatch(struct xs_watch *w);

/* xs_defer - have fn(arg) called by that thread; from anywhere, interrupts too */
struct xs_work {
	void (*fn)(void *arg);
	void *arg;
	bool queued; /* the library's, as next */
	struct xs_work *next;
};
void xs_defer(struct xs_work *work);

/* xs_cancel - from that thread: what is queued will not be called */
void xs_cancel(struct xs_work *work);

#endif
