/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Devices that come and go, and the states of both ends.  One watch per driver on the node all its
 * devices lie below, one per device on the other end's state.
 */
#include "drivers/xenbus.h"
#include "kernel/errno.h"
#include "kernel/heap.h"
#include "kernel/print.h"
#include "kernel/string.h"
#include "kernel/thread.h"

#define NAMES_MAX 1024

struct bus {
	struct xs_watch watch; /* on device/TYPE or backend/TYPE */
	struct xenbus_driver *driver;
	struct xenbus_device *devices; /* of the store's thread only, as all here */
	bool scanned;
	struct bus *next;
};

static struct bus *buses; /* of the store's thread, too; they only come */

const char *xenbus_state_name(enum xenbus_state state)
{
	static const char *const names[] = { "gone",	    "Initialising",  "InitWait",
					     "Initialised", "Connected",     "Closing",
					     "Closed",	    "Reconfiguring", "Reconfigured" };

	return state < ARRAY_SIZE(names) ? names[state] : "no state";
}

/* --- keys ---------------------------------------------------------------------------------------- */

struct path {
	char text[XS_PATH_MAX];
};

static const char *below(struct path *p, const char *node, const char *key)
{
	format(p->text, sizeof(p->text), "%s/%s", node, key);
	return p->text;
}

int xenbus_read(struct xenbus_device *dev, const char *key, char *buf, size_t size)
{
	struct path p;

	return xs_read(XS_NONE, below(&p, dev->path, key), buf, size);
}

u64 xenbus_number(struct xenbus_device *dev, const char *key, u64 otherwise)
{
	struct path p;

	return xs_read_number(XS_NONE, below(&p, dev->path, key), otherwise);
}

int xenbus_peer_read(struct xenbus_device *dev, const char *key, char *buf, size_t size)
{
	struct path p;

	return xs_read(XS_NONE, below(&p, dev->peer_path, key), buf, size);
}

u64 xenbus_peer_number(struct xenbus_device *dev, const char *key, u64 otherwise)
{
	struct path p;

	return xs_read_number(XS_NONE, below(&p, dev->peer_path, key), otherwise);
}

int xenbus_write(struct xenbus_device *dev, u32 tx, const char *key, const char *fmt, ...)
{
	char value[256];
	struct path p;
	va_list ap;

	va_start(ap, fmt);
	vformat(value, sizeof(value), fmt, ap);
	va_end(ap);
	return xs_write(tx, below(&p, dev->path, key), value);
}

int xenbus_publish(struct xenbus_device *dev, int (*fill)(struct xenbus_device *dev, u32 tx))
{
	u32 tx;
	int rc;

	do {
		rc = xs_begin(&tx);
		if (rc)
			return rc;
		rc = fill(dev, tx);
		if (rc) {
			xs_abort(tx);
			return rc;
		}
		rc = xs_commit(tx);
	} while (rc == -EAGAIN);
	return rc;
}

/* Only where there is a state already: a device that was removed must not come back by it. */
static int write_state(struct xenbus_device *dev, u32 tx)
{
	char old[8];
	struct path p;
	int rc = xs_read(tx, below(&p, dev->path, "state"), old, sizeof(old));

	return rc < 0 ? rc : xenbus_write(dev, tx, "state", "%u", dev->state);
}

int xenbus_switch(struct xenbus_device *dev, enum xenbus_state state)
{
	if (dev->state == state)
		return 0;
	dev->state = state;
	return xenbus_publish(dev, write_state);
}

void xenbus_fatal(struct xenbus_device *dev, int rc, const char *fmt, ...)
{
	char text[160], node[XS_PATH_MAX];
	va_list ap;

	va_start(ap, fmt);
	vformat(text, sizeof(text), fmt, ap);
	va_end(ap);
	printk("%s: %s\n", dev->path, text);
	format(node, sizeof(node), "error/%s/error", dev->path);
	xs_writef(XS_NONE, node, "%d %s", -rc, text);
	dev->failed = true;
	xenbus_switch(dev, XenbusStateClosing);
}

/* --- the other end ------------------------------------------------------------------------------- */

