/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Block front end: requests into the rings, responses out of them.
 */
#include "drivers/blkfront.h"
#include "drivers/event.h"
#include "kernel/errno.h"
#include "kernel/heap.h"
#include "kernel/pages.h"
#include "kernel/print.h"

#define NO_SHADOW 0xffff

/* --- pages ---------------------------------------------------------------------------------------- */

/* NULL: the queue has all it may have, or memory is short. */
static struct bounce *bounce_get(struct queue *q)
{
	struct bounce *b = q->pool;
	void *page;

	if (b) {
		q->pool = b->next;
		return b;
	}
	page = q->pool_pages < POOL_MAX ? pages_alloc(0) : NULL;
	if (!page)
		return NULL;
	b = heap_alloc(sizeof(*b));
	b->page = memset(page, 0, PAGE_SIZE);
	b->ref = grant_page(q->disk->dev->peer, b->page, false);
	if (b->ref == GRANT_NONE) {
		page_free(b->page);
		heap_free(b, sizeof(*b));
		return NULL;
	}
	q->pool_pages++;
	return b;
}

/* The last page of a request is the first to be used again: the back end knows few pages then. */
static void bounces_put(struct queue *q, struct bounce *list)
{
	while (list) {
		struct bounce *b = list;

		list = b->next;
		b->next = q->pool;
		q->pool = b;
	}
}

static struct bounce *bounces_get(struct queue *q, unsigned int n, bool *ok)
{
	struct bounce *list = NULL, **end = &list;

	*ok = true;
	while (n--) {
		struct bounce *b = bounce_get(q);

		if (!b) {
			bounces_put(q, list);
			*ok = false;
			return NULL;
		}
		b->next = NULL;
		*end = b;
		end = &b->next;
	}
	return list;
}

static void bounces_drop(struct bounce *list)
{
	while (list) {
		struct bounce *b = list;

		list = b->next;
		grant_end_later(b->ref, b->page);
		heap_free(b, sizeof(*b));
	}
}

static void copy_data(struct bounce *b, u8 *data, u64 bytes, bool out)
{
	for (; bytes; b = b->next) {
		u64 now = MIN(bytes, PAGE_SIZE);

		if (out)
			memcpy(b->page, data, now);
		else
			memcpy(data, b->page, now);
		data += now;
		bytes -= now;
	}
}

/* --- requests ------------------------------------------------------------------------------------- */

static int op_of(struct disk *disk, enum block_op op)
{
	switch (op) {
	case BLOCK_READ: return BLKIF_OP_READ;
	case BLOCK_WRITE: return BLKIF_OP_WRITE;
	case BLOCK_FLUSH: return disk->flush_op;
	default: return disk->block.can_discard ? BLKIF_OP_DISCARD : -1;
	}
}

static unsigned int segments_fill(struct blkif_request_segment *seg, const struct bounce *b,
				  u64 bytes)
{
	unsigned int n = 0;

	for (; bytes; b = b->next, n++) {
		u64 now = MIN(bytes, PAGE_SIZE);

		seg[n].gref = b->ref;
		seg[n].first_sect = 0;
		seg[n].last_sect = now / BLOCK_SECTOR - 1;
		bytes -= now;
	}
	return n;
}

static void put_rw(struct queue *q, const struct shadow *s, u64 id, const struct block_request *req)
{
	blkif_request_t r = {
		.operation = s->op,
		.handle = q->disk->dev->id,
		.id = id,
		.sector_number = req->sector,
	};

	r.nr_segments = segments_fill(r.seg, s->pages, req->bytes);
	ring_put_request(&q->ring, &r);
}

static void put_indirect(struct queue *q, const struct shadow *s, u64 id,
			 const struct block_request *req)
{
	union {
		blkif_request_indirect_t indirect;
		blkif_request_t any;
	} r = { .indirect = { .operation = BLKIF_OP_INDIRECT,
			      .indirect_op = s->op,
			      .handle = q->disk->dev->id,
			      .id = id,
			      .sector_number = req->sector,
			      .indirect_grefs = { s->indirect->ref } } };

	r.indirect.nr_segments = segments_fill((void *)s->indirect->page, s->pages, req->bytes);
	ring_put_request(&q->ring, &r.any);
}

