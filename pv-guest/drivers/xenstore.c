/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The store's client.  Two threads: one takes what comes in from the ring and hands replies to who
 * asked (by number), one calls what watches and deferred work want called.
 */
#include "drivers/store-ring.h"
#include "drivers/xenstore.h"
#include "kernel/errno.h"
#include "kernel/heap.h"
#include "kernel/lock.h"
#include "kernel/print.h"
#include "kernel/string.h"
#include "kernel/thread.h"
#include "kernel/timer.h"

#include <xen/io/xs_wire.h>

/* Someone who asked and waits; on its stack. */
struct asker {
	struct asker *next;
	u32 id;
	int rc; /* -EIO until answered */
	char *reply; /* the answer's text, from the heap; len + 1 bytes, ended by a zero */
	u32 len;
	struct sem done;
};

struct event {
	struct event *next;
	u32 token, size;
	char path[];
};

static struct spinlock lock; /* guards all below */
static struct asker *askers;
static struct xs_watch *watches, *running;
static struct event *events, **events_end = &events;
static struct xs_work *works, **works_end = &works;
static u32 last_id;
static bool connected, broken;

static struct sem arrived, todo, writing = { .count = 1 };
static struct thread *caller; /* the thread of watches */

static const struct {
	const char *name;
	int value;
} errors[] = {
#undef XEN_ERRNO
#define XEN_ERRNO(name, value) { #name, value },
#include <xen/errno.h>
};

static int error_of(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(errors); i++)
		if (!strcmp(errors[i].name, name))
			return -errors[i].value;
	return -EINVAL;
}

static void on_event(void *arg)
{
	(void)arg;
	sem_up(&arrived);
}

static void wait_arrived(void)
{
	sem_down(&arrived);
}

/* --- what comes in ------------------------------------------------------------------------------- */

bool xs_parse_number(const char *text, u64 *value)
{
	u64 v = 0;

	if (!*text)
		return false;
	for (; *text >= '0' && *text <= '9'; text++)
		v = v * 10 + *text - '0';
	*value = v;
	return !*text;
}

/* "path\0token\0", and body[len] is 0 */
static void event_arrived(const char *body, u32 len)
{
	u32 path_len = strlen(body);
	struct event *e;
	u64 token;
	bool irqs;

	if (path_len >= len || !xs_parse_number(body + path_len + 1, &token))
		return;
	e = heap_alloc(sizeof(*e) + path_len + 1);
	*e = (struct event){ .token = token, .size = sizeof(*e) + path_len + 1 };
	memcpy(e->path, body, path_len + 1);
	irqs = spin_lock(&lock);
	*events_end = e;
	events_end = &e->next;
	spin_unlock(&lock, irqs);
	sem_up(&todo);
}

/* Return: whether somebody takes the body over. */
static bool reply_arrived(u32 id, u32 type, char *body, u32 len)
{
	struct asker **p, *a;
	bool irqs = spin_lock(&lock);

	for (p = &askers; *p && (*p)->id != id; p = &(*p)->next)
		;
	a = *p;
	if (a)
		*p = a->next;
	spin_unlock(&lock, irqs);
	if (!a)
		return false;
	a->rc = type == XS_ERROR ? error_of(body) : 0;
	a->reply = body;
	a->len = len;
	sem_up(&a->done);
	return true;
}

static int message(void)
{
	struct xsd_sockmsg msg;
	bool taken = false;
	char *body;
	int rc = store_ring_read(&msg, sizeof(msg), wait_arrived);

	if (!rc && msg.len > XENSTORE_PAYLOAD_MAX)
		rc = -EIO;
	if (rc)
		return rc;
	body = heap_alloc(msg.len + 1);
	rc = store_ring_read(body, msg.len, wait_arrived);
	body[msg.len] = 0;
	if (!rc && msg.type == XS_WATCH_EVENT)
		event_arrived(body, msg.len);
	else if (!rc)
		taken = reply_arrived(msg.req_id, msg.type, body, msg.len);
	if (!taken)
		heap_free(body, msg.len + 1);
	return rc;
}

