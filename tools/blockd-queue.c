// SPDX-License-Identifier: GPL-2.0-only
/*
 * One ring of a disk: requests from it to the kernel, and back.
 *
 * Where the front end's grants are persistent, its frames are mapped when first used and read and written by the
 * kernel directly.  Else, and beyond KEPT_MOST, a request's data go through a buffer by GNTTABOP_copy.  Either way
 * a ring has BLOCK_DEPTH jobs and no more: what a guest asks for costs no memory that its ring has not had from the
 * beginning.
 */

#include "blockd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static uint8_t *buffer_of(const struct job *job)
{
	return job->queue->buffer + (job - job->queue->jobs) * JOB_BYTES;
}

/* The guest's frame, mapped now or earlier; NULL if it cannot be had. */
static void *kept_frame(struct queue *q, grant_ref_t ref)
{
	unsigned int at = ref * 2654435761U / (UINT32_MAX / KEPT_SLOTS + 1);
	void *frame;

	for (; q->kept[at].frame; at = (at + 1) % KEPT_SLOTS)
		if (q->kept[at].ref == ref)
			return q->kept[at].frame;
	if (q->kept_count == KEPT_MOST)
		return NULL;
	frame = xengnttab_map_grant_ref(q->disk->blockd->grants, q->disk->domain, ref, PROT_READ | PROT_WRITE);
	if (!frame)
		return NULL;
	q->kept[at] = (struct kept){ ref, frame };
	q->kept_count++;
	return frame;
}

static bool in_place(struct job *job)
{
	const struct block_request *r = &job->request;

	for (unsigned int i = 0; i < r->count; i++) {
		const struct blkif_request_segment *s = &r->segments[i];
		uint8_t *frame = kept_frame(job->queue, s->gref);

		if (!frame)
			return false;
		job->parts[i].iov_base = frame + s->first_sect * BLOCK_SECTOR;
		job->parts[i].iov_len = (s->last_sect - s->first_sect + 1) * BLOCK_SECTOR;
	}
	job->part_count = r->count;
	return true;
}

/* One call for all; each part says for itself whether it was good. */
static bool copy(const struct queue *q, unsigned int count, xengnttab_grant_copy_segment_t *parts)
{
	if (xengnttab_grant_copy(q->disk->blockd->grants, count, parts))
		return false;
	for (unsigned int i = 0; i < count; i++)
		if (parts[i].status != GNTST_okay)
			return false;
	return true;
}

static bool copy_data(const struct job *job, bool to_guest)
{
	const struct block_request *r = &job->request;
	xengnttab_grant_copy_segment_t parts[BLOCK_SEGMENTS];
	uint8_t *buffer = buffer_of(job);

	for (unsigned int i = 0; i < r->count; i++) {
		const struct blkif_request_segment *s = &r->segments[i];
		xengnttab_grant_copy_segment_t *p = &parts[i];
		union xengnttab_copy_ptr here = { .virt = buffer }, there;

		there.foreign.ref = s->gref;
		there.foreign.offset = s->first_sect * BLOCK_SECTOR;
		there.foreign.domid = job->queue->disk->domain;
		p->len = (s->last_sect - s->first_sect + 1) * BLOCK_SECTOR;
		p->flags = to_guest ? GNTCOPY_dest_gref : GNTCOPY_source_gref;
		p->source = to_guest ? here : there;
		p->dest = to_guest ? there : here;
		buffer += p->len;
	}
	return copy(job->queue, r->count, parts);
}

/* The frame with an indirect request's segments, copied once. */
static bool fetch_segments(struct job *job)
{
	struct blkif_request_segment segments[BLOCK_SEGMENTS], *from = segments;
	struct queue *q = job->queue;
	struct block_request *r = &job->request;
	xengnttab_grant_copy_segment_t part = {
		.source.foreign = { .ref = r->table, .domid = q->disk->domain }, .dest.virt = segments,
		.len = r->count * sizeof(*segments), .flags = GNTCOPY_source_gref,
	};

	if (q->disk->persistent)
		from = kept_frame(q, r->table);
	if (!q->disk->persistent || !from) {
		if (!copy(q, 1, &part))
			return false;
		from = segments;
	}
	block_segments(&q->ring, r, from);
	return true;
}

static void finish(struct job *job, int16_t status)
{
	struct queue *q = job->queue;

	if (!status && job->copied && job->request.op == BLKIF_OP_READ && !copy_data(job, true))
		status = BLKIF_RSP_ERROR;
	block_ring_answer(&q->ring, job->request.index, status);
	q->flying--;
	q->answered = true;
}

static void begin(struct queue *q, struct job *job)
{
	struct block_request *r = &job->request;

	job->queue = q;
	job->copied = job->flushed = false;
	job->part = job->part_count = 0;
	q->flying++;
	if (!r->status && r->indirect && !fetch_segments(job))
		r->status = BLKIF_RSP_ERROR;
	if (!r->status && r->count && !(q->disk->persistent && in_place(job))) {
		job->copied = true;
		job->parts[0] = (struct iovec){ buffer_of(job), r->sectors * BLOCK_SECTOR };
		job->part_count = 1;
		if (r->op != BLKIF_OP_READ && !copy_data(job, false))
			r->status = BLKIF_RSP_ERROR;
	}
	if (r->status) {
		job->copied = false;
		finish(job, r->status);
	} else
		io_start(q->disk->blockd, job);
}

