/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Block back end: requests out of a ring, to the disk, and their answers.  One thread a queue does
 * all of it; the disk's driver only puts what is done into a list.
 */
#include "drivers/back/blkback.h"
#include "drivers/back/budget.h"
#include "drivers/event.h"
#include "kernel/errno.h"
#include "kernel/pages.h"
#include "kernel/print.h"
#include "kernel/timer.h"

#define SECTORS_A_PAGE (PAGE_SIZE / BLOCK_SECTOR)

/**
 * vbd_complain - say what was wrong with a request, as long as that is not too often
 */
void vbd_complain(struct vbd *vbd, const char *what, u64 number)
{
	unsigned int n = __atomic_fetch_add(&vbd->complaints, 1, __ATOMIC_RELAXED);

	if (n < BACK_COMPLAINTS_MAX)
		printk("%s: refused: %s %lu\n", vbd->name, what, number);
}

static void respond(struct blkq *q, u64 id, u8 op, int rc)
{
	blkif_response_t rsp = {
		.id = id,
		.operation = op,
		.status = !rc ? BLKIF_RSP_OKAY : rc == -EOPNOTSUPP ? BLKIF_RSP_EOPNOTSUPP : BLKIF_RSP_ERROR,
	};
	bool notify;

	ring_put_response(&q->ring, &rsp);
	RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&q->ring, notify);
	if (notify)
		evtchn_send(q->port);
}

/* --- requests at work ------------------------------------------------------------------------------ */

static struct io *io_get(struct blkq *q, const blkif_request_t *r)
{
	struct io *io = q->idle;

	q->idle = io->next;
	io->id = r->id;
	io->op = r->operation;
	io->data = NULL;
	io->segment_count = 0;
	io->req = (struct block_request){ .sector = r->sector_number };
	return io;
}

static void io_answer(struct io *io, int rc)
{
	struct blkq *q = io->q;

	if (io->data)
		budget_pages_free(BUDGET_BLOCKS, io->data, io->order);
	respond(q, io->id, io->op, rc);
	io->next = q->idle;
	q->idle = io;
}

/* Any CPU, maybe with interrupts off.  The queue may be gone as soon as its lock is free. */
static void on_done(struct block_request *req)
{
	struct io *io = (struct io *)req;
	struct blkq *q = io->q;
	bool irqs = spin_lock(&q->lock);

	io->next = q->done;
	q->done = io;
	sem_up(&q->wake);
	spin_unlock(&q->lock, irqs);
}

static bool answer_done(struct blkq *q)
{
	bool irqs = spin_lock(&q->lock);
	struct io *list = q->done, *io;

	q->done = NULL;
	spin_unlock(&q->lock, irqs);
	if (!list)
		return false;
	while ((io = list)) {
		list = io->next;
		q->in_flight--;
		if (!io->req.result && io->req.op == BLOCK_READ)
			io->req.result = data_copy(io, false);
		io_answer(io, io->req.result);
	}
	return true;
}

static void drain(struct blkq *q)
{
	while (q->in_flight) {
		sem_down(&q->wake);
		answer_done(q);
	}
}

static void io_begin(struct io *io, enum block_op op)
{
	struct blkq *q = io->q;
	int rc;

	io->req.op = op;
	io->req.data = io->data;
	io->req.done = on_done;
	q->in_flight++;
	rc = q->vbd->block->submit(q->vbd->block, &io->req);
	if (!rc)
		return;
	q->in_flight--;
	io_answer(io, rc);
}

/* --- checks ---------------------------------------------------------------------------------------- */

/* Whether the disk has these sectors, and can be asked for them. */
static int range_check(struct vbd *vbd, u64 sector, u64 sectors)
{
	u64 unit = vbd->block->sector_bytes / BLOCK_SECTOR;

	if (sector > vbd->block->sectors || sectors > vbd->block->sectors - sector) {
		vbd_complain(vbd, "sectors behind the end, from", sector);
		return -EINVAL;
	}
	if (sector % unit || sectors % unit) {
		vbd_complain(vbd, "parts of sectors, at", sector);
		return -EINVAL;
	}
	return 0;
}