static void put_discard(struct queue *q, u64 id, const struct block_request *req)
{
	union {
		blkif_request_discard_t discard;
		blkif_request_t any;
	} r = { .discard = { .operation = BLKIF_OP_DISCARD,
			     .handle = q->disk->dev->id,
			     .id = id,
			     .sector_number = req->sector,
			     .nr_sectors = req->bytes / BLOCK_SECTOR } };

	ring_put_request(&q->ring, &r.any);
}

/*
 * Put a request into the ring, if there is room for it and its pages.
 * Return: -EAGAIN: not now
 */
static int request_put(struct queue *q, struct block_request *req, int op)
{
	u64 bytes = req->data ? req->bytes : 0;
	unsigned int pages = ROUND_UP(bytes, PAGE_SIZE) / PAGE_SIZE, id = q->free_shadow;
	bool indirect = pages > BLKIF_MAX_SEGMENTS_PER_REQUEST, ok;
	struct shadow *s = &q->shadows[id];

	if (id == NO_SHADOW)
		return -EAGAIN;
	s->pages = bounces_get(q, pages + indirect, &ok);
	if (!ok)
		return q->in_flight ? -EAGAIN : -ENOMEM;
	s->indirect = NULL;
	if (indirect) {
		s->indirect = s->pages;
		s->pages = s->pages->next;
		s->indirect->next = NULL;
	}
	q->free_shadow = s->next_free;
	q->in_flight++;
	s->req = req;
	s->op = op;
	if (op == BLKIF_OP_WRITE)
		copy_data(s->pages, req->data, bytes, true);
	if (op == BLKIF_OP_DISCARD)
		put_discard(q, id, req);
	else if (indirect)
		put_indirect(q, s, id, req);
	else
		put_rw(q, s, id, req);
	return 0;
}

static void ring_push(struct queue *q)
{
	bool notify;

	RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&q->ring, notify);
	if (notify)
		evtchn_send(q->port);
}

/* Checked as far as what the back end offers goes: that can change while a request waits. */
static int try_submit(struct queue *q, struct block_request *req)
{
	struct disk *disk = q->disk;
	int op, rc;

	if (disk->dead)
		return disk->dead;
	if (!q->up || disk->closing)
		return -EAGAIN;
	op = op_of(disk, req->op);
	if (op < 0)
		return -EOPNOTSUPP;
	if (req->data && req->bytes > disk->block.max_bytes)
		return -E2BIG;
	rc = request_put(q, req, op);
	if (!rc)
		ring_push(q);
	return rc;
}

int queue_submit(struct block_device *block, struct block_request *req)
{
	struct disk *disk = block->driver;

	for (;;) {
		struct queue *q = &disk->queues[this_cpu()->id % disk->queue_count];
		bool irqs = spin_lock(&q->lock);
		int rc = try_submit(q, req);

		q->waiting += rc == -EAGAIN;
		spin_unlock(&q->lock, irqs);
		if (rc != -EAGAIN)
			return rc;
		sem_down(&q->room);
	}
}

static void wake_waiting(struct queue *q)
{
	for (; q->waiting; q->waiting--)
		sem_up(&q->room);
}

/**
 * disk_wake - let all who wait in submit() look again
 */
void disk_wake(struct disk *disk)
{
	unsigned int i;

	for (i = 0; i < MAX_CPUS; i++) {
		bool irqs = spin_lock(&disk->queues[i].lock);

		wake_waiting(&disk->queues[i]);
		spin_unlock(&disk->queues[i].lock, irqs);
	}
}

/* --- requests that were in flight when the back end went ------------------------------------------- */

static struct block_request *backlog_take(struct disk *disk)
{
	bool irqs = spin_lock(&disk->lock);
	struct block_request *req = disk->backlog;

	if (req) {
		disk->backlog = req->next;
		if (!disk->backlog)
			disk->backlog_end = &disk->backlog;
	}
	spin_unlock(&disk->lock, irqs);
	return req;
}

static void backlog_add(struct disk *disk, struct block_request *req)
{
	bool irqs = spin_lock(&disk->lock);

	req->next = NULL;
	*disk->backlog_end = req;
	disk->backlog_end = &req->next;
	spin_unlock(&disk->lock, irqs);
}

