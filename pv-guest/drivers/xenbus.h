/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Devices as the store describes them, each with an end here and one in another domain.  The same
 * for front ends (device/TYPE/ID) and back ends (backend/TYPE/PEER/ID).
 *
 * All calls of a driver come from the store's thread, so one at a time.
 */
#ifndef DRIVERS_XENBUS_H
#define DRIVERS_XENBUS_H

#include "drivers/xenstore.h"
#include "kernel/types.h"
#include "port/pv/pv.h"

#include <xen/io/xenbus.h>

#define XENBUS_PATH 64

enum xenbus_side { XENBUS_FRONT, XENBUS_BACK };

struct xenbus_device {
	const struct xenbus_driver *driver;
	char path[XENBUS_PATH]; /* our node: device/vbd/51712, backend/vbd/3/51712 */
	char peer_path[XENBUS_PATH]; /* theirs, absolute */
	domid_t peer;
	u64 id; /* the last part of the path */
	enum xenbus_state state, peer_state;
	void *data; /* the driver's */
	struct xenbus_device *next; /* the list's, as all below */
	struct xs_watch watch; /* on the other end's state */
	bool failed; /* xenbus_fatal() was said */
};

struct xenbus_driver {
	const char *type; /* vbd, vif */
	enum xenbus_side side;
	/* A device has come; our state is Initialising.  An error leaves it alone for good. */
	int (*probe)(struct xenbus_device *dev);
	/*
	 * The other end's state has changed, or is told for the first time; XenbusStateUnknown: it is
	 * gone.  For front ends also after the tools gave another back end (peer, peer_path are new).
	 */
	void (*peer_changed)(struct xenbus_device *dev, enum xenbus_state now);
	/* Something else below our node has changed, may be NULL. */
	void (*own_changed)(struct xenbus_device *dev, const char *key);
	/* The node is gone: stop and free; dev is freed after it. */
	void (*remove)(struct xenbus_device *dev);
	struct xenbus_driver *next;
};

/* xenbus_register - serve the devices there are and those that come; xs_init() was called */
int xenbus_register(struct xenbus_driver *driver);

/* xenbus_settled - no front end waits for another one any more.  From threads other than the store's */
bool xenbus_settled(void);

/* Keys below our own node, and below the other end's. */
int xenbus_read(struct xenbus_device *dev, const char *key, char *buf, size_t size);
u64 xenbus_number(struct xenbus_device *dev, const char *key, u64 otherwise);
int xenbus_peer_read(struct xenbus_device *dev, const char *key, char *buf, size_t size);
u64 xenbus_peer_number(struct xenbus_device *dev, const char *key, u64 otherwise);
int xenbus_write(struct xenbus_device *dev, u32 tx, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * xenbus_publish - have fill(dev, tx) write keys in one transaction, again if it must be
 * Return: 0, what fill() returned, or the store's error
 */
int xenbus_publish(struct xenbus_device *dev, int (*fill)(struct xenbus_device *dev, u32 tx));

/* xenbus_switch - tell our state; nothing happens where that is our state already */
int xenbus_switch(struct xenbus_device *dev, enum xenbus_state state);

/*
 * xenbus_fatal - the device cannot go on: print why, write it to error/PATH/error, state Closing
 * The driver has let go, or lets go, of what it shares with the other end.
 */
void xenbus_fatal(struct xenbus_device *dev, int rc, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

const char *xenbus_state_name(enum xenbus_state state);

#endif