static void on_peer_state(struct xs_watch *w, const char *changed)
{
	struct xenbus_device *dev = w->arg;

	(void)changed;
	dev->peer_state = xs_read_number(XS_NONE, w->path, XenbusStateUnknown);
	if (!dev->failed)
		dev->driver->peer_changed(dev, dev->peer_state);
	else if (dev->peer_state == XenbusStateClosing || dev->peer_state == XenbusStateClosed)
		xenbus_switch(dev, XenbusStateClosed);
}

/* Who the other end is, as our node says.  -ENOENT: it does not say */
static int peer_find(struct xenbus_device *dev, char *path, size_t size, domid_t *peer)
{
	bool front = dev->driver->side == XENBUS_FRONT;
	u64 id = xenbus_number(dev, front ? "backend-id" : "frontend-id", DOMID_INVALID);
	int rc = xenbus_read(dev, front ? "backend" : "frontend", path, size);

	*peer = id;
	return rc < 0 ? rc : id < DOMID_FIRST_RESERVED && rc ? 0 : -ENOENT;
}

static int peer_watch(struct xenbus_device *dev)
{
	dev->watch.fn = on_peer_state;
	dev->watch.arg = dev;
	format(dev->watch.path, sizeof(dev->watch.path), "%s/state", dev->peer_path);
	return xs_watch(&dev->watch);
}

/* The tools gave a front end another back end: the old one is gone, then look at the new one. */
static void peer_check(struct xenbus_device *dev)
{
	char path[XENBUS_PATH];
	domid_t peer;

	if (peer_find(dev, path, sizeof(path), &peer))
		return;
	if (peer == dev->peer && !strcmp(path, dev->peer_path))
		return;
	xs_unwatch(&dev->watch);
	dev->peer_state = XenbusStateUnknown;
	dev->state = xenbus_number(dev, "state", dev->state);
	if (!dev->failed)
		dev->driver->peer_changed(dev, XenbusStateUnknown);
	memcpy(dev->peer_path, path, sizeof(path));
	dev->peer = peer;
	peer_watch(dev);
}

/* --- our end ------------------------------------------------------------------------------------- */

static struct xenbus_device *device_find(struct bus *bus, const char *path)
{
	struct xenbus_device *dev;

	for (dev = bus->devices; dev && strcmp(dev->path, path); dev = dev->next)
		;
	return dev;
}

static void device_add(struct bus *bus, const char *path, const char *id)
{
	struct xenbus_device *dev = heap_alloc(sizeof(*dev)), **end;

	memset(dev, 0, sizeof(*dev));
	dev->driver = bus->driver;
	memcpy(dev->path, path, strlen(path) + 1);
	dev->state = xenbus_number(dev, "state", XenbusStateUnknown);
	if (dev->state == XenbusStateUnknown || !xs_parse_number(id, &dev->id) ||
	    peer_find(dev, dev->peer_path, sizeof(dev->peer_path), &dev->peer)) {
		heap_free(dev, sizeof(*dev));
		return; /* not complete yet: more events will come */
	}
	for (end = &bus->devices; *end; end = &(*end)->next)
		;
	WRITE_ONCE(*end, dev);
	if (bus->driver->probe(dev))
		dev->failed = true;
	peer_watch(dev);
}

static void device_remove(struct bus *bus, struct xenbus_device *dev)
{
	struct xenbus_device **p;

	xs_unwatch(&dev->watch);
	for (p = &bus->devices; *p != dev; p = &(*p)->next)
		;
	WRITE_ONCE(*p, dev->next);
	bus->driver->remove(dev);
	heap_free(dev, sizeof(*dev));
}

/* What is there now, against what we know. */
static void device_check(struct bus *bus, const char *path, const char *id)
{
	struct xenbus_device *dev = device_find(bus, path);
	struct path p;
	char text[8];
	int rc = xs_read(XS_NONE, below(&p, path, "state"), text, sizeof(text));

	if (!dev && rc >= 0)
		device_add(bus, path, id);
	else if (dev && rc == -ENOENT)
		device_remove(bus, dev);
}