int queue_take(struct queue *q)
{
	struct job *job;
	int rc;

	for (;;) {
		job = &q->jobs[q->ring.next % BLOCK_DEPTH];
		/* Its answer is not out yet: the ring says so, too, and takes none. */
		rc = block_ring_take(&q->ring, &job->request);
		if (rc <= 0)
			break;
		begin(q, job);
	}
	q->ready = !rc && !block_ring_full(&q->ring) && block_ring_rearm(&q->ring);
	return rc;
}

void queue_publish(struct queue *q)
{
	q->ready |= block_ring_full(&q->ring);
	q->answered = false;
	if (block_ring_publish(&q->ring))
		xenevtchn_notify(q->disk->blockd->events, q->port);
}

/* What is not done yet of the parts. */
static void advance(struct job *job, size_t did)
{
	for (; did && job->part < job->part_count; job->part++) {
		struct iovec *v = &job->parts[job->part];

		if (did < v->iov_len) {
			v->iov_base = (uint8_t *)v->iov_base + did;
			v->iov_len -= did;
			return;
		}
		did -= v->iov_len;
	}
}

static const char *name_of(const struct job *job)
{
	switch (job->request.op) {
	case BLKIF_OP_READ: return "read";
	case BLKIF_OP_WRITE: return "write";
	case BLKIF_OP_DISCARD: return "discard";
	default: return "flush";
	}
}

void job_done(struct job *job, int did)
{
	struct vdisk *d = job->queue->disk;
	bool data = job->part < job->part_count;

	if (job->request.op == BLKIF_OP_FLUSH_DISKCACHE && !job->flushed)
		job->flushed = true;
	else if (data && !did)
		did = -EIO;	/* the file has become shorter */
	else if (data && did > 0)
		advance(job, did);
	if (did < 0) {
		if (did != d->error)
			blockd_say(d, "%s: %s", name_of(job), strerror(-did));
		d->error = did;
		finish(job, did == -EOPNOTSUPP ? BLKIF_RSP_EOPNOTSUPP : BLKIF_RSP_ERROR);
	} else if (job->part < job->part_count)
		io_start(d->blockd, job);
	else
		finish(job, BLKIF_RSP_OKAY);
}

static int map_record(struct queue *q, unsigned int n, bool again)
{
	int fd, rc = 0;

	snprintf(q->record_path, sizeof(q->record_path), "%s/%u-%u-%u", q->disk->blockd->folder, q->disk->domain,
		 q->disk->number, n);
	fd = open(q->record_path, O_RDWR | O_CLOEXEC | (again ? 0 : O_CREAT | O_TRUNC), 0600);
	if (fd < 0 || ftruncate(fd, sizeof(*q->record)))
		rc = -errno;
	if (!rc) {
		q->record = mmap(NULL, sizeof(*q->record), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (q->record == MAP_FAILED) {
			q->record = NULL;
			rc = -errno;
		}
	}
	if (rc)
		blockd_say(q->disk, "%s: %s", q->record_path, strerror(-rc));
	if (fd >= 0)
		close(fd);
	return rc;
}

static int connect_guest(struct queue *q, const struct block_place *place)
{
	struct vdisk *d = q->disk;

	q->buffer = mmap(NULL, BLOCK_DEPTH * JOB_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
			 -1, 0);
	if (q->buffer == MAP_FAILED) {
		q->buffer = NULL;
		return -ENOMEM;
	}
	q->shared = xengnttab_map_domain_grant_refs(d->blockd->grants, place->pages, d->domain, (uint32_t *)place->refs,
						    PROT_READ | PROT_WRITE);
	if (!q->shared) {
		blockd_say(d, "its ring cannot be mapped");
		return -EFAULT;
	}
	q->pages = place->pages;
	q->port = xenevtchn_bind_interdomain(d->blockd->events, d->domain, place->port);
	if (q->port < 0)
		blockd_say(d, "its event channel %u cannot be bound", place->port);
	return q->port < 0 ? -EFAULT : 0;
}

int queue_open(struct vdisk *d, unsigned int n, const struct block_place *place, bool again)
{
	struct queue *q = calloc(1, sizeof(*q));
	int rc;

	if (!q)
		return -ENOMEM;
	q->disk = d;
	q->port = -1;
	d->queues[n] = q;
	rc = map_record(q, n, again);
	rc = rc ? rc : connect_guest(q, place);
	if (rc)
		return rc;
	rc = block_ring_attach(&q->ring, q->shared, place, q->record, &d->limits, again);
	if (rc)
		blockd_say(d, "its ring cannot be taken up again");
	q->ready = !rc;
	/* What was published last may have been published without a word. */
	if (!rc && again)
		xenevtchn_notify(d->blockd->events, q->port);
	return rc;
}

void queue_close(struct queue *q)
{
	struct blockd *b = q->disk->blockd;

	for (unsigned int i = 0; i < KEPT_SLOTS; i++)
		if (q->kept[i].frame)
			xengnttab_unmap(b->grants, q->kept[i].frame, 1);
	if (q->port >= 0)
		xenevtchn_unbind(b->events, q->port);
	if (q->shared)
		xengnttab_unmap(b->grants, q->shared, q->pages);
	if (q->buffer)
		munmap(q->buffer, BLOCK_DEPTH * JOB_BYTES);
	if (q->record) {
		munmap(q->record, sizeof(*q->record));
		unlink(q->record_path);
	}
	free(q);
}