static int segments_check(struct io *io)
{
	struct vbd *vbd = io->q->vbd;
	unsigned int i;

	io->req.bytes = 0;
	for (i = 0; i < io->segment_count; i++) {
		const struct blkif_request_segment *s = &io->segments[i];

		if (s->last_sect >= SECTORS_A_PAGE || s->first_sect > s->last_sect) {
			vbd_complain(vbd, "a segment up to sector", s->last_sect);
			return -EINVAL;
		}
		io->req.bytes += (s->last_sect - s->first_sect + 1) * BLOCK_SECTOR;
	}
	return range_check(vbd, io->req.sector, io->req.bytes / BLOCK_SECTOR);
}

/* Short of memory: what is at work gives some back, here or in other queues. */
static int data_alloc(struct io *io)
{
	for (io->order = 0; PAGE_SIZE << io->order < io->req.bytes; io->order++)
		;
	while (!(io->data = budget_pages(BUDGET_BLOCKS, io->order)) && !READ_ONCE(io->q->stop)) {
		if (!answer_done(io->q))
			thread_sleep(MSEC);
	}
	return io->data ? 0 : -ENOMEM;
}

/* --- kinds of requests ----------------------------------------------------------------------------- */

/*
 * What must be in order: all before it is done and kept, then its own data, and that is kept, too.
 * Return: the result
 */
static int ordered(struct io *io)
{
	struct blkq *q = io->q;
	struct block_device *block = q->vbd->block;
	int rc;

	drain(q);
	rc = block_flush(block);
	if (rc || !io->req.bytes)
		return rc;
	return block_write(block, io->req.sector, io->data, io->req.bytes) ?: block_flush(block);
}

static int data_ready(struct io *io, bool write)
{
	int rc = segments_check(io);

	if (rc)
		return rc;
	if (write && io->q->vbd->read_only) {
		vbd_complain(io->q->vbd, "a write to what is read-only, sector", io->req.sector);
		return -EROFS;
	}
	rc = data_alloc(io);
	if (rc || !write)
		return rc;
	rc = data_copy(io, true);
	if (rc)
		vbd_complain(io->q->vbd, "a page that cannot be read, sector", io->req.sector);
	return rc;
}

/* The segments are there; op: BLKIF_OP_READ to BLKIF_OP_FLUSH_DISKCACHE. */
static void with_segments(struct io *io, u8 op)
{
	bool in_order = op == BLKIF_OP_WRITE_BARRIER || op == BLKIF_OP_FLUSH_DISKCACHE;
	int rc;

	if (in_order && !io->q->vbd->block->can_flush)
		rc = -EOPNOTSUPP;
	else if (!io->segment_count)
		rc = in_order ? 0 : -EINVAL;
	else
		rc = data_ready(io, op != BLKIF_OP_READ);
	if (rc)
		io_answer(io, rc);
	else if (op == BLKIF_OP_FLUSH_DISKCACHE && !io->segment_count)
		io_begin(io, BLOCK_FLUSH);
	else if (in_order)
		io_answer(io, ordered(io));
	else
		io_begin(io, op == BLKIF_OP_READ ? BLOCK_READ : BLOCK_WRITE);
}

static void direct(struct blkq *q, const blkif_request_t *r)
{
	struct io *io = io_get(q, r);

	if (r->nr_segments > BLKIF_MAX_SEGMENTS_PER_REQUEST) {
		vbd_complain(q->vbd, "segments:", r->nr_segments);
		io_answer(io, -EINVAL);
		return;
	}
	io->segment_count = r->nr_segments;
	memcpy(io->segments, r->seg, r->nr_segments * sizeof(*r->seg));
	with_segments(io, r->operation);
}