/* All who wait, and all who will ask, get -EIO once the ring makes no sense. */
static void reader(void *arg)
{
	struct asker *a;
	bool irqs;

	(void)arg;
	while (!message())
		;
	printk("xenstore: the ring is broken\n");
	irqs = spin_lock(&lock);
	broken = true;
	a = askers;
	askers = NULL;
	spin_unlock(&lock, irqs);
	while (a) {
		struct asker *next = a->next;

		sem_up(&a->done);
		a = next;
	}
}

/* --- watches and deferred work ------------------------------------------------------------------- */

static struct event *event_take(struct xs_watch **w)
{
	bool irqs = spin_lock(&lock);
	struct event *e = events;

	if (e) {
		events = e->next;
		if (!events)
			events_end = &events;
		for (*w = watches; *w && (*w)->token != e->token; *w = (*w)->next)
			;
		running = *w;
	}
	spin_unlock(&lock, irqs);
	return e;
}

static void event_serve(void)
{
	struct xs_watch *w = NULL;
	struct event *e = event_take(&w);

	if (!e)
		return;
	if (w)
		w->fn(w, e->path);
	WRITE_ONCE(running, NULL);
	heap_free(e, e->size);
}

static void work_serve(void)
{
	bool irqs = spin_lock(&lock);
	struct xs_work *work = works;

	if (work) {
		works = work->next;
		if (!works)
			works_end = &works;
		work->queued = false;
	}
	spin_unlock(&lock, irqs);
	if (work)
		work->fn(work->arg);
}

static void watcher(void *arg)
{
	(void)arg;
	caller = thread_current();
	for (;;) {
		sem_down(&todo);
		work_serve();
		event_serve();
	}
}

void xs_defer(struct xs_work *work)
{
	bool irqs = spin_lock(&lock), begin = !work->queued;

	if (begin) {
		work->queued = true;
		work->next = NULL;
		*works_end = work;
		works_end = &work->next;
	}
	spin_unlock(&lock, irqs);
	if (begin)
		sem_up(&todo);
}

void xs_cancel(struct xs_work *work)
{
	bool irqs = spin_lock(&lock);
	struct xs_work **p;

	for (p = &works; *p && *p != work; p = &(*p)->next)
		;
	if (*p) {
		*p = work->next;
		if (works_end == &work->next)
			works_end = p;
		work->queued = false;
	}
	spin_unlock(&lock, irqs);
}

/* --- requests ------------------------------------------------------------------------------------ */

static int asker_begin(struct asker *a)
{
	bool irqs = spin_lock(&lock);
	int rc = connected && !broken ? 0 : -EIO;

	if (!rc) {
		a->id = ++last_id;
		a->next = askers;
		askers = a;
	}
	spin_unlock(&lock, irqs);
	return rc;
}

/* Not sent as a whole: nobody will answer, unless the reader has given up on it already. */
static void asker_withdraw(struct asker *a)
{
	struct asker **p;
	bool irqs = spin_lock(&lock), found;

	for (p = &askers; *p && *p != a; p = &(*p)->next)
		;
	found = *p;
	if (found)
		*p = a->next;
	spin_unlock(&lock, irqs);
	if (!found)
		sem_down(&a->done);
}

/*
 * One request of up to two pieces, and its reply: a text of a->len bytes that the caller frees with
 * asker_end().
 */
static int ask(struct asker *a, u32 type, u32 tx, const char *one, u32 one_len, const char *two,
	       u32 two_len)
{
	struct xsd_sockmsg msg = { .type = type, .tx_id = tx, .len = one_len + two_len };
	int rc;

	*a = (struct asker){ .rc = -EIO };
	if (msg.len > XENSTORE_PAYLOAD_MAX)
		return -E2BIG;
	rc = asker_begin(a);
	if (rc)
		return rc;
	msg.req_id = a->id;
	sem_down(&writing);
	rc = store_ring_write(&msg, sizeof(msg)) ?: store_ring_write(one, one_len) ?: store_ring_write(two, two_len);
	sem_up(&writing);
	if (rc) {
		asker_withdraw(a);
		return rc;
	}
	sem_down(&a->done);
	return a->rc;
}