static void key_changed(struct bus *bus, struct xenbus_device *dev, const char *key)
{
	u64 state;

	if (bus->driver->side == XENBUS_FRONT &&
	    (!strcmp(key, "backend") || !strcmp(key, "backend-id")))
		peer_check(dev);
	/* The tools put a device back to its beginning. */
	if (!strcmp(key, "state") && bus->driver->side == XENBUS_FRONT) {
		state = xenbus_number(dev, "state", dev->state);
		if (state == XenbusStateInitialising && dev->state != state) {
			dev->state = state;
			dev->failed = false;
			dev->driver->peer_changed(dev, dev->peer_state);
		}
	}
	if (bus->driver->own_changed && !dev->failed)
		bus->driver->own_changed(dev, key);
}

/* Call fn for each child of a node. */
static void each_child(struct bus *bus, const char *node,
		       void (*fn)(struct bus *, const char *, const char *))
{
	char *names = heap_alloc(NAMES_MAX), *name;
	struct path p;
	int n = xs_directory(XS_NONE, node, names, NAMES_MAX);

	for (name = names; name < names + n; name += strlen(name) + 1)
		fn(bus, below(&p, node, name), name);
	heap_free(names, NAMES_MAX);
}

static void peer_scan(struct bus *bus, const char *path, const char *id)
{
	(void)id;
	each_child(bus, path, device_check);
}

static void scan(struct bus *bus)
{
	struct xenbus_device *dev, *next;
	const char *last;

	for (dev = bus->devices; dev; dev = next) {
		next = dev->next;
		for (last = dev->path + strlen(dev->path); last[-1] != '/'; last--)
			;
		device_check(bus, dev->path, last);
	}
	each_child(bus, bus->watch.path,
		   bus->driver->side == XENBUS_FRONT ? device_check : peer_scan);
}

/* Cut "backend/vbd/3/51712/state" behind the part that names the device. */
static void on_bus(struct xs_watch *w, const char *changed)
{
	struct bus *bus = w->arg;
	unsigned int parts = bus->driver->side == XENBUS_FRONT ? 2 : 3, n = 0;
	char path[XS_PATH_MAX], *p, *id = path;
	struct xenbus_device *dev;

	if (strlen(changed) >= sizeof(path))
		return;
	memcpy(path, changed, strlen(changed) + 1);
	for (p = path; *p; p++)
		if (*p == '/' && n++ < parts)
			id = p + 1;
		else if (*p == '/')
			break;
	if (n < parts) {
		scan(bus);
		bus->scanned = true;
		return;
	}
	dev = NULL;
	if (*p) {
		*p++ = 0;
		dev = device_find(bus, path);
	}
	if (dev)
		key_changed(bus, dev, p);
	device_check(bus, path, id);
}

int xenbus_register(struct xenbus_driver *driver)
{
	struct bus *bus = heap_alloc(sizeof(*bus));

	memset(bus, 0, sizeof(*bus));
	bus->driver = driver;
	bus->watch.fn = on_bus;
	bus->watch.arg = bus;
	format(bus->watch.path, sizeof(bus->watch.path), "%s/%s",
	       driver->side == XENBUS_FRONT ? "device" : "backend", driver->type);
	bus->next = buses;
	buses = bus;
	return xs_watch(&bus->watch);
}

struct settled {
	bool yes;
	struct sem told;
};

static void settled(void *arg)
{
	struct settled *s = arg;
	const struct xenbus_device *dev;
	const struct bus *bus;

	s->yes = true;
	for (bus = buses; bus; bus = bus->next) {
		s->yes &= bus->scanned;
		for (dev = bus->devices; dev && bus->driver->side == XENBUS_FRONT; dev = dev->next)
			s->yes &= dev->failed || (dev->state >= XenbusStateConnected &&
						  dev->state == dev->peer_state);
	}
	sem_up(&s->told);
}

bool xenbus_settled(void)
{
	struct settled s = { .yes = false };
	struct xs_work work = { .fn = settled, .arg = &s };

	xs_defer(&work);
	sem_down(&s.told);
	return s.yes;
}
