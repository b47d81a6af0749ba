// SPDX-License-Identifier: GPL-2.0-only
/*
 * Disks, and their states in the store.
 *
 * A disk is a folder backend/qdisk/DOMAIN/NUMBER, made by bonsai or xl.  Each event is a reason to look at both
 * sides' states and to do what follows from them; nothing is remembered that the store does not say, but for what
 * is open.  So a new process comes to where the old one was: a disk whose state is Connected has its ring taken up
 * again.  (Linux' blkfront could not be led through a reconnection: it leaves Connected for suspension and the end
 * only.)
 */

#include "blockd.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <xen/io/protocols.h>
#include <xen/io/xenbus.h>

#define FOLDER	   "backend/qdisk"
#define RETRY_MS   100
#define LOCK_TRIES 50U

void blockd_say(const struct vdisk *d, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "bonsai-blockd: domain %u disk %u: ", d->domain, d->number);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

static char *read_own(const struct vdisk *d, const char *what)
{
	return store_read(d->blockd->ctl, FOLDER "/%u/%u/%s", d->domain, d->number, what);
}

/* A number that may be the guest's: digits and nothing else, at most @most; false where it is not. */
static bool read_number(const struct vdisk *d, const char *folder, const char *what, unsigned long most, uint32_t *n)
{
	char *text = store_read(d->blockd->ctl, "%s/%s", folder, what), *end = text;
	unsigned long value = text && *text >= '0' && *text <= '9' ? strtoul(text, &end, 10) : 0;
	bool good = text && end != text && !*end && value <= most;

	free(text);
	*n = value;
	return good;
}

static uint32_t number_or(const struct vdisk *d, const char *folder, const char *what, uint32_t other)
{
	uint32_t n;

	return read_number(d, folder, what, UINT32_MAX, &n) ? n : other;
}

static uint32_t own_number_or(const struct vdisk *d, const char *what, uint32_t other)
{
	char folder[64];

	snprintf(folder, sizeof(folder), FOLDER "/%u/%u", d->domain, d->number);
	return number_or(d, folder, what, other);
}