static void backlog_put_back(struct disk *disk, struct block_request *req)
{
	bool irqs = spin_lock(&disk->lock);

	req->next = disk->backlog;
	if (!req->next)
		disk->backlog_end = &req->next;
	disk->backlog = req;
	spin_unlock(&disk->lock, irqs);
}

static void answer(struct block_request *req, int rc)
{
	req->result = rc;
	req->done(req);
}

/* Requests the new back end cannot take are put in a list, and answered without the lock. */
static struct block_request *backlog_send(struct queue *q)
{
	struct block_request *req, *refused = NULL;
	int rc;

	while (q->up && !q->disk->dead && (req = backlog_take(q->disk))) {
		rc = try_submit(q, req);
		if (rc == -EAGAIN) {
			backlog_put_back(q->disk, req);
			break;
		}
		if (rc) {
			req->result = rc;
			req->next = refused;
			refused = req;
		}
	}
	return refused;
}

static void answer_all(struct block_request *list)
{
	while (list) {
		struct block_request *req = list;

		list = req->next;
		req->done(req);
	}
}

/**
 * disk_fail_backlog - answer them all: no back end will come
 */
void disk_fail_backlog(struct disk *disk, int rc)
{
	struct block_request *req;

	while ((req = backlog_take(disk)))
		answer(req, rc);
}

/* --- responses ------------------------------------------------------------------------------------ */

static int result_of(const blkif_response_t *rsp)
{
	switch (rsp->status) {
	case BLKIF_RSP_OKAY: return 0;
	case BLKIF_RSP_ERROR: return -EIO;
	case BLKIF_RSP_EOPNOTSUPP: return -EOPNOTSUPP;
	default: return 1;
	}
}

/* What cannot be true is written down; the store's thread does the rest. */
static void queue_broken(struct queue *q, const char *what, u64 number)
{
	struct disk *disk = q->disk;

	q->up = false;
	if (!disk->why[0])
		format(disk->why, sizeof(disk->why), "the back end's ring makes no sense: %s %lu",
		       what, number);
	xs_defer(&disk->broken);
}

/* A flush that is not supported will not be asked for again. */
static void unsupported(struct disk *disk, const struct shadow *s)
{
	if (s->op == BLKIF_OP_DISCARD)
		disk->block.can_discard = false;
	if (s->op == BLKIF_OP_FLUSH_DISKCACHE || s->op == BLKIF_OP_WRITE_BARRIER) {
		disk->block.can_flush = false;
		disk->flush_op = -1;
	}
}

/* Return: the request that is answered now, or NULL: the response is not one of ours. */
static struct block_request *response(struct queue *q, const blkif_response_t *rsp)
{
	struct shadow *s = rsp->id < q->ring.nr_ents ? &q->shadows[rsp->id] : NULL;
	struct block_request *req;

	if (!s || !s->req) {
		queue_broken(q, "a response to request", rsp->id);
		return NULL;
	}
	if (rsp->operation != s->op && !(s->indirect && rsp->operation == BLKIF_OP_INDIRECT)) {
		queue_broken(q, "a response with operation", rsp->operation);
		return NULL;
	}
	req = s->req;
	req->result = result_of(rsp);
	if (req->result > 0) {
		queue_broken(q, "a response with status", (u16)rsp->status);
		return NULL;
	}
	if (req->result == -EOPNOTSUPP)
		unsupported(q->disk, s);
	if (!req->result && s->op == BLKIF_OP_READ)
		copy_data(s->pages, req->data, req->bytes, false);
	bounces_put(q, s->pages);
	bounces_put(q, s->indirect);
	s->req = NULL;
	s->next_free = q->free_shadow;
	q->free_shadow = rsp->id;
	q->in_flight--;
	return req;
}

/* All responses there are.  Return: the requests they answer, in a list. */
static struct block_request *responses(struct queue *q)
{
	struct block_request *list = NULL, **end = &list, *req;
	blkif_response_t rsp;
	int n;