static void indirect(struct blkq *q, const blkif_request_t *r)
{
	const blkif_request_indirect_t *in = (const void *)r;
	struct io *io = io_get(q, r);

	io->id = in->id;
	io->op = in->indirect_op;
	io->req.sector = in->sector_number;
	if ((in->indirect_op != BLKIF_OP_READ && in->indirect_op != BLKIF_OP_WRITE) || !in->nr_segments ||
	    in->nr_segments > q->vbd->segments_max) {
		vbd_complain(q->vbd, "an indirect request, segments:", in->nr_segments);
		io_answer(io, -EINVAL);
		return;
	}
	if (descriptors_copy(q, in->indirect_grefs[0], in->nr_segments * sizeof(io->segments[0]))) {
		vbd_complain(q->vbd, "a list of segments that cannot be read, grant", in->indirect_grefs[0]);
		io_answer(io, -EACCES);
		return;
	}
	io->segment_count = in->nr_segments;
	memcpy(io->segments, q->descriptors, in->nr_segments * sizeof(io->segments[0]));
	with_segments(io, in->indirect_op);
}

static void discard(struct blkq *q, const blkif_request_t *r)
{
	const blkif_request_discard_t *d = (const void *)r;
	struct io *io = io_get(q, r);
	int rc;

	io->id = d->id;
	io->req.sector = d->sector_number;
	if (!q->vbd->block->can_discard || d->flag & BLKIF_DISCARD_SECURE)
		rc = -EOPNOTSUPP;
	else if (q->vbd->read_only)
		rc = -EROFS;
	else
		rc = range_check(q->vbd, d->sector_number, d->nr_sectors);
	if (rc || !d->nr_sectors) {
		io_answer(io, rc);
		return;
	}
	io->req.bytes = d->nr_sectors * BLOCK_SECTOR;
	io_begin(io, BLOCK_DISCARD);
}

static void request(struct blkq *q, const blkif_request_t *r)
{
	switch (r->operation) {
	case BLKIF_OP_READ:
	case BLKIF_OP_WRITE:
	case BLKIF_OP_WRITE_BARRIER:
	case BLKIF_OP_FLUSH_DISKCACHE: direct(q, r); break;
	case BLKIF_OP_INDIRECT: indirect(q, r); break;
	case BLKIF_OP_DISCARD: discard(q, r); break;
	default:
		vbd_complain(q->vbd, "a request of kind", r->operation);
		respond(q, r->id, r->operation, -EOPNOTSUPP);
	}
}

/* --- the thread ------------------------------------------------------------------------------------ */

/* Take what there is room for.  Return: whether there was anything */
static bool take_requests(struct blkq *q)
{
	int n = ring_requests(&q->ring);
	blkif_request_t r;
	bool some = false;

	if (n == 0)
		n = ring_sleep_requests(&q->ring);
	if (n == RING_BROKEN) {
		format(q->vbd->why, sizeof(q->vbd->why), "the front end's ring makes no sense: its index is %u",
		       q->ring.sring->req_prod);
		q->stop = true;
		xs_defer(&q->vbd->broken);
		return false;
	}
	for (; n > 0 && q->idle && !READ_ONCE(q->stop); n--) {
		ring_take_request(&q->ring, &r);
		request(q, &r);
		some = true;
	}
	return some;
}

/* What was taken is answered, nothing more is touched; the last thread tells the store's. */
static void end(struct blkq *q)
{
	struct vbd *vbd = q->vbd;

	drain(q);
	persistent_drop(q);
	event_close(q->port, q->cpu);
	grant_unmap(&q->pages);
	if (!__atomic_sub_fetch(&vbd->running, 1, __ATOMIC_ACQ_REL))
		xs_defer(&vbd->ended);
}

void blkq_event(void *arg)
{
	struct blkq *q = arg;

	sem_up(&q->wake);
}

/**
 * blkq_thread - serve one queue until it is told to stop
 */
void blkq_thread(void *arg)
{
	struct blkq *q = arg;

	while (!READ_ONCE(q->stop)) {
		bool some = answer_done(q);

		some |= take_requests(q);
		if (!some && !READ_ONCE(q->stop))
			sem_down(&q->wake);
	}
	end(q);
}