static void write_own(const struct vdisk *d, const char *what, const char *fmt, ...)
{
	char path[128], value[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	snprintf(path, sizeof(path), FOLDER "/%u/%u/%s", d->domain, d->number, what);
	if (!xs_write(d->blockd->store, XBT_NULL, path, value, strlen(value)))
		blockd_say(d, "store node %s: %s", path, strerror(errno));
}

static void set_state(const struct vdisk *d, enum xenbus_state state)
{
	if (own_number_or(d, "state", XenbusStateUnknown) != state)
		write_own(d, "state", "%u", state);
}

/* The tools look there for the reason. */
static void fail(struct vdisk *d, const char *why)
{
	char path[128];

	d->failed = true;
	blockd_say(d, "%s: it is not served", why);
	snprintf(path, sizeof(path), "error/" FOLDER "/%u/%u/error", d->domain, d->number);
	xs_write(d->blockd->store, XBT_NULL, path, why, strlen(why));
	set_state(d, d->queue_count ? XenbusStateClosing : XenbusStateClosed);
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ULL + t.tv_nsec / 1000000;
}

/* Requests that the kernel has are waited for; disks_run() calls again. */
static void close_disk(struct vdisk *d)
{
	d->closing = d->fd >= 0;
	for (unsigned int i = 0; i < d->queue_count; i++)
		if (d->queues[i] && d->queues[i]->flying)
			return;
	for (unsigned int i = 0; i < d->queue_count; i++)
		if (d->queues[i])
			queue_close(d->queues[i]);
	memset(d->queues, 0, sizeof(d->queues));
	d->queue_count = 0;
	if (d->fd >= 0)
		close(d->fd);
	d->fd = -1;
	d->closing = false;
}

/* "aio:/path", as libxl writes it; only raw disks. */
static const char *path_in(const char *params)
{
	return !strncmp(params, "aio:", 4) ? params + 4 : params;
}

static const char *target_trouble(int rc)
{
	return rc == -EAGAIN ? "in use" : rc == -EINVAL ? "no raw disk by its absolute path" :
	       rc == -ENOTBLK ? "neither a file nor a block device" : strerror(-rc);
}

static bool open_target(struct vdisk *d)
{
	char *params = read_own(d, "params"), *mode = read_own(d, "mode"), *type = read_own(d, "device-type");
	int rc = -EINVAL;
	char why[256];

	d->cdrom = type && !strcmp(type, "cdrom");
	d->limits.read_only = d->cdrom || !mode || strchr(mode, 'w') == NULL;
	d->limits.discard = own_number_or(d, "discard-enable", 1);
	if (params && *path_in(params) == '/')
		rc = io_target(d, path_in(params));
	/* Most likely the kernel works on what a killed one of us has left: disks_run() comes again. */
	d->locked = rc == -EAGAIN ? d->locked + 1 : 0;
	d->retry = d->locked ? now_ms() + RETRY_MS : 0;
	if (rc && (!d->locked || d->locked == LOCK_TRIES)) {
		snprintf(why, sizeof(why), "%.200s: %s", params ? params : "its target", target_trouble(rc));
		fail(d, why);
	}
	free(params);
	free(mode);
	free(type);
	return !rc;
}

static void publish_features(const struct vdisk *d)
{
	write_own(d, "feature-flush-cache", "1");
	write_own(d, "feature-persistent", "%d", !d->blockd->copies);
	write_own(d, "feature-max-indirect-segments", "%u", BLOCK_SEGMENTS);
	write_own(d, "max-ring-page-order", "%u", BLOCK_ORDER);
	write_own(d, "multi-queue-max-queues", "%u", QUEUES);
	write_own(d, "feature-discard", "%d", d->limits.discard);
	if (!d->limits.discard)
		return;
	write_own(d, "discard-granularity", "%u", d->grain);
	write_own(d, "discard-alignment", "0");
}

static void publish_disk(const struct vdisk *d)
{
	write_own(d, "sector-size", "%u", BLOCK_SECTOR);
	write_own(d, "sectors", "%llu", (unsigned long long)d->limits.sectors);
	write_own(d, "info", "%u", (d->cdrom ? VDISK_CDROM | VDISK_REMOVABLE : 0) |
		  (d->limits.read_only ? VDISK_READONLY : 0));
}

/* Where one of the rings is, as the guest says. */
static bool read_place(const struct vdisk *d, unsigned int n, unsigned int count, uint32_t order, struct block_place *p)
{
	char folder[256], what[24];
	bool good;

	memset(p, 0, sizeof(*p));
	p->pages = 1U << order;
	snprintf(folder, sizeof(folder), count > 1 ? "%s/queue-%u" : "%s", d->front, n);
	good = read_number(d, folder, "event-channel", UINT32_MAX, &p->port);
	if (p->pages == 1 && read_number(d, folder, "ring-ref", UINT32_MAX, &p->refs[0]))
		return good;
	for (uint32_t i = 0; i < p->pages; i++) {
		snprintf(what, sizeof(what), "ring-ref%u", i);
		good &= read_number(d, folder, what, UINT32_MAX, &p->refs[i]);
	}
	return good;
}

static bool knows_protocol(const struct vdisk *d)
{
	char *text = store_read(d->blockd->ctl, "%s/protocol", d->front);
	bool good = !text || !strcmp(text, XEN_IO_PROTO_ABI_X86_64);

	free(text);
	return good;
}

/* @again: an earlier process had it connected. */
static bool connect_disk(struct vdisk *d, bool again)
{
	uint32_t count = number_or(d, d->front, "multi-queue-num-queues", 1);
	uint32_t order = number_or(d, d->front, "ring-page-order", 0);
	struct block_place place;

	if (!knows_protocol(d) || !count || count > QUEUES || order > BLOCK_ORDER) {
		fail(d, "its front end wants what was not offered");
		return false;
	}
	d->persistent = !d->blockd->copies && number_or(d, d->front, "feature-persistent", 0);
	d->queue_count = count;
	for (unsigned int i = 0; i < count; i++)
		if (!read_place(d, i, count, order, &place) || queue_open(d, i, &place, again)) {
			fail(d, "its front end's rings are not usable");
			close_disk(d);
			return false;
		}
	publish_disk(d);
	return true;
}

/* The front end is there, or was there and has begun anew. */
static void offer(struct vdisk *d, enum xenbus_state own)
{
	if (d->queue_count)
		close_disk(d);
	if (d->closing || own == XenbusStateClosing)
		return;
	if (d->fd < 0 && (d->failed || !open_target(d)))
		return;
	publish_features(d);
	set_state(d, XenbusStateInitWait);
}

static void serve(struct vdisk *d, enum xenbus_state own)
{
	bool again = own == XenbusStateConnected || own == XenbusStateClosing;

	if (d->failed || d->queue_count || (d->fd < 0 && !open_target(d)))
		return;
	if (connect_disk(d, again) && own != XenbusStateClosing)
		set_state(d, XenbusStateConnected);
}

/* Do what follows from the states of both sides. */
static void look(struct vdisk *d)
{
	enum xenbus_state own = own_number_or(d, "state", XenbusStateUnknown);
	enum xenbus_state front = number_or(d, d->front, "state", XenbusStateUnknown);

	if (d->closing)
		return;
	/* Once for each time that the front end begins. */
	d->failed &= front != XenbusStateUnknown && front != XenbusStateClosed;
	if (d->gone || d->dead || front == XenbusStateUnknown || front == XenbusStateClosed) {
		close_disk(d);
		if (!d->closing && !d->gone)
			set_state(d, XenbusStateClosed);
	} else if (front == XenbusStateClosing)
		set_state(d, XenbusStateClosing);
	else if (own == XenbusStateClosing && !d->queue_count && front < XenbusStateInitialised)
		set_state(d, XenbusStateClosed);
	else if (front == XenbusStateInitialising)
		offer(d, own);
	else if (front == XenbusStateInitialised || front == XenbusStateConnected)
		serve(d, own);
}

static void watch_front(const struct vdisk *d, bool (*how)(struct xs_handle *, const char *, const char *))
{
	char path[256], token[32];

	snprintf(path, sizeof(path), "%s/state", d->front);
	snprintf(token, sizeof(token), "%u/%u", d->domain, d->number);
	how(d->blockd->store, path, token);
}

static void forget(struct vdisk *d)
{
	struct vdisk **at = &d->blockd->disks;

	watch_front(d, xs_unwatch);
	while (*at != d)
		at = &(*at)->next;
	*at = d->next;
	free(d->front);
	free(d);
}

static struct vdisk *find(struct blockd *b, unsigned int domain, unsigned int number)
{
	struct vdisk *d = b->disks;

	while (d && (d->domain != domain || d->number != number))
		d = d->next;
	return d;
}

static void add(struct blockd *b, unsigned int domain, unsigned int number, const char *front)
{
	struct vdisk *d = calloc(1, sizeof(*d));

	if (!d)
		return;
	*d = (struct vdisk){ .next = b->disks, .blockd = b, .domain = domain, .number = number, .fd = -1 };
	d->front = strdup(front);
	b->disks = d;
	watch_front(d, xs_watch);
}

/* One folder in the store may have come, changed or gone. */
static void look_at(struct blockd *b, unsigned int domain, unsigned int number)
{
	char *front = store_read(b->ctl, FOLDER "/%u/%u/frontend", domain, number);
	struct vdisk *d = find(b, domain, number);

	if (front && !d)
		add(b, domain, number, front);	/* its watch is an event at once */
	else if (d) {
		d->gone = !front;
		look(d);
		if (d->gone && !d->closing)
			forget(d);
	}
	free(front);
}

static void look_into(struct blockd *b, unsigned int domain)
{
	unsigned int count = 0, number;
	char path[64], **names;

	snprintf(path, sizeof(path), FOLDER "/%u", domain);
	names = xs_directory(b->store, XBT_NULL, path, &count);
	for (unsigned int i = 0; i < count; i++)
		if (sscanf(names[i], "%u", &number) == 1)
			look_at(b, domain, number);
	free(names);
}

static void look_everywhere(struct blockd *b)
{
	unsigned int count = 0, domain;
	char **names = xs_directory(b->store, XBT_NULL, FOLDER, &count);

	for (unsigned int i = 0; i < count; i++)
		if (sscanf(names[i], "%u", &domain) == 1)
			look_into(b, domain);
	free(names);
	for (struct vdisk *d = b->disks, *next; d; d = next) {
		next = d->next;
		look_at(b, d->domain, d->number);
	}
}

/* Its memory would not be free before we let go of it. */
static void look_for_dead(struct blockd *b)
{
	for (struct vdisk *d = b->disks, *next; d; d = next) {
		next = d->next;
		d->dead = !xs_is_domain_introduced(b->store, d->domain);
		if (d->dead)
			look_at(b, d->domain, d->number);
	}
}

void disk_tidy(struct blockd *b)
{
	unsigned int domain, number;
	DIR *folder = opendir(b->folder);
	struct dirent *e;

	while (folder && (e = readdir(folder)))
		if (sscanf(e->d_name, "%u-%u-", &domain, &number) == 2 && !find(b, domain, number))
			unlinkat(dirfd(folder), e->d_name, 0);
	if (folder)
		closedir(folder);
}

void disk_event(struct blockd *b, char **watch)
{
	unsigned int domain, number;
	char what[32] = "";
	int parts;

	if (!watch)
		look_everywhere(b);
	else if (!strcmp(watch[XS_WATCH_TOKEN], "dead"))
		look_for_dead(b);
	else if (sscanf(watch[XS_WATCH_TOKEN], "%u/%u", &domain, &number) == 2)
		look_at(b, domain, number);
	else {
		parts = sscanf(watch[XS_WATCH_PATH], FOLDER "/%u/%u/%31s", &domain, &number, what);
		/* What we write ourselves is no news. */
		if (parts < 2)
			look_everywhere(b);
		else if (parts == 2 || !strcmp(what, "state") || !strcmp(what, "online") || !strcmp(what, "frontend"))
			look_at(b, domain, number);
	}
}

void disk_ready(struct blockd *b, xenevtchn_port_or_error_t port)
{
	for (struct vdisk *d = b->disks; d; d = d->next)
		for (unsigned int i = 0; i < d->queue_count; i++)
			if (d->queues[i]->port == port)
				d->queues[i]->ready = true;
}

static void take(struct vdisk *d)
{
	for (unsigned int i = 0; i < d->queue_count && !d->closing; i++)
		if (d->queues[i]->ready && queue_take(d->queues[i])) {
			fail(d, "its front end has broken the ring");
			close_disk(d);
		}
}

static bool is_locked(const struct vdisk *d)
{
	return d->locked && !d->failed;
}

static bool publish(struct vdisk *d)
{
	bool ready = false;

	for (unsigned int i = 0; i < d->queue_count; i++) {
		if (d->queues[i]->answered)
			queue_publish(d->queues[i]);
		ready |= d->queues[i]->ready && !d->closing;
	}
	return ready;
}

int disks_run(struct blockd *b)
{
	bool ready = false, later;

	for (struct vdisk *d = b->disks; d; d = d->next)
		take(d);
	io_run(b);
	later = b->waiting;
	for (struct vdisk *d = b->disks, *next; d; d = next) {
		next = d->next;
		ready |= publish(d);
		later |= is_locked(d);
		if (d->closing)
			close_disk(d);
		else if (!is_locked(d) || now_ms() < d->retry)
			continue;
		if (!d->closing)
			look_at(b, d->domain, d->number);
	}
	return ready ? 0 : later ? RETRY_MS : -1;
}