static void asker_end(struct asker *a)
{
	if (a->reply)
		heap_free(a->reply, a->len + 1);
}

/* For requests whose reply says no more than "OK". */
static int tell(u32 type, u32 tx, const char *one, const char *two, u32 two_len)
{
	struct asker a;
	int rc = ask(&a, type, tx, one, strlen(one) + 1, two, two_len);

	asker_end(&a);
	return rc;
}

/* For requests with a text for an answer. */
static int fetch(u32 type, u32 tx, const char *path, char *buf, size_t size)
{
	struct asker a;
	int rc = ask(&a, type, tx, path, strlen(path) + 1, NULL, 0);

	if (!rc && a.len >= size)
		rc = -ENOSPC;
	if (!rc) {
		memcpy(buf, a.reply, a.len + 1);
		rc = a.len;
	}
	asker_end(&a);
	return rc;
}

int xs_read(u32 tx, const char *path, char *buf, size_t size)
{
	return fetch(XS_READ, tx, path, buf, size);
}

int xs_directory(u32 tx, const char *path, char *buf, size_t size)
{
	return fetch(XS_DIRECTORY, tx, path, buf, size);
}

int xs_write(u32 tx, const char *path, const char *value)
{
	return tell(XS_WRITE, tx, path, value, strlen(value));
}

int xs_rm(u32 tx, const char *path)
{
	return tell(XS_RM, tx, path, NULL, 0);
}

int xs_begin(u32 *tx)
{
	char text[16];
	u64 id;
	int rc = fetch(XS_TRANSACTION_START, XS_NONE, "", text, sizeof(text));

	if (rc < 0)
		return rc;
	if (!xs_parse_number(text, &id))
		return -EIO;
	*tx = id;
	return 0;
}

int xs_commit(u32 tx)
{
	return tell(XS_TRANSACTION_END, tx, "T", NULL, 0);
}

void xs_abort(u32 tx)
{
	tell(XS_TRANSACTION_END, tx, "F", NULL, 0);
}

u64 xs_read_number(u32 tx, const char *path, u64 otherwise)
{
	char text[24];
	u64 v;

	return xs_read(tx, path, text, sizeof(text)) >= 0 && xs_parse_number(text, &v) ? v
										       : otherwise;
}

int xs_writef(u32 tx, const char *path, const char *fmt, ...)
{
	char value[256];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vformat(value, sizeof(value), fmt, ap);
	va_end(ap);
	return n < (int)sizeof(value) ? xs_write(tx, path, value) : -E2BIG;
}

/* In the list first: the first event comes at once. */
int xs_watch(struct xs_watch *w)
{
	char token[16];
	static u32 last_token;
	bool irqs = spin_lock(&lock);
	int rc;

	w->token = ++last_token;
	w->next = watches;
	watches = w;
	spin_unlock(&lock, irqs);
	format(token, sizeof(token), "%u", w->token);
	rc = tell(XS_WATCH, XS_NONE, w->path, token, strlen(token) + 1);
	if (rc)
		xs_unwatch(w);
	return rc;
}

void xs_unwatch(struct xs_watch *w)
{
	char token[16];
	struct xs_watch **p;
	bool irqs = spin_lock(&lock);

	for (p = &watches; *p && *p != w; p = &(*p)->next)
		;
	if (*p)
		*p = w->next;
	spin_unlock(&lock, irqs);
	format(token, sizeof(token), "%u", w->token);
	tell(XS_UNWATCH, XS_NONE, w->path, token, strlen(token) + 1);
	while (thread_current() != caller && READ_ONCE(running) == w)
		thread_sleep(MSEC);
}

int xs_init(void)
{
	static struct sem once = { .count = 1 };
	int rc = 0;

	sem_down(&once);
	if (!connected) {
		rc = store_ring_init(on_event);
		if (!rc) {
			thread_start("xenstore", 0, reader, NULL, NULL);
			thread_start("xenwatch", 0, watcher, NULL, NULL);
			WRITE_ONCE(connected, true);
		}
	}
	sem_up(&once);
	return rc;
}