	while (q->up && (n = ring_responses(&q->ring) ?: ring_sleep_responses(&q->ring))) {
		if (n == RING_BROKEN) {
			queue_broken(q, "its index is", q->ring.sring->rsp_prod);
			break;
		}
		for (; n && q->up; n--) {
			ring_take_response(&q->ring, &rsp);
			req = response(q, &rsp);
			if (!req)
				break;
			*end = req;
			end = &req->next;
		}
	}
	*end = NULL;
	return list;
}

/**
 * queue_event - the back end has answered something, or we want to know whether it has
 */
void queue_event(void *arg)
{
	struct queue *q = arg;
	struct block_request *answered, *refused;
	bool irqs = spin_lock(&q->lock);

	answered = responses(q);
	refused = backlog_send(q);
	if (answered)
		wake_waiting(q);
	spin_unlock(&q->lock, irqs);
	answer_all(answered);
	answer_all(refused);
}

/* --- coming and going ----------------------------------------------------------------------------- */

static void shadows_init(struct queue *q)
{
	unsigned int i, n = q->ring.nr_ents;

	q->shadows = heap_alloc(n * sizeof(*q->shadows));
	memset(q->shadows, 0, n * sizeof(*q->shadows));
	for (i = 0; i < n; i++)
		q->shadows[i].next_free = i + 1 < n ? i + 1 : NO_SHADOW;
	q->free_shadow = 0;
	q->in_flight = 0;
}

/**
 * queue_open - a ring of 2^order pages and a port, both offered to the back end
 */
int queue_open(struct queue *q, struct xenbus_device *dev, unsigned int order)
{
	unsigned int i;
	long port;

	q->ring_pages = pages_alloc(order);
	if (!q->ring_pages)
		return -ENOMEM;
	q->ring_order = order;
	memset(q->ring_pages, 0, PAGE_SIZE << order);
	XEN_FRONT_RING_INIT(&q->ring, (blkif_sring_t *)q->ring_pages, PAGE_SIZE << order);
	shadows_init(q);
	for (i = 0; i < 1U << order; i++)
		q->ring_refs[i] = grant_page(dev->peer, q->ring_pages + i * PAGE_SIZE, false);
	port = event_offer(dev->peer, q->cpu, queue_event, q);
	q->port = port < 0 ? 0 : port;
	for (i = 0; i < 1U << order; i++)
		if (q->ring_refs[i] == GRANT_NONE)
			port = -ENOSPC;
	if (port < 0)
		queue_close(q);
	return port < 0 ? port : 0;
}

/* Those in flight go to the backlog, as far as their order can be told. */
static void queue_empty(struct queue *q)
{
	unsigned int i;

	for (i = 0; i < q->ring.nr_ents; i++) {
		struct shadow *s = &q->shadows[i];

		if (!s->req)
			continue;
		backlog_add(q->disk, s->req);
		bounces_put(q, s->pages);
		bounces_put(q, s->indirect);
		s->req = NULL;
	}
}

/**
 * queue_close - take everything back from a back end that may still use it
 */
void queue_close(struct queue *q)
{
	unsigned int i;
	bool irqs;

	if (!q->ring_pages)
		return;
	irqs = spin_lock(&q->lock);
	q->up = false;
	queue_empty(q);
	spin_unlock(&q->lock, irqs);
	if (q->port)
		event_close(q->port, q->cpu);
	bounces_drop(q->pool);
	q->pool = NULL;
	q->pool_pages = 0;
	heap_free(q->shadows, q->ring.nr_ents * sizeof(*q->shadows));
	for (i = 0; i < 1U << q->ring_order; i++)
		if (q->ring_refs[i] == GRANT_NONE)
			page_free(q->ring_pages + i * PAGE_SIZE);
		else
			grant_end_later(q->ring_refs[i], q->ring_pages + i * PAGE_SIZE);
	q->ring_pages = NULL;
	q->port = 0;
}

/**
 * queue_start - the back end is there: requests may go, those that waited first
 */
void queue_start(struct queue *q)
{
	bool irqs = spin_lock(&q->lock);

	q->up = true;
	spin_unlock(&q->lock, irqs);
	queue_event(q);
	irqs = spin_lock(&q->lock);
	wake_waiting(q);
	spin_unlock(&q->lock, irqs);
}
